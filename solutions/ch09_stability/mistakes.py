"""Wrong programs that students write in chapter 09, and what to say to them."""

from itertools import pairwise

import numpy as np
from grader import mistake

from ch06_layers.layers import LeakyReLU, Linear, ReLU, Sequential
from ch09_stability.stability import ACTIVATION_LAYERS, as_float

# M165 (clipping after the step) and M166 (clipping the weights) are mistakes of a training loop; the handout tells
# them, no function of this chapter can make them.

# product_of_gaussians -----------------------------------------------------------------------------


@mistake("CH09-power-of-one", of="product_of_gaussians", caught_by="test_product_of_independent_matrices")
def product_of_one_matrix(k, d, sigma, rng):
    """One matrix is drawn and multiplied by itself; draw a new one for each factor."""
    return np.linalg.matrix_power(rng.normal(0.0, sigma, size=(d, d)), k)


@mistake("CH09-entry-by-entry", of="product_of_gaussians", caught_by="test_product_of_few_matrices")
def product_entry_by_entry(k, d, sigma, rng):
    """* multiplies entry by entry; a product of matrices is @."""
    P = np.eye(d) if k == 0 else np.ones((d, d))
    for _ in range(k):
        P = P * rng.normal(0.0, sigma, size=(d, d))
    return P


@mistake("CH09-variance", of="product_of_gaussians", caught_by="test_product_of_few_matrices")
def product_with_variance(k, d, sigma, rng):
    """sigma is the standard deviation already; do not take a root or a square of it."""
    P = np.eye(d)
    for _ in range(k):
        P = P @ rng.normal(0.0, np.sqrt(sigma), size=(d, d))
    return P


@mistake("CH09-sigma-ignored", of="product_of_gaussians", caught_by="test_product_of_few_matrices")
def product_of_standard_matrices(k, d, sigma, rng):
    """sigma is not used."""
    P = np.eye(d)
    for _ in range(k):
        P = P @ rng.normal(size=(d, d))
    return P


@mistake("CH09-one-too-many", of="product_of_gaussians", caught_by="test_product_of_few_matrices")
def product_of_one_more(k, d, sigma, rng):
    """The start is a random matrix and k more follow: start from the identity."""
    P = rng.normal(0.0, sigma, size=(d, d))
    for _ in range(k):
        P = P @ rng.normal(0.0, sigma, size=(d, d))
    return P


@mistake("CH09-scaled-once", of="product_of_gaussians", caught_by="test_product_of_few_matrices")
def product_scaled_once(k, d, sigma, rng):
    """sigma multiplies the whole product once; every matrix has it, so it counts k times."""
    P = np.eye(d)
    for _ in range(k):
        P = P @ rng.normal(size=(d, d))
    return sigma * P if k else P


@mistake("CH09-sum", of="product_of_gaussians", caught_by="test_product_of_few_matrices")
def sum_of_matrices(k, d, sigma, rng):
    """This adds the matrices up; the chain rule multiplies."""
    return np.eye(d) + sum(rng.normal(0.0, sigma, size=(d, d)) for _ in range(k))


@mistake("CH09-product-uniform", of="product_of_gaussians", caught_by="test_product_of_few_matrices")
def product_of_uniform_matrices(k, d, sigma, rng):
    """rng.random is uniform between 0 and 1, all positive; normal numbers are asked for."""
    P = np.eye(d)
    for _ in range(k):
        P = P @ (sigma * rng.random((d, d)))
    return P


@mistake("CH09-product-seeded", of="product_of_gaussians", caught_by="test_product_draws_only_from_its_rng")
def product_from_an_own_generator(k, d, sigma, rng):
    """A generator seeded inside gives the same product at every call. Use the rng you were given."""
    rng = np.random.default_rng(0)
    P = np.eye(d)
    for _ in range(k):
        P = P @ rng.normal(0.0, sigma, size=(d, d))
    return P


@mistake("CH09-empty-product", of="product_of_gaussians", caught_by="test_product_of_no_matrix")
def product_without_the_identity(k, d, sigma, rng):
    """The product of no matrix is the identity, the 1 of matrices: one on the diagonal, zero elsewhere."""
    P = rng.normal(0.0, sigma, size=(d, d)) if k else np.ones((d, d))
    for _ in range(k - 1):
        P = P @ rng.normal(0.0, sigma, size=(d, d))
    return P


