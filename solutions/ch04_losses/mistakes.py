"""Wrong programs that students write in chapter 04, each with the sentence of a TA."""

import math

import numpy as np

from ch04_losses.losses import (
    as_float,
    bce_from_probs,
    bce_with_logits,
    check_labels,
    cross_entropy,
    entropy,
    kl_divergence,
    log_softmax,
    logsumexp,
    mse_loss,
    mse_of_sigmoid_grad,
    sigmoid,
    softmax,
    softmax_cross_entropy,
    svm_loss,
)
from grader import mistake

LN_2, LN_10 = math.log(2), math.log(10)  # Python floats: a numpy scalar would turn float32 into float64

# softmax ---------------------------------------------------------------------------------------------------


@mistake("M060", of="softmax", caught_by=("test_softmax_ignores_a_constant", "test_softmax_never_overflows"))
def softmax_without_the_maximum(z):
    """exp(1000) is inf, and inf / inf is nan; subtract the maximum of each row before exp."""
    e = np.exp(as_float(z))
    return e / e.sum(axis=1, keepdims=True)


@mistake("M061", of="softmax", caught_by="test_softmax_ignores_a_constant")
def softmax_with_one_maximum_for_all(z):
    """Rows far below the maximum of the whole array underflow to 0 / 0; subtract from each row its own maximum."""
    z = as_float(z)
    e = np.exp(z - z.max())
    return e / e.sum(axis=1, keepdims=True)


@mistake("M062", of="softmax", caught_by="test_softmax_ignores_a_constant")
def softmax_with_a_maximum_of_at_least_zero(z):
    """The maximum of a row of negative scores is negative; do not replace it by 0, or the whole row underflows."""
    z = as_float(z)
    e = np.exp(z - np.maximum(z.max(axis=1, keepdims=True), 0))
    return e / e.sum(axis=1, keepdims=True)


@mistake("M064", of="softmax", caught_by="test_softmax_matches_the_formula")
def softmax_without_keepdims(z):
    """Without keepdims the sums lie along the columns: a shape error, or silently wrong when N equals C."""
    z = as_float(z)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1)


@mistake("M065", of="softmax", caught_by="test_softmax_leaves_its_scores_alone")
def softmax_in_place(z):
    """`z -= ...` shifts the caller's own scores; write the difference to a new array."""
    z = as_float(z)
    z -= z.max(axis=1, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)


@mistake("CH04-softmax-over-the-batch", of="softmax", caught_by="test_softmax_matches_the_formula")
def softmax_over_the_batch(z):
    """The examples compete with each other here; the classes of one row should: sum along axis 1."""
    z = as_float(z)
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


@mistake("CH04-softmax-of-everything", of="softmax", caught_by="test_softmax_matches_the_formula")
def softmax_of_everything(z):
    """The whole array sums to 1 here; each row should."""
    z = as_float(z)
    e = np.exp(z - z.max())
    return e / e.sum()


@mistake("CH04-softmax-epsilon", of="softmax", caught_by="test_softmax_is_a_distribution")
def softmax_with_an_epsilon(z):
    """The sum of a shifted row is at least 1, so nothing need be added to it; with it the rows do not sum to 1."""
    z = as_float(z)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / (e.sum(axis=1, keepdims=True) + 1e-8)


@mistake("CH04-softmax-no-exp", of="softmax", caught_by="test_softmax_matches_the_formula")
def softmax_without_exp(z):
    """Scores divided by their sum can be negative; the exponential comes first."""
    z = as_float(z)
    return z / z.sum(axis=1, keepdims=True)


@mistake("CH04-softmax-squeezed", of="softmax", caught_by="test_softmax_matches_the_formula")
def softmax_squeezed(z):
    """squeeze drops the batch axis of a single row; keep (1, C)."""
    return softmax(z).squeeze()


# logsumexp -------------------------------------------------------------------------------------------------


@mistake(
    "M060b",
    of="logsumexp",
    caught_by=("test_logsumexp_moves_with_a_constant", "test_logsumexp_never_overflows"),
)
def logsumexp_without_the_maximum(z):
    """exp(1000) is inf, and so is its logarithm; take the maximum of each row out first."""
    return np.log(np.exp(as_float(z)).sum(axis=1))


@mistake("M061b", of="logsumexp", caught_by="test_logsumexp_moves_with_a_constant")
def logsumexp_with_one_maximum_for_all(z):
    """Rows far below the maximum of the whole array end as log 0; use each row's own maximum."""
    z = as_float(z)
    return z.max() + np.log(np.exp(z - z.max()).sum(axis=1))


@mistake("M062b", of="logsumexp", caught_by="test_logsumexp_moves_with_a_constant")
def logsumexp_with_a_maximum_of_at_least_zero(z):
    """The maximum of a row of negative scores is negative; do not replace it by 0."""
    z = as_float(z)
    top = np.maximum(z.max(axis=1), 0)
    return top + np.log(np.exp(z - top[:, None]).sum(axis=1))


@mistake("CH04-maximum-not-added", of="logsumexp", caught_by="test_logsumexp_matches_the_formula")
def logsumexp_without_adding_the_maximum(z):
    """The maximum that was subtracted inside has to come back outside."""
    z = as_float(z)
    return np.log(np.exp(z - z.max(axis=1, keepdims=True)).sum(axis=1))


