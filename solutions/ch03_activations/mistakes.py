"""Wrong programs for chapter 03, each with the sentence of a good TA and the tests that catch it."""

import numpy as np
from grader import mistake

from ch03_activations.activations import as_float, float_pair, hard_sigmoid, sigmoid, softplus

# "Zeros of the right form" of a text is the text itself, so that program knows the answer.
# sigmoid ------------------------------------------------------------------------------------------


@mistake("M040", of="sigmoid", caught_by="test_sigmoid_survives_huge_inputs")
def sigmoid_straight_from_the_formula(z):
    """exp(-z) overflows from z = -710 (float32: -89). Treat the two signs apart so that exp sees no
    positive number.
    """
    return 1.0 / (1.0 + np.exp(-as_float(z)))


@mistake("M041", of="sigmoid", caught_by="test_sigmoid_survives_huge_inputs")
def sigmoid_with_clipped_input(z):
    """Clipping z to [-500, 500] makes another function, and float32 overflows at 89 all the same."""
    return 1.0 / (1.0 + np.exp(-np.clip(as_float(z), -500, 500)))


@mistake(
    "M041b",
    of="sigmoid",
    caught_by=("test_sigmoid_survives_huge_inputs", "test_sigmoid_keeps_the_digits_of_small_values"),
)
def sigmoid_with_clipped_output(z):
    """Clipping the result away from 0 and 1 hides how sure the network is. The loss of chapter 04 has a
    better way.
    """
    e = np.exp(-np.abs(as_float(z)))
    return np.clip(np.where(z >= 0, 1.0, e) / (1.0 + e), 1e-15, 1.0 - 1e-15)


@mistake("M042", of="sigmoid", caught_by="test_sigmoid_suits_any_array")
def sigmoid_into_an_integer_array(z):
    """np.empty_like of an integer array is an integer array: every result is cut to 0 or 1. Convert z
    first.
    """
    z = np.asarray(z)
    out = np.empty_like(z)
    e = np.exp(-np.abs(z))
    out[...] = np.where(z >= 0, 1.0, e) / (1.0 + e)
    return out


@mistake("CH03-both-branches", of="sigmoid", caught_by="test_sigmoid_survives_huge_inputs")
def sigmoid_with_where_after_the_overflow(z):
    """np.where picks afterwards: both branches are computed for every entry, the overflowing one included."""
    z = as_float(z)
    return np.where(z >= 0, 1.0 / (1.0 + np.exp(-z)), np.exp(z) / (1.0 + np.exp(z)))


@mistake("CH03-one-branch-for-all", of="sigmoid", caught_by="test_sigmoid_survives_huge_inputs")
def sigmoid_that_looks_at_the_whole_array(z):
    """One `if` decides for the whole array; with both signs in it, one side overflows. Decide entry by
    entry.
    """
    z = as_float(z)
    if np.mean(z) >= 0:
        return 1.0 / (1.0 + np.exp(-z))
    return np.exp(z) / (1.0 + np.exp(z))


@mistake("CH03-half-tanh", of="sigmoid", caught_by="test_sigmoid_keeps_the_digits_of_small_values")
def sigmoid_by_tanh(z):
    """(1 + tanh(z/2)) / 2 never overflows, but below z = -38 it is 0: 1 + tanh is a difference of nearly
    equal numbers.
    """
    return 0.5 * (1.0 + np.tanh(0.5 * as_float(z)))


@mistake("CH03-sigmoid-mirrored", of="sigmoid", caught_by="test_sigmoid_matches_the_formula")
def sigmoid_mirrored(z):
    """The sign in the exponent is lost: this falls where it should rise."""
    return sigmoid(-as_float(z))


@mistake("CH03-float64-always", of="sigmoid", caught_by="test_sigmoid_suits_any_array")
def sigmoid_in_float64(z):
    """float32 came in, float64 goes out: the second conversion undoes what as_float did."""
    return sigmoid(np.asarray(z, dtype=np.float64))


# sigmoid_backward ---------------------------------------------------------------------------------


