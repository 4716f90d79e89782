"""Visible tests of chapter 09: numbers that can be checked by hand."""

import numpy as np
from grader import Rng, checks, expect, observe


@checks("product_of_gaussians")
def test_product_of_none(student):
    """the product of no matrix is the identity"""
    got = student.product_of_gaussians(0, 3, 1.0, Rng(1))
    expect("product_of_gaussians(0, 3, 1.0, rng)", got).close_to(np.eye(3))


@checks("product_of_gaussians")
def test_product_explodes(student):
    """100 matrices of 4 by 4 with standard deviation 1 multiply to more than 1e15"""
    got = student.product_of_gaussians(100, 4, 1.0, Rng(1))
    largest = float(np.abs(expect("product_of_gaussians(100, 4, 1.0, rng)", got).array((4, 4))).max())
    expect("its largest entry", largest).between(1e15, 1e35)


def mean_of_scores(scores, y):
    """A loss that is just the mean of the scores."""
    return float(np.mean(scores)), np.full(scores.shape, 1 / scores.size)


@checks("gradient_norms")
def test_norm_of_one_layer(student):
    """for one example (3, 4) and the loss z the gradient of W is (3, 4), of length 5"""
    layer = student.Linear(2, 1, Rng(1))
    got = student.gradient_norms(layer, mean_of_scores, np.array([[3.0, 4.0]]), None)
    (norm,) = expect("gradient_norms(layer, mean_of_scores, [[3, 4]], None)", got).sequence(1)
    expect("the norm of dW", norm).close_to(5.0)


@checks("gradient_norms")
def test_norms_of_two_layers(student):
    """without activation and with W1 = (1, 2), W2 = 3, input 2: dW1 is 3 * 2, dW2 is (2, 4) times 1"""
    one, two = student.Linear(1, 2, Rng(1)), student.Linear(2, 1, Rng(2))
    one.params["W"], two.params["W"] = np.array([[1.0, 2.0]]), np.array([[3.0], [3.0]])
    model = student.Sequential(one, two)
    got = student.gradient_norms(model, mean_of_scores, np.array([[2.0]]), None)
    first, second = expect("gradient_norms(model, mean_of_scores, [[2]], None)", got).sequence(2)
    expect("the norm of dW1 = (6, 6)", first).close_to(np.sqrt(72.0))
    expect("the norm of dW2 = (2, 4)", second).close_to(np.sqrt(20.0))
    grad = expect("the gradient of W1 afterwards", one.grads["W"])
    grad.close_to(np.zeros((1, 2)), hint="Leave all gradients cleared.")


@checks("dead_units")
def test_dead_units(student):
    """the first unit is silent for both examples, the second one for one of them"""
    A = np.array([[0.0, 0.0, 2.0], [0.0, 3.0, 1.0]])
    expect("dead_units([[0, 0, 2], [0, 3, 1]])", student.dead_units(A)).equals(np.array([True, False, False]))


@checks("clip_by_value")
def test_clip_by_value(student):
    """(3, -4, 0.5) cut at 1 is (1, -1, 0.5)"""
    got = expect("clip_by_value([[3, -4, 0.5]], 1)", student.clip_by_value([np.array([3.0, -4.0, 0.5])], 1.0))
    expect("the array of clip_by_value([[3, -4, 0.5]], 1)", got.sequence(1)[0]).close_to([1.0, -1.0, 0.5])


@checks("clip_by_norm")
def test_clip_by_norm(student):
    """(3, 4) has the norm 5 and becomes (0.6, 0.8) at max_norm 1"""
    got = expect("clip_by_norm([[3, 4]], 1)", student.clip_by_norm([np.array([3.0, 4.0])], 1.0))
    clipped, total = got.unpack("clipped", "total_norm")
    expect("the array of clip_by_norm([[3, 4]], 1)", clipped.sequence(1)[0]).close_to([0.6, 0.8], rtol=1e-6)
    total.close_to(5.0)


@checks("clip_by_norm")
def test_clip_by_norm_below_the_limit(student):
    """(3, 4) stays as it is at max_norm 10, in an array of its own"""
    seen = observe(student.clip_by_norm, [np.array([3.0, 4.0])], 10.0)
    clipped, total = expect("clip_by_norm([[3, 4]], 10)", seen.value).unpack("clipped", "total_norm")
    part = expect("the array of clip_by_norm([[3, 4]], 10)", clipped.sequence(1)[0]).close_to([3.0, 4.0])
    part.satisfies(not seen.shares, "it is the caller's own array. Return a copy.")
    total.close_to(5.0)


@checks("deep_mlp")
def test_mlp_has_its_shapes(student):
    """widths 2, 3, 1 make W of (2, 3) and (3, 1) with biases of zero"""
    model = student.deep_mlp([2, 3, 1], "tanh", "xavier", Rng(1))
    pairs = expect("model.parameters()", model.parameters()).sequence(4)
    weights = [layer.params[name] for layer, name in pairs if name == "W"]
    expect("the first W", weights[0]).has_shape(2, 3)
    expect("the second W", weights[1]).has_shape(3, 1)
    for layer, name in pairs:
        if name == "b":
            expect("a bias", layer.params[name]).close_to(np.zeros(np.shape(layer.params[name])))


@checks("deep_mlp")
def test_mlp_ends_in_raw_scores(student):
    """a relu network of one layer gives -7 for weights of -1 and input (3, 4): no relu at the end"""
    model = student.deep_mlp([2, 1], "relu", "zeros", Rng(1))
    for layer, name in model.parameters():
        if name == "W":
            layer.params[name] = np.array([[-1.0], [-1.0]])
    expect("model.forward([[3, 4]])", model.forward(np.array([[3.0, 4.0]]))).close_to([[-7.0]])
