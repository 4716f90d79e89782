"""Visible tests of ch12. Small numbers that can be checked by hand."""

import numpy as np
import pytest

from grader import Rng, checks, expect, fetch, refuses


@checks("l2_penalty")
def test_l2_penalty_by_hand(student):
    """weights 3 and 1, -1 with lam = 0.5: half of 0.5 times 9 + 1 + 1"""
    got = student.l2_penalty([np.array([[3.0]]), np.array([[1.0, -1.0]])], 0.5)
    expect("l2_penalty([[[3]], [[1, -1]]], 0.5)", got).close_to(2.75, hint="There is a 1/2, and no mean.")


@checks("l2_grad")
def test_l2_grad_by_hand(student):
    """a weight of 3 and one of -1 with lam = 0.5 have slopes 1.5 and -0.5"""
    got = student.l2_grad(np.array([[3.0, -1.0]]), 0.5)
    expect("l2_grad([[3, -1]], 0.5)", got).close_to(
        [[1.5, -0.5]], hint="What is the derivative of w * w / 2?"
    )


class Weights:
    """A model with the parameters W and b, and gradients that a backward pass could have left."""

    def __init__(self):
        self.params = {"W": np.array([[3.0, -1.0]]), "b": np.array([2.0, 2.0])}
        self.grads = {"W": np.array([[10.0, 20.0]]), "b": np.array([30.0, 40.0])}

    def sublayers(self):
        return []

    def parameters(self):
        yield self, "W"
        yield self, "b"


@checks("add_weight_decay")
def test_add_weight_decay_by_hand(student):
    """the value is 2.5, the gradient of W gets 1.5 and -0.5 more, that of b stays"""
    model = Weights()
    expect("add_weight_decay(model, 0.5)", student.add_weight_decay(model, 0.5)).close_to(2.5)
    expect('grads["W"]', model.grads["W"]).close_to([[11.5, 19.5]], hint="Add to what is there.")
    expect('grads["b"]', model.grads["b"]).close_to([30.0, 40.0], hint="Biases are not punished.")


@checks("sgd_decay_step")
def test_sgd_decay_step_by_hand(student):
    """w = 5 with gradient 4, lr = 0.5 and lam = 0.2 loses 0.5 by decay and 2 by the gradient"""
    got = student.sgd_decay_step(np.array([5.0]), np.array([4.0]), 0.5, 0.2)
    expect("sgd_decay_step([5], [4], 0.5, 0.2)", got).close_to([2.5])


@checks("sgd_decay_step")
def test_sgd_decay_step_without_decay(student):
    """with lam = 0 it is the plain step of gradient descent"""
    got = student.sgd_decay_step(np.array([5.0, -1.0]), np.array([4.0, 2.0]), 0.1, 0.0)
    expect("sgd_decay_step([5, -1], [4, 2], 0.1, 0)", got).close_to([4.6, -1.2])


@checks("l1_penalty")
def test_l1_penalty_by_hand(student):
    """weights 3 and 1, -1 with lam = 0.5: 0.5 times 3 + 1 + 1"""
    got = student.l1_penalty([np.array([[3.0]]), np.array([[1.0, -1.0]])], 0.5)
    expect("l1_penalty([[[3]], [[1, -1]]], 0.5)", got).close_to(2.5, hint="There is no 1/2 here.")


@checks("soft_threshold")
def test_soft_threshold_by_hand(student):
    """with t = 1 the numbers 3, -0.5, -2, 1 become 2, 0, -1, 0"""
    got = student.soft_threshold(np.array([3.0, -0.5, -2.0, 1.0]), 1.0)
    expect("soft_threshold([3, -0.5, -2, 1], 1)", got).close_to([2.0, 0.0, -1.0, 0.0], atol=0)


@checks("ridge_fit")
def test_ridge_fit_by_hand(student):
    """two rows with x = 2 and y = 4: 2 without penalty, 1 with lam = 4"""
    X, y = np.array([[2.0], [2.0]]), np.array([4.0, 4.0])
    got = student.ridge_fit(X, y, 4.0)
    expect("ridge_fit([[2], [2]], [4, 4], 4)", got).close_to([1.0], hint="Two equal rows count like one.")


@pytest.mark.parametrize("p, allowed", [(0.0, (1.0,)), (0.5, (0.0, 2.0)), (1.0, (0.0,))])
@checks("dropout_forward")
def test_dropout_of_16_numbers(student, p, allowed):
    """d2l's example, 0 ... 15: all of them with p = 0, some of them doubled with p = 0.5, none with p = 1"""
    X = np.arange(16.0).reshape(2, 8)
    out, mask = expect("dropout_forward(X, p, rng)", student.dropout_forward(X, p, Rng(0))).unpack(
        "out", "mask"
    )
    factors = mask.array((2, 8))
    mask.satisfies(np.isin(factors, allowed).all(), f"with p = {p} a factor is one of {allowed}.")
    if p == 0.5:
        mask.satisfies(0 < np.mean(factors) < 2, "all 16 entries have the same fate. Draw a number for each.")
    out.close_to(X * factors)


@checks("dropout_forward")
def test_dropout_drops_one_in_five(student):
    """with p = 0.2 about one of five entries is dropped, and the mean stays"""
    got = student.dropout_forward(np.ones((100, 100)), 0.2, Rng(0))
    out, _ = expect("dropout_forward(ones, 0.2, rng)", got).unpack("out", "mask")
    out = out.array((100, 100))
    expect("the share of zeros", float(np.mean(out == 0))).between(
        0.17, 0.23, "p is the probability to DROP."
    )
    expect("the mean", float(out.mean())).between(0.96, 1.04)