@mistake("M044", of="sigmoid_backward", caught_by="test_sigmoid_backward_agrees_with_finite_differences")
def sigmoid_backward_of_the_input(dout, a):
    """a is already sigmoid(z). Here sigmoid is taken a second time."""
    dout, a = float_pair(dout, a)
    s = sigmoid(a)
    return dout * s * (1.0 - s)


@mistake("M045", of="sigmoid_backward", caught_by="test_sigmoid_backward_by_hand")
def sigmoid_backward_without_dout(dout, a):
    """This is the local derivative only. The chain rule multiplies it by the gradient from above."""
    dout, a = float_pair(dout, a)
    return a * (1.0 - a)


@mistake("CH03-half-the-product", of="sigmoid_backward", caught_by="test_sigmoid_backward_by_hand")
def sigmoid_backward_with_one_factor(dout, a):
    """The derivative has two factors, the output and what is missing to 1."""
    dout, a = float_pair(dout, a)
    return dout * (1.0 - a)


@mistake(
    "CH03-sigmoid-falls",
    of="sigmoid_backward",
    caught_by="test_sigmoid_backward_agrees_with_finite_differences",
)
def sigmoid_backward_with_wrong_sign(dout, a):
    """sigmoid rises everywhere, so its derivative cannot be negative."""
    dout, a = float_pair(dout, a)
    return dout * a * (a - 1.0)


@mistake("CH03-no-floor", of="sigmoid_backward", caught_by="test_sigmoid_backward_by_hand")
def sigmoid_backward_with_a_floor(dout, a):
    """A derivative that may not become 0 is no longer the derivative. Saturation is a fact to see, not to
    hide.
    """
    dout, a = float_pair(dout, a)
    return dout * np.maximum(a * (1.0 - a), 1e-6)


# tanh and tanh_backward ---------------------------------------------------------------------------


@mistake("M047", of="tanh", caught_by="test_tanh_survives_huge_inputs")
def tanh_straight_from_the_formula(z):
    """From |z| = 710 on this is inf / inf, which is nan. Rewrite it so that exp sees no positive number."""
    up, down = np.exp(as_float(z)), np.exp(-as_float(z))
    return (up - down) / (up + down)


@mistake("M055", of="tanh", caught_by="test_tanh_matches_the_formula")
def tanh_that_normalises_first(z):
    """An activation treats each number alone. Here one large entry changes the results of all others."""
    z = as_float(z)
    return np.tanh(z / np.abs(z).max())


@mistake("CH03-tanh-half-argument", of="tanh", caught_by="test_tanh_matches_the_formula")
def tanh_without_the_inner_two(z):
    """2 * sigmoid(z) - 1 is tanh(z / 2). The argument has a factor 2 as well."""
    return 2.0 * sigmoid(z) - 1.0


@mistake("M046", of="tanh_backward", caught_by="test_tanh_backward_agrees_with_finite_differences")
def tanh_backward_without_the_square(dout, a):
    """The derivative of tanh is 1 minus its square; 1 - a exceeds 1 on the left side."""
    dout, a = float_pair(dout, a)
    return dout * (1.0 - a)


@mistake("M046b", of="tanh_backward", caught_by="test_tanh_backward_by_hand")
def tanh_backward_of_the_input(dout, a):
    """a is already tanh(z). Here tanh is taken a second time."""
    dout, a = float_pair(dout, a)
    return dout * (1.0 - np.tanh(a) ** 2)


@mistake(
    "CH03-tanh-like-sigmoid",
    of="tanh_backward",
    caught_by="test_tanh_backward_agrees_with_finite_differences",
)
def tanh_backward_with_the_rule_of_sigmoid(dout, a):
    """a * (1 - a) belongs to sigmoid. tanh has its own rule."""
    dout, a = float_pair(dout, a)
    return dout * a * (1.0 - a)


# relu and relu_backward ---------------------------------------------------------------------------


@mistake("M054", of="relu", caught_by="test_relu_matches_the_formula")
def relu_with_the_built_in_max(z):
    """Python's max compares whole arrays; np.maximum works entry by entry."""
    return max(0, as_float(z))


@mistake("CH03-relu-in-place", of="relu", caught_by="test_relu_behaves")
def relu_in_place(z):
    """This writes into the caller's array. backward needs the z that was there before."""
    z = as_float(z)
    z[z < 0] = 0.0
    return z