# gradient_norms -----------------------------------------------------------------------------------


def norms_by(model, loss_fn, X, y, measure, keep=lambda layer, name: name == "W"):
    """measure(W, dW) of every parameter that is kept, otherwise as it should be."""
    model.zero_grad()
    _, dscores = loss_fn(model.forward(X), y)
    model.backward(dscores)
    found = [
        float(measure(layer.params[name], layer.grads[name]))
        for layer, name in model.parameters()
        if keep(layer, name)
    ]
    model.zero_grad()
    return found


@mistake("M167", of="gradient_norms", caught_by="test_norms_agree_with_finite_differences")
def norms_of_the_weights(model, loss_fn, X, y):
    """These are norms of W; measure its gradient, layer.grads['W']."""
    return norms_by(model, loss_fn, X, y, lambda W, dW: np.linalg.norm(W))


@mistake(
    "CH09-norms-of-biases-too", of="gradient_norms", caught_by="test_norms_agree_with_finite_differences"
)
def norms_with_biases(model, loss_fn, X, y):
    """There is a number for every bias too; only weights, parameters with the name 'W', are asked for."""
    return norms_by(model, loss_fn, X, y, lambda W, dW: np.linalg.norm(dW), lambda layer, name: True)


@mistake("CH09-norms-squared", of="gradient_norms", caught_by="test_norms_agree_with_finite_differences")
def norms_squared(model, loss_fn, X, y):
    """The square root is missing: this is the sum of the squares."""
    return norms_by(model, loss_fn, X, y, lambda W, dW: np.sum(dW**2))


@mistake("CH09-norms-mean", of="gradient_norms", caught_by="test_norms_agree_with_finite_differences")
def norms_averaged(model, loss_fn, X, y):
    """The norm is the root of the sum of the squares, not of their mean: layers of any size count in full."""
    return norms_by(model, loss_fn, X, y, lambda W, dW: np.sqrt(np.mean(dW**2)))


@mistake("CH09-norms-absolute", of="gradient_norms", caught_by="test_norms_agree_with_finite_differences")
def norms_of_absolute_values(model, loss_fn, X, y):
    """The sum of the absolute values is the 1-norm; here it is the 2-norm, with squares and a root."""
    return norms_by(model, loss_fn, X, y, lambda W, dW: np.abs(dW).sum())


@mistake("CH09-norms-spectral", of="gradient_norms", caught_by="test_norms_agree_with_finite_differences")
def norms_spectral(model, loss_fn, X, y):
    """np.linalg.norm(dW, 2) of a matrix is its largest singular value. Without the 2 it adds up all squares."""
    return norms_by(model, loss_fn, X, y, lambda W, dW: np.linalg.norm(dW, 2))


@mistake("CH09-norms-reversed", of="gradient_norms", caught_by="test_norms_agree_with_finite_differences")
def norms_from_the_output(model, loss_fn, X, y):
    """The list runs from the output to the input; it should begin at the input."""
    return norms_by(model, loss_fn, X, y, lambda W, dW: np.linalg.norm(dW))[::-1]


@mistake("CH09-norms-of-the-loss", of="gradient_norms", caught_by="test_norms_agree_with_finite_differences")
def norms_started_with_ones(model, loss_fn, X, y):
    """backward was started with ones; it starts with the gradient that loss_fn returns."""
    model.zero_grad()
    scores = model.forward(X)
    loss_fn(scores, y)
    model.backward(np.ones_like(scores))
    found = [float(np.linalg.norm(layer.grads[n])) for layer, n in model.parameters() if n == "W"]
    model.zero_grad()
    return found


@mistake("CH09-old-gradients", of="gradient_norms", caught_by="test_norms_do_not_count_old_gradients")
def norms_with_old_gradients(model, loss_fn, X, y):
    """Gradients add up, and what was there before was counted. Clear them first."""
    model.backward(loss_fn(model.forward(X), y)[1])
    found = [float(np.linalg.norm(layer.grads[n])) for layer, n in model.parameters() if n == "W"]
    model.zero_grad()
    return found


@mistake("CH09-gradients-left", of="gradient_norms", caught_by="test_norms_leave_the_network_clean")
def norms_that_leave_gradients(model, loss_fn, X, y):
    """The gradients stay in the network, and the next training step will add them. Clear them at the end."""
    model.zero_grad()
    model.backward(loss_fn(model.forward(X), y)[1])
    return [float(np.linalg.norm(layer.grads[n])) for layer, n in model.parameters() if n == "W"]


