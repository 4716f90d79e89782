"""Wrong programs that students write in chapter 12, and what to say to them."""

import math

import numpy as np

from grader import mistake
from ch12_regularization.regularization import (
    BatchNorm1d,
    Dropout,
    EarlyStopping,
    as_float,
    check_probability,
    dropout_forward,
    l2_penalty,
)

# What these do besides returning something is a good part of their work.
EARNS_WITHOUT_KNOWING = {
    "add_weight_decay": "the gradients are changed in place; a program that does it and returns zeros is half right",
    "EarlyStopping": "best and best_epoch are kept by update, whatever it returns",
}


# l2_penalty ----------------------------------------------------------------------------------------------------


@mistake("CH12-l2-without-half", of="l2_penalty", caught_by="test_l2_penalty_of_several_arrays")
def l2_penalty_without_half(Ws, lam):
    """The 1/2 is missing. It belongs there, so that the gradient is lam * W without a 2."""
    return float(lam * sum(np.sum(W**2) for W in Ws))


@mistake("M212", of="l2_penalty", caught_by="test_l2_penalty_of_several_arrays")
def l2_penalty_as_norm(Ws, lam):
    """This is the norm of the weights. The penalty takes its square, so do not take the root."""
    return float(lam / 2 * math.sqrt(sum(np.sum(W**2) for W in Ws)))


@mistake("CH12-l2-mean", of="l2_penalty", caught_by="test_l2_penalty_is_no_mean")
def l2_penalty_as_mean(Ws, lam):
    """The squares are added up, not averaged: the penalty is not divided by the number of weights."""
    return float(lam / 2 * sum(np.mean(W**2) for W in Ws))


@mistake("M211", of="l2_penalty", caught_by="test_l2_penalty_is_no_mean")
def l2_penalty_by_rows(Ws, lam):
    """The penalty is divided by a number of rows. lam is not averaged over a batch; only the data loss is."""
    return float(lam / 2 * sum(np.sum(W**2) / len(W) for W in Ws))


@mistake("CH12-l2-last-only", of="l2_penalty", caught_by="test_l2_penalty_of_several_arrays")
def l2_penalty_of_the_last(Ws, lam):
    """Only the last array counts: the sum is begun anew for each W. Begin it once, before the loop."""
    total = 0.0
    for W in Ws:
        total = np.sum(W**2)
    return float(lam / 2 * total)


@mistake("CH12-l2-empty", of="l2_penalty", caught_by="test_l2_penalty_of_nothing")
def l2_penalty_of_some(Ws, lam):
    """An empty list has no first array and nothing to concatenate. Its penalty is 0.0."""
    return float(lam / 2 * np.sum(np.concatenate([np.ravel(W) for W in Ws]) ** 2))


@mistake("CH12-l2-int-for-nothing", of="l2_penalty", caught_by="test_l2_penalty_of_nothing")
def l2_penalty_int(Ws, lam):
    """Without weights this returns the whole number 0. Return a float in every case."""
    return float(lam / 2 * sum(np.sum(W**2) for W in Ws)) if Ws else 0


@mistake("CH12-l2-lam-squared", of="l2_penalty", caught_by="test_l2_penalty_of_several_arrays")
def l2_penalty_of_scaled_weights(Ws, lam):
    """lam was multiplied to the weights before they were squared, so it counts twice. Multiply the sum by it."""
    return float(sum(np.sum((lam * W) ** 2) for W in Ws) / 2)


@mistake("CH12-l2-in-place", of="l2_penalty", caught_by="test_l2_penalty_returns_a_float")
def l2_penalty_in_place(Ws, lam):
    """W **= 2 squares the weights of the network themselves. A penalty looks at them and changes nothing."""
    total = 0.0
    for W in Ws:
        W **= 2
        total += np.sum(W)
    return float(lam / 2 * total)


@mistake("CH12-l2-integers", of="l2_penalty", caught_by="test_l2_penalty_of_integers")
def l2_penalty_of_raw_integers(Ws, lam):
    """The given line is gone, and squares of small integers do not fit into their type. as_float makes floats first."""
    return float(lam / 2 * sum(np.sum(W**2) for W in Ws))


# l2_grad -------------------------------------------------------------------------------------------------------


@mistake("CH12-l2-grad-double", of="l2_grad", caught_by="test_l2_grad_is_the_gradient")
def l2_grad_doubled(W, lam):
    """The penalty has a factor 1/2, and it cancels against the 2 of the derivative. Nothing of both is left."""
    return 2 * lam * as_float(W)


@mistake("M212b", of="l2_grad", caught_by="test_l2_grad_is_the_gradient")
def l2_grad_of_the_norm(W, lam):
    """This is the gradient of the norm, of the same length for small and large weights. Take that of its square."""
    W = as_float(W)
    return lam * W / (np.sqrt(np.sum(W**2)) + 1e-12)


@mistake("CH12-l2-grad-sign", of="l2_grad", caught_by="test_l2_grad_is_the_gradient")
def l2_grad_of_l1(W, lam):
    """This is the slope of the absolute value, as in L1. The slope of a square grows with W."""
    return lam * np.sign(as_float(W))


@mistake("CH12-l2-grad-in-place", of="l2_grad", caught_by="test_l2_grad_makes_a_new_array")
def l2_grad_in_place(W, lam):
    """W itself was multiplied, and the network has lost its weights. Make a new array."""
    W = as_float(W)
    W *= lam
    return W


@mistake("CH12-l2-grad-rows", of="l2_grad", caught_by="test_l2_grad_is_the_gradient")
def l2_grad_by_rows(W, lam):
    """The gradient was divided by the number of rows of W. The penalty is no mean, so its gradient is none."""
    return lam * as_float(W) / len(W)


@mistake("CH12-l2-grad-number", of="l2_grad", caught_by="test_l2_grad_is_the_gradient")
def l2_grad_summed(W, lam):
    """A gradient has the shape of W, one slope for each weight; here they were added up."""
    return lam * float(np.sum(W))


# add_weight_decay ----------------------------------------------------------------------------------------------


def weights_of(model):
    """Layers with a parameter W."""
    return [layer for layer, name in model.parameters() if name == "W"]


@mistake("M209", of="add_weight_decay", caught_by="test_decay_adds_its_gradient")
def penalty_without_gradient(model, lam):
    """The penalty is in the loss, but not in the gradient, so training does not know of it. Both must contain it."""
    return l2_penalty([layer.params["W"] for layer in weights_of(model)], lam)


@mistake("M209b", of="add_weight_decay", caught_by="test_decay_returns_the_penalty")
def gradient_without_penalty(model, lam):
    """The gradient is there, but its value is not returned. A gradient check of the loss would fail by lam * W."""
    for layer in weights_of(model):
        layer.grads["W"] += lam * layer.params["W"]
    return 0.0


@mistake("M210", of="add_weight_decay", caught_by=("test_decay_leaves_other_names_alone",))
def decay_of_biases(model, lam):
    """Biases are punished, too. They shift, they do not bend; only parameters with the name W decay."""
    value = 0.0
    for layer, name in model.parameters():
        layer.grads[name] += lam * layer.params[name]
        if name == "W":
            value += l2_penalty([layer.params[name]], lam)
    return value


@mistake("M210b", of="add_weight_decay", caught_by="test_decay_returns_the_penalty")
def penalty_of_biases(model, lam):
    """The value counts biases, the gradient does not. Both concern the parameters with the name W only."""
    for layer in weights_of(model):
        layer.grads["W"] += lam * layer.params["W"]
    return l2_penalty([layer.params[name] for layer, name in model.parameters()], lam)


@mistake("CH12-decay-matrices", of="add_weight_decay", caught_by="test_decay_adds_its_gradient")
def decay_of_matrices(model, lam):
    """Whether a parameter is punished depends on its name, not on its number of axes: the W of images has four."""
    value = 0.0
    for layer, name in model.parameters():
        if layer.params[name].ndim == 2:
            layer.grads[name] += lam * layer.params[name]
            value += l2_penalty([layer.params[name]], lam)
    return value


@mistake("M214", of="add_weight_decay", caught_by="test_decay_adds_its_gradient")
def decay_twice(model, lam):
    """The gradient of the penalty was added twice. Once is enough: lam * W."""
    for layer in weights_of(model):
        layer.grads["W"] += lam * layer.params["W"]
        layer.grads["W"] += lam * layer.params["W"]
    return l2_penalty([layer.params["W"] for layer in weights_of(model)], lam)


