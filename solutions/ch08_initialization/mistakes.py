"""Wrong programs that students write in chapter 08, and what to say to them."""

from itertools import pairwise

import numpy as np
from grader import mistake

from ch06_layers.layers import Linear
from ch08_initialization.initialization import (
    ACTIVATIONS,
    as_float,
    fan_in_out,
    init_normal,
    init_uniform,
    permute_hidden,
)

# M157 (random biases, zero weights) and M156 as a way to train are told in the handout: no function of this
# chapter decides on them. M156 is here in the form of an init_normal that is no draw.
EARNS_WITHOUT_KNOWING = {"init_zeros": "zeros of the right shape are what it is asked for"}

# init_zeros, init_constant ------------------------------------------------------------------------


@mistake("CH08-zeros-are-integers", of="init_zeros", caught_by="test_zeros_of_any_shape")
def zeros_of_integers(shape):
    """These are integer zeros; adding a gradient to them in place fails or rounds. Make float64."""
    return np.zeros(shape, dtype=int)


@mistake("CH08-zeros-shared", of="init_zeros", caught_by="test_zeros_belong_to_the_caller")
def zeros_kept_for_later(shape, made={}):  # noqa: B006
    """The same array is handed out again: a change in one layer appears in the other. Make a new one each time."""
    return made.setdefault(shape, np.zeros(shape))


@mistake("CH08-zeros-flat", of="init_zeros", caught_by="test_zeros_of_any_shape")
def zeros_in_one_row(shape):
    """The number of zeros is right, the shape is not: pass the whole tuple on."""
    return np.zeros(int(np.prod(shape)))


@mistake("CH08-constant-keeps-integers", of="init_constant", caught_by="test_constant_of_an_integer")
def constant_of_integers(shape, c):
    """np.full takes the dtype of c: the constant 3 makes an integer array, which cannot learn fractions."""
    return np.full(shape, c)


@mistake("CH08-constant-one-place", of="init_constant", caught_by="test_constants_belong_to_the_caller")
def constant_in_one_place(shape, c):
    """np.broadcast_to stores one number and shows it everywhere: nobody can write into it. Fill a real array."""
    return np.broadcast_to(np.float64(c), shape)


@mistake("CH08-constant-ignored", of="init_constant", caught_by="test_constant_of_any_shape")
def constant_one(shape, c):
    """The array is there, and c is not in it."""
    return np.ones(shape)


# init_normal, init_uniform ------------------------------------------------------------------------


@mistake("M156", of="init_normal", caught_by="test_normal_has_its_std")
def normal_that_is_a_constant(shape, std, rng):
    """Small but equal is still equal: units born the same stay the same. Draw random numbers."""
    return np.full(shape, float(std))


@mistake("M160", of="init_normal", caught_by="test_normal_draws_only_from_its_rng")
def normal_from_the_global_generator(shape, std, rng):
    """The global generator belongs to everybody, and seeding it changes the numbers of others. Use the rng you
    were given.
    """
    np.random.seed(0)
    return std * np.random.randn(*shape)


@mistake("M160b", of="init_normal", caught_by="test_normal_draws_only_from_its_rng")
def normal_from_an_own_generator(shape, std, rng):
    """A generator seeded inside gives the same numbers at every call: all layers alike. Use the rng you were
    given.
    """
    return np.random.default_rng(0).normal(0.0, std, size=shape)


@mistake("CH08-variance-for-std", of="init_normal", caught_by="test_normal_has_its_std")
def normal_with_variance(shape, std, rng):
    """rng.normal wants the standard deviation, and that is what you were given: no square, no root."""
    return rng.normal(0.0, std**2, size=shape)


@mistake("CH08-root-of-std", of="init_normal", caught_by="test_normal_has_its_std")
def normal_with_root(shape, std, rng):
    """The square root was taken of a number that is a standard deviation already."""
    return rng.normal(0.0, np.sqrt(std), size=shape)