@mistake("CH04-maximum-only", of="logsumexp", caught_by="test_logsumexp_matches_the_formula")
def logsumexp_is_the_maximum(z):
    """logsumexp is near the maximum, but above it; the other classes count a little."""
    return as_float(z).max(axis=1)


@mistake("CH04-logsumexp-keepdims", of="logsumexp", caught_by="test_logsumexp_matches_the_formula")
def logsumexp_as_a_column(z):
    """The result is one number for each row, shape (N,), not a column (N, 1)."""
    return logsumexp(z)[:, None]


# log_softmax -----------------------------------------------------------------------------------------------


@mistake(
    "M066",
    of="log_softmax",
    caught_by=("test_log_softmax_reaches_far_down", "test_log_softmax_never_overflows"),
)
def log_of_softmax(z):
    """softmax rounds small probabilities to 0, and log 0 is -inf; subtract the logsumexp from the scores instead."""
    with np.errstate(divide="ignore"):
        return np.log(softmax(z))


@mistake("M067b", of="log_softmax", caught_by="test_log_softmax_reaches_far_down")
def log_of_softmax_with_an_epsilon(z):
    """The 1e-8 inside the logarithm stops every result at -18.4; subtract the logsumexp from the scores instead."""
    return np.log(softmax(z) + 1e-8)


@mistake("M065b", of="log_softmax", caught_by="test_log_softmax_leaves_its_scores_alone")
def log_softmax_in_place(z):
    """`z -= ...` changes the caller's own scores; write the difference to a new array."""
    z = as_float(z)
    z -= logsumexp(z)[:, None]
    return z


@mistake("M081b", of="log_softmax", caught_by="test_log_softmax_matches_the_formula")
def log_softmax_in_decimal(z):
    """These are logarithms to base 10; this kit uses natural logarithms, np.log."""
    return log_softmax(z) / LN_10


@mistake("CH04-sum-not-logged", of="log_softmax", caught_by="test_log_softmax_matches_the_formula")
def log_softmax_minus_the_sum(z):
    """The sum of exponentials is subtracted here; its logarithm should be."""
    z = as_float(z)
    return z - np.exp(z).sum(axis=1, keepdims=True)


@mistake("M064b", of="log_softmax", caught_by="test_log_softmax_matches_the_formula")
def log_softmax_without_a_column(z):
    """A (N,) array subtracts along the columns; make it a column (N, 1), one number for each row."""
    z = as_float(z)
    return z - logsumexp(z)


# cross_entropy ---------------------------------------------------------------------------------------------


@mistake("M082b", of="cross_entropy", caught_by="test_cross_entropy_skips_impossible_classes")
def cross_entropy_with_zero_times_log_zero(p, q):
    """0 * log 0 is nan for numpy; a class that p excludes has to add 0, whatever q says of it."""
    p, q = as_float(p), as_float(q)
    if p.shape != q.shape:
        raise ValueError("shapes differ")
    return -(p * np.log(q)).sum(axis=-1)


@mistake("M067c", of="cross_entropy", caught_by="test_cross_entropy_is_infinite_for_the_impossible")
def cross_entropy_with_an_epsilon(p, q):
    """The epsilon inside the logarithm caps the surprise at 27.6 nats; the impossible surprises without limit."""
    p, q = as_float(p), as_float(q)
    if p.shape != q.shape:
        raise ValueError("shapes differ")
    return -(p * np.log(q + 1e-12)).sum(axis=-1)


@mistake(
    "CH04-nan-to-zero", of="cross_entropy", caught_by="test_cross_entropy_is_infinite_for_the_impossible"
)
def cross_entropy_that_repairs_everything(p, q):
    """nan_to_num makes the nan of 0 * log 0 a 0, but it also makes the inf a large number; repair only p = 0."""
    p, q = as_float(p), as_float(q)
    if p.shape != q.shape:
        raise ValueError("shapes differ")
    return -np.nan_to_num(p * np.log(q)).sum(axis=-1)


@mistake(
    "CH04-skips-q-zero", of="cross_entropy", caught_by="test_cross_entropy_is_infinite_for_the_impossible"
)
def cross_entropy_that_skips_zeros_of_q(p, q):
    """Zeros of q are left out here; zeros of p should be. Where q is 0 and p is not, the result is inf."""
    p, q = as_float(p), as_float(q)
    if p.shape != q.shape:
        raise ValueError("shapes differ")
    return -(p * np.log(np.where(q > 0, q, 1))).sum(axis=-1)


@mistake("M085", of="cross_entropy", caught_by="test_cross_entropy_matches_the_formula")
def cross_entropy_as_a_mean(p, q):
    """This is the mean over the classes; an expectation is the sum, p already holds the weights."""
    return cross_entropy(p, q) / np.shape(p)[-1]


@mistake("M081c", of="cross_entropy", caught_by="test_cross_entropy_matches_the_formula")
def cross_entropy_in_bits(p, q):
    """log2 gives bits; this kit uses natural logarithms, np.log, and gets nats."""
    return cross_entropy(p, q) / LN_2


@mistake("CH04-roles-swapped", of="cross_entropy", caught_by="test_cross_entropy_matches_the_formula")
def cross_entropy_with_swapped_roles(p, q):
    """The weights are the truth p, the logarithm is of the belief q; here it is the other way round."""
    return cross_entropy(q, p)


