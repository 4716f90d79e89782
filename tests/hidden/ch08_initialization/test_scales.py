"""Hidden tests of ch08: the scale of the activations, layer by layer."""

import math
from itertools import pairwise

import numpy as np

from grader import Rng, battery, expect, in_worker, observe, points

CALL = "activation_scales(widths, act, init, x, rng)"

CURVES = {
    "identity": lambda t: t,
    "sigmoid": lambda t: 1 / (1 + math.exp(-t)),
    "tanh": math.tanh,
    "relu": lambda t: t if t > 0 else 0.0,
    "leaky_relu": lambda t: t if t > 0 else 0.01 * t,
}


def scales_by_loops(x, Ws, act):
    """The formula as written, one entry at a time."""
    h, scales = x.tolist(), []
    for W in Ws:
        h = [
            [CURVES[act](sum(v * W[i, j] for i, v in enumerate(row))) for j in range(W.shape[1])] for row in h
        ]
        scales.append(sum(v * v for row in h for v in row) / (len(h) * W.shape[1]))
    return scales


@in_worker
def scales_with_weights(student, widths, act, Ws, x):
    """activation_scales with an init that hands out given weights; and what init was given."""
    shapes, rngs, rng = [], [], np.random.default_rng(0)

    def init(shape, given):
        shapes.append([int(n) for n in shape])
        rngs.append(given is rng)
        return Ws[len(shapes) - 1]

    scales = student.activation_scales(widths, act, init, x, rng)
    return {"scales": scales, "shapes": shapes, "rngs": rngs}


def some_weights(rng, widths, std=0.6):
    """Weights for a network of these widths, neither tiny nor huge."""
    return [std * rng.normal(size=shape) for shape in pairwise(widths)]


def check(student, rng, widths, act, n):
    """The mean squares are those of the formula, for weights of ours."""
    Ws, x = some_weights(rng, widths), rng.normal(size=(n, widths[0]))
    seen = scales_with_weights(student, widths, act, Ws, x)
    got = expect(CALL, seen["scales"]).sequence(len(Ws))
    want = scales_by_loops(x, Ws, act)
    for layer, (scale, right) in enumerate(zip(got, want), 1):
        expect(f"the mean square of layer {layer}", scale).close_to(right)


@points(2, of="activation_scales")
def test_scales_agree_with_the_formula(student, rng):
    """activation_scales gives the mean square of the outputs of every layer"""
    check(student, rng, [3, 4, 2], "tanh", 5)
    check(student, rng, [3, 5, 4, 2, 3], "relu", 6)
    check(student, rng, [2, 3, 3], "identity", 4)


@points(1.5, of="activation_scales")
def test_scales_with_every_activation(student, rng):
    """activation_scales knows its five activations"""
    for act in CURVES:
        check(student, rng, [4, 5, 3, 2], act, 5)


@points(0.5, of="activation_scales", needs="test_scales_agree_with_the_formula")
def test_scales_of_small_networks(student, rng):
    """activation_scales is right for one layer, one example, one unit"""
    for widths, n in (([3, 2], 4), ([3, 4, 2], 1), ([1, 1, 1], 1), ([2, 1, 5], 3)):
        check(student, rng, widths, "sigmoid", n)


@points(1, of="activation_scales", needs="test_scales_agree_with_the_formula")
def test_scales_draw_the_layers_in_order(student, rng):
    """activation_scales calls init once for each layer, in order, with the shape and its own rng"""
    widths = [3, 5, 4, 2]
    seen = scales_with_weights(student, widths, "tanh", some_weights(rng, widths), rng.normal(size=(2, 3)))
    expect("the shapes that init was given", seen["shapes"]).equals([[3, 5], [5, 4], [4, 2]])
    expect("the generators that init was given", seen["rngs"]).equals([True] * 3)


def scale_behind(student, rng, widths, act, init, rows):
    """The last mean square, relative to the input: geometric mean of two networks.

    Small enough for a student who multiplies matrices with plain loops.
    """
    logs = []
    for _ in range(2):
        x = rng.normal(size=(rows, widths[0]))
        got = student.activation_scales(widths, act, init, x, Rng(int(rng.integers(2**31))))
        got = expect(f"activation_scales(widths, {act!r}, {init!r}, x, rng)", got).sequence(len(widths) - 1)
        last = expect("the mean square of the last layer", got[-1]).at_least(1e-300).number()
        logs.append(math.log(last / np.mean(x**2)))
    return expect(f"the mean square behind the last layer ({act}, {init})", math.exp(np.mean(logs)))


@points(1, of="activation_scales", seconds=20)
def test_scales_of_one_layer(student, rng):
    """one linear layer multiplies the mean square by n_in times the variance of its weights"""
    # the geometric mean of two nets of 8 examples was 0.88 to 1.13 times what is expected in 3000 trials
    for n_in, n_out in ((100, 100), (400, 100), (100, 400)):
        widths = [n_in, n_out]
        xavier = 2 * n_in / (n_in + n_out)
        for init, want in (("xavier", xavier), ("he", 2.0), (0.3, 0.09 * n_in)):
            scale_behind(student, rng, widths, "identity", init, rows=8).between(0.8 * want, 1.25 * want)
    got = student.activation_scales([100, 20], "sigmoid", "zeros", np.ones((3, 100)), Rng(1))
    for scale in expect("activation_scales with 'zeros'", got).sequence(1):
        expect("the mean square of sigmoid(0)", scale).close_to(0.25)


@points(1, of="activation_scales", needs="test_scales_agree_with_the_formula", seconds=20)
def test_scales_behind_ten_layers(student, rng):
    """ten layers show which init suits which activation"""
    # Measured (1000 times each): 0.23 to 3.0; 2.9e-4 to 2.6e-3; 6.8e-20 to 1.7e-19; 0.79 to 1.06.
    widths = [128] * 11
    scale_behind(student, rng, widths, "relu", "he", rows=4).between(0.08, 9.0)
    scale_behind(student, rng, widths, "relu", "xavier", rows=4).between(8e-5, 9e-3)
    scale_behind(student, rng, widths, "tanh", 0.01, rows=4).between(1e-20, 1e-18)
    scale_behind(student, rng, widths, "tanh", 1.0, rows=4).between(0.6, 1.3)


@points(0.5, of="activation_scales", needs="test_scales_agree_with_the_formula")
def test_scales_are_a_list_of_floats(student, rng):
    """activation_scales returns Python floats and leaves x alone"""
    x = rng.normal(size=(4, 3))
    got = student.activation_scales([3, 2, 4], "relu", "he", x, Rng(5))
    for scale in expect(CALL, got).sequence(2):
        expect("a mean square", scale).is_float()
    for act in CURVES:
        battery.leaves_arguments_alone(CALL, student.activation_scales, [3, 2], act, "zeros", x, Rng(5))


@points(0.5, of="activation_scales", needs="test_scales_agree_with_the_formula")
def test_scales_draw_only_from_their_rng(student, rng):
    """activation_scales draws from the rng it is given and from nothing else"""
    x = rng.normal(size=(4, 3))

    def scales(generator):
        return observe(student.activation_scales, [3, 6, 5], "tanh", 0.5, x, generator)

    battery.draws_only_from_its_rng(CALL, scales, student, seed=int(rng.integers(2**31)))
    shared = Rng(int(rng.integers(2**31)))
    one, two = (expect(CALL, scales(shared).value).sequence(2) for _ in range(2))
    words = "a second network of the same rng has the same weights. Do not seed anew."
    expect(CALL, one).satisfies(one[0] != two[0], words)