@mistake("CH08-mean-for-std", of="init_normal", caught_by="test_normal_has_its_std")
def normal_with_the_std_as_mean(shape, std, rng):
    """The first argument of rng.normal is the mean; the standard deviation comes second."""
    return rng.normal(std, size=shape)


@mistake("CH08-uniform-for-normal", of="init_normal", caught_by="test_normal_has_its_std")
def normal_that_is_uniform(shape, std, rng):
    """rng.random is uniform between 0 and 1, with mean 0.5; here a normal distribution around 0 is asked for."""
    return std * rng.random(shape)


@mistake("CH08-one-row-repeated", of="init_normal", caught_by="test_normal_has_its_std")
def normal_row_repeated(shape, std, rng):
    """One row is drawn and repeated; every entry needs a draw of its own, so give rng.normal the whole shape."""
    return np.zeros(shape) + rng.normal(0.0, std, size=shape[-1])


@mistake("M155", of="init_uniform", caught_by="test_uniform_fills_its_range")
def uniform_from_zero(shape, low, high, rng):
    """rng.random runs from 0 to 1: scaled by high it starts at 0 and its mean is not the middle of the range. It
    has to run from low to high.
    """
    return high * rng.random(shape)


@mistake("CH08-uniform-width", of="init_uniform", caught_by="test_uniform_fills_its_range")
def uniform_times_high(shape, low, high, rng):
    """low + high * r ends at low + high; the range is high - low wide."""
    return low + high * rng.random(shape)


@mistake("CH08-normal-for-uniform", of="init_uniform", caught_by="test_uniform_fills_its_range")
def uniform_that_is_normal(shape, low, high, rng):
    """The variance is right and the distribution is not: a normal distribution leaves every range."""
    return rng.normal((low + high) / 2, (high - low) / np.sqrt(12), size=shape)


@mistake("CH08-uniform-global", of="init_uniform", caught_by="test_uniform_draws_only_from_its_rng")
def uniform_from_the_global_generator(shape, low, high, rng):
    """np.random.uniform draws from the generator of the whole program; rng.uniform from the one you were given."""
    return np.random.uniform(low, high, size=shape)


# fan_in_out ---------------------------------------------------------------------------------------


@mistake("M154", of="fan_in_out", caught_by="test_fans_of_a_convolution")
def fans_without_the_kernel(shape):
    """The kernel area is missing: an output of a 3 by 3 convolution sums 9 places of every input channel."""
    if len(shape) not in (2, 4):
        raise ValueError("2 or 4 sizes")
    return (shape[0], shape[1]) if len(shape) == 2 else (shape[1], shape[0])


@mistake("CH08-fans-channels-exchanged", of="fan_in_out", caught_by="test_fans_of_a_convolution")
def fans_with_channels_exchanged(shape):
    """In a kernel the outputs come first, (C_out, C_in, kh, kw): fan_in starts from the second size."""
    if len(shape) not in (2, 4):
        raise ValueError("2 or 4 sizes")
    area = int(np.prod(shape[2:]))
    return shape[0] * area, shape[1] * area


@mistake("CH08-fans-exchanged", of="fan_in_out", caught_by="test_fans_of_a_linear_layer")
def fans_exchanged(shape):
    """fan_in comes first. A linear layer here is (D_in, D_out); PyTorch has it the other way round."""
    fan_in, fan_out = fan_in_out(shape)
    return fan_out, fan_in


@mistake("CH08-fans-pytorch", of="fan_in_out", caught_by="test_fans_of_a_linear_layer")
def fans_as_in_pytorch(shape):
    """PyTorch stores a linear layer as (D_out, D_in), we as (D_in, D_out): fan_in is the first size."""
    if len(shape) not in (2, 4):
        raise ValueError("2 or 4 sizes")
    area = int(np.prod(shape[2:]))
    return shape[1] * area, shape[0] * area


@mistake("CH08-fan-out-without-kernel", of="fan_in_out", caught_by="test_fans_of_a_convolution")
def fan_out_without_the_kernel(shape):
    """fan_in has the kernel area, fan_out lacks it: an input, too, is seen through kh * kw places of a kernel."""
    if len(shape) == 4:
        return int(np.prod(shape[1:])), shape[0]
    return fan_in_out(shape)