@mistake("CH04-mean-over-rows", of="cross_entropy", caught_by="test_cross_entropy_matches_the_formula")
def cross_entropy_of_the_batch(p, q):
    """One value for each distribution is asked for; the mean over the rows belongs to the loss."""
    return np.mean(cross_entropy(p, q))


@mistake("CH04-first-axis", of="cross_entropy", caught_by="test_cross_entropy_matches_the_formula")
def cross_entropy_along_the_first_axis(p, q):
    """The classes are on the last axis, so that (C,) and (N, C) both work: axis=-1."""
    p, q = as_float(p), as_float(q)
    if p.shape != q.shape:
        raise ValueError("shapes differ")
    with np.errstate(divide="ignore"):
        return (p * -np.log(np.where(p > 0, q, 1))).sum(axis=0)


@mistake("CH04-second-axis", of="cross_entropy", caught_by="test_cross_entropy_matches_the_formula")
def cross_entropy_of_tables_only(p, q):
    """A single distribution (C,) has no axis 1; the classes are on the last axis, axis=-1."""
    p, q = as_float(p), as_float(q)
    if p.shape != q.shape:
        raise ValueError("shapes differ")
    with np.errstate(divide="ignore"):
        return (p * -np.log(np.where(p > 0, q, 1))).sum(axis=1)


@mistake("CH04-shapes-broadcast", of="cross_entropy", caught_by="test_cross_entropy_refuses_other_shapes")
def cross_entropy_that_broadcasts(p, q):
    """Two shapes that differ are broadcast without a word; compare them first and raise a ValueError."""
    p, q = as_float(p), as_float(q)
    with np.errstate(divide="ignore"):
        return (p * -np.log(np.where(p > 0, q, 1))).sum(axis=-1)


# entropy ---------------------------------------------------------------------------------------------------


@mistake("M082", of="entropy", caught_by="test_entropy_of_certainty_is_zero")
def entropy_with_zero_times_log_zero(p):
    """0 * log 0 is nan for numpy; here it counts as 0, an impossible class adds no uncertainty."""
    p = as_float(p)
    return -(p * np.log(p)).sum(axis=-1)


@mistake("M081d", of="entropy", caught_by="test_entropy_matches_the_formula")
def entropy_in_bits(p):
    """log2 gives bits, as Shannon did; this kit uses natural logarithms, np.log, and gets nats."""
    return entropy(p) / LN_2


@mistake("CH04-entropy-sign", of="entropy", caught_by="test_entropy_matches_the_formula")
def entropy_without_the_minus(p):
    """Logarithms of probabilities are negative; the minus in front makes the entropy at least 0."""
    return -entropy(p)


@mistake("CH04-entropy-without-weights", of="entropy", caught_by="test_entropy_matches_the_formula")
def entropy_without_weights(p):
    """Every class counts alike here; each surprise has to be weighted with its probability."""
    p = as_float(p)
    return -np.log(np.where(p > 0, p, 1)).sum(axis=-1)


@mistake("CH04-entropy-removes-zeros", of="entropy", caught_by="test_entropy_matches_the_formula")
def entropy_of_what_is_left(p):
    """p[p > 0] is one flat list, so all rows end up in one sum; keep the rows apart."""
    p = as_float(p)
    p = p[p > 0]
    return -(p * np.log(p)).sum(axis=-1)


# kl_divergence ---------------------------------------------------------------------------------------------


@mistake("M084", of="kl_divergence", caught_by="test_kl_divergence_is_zero_only_for_equals")
def kl_of_log_probabilities(p, q):
    """q is a probability here, not a log-probability; a check: KL(p, p) must be 0."""
    p, q = as_float(p), as_float(q)
    return -entropy(p) - (p * q).sum(axis=-1)


@mistake("M084b", of="kl_divergence", caught_by="test_kl_divergence_is_zero_only_for_equals")
def kl_without_the_entropy(p, q):
    """This is the cross-entropy; the entropy of p has to be taken off, so that KL(p, p) is 0."""
    return cross_entropy(p, q)


@mistake("M085b", of="kl_divergence", caught_by="test_kl_divergence_matches_the_formula")
def kl_as_a_mean(p, q):
    """This is the mean over the classes; sum over them, p already holds the weights."""
    return kl_divergence(p, q) / np.shape(p)[-1]


@mistake("CH04-kl-swapped", of="kl_divergence", caught_by="test_kl_divergence_matches_the_formula")
def kl_the_other_way(p, q):
    """KL has a direction: the truth p gives the weights, log(p / q) the extra surprise."""
    return kl_divergence(q, p)


@mistake("CH04-kl-symmetric", of="kl_divergence", caught_by="test_kl_divergence_matches_the_formula")
def kl_in_both_directions(p, q):
    """KL is not symmetric, and should not be made so; only the direction from p to q is asked for."""
    return (kl_divergence(p, q) + kl_divergence(q, p)) / 2


@mistake("M082c", of="kl_divergence", caught_by="test_kl_divergence_is_cross_entropy_for_a_certain_truth")
def kl_with_zero_times_log_zero(p, q):
    """For p = 0 numpy makes 0 * log 0 a nan; such a class has to add 0."""
    p, q = as_float(p), as_float(q)
    if p.shape != q.shape:
        raise ValueError("shapes differ")
    return (p * np.log(p / q)).sum(axis=-1)


