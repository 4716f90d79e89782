"""Visible tests of chapter 01: small numbers that can be checked by hand."""

import numpy as np

from grader import checks, expect, fetch, refuses

SQUARE = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
ROWS, LABELS = np.array([[1.0, 1.0], [0.0, 3.0], [1.0, 2.0]]), np.array([1, -1, 1])


@checks("net_activation")
def test_activation_by_hand(student):
    """2*1 - 1*3 + 0.5 = -0.5 and 2*4 - 1*0 + 0.5 = 8.5"""
    X, w = np.array([[1.0, 3.0], [4.0, 0.0]]), np.array([2.0, -1.0])
    got = student.net_activation(X, w, 0.5)
    expect("net_activation([[1, 3], [4, 0]], [2, -1], 0.5)", got).close_to([-0.5, 8.5])


@checks("net_activation")
def test_published_neuron(student):
    """a neuron with five inputs, as printed in a textbook's exercises"""
    X = np.array(
        [
            [0.70939004, 0.77428746, 0.13596979, 0.59024960, 0.73392862],
            [0.73414218, 0.48377231, 0.14179315, 0.41931525, 0.70087898],
        ]
    )
    w = np.array([0.46766225, 0.77609837, 0.25065762, 0.72651631, 0.87527806])
    got = student.net_activation(X, w, 0.01581415)
    expect("net_activation(X, w, b)", got).close_to([2.05379176, 1.68824458], rtol=1e-6)


@checks("net_activation")
def test_weights_in_a_column(student):
    """w of shape (2, 1) is refused with a ValueError"""
    refuses(
        "net_activation(X, w, b) with w (2, 1)",
        ValueError,
        student.net_activation,
        SQUARE,
        np.ones((2, 1)),
        0.0,
    )


@checks("perceptron_predict")
def test_classes_by_hand(student):
    """the activations 1, 0, -1 are the classes +1, -1, -1"""
    got = student.perceptron_predict(np.array([[2.0], [1.0], [0.0]]), np.array([1.0]), -1.0)
    call = expect("perceptron_predict([[2], [1], [0]], [1], -1)", got)
    call.equals(np.array([1, -1, -1]), hint="A point on the line itself is -1, not 0.")


@checks("perceptron_step")
def test_a_mistake(student):
    """w = [1, -2], b = 0 says 1 - 4 = -3 to the point [1, 2] of class +1: w becomes [2, 0] and b becomes 1"""
    got = student.perceptron_step(np.array([1.0, -2.0]), 0.0, np.array([1.0, 2.0]), 1)
    w, b, changed = expect("perceptron_step([1, -2], 0, [1, 2], 1)", got).unpack("w", "b", "changed")
    w.close_to([2.0, 0.0])
    b.close_to(1.0)
    changed.equals(True)


@checks("perceptron_step")
def test_the_very_first_point(student):
    """with w = 0 and b = 0 the first point is a mistake, whatever its class"""
    for y in (1, -1):
        got = student.perceptron_step(np.zeros(2), 0.0, np.array([3.0, 4.0]), y)
        w, b, changed = expect(f"perceptron_step([0, 0], 0, [3, 4], {y})", got).unpack("w", "b", "changed")
        changed.equals(True, hint="y * 0 <= 0 is true.")
        w.close_to([3.0 * y, 4.0 * y])
        b.close_to(float(y))


@checks("perceptron_step")
def test_label_zero(student):
    """the label 0 is refused with a ValueError"""
    call = "perceptron_step(w, b, x, 0)"
    refuses(call, ValueError, student.perceptron_step, np.zeros(2), 0.0, np.array([3.0, 4.0]), 0)


def judge(call, found, w, b, updates, epochs, converged):
    parts = expect(call, found).keys("w", "b", "updates", "epochs", "converged")
    parts["updates"].equals(updates)
    parts["epochs"].equals(epochs, hint="The last epoch, without a mistake, counts too.")
    parts["converged"].equals(converged)
    parts["w"].close_to(w)
    parts["b"].close_to(b)