@mistake("CH12-decay-replaces", of="add_weight_decay", caught_by="test_decay_adds_its_gradient")
def decay_in_place_of_the_gradient(model, lam):
    """The gradient of the penalty has replaced that of the loss. Add it to what backward has left."""
    for layer in weights_of(model):
        layer.grads["W"][...] = lam * layer.params["W"]
    return l2_penalty([layer.params["W"] for layer in weights_of(model)], lam)


@mistake("CH12-decay-minus", of="add_weight_decay", caught_by="test_decay_adds_its_gradient")
def decay_with_minus(model, lam):
    """The sign is turned: the step goes against the gradient, so the gradient of the penalty is added."""
    for layer in weights_of(model):
        layer.grads["W"] -= lam * layer.params["W"]
    return l2_penalty([layer.params["W"] for layer in weights_of(model)], lam)


@mistake("CH12-decay-parameters", of="add_weight_decay", caught_by="test_decay_leaves_parameters_alone")
def decay_of_parameters(model, lam):
    """The weights themselves were made smaller here. Only gradients change; the step comes afterwards."""
    value = l2_penalty([layer.params["W"] for layer in weights_of(model)], lam)
    for layer in weights_of(model):
        layer.grads["W"] += lam * layer.params["W"]
        layer.params["W"] *= 1 - lam
    return value


@mistake("CH12-decay-shallow", of="add_weight_decay", caught_by="test_decay_adds_its_gradient")
def decay_of_direct_layers(model, lam):
    """Only the layers directly inside are visited. model.parameters() knows those at any depth."""
    layers = [layer for layer in [model, *model.sublayers()] if "W" in layer.params]
    for layer in layers:
        layer.grads["W"] += lam * layer.params["W"]
    return l2_penalty([layer.params["W"] for layer in layers], lam)


@mistake("CH12-decay-zero", of="add_weight_decay", caught_by="test_decay_of_zero")
def decay_with_an_early_end(model, lam):
    """With lam = 0 this ends early and returns None. Nothing is to be added then, so the value is 0.0."""
    if not lam:
        return None
    for layer in weights_of(model):
        layer.grads["W"] += lam * layer.params["W"]
    return l2_penalty([layer.params["W"] for layer in weights_of(model)], lam)


@mistake("CH12-decay-one-layer", of="add_weight_decay", caught_by="test_decay_of_a_single_layer")
def decay_of_inner_layers(model, lam):
    """The model's own W is passed over: a model may be a single layer. model.parameters() begins with its own."""
    layers = [layer for layer in weights_of(model) if layer is not model]
    for layer in layers:
        layer.grads["W"] += lam * layer.params["W"]
    return l2_penalty([layer.params["W"] for layer in layers], lam)


# sgd_decay_step ------------------------------------------------------------------------------------------------


def step_arguments(w, g):
    """As in the stub."""
    w, g = as_float(w), as_float(g)
    if w.shape != g.shape:
        raise ValueError("w and g differ in shape")
    return w, g


@mistake("CH12-step-without-lr", of="sgd_decay_step", caught_by="test_decay_step_follows_the_formula")
def step_that_shrinks_by_lam(w, g, lr, lam):
    """The weights shrink by lam in every step. The penalty is part of the gradient, so lr is multiplied to it."""
    w, g = step_arguments(w, g)
    return (1 - lam) * w - lr * g


@mistake("CH12-step-grows", of="sgd_decay_step", caught_by="test_decay_step_follows_the_formula")
def step_that_grows(w, g, lr, lam):
    """The decay has the wrong sign, and the weights grow: 1 + lr * lam where 1 - lr * lam is meant."""
    w, g = step_arguments(w, g)
    return (1 + lr * lam) * w - lr * g


@mistake("CH12-step-after", of="sgd_decay_step", caught_by="test_decay_step_follows_the_formula")
def step_then_decay(w, g, lr, lam):
    """The new weights are shrunk, after the step; the penalty pulls on the old ones, before it."""
    w, g = step_arguments(w, g)
    return (1 - lr * lam) * (w - lr * g)


@mistake("M214b", of="sgd_decay_step", caught_by="test_decay_step_follows_the_formula")
def step_that_decays_twice(w, g, lr, lam):
    """The decay counts twice, in the factor and in the gradient. One of them is enough."""
    w, g = step_arguments(w, g)
    return (1 - lr * lam) * w - lr * (g + lam * w)


@mistake("CH12-step-climbs", of="sgd_decay_step", caught_by="test_decay_step_follows_the_formula")
def step_uphill(w, g, lr, lam):
    """The step goes up the loss: lr * g is taken away from w, not added."""
    w, g = step_arguments(w, g)
    return (1 - lr * lam) * w + lr * g


@mistake("CH12-step-l1", of="sgd_decay_step", caught_by="test_decay_step_follows_the_formula")
def step_of_l1(w, g, lr, lam):
    """Every weight is pulled with the same force, as by L1. Here the pull grows with the weight."""
    w, g = step_arguments(w, g)
    return w - lr * lam * np.sign(w) - lr * g


@mistake("M211b", of="sgd_decay_step", caught_by="test_decay_step_follows_the_formula")
def step_with_decay_by_rows(w, g, lr, lam):
    """lam is divided by a number of rows. The mean over the batch is in g already, and lam is not averaged."""
    w, g = step_arguments(w, g)
    return (1 - lr * lam / max(1, len(w))) * w - lr * g


@mistake("CH12-step-clipped", of="sgd_decay_step", caught_by="test_decay_step_follows_the_formula")
def step_with_clipped_factor(w, g, lr, lam):
    """The factor is kept above zero. The formula has no such bound; with lr * lam above 1 the sign turns."""
    w, g = step_arguments(w, g)
    return max(0.0, 1 - lr * lam) * w - lr * g


@mistake("CH12-step-in-place", of="sgd_decay_step", caught_by="test_decay_step_leaves_its_arguments_alone")
def step_in_place(w, g, lr, lam):
    """w was changed in place. Return a new array and leave the old weights to whoever holds them."""
    w, g = step_arguments(w, g)
    w -= lr * (g + lam * w)
    return w


@mistake("CH12-step-changes-g", of="sgd_decay_step", caught_by="test_decay_step_leaves_its_arguments_alone")
def step_that_changes_g(w, g, lr, lam):
    """g += lam * w writes into the gradient of the caller. Make a new array for the sum."""
    w, g = step_arguments(w, g)
    g += lam * w
    return w - lr * g


@mistake("CH12-step-broadcasts", of="sgd_decay_step", caught_by="test_decay_step_refuses_other_shapes")
def step_that_broadcasts(w, g, lr, lam):
    """w and g of different shapes are stretched to a table. Each weight has one slope: raise ValueError."""
    w, g = as_float(w), as_float(g)
    return (1 - lr * lam) * w - lr * g


# l1_penalty ----------------------------------------------------------------------------------------------------


@mistake("CH12-l1-half", of="l1_penalty", caught_by="test_l1_penalty_of_several_arrays")
def l1_penalty_with_half(Ws, lam):
    """There is no 1/2 in the L1 penalty: the derivative of |w| has no 2 to cancel."""
    return float(lam / 2 * sum(np.sum(np.abs(W)) for W in Ws))


@mistake("CH12-l1-signed", of="l1_penalty", caught_by="test_l1_penalty_of_several_arrays")
def l1_penalty_signed(Ws, lam):
    """Positive and negative weights cancel here. Take the absolute value of each entry before adding up."""
    return float(lam * sum(np.sum(W) for W in Ws))


@mistake("CH12-l1-abs-of-sum", of="l1_penalty", caught_by="test_l1_penalty_of_several_arrays")
def l1_penalty_of_sums(Ws, lam):
    """The absolute value of the sum is not the sum of absolute values. Take it entry by entry."""
    return float(lam * sum(abs(np.sum(W)) for W in Ws))


@mistake("CH12-l1-squares", of="l1_penalty", caught_by="test_l1_penalty_of_several_arrays")
def l1_penalty_of_squares(Ws, lam):
    """These are squares, as in the L2 penalty. L1 adds absolute values."""
    return float(lam * sum(np.sum(W**2) for W in Ws))