@mistake("CH08-fans-of-anything", of="fan_in_out", caught_by="test_fans_of_other_shapes")
def fans_of_anything(shape):
    """Shapes of 1 or 5 sizes slip through, with fans that mean nothing. Refuse them by a ValueError."""
    if len(shape) == 3:
        raise ValueError("three sizes")
    if len(shape) == 2:
        return shape[0], shape[1]
    return int(np.prod(shape[1:])), int(np.prod(shape[:1]) * np.prod(shape[2:]))


# xavier_normal, xavier_uniform, he_normal ---------------------------------------------------------


@mistake("M149", of="xavier_normal", caught_by="test_xavier_normal_of_a_linear_layer")
def xavier_with_the_variance(shape, rng):
    """2 / (fan_in + fan_out) is the variance; the standard deviation is its square root."""
    return init_normal(shape, 2 / sum(fan_in_out(shape)), rng)


@mistake("M150", of="xavier_normal", caught_by="test_xavier_normal_of_a_linear_layer")
def xavier_without_brackets(shape, rng):
    """Brackets: 2 / fan_in + fan_out divides by fan_in alone, so the weights are larger than sqrt(fan_out)."""
    fan_in, fan_out = fan_in_out(shape)
    return init_normal(shape, np.sqrt(2 / fan_in + fan_out), rng)


@mistake("M151", of="xavier_normal", caught_by="test_xavier_normal_of_a_linear_layer")
def xavier_with_the_uniform_limit(shape, rng):
    """The 6 belongs to the limit of the uniform version; as a standard deviation it is 73 % too large."""
    return init_normal(shape, np.sqrt(6 / sum(fan_in_out(shape))), rng)


@mistake("M151b", of="xavier_normal", caught_by="test_xavier_normal_of_a_linear_layer")
def xavier_with_a_three(shape, rng):
    """sqrt(3 / (fan_in + fan_out)) is 22 % too large; the normal version has a 2 there, the uniform one a 6."""
    return init_normal(shape, np.sqrt(3 / sum(fan_in_out(shape))), rng)


@mistake("CH08-xavier-fan-in-only", of="xavier_normal", caught_by="test_xavier_normal_of_a_linear_layer")
def xavier_of_fan_in_only(shape, rng):
    """1 / fan_in looks at the way forward only; Xavier takes the mean of fan_in and fan_out."""
    return init_normal(shape, np.sqrt(1 / fan_in_out(shape)[0]), rng)


@mistake("CH08-xavier-one", of="xavier_normal", caught_by="test_xavier_normal_of_a_linear_layer")
def xavier_with_a_one(shape, rng):
    """The 2 is lost: the variance is 1 over the MEAN of the fans, that is 2 over their sum."""
    return init_normal(shape, np.sqrt(1 / sum(fan_in_out(shape))), rng)


@mistake("CH08-xavier-shape-sum", of="xavier_normal", caught_by="test_xavier_normal_of_a_convolution")
def xavier_of_the_first_two_sizes(shape, rng):
    """The first two sizes are the fans of a linear layer only; a convolution counts the kernel too. Use
    fan_in_out.
    """
    return init_normal(shape, np.sqrt(2 / (shape[0] + shape[1])), rng)


@mistake("CH08-xavier-seeded", of="xavier_normal", caught_by="test_xavier_normal_draws_only_from_its_rng")
def xavier_seeded_inside(shape, rng):
    """A generator of its own, seeded inside, starts every layer with the same numbers. Use the rng you were
    given.
    """
    return init_normal(shape, np.sqrt(2 / sum(fan_in_out(shape))), np.random.default_rng(42))