@mistake("CH09-biases-left", of="gradient_norms", caught_by="test_norms_leave_the_network_clean")
def norms_that_leave_biases(model, loss_fn, X, y):
    """The gradients of the biases were not cleared. zero_grad of the model clears all of them."""
    model.zero_grad()
    model.backward(loss_fn(model.forward(X), y)[1])
    found = []
    for layer, name in model.parameters():
        if name == "W":
            found.append(float(np.linalg.norm(layer.grads[name])))
            layer.grads[name][...] = 0.0
    return found


@mistake("CH09-step-taken", of="gradient_norms", caught_by="test_norms_leave_the_network_clean")
def norms_with_a_step(model, loss_fn, X, y):
    """The network was changed by a step of gradient descent; it was to be looked at only."""
    model.zero_grad()
    model.backward(loss_fn(model.forward(X), y)[1])
    found = []
    for layer, name in model.parameters():
        if name == "W":
            found.append(float(np.linalg.norm(layer.grads[name])))
        layer.params[name] -= 0.01 * layer.grads[name]
    model.zero_grad()
    return found


@mistake("CH09-eval-forgotten", of="gradient_norms", caught_by="test_norms_leave_the_network_clean")
def norms_that_switch_to_training(model, loss_fn, X, y):
    """The network is in training mode afterwards, though it was not before. Leave the flag alone."""
    model.train()
    return norms_by(model, loss_fn, X, y, lambda W, dW: np.linalg.norm(dW))


@mistake("CH09-top-level-only", of="gradient_norms", caught_by="test_norms_of_other_networks")
def norms_of_the_top_level(model, loss_fn, X, y):
    """Only the layers of the outermost list are looked at. model.parameters() reaches those inside as well."""
    top = model.sublayers() or [model]
    return norms_by(
        model, loss_fn, X, y, lambda W, dW: np.linalg.norm(dW), lambda layer, n: n == "W" and layer in top
    )


@mistake("CH09-layers-list", of="gradient_norms", caught_by="test_norms_of_other_networks")
def norms_of_sequential_only(model, loss_fn, X, y):
    """A single Linear has no list of layers, and a network within a network hides its own. model.parameters() works
    for every layer.
    """
    inner = model.layers
    return norms_by(
        model, loss_fn, X, y, lambda W, dW: np.linalg.norm(dW), lambda layer, n: n == "W" and layer in inner
    )


@mistake("CH09-loss-twice", of="gradient_norms", caught_by="test_norms_are_floats_of_one_pass")
def norms_with_a_second_loss(model, loss_fn, X, y):
    """loss_fn is called twice, once for the loss and once for the gradient: take both from one call."""
    loss_fn(model.forward(X), y)
    return norms_by(model, loss_fn, X, y, lambda W, dW: np.linalg.norm(dW))


# dead_units ---------------------------------------------------------------------------------------


@mistake("CH09-dead-any", of="dead_units", caught_by="test_dead_means_zero_for_all_rows")
def dead_somewhere(activations):
    """A unit that is silent for one example is not dead: it has to be zero for all of them."""
    return np.any(np.asarray(activations) == 0, axis=0)


@mistake("CH09-dead-rows", of="dead_units", caught_by="test_dead_means_zero_for_all_rows")
def dead_rows(activations):
    """This looks for examples that wake nobody; a unit is a column."""
    return np.all(np.asarray(activations) == 0, axis=1)


@mistake("CH09-dead-sum", of="dead_units", caught_by="test_dead_is_about_zero_not_about_sums")
def dead_by_sum(activations):
    """1 and -1 have the sum 0, and the unit is alive. Compare the entries with 0."""
    return np.asarray(activations).sum(axis=0) == 0


@mistake("CH09-dead-negative", of="dead_units", caught_by="test_dead_is_about_zero_not_about_sums")
def dead_if_not_positive(activations):
    """A negative output is an answer: a leaky unit on its left side is not dead."""
    return np.all(np.asarray(activations) <= 0, axis=0)


@mistake("CH09-dead-nearly", of="dead_units", caught_by="test_dead_means_zero_for_all_rows")
def dead_if_small(activations):
    """Small is not zero: a unit that answers 1e-300 still has a gradient."""
    return np.all(np.abs(activations) < 1e-8, axis=0)


