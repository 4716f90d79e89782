"""Hidden tests of ch08: arrays of zeros, of a constant and of random numbers; fans, Xavier and He."""

import math
from itertools import pairwise

import numpy as np

from grader import Rng, battery, expect, in_worker, many, observe, points, refuses

SHAPES = [(3,), (2, 3), (1, 1), (2, 3, 4), (4, 2, 3, 1)]


def an_rng(rng):
    """A generator for the student's code, another one in each test."""
    return Rng(int(rng.integers(2**31)))


@in_worker
def two_of_them(student, name, args):
    """An array, the same one after one entry was changed, and a second one made afterwards."""
    make = getattr(student, name)
    first = make(*args)
    before = first.copy()
    first[0, 0] = 7.0
    return before, first, make(*args)


def are_owned(call, name, student, args, want):
    """Writing into a result changes one entry, and no later result."""
    before, first, second = two_of_them(student, name, args)
    expect(call, before).close_to(want, rtol=0, atol=0)
    changed = np.array(want)
    changed[0, 0] = 7.0
    expect(f"{call}, after a change of one entry", first).close_to(changed, rtol=0, atol=0)
    expect(f"{call}, made after a change of another one", second).close_to(want, rtol=0, atol=0)


# init_zeros and init_constant ---------------------------------------------------------------------


@points(0.75, of="init_zeros")
def test_zeros_of_any_shape(student):
    """init_zeros makes float64 zeros of any shape"""
    for shape in SHAPES:
        got = expect("init_zeros(shape)", student.init_zeros(shape))
        got.close_to(np.zeros(shape), rtol=0, atol=0).has_dtype(np.float64)


@points(0.25, of="init_zeros", needs="test_zeros_of_any_shape")
def test_zeros_belong_to_the_caller(student):
    """init_zeros makes a new array each time, and one can write into it"""
    are_owned("init_zeros(shape)", "init_zeros", student, [(2, 3)], np.zeros((2, 3)))


@points(1, of="init_constant")
def test_constant_of_any_shape(student, rng):
    """init_constant fills an array of any shape with one number"""
    for shape in SHAPES:
        c = float(rng.normal())
        got = expect("init_constant(shape, c)", student.init_constant(shape, c))
        got.close_to(np.zeros(shape) + c, rtol=0, atol=0)


@points(0.5, of="init_constant", needs="test_constant_of_any_shape")
def test_constant_of_an_integer(student):
    """init_constant makes float64 of an integer too"""
    for c in (3, 0, -1):
        got = expect("init_constant(shape, c) with an integer c", student.init_constant((2, 3), c))
        got.has_dtype(np.float64).close_to(np.zeros((2, 3)) + c, rtol=0, atol=0)


@points(0.5, of="init_constant", needs="test_constant_of_any_shape")
def test_constants_belong_to_the_caller(student):
    """init_constant makes a new array each time, and each entry can be written alone"""
    want = np.zeros((2, 3)) + 0.5
    are_owned("init_constant(shape, c)", "init_constant", student, [(2, 3), 0.5], want)


# init_normal --------------------------------------------------------------------------------------


def normal_share_below(t):
    """The share of a standard normal distribution below t."""
    return 0.5 * (1.0 + math.erf(t / math.sqrt(2.0)))


def looks_normal(call, value, shape, std):
    """Independent normal numbers, mean 0, this standard deviation. 51 200 of them or more.

    At 51 200 numbers the standard deviation is known to 0.3 % (one sigma) and a share to 0.0022.
    """
    W = expect(call, value).array(shape)
    expect(f"the standard deviation of {call}", float(W.std())).between(0.97 * std, 1.03 * std)
    expect(f"the mean of {call}", float(W.mean())).between(-0.03 * std, 0.03 * std)
    for t in (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0):
        share = float(np.mean(W / std < t))
        words = "That is no normal distribution."
        want = normal_share_below(t)
        expect(f"a share of the numbers in {call}", share).between(want - 0.013, want + 0.013, words)
    are_drawn_one_by_one(call, W)


def are_drawn_one_by_one(call, W):
    """No two entries are the same draw; neighbours know nothing of one another."""
    words = "many entries are equal. Is every entry drawn for itself?"
    expect(call, W).satisfies(len(np.unique(W)) > 0.999 * W.size, words)
    flat = (W - W.mean()).reshape(len(W), -1)
    for a, b in ((flat[1:], flat[:-1]), (flat[:, 1:], flat[:, :-1])):
        together = abs(float((a * b).mean() / flat.var()))
        words = "neighbouring entries depend on one another. Is every entry drawn for itself?"
        expect(call, W).satisfies(together < 0.03, words)