@mistake("CH08-limit-from-std", of="xavier_uniform", caught_by="test_xavier_uniform_of_a_linear_layer")
def uniform_with_the_std_as_limit(shape, rng):
    """sqrt(2 / (fan_in + fan_out)) is the standard deviation; the limit of a uniform distribution is sqrt(3) times
    that, for its variance is a^2 / 3.
    """
    a = np.sqrt(2 / sum(fan_in_out(shape)))
    return init_uniform(shape, -a, a, rng)


@mistake("M155b", of="xavier_uniform", caught_by="test_xavier_uniform_of_a_linear_layer")
def uniform_from_zero_to_a(shape, rng):
    """rng.random starts at 0: all weights are positive, with mean a / 2. Uniform must run from -a to a."""
    return np.sqrt(6 / sum(fan_in_out(shape))) * rng.random(shape)


@mistake("CH08-limit-without-root", of="xavier_uniform", caught_by="test_xavier_uniform_of_a_linear_layer")
def uniform_without_root(shape, rng):
    """The square root is missing: a = sqrt(6 / (fan_in + fan_out))."""
    a = 6 / sum(fan_in_out(shape))
    return init_uniform(shape, -a, a, rng)


@mistake("CH08-uniform-name-only", of="xavier_uniform", caught_by="test_xavier_uniform_of_a_linear_layer")
def uniform_in_name_only(shape, rng):
    """This draws the normal version; the uniform one has the same variance and hard limits."""
    return init_normal(shape, np.sqrt(2 / sum(fan_in_out(shape))), rng)


@mistake("CH08-limit-shape-sum", of="xavier_uniform", caught_by="test_xavier_uniform_of_a_convolution")
def uniform_of_the_first_two_sizes(shape, rng):
    """For a convolution the fans are not the first two sizes. Use fan_in_out."""
    a = np.sqrt(6 / (shape[0] + shape[1]))
    return init_uniform(shape, -a, a, rng)


@mistake("CH08-limit-seeded", of="xavier_uniform", caught_by="test_xavier_uniform_draws_only_from_its_rng")
def uniform_seeded_inside(shape, rng):
    """A generator of its own, seeded inside, starts every layer with the same numbers. Use the rng you were
    given.
    """
    a = np.sqrt(6 / sum(fan_in_out(shape)))
    return init_uniform(shape, -a, a, np.random.default_rng(0))


@mistake(
    "M152",
    of="he_normal",
    caught_by=("test_he_normal_of_a_linear_layer",),
)
def he_with_one_over_fan_in(shape, rng):
    """relu takes half of the mean square away at every layer, and 1 / fan_in does not give it back: He has 2 /
    fan_in.
    """
    return init_normal(shape, np.sqrt(1 / fan_in_out(shape)[0]), rng)


@mistake("M152b", of="he_normal", caught_by="test_he_normal_of_a_linear_layer")
def he_that_is_xavier(shape, rng):
    """That is Xavier, which knows nothing of the relu. He divides by fan_in alone."""
    return init_normal(shape, np.sqrt(2 / sum(fan_in_out(shape))), rng)


@mistake("CH08-he-fan-out", of="he_normal", caught_by="test_he_normal_of_a_linear_layer")
def he_of_fan_out(shape, rng):
    """The forward signal is a sum over the inputs: divide by fan_in, not by fan_out."""
    return init_normal(shape, np.sqrt(2 / fan_in_out(shape)[1]), rng)


@mistake("CH08-he-variance", of="he_normal", caught_by="test_he_normal_of_a_linear_layer")
def he_with_the_variance(shape, rng):
    """2 / fan_in is the variance; the standard deviation is its square root."""
    return init_normal(shape, 2 / fan_in_out(shape)[0], rng)


@mistake("CH08-he-first-size", of="he_normal", caught_by="test_he_normal_of_a_convolution")
def he_of_the_first_size(shape, rng):
    """The first size is fan_in for a linear layer only; in a convolution it counts the outputs. Use fan_in_out."""
    return init_normal(shape, np.sqrt(2 / shape[0]), rng)