@mistake("CH12-l1-matrix-norm", of="l1_penalty", caught_by="test_l1_penalty_of_several_arrays")
def l1_penalty_matrix_norm(Ws, lam):
    """For a matrix np.linalg.norm(W, 1) is the largest column sum. Add up all entries."""
    return float(lam * sum(np.linalg.norm(W, 1) if np.ndim(W) < 3 else np.abs(W).sum() for W in Ws))


@mistake("CH12-l1-mean", of="l1_penalty", caught_by="test_l1_penalty_is_no_mean")
def l1_penalty_as_mean(Ws, lam):
    """The absolute values are added up, not averaged."""
    return float(lam * sum(np.mean(np.abs(W)) for W in Ws))


@mistake("CH12-l1-in-place", of="l1_penalty", caught_by="test_l1_penalty_returns_a_float")
def l1_penalty_in_place(Ws, lam):
    """The absolute values were written into the weights of the network. A penalty changes nothing."""
    return float(lam * sum(np.sum(np.abs(W, out=W)) for W in Ws))


@mistake("CH12-l1-integers", of="l1_penalty", caught_by="test_l1_penalty_of_integers")
def l1_penalty_in_the_type_of_w(Ws, lam):
    """The sum is kept in the type of W, and small integers run over. as_float makes floats first."""
    return float(lam * sum(np.sum(np.abs(W), dtype=W.dtype) for W in Ws))


@mistake("CH12-l1-empty", of="l1_penalty", caught_by="test_l1_penalty_of_nothing")
def l1_penalty_of_some(Ws, lam):
    """An empty list has nothing to concatenate. Its penalty is 0.0."""
    return float(lam * np.sum(np.abs(np.concatenate([np.ravel(W) for W in Ws]))))


# soft_threshold ------------------------------------------------------------------------------------------------


def threshold_arguments(w, t):
    """As in the stub."""
    w = as_float(w)
    if t < 0:
        raise ValueError("t is negative")
    return w


@mistake("M227", of="soft_threshold", caught_by="test_soft_threshold_has_exact_zeros")
def subgradient_step(w, t):
    """A step of t along the sign jumps over zero and back again; no weight stays there. What is smaller than t
    must become exactly 0."""
    w = threshold_arguments(w, t)
    return w - t * np.sign(w)


@mistake("CH12-soft-hard", of="soft_threshold", caught_by="test_soft_threshold_follows_the_cases")
def hard_threshold(w, t):
    """Small entries become zero, but the large ones are not moved. They come closer to zero by t as well."""
    w = threshold_arguments(w, t)
    return np.where(np.abs(w) <= t, 0 * w, w)


@mistake("CH12-soft-positive", of="soft_threshold", caught_by="test_soft_threshold_follows_the_cases")
def one_sided_threshold(w, t):
    """Negative entries are treated like small ones and vanish. Below -t they move up by t."""
    w = threshold_arguments(w, t)
    return np.maximum(w - t, 0)


@mistake("CH12-soft-sign-lost", of="soft_threshold", caught_by="test_soft_threshold_follows_the_cases")
def threshold_without_sign(w, t):
    """The sign got lost: |w| - t is right for the size, multiply it by the sign of w."""
    w = threshold_arguments(w, t)
    return np.maximum(np.abs(w) - t, 0)


@mistake("CH12-soft-clip", of="soft_threshold", caught_by="test_soft_threshold_follows_the_cases")
def clipped(w, t):
    """This cuts large entries down to t and leaves small ones. It is what soft_threshold takes away from w."""
    return np.clip(threshold_arguments(w, t), -t, t)


@mistake("CH12-soft-away", of="soft_threshold", caught_by="test_soft_threshold_follows_the_cases")
def threshold_outwards(w, t):
    """Entries move away from zero: t is taken from positive ones and added to negative ones, not the reverse."""
    w = threshold_arguments(w, t)
    return np.where(np.abs(w) <= t, 0 * w, w + t * np.sign(w))


@mistake("CH12-soft-in-place", of="soft_threshold", caught_by="test_soft_threshold_leaves_w_alone")
def threshold_in_place(w, t):
    """w itself was changed. Make a new array."""
    w = threshold_arguments(w, t)
    small = np.abs(w) <= t
    w -= t * np.sign(w)
    w[small] = 0
    return w


@mistake("CH12-soft-half", of="soft_threshold", caught_by="test_soft_threshold_follows_the_cases")
def threshold_as_decay(w, t):
    """A factor makes all entries smaller and none zero; that is weight decay. Here the same t is taken from each."""
    return threshold_arguments(w, t) / (1 + t)


@mistake("CH12-soft-tiny", of="soft_threshold", caught_by="test_soft_threshold_has_exact_zeros")
def threshold_with_a_remainder(w, t):
    """A tiny number was left so that nothing is zero. Zero is what is wanted here, exactly: such a column is out."""
    w = threshold_arguments(w, t)
    return np.sign(w) * np.maximum(np.abs(w) - t, w.dtype.type(1e-12))


@mistake("CH12-soft-factor", of="soft_threshold", caught_by="test_soft_threshold_of_zero")
def threshold_by_a_factor(w, t):
    """1 - t / |w| divides by zero where w is 0, and 0 / 0 is nan. Take t away, do not divide by |w|."""
    w = threshold_arguments(w, t)
    with np.errstate(all="ignore"):
        return w * np.maximum(1 - t / np.abs(w), 0)


@mistake("CH12-soft-negative-t", of="soft_threshold", caught_by="test_soft_threshold_refuses_a_negative_t")
def threshold_with_any_t(w, t):
    """A negative t would move entries away from zero. Raise ValueError."""
    w = as_float(w)
    return np.where(np.abs(w) <= t, w.dtype.type(0), w - t * np.sign(w))


# ridge_fit -----------------------------------------------------------------------------------------------------


def ridge_arguments(X, y):
    """As in the stub."""
    X, y = as_float(X), as_float(y)
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError("X is (N, D), y is (N,)")
    return X, y


@mistake("CH12-ridge-without-n", of="ridge_fit", caught_by="test_ridge_is_the_minimum")
def ridge_of_the_sum(X, y, lam):
    """The textbook formula is for the sum of squared errors. Here the error is a mean, so lam stands beside
    X.T X / N, or N * lam beside X.T X."""
    X, y = ridge_arguments(X, y)
    return np.linalg.solve(X.T @ X + lam * np.eye(X.shape[1]), X.T @ y)


@mistake("CH12-ridge-half-n", of="ridge_fit", caught_by="test_ridge_is_the_minimum")
def ridge_with_one_n(X, y, lam):
    """N is on one side of the equation only. Both X.T X and X.T y are divided by it."""
    X, y = ridge_arguments(X, y)
    return np.linalg.solve(X.T @ X / len(X) + lam * np.eye(X.shape[1]), X.T @ y)


@mistake("CH12-ridge-half-lam", of="ridge_fit", caught_by="test_ridge_is_the_minimum")
def ridge_with_half_lam(X, y, lam):
    """The 1/2 of the penalty cancels when you take the gradient, and so does that of the error: lam stays whole."""
    X, y = ridge_arguments(X, y)
    return np.linalg.solve(X.T @ X / len(X) + lam / 2 * np.eye(X.shape[1]), X.T @ y / len(X))


@mistake("CH12-ridge-everywhere", of="ridge_fit", caught_by="test_ridge_is_the_minimum")
def ridge_with_lam_everywhere(X, y, lam):
    """lam was added to every entry of the matrix. It belongs on the diagonal: add lam times the identity."""
    X, y = ridge_arguments(X, y)
    return np.linalg.lstsq(X.T @ X / len(X) + lam, X.T @ y / len(X), rcond=None)[0]


@mistake("CH12-ridge-no-lam", of="ridge_fit", caught_by="test_ridge_is_the_minimum")
def plain_fit(X, y, lam):
    """This is the fit without a penalty; lam is not used."""
    X, y = ridge_arguments(X, y)
    return np.linalg.lstsq(X, y, rcond=None)[0]


@mistake("CH12-ridge-minus", of="ridge_fit", caught_by="test_ridge_is_the_minimum")
def ridge_with_minus(X, y, lam):
    """lam is taken away from the diagonal; it is added, which is also what makes the equations solvable."""
    X, y = ridge_arguments(X, y)
    return np.linalg.lstsq(X.T @ X / len(X) - lam * np.eye(X.shape[1]), X.T @ y / len(X), rcond=None)[0]