def draws_on(call, make, student, rng):
    """B9: only from its rng, and a second call goes on drawing."""
    battery.draws_only_from_its_rng(call, make, student, seed=int(rng.integers(2**31)))
    shared = an_rng(rng)
    one, two = make(shared).value, make(shared).value
    words = "a second call with the same rng gives the same numbers. Do not seed anew."
    expect(call, one).satisfies(bool(np.all(one != two)), words)


@points(1.5, of="init_normal")
def test_normal_has_its_std(student, rng):
    """init_normal draws normal numbers with mean 0 and the given standard deviation"""
    for std in (0.01, 1.0, 2.5):
        got = student.init_normal((400, 300), std, an_rng(rng))
        looks_normal("init_normal(shape, std, rng)", got, (400, 300), std)


@points(0.5, of="init_normal", needs="test_normal_has_its_std")
def test_normal_of_any_shape(student, rng):
    """init_normal makes float64 arrays of any shape, and zeros for std 0"""
    for shape in SHAPES:
        got = expect("init_normal(shape, std, rng)", student.init_normal(shape, 0.5, an_rng(rng)))
        got.has_shape(*shape).has_dtype(np.float64)
        got.satisfies(np.all(got.array() != 0), "some entries are exactly zero.")
        words = "many entries are equal. Is every entry drawn for itself?"
        got.satisfies(len(np.unique(got.array())) == got.array().size, words)
        got = expect("init_normal(shape, 0, rng)", student.init_normal(shape, 0.0, an_rng(rng)))
        got.close_to(np.zeros(shape), rtol=0, atol=0)
    few = student.init_normal((4,), 1.0, an_rng(rng))
    got = expect("init_normal((4,), 1, rng)", few)
    numbers = got.array((4,))
    words = "the numbers were moved or stretched to have exactly this mean or standard deviation."
    exact = abs(numbers.mean()) < 1e-9 or abs(numbers.std() - 1.0) < 1e-9
    got.satisfies(not exact, words)


@points(1, of="init_normal", needs="test_normal_has_its_std")
def test_normal_draws_only_from_its_rng(student, rng):
    """init_normal draws from the rng it is given and from nothing else"""
    draws_on(
        "init_normal(shape, std, rng)", lambda g: observe(student.init_normal, (4, 3), 0.5, g), student, rng
    )


# init_uniform -------------------------------------------------------------------------------------


def looks_uniform(call, value, shape, low, high):
    """Independent numbers, equally likely everywhere in [low, high]. 51 200 of them or more."""
    W = expect(call, value).array(shape)
    width = high - low
    expect(f"the smallest number in {call}", float(W.min())).between(low, low + 0.001 * width)
    expect(f"the largest number in {call}", float(W.max())).between(high - 0.001 * width, high)
    for t in (0.1, 0.25, 0.5, 0.75, 0.9):
        share = float(np.mean((W - low) / width < t))
        words = "Not all numbers of the range are equally likely."
        expect(f"a share of the numbers in {call}", share).between(t - 0.013, t + 0.013, words)
    are_drawn_one_by_one(call, W)


@points(1.5, of="init_uniform")
def test_uniform_fills_its_range(student, rng):
    """init_uniform draws numbers evenly from low to high"""
    for low, high in ((-1.0, 1.0), (0.0, 0.01), (-3.0, -2.0), (-0.5, 4.0)):
        got = student.init_uniform((400, 300), low, high, an_rng(rng))
        looks_uniform("init_uniform(shape, low, high, rng)", got, (400, 300), low, high)


@points(0.5, of="init_uniform", needs="test_uniform_fills_its_range")
def test_uniform_of_any_shape(student, rng):
    """init_uniform makes float64 arrays of any shape, and one number if low = high"""
    for shape in SHAPES:
        got = student.init_uniform(shape, 0.5, 2.0, an_rng(rng))
        got = expect("init_uniform(shape, low, high, rng)", got).has_shape(*shape).has_dtype(np.float64)
        got.satisfies(np.all((got.array() >= 0.5) & (got.array() <= 2.0)), "entries outside of the range.")
        words = "many entries are equal. Is every entry drawn for itself?"
        got.satisfies(len(np.unique(got.array())) == got.array().size, words)
        got = student.init_uniform(shape, -0.25, -0.25, an_rng(rng))
        expect("init_uniform(shape, low, low, rng)", got).close_to(np.zeros(shape) - 0.25, rtol=0, atol=0)