@mistake("CH09-dead-inverted", of="dead_units", caught_by="test_dead_means_zero_for_all_rows")
def alive(activations):
    """True and False are exchanged: these are the living units."""
    return np.any(np.asarray(activations) != 0, axis=0)


@mistake("CH09-dead-numbers", of="dead_units", caught_by="test_dead_means_zero_for_all_rows")
def dead_numbers(activations):
    """These are the numbers of the dead units; a bool for every unit is asked for."""
    return np.flatnonzero(np.all(np.asarray(activations) == 0, axis=0))


@mistake("CH09-dead-max", of="dead_units", caught_by="test_dead_is_about_zero_not_about_sums")
def dead_by_maximum(activations):
    """The largest entry is 0 also for a unit that answers -2 and 0. Ask every entry."""
    return np.asarray(activations).max(axis=0) == 0


@mistake("CH09-dead-first-row", of="dead_units", caught_by="test_dead_means_zero_for_all_rows")
def dead_in_the_first_row(activations):
    """A unit that answers some row counts as dead. Look at all rows, and not at squares: that of a tiny number is 0."""
    return np.asarray(activations)[0] == 0


# clip_by_value ------------------------------------------------------------------------------------


@mistake("CH09-value-one-sided", of="clip_by_value", caught_by="test_value_cuts_every_entry")
def value_from_above(grads, limit):
    """Large negative entries are left: the range has a lower end too."""
    return [np.minimum(as_float(g), limit) for g in grads]


@mistake("CH09-value-from-zero", of="clip_by_value", caught_by="test_value_cuts_every_entry")
def value_from_zero(grads, limit):
    """Negative entries became 0: the lower end is -limit."""
    return [np.clip(as_float(g), 0.0, limit) for g in grads]


@mistake("CH09-value-dropped", of="clip_by_value", caught_by="test_value_cuts_every_entry")
def value_dropped(grads, limit):
    """Entries beyond the limit became 0; they become the limit."""
    return [np.where(np.abs(as_float(g)) > limit, 0.0, as_float(g)) for g in grads]


@mistake("CH09-value-rescaled", of="clip_by_value", caught_by="test_value_cuts_every_entry")
def value_rescaled(grads, limit):
    """The whole array is scaled by its largest entry; here each entry is cut for itself."""
    return [as_float(g) * min(1.0, limit / max(np.abs(g).max(), 1e-300)) for g in grads]


@mistake("CH09-value-in-place", of="clip_by_value", caught_by="test_value_behaves")
def value_in_place(grads, limit):
    """out=g writes into the caller's gradient. Return new arrays."""
    grads = [as_float(g) for g in grads]
    return [np.clip(g, -limit, limit, out=g if g.flags.writeable else None) for g in grads]


@mistake("CH09-value-no-copy", of="clip_by_value", caught_by="test_value_behaves")
def value_without_copy(grads, limit):
    """Where nothing is cut the caller's own array comes back; return a copy of it."""
    grads = [as_float(g) for g in grads]
    return [g if np.all(np.abs(g) <= limit) else np.clip(g, -limit, limit) for g in grads]


@mistake("CH09-value-nan", of="clip_by_value", caught_by="test_value_does_not_hide_nan")
def value_without_nan(grads, limit):
    """np.nan_to_num makes a broken gradient look sound; a nan must be seen."""
    return [np.clip(np.nan_to_num(as_float(g), posinf=limit, neginf=-limit), -limit, limit) for g in grads]


@mistake("CH09-value-fmin", of="clip_by_value", caught_by="test_value_does_not_hide_nan")
def value_by_fmin(grads, limit):
    """np.fmin and np.fmax skip nan: a broken gradient turns into the limit. np.clip keeps it."""
    return [np.fmax(np.fmin(as_float(g), limit), -limit) for g in grads]


@mistake("CH09-value-first", of="clip_by_value", caught_by="test_value_cuts_every_entry")
def value_of_the_first(grads, limit):
    """Only the first array was cut."""
    return [
        np.clip(as_float(g), -limit, limit) if k == 0 else as_float(g).copy() for k, g in enumerate(grads)
    ]


# clip_by_norm -------------------------------------------------------------------------------------


def total_of(grads):
    """The norm of all arrays together."""
    return float(np.sqrt(sum(np.sum(g**2) for g in grads)))