@checks("perceptron_fit")
def test_three_points(student):
    """the three points of the handout need five updates in three epochs"""
    found = student.perceptron_fit(ROWS, LABELS, 10)
    judge("perceptron_fit(X, y, 10)", found, [3.0, -1.0], 1.0, 5, 3, True)


@checks("perceptron_fit")
def test_and_or_nand(student):
    """AND, OR and NAND converge after 9, 6 and 9 epochs, with 18, 9 and 18 updates"""
    for name, y, w, b, updates, epochs in (
        ("AND", [-1, -1, -1, 1], [3.0, 2.0], -4.0, 18, 9),
        ("OR", [-1, 1, 1, 1], [2.0, 2.0], -1.0, 9, 6),
        ("NAND", [1, 1, 1, -1], [-3.0, -2.0], 4.0, 18, 9),
    ):
        found = student.perceptron_fit(SQUARE, np.array(y), 100)
        judge(f"perceptron_fit(X, y, 100) for {name}", found, w, b, updates, epochs, True)


@checks("perceptron_fit")
def test_xor_has_no_line(student):
    """XOR is not converged after 100 epochs"""
    found = student.perceptron_fit(SQUARE, np.array([-1, 1, 1, -1]), 100)
    parts = expect("perceptron_fit(X, y, 100) for XOR", found).keys("epochs", "converged")
    parts["epochs"].equals(100)
    parts["converged"].equals(False, hint="Converged means one whole epoch without a mistake.")


@checks("perceptron_sgd_fit")
def test_descent_on_three_points(student):
    """gradient descent with lr = 1 walks as the perceptron does; lr = 0.5 halves w and b and nothing else"""
    found = student.perceptron_sgd_fit(ROWS, LABELS, 10)
    judge("perceptron_sgd_fit(X, y, 10)", found, [3.0, -1.0], 1.0, 5, 3, True)
    found = student.perceptron_sgd_fit(ROWS, LABELS, 10, lr=0.5)
    judge("perceptron_sgd_fit(X, y, 10, lr=0.5)", found, [1.5, -0.5], 0.5, 5, 3, True)


@checks("novikoff_bound")
def test_bound_by_hand(student):
    """(3**2 + 0**2 + 1) * (3**2 + 1**2 + 1**2) / 2**2 = 27.5 for the three points and the line that was found"""
    got = student.novikoff_bound(ROWS, LABELS, np.array([3.0, -1.0]), 1.0)
    expect("novikoff_bound(X, y, [3, -1], 1)", got).close_to(27.5)


@checks("novikoff_bound")
def test_no_bound_for_a_wrong_line(student):
    """a line that does not separate the points is refused with a ValueError"""
    call = "novikoff_bound(X, y, [1, 1], 0)"
    refuses(call, ValueError, student.novikoff_bound, ROWS, LABELS, np.array([1.0, 1.0]), 0.0)


@checks("xor_two_layer")
def test_network_of_thresholds(student):
    """the network answers 0, 1, 1, 0"""
    judged = expect("xor_two_layer()", student.xor_two_layer())
    judged.unpack("W1", "b1", "w2", "b2")
    W1, b1, w2, b2 = (np.asarray(fetch(part), dtype=float) for part in judged.sequence())
    shapes = (W1.shape, b1.shape, w2.shape, b2.shape)
    expect("the shapes of W1, b1, w2, b2", shapes).equals(((2, 2), (2,), (2,), ()))
    hidden = (SQUARE @ W1 + b1 > 0).astype(float)
    output = (hidden @ w2 + b2 > 0).astype(int)
    call = expect("the answers of xor_two_layer() to 00, 01, 10, 11", output)
    call.equals(np.array([0, 1, 1, 0]), hint="0, 1, 1, 1 is OR: what should veto the last input?")