@mistake("M067d", of="kl_divergence", caught_by="test_kl_divergence_is_infinite_for_the_impossible")
def kl_with_an_epsilon(p, q):
    """The epsilon inside the logarithm makes the impossible merely unlikely; q = 0 where p > 0 is inf."""
    p, q = as_float(p), as_float(q)
    if p.shape != q.shape:
        raise ValueError("shapes differ")
    return (p * np.log((p + 1e-12) / (q + 1e-12))).sum(axis=-1)


@mistake("CH04-kl-quotient", of="kl_divergence", caught_by="test_kl_divergence_of_a_tiny_belief")
def kl_of_the_quotient(p, q):
    """p / q overflows for a tiny q, although its logarithm is harmless; subtract two logarithms instead."""
    p, q = as_float(p), as_float(q)
    if p.shape != q.shape:
        raise ValueError("shapes differ")
    with np.errstate(all="ignore"):
        return np.where(p > 0, p * np.log(p / q), 0).sum(axis=-1)


# mse_loss --------------------------------------------------------------------------------------------------


@mistake(
    "CH04-mse-over-all",
    of="mse_loss",
    caught_by=("test_mse_loss_matches_the_formula", "test_mse_loss_gradient"),
)
def mse_over_all_entries(pred, target):
    """np.mean divides by N * D; here an example's loss is the sum over its outputs, and only N divides."""
    loss, dpred = mse_loss(pred, target)
    return loss / np.shape(pred)[1], dpred / np.shape(pred)[1]


@mistake(
    "CH04-mse-half", of="mse_loss", caught_by=("test_mse_loss_matches_the_formula", "test_mse_loss_gradient")
)
def mse_with_a_half(pred, target):
    """Many books write 1/2 in front so that the 2 cancels; this loss has no 1/2, and its gradient has the 2."""
    loss, dpred = mse_loss(pred, target)
    return loss / 2, dpred / 2


@mistake("M072b", of="mse_loss", caught_by="test_mse_loss_gradient")
def mse_gradient_of_the_sum(pred, target):
    """The loss is a mean over the batch, so its gradient has the same 1/N."""
    loss, dpred = mse_loss(pred, target)
    return loss, dpred * len(dpred)


@mistake("CH04-mse-sign", of="mse_loss", caught_by="test_mse_loss_gradient")
def mse_gradient_with_the_wrong_sign(pred, target):
    """The gradient points to where the loss grows: pred - target, not target - pred."""
    loss, dpred = mse_loss(pred, target)
    return loss, -dpred


@mistake("CH04-mse-broadcast", of="mse_loss", caught_by="test_mse_loss_refuses_other_shapes")
def mse_that_broadcasts(pred, target):
    """(N, 1) minus (N,) is an (N, N) table; compare the shapes first and raise a ValueError."""
    pred, target = as_float(pred), as_float(target)
    error = pred - target
    return float((error**2).sum() / len(pred)), 2 * error / len(pred)


# mse_of_sigmoid_grad ---------------------------------------------------------------------------------------


@mistake("M080", of="mse_of_sigmoid_grad", caught_by="test_mse_of_sigmoid_grad_is_the_gradient")
def mse_of_sigmoid_without_the_slope(z, y):
    """With the squared error the slope a * (1 - a) of the sigmoid stays; it cancels for cross-entropy only."""
    return mse_loss(sigmoid(as_float(z)), y)[1]


@mistake("M072c", of="mse_of_sigmoid_grad", caught_by="test_mse_of_sigmoid_grad_is_the_gradient")
def mse_of_sigmoid_of_the_sum(z, y):
    """The loss is a mean over the batch, so its gradient has the same 1/N."""
    return mse_of_sigmoid_grad(z, y) * len(z)


@mistake("CH04-half-cost", of="mse_of_sigmoid_grad", caught_by="test_mse_of_sigmoid_grad_is_the_gradient")
def mse_of_sigmoid_with_a_half(z, y):
    """This belongs to a cost with 1/2 in front; without it the gradient keeps its factor 2."""
    return mse_of_sigmoid_grad(z, y) / 2


@mistake("CH04-slope-at-z", of="mse_of_sigmoid_grad", caught_by="test_mse_of_sigmoid_grad_is_the_gradient")
def mse_of_sigmoid_with_the_slope_of_z(z, y):
    """a * (1 - a) holds for the output a = sigmoid(z); here z was put in its place."""
    z = as_float(z)
    y = np.asarray(y, dtype=z.dtype)
    if z.shape != y.shape:
        raise ValueError("shapes differ")
    return 2 * (sigmoid(z) - y) * z * (1 - z) / len(z)


@mistake(
    "CH04-sigmoid-broadcast",
    of="mse_of_sigmoid_grad",
    caught_by="test_mse_of_sigmoid_grad_refuses_other_shapes",
)
def mse_of_sigmoid_that_broadcasts(z, y):
    """(N, 1) minus (N,) is an (N, N) table; compare the shapes first and raise a ValueError."""
    a = sigmoid(as_float(z))
    return 2 * (a - as_float(y)) * a * (1 - a) / len(a)


# bce_from_probs --------------------------------------------------------------------------------------------


@mistake("M077", of="bce_from_probs", caught_by="test_bce_from_probs_survives_certainty")
def bce_without_clipping(p, y, eps=1e-12):
    """log 0 is -inf, and 0 * inf is nan; clip p to [eps, 1 - eps] before anything else."""
    p, y = as_float(p), as_float(y)
    if p.shape != y.shape:
        raise ValueError("shapes differ")
    loss = -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum() / len(p)
    return float(loss), (p - y) / (p * (1 - p)) / len(p)