@points(1, of="init_uniform", needs="test_uniform_fills_its_range")
def test_uniform_draws_only_from_its_rng(student, rng):
    """init_uniform draws from the rng it is given and from nothing else"""
    make = lambda g: observe(student.init_uniform, (4, 3), -1.0, 2.0, g)  # noqa: E731
    draws_on("init_uniform(shape, low, high, rng)", make, student, rng)


# fan_in_out ---------------------------------------------------------------------------------------


def fans(student, shape):
    """The two fans as expectations that hold plain ints."""
    for part in expect("fan_in_out(shape)", student.fan_in_out(shape)).unpack("fan_in", "fan_out"):
        part.number()
        yield part


@points(1, of="fan_in_out")
def test_fans_of_a_linear_layer(student):
    """fan_in_out of (D_in, D_out) is D_in and D_out, and three sizes are refused"""
    refuses("fan_in_out of three sizes", ValueError, student.fan_in_out, (2, 3, 4))
    for shape in ((7, 3), (3, 7), (1, 5), (5, 1)):
        fan_in, fan_out = fans(student, shape)
        fan_in.equals(shape[0])
        fan_out.equals(shape[1])


@points(2, of="fan_in_out")
def test_fans_of_a_convolution(student):
    """fan_in_out of (C_out, C_in, kh, kw) counts the places of the kernel too"""
    # counted: (input channel, row, column) pairs that meet one output, and the other way round
    for shape in ((6, 1, 5, 5), (2, 3, 1, 1), (4, 2, 3, 5), (1, 8, 1, 7)):
        c_out, c_in, kh, kw = shape
        fan_in, fan_out = fans(student, shape)
        fan_in.equals(sum(1 for _ in np.ndindex(c_in, kh, kw)), hint="A kernel has kh * kw places.")
        fan_out.equals(sum(1 for _ in np.ndindex(c_out, kh, kw)), hint="A kernel has kh * kw places.")


@points(0.5, of="fan_in_out", needs=("test_fans_of_a_linear_layer", "test_fans_of_a_convolution"))
def test_fans_of_other_shapes(student):
    """fan_in_out raises ValueError for a shape of neither 2 nor 4 sizes"""
    for shape in ((), (3,), (4, 4, 4), (1, 2, 3, 4, 5)):
        refuses("fan_in_out of another shape", ValueError, student.fan_in_out, shape)


# xavier_normal, xavier_uniform, he_normal ---------------------------------------------------------

# Shape, fan_in, fan_out: counted by hand. 51 200 entries or more.
LINEAR = [((400, 300), 400, 300), ((200, 600), 200, 600)]
CONVOLUTION = [((64, 32, 5, 5), 800, 1600), ((128, 400, 1, 1), 400, 128)]


def mean_square_after(student, name, rng, widths, bend):
    """Mean square of a signal behind some layers with the student's weights, divided by that of the input.

    The geometric mean of five networks. One alone strays: He with relu, 10 layers of 128, gave 0.23 to 3.4 in
    600 networks, the mean of five 0.52 to 1.48 in 200 trials (Xavier, 64 units, no activation: 0.78 to 1.27).
    """
    logs = []
    for _ in range(5):
        h = x = rng.normal(size=(32, widths[0]))
        shared = an_rng(rng)
        shapes = list(pairwise(widths))
        for shape, W in zip(shapes, many(getattr(student, name), [(shape, shared) for shape in shapes])):
            h = bend(h @ expect(f"{name}(shape, rng)", W).array(shape))
        logs.append(math.log(np.mean(h**2) / np.mean(x**2)))
    return math.exp(np.mean(logs))


@points(1.5, of="xavier_normal")
def test_xavier_normal_of_a_linear_layer(student, rng):
    """xavier_normal draws normal numbers with std sqrt(2 / (fan_in + fan_out))"""
    for shape, fan_in, fan_out in LINEAR:
        got = student.xavier_normal(shape, an_rng(rng))
        looks_normal("xavier_normal(shape, rng)", got, shape, math.sqrt(2 / (fan_in + fan_out)))