@mistake("CH12-ridge-bias", of="ridge_fit", caught_by="test_ridge_is_the_minimum")
def ridge_of_centered_columns(X, y, lam):
    """The means were taken away, as if there were a bias. This model has none."""
    X, y = ridge_arguments(X, y)
    X, y = X - X.mean(axis=0), y - y.mean()
    return np.linalg.solve(X.T @ X / len(X) + lam * np.eye(X.shape[1]), X.T @ y / len(X))


@mistake("CH12-ridge-steps", of="ridge_fit", caught_by="test_ridge_is_the_minimum")
def ridge_by_descent(X, y, lam):
    """Some steps of descent come near the minimum, but not to it. Set the gradient to zero and solve."""
    X, y = ridge_arguments(X, y)
    w = np.zeros(X.shape[1])
    lr = 1 / (np.sum(X**2) / len(X) + lam)
    for _ in range(30):
        w = w - lr * (X.T @ (X @ w - y) / len(X) + lam * w)
    return w


@mistake("CH12-ridge-in-place", of="ridge_fit", caught_by="test_ridge_leaves_its_data_alone")
def ridge_in_place(X, y, lam):
    """X and y were divided in place, and the caller's data are no longer what they were. Make new arrays."""
    X, y = ridge_arguments(X, y)
    X /= math.sqrt(len(X))
    y /= math.sqrt(len(X))
    return np.linalg.solve(X.T @ X + lam * np.eye(X.shape[1]), X.T @ y)


@mistake("CH12-ridge-columns", of="ridge_fit", caught_by="test_ridge_refuses_shapes_that_do_not_fit")
def ridge_of_columns(X, y, lam):
    """A y of shape (N, 1) is taken, and w comes back with two axes. Raise ValueError unless y is (N,)."""
    X, y = as_float(X), as_float(y)
    return np.linalg.solve(X.T @ X / len(X) + lam * np.eye(X.shape[1], dtype=X.dtype), X.T @ y / len(X))


# dropout_forward -----------------------------------------------------------------------------------------------


def off(X, p, rng):
    """True where an entry is switched off."""
    return rng.random(X.shape) < p


@mistake("M215", of="dropout_forward", caught_by="test_dropout_scales_what_stays")
def dropout_that_keeps_p(X, p, rng, train=True):
    """p is the probability to keep here, as in CS231n. In this course p is the probability to DROP."""
    return dropout_forward(X, 1 - p, rng, train)


@mistake("M215b", of="dropout_forward", caught_by="test_dropout_drops_with_probability_p")
def dropout_with_turned_mask(X, p, rng, train=True):
    """The scale is right, but the comparison is turned: an entry stays with probability p. p is for dropping."""
    X = as_float(X)
    check_probability(p)
    if not train:
        return X.copy(), np.ones_like(X)
    mask = (rng.random(X.shape) < p) * X.dtype.type(1 / (1 - p) if p < 1 else 0)
    return X * mask, mask


@mistake("M216", of="dropout_forward", caught_by="test_dropout_scales_what_stays")
def dropout_without_scale(X, p, rng, train=True):
    """What stays is not scaled up, so the mean becomes 1 - p times smaller. Divide by 1 - p."""
    X = as_float(X)
    check_probability(p)
    mask = ~off(X, p, rng) if train else np.ones(X.shape)
    return X * mask, mask.astype(X.dtype)


@mistake("CH12-dropout-scale-p", of="dropout_forward", caught_by="test_dropout_scales_what_stays")
def dropout_scaled_by_p(X, p, rng, train=True):
    """What stays is divided by p, the probability to drop. A share of 1 - p stays, so divide by that."""
    X = as_float(X)
    check_probability(p)
    mask = (~off(X, p, rng) if train else np.ones(X.shape)) / (p if train and p else 1.0)
    return X * mask, mask


@mistake("M217", of="dropout_forward", caught_by="test_dropout_does_nothing_outside_of_training")
def dropout_scaled_at_test(X, p, rng, train=True):
    """Outside of training X is scaled as well. Inverted dropout has done that in training; here X stays."""
    X = as_float(X)
    if train:
        return dropout_forward(X, p, rng)
    check_probability(p)
    return X * (1 - p), np.full_like(X, 1 - p)


@mistake("M217b", of="dropout_forward", caught_by="test_dropout_scales_what_stays")
def dropout_scaled_only_at_test(X, p, rng, train=True):
    """The older form: no scale in training, 1 - p at test time. This course scales in training, by 1 / (1 - p)."""
    X = as_float(X)
    check_probability(p)
    mask = (~off(X, p, rng)).astype(X.dtype) if train else np.full_like(X, 1 - p)
    return X * mask, mask


@mistake(
    "CH12-dropout-always", of="dropout_forward", caught_by="test_dropout_does_nothing_outside_of_training"
)
def dropout_in_every_mode(X, p, rng, train=True):
    """train is not looked at, and entries are dropped in predictions, too."""
    return dropout_forward(X, p, np.random.default_rng(0) if rng is None else rng)


@mistake("M221", of="dropout_forward", caught_by="test_dropout_draws_for_each_entry")
def dropout_by_columns(X, p, rng, train=True):
    """One mask serves all rows, so the same neurons are off for the whole batch. Draw one number for each entry."""
    X = as_float(X)
    _, mask = dropout_forward(X[:1], p, rng, train)
    return X * mask, np.repeat(mask, len(X), axis=0)


@mistake("M221b", of="dropout_forward", caught_by="test_dropout_draws_for_each_entry")
def dropout_by_rows(X, p, rng, train=True):
    """Whole rows are switched off: one number was drawn for each example. Draw one for each entry."""
    X = as_float(X)
    _, mask = dropout_forward(X.reshape(len(X), -1)[:, 0], p, rng, train)
    mask = np.broadcast_to(mask.reshape(-1, *[1] * (X.ndim - 1)), X.shape).copy()
    return X * mask, mask


@mistake("CH12-dropout-one-coin", of="dropout_forward", caught_by="test_dropout_scales_what_stays")
def dropout_of_all_or_nothing(X, p, rng, train=True):
    """One number decides for the whole array. Draw an array of numbers, of the shape of X."""
    X = as_float(X)
    check_probability(p)
    mask = np.full_like(X, 1.0 if not train or p == 0 else (rng.random() >= p) / (1 - p) if p < 1 else 0.0)
    return X * mask, mask


@mistake("CH12-dropout-fixed-number", of="dropout_forward", caught_by="test_dropout_draws_for_each_entry")
def dropout_of_a_fixed_number(X, p, rng, train=True):
    """Always the same number of entries is off. Each entry is decided by itself, so their number varies."""
    X = as_float(X)
    check_probability(p)
    mask = np.ones(X.size, dtype=X.dtype)
    if train and p:
        mask = mask / (1 - p) if p < 1 else mask
        mask[rng.permutation(X.size)[: round(p * X.size)]] = 0
    mask = mask.reshape(X.shape)
    return X * mask, mask


@mistake("M222", of="dropout_forward", caught_by="test_dropout_of_everything")
def dropout_that_divides_by_zero(X, p, rng, train=True):
    """With p = 1 this computes 0 / 0. Everything is dropped then; return zeros before you divide."""
    X = as_float(X)
    check_probability(p)
    mask = (~off(X, p, rng)) / np.float64(1 - p) if train else np.ones(X.shape)
    return X * mask, mask


@mistake("M224", of="dropout_forward", caught_by="test_dropout_draws_anew_each_time")
def dropout_with_a_fixed_seed(X, p, rng, train=True):
    """A generator made anew in each call gives the same mask for ever. Draw from the rng that was passed in."""
    return dropout_forward(X, p, np.random.default_rng(0), train)


@mistake("CH12-dropout-global-rng", of="dropout_forward", caught_by="test_dropout_draws_only_from_its_rng")
def dropout_from_the_global_generator(X, p, rng, train=True):
    """np.random is everybody's generator, and nobody can repeat this run. Draw from rng."""
    X = as_float(X)
    check_probability(p)
    if not train or p in (0, 1):
        return dropout_forward(X, p, rng, train)
    mask = (np.random.rand(*X.shape) >= p).astype(X.dtype) / X.dtype.type(1 - p)
    return X * mask, mask