@mistake("M161", of="clip_by_norm", caught_by="test_norm_shortens_all_arrays_by_one_factor")
def norm_of_each_array(grads, max_norm):
    """Each array was shortened by its own norm, which turns the whole gradient into another direction. One norm for
    all arrays.
    """
    grads = [as_float(g) for g in grads]
    factors = [min(1.0, max_norm / max(total_of([g]), 1e-300)) for g in grads]
    return [g * f for g, f in zip(grads, factors, strict=True)], total_of(grads)


@mistake(
    "M162",
    of="clip_by_norm",
    caught_by=("test_norm_never_stretches",),
)
def norm_always_scaled(grads, max_norm):
    """Short gradients are blown up to max_norm. Only shrink, never stretch: min(1, max_norm / norm)."""
    grads = [as_float(g) for g in grads]
    total = total_of(grads)
    factor = max_norm / total if total and np.isfinite(max_norm) else 1.0
    return [g * factor for g in grads], total


@mistake("M164", of="clip_by_norm", caught_by="test_norm_of_nothing")
def norm_zero_by_zero(grads, max_norm):
    """For gradients of zeros this divides by 0. Ask first whether there is anything to shorten, or add a tiny number
    to the norm.
    """
    grads = [as_float(g) for g in grads]
    total = np.sqrt(sum(np.sum(g**2) for g in grads))
    factor = float(np.minimum(1.0, max_norm / np.float64(total)))
    return [g * factor for g in grads], float(total)


@mistake("CH09-norm-root-missing", of="clip_by_norm", caught_by="test_norm_shortens_all_arrays_by_one_factor")
def norm_without_root(grads, max_norm):
    """The square root is missing: the norm of (3, 4) is 5, not 25."""
    grads = [as_float(g) for g in grads]
    total = float(sum(np.sum(g**2) for g in grads))
    factor = max_norm / total if total > max_norm else 1.0
    return [g * factor for g in grads], total


@mistake("CH09-norm-sum-of-norms", of="clip_by_norm", caught_by="test_norm_shortens_all_arrays_by_one_factor")
def norm_as_sum_of_norms(grads, max_norm):
    """The norms of the arrays were added. Norms add up by their squares: sqrt(a^2 + b^2)."""
    grads = [as_float(g) for g in grads]
    total = float(sum(total_of([g]) for g in grads))
    factor = max_norm / total if total > max_norm else 1.0
    return [g * factor for g in grads], total


@mistake("CH09-norm-largest", of="clip_by_norm", caught_by="test_norm_shortens_all_arrays_by_one_factor")
def norm_of_the_largest(grads, max_norm):
    """The largest of the norms was taken; all entries of all arrays belong under one root."""
    grads = [as_float(g) for g in grads]
    total = max((total_of([g]) for g in grads), default=0.0)
    factor = max_norm / total if total > max_norm else 1.0
    return [g * factor for g in grads], total


@mistake("CH09-norm-after", of="clip_by_norm", caught_by="test_norm_shortens_all_arrays_by_one_factor")
def norm_after_clipping(grads, max_norm):
    """The norm that is returned is the one after clipping. Before clipping it says how large the gradient was."""
    grads = [as_float(g) for g in grads]
    total = total_of(grads)
    factor = max_norm / total if total > max_norm else 1.0
    return [g * factor for g in grads], min(total, max_norm)


@mistake("CH09-norm-by-value", of="clip_by_norm", caught_by="test_norm_shortens_all_arrays_by_one_factor")
def norm_by_value(grads, max_norm):
    """Every entry was cut for itself, which changes the direction; multiply all entries by one factor."""
    grads = [as_float(g) for g in grads]
    return [np.clip(g, -max_norm, max_norm) for g in grads], total_of(grads)


@mistake("CH09-norm-unit", of="clip_by_norm", caught_by="test_norm_shortens_all_arrays_by_one_factor")
def norm_to_one(grads, max_norm):
    """The result has the length 1, whatever max_norm is: the factor is max_norm / norm."""
    grads = [as_float(g) for g in grads]
    total = total_of(grads)
    return [g / total if total > max_norm else g.copy() for g in grads], total