@mistake("M067e", of="bce_from_probs", caught_by="test_bce_from_probs_clips_at_eps")
def bce_with_eps_inside_the_logarithm(p, y, eps=1e-12):
    """eps is added inside the logarithm here, which moves every value; clip p to [eps, 1 - eps] instead."""
    p, y = as_float(p), as_float(y)
    if p.shape != y.shape:
        raise ValueError("shapes differ")
    loss = -(y * np.log(p + eps) + (1 - y) * np.log(1 - p + eps)).sum() / len(p)
    return float(loss), ((1 - y) / (1 - p + eps) - y / (p + eps)) / len(p)


@mistake("CH04-clip-one-side", of="bce_from_probs", caught_by="test_bce_from_probs_survives_certainty")
def bce_clipped_below_only(p, y, eps=1e-12):
    """p = 1 breaks log(1 - p) as p = 0 breaks log(p); clip at both ends."""
    p, y = np.maximum(as_float(p), eps), as_float(y)
    if p.shape != y.shape:
        raise ValueError("shapes differ")
    loss = -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum() / len(p)
    return float(loss), (p - y) / (p * (1 - p)) / len(p)


@mistake("CH04-clip-stops-the-gradient", of="bce_from_probs", caught_by="test_bce_from_probs_clips_at_eps")
def bce_with_no_gradient_where_clipped(p, y, eps=1e-12):
    """Where p was clipped, this gradient is 0, so a sure and wrong answer is never corrected; keep the slope there."""
    loss, dp = bce_from_probs(p, y, eps)
    return loss, np.where((p < eps) | (p > 1 - eps), 0, dp)


@mistake("CH04-bce-half", of="bce_from_probs", caught_by="test_bce_from_probs_matches_the_formula")
def bce_of_ones_only(p, y, eps=1e-12):
    """Only the examples with y = 1 add to this loss; those with y = 0 need -log(1 - p)."""
    dp = bce_from_probs(p, y, eps)[1]
    y = as_float(y)
    return float(-(y * np.log(np.clip(p, eps, 1 - eps))).sum() / len(y)), dp


@mistake("M072d", of="bce_from_probs", caught_by="test_bce_from_probs_gradient")
def bce_gradient_of_the_sum(p, y, eps=1e-12):
    """The loss is a mean over the batch, so its gradient has the same 1/N."""
    loss, dp = bce_from_probs(p, y, eps)
    return loss, dp * len(dp)


@mistake("CH04-bce-gradient-of-logits", of="bce_from_probs", caught_by="test_bce_from_probs_gradient")
def bce_with_the_gradient_for_logits(p, y, eps=1e-12):
    """p - y is the gradient for the logit; for p itself it is divided by p * (1 - p)."""
    return bce_from_probs(p, y, eps)[0], (as_float(p) - as_float(y)) / len(p)


@mistake("CH04-bce-over-all", of="bce_from_probs", caught_by="test_bce_from_probs_matches_the_formula")
def bce_over_all_entries(p, y, eps=1e-12):
    """np.mean divides by N * K; here an example's loss is the sum over its outputs, and only N divides."""
    loss, dp = bce_from_probs(p, y, eps)
    return loss / np.shape(p)[1], dp / np.shape(p)[1]


@mistake("CH04-bce-broadcast", of="bce_from_probs", caught_by="test_bce_from_probs_refuses_other_shapes")
def bce_that_broadcasts(p, y, eps=1e-12):
    """(N, 1) with (N,) becomes an (N, N) table; compare the shapes first and raise a ValueError."""
    p, y = np.broadcast_arrays(as_float(p), as_float(y))
    return bce_from_probs(p, y, eps)


# bce_with_logits -------------------------------------------------------------------------------------------


@mistake("M077b", of="bce_with_logits", caught_by="test_bce_with_logits_is_exact_for_large_logits")
def bce_of_the_rounded_sigmoid(z, y):
    """sigmoid(40) is 1 to the last digit, and log(1 - 1) is -inf; simplify the logarithm of the sigmoid on paper first."""
    z, y = as_float(z), as_float(y)
    if z.shape != y.shape:
        raise ValueError("shapes differ")
    a = sigmoid(z)
    return float(-(y * np.log(a) + (1 - y) * np.log(1 - a)).sum() / len(z)), (a - y) / len(z)


@mistake("M067f", of="bce_with_logits", caught_by="test_bce_with_logits_is_exact_for_large_logits")
def bce_of_the_clipped_sigmoid(z, y):
    """Clipping caps the loss at 27.6 nats, however wrong the logit; with logits nothing need be clipped."""
    return bce_from_probs(sigmoid(as_float(z)), y)[0], bce_with_logits(z, y)[1]


@mistake("CH04-naive-softplus", of="bce_with_logits", caught_by="test_bce_with_logits_never_overflows")
def bce_with_log_of_one_plus_exp(z, y):
    """log(1 + exp(z)) - z * y is right on paper, but exp overflows from 710 on; exp(-|z|) never does."""
    dz = bce_with_logits(z, y)[1]
    z, y = as_float(z), as_float(y)
    return float((np.log(1 + np.exp(z)) - z * y).sum() / len(z)), dz