@mistake("CH12-dropout-bell", of="dropout_forward", caught_by="test_dropout_drops_with_probability_p")
def dropout_with_a_bell(X, p, rng, train=True):
    """rng.normal draws from a bell: fewer than half of all numbers are above 0.5. Draw uniformly from 0 to 1."""
    X = as_float(X)
    check_probability(p)
    if not train or p in (0, 1):
        return dropout_forward(X, p, rng, train)
    mask = (rng.normal(size=X.shape) >= p).astype(X.dtype) / X.dtype.type(1 - p)
    return X * mask, mask


@mistake(
    "CH12-dropout-mask-of-out", of="dropout_forward", caught_by="test_dropout_does_not_look_at_the_numbers"
)
def dropout_with_mask_of_out(X, p, rng, train=True):
    """The mask was read off the output, where a zero of X looks like a dropped entry. Keep the mask that was drawn."""
    out, mask = dropout_forward(X, p, rng, train)
    return out, np.where(out != 0, mask, 0).astype(out.dtype)


@mistake("CH12-dropout-mask-only-ones", of="dropout_forward", caught_by="test_dropout_scales_what_stays")
def dropout_with_a_plain_mask(X, p, rng, train=True):
    """out is scaled, but the mask holds zeros and ones only. Backward multiplies by the mask: put the scale in it."""
    out, mask = dropout_forward(X, p, rng, train)
    return out, (mask > 0).astype(out.dtype)


@mistake("CH12-dropout-in-place", of="dropout_forward", caught_by="test_dropout_returns_new_arrays")
def dropout_in_place(X, p, rng, train=True):
    """X itself was changed, and the layer before remembers it for its backward. Make a new array."""
    X = as_float(X)
    _, mask = dropout_forward(X, p, rng, train)
    X *= mask
    return X, mask


@mistake("CH12-dropout-passes-x-on", of="dropout_forward", caught_by="test_dropout_returns_new_arrays")
def dropout_that_returns_x(X, p, rng, train=True):
    """Outside of training X itself is returned. Return a copy, so that changing one does not change the other."""
    out, mask = dropout_forward(X, p, rng, train)
    return (out if train else as_float(X)), mask


@mistake(
    "CH12-dropout-no-mask", of="dropout_forward", caught_by="test_dropout_does_nothing_outside_of_training"
)
def dropout_without_mask(X, p, rng, train=True):
    """Outside of training there is no mask. Return ones, so that backward needs to know nothing of modes."""
    out, mask = dropout_forward(X, p, rng, train)
    return out, mask if train else None


@mistake("CH12-dropout-two-masks", of="dropout_forward", caught_by="test_dropout_scales_what_stays")
def dropout_with_two_masks(X, p, rng, train=True):
    """Two masks were drawn, one for out and one to return. Draw once, and use the same array for both."""
    out, _ = dropout_forward(X, p, rng, train)
    _, mask = dropout_forward(X, p, rng, train)
    return out, mask


@mistake("CH12-dropout-any-p", of="dropout_forward", caught_by="test_dropout_refuses_other_probabilities")
def dropout_with_any_p(X, p, rng, train=True):
    """A p outside of 0 to 1 is no probability. Raise ValueError in both modes."""
    return dropout_forward(X, min(max(p, 0.0), 1.0) if p == p else 0.0, rng, train)


# dropout_backward ----------------------------------------------------------------------------------------------


def backward_arguments(dout, mask):
    """As in the stub."""
    dout, mask = as_float(dout), as_float(mask)
    if dout.shape != mask.shape:
        raise ValueError("dout and mask differ in shape")
    return dout, mask


@mistake("M220", of="dropout_backward", caught_by="test_dropout_backward_is_the_gradient")
def backward_without_scale(dout, mask):
    """Only zeros and ones are used. The factor 1 / (1 - p) of the forward pass belongs to the derivative."""
    dout, mask = backward_arguments(dout, mask)
    return dout * (mask > 0)


@mistake("CH12-dropout-back-passes", of="dropout_backward", caught_by="test_dropout_backward_is_the_gradient")
def backward_that_passes_on(dout, mask):
    """dout is passed on as it is. An entry that was switched off has no influence on the loss."""
    return backward_arguments(dout, mask)[0].copy()


@mistake(
    "CH12-dropout-back-divides", of="dropout_backward", caught_by="test_dropout_backward_is_the_gradient"
)
def backward_that_divides(dout, mask):
    """dout was divided by the mask. The derivative of x * mask is mask: multiply."""
    dout, mask = backward_arguments(dout, mask)
    return np.divide(dout, mask, out=np.zeros_like(dout), where=mask != 0)


@mistake("CH12-dropout-back-turned", of="dropout_backward", caught_by="test_dropout_backward_is_the_gradient")
def backward_through_the_others(dout, mask):
    """The gradient goes through the entries that were off, and not through those that were on."""
    dout, mask = backward_arguments(dout, mask)
    return dout * np.where(mask == 0, mask.max(), 0.0)


@mistake(
    "CH12-dropout-back-in-place",
    of="dropout_backward",
    caught_by="test_dropout_backward_leaves_its_arguments_alone",
)
def backward_in_place(dout, mask):
    """dout itself was changed; the caller may still need it. Return a new array."""
    dout, mask = backward_arguments(dout, mask)
    dout *= mask
    return dout


@mistake(
    "CH12-dropout-back-squared", of="dropout_backward", caught_by="test_dropout_backward_is_the_gradient"
)
def backward_with_squared_mask(dout, mask):
    """The mask was multiplied twice. Once is the derivative."""
    dout, mask = backward_arguments(dout, mask)
    return dout * mask * mask


@mistake(
    "CH12-dropout-back-broadcasts",
    of="dropout_backward",
    caught_by="test_dropout_backward_refuses_other_shapes",
)
def backward_that_broadcasts(dout, mask):
    """A mask of another shape belongs to another forward pass. Raise ValueError, do not broadcast."""
    return as_float(dout) * as_float(mask)


# Dropout -------------------------------------------------------------------------------------------------------


@mistake("M219", of="Dropout", caught_by="test_layer_backward_uses_the_mask_of_forward")
class DropoutWithNewMask(Dropout):
    """backward draws a mask of its own. The gradient goes through the entries that were on in forward: keep the mask."""

    def backward(self, dout):
        return dropout_forward(dout, self.p, self.rng, train=self.training)[0]


@mistake("M220b", of="Dropout", caught_by="test_layer_backward_uses_the_mask_of_forward")
class DropoutWithoutScaleBack(Dropout):
    """backward forgets the factor 1 / (1 - p). It is in the mask that dropout_forward returns."""

    def backward(self, dout):
        return super().backward(dout) * (1.0 if self.p == 1 or not self.training else 1 - self.p)


@mistake("M224b", of="Dropout", caught_by="test_layer_draws_a_mask_for_each_forward")
class DropoutThatReseeds(Dropout):
    """A generator made anew in forward draws the same mask each time. Keep one generator, the rng of __init__."""

    def forward(self, x):
        self.rng = np.random.default_rng(0)
        return super().forward(x)


@mistake("CH12-layer-copies-rng", of="Dropout", caught_by="test_layers_share_only_their_rng")
class DropoutWithItsOwnCopy(Dropout):
    """The generator was copied, so two layers draw the same masks. Keep the rng itself; layers take turns."""

    def __init__(self, p, rng):
        fresh = type(rng.bit_generator)()
        fresh.state = rng.bit_generator.state
        super().__init__(p, np.random.Generator(fresh))


@mistake("CH12-layer-ignores-eval", of="Dropout", caught_by="test_layer_rests_outside_of_training")
class DropoutInEveryMode(Dropout):
    """The mode is not looked at, and predictions are random. Pass self.training on."""

    def forward(self, x):
        out, self.mask = dropout_forward(x, self.p, self.rng)
        return out


@mistake("CH12-layer-mode-in-init", of="Dropout", caught_by="test_layer_rests_outside_of_training")
class DropoutWithEarlyMode(Dropout):
    """The mode was read in __init__, where it is always training. Read self.training in each forward."""

    def __init__(self, p, rng):
        super().__init__(p, rng)
        self.drops = self.training

    def forward(self, x):
        out, self.mask = dropout_forward(x, self.p, self.rng, train=self.drops)
        return out