@mistake("CH09-norm-in-place", of="clip_by_norm", caught_by="test_norm_behaves")
def norm_in_place(grads, max_norm):
    """The caller's arrays were changed (g *= factor). Return new ones."""
    arrays = [as_float(g) for g in grads]
    total = total_of(arrays)
    factor = max_norm / total if total > max_norm else 1.0
    out = []
    for g in arrays:
        if g.flags.writeable:
            g *= factor
        out.append(g * 1.0 if g.flags.writeable else g * factor)
    return out, total


@mistake("CH09-norm-no-copy", of="clip_by_norm", caught_by="test_norm_behaves")
def norm_without_copy(grads, max_norm):
    """Where nothing is clipped the caller's own arrays come back; return copies."""
    grads = [as_float(g) for g in grads]
    total = total_of(grads)
    if total <= max_norm:
        return grads, total
    return [g * (max_norm / total) for g in grads], total


@mistake("CH09-norm-float64", of="clip_by_norm", caught_by="test_norm_suits_any_array")
def norm_in_float64(grads, max_norm):
    """np.sqrt makes a NumPy float64, and float32 times that is float64. Make the factor a Python float."""
    grads = [as_float(g) for g in grads]
    total = np.sqrt(sum(np.sum(g.astype(np.float64) ** 2) for g in grads))
    factor = np.float64(max_norm / total if total > max_norm else 1.0)
    return [g * factor for g in grads], float(total)


@mistake("CH09-norm-hides-nan", of="clip_by_norm", caught_by="test_norm_does_not_hide_a_broken_gradient")
def norm_without_nan(grads, max_norm):
    """np.nan_to_num makes a broken gradient look sound. Let nan and inf be seen."""
    grads = [np.nan_to_num(as_float(g), nan=0.0, posinf=0.0, neginf=0.0) for g in grads]
    total = total_of(grads)
    factor = max_norm / total if total > max_norm else 1.0
    return [g * factor for g in grads], total


@mistake("CH09-norm-list-changed", of="clip_by_norm", caught_by="test_norm_behaves")
def norm_into_the_list(grads, max_norm):
    """The caller's list was filled with the new arrays. Make a list of your own."""
    total = total_of([as_float(g) for g in grads])
    factor = max_norm / total if total > max_norm else 1.0
    new = [as_float(g) * factor for g in grads]
    if isinstance(grads, list):
        grads[:] = new
    return new, total


@mistake("CH09-norm-any-array", of="clip_by_norm", caught_by="test_norm_never_stretches")
def norm_if_one_entry_is_large(grads, max_norm):
    """Whether to clip was decided by the largest entry; many small ones are long together. Compare the norm."""
    grads = [as_float(g) for g in grads]
    total = total_of(grads)
    large = any(np.abs(g).max(initial=0.0) > max_norm for g in grads) or not np.isfinite(total)
    return [g * (max_norm / total if large else 1.0) for g in grads], total


# deep_mlp -----------------------------------------------------------------------------------------


def stack(widths, act, init, rng, kinds=ACTIVATION_LAYERS, last=False):
    """Linear and activation in turn."""
    layers = []
    for shape in pairwise(widths):
        layers.append(Linear(*shape, rng, init=init))
        if act != "identity":
            layers.append(kinds[act]())
    return layers if last or act == "identity" else layers[:-1]


@mistake("CH09-activation-at-the-end", of="deep_mlp", caught_by="test_mlp_forward")
def mlp_with_activation_at_the_end(widths, act, init, rng):
    """There is an activation behind the last Linear. A network here ends in raw scores; the loss does the rest."""
    return Sequential(*stack(widths, act, init, rng, last=True))


@mistake("CH09-no-activation", of="deep_mlp", caught_by="test_mlp_forward")
def mlp_without_activation(widths, act, init, rng):
    """The activations are missing: without them all these layers are one linear layer."""
    return Sequential(*stack(widths, "identity", init, rng))


@mistake("CH09-one-activation-for-all", of="deep_mlp", caught_by="test_mlp_backward")
def mlp_with_one_activation_object(widths, act, init, rng):
    """One and the same activation object stands at all places, so it remembers only its last input, and the gradients
    are wrong though the scores are right. Make a new object for each place.
    """
    if act == "identity":
        return Sequential(*stack(widths, act, init, rng))
    one = ACTIVATION_LAYERS[act]()
    return Sequential(*stack(widths, act, init, rng, {act: lambda: one}))