@mistake("CH04-naive-sigmoid", of="bce_with_logits", caught_by="test_bce_with_logits_never_overflows")
def bce_with_a_sigmoid_that_overflows(z, y):
    """exp(-z) overflows for z = -1000; the quotient is still 0, but with a warning. The given sigmoid has none."""
    loss, _ = bce_with_logits(z, y)
    z = as_float(z)
    return loss, (1 / (1 + np.exp(-z)) - np.asarray(y, dtype=z.dtype)) / len(z)


@mistake("M079", of="bce_with_logits", caught_by="test_bce_with_logits_gradient")
def bce_with_the_slope_once_more(z, y):
    """For sigmoid and cross-entropy the slope a * (1 - a) cancels; it was multiplied in once more."""
    loss, dz = bce_with_logits(z, y)
    a = sigmoid(as_float(z))
    return loss, dz * a * (1 - a)


@mistake("M072e", of="bce_with_logits", caught_by="test_bce_with_logits_gradient")
def bce_logits_gradient_of_the_sum(z, y):
    """The loss is a mean over the batch, so its gradient has the same 1/N."""
    loss, dz = bce_with_logits(z, y)
    return loss, dz * len(dz)


@mistake("CH04-logits-over-all", of="bce_with_logits", caught_by="test_bce_with_logits_matches_the_formula")
def bce_logits_over_all_entries(z, y):
    """np.mean divides by N * K; here an example's loss is the sum over its outputs, and only N divides."""
    loss, dz = bce_with_logits(z, y)
    return loss / np.shape(z)[1], dz / np.shape(z)[1]


@mistake("CH04-sign-of-z", of="bce_with_logits", caught_by="test_bce_with_logits_matches_the_formula")
def bce_with_exp_of_z_not_abs(z, y):
    """Subtracting z * y belongs to a positive logit for class 1; here a positive logit speaks for class 0."""
    return bce_with_logits(-as_float(z), y)


@mistake("CH04-hard-labels", of="bce_with_logits", caught_by="test_bce_with_logits_matches_the_formula")
def bce_that_rounds_its_targets(z, y):
    """Targets between 0 and 1 are allowed and count in proportion; comparing them with 0.5 loses that."""
    return bce_with_logits(z, (np.asarray(y) > 0.5).astype(float))


@mistake("CH04-logits-broadcast", of="bce_with_logits", caught_by="test_bce_with_logits_refuses_other_shapes")
def bce_logits_that_broadcast(z, y):
    """(N, 1) with (N,) becomes an (N, N) table; compare the shapes first and raise a ValueError."""
    z, y = np.broadcast_arrays(as_float(z), as_float(y))
    return bce_with_logits(z, y)


# softmax_cross_entropy -------------------------------------------------------------------------------------


@mistake(
    "M066b", of="softmax_cross_entropy", caught_by="test_softmax_cross_entropy_is_exact_for_large_scores"
)
def cross_entropy_by_log_of_softmax(z, y):
    """softmax rounds the probability to 0, and -log 0 is inf; take the log-probability from log_softmax."""
    check_labels(as_float(z), y)
    with np.errstate(divide="ignore"):
        loss = -np.log(softmax(z)[np.arange(len(z)), y]).mean()
    return float(loss), softmax_cross_entropy(z, y)[1]


@mistake("M067", of="softmax_cross_entropy", caught_by="test_softmax_cross_entropy_is_exact_for_large_scores")
def cross_entropy_capped_by_an_epsilon(z, y):
    """The 1e-8 inside the logarithm caps the loss at 18.4 nats; take the log-probability from log_softmax."""
    check_labels(as_float(z), y)
    return float(-np.log(softmax(z)[np.arange(len(z)), y] + 1e-8).mean()), softmax_cross_entropy(z, y)[1]


@mistake(
    "M067g", of="softmax_cross_entropy", caught_by="test_softmax_cross_entropy_is_exact_for_large_scores"
)
def cross_entropy_of_clipped_probabilities(z, y):
    """Clipping the probability at 1e-12 caps the loss at 27.6 nats; take the log-probability from log_softmax."""
    check_labels(as_float(z), y)
    p = np.clip(softmax(z)[np.arange(len(z)), y], 1e-12, 1)
    return float(-np.log(p).mean()), softmax_cross_entropy(z, y)[1]


@mistake("M069", of="softmax_cross_entropy", caught_by="test_softmax_cross_entropy_gradient")
def cross_entropy_gradient_without_the_truth(z, y):
    """This gradient is the softmax alone; subtract 1 at the true class, so that each row sums to 0."""
    return softmax_cross_entropy(z, y)[0], softmax(z) / len(z)


@mistake("M070", of="softmax_cross_entropy", caught_by="test_softmax_cross_entropy_gradient")
def cross_entropy_gradient_by_rows(z, y):
    """p[y] picks whole rows, those with the numbers in y; the pairs (n, y[n]) are needed."""
    loss, _ = softmax_cross_entropy(z, y)
    dz = softmax(z)
    dz[y] -= 1
    return loss, dz / len(dz)


@mistake("M071", of="softmax_cross_entropy", caught_by="test_softmax_cross_entropy_gradient")
def cross_entropy_gradient_by_columns(z, y):
    """p[:, y] picks these columns in every row; the pairs (n, y[n]) are needed."""
    loss, _ = softmax_cross_entropy(z, y)
    dz = softmax(z)
    dz[:, y] -= 1
    return loss, dz / len(dz)