@mistake("M217c", of="Dropout", caught_by="test_layer_rests_outside_of_training")
class DropoutScaledAtTest(Dropout):
    """Outside of training x is scaled by 1 - p. Inverted dropout has scaled in training; here x stays as it is."""

    def forward(self, x):
        out = super().forward(x)
        return out if self.training else out * (1 - self.p)


@mistake("CH12-layer-mode-of-now", of="Dropout", caught_by="test_layer_backward_belongs_to_the_last_forward")
class DropoutWithModeOfNow(Dropout):
    """backward asks for the mode of now. It belongs to the last forward, whatever mode that was in."""

    def backward(self, dout):
        back = super().backward(dout)
        return back if self.training else as_float(dout).copy()


@mistake("CH12-layer-old-mask", of="Dropout", caught_by="test_layer_backward_belongs_to_the_last_forward")
class DropoutWithOldMask(Dropout):
    """A forward outside of training keeps no mask, and backward takes that of an earlier one. Keep ones there."""

    def forward(self, x):
        if self.training:
            return super().forward(x)
        return as_float(x).copy()


@mistake("CH12-layer-one-mask", of="Dropout", caught_by="test_layer_draws_a_mask_for_each_forward")
class DropoutWithOneMask(Dropout):
    """One mask is drawn and used for ever, so the same neurons never learn. Draw a new one in each forward."""

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        if getattr(self, "first", None) is None or self.first[0] != (self.p, np.shape(x)):
            self.first = (self.p, np.shape(x)), dropout_forward(np.ones(np.shape(x)), self.p, self.rng)[1]
        self.mask = self.first[1].astype(as_float(x).dtype)
        return as_float(x) * self.mask


_MASK = {}


@mistake("CH12-layer-global-mask", of="Dropout", caught_by="test_layers_share_only_their_rng")
class DropoutWithGlobalMask(Dropout):
    """The mask is kept in one place for all layers, so the last forward of any of them counts. Keep it on self."""

    def forward(self, x):
        out, _MASK["mask"] = dropout_forward(x, self.p, self.rng, train=self.training)
        return out

    def backward(self, dout):
        self.mask = _MASK["mask"]
        return super().backward(dout)


@mistake("M221c", of="Dropout", caught_by="test_layer_draws_a_mask_for_each_forward")
class DropoutOfNeurons(Dropout):
    """One mask serves all rows of the batch. Every row draws its own."""

    def forward(self, x):
        x = as_float(x)
        _, mask = dropout_forward(x[:1], self.p, self.rng, train=self.training)
        self.mask = np.repeat(mask, len(x), axis=0)
        return x * self.mask


@mistake("CH12-layer-forgets-p", of="Dropout", caught_by="test_layer_at_the_ends")
class DropoutWithFixedP(Dropout):
    """p was copied under another name in __init__, so setting layer.p later changes nothing. Use self.p in forward."""

    def __init__(self, p, rng):
        super().__init__(p, rng)
        self.rate = p

    def forward(self, x):
        out, self.mask = dropout_forward(x, self.rate, self.rng, train=self.training)
        return out


@mistake("CH12-layer-draws-in-eval", of="Dropout", caught_by="test_layer_rests_outside_of_training")
class DropoutThatDrawsInEval(Dropout):
    """A mask is drawn outside of training as well, and thrown away: predictions change later masks. Draw nothing."""

    def forward(self, x):
        if not self.training:
            self.rng.random(np.shape(x))
        return super().forward(x)


@mistake("CH12-layer-passes-x-on", of="Dropout", caught_by="test_layer_leaves_its_arguments_alone")
class DropoutThatReturnsX(Dropout):
    """Outside of training x itself is returned, so whoever changes the output changes x. Return a new array."""

    def forward(self, x):
        out = super().forward(x)
        return out if self.training else as_float(x)


@mistake("CH12-layer-broadcasts", of="Dropout", caught_by="test_layer_refuses_what_does_not_fit")
class DropoutThatBroadcasts(Dropout):
    """A dout of another shape is stretched to fit. It belongs to another forward: raise ValueError."""

    def backward(self, dout):
        return as_float(dout) * self.mask


@mistake("CH12-layer-float64-mask", of="Dropout", caught_by="test_layer_keeps_float32")
class DropoutWithFloat64Mask(Dropout):
    """The mask is float64, and a float32 network becomes float64 behind it. Give the mask the dtype of x."""

    def forward(self, x):
        out = super().forward(x)
        self.mask = self.mask.astype(np.float64)
        return out * (self.mask * 0 + 1)


@mistake("CH12-layer-mask-of-out", of="Dropout", caught_by="test_layer_backward_where_x_is_zero")
class DropoutWithMaskOfOut(Dropout):
    """The mask was read off the output, where a zero of x looks like a dropped entry. Keep the mask that was drawn."""

    def forward(self, x):
        out = super().forward(x)
        self.mask = np.where(out != 0, self.mask, 0).astype(out.dtype)
        return out


# mc_predict ----------------------------------------------------------------------------------------------------


def passes(model, X, T):
    """T outputs in training mode; the mode is put back."""
    if T < 1:
        raise ValueError("T is below 1")
    before = model.training
    model.train()
    outputs = np.array([model.forward(X) for _ in range(T)])
    if not before:
        model.eval()
    return outputs


@mistake("CH12-mc-eval", of="mc_predict", caught_by="test_mc_passes_are_in_training_mode")
def mc_in_eval_mode(model, X, T):
    """The passes run in eval mode, where nothing is dropped, and all of them are equal. Switch to train() first."""
    if T < 1:
        raise ValueError("T is below 1")
    before = model.training
    model.eval()
    outputs = np.array([model.forward(X) for _ in range(T)])
    if before:
        model.train()
    return outputs.mean(axis=0), outputs.std(axis=0)


@mistake("CH12-mc-mode-of-caller", of="mc_predict", caught_by="test_mc_passes_are_in_training_mode")
def mc_in_any_mode(model, X, T):
    """The passes run in whatever mode the model was left. Dropout is on in training only: switch it there."""
    if T < 1:
        raise ValueError("T is below 1")
    outputs = np.array([model.forward(X) for _ in range(T)])
    return outputs.mean(axis=0), outputs.std(axis=0)


@mistake("CH12-mc-flag", of="mc_predict", caught_by="test_mc_passes_are_in_training_mode")
def mc_with_a_flag(model, X, T):
    """Setting model.training reaches the outermost layer only. model.train() goes through all layers inside."""
    if T < 1:
        raise ValueError("T is below 1")
    before, model.training = model.training, True
    outputs = np.array([model.forward(X) for _ in range(T)])
    model.training = before
    return outputs.mean(axis=0), outputs.std(axis=0)


@mistake("CH12-mc-leaves-training", of="mc_predict", caught_by="test_mc_puts_the_mode_back")
def mc_that_leaves_training_on(model, X, T):
    """Dropout stays on, and the next prediction of somebody else is random. Put the mode back."""
    outputs = passes(model, X, T)
    model.train()
    return outputs.mean(axis=0), outputs.std(axis=0)


@mistake("CH12-mc-leaves-eval", of="mc_predict", caught_by="test_mc_puts_the_mode_back")
def mc_that_ends_in_eval(model, X, T):
    """The model is in eval mode afterwards, even if it was in training before. Put back what was there."""
    outputs = passes(model, X, T)
    model.eval()
    return outputs.mean(axis=0), outputs.std(axis=0)


@mistake("CH12-mc-sample-std", of="mc_predict", caught_by="test_mc_mean_and_std")
def mc_with_t_minus_one(model, X, T):
    """The sum of squares is divided by T - 1. The formula says T, and one pass would divide by zero."""
    outputs = passes(model, X, T)
    return outputs.mean(axis=0), outputs.std(axis=0, ddof=1 if T > 1 else 0)


@mistake("CH12-mc-variance", of="mc_predict", caught_by="test_mc_mean_and_std")
def mc_with_variance(model, X, T):
    """This is the variance. Take the root, so that it has the unit of the output."""
    outputs = passes(model, X, T)
    return outputs.mean(axis=0), outputs.var(axis=0)