@mistake("CH09-first-activation-only", of="deep_mlp", caught_by="test_mlp_forward")
def mlp_with_one_bend(widths, act, init, rng):
    """Only the first layer is followed by an activation; every hidden layer needs one."""
    layers = stack(widths, act, init, rng)
    return Sequential(*[lay for k, lay in enumerate(layers) if k == 1 or isinstance(lay, Linear)])


@mistake(
    "M170",
    of="deep_mlp",
    caught_by=("test_mlp_starts_at_the_right_scale", "test_mlp_hands_init_to_every_layer"),
)
def mlp_of_tiny_weights(widths, act, init, rng):
    """All weights have a standard deviation of 0.01 and init is ignored. relu does not cure that: tiny weights make
    tiny gradients too. Hand init to every Linear.
    """
    return Sequential(*stack(widths, act, 0.01, rng))


@mistake("CH09-init-forgotten", of="deep_mlp", caught_by="test_mlp_starts_at_the_right_scale")
def mlp_with_default_init(widths, act, init, rng):
    """init is not handed on, so every Linear takes its default, Xavier."""
    return Sequential(*stack(widths, act, "xavier", rng))


@mistake("CH09-init-first-only", of="deep_mlp", caught_by="test_mlp_hands_init_to_every_layer")
def mlp_with_init_for_the_first(widths, act, init, rng):
    """Only the first Linear is given init; the others take their default."""
    rest = {"n": 0}

    def once(shape, rng):
        rest["n"] += 1
        if rest["n"] > 1:
            return rng.normal(0.0, np.sqrt(2 / sum(shape)), size=shape)
        return Linear(*shape, rng, init=init).params["W"]

    return Sequential(*stack(widths, act, once, rng))


@mistake("M169", of="deep_mlp", caught_by="test_mlp_with_every_activation")
def mlp_with_the_leak_on_the_wrong_side(widths, act, init, rng):
    """The small slope is on the wrong side: it belongs to the negative inputs, so that a dead unit can come back."""
    kinds = dict(ACTIVATION_LAYERS, leaky_relu=WrongLeak)
    return Sequential(*stack(widths, act, init, rng, kinds))


class WrongLeak(ReLU):
    """0 on the left, a small slope on the right."""

    def forward(self, x):
        return 0.01 * super().forward(x)

    def backward(self, dout):
        return 0.01 * super().backward(dout)


@mistake("CH09-leaky-is-relu", of="deep_mlp", caught_by="test_mlp_with_every_activation")
def mlp_with_relu_for_leaky(widths, act, init, rng):
    """'leaky_relu' gives a plain ReLU here: nothing leaks."""
    return Sequential(*stack(widths, act, init, rng, dict(ACTIVATION_LAYERS, leaky_relu=ReLU)))


@mistake("CH09-other-slope", of="deep_mlp", caught_by="test_mlp_with_every_activation")
def mlp_with_another_slope(widths, act, init, rng):
    """The slope of 'leaky_relu' is 0.01, the default of the layer."""
    return Sequential(
        *stack(widths, act, init, rng, dict(ACTIVATION_LAYERS, leaky_relu=lambda: LeakyReLU(0.1)))
    )


@mistake("CH09-one-layer-less", of="deep_mlp", caught_by="test_mlp_forward")
def mlp_without_the_output_layer(widths, act, init, rng):
    """The output layer is missing: L + 1 widths make L Linear layers."""
    return Sequential(*stack(widths[:-1] if len(widths) > 2 else widths, act, init, rng))


@mistake("CH09-mlp-seeded", of="deep_mlp", caught_by="test_mlp_hands_init_to_every_layer")
def mlp_from_own_generators(widths, act, init, rng):
    """A generator seeded inside makes the same network every time. Hand on the rng that you were given."""
    return Sequential(*stack(widths, act, init, np.random.default_rng(0)))


@mistake("CH09-output-first", of="deep_mlp", caught_by="test_mlp_hands_init_to_every_layer")
def mlp_from_the_output(widths, act, init, rng):
    """The layers are made from the last to the first, so the last one draws first. Begin at the input."""
    linears = [Linear(*shape, rng, init=init) for shape in list(pairwise(widths))[::-1]][::-1]
    layers = [linears[0]]
    for linear in linears[1:]:
        layers += ([] if act == "identity" else [ACTIVATION_LAYERS[act]()]) + [linear]
    return Sequential(*layers)