@mistake("CH03-relu-folds", of="relu", caught_by="test_relu_matches_the_formula")
def relu_that_folds(z):
    """The negative side is to become 0, not positive."""
    return np.abs(as_float(z))


@mistake("M049", of="relu_backward", caught_by="test_relu_backward_behaves")
def relu_backward_in_place(dout, z):
    """dout is changed in place, and another branch still needs it. Work on a copy."""
    dout, z = float_pair(dout, z)
    dout[z <= 0] = 0.0
    return dout


@mistake("M050", of="relu_backward", caught_by="test_relu_backward_by_hand")
def relu_backward_by_the_sign_of_dout(dout, z):
    """The gate opens by the sign of the input z, not by that of dout. A negative gradient may pass."""
    dout, z = float_pair(dout, z)
    return np.where(dout > 0, dout, 0.0)


@mistake("M051", of="relu_backward", caught_by="test_relu_backward_is_zero_at_the_kink")
def relu_backward_open_at_zero(dout, z):
    """At z = 0 this course takes the derivative 0; >= lets the gradient pass there."""
    dout, z = float_pair(dout, z)
    return np.where(z >= 0, dout, 0.0)


@mistake("M045b", of="relu_backward", caught_by="test_relu_backward_agrees_with_finite_differences")
def relu_backward_without_dout(dout, z):
    """This is the mask only. The chain rule multiplies it by the gradient from above."""
    dout, z = float_pair(dout, z)
    return (z > 0).astype(z.dtype)


@mistake(
    "CH03-relu-weighs", of="relu_backward", caught_by="test_relu_backward_agrees_with_finite_differences"
)
def relu_backward_times_the_output(dout, z):
    """The slope of relu on the right is 1. Here dout is multiplied by relu itself."""
    dout, z = float_pair(dout, z)
    return dout * np.maximum(z, 0.0)


# leaky_relu and its backward ----------------------------------------------------------------------


@mistake("M052", of="leaky_relu", caught_by="test_leaky_relu_takes_slopes_above_one")
def leaky_relu_by_maximum(z, slope=0.01):
    """The larger of z and slope * z is the right one only while slope is at most 1. Decide by the sign of
    z.
    """
    z = as_float(z)
    return np.maximum(z, slope * z)


@mistake("CH03-slope-fixed", of="leaky_relu", caught_by="test_leaky_relu_takes_the_slope_it_is_given")
def leaky_relu_with_a_fixed_slope(z, slope=0.01):
    """The argument slope is not used: 0.01 is written into the formula."""
    z = as_float(z)
    return np.where(z > 0, z, 0.01 * z)


@mistake("CH03-leaky-bends-up", of="leaky_relu", caught_by="test_leaky_relu_matches_the_formula")
def leaky_relu_that_bends_upwards(z, slope=0.01):
    """On the left the curve goes on downwards: slope * z is negative there."""
    z = as_float(z)
    return np.where(z > 0, z, slope * np.abs(z))


@mistake(
    "CH03-slope-without-dout",
    of="leaky_relu_backward",
    caught_by="test_leaky_relu_backward_agrees_with_finite_differences",
)
def leaky_relu_backward_without_dout_on_the_left(dout, z, slope=0.01):
    """On the left the gradient is slope times dout, not slope alone."""
    dout, z = float_pair(dout, z)
    return np.where(z > 0, dout, slope)


@mistake("M051b", of="leaky_relu_backward", caught_by="test_leaky_relu_backward_is_the_slope_at_the_kink")
def leaky_relu_backward_open_at_zero(dout, z, slope=0.01):
    """At z = 0 this course takes the derivative slope: 0 belongs to the left branch."""
    dout, z = float_pair(dout, z)
    return np.where(z >= 0, dout, slope * dout)


@mistake(
    "CH03-leaky-closed",
    of="leaky_relu_backward",
    caught_by="test_leaky_relu_backward_agrees_with_finite_differences",
)
def leaky_relu_backward_of_relu(dout, z, slope=0.01):
    """This is the rule of relu. What leaks forward must leak backward, or the unit stays dead."""
    dout, z = float_pair(dout, z)
    return np.where(z > 0, dout, 0.0)