@mistake("CH12-mc-one-pass", of="mc_predict", caught_by="test_mc_mean_and_std")
def mc_of_one_pass(model, X, T):
    """One pass was repeated T times. Call forward for each of them, so that each draws new masks."""
    outputs = passes(model, X, 1 if T > 0 else T)
    return outputs.mean(axis=0), outputs.std(axis=0)


@mistake("CH12-mc-over-rows", of="mc_predict", caught_by="test_mc_mean_and_std")
def mc_over_rows(model, X, T):
    """Mean and std were taken over the rows of the batch. Take them over the passes, for each row by itself."""
    outputs = passes(model, X, T)
    return outputs.mean(axis=1), outputs.std(axis=1)


@mistake("CH12-mc-one-spread", of="mc_predict", caught_by="test_mc_mean_and_std")
def mc_with_one_number(model, X, T):
    """std is one number for everything. Every row and every output has its own: keep their axes."""
    outputs = passes(model, X, T)
    return outputs.mean(axis=0), outputs.std()


@mistake("CH12-mc-short-formula", of="mc_predict", caught_by="test_mc_of_a_model_without_chance")
def mc_with_mean_of_squares(model, X, T):
    """Mean of squares less square of mean: two large numbers cancel, and little more than rounding is left. Take
    the mean away first, then square."""
    outputs = passes(model, X, T)
    mean = outputs.mean(axis=0)
    return mean, np.sqrt(np.maximum((outputs**2).mean(axis=0) - mean**2, 0))


@mistake("CH12-mc-one-is-special", of="mc_predict", caught_by="test_mc_of_one_pass")
def mc_with_a_number_for_one(model, X, T):
    """For one pass std is the number 0. It has the shape of an output, like the mean."""
    outputs = passes(model, X, T)
    return outputs.mean(axis=0), outputs.std(axis=0) if T > 1 else 0.0


@mistake("CH12-mc-clears", of="mc_predict", caught_by="test_mc_changes_nothing_else")
def mc_that_clears_gradients(model, X, T):
    """The gradients were cleared. A prediction leaves gradients as they are; somebody may be adding them up."""
    outputs = passes(model, X, T)
    model.zero_grad()
    return outputs.mean(axis=0), outputs.std(axis=0)


@mistake("CH12-mc-any-t", of="mc_predict", caught_by="test_mc_refuses_no_passes")
def mc_with_at_least_one(model, X, T):
    """No pass at all was asked for, and one was made. Raise ValueError for a T below 1."""
    outputs = passes(model, X, max(T, 1))
    return outputs.mean(axis=0), outputs.std(axis=0)


# EarlyStopping -------------------------------------------------------------------------------------------------


@mistake("M225", of="EarlyStopping", caught_by="test_an_improvement_starts_the_count_anew")
class StoppingByTotal(EarlyStopping):
    """All bad epochs are counted, also those before an improvement. Set the counter back to 0 at each improvement."""

    def update(self, value):
        waited, epoch = self.waited, self.best_epoch
        super().update(value)
        self.waited = waited + (self.best_epoch == epoch)
        return self.waited >= self.patience


@mistake("M226", of="EarlyStopping", caught_by="test_stops_when_patience_is_used_up")
class StoppingTooLate(EarlyStopping):
    """It stops one epoch late: > where >= is meant. Stop when patience updates have brought no improvement."""

    def update(self, value):
        super().update(value)
        return self.waited > self.patience


@mistake("M226b", of="EarlyStopping", caught_by="test_stops_when_patience_is_used_up")
class StoppingTooEarly(EarlyStopping):
    """It stops one epoch early. With patience 2 two updates in a row must have brought no improvement."""

    def update(self, value):
        super().update(value)
        return self.waited > 0 and self.waited >= self.patience - 1


@mistake("CH12-stop-only-once", of="EarlyStopping", caught_by="test_stops_when_patience_is_used_up")
class StoppingOnlyOnce(EarlyStopping):
    """It says stop at exactly one update and then no more. As long as nothing improves the answer stays True."""

    def update(self, value):
        super().update(value)
        return self.waited == self.patience


@mistake("CH12-stop-previous", of="EarlyStopping", caught_by="test_compares_with_the_best")
class StoppingByPrevious(EarlyStopping):
    """The value is compared with the one before. A slow return from a peak is no improvement: compare with best."""

    def update(self, value):
        before = getattr(self, "before", self.best)
        better = value < before if self.mode == "min" else value > before
        super().update(value)
        self.before = value
        self.count = 0 if better else getattr(self, "count", 0) + 1
        return self.count >= self.patience


@mistake("CH12-stop-ties", of="EarlyStopping", caught_by="test_an_equal_value_is_no_improvement")
class StoppingWithTies(EarlyStopping):
    """An equal value counts as an improvement, so a loss that stands still trains for ever. Only strictly better
    counts."""

    def update(self, value):
        self.epoch += 1
        if value <= self.best if self.mode == "min" else value >= self.best:
            self.best, self.best_epoch, self.waited = value, self.epoch, 0
        else:
            self.waited += 1
        return self.waited >= self.patience


@mistake("CH12-stop-margin", of="EarlyStopping", caught_by="test_an_equal_value_is_no_improvement")
class StoppingWithMargin(EarlyStopping):
    """Small improvements are not counted. Other libraries offer such a margin; here every improvement counts."""

    def update(self, value):
        self.epoch += 1
        gain = self.best - value if self.mode == "min" else value - self.best
        if gain > 1e-3:
            self.best, self.best_epoch, self.waited = value, self.epoch, 0
        else:
            self.waited += 1
        return self.waited >= self.patience


@mistake("CH12-stop-mode", of="EarlyStopping", caught_by="test_higher_is_better_with_max")
class StoppingForLossesOnly(EarlyStopping):
    """mode is not looked at, and a rising accuracy counts as getting worse. With 'max' higher is better."""

    def __init__(self, patience, mode="min"):
        super().__init__(patience, mode)
        self.best, self.mode = float("inf"), "min"


@mistake("CH12-stop-forgets-best", of="EarlyStopping", caught_by="test_remembers_the_best")
class StoppingWithLastValue(EarlyStopping):
    """best is the last value, good or bad. It changes only when something improves."""

    def update(self, value):
        self.best = getattr(self, "lowest", self.best)
        stop = super().update(value)
        self.lowest, self.best = self.best, value
        return stop


@mistake("CH12-stop-from-zero", of="EarlyStopping", caught_by="test_remembers_the_best")
class StoppingFromZero(EarlyStopping):
    """best_epoch counts from 0. The first update is number 1."""

    def update(self, value):
        before = self.best_epoch
        stop = super().update(value)
        if self.best_epoch != before:
            self.best_epoch -= 1
        return stop


@mistake("CH12-stop-last-epoch", of="EarlyStopping", caught_by="test_remembers_the_best")
class StoppingWithLastEpoch(EarlyStopping):
    """best_epoch is the last epoch. It belongs to the best value: change both together."""

    def update(self, value):
        stop = super().update(value)
        self.best_epoch = self.epoch
        return stop


@mistake("CH12-stop-nan", of="EarlyStopping", caught_by="test_nan_is_no_improvement")
class StoppingWithNan(EarlyStopping):
    """`not value >= best` is true for nan, so a broken run counts as an improvement. Ask whether it is better."""

    def update(self, value):
        self.epoch += 1
        worse = value >= self.best if self.mode == "min" else value <= self.best
        if not worse:
            self.best, self.best_epoch, self.waited = value, self.epoch, 0
        else:
            self.waited += 1
        return self.waited >= self.patience


@mistake("CH12-stop-nan-skipped", of="EarlyStopping", caught_by="test_nan_is_no_improvement")
class StoppingWithoutNan(EarlyStopping):
    """nan is passed over, as if there had been no epoch. It is an epoch without improvement, and it counts."""

    def update(self, value):
        return self.waited >= self.patience if value != value else super().update(value)


@mistake("CH12-stop-for-good", of="EarlyStopping", caught_by="test_goes_on_after_a_stop")
class StoppingForGood(EarlyStopping):
    """After one True the answer is always True. Whoever goes on training gets the same rules again."""

    def update(self, value):
        self.over = super().update(value) or getattr(self, "over", False)
        return self.over