@points(1, of="xavier_normal")
def test_xavier_normal_of_a_convolution(student, rng):
    """xavier_normal counts the places of the kernel in both fans of a convolution"""
    for shape, fan_in, fan_out in CONVOLUTION:
        got = student.xavier_normal(shape, an_rng(rng))
        looks_normal("xavier_normal(shape, rng)", got, shape, math.sqrt(2 / (fan_in + fan_out)))


@points(0.5, of="xavier_normal", needs="test_xavier_normal_of_a_linear_layer")
def test_xavier_normal_keeps_the_scale(student, rng):
    """ten layers without activation keep the scale of a signal with xavier_normal"""
    got = mean_square_after(student, "xavier_normal", rng, [64] * 11, lambda z: z)
    expect("the mean square behind ten layers, relative to the input", got).between(0.4, 2.5)


@points(0.5, of="xavier_normal", needs="test_xavier_normal_of_a_linear_layer")
def test_xavier_normal_draws_only_from_its_rng(student, rng):
    """xavier_normal draws from the rng it is given and from nothing else"""
    draws_on("xavier_normal(shape, rng)", lambda g: observe(student.xavier_normal, (4, 3), g), student, rng)


@points(1.5, of="xavier_uniform")
def test_xavier_uniform_of_a_linear_layer(student, rng):
    """xavier_uniform draws evenly from -a to a with a = sqrt(6 / (fan_in + fan_out))"""
    for shape, fan_in, fan_out in LINEAR:
        a = math.sqrt(6 / (fan_in + fan_out))
        looks_uniform("xavier_uniform(shape, rng)", student.xavier_uniform(shape, an_rng(rng)), shape, -a, a)


@points(1, of="xavier_uniform")
def test_xavier_uniform_of_a_convolution(student, rng):
    """xavier_uniform counts the places of the kernel in both fans of a convolution"""
    for shape, fan_in, fan_out in CONVOLUTION:
        a = math.sqrt(6 / (fan_in + fan_out))
        looks_uniform("xavier_uniform(shape, rng)", student.xavier_uniform(shape, an_rng(rng)), shape, -a, a)


@points(0.5, of="xavier_uniform", needs="test_xavier_uniform_of_a_linear_layer")
def test_xavier_uniform_keeps_the_scale(student, rng):
    """ten layers without activation keep the scale of a signal with xavier_uniform"""
    got = mean_square_after(student, "xavier_uniform", rng, [64] * 11, lambda z: z)
    expect("the mean square behind ten layers, relative to the input", got).between(0.4, 2.5)


@points(0.5, of="xavier_uniform", needs="test_xavier_uniform_of_a_linear_layer")
def test_xavier_uniform_draws_only_from_its_rng(student, rng):
    """xavier_uniform draws from the rng it is given and from nothing else"""
    draws_on("xavier_uniform(shape, rng)", lambda g: observe(student.xavier_uniform, (4, 3), g), student, rng)


@points(1.5, of="he_normal")
def test_he_normal_of_a_linear_layer(student, rng):
    """he_normal draws normal numbers with std sqrt(2 / fan_in)"""
    for shape, fan_in, _ in LINEAR:
        got = student.he_normal(shape, an_rng(rng))
        looks_normal("he_normal(shape, rng)", got, shape, math.sqrt(2 / fan_in))


@points(1, of="he_normal")
def test_he_normal_of_a_convolution(student, rng):
    """he_normal counts the inputs of a convolution: channels times places of the kernel"""
    for shape, fan_in, _ in CONVOLUTION:
        got = student.he_normal(shape, an_rng(rng))
        looks_normal("he_normal(shape, rng)", got, shape, math.sqrt(2 / fan_in))


@points(0.5, of="he_normal", needs="test_he_normal_of_a_linear_layer")
def test_he_normal_keeps_the_scale_through_relu(student, rng):
    """ten layers with relu keep the scale of a signal with he_normal"""
    got = mean_square_after(student, "he_normal", rng, [128] * 11, lambda z: np.maximum(z, 0.0))
    expect("the mean square behind ten layers, relative to the input", got).between(0.25, 4.0)


@points(0.5, of="he_normal", needs="test_he_normal_of_a_linear_layer")
def test_he_normal_draws_only_from_its_rng(student, rng):
    """he_normal draws from the rng it is given and from nothing else"""
    draws_on("he_normal(shape, rng)", lambda g: observe(student.he_normal, (4, 3), g), student, rng)