@mistake("CH08-he-global", of="he_normal", caught_by="test_he_normal_draws_only_from_its_rng")
def he_from_the_global_generator(shape, rng):
    """np.random.randn draws from the generator of the whole program; use the rng you were given."""
    return np.random.randn(*shape) * np.sqrt(2 / fan_in_out(shape)[0])


# hidden_units_identical ---------------------------------------------------------------------------


@mistake(
    "CH08-compares-rows", of="hidden_units_identical", caught_by="test_identical_looks_at_columns_not_rows"
)
def identical_rows(W, tol=0):
    """This compares rows, and a row belongs to an input. A hidden unit is a column of W."""
    W = as_float(W)
    return bool(np.all(np.abs(W - W[:1]) <= tol))


@mistake("CH08-first-two-units", of="hidden_units_identical", caught_by="test_identical_means_every_column")
def identical_first_two(W, tol=0):
    """Only the first two units are compared; the last one may be another."""
    W = as_float(W)
    return W.shape[1] < 2 or bool(np.all(np.abs(W[:, 0] - W[:, 1]) <= tol))


@mistake("CH08-any-for-all", of="hidden_units_identical", caught_by="test_identical_means_every_column")
def identical_in_one_entry(W, tol=0):
    """One row in which the units agree is not enough: they have to agree in every input."""
    return bool(np.any(np.ptp(as_float(W), axis=1) <= tol))


@mistake("CH08-from-the-first", of="hidden_units_identical", caught_by="test_identical_up_to_a_tolerance")
def identical_to_the_first(W, tol=0):
    """Two units can each be tol away from the first, on opposite sides, and 2 tol from each other. Compare the
    largest with the smallest.
    """
    W = as_float(W)
    return W.shape[1] == 1 or bool(np.all(np.abs(W - W[:, :1]) <= tol))


@mistake(
    "CH08-without-size", of="hidden_units_identical", caught_by="test_identical_looks_at_columns_not_rows"
)
def identical_without_absolute_value(W, tol=0):
    """A difference of -5 is smaller than tol as well. Take the absolute value."""
    W = as_float(W)
    return bool(np.all(W - W[:, :1] <= tol))


@mistake("CH08-allclose", of="hidden_units_identical", caught_by="test_identical_means_every_column")
def identical_nearly(W, tol=0):
    """np.allclose has a tolerance of its own, 1e-5 of the size: with tol = 0 exact equality is asked for."""
    W = as_float(W)
    return bool(np.allclose(W, W[:, :1], atol=tol))


@mistake("CH08-strictly-below", of="hidden_units_identical", caught_by="test_identical_means_every_column")
def identical_strictly(W, tol=0):
    """A difference of exactly tol is allowed: with < and tol = 0 nothing would ever be equal."""
    W = as_float(W)
    return W.shape[1] == 1 or bool(np.all(np.ptp(W, axis=1) < tol))


@mistake(
    "CH08-sum-of-columns", of="hidden_units_identical", caught_by="test_identical_looks_at_columns_not_rows"
)
def identical_sums(W, tol=0):
    """Equal sums do not make equal columns: (1, 2) and (2, 1) are two different units."""
    return bool(np.ptp(as_float(W).sum(axis=0)) <= tol)


@mistake("CH08-tol-ignored", of="hidden_units_identical", caught_by="test_identical_up_to_a_tolerance")
def identical_without_tol(W, tol=0):
    """Entries tol apart count as different. Is tol used, and is a distance of exactly tol allowed?"""
    W = as_float(W)
    return W.shape[1] == 1 or bool(np.all(np.ptp(W, axis=1) == 0))


@mistake("CH08-nan-is-equal", of="hidden_units_identical", caught_by="test_identical_at_the_edge")
def identical_unless_larger(W, tol=0):
    """'Not larger than tol' is true for nan, since every comparison with nan is false. Ask whether it is smaller
    or equal.
    """
    W = as_float(W)
    return W.shape[1] == 1 or not bool(np.any(np.ptp(W, axis=1) > tol))


# permute_hidden -----------------------------------------------------------------------------------