@mistake(
    "CH03-slope-fixed-backward",
    of="leaky_relu_backward",
    caught_by="test_leaky_relu_backward_takes_any_slope",
)
def leaky_relu_backward_with_a_fixed_slope(dout, z, slope=0.01):
    """The argument slope is not used: 0.01 is written into the formula."""
    dout, z = float_pair(dout, z)
    return np.where(z > 0, dout, 0.01 * dout)


# collapse_linear and output_activation ------------------------------------------------------------


@mistake("M056", of="collapse_linear", caught_by="test_collapse_linear_multiplies_the_weights")
def collapse_linear_in_column_order(Ws, bs):
    """W2 @ W1 is the order for columns, W @ x. Here rows meet the first layer first: X @ W1 @ W2."""
    W, b = as_float(Ws[0]), as_float(bs[0])
    for V, c in zip(Ws[1:], bs[1:], strict=True):
        W, b = V @ W, b @ V + c
    return W, b


@mistake("M057", of="collapse_linear", caught_by="test_collapse_linear_carries_every_bias")
def collapse_linear_with_the_last_bias_only(Ws, bs):
    """b1 travels through the second layer as well: what comes out for X = 0 is b1 @ W2 + b2."""
    W = as_float(Ws[0])
    for V in Ws[1:]:
        W = W @ V
    return W, as_float(bs[-1]).copy()


@mistake("CH03-bias-in-place", of="collapse_linear", caught_by="test_collapse_linear_leaves_the_layers_alone")
def collapse_linear_in_place(Ws, bs):
    """+= writes into the last layer's own bias; calling the function twice gives two results."""
    W, b = as_float(Ws[-1]), as_float(bs[-1])
    for V, c in zip(Ws[-2::-1], bs[-2::-1], strict=True):
        b += as_float(c) @ W
        W = V @ W
    return W, b


@mistake("CH03-same-layer", of="collapse_linear", caught_by="test_collapse_linear_takes_a_single_layer")
def collapse_linear_that_returns_the_layer(Ws, bs):
    """A single layer comes back itself, not a copy: training the result would train the layer."""
    W, b = as_float(Ws[0]), as_float(bs[0])
    for V, c in zip(Ws[1:], bs[1:], strict=True):
        W, b = W @ V, b @ V + c
    return W, b


@mistake("M059", of="output_activation", caught_by="test_output_activation_knows_the_three_tasks")
def output_activation_with_relu(task):
    """relu at the end of a regression can never predict a number below 0. Leave the scores as they are."""
    return {"binary": "sigmoid", "multiclass": "softmax", "regression": "relu"}[task]


@mistake(
    "CH03-sigmoid-for-classes",
    of="output_activation",
    caught_by="test_output_activation_knows_the_three_tasks",
)
def output_activation_with_sigmoid_for_classes(task):
    """C sigmoids do not sum to 1: they answer C separate questions. One class out of C asks for softmax."""
    return {"binary": "sigmoid", "multiclass": "sigmoid", "regression": "identity"}[task]


@mistake(
    "CH03-silent-default", of="output_activation", caught_by="test_output_activation_refuses_other_tasks"
)
def output_activation_with_a_default(task):
    """A misspelt task is answered as if it were a regression. Refuse what you do not know."""
    return {"binary": "sigmoid", "multiclass": "softmax"}.get(task, "identity")


# stretch ------------------------------------------------------------------------------------------


@mistake("CH03-elu-overflow", of="elu", caught_by="test_elu_survives_huge_inputs")
def elu_with_exp_of_everything(z, alpha=1.0):
    """exp is taken of the positive entries as well, although their result is thrown away."""
    z = as_float(z)
    return np.where(z > 0, z, alpha * (np.exp(z) - 1.0))


@mistake("CH03-elu-output", of="elu_backward", caught_by="test_elu_backward_agrees_with_finite_differences")
def elu_backward_of_the_output(dout, z, alpha=1.0):
    """out + alpha is the derivative in terms of the output. The second argument here is the input."""
    dout, z = float_pair(dout, z)
    return dout * np.where(z > 0, 1.0, z + alpha)


