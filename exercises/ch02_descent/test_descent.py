"""Visible tests of chapter 02: small numbers that can be checked by hand."""

import numpy as np

from grader import Rng, checks, expect, refuses

X3, Y3 = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])


@checks("mse_1d")
def test_loss_of_three_data(student):
    """for x = 1, 2, 3 and y = 2, 4, 6 the slope 1 has errors -1, -2, -3: the loss is 14 / 3"""
    got = student.mse_1d(1.0, X3, Y3)
    expect("mse_1d(1, [1, 2, 3], [2, 4, 6])", got).close_to(14 / 3, hint="A mean, of squares.")
    expect("mse_1d(2, [1, 2, 3], [2, 4, 6])", student.mse_1d(2.0, X3, Y3)).close_to(0.0)


@checks("mse_1d_grad")
def test_slope_of_three_data(student):
    """the derivative there is (-2 - 8 - 18) / 3 = -28 / 3"""
    got = student.mse_1d_grad(1.0, X3, Y3)
    expect("mse_1d_grad(1, [1, 2, 3], [2, 4, 6])", got).close_to(-28 / 3, batch=3)


@checks("gd")
def test_halving(student):
    """on w**2 with lr = 0.25 each step takes half of w away; the history begins with w0"""
    history = student.gd(lambda w: 2 * w, np.array([4.0, -8.0]), 0.25, 3)
    call = expect("gd(2*w, [4, -8], 0.25, 3)", history)
    call.close_to([[4.0, -8.0], [2.0, -4.0], [1.0, -2.0], [0.5, -1.0]], hint="One row for each place.")


@checks("gd")
def test_hundred_steps(student):
    """a hundred steps of 0.01 on the three data end at 2 - (1 - 0.28 / 3)**100 = 1.99994443965530"""
    history = student.gd(lambda w: 28 / 3 * (w - 2), 1.0, 0.01, 100)
    call = expect("gd(grad, 1, 0.01, 100)", history)
    call.has_shape(101)
    expect("the last entry of gd(grad, 1, 0.01, 100)", history[-1]).close_to(1.9999444396553, rtol=1e-12)


@checks("gd")
def test_a_gradient_in_a_column(student):
    """a gradient of shape (2, 1) for w0 of shape (2,) is refused with a ValueError"""
    column = np.ones((2, 1))
    refuses("gd(grad_fn, w0, 0.1, 1)", ValueError, student.gd, lambda w: column, np.zeros(2), 0.1, 1)


@checks("sgd_epochs")
def test_first_epoch(student):
    """the first three gradients are -2, -7.84 and -16.2288; each step is 0.01 times that"""
    got = student.sgd_epochs(X3, Y3, 1.0, 0.01, 1)
    call = expect("sgd_epochs([1, 2, 3], [2, 4, 6], 1, 0.01, 1)", got)
    call.close_to([1.0, 1.02, 1.0984, 1.260688], hint="Each datum has its own step.")


@checks("linreg_loss_grad")
def test_two_rows(student):
    """predictions 1 and 2 for targets 3 and 5: loss 6.5, dw = [-8], db = -5"""
    got = student.linreg_loss_grad(np.array([[1.0], [2.0]]), np.array([3.0, 5.0]), np.array([1.0]), 0.0)
    call = expect("linreg_loss_grad([[1], [2]], [3, 5], [1], 0)", got)
    loss, dw, db = call.unpack("loss", "dw", "db")
    loss.close_to(6.5, batch=2)
    dw.close_to([-8.0], batch=2)
    db.close_to(-5.0, batch=2)


@checks("linreg_loss_grad")
def test_targets_in_a_column(student):
    """y of shape (2, 1) is refused with a ValueError"""
    X, y = np.array([[1.0], [2.0]]), np.array([[3.0], [5.0]])
    call = "linreg_loss_grad(X, y, w, b) with y (2, 1)"
    refuses(call, ValueError, student.linreg_loss_grad, X, y, np.array([1.0]), 0.0)


@checks("minibatches")
def test_seven_rows_by_three(student):
    """seven rows in batches of three: 0 1 2, 3 4 5, 6"""
    got = expect("minibatches(7, 3)", student.minibatches(7, 3)).sequence(3)
    for batch, want in zip(got, ([0, 1, 2], [3, 4, 5], [6]), strict=True):
        expect("a batch of minibatches(7, 3)", batch).equals(np.array(want))


@checks("minibatches")
def test_seven_rows_shuffled(student):
    """with a generator each of the seven rows is still there exactly once"""
    got = expect("minibatches(7, 3, rng)", student.minibatches(7, 3, Rng(0))).sequence(3)
    rows = sorted(int(i) for batch in got for i in batch)
    expect("the rows of minibatches(7, 3, rng), sorted", rows).equals([0, 1, 2, 3, 4, 5, 6])


@checks("loss_cost_total")
def test_three_losses(student):
    """of the losses 1, 4 and 9 the cost is 14 / 3 and the total is 14"""
    got = student.loss_cost_total(np.array([1.0, 4.0, 9.0]))
    parts = expect("loss_cost_total([1, 4, 9])", got).keys("loss", "cost", "total")
    parts["loss"].close_to([1.0, 4.0, 9.0])
    parts["cost"].close_to(14 / 3)
    parts["total"].close_to(14.0)


@checks("contour_tangent")
def test_three_four_five(student):
    """the gradient [3, 4] is 5 long; a quarter turn to the left and one unit long it is [-0.8, 0.6]"""
    got = student.contour_tangent(np.array([3.0, 4.0]))
    call = expect("contour_tangent([3, 4])", got)
    call.close_to([-0.8, 0.6], hint="[0.6, 0.8] is the normal: the direction of the gradient itself.")


@checks("contour_tangent")
def test_flat_place(student):
    """the gradient [0, 0] is refused with a ValueError"""
    refuses("contour_tangent([0, 0])", ValueError, student.contour_tangent, np.zeros(2))


@checks("is_convex_on")
def test_bowl_and_sigmoid(student):
    """(w - 1)**2 is convex from -6 to 6, (sigmoid(w) - 1)**2 is not"""
    got = student.is_convex_on(lambda w: (w - 1) ** 2, -6.0, 6.0)
    expect("is_convex_on((w - 1)**2, -6, 6)", got).equals(True)
    got = student.is_convex_on(lambda w: (1 / (1 + np.exp(-w)) - 1) ** 2, -6.0, 6.0)
    call = expect("is_convex_on((sigmoid(w) - 1)**2, -6, 6)", got)
    call.equals(False, hint="Its middle lies below the chord from end to end. Look at shorter chords.")