def permutation(perm, h):
    """perm as an array, refused where the reference refuses it."""
    permute_hidden(np.zeros((1, h)), np.zeros(h), np.zeros((h, 1)), perm)
    return np.asarray(perm)


BOTH = ("test_permuted_units_stand_at_their_places", "test_permuted_network_is_the_same_function")


@mistake("M159", of="permute_hidden", caught_by=BOTH)
def permute_w1_only(W1, b1, W2, perm):
    """Only the columns of W1 moved. Everything that belongs to a unit has to move: its bias and its row of W2
    too.
    """
    perm = permutation(perm, len(b1))
    return as_float(W1)[:, perm], as_float(b1).copy(), as_float(W2).copy()


@mistake("M159b", of="permute_hidden", caught_by=BOTH)
def permute_without_bias(W1, b1, W2, perm):
    """The biases stayed where they were. Each unit takes its bias along."""
    perm = permutation(perm, len(b1))
    return as_float(W1)[:, perm], as_float(b1).copy(), as_float(W2)[perm]


@mistake("M159c", of="permute_hidden", caught_by=BOTH)
def permute_without_w2(W1, b1, W2, perm):
    """The rows of W2 stayed where they were, so the outputs listen to the wrong units."""
    perm = permutation(perm, len(b1))
    return as_float(W1)[:, perm], as_float(b1)[perm], as_float(W2).copy()


@mistake("CH08-inverse", of="permute_hidden", caught_by="test_permuted_units_stand_at_their_places")
def permute_the_other_way(W1, b1, W2, perm):
    """The function is the same, the order is the inverse one: unit j of the new network is unit perm[j] of the
    old.
    """
    back = np.argsort(permutation(perm, len(b1)))
    return as_float(W1)[:, back], as_float(b1)[back], as_float(W2)[back]


@mistake("CH08-permute-mixed", of="permute_hidden", caught_by=BOTH)
def permute_there_and_back(W1, b1, W2, perm):
    """W1 and b1 are put in order, W2 in the inverse order: use perm in the same way three times."""
    perm = permutation(perm, len(b1))
    return as_float(W1)[:, perm], as_float(b1)[perm], as_float(W2)[np.argsort(perm)]


@mistake(
    "CH08-permute-unchecked", of="permute_hidden", caught_by="test_permute_refuses_what_is_no_permutation"
)
def permute_unchecked(W1, b1, W2, perm):
    """An index twice copies a unit and loses another, and numpy does not mind. Check that each occurs once."""
    W1, b1, W2, perm = as_float(W1), as_float(b1), as_float(W2), np.asarray(perm)
    return W1[:, perm], b1[perm], W2[perm]


@mistake("CH08-permute-in-place", of="permute_hidden", caught_by="test_permute_leaves_the_old_network_alone")
def permute_in_place(W1, b1, W2, perm):
    """The old network has changed as well. Return new arrays and leave the arguments alone."""
    perm = permutation(perm, len(b1))
    if W1.dtype.kind != "f":
        W1, b1, W2 = as_float(W1), as_float(b1), as_float(W2)
    W1[:], b1[:], W2[:] = W1[:, perm], b1[perm], W2[perm]
    return W1, b1, W2


# activation_scales --------------------------------------------------------------------------------


def run(widths, act, init, x, rng, measure):
    """measure(z, h) of every layer, for z = h W and h = f(z)."""
    h, out = x, []
    for d_in, d_out in pairwise(widths):
        z = Linear(d_in, d_out, rng, init=init).forward(h)
        h = ACTIVATIONS[act](z)
        out.append(float(measure(z, h)))
    return out


@mistake("CH08-variance", of="activation_scales", caught_by="test_scales_agree_with_the_formula")
def scales_by_variance(widths, act, init, x, rng):
    """np.var subtracts the mean first; behind sigmoid or relu the mean is not 0, and it matters to the next
    layer. Take the mean of the squares.
    """
    return run(widths, act, init, x, rng, lambda z, h: np.var(h))