@mistake("CH03-elu-kink", of="elu_backward", caught_by="test_elu_backward_at_the_kink_and_far_out")
def elu_backward_open_at_zero(dout, z, alpha=1.0):
    """At z = 0 the derivative is alpha: 0 belongs to the left branch."""
    dout, z = float_pair(dout, z)
    return dout * np.where(z >= 0, 1.0, alpha * np.exp(np.minimum(z, 0.0)))


@mistake("CH03-softplus-overflow", of="softplus", caught_by="test_softplus_survives_huge_inputs")
def softplus_straight_from_the_formula(z):
    """exp(z) overflows from z = 710 although the result is z itself. Take the large part out of the
    logarithm.
    """
    return np.log(1.0 + np.exp(as_float(z)))


@mistake(
    "CH03-softplus-output",
    of="softplus_backward",
    caught_by="test_softplus_backward_agrees_with_finite_differences",
)
def softplus_backward_of_softplus(dout, z):
    """The derivative of softplus is another function of this chapter; here softplus multiplies dout."""
    dout, z = float_pair(dout, z)
    return dout * softplus(z)


@mistake("CH03-swish-no-beta", of="swish", caught_by="test_swish_matches_the_formula")
def swish_without_beta(z, beta=1.0):
    """The argument beta is not used."""
    z = as_float(z)
    return z * sigmoid(z)


@mistake(
    "CH03-swish-one-term", of="swish_backward", caught_by="test_swish_backward_agrees_with_finite_differences"
)
def swish_backward_with_one_term(dout, z, beta=1.0):
    """The product rule has two terms. z stands inside the sigmoid as well."""
    dout, z = float_pair(dout, z)
    return dout * sigmoid(beta * z)


@mistake(
    "CH03-swish-inner-beta",
    of="swish_backward",
    caught_by="test_swish_backward_agrees_with_finite_differences",
)
def swish_backward_without_inner_beta(dout, z, beta=1.0):
    """The inner derivative of sigmoid(beta * z) is beta. It is right for beta = 1 only."""
    dout, z = float_pair(dout, z)
    s = sigmoid(beta * z)
    return dout * (s + z * s * (1.0 - s))


@mistake("CH03-hard-sigmoid-sixth", of="hard_sigmoid", caught_by="test_hard_sigmoid_matches_the_formula")
def hard_sigmoid_of_pytorch(z):
    """This is PyTorch's, with slope 1/6 and kinks at -3 and 3. Here the slope is 0.25."""
    return np.clip(as_float(z) / 6.0 + 0.5, 0.0, 1.0)


@mistake(
    "CH03-hard-sigmoid-output",
    of="hard_sigmoid_backward",
    caught_by="test_hard_sigmoid_backward_agrees_with_finite_differences",
)
def hard_sigmoid_backward_with_sigmoids_rule(dout, z):
    """a * (1 - a) is the rule of the smooth sigmoid. A straight piece has a constant slope."""
    dout, z = float_pair(dout, z)
    a = hard_sigmoid(z)
    return dout * a * (1.0 - a)


@mistake(
    "CH03-hard-sigmoid-kinks",
    of="hard_sigmoid_backward",
    caught_by="test_hard_sigmoid_backward_is_zero_at_the_kinks",
)
def hard_sigmoid_backward_open_at_the_kinks(dout, z):
    """At the kinks the derivative is 0; <= lets the gradient pass there."""
    dout, z = float_pair(dout, z)
    return np.where(np.abs(z) <= 2, 0.25 * dout, 0.0)


@mistake("CH03-hard-tanh-one-side", of="hard_tanh", caught_by="test_hard_tanh_matches_the_formula")
def hard_tanh_cut_on_one_side(z):
    """Only the upper side is cut. tanh has a floor at -1 as well."""
    return np.minimum(as_float(z), 1.0)


@mistake(
    "CH03-hard-tanh-kinks", of="hard_tanh_backward", caught_by="test_hard_tanh_backward_is_zero_at_the_kinks"
)
def hard_tanh_backward_open_at_the_kinks(dout, z):
    """At the kinks the derivative is 0; <= lets the gradient pass there."""
    dout, z = float_pair(dout, z)
    return np.where(np.abs(z) <= 1, dout, 0.0)