@checks("dropout_forward")
def test_dropout_rests_outside_of_training(student):
    """with train=False nothing happens, and no generator is needed"""
    X = np.array([[3.0, -1.0]])
    got = student.dropout_forward(X, 0.5, None, train=False)
    out, mask = expect("dropout_forward(X, 0.5, None, train=False)", got).unpack("out", "mask")
    out.close_to(X, hint="Nothing is left to scale: training has done that.")
    mask.close_to([[1.0, 1.0]])


@checks("dropout_backward")
def test_dropout_backward_by_hand(student):
    """what was dropped gets no gradient, what was doubled a doubled one"""
    got = student.dropout_backward(np.array([3.0, 5.0]), np.array([0.0, 2.0]))
    expect("dropout_backward([3, 5], [0, 2])", got).close_to([0.0, 10.0])


@checks("Dropout")
def test_dropout_layer_in_training(student):
    """forward and backward go through the same mask, and the next forward draws another one"""
    layer = student.Dropout(0.5, Rng(0))
    ones = np.ones((10, 10))
    first = expect("layer.forward(ones)", layer.forward(ones)).array((10, 10))
    expect("layer.forward(ones)", first).satisfies(set(np.unique(first)) == {0.0, 2.0}, "expected 0 and 2.")
    expect("layer.backward(ones)", layer.backward(ones)).close_to(first, hint="Keep the mask of forward.")
    second = expect("layer.forward(ones)", layer.forward(ones)).array((10, 10))
    expect("layer.forward(ones) again", second).satisfies((first != second).any(), "the mask is the same.")


@checks("Dropout")
def test_dropout_layer_outside_of_training(student):
    """after eval() the layer does nothing"""
    layer = student.Dropout(0.5, Rng(0))
    layer.eval()
    x = np.array([[3.0, -1.0]])
    expect("layer.forward(x)", layer.forward(x)).close_to(x)
    expect("layer.backward(dout)", layer.backward(np.array([[5.0, 7.0]]))).close_to([[5.0, 7.0]])


class Counter:
    """A model that counts its passes in training: 1, 2, 3, ... for every row; otherwise it says 100."""

    def __init__(self):
        self.training, self.passes = False, 0

    def forward(self, x):
        self.passes += 1
        return np.full((len(x), 1), float(self.passes) if self.training else 100.0)

    def sublayers(self):
        return []

    def parameters(self):
        return []

    def train(self):
        self.training = True

    def eval(self):
        self.training = False


@checks("mc_predict")
def test_mc_predict_by_hand(student):
    """passes that say 1, 2, 3 and 4 have mean 2.5 and standard deviation sqrt(1.25)"""
    model = Counter()
    got = expect("mc_predict(model, X, 4)", student.mc_predict(model, np.zeros((2, 3)), 4))
    mean, std = got.unpack("mean", "std")
    mean.close_to([[2.5], [2.5]], hint="In training mode, one pass after the other.")
    std.close_to([[1.25**0.5], [1.25**0.5]], hint="Divide by T, then take the root.")
    expect("model.training afterwards", model.training).equals(False)


@checks("EarlyStopping")
def test_early_stopping_by_hand(student):
    """patience 2: two losses in a row without improvement, and it says stop"""
    watch = student.EarlyStopping(patience=2)
    said = [watch.update(loss) for loss in (0.9, 0.5, 0.6, 0.4, 0.5, 0.4)]
    expect("what update returned", said).equals([False] * 5 + [True], "Which counter starts anew, and when?")
    expect("watch.best", watch.best).close_to(0.4)
    expect("watch.best_epoch", watch.best_epoch).equals(4)


@checks("EarlyStopping")
def test_early_stopping_for_accuracies(student):
    """with mode 'max' higher is better, and nan is no improvement"""
    watch = student.EarlyStopping(patience=1, mode="max")
    said = [watch.update(score) for score in (0.5, 0.7, float("nan"), 0.8)]
    expect("what update returned", said).equals([False, False, True, False])
    expect("watch.best_epoch", watch.best_epoch).equals(4)


@checks("BatchNorm1d")
def test_batch_norm_by_hand(student):
    """the column 1, 3 has mean 2 and variance 1; the running statistics go a tenth of the way"""
    layer = student.BatchNorm1d(1, eps=0.0)
    expect("layer.forward([[1], [3]])", layer.forward(np.array([[1.0], [3.0]]))).close_to([[-1.0], [1.0]])
    expect("layer.running_mean", layer.running_mean).close_to([0.2])
    expect("layer.running_var", layer.running_var).close_to([1.1], hint="0.9 * 1 + 0.1 * 2: N - 1 here.")
    layer.eval()
    expect("layer.forward([[0.2]]) after eval()", layer.forward(np.array([[0.2]]))).close_to([[0.0]])


@checks("BatchNorm1d")
def test_batch_norm_backward_by_hand(student):
    """adding 1 to all rows changes no output: the gradients of a column add up to 0"""
    layer = student.BatchNorm1d(1, eps=0.0)
    layer.forward(np.array([[1.0], [2.0], [6.0]]))
    dx = expect("layer.backward([[1], [0], [0]])", layer.backward(np.array([[1.0], [0.0], [0.0]])))
    expect("the sum of dx", float(dx.array((3, 1)).sum())).close_to(0.0, hint="The mean depends on all rows.")
    expect('layer.grads["beta"]', fetch(layer.grads)["beta"]).close_to([1.0])
    refuses("layer.forward of one row", ValueError, layer.forward, np.array([[1.0]]))