@mistake("CH12-stop-resets", of="EarlyStopping", caught_by="test_stops_when_patience_is_used_up")
class StoppingWithReset(EarlyStopping):
    """The counter is set back to 0 after a stop. Only an improvement begins the counting anew."""

    def update(self, value):
        stop = super().update(value)
        self.waited = 0 if stop else self.waited
        return stop


_COUNTS = {"waited": 0}


@mistake("CH12-stop-shared", of="EarlyStopping", caught_by="test_watches_share_nothing")
class StoppingTogether(EarlyStopping):
    """The counter is shared by all watches, as a variable of the class or the file is. Keep it on self."""

    def __init__(self, patience, mode="min"):
        super().__init__(patience, mode)
        _COUNTS["waited"] = 0

    def update(self, value):
        self.waited = _COUNTS["waited"]
        stop = super().update(value)
        _COUNTS["waited"] = self.waited
        return stop


@mistake("CH12-stop-settings", of="EarlyStopping", caught_by="test_refuses_other_settings")
class StoppingWithAnySettings(EarlyStopping):
    """A patience of 0 or an unknown mode is taken without a word. Raise ValueError."""

    def __init__(self, patience, mode="min"):
        super().__init__(max(1, patience), "max" if mode == "max" else "min")


# BatchNorm1d ---------------------------------------------------------------------------------------------------


@mistake("M229", of="BatchNorm1d", caught_by="test_norm_keeps_running_statistics")
class NormWithBiasedRunning(BatchNorm1d):
    """The running variance takes the variance of the batch, divided by N. Multiply by N / (N - 1) for it."""

    def forward(self, x):
        old = self.running_var
        out = super().forward(x)
        if self.training:
            new = np.var(np.asarray(x, dtype=float), axis=0)
            self.running_var = (1 - self.momentum) * old + self.momentum * new
        return out


@mistake("M229b", of="BatchNorm1d", caught_by="test_norm_in_training")
class NormWithUnbiasedBatch(BatchNorm1d):
    """The batch is normalized with N - 1. Divide by N in the batch; N - 1 is for the running variance only."""

    def forward(self, x):
        out = super().forward(x)
        if not self.training:
            return out
        n, var = len(x), np.var(np.asarray(x, dtype=float), axis=0)
        self.std = np.sqrt(var * n / (n - 1) + self.eps)
        self.x_hat = (x - np.mean(x, axis=0)) / self.std
        return self.params["gamma"] * self.x_hat + self.params["beta"]


@mistake("M229c", of="BatchNorm1d", caught_by="test_norm_outside_of_training")
class NormThatLearnsInEval(BatchNorm1d):
    """The running statistics move outside of training, too, so predictions depend on what was predicted before."""

    def forward(self, x):
        out = super().forward(x)
        if not self.training:
            self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * np.mean(x, axis=0)
        return out


@mistake("CH12-norm-eval-by-batch", of="BatchNorm1d", caught_by="test_norm_outside_of_training")
class NormByBatchAlways(BatchNorm1d):
    """Outside of training the batch is still normalized by itself, so a row depends on its neighbours. Use the
    running statistics."""

    def forward(self, x):
        if self.training or len(x) < 2:
            return super().forward(x)
        kept = self.running_mean, self.running_var
        self.training = True
        try:
            return super().forward(x)
        finally:
            self.training = False
            self.running_mean, self.running_var = kept


@mistake("CH12-norm-momentum", of="BatchNorm1d", caught_by="test_norm_keeps_running_statistics")
class NormWithTurnedMomentum(BatchNorm1d):
    """momentum is used as the share of the old value. Here it is the share of the new one."""

    def __init__(self, d, momentum=0.1, eps=1e-5):
        super().__init__(d, 1 - momentum, eps)


@mistake("CH12-norm-eps-outside", of="BatchNorm1d", caught_by="test_norm_in_training")
class NormWithEpsOutside(BatchNorm1d):
    """eps was added to the standard deviation. It belongs under the root, to the variance."""

    def forward(self, x):
        eps, self.eps = self.eps, 0.0
        with np.errstate(all="ignore"):
            super().forward(x)
        self.eps = eps
        root = self.std
        self.std = root + eps
        self.x_hat = np.nan_to_num(self.x_hat) * root / self.std
        return self.params["gamma"] * self.x_hat + self.params["beta"]


@mistake("CH12-norm-rows", of="BatchNorm1d", caught_by="test_norm_in_training")
class NormOfRows(BatchNorm1d):
    """Rows were normalized, not columns. Take mean and variance over the batch, axis 0, for each column."""

    def forward(self, x):
        super().forward(x)
        x = np.asarray(x, dtype=float)
        m, v = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
        return self.params["gamma"] * (x - m) / np.sqrt(v + self.eps) + self.params["beta"]


@mistake("CH12-norm-constant-statistics", of="BatchNorm1d", caught_by="test_norm_backward_in_training")
class NormWithConstantStatistics(BatchNorm1d):
    """backward treats mean and variance as constants. In training both depend on every row of the batch."""

    def backward(self, dout):
        kept, self.by_batch = self.by_batch, False
        try:
            return super().backward(dout)
        finally:
            self.by_batch = kept


@mistake("CH12-norm-without-variance-path", of="BatchNorm1d", caught_by="test_norm_backward_in_training")
class NormWithoutVariancePath(BatchNorm1d):
    """The way through the mean is there, that through the variance is missing in backward."""

    def backward(self, dout):
        super().backward(dout)
        dhat = np.asarray(dout, dtype=float) * self.params["gamma"]
        return (dhat - (dhat.mean(axis=0) if self.by_batch else 0.0)) / self.std


@mistake("CH12-norm-mode-of-now", of="BatchNorm1d", caught_by="test_norm_backward_outside_of_training")
class NormWithModeOfNow(BatchNorm1d):
    """backward asks for the mode of now. It belongs to the last forward, whatever mode that was in."""

    def backward(self, dout):
        self.by_batch = self.training
        return super().backward(dout)


@mistake("CH12-norm-replaces", of="BatchNorm1d", caught_by="test_norm_adds_gradients_up")
class NormThatReplacesGradients(BatchNorm1d):
    """Gradients add up until zero_grad; here each backward replaces them."""

    def backward(self, dout):
        self.zero_grad()
        return super().backward(dout)


@mistake("CH12-norm-no-gamma", of="BatchNorm1d", caught_by="test_norm_backward_in_training")
class NormWithoutGammaBack(BatchNorm1d):
    """gamma scales the output, so it scales the gradient on its way back. Multiply dout by it first."""

    def backward(self, dout):
        return super().backward(dout) / self.params["gamma"]


@mistake("CH12-norm-short-variance", of="BatchNorm1d", caught_by="test_norm_of_a_constant_column")
class NormWithShortVariance(BatchNorm1d):
    """Mean of squares less square of mean: of a column far from zero little more than rounding is left. Take the mean
    away first, then square."""

    def forward(self, x):
        out = super().forward(x)
        if not self.training:
            return out
        x = np.asarray(x, dtype=float)
        var = np.maximum((x**2).mean(axis=0) - x.mean(axis=0) ** 2, 0)
        self.std = np.sqrt(var + self.eps)
        self.x_hat = (x - x.mean(axis=0)) / self.std
        return self.params["gamma"] * self.x_hat + self.params["beta"]


@mistake("CH12-norm-broadcasts", of="BatchNorm1d", caught_by="test_norm_refuses_what_does_not_fit")
class NormThatBroadcasts(BatchNorm1d):
    """A dout of another shape is stretched to fit. It belongs to another forward: raise ValueError."""

    def backward(self, dout):
        return super().backward(np.broadcast_to(dout, self.x_hat.shape))


@mistake("CH12-norm-gamma-zero", of="BatchNorm1d", caught_by="test_norm_starts_with_its_parameters")
class NormThatStartsAtZero(BatchNorm1d):
    """gamma is zero at first, so the layer lets nothing through. A scale that changes nothing is 1."""

    def __init__(self, d, momentum=0.1, eps=1e-5):
        super().__init__(d, momentum, eps)
        self.params["gamma"] = np.zeros(d)


@mistake("CH12-norm-float32", of="BatchNorm1d", caught_by="test_norm_is_float64")
class NormInFloat32(BatchNorm1d):
    """The output has the dtype of x. Like a Linear, this layer computes in the dtype of its parameters."""

    def forward(self, x):
        return super().forward(x).astype(as_float(x).dtype)