@mistake("M072", of="softmax_cross_entropy", caught_by="test_softmax_cross_entropy_gradient")
def cross_entropy_gradient_of_the_sum(z, y):
    """The loss is a mean over the batch, so its gradient has the same 1/N."""
    loss, dz = softmax_cross_entropy(z, y)
    return loss, dz * len(dz)


@mistake(
    "CH04-sum-over-the-batch",
    of="softmax_cross_entropy",
    caught_by="test_softmax_cross_entropy_matches_the_formula",
)
def cross_entropy_summed(z, y):
    """This is the sum over the batch; the loss is the mean, so that it does not depend on the batch size."""
    loss, dz = softmax_cross_entropy(z, y)
    return loss * len(dz), dz


@mistake(
    "CH04-mean-over-classes",
    of="softmax_cross_entropy",
    caught_by="test_softmax_cross_entropy_matches_the_formula",
)
def cross_entropy_mean_over_classes(z, y):
    """Divided by N * C here; the sum over the classes has only one term, and only N divides."""
    loss, dz = softmax_cross_entropy(z, y)
    return loss / dz.shape[1], dz / dz.shape[1]


_buffers = {}


@mistake(
    "M074", of="softmax_cross_entropy", caught_by="test_softmax_cross_entropy_leaves_its_arguments_alone"
)
def cross_entropy_in_a_shared_buffer(z, y):
    """Every call writes its gradient into one and the same array, so an earlier result changes; return a new array."""
    loss, dz = softmax_cross_entropy(z, y)
    kept = _buffers.setdefault((dz.shape, dz.dtype), np.empty_like(dz))
    kept[...] = dz
    return loss, kept


@mistake(
    "M065c", of="softmax_cross_entropy", caught_by="test_softmax_cross_entropy_leaves_its_arguments_alone"
)
def cross_entropy_that_shifts_its_scores(z, y):
    """`z -= ...` shifts the caller's own scores; write the difference to a new array."""
    z = as_float(z)
    result = softmax_cross_entropy(z, y)
    z -= z.max(axis=1, keepdims=True)
    return result


@mistake("M075", of="softmax_cross_entropy", caught_by="test_softmax_cross_entropy_gradient")
def cross_entropy_gradient_without_the_row_sum(z, y):
    """The sum of the row was used by all its classes, so the gradient through it reaches all of them, not the true one only."""
    loss, _ = softmax_cross_entropy(z, y)
    p = softmax(z)
    truth = np.zeros_like(p)
    truth[np.arange(len(p)), y] = 1
    return loss, (p * truth - truth) / len(p)


@mistake("M076", of="softmax_cross_entropy", caught_by="test_softmax_cross_entropy_matches_the_formula")
def cross_entropy_of_every_class(z, y):
    """That is the binary formula for each class; with softmax only the true class counts."""
    check_labels(as_float(z), y)
    p = softmax(z)
    truth = np.zeros_like(p)
    truth[np.arange(len(p)), y] = 1
    with np.errstate(all="ignore"):
        return float(-(truth * np.log(p) + (1 - truth) * np.log(1 - p)).sum() / len(p)), (p - truth) / len(p)


@mistake("M081", of="softmax_cross_entropy", caught_by="test_softmax_cross_entropy_matches_the_formula")
def cross_entropy_in_decimal(z, y):
    """This is log10, as on the slide with 0.89; this kit uses natural logarithms, np.log, and gets 2.04."""
    loss, dz = softmax_cross_entropy(z, y)
    return loss / LN_10, dz


@mistake("M068", of="softmax_cross_entropy", caught_by="test_softmax_cross_entropy_matches_the_formula")
def cross_entropy_of_softmax_of_softmax(z, y):
    """softmax was applied twice: this loss takes the raw scores and holds the softmax itself."""
    return softmax_cross_entropy(softmax(z), y)


@mistake("M091", of="softmax_cross_entropy", caught_by="test_softmax_cross_entropy_refuses_other_labels")
def cross_entropy_without_looking_at_the_labels(z, y):
    """Labels are class numbers of shape (N,); a column, one-hot rows or -1 are used here as they are. Check them first."""
    z = as_float(z)
    rows = np.arange(len(z))
    log_p = log_softmax(z)
    dz = np.exp(log_p)
    dz[rows, y] -= 1
    return float(-log_p[rows, y].mean()), dz / len(z)


@mistake(
    "CH04-forgives-labels",
    of="softmax_cross_entropy",
    caught_by="test_softmax_cross_entropy_refuses_other_labels",
)
def cross_entropy_that_repairs_labels(z, y):
    """One-hot rows, columns and decimals are silently turned into labels; a mix-up should be told, not guessed away."""
    z, y = as_float(z), np.asarray(y)
    if y.ndim == 2 and y.shape == z.shape:
        y = y.argmax(axis=1)
    return softmax_cross_entropy(z, y.astype(int).reshape(-1))


@mistake("M092", of="softmax_cross_entropy", caught_by="test_softmax_cross_entropy_never_is_content")
def cross_entropy_of_errors_only(z, y):
    """Rows that are classified rightly still have a loss; cross-entropy asks for more, only the SVM is content."""
    check_labels(as_float(z), y)
    wrong = softmax(z).argmax(axis=1) != y
    losses = -log_softmax(z)[np.arange(len(wrong)), y]
    return float((losses * wrong).sum() / len(wrong)), softmax_cross_entropy(z, y)[1] * wrong[:, None]