@mistake("CH08-rms", of="activation_scales", caught_by="test_scales_agree_with_the_formula")
def scales_by_root(widths, act, init, x, rng):
    """The mean square is asked for, without a root."""
    return run(widths, act, init, x, rng, lambda z, h: np.sqrt(np.mean(h**2)))


@mistake("CH08-square-of-mean", of="activation_scales", caught_by="test_scales_agree_with_the_formula")
def scales_by_square_of_mean(widths, act, init, x, rng):
    """First the squares, then the mean: the square of the mean is nearly 0 for numbers of both signs."""
    return run(widths, act, init, x, rng, lambda z, h: np.mean(h) ** 2)


@mistake("CH08-sum-of-squares", of="activation_scales", caught_by="test_scales_agree_with_the_formula")
def scales_by_sum(widths, act, init, x, rng):
    """This is summed over the units and averaged over the examples only; divide by both numbers."""
    return run(widths, act, init, x, rng, lambda z, h: np.sum(h**2) / len(h))


@mistake("CH08-before-activation", of="activation_scales", caught_by="test_scales_agree_with_the_formula")
def scales_before_the_activation(widths, act, init, x, rng):
    """Measured before the activation; h[l] is what comes out of it."""
    return run(widths, act, init, x, rng, lambda z, h: np.mean(z**2))


@mistake("CH08-absolute-values", of="activation_scales", caught_by="test_scales_agree_with_the_formula")
def scales_by_absolute_values(widths, act, init, x, rng):
    """Absolute values in place of squares."""
    return run(widths, act, init, x, rng, lambda z, h: np.mean(np.abs(h)))


@mistake("CH08-input-counted", of="activation_scales", caught_by="test_scales_agree_with_the_formula")
def scales_with_the_input(widths, act, init, x, rng):
    """The list begins with the input; it should begin with the first layer and have L entries."""
    return [float(np.mean(x**2)), *run(widths, act, init, x, rng, lambda z, h: np.mean(h**2))]


@mistake("CH08-linear-at-the-end", of="activation_scales", caught_by="test_scales_agree_with_the_formula")
def scales_without_the_last_activation(widths, act, init, x, rng):
    """Here the activation stands behind the last layer too: these are hidden layers, not a classifier."""
    layers = iter(range(1, len(widths)))
    last = len(widths) - 1
    return run(widths, act, init, x, rng, lambda z, h: np.mean((z if next(layers) == last else h) ** 2))


@mistake("CH08-first-layer-only", of="activation_scales", caught_by="test_scales_agree_with_the_formula")
def scales_of_the_linear_part(widths, act, init, x, rng):
    """The activation is applied for the measurement only; the next layer gets the output without it."""
    h, scales = x, []
    for d_in, d_out in pairwise(widths):
        h = Linear(d_in, d_out, rng, init=init).forward(h)
        scales.append(float(np.mean(ACTIVATIONS[act](h) ** 2)))
    return scales


@mistake("CH08-init-ignored", of="activation_scales", caught_by="test_scales_of_one_layer")
def scales_of_xavier_only(widths, act, init, x, rng):
    """init is used only when it is a function; its names and a standard deviation have a meaning too. Hand it to
    Linear as it is.
    """
    init = init if callable(init) else "xavier"
    return run(widths, act, init, x, rng, lambda z, h: np.mean(h**2))


@mistake("CH08-scales-seeded", of="activation_scales", caught_by="test_scales_draw_the_layers_in_order")
def scales_from_an_own_generator(widths, act, init, x, rng):
    """A generator seeded inside; the one that was passed in is never used."""
    return run(widths, act, init, x, np.random.default_rng(0), lambda z, h: np.mean(h**2))


@mistake("CH08-scales-array", of="activation_scales", caught_by="test_scales_agree_with_the_formula")
def scales_as_an_array(widths, act, init, x, rng):
    """A list of Python floats is asked for; .tolist() makes one of an array."""
    return np.array(run(widths, act, init, x, rng, lambda z, h: np.mean(h**2)))