@mistake("CH04-gradient-sign", of="softmax_cross_entropy", caught_by="test_softmax_cross_entropy_gradient")
def cross_entropy_gradient_with_the_wrong_sign(z, y):
    """The gradient points to where the loss grows: softmax minus truth, not truth minus softmax."""
    loss, dz = softmax_cross_entropy(z, y)
    return loss, -dz


# svm_loss --------------------------------------------------------------------------------------------------


@mistake("M086", of="svm_loss", caught_by="test_svm_loss_matches_the_formula")
def svm_with_the_true_class(s, y, delta=1.0):
    """The true class is compared with itself here, which adds delta to every example; leave it out."""
    loss, ds = svm_loss(s, y, delta)
    return loss + delta, ds


@mistake("M087", of="svm_loss", caught_by="test_svm_loss_matches_the_formula")
def svm_with_swapped_scores(s, y, delta=1.0):
    """Right answers are punished here; wrong scores should be that come near the true one: s[j] - s[y] + delta."""
    loss, ds = svm_loss(-as_float(s), y, delta)
    return loss, -ds


@mistake("M089", of="svm_loss", caught_by="test_svm_loss_matches_the_formula")
def svm_divided_by_the_classes(s, y, delta=1.0):
    """Divided by C as well, as torch does; here the classes are summed and only N divides."""
    loss, ds = svm_loss(s, y, delta)
    return loss / ds.shape[1], ds / ds.shape[1]


@mistake("M090", of="svm_loss", caught_by="test_svm_loss_at_the_margin")
def svm_with_a_gradient_at_the_margin(s, y, delta=1.0):
    """At exactly the margin there is no loss and no gradient: compare with > 0, not >= 0."""
    loss, _ = svm_loss(s, y, delta)
    s, rows = as_float(s), np.arange(len(s))
    ds = (s - s[rows, y][:, None] + delta >= 0).astype(s.dtype)
    ds[rows, y] = 0
    ds[rows, y] = -ds.sum(axis=1)
    return loss, ds / len(s)


@mistake("M091b", of="svm_loss", caught_by="test_svm_loss_refuses_other_labels")
def svm_without_looking_at_the_labels(s, y, delta=1.0):
    """Labels are class numbers of shape (N,); a column, one-hot rows or -1 are used here as they are. Check them first."""
    s = as_float(s)
    rows = np.arange(len(s))
    margins = s - s[rows, y][:, None] + delta
    margins[rows, y] = 0
    ds = (margins > 0).astype(s.dtype)
    ds[rows, y] -= ds.sum(axis=1)
    return float(np.maximum(margins, 0).sum() / len(s)), ds / len(s)


@mistake("M072f", of="svm_loss", caught_by="test_svm_loss_gradient")
def svm_gradient_of_the_sum(s, y, delta=1.0):
    """The loss is a mean over the batch, so its gradient has the same 1/N."""
    loss, ds = svm_loss(s, y, delta)
    return loss, ds * len(ds)


@mistake("CH04-svm-minus-one", of="svm_loss", caught_by="test_svm_loss_gradient")
def svm_gradient_of_one_violation(s, y, delta=1.0):
    """The true class meets every class that violates the margin, so its gradient is minus their number, not -1."""
    loss, ds = svm_loss(s, y, delta)
    rows = np.arange(len(ds))
    ds[rows, y] = np.where(ds[rows, y] < 0, -1 / len(ds), 0)
    return loss, ds


@mistake("CH04-svm-true-class-forgotten", of="svm_loss", caught_by="test_svm_loss_gradient")
def svm_gradient_without_the_true_class(s, y, delta=1.0):
    """A higher true score lowers the loss; its gradient, minus the number of violations, is missing."""
    loss, ds = svm_loss(s, y, delta)
    ds[np.arange(len(ds)), y] = 0
    return loss, ds


@mistake("CH04-svm-fixed-margin", of="svm_loss", caught_by="test_svm_loss_uses_its_delta")
def svm_with_margin_one(s, y, delta=1.0):
    """The margin is the argument delta; 1 is only its default."""
    return svm_loss(s, y, 1.0)


@mistake("CH04-svm-squared", of="svm_loss", caught_by="test_svm_loss_matches_the_formula")
def svm_with_squares(s, y, delta=1.0):
    """This is the squared hinge loss; here each violation counts as it is."""
    check_labels(as_float(s), y)
    s, rows = as_float(s), np.arange(len(s))
    margins = np.maximum(s - s[rows, y][:, None] + delta, 0)
    margins[rows, y] = 0
    ds = 2 * margins
    ds[rows, y] = -ds.sum(axis=1)
    return float((margins**2).sum() / len(s)), ds / len(s)


@mistake("CH04-svm-worst-only", of="svm_loss", caught_by="test_svm_loss_matches_the_formula")
def svm_of_the_worst_class(s, y, delta=1.0):
    """Only the strongest rival counts here; every class that violates the margin should."""
    check_labels(as_float(s), y)
    s, rows = as_float(s), np.arange(len(s))
    margins = s - s[rows, y][:, None] + delta
    margins[rows, y] = 0
    worst = margins.argmax(axis=1)
    ds = np.zeros_like(s)
    ds[rows, worst] = margins[rows, worst] > 0
    ds[rows, y] -= ds.sum(axis=1)
    return float(np.maximum(margins[rows, worst], 0).mean()), ds / len(s)
