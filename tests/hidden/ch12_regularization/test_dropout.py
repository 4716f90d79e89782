"""Hidden tests of ch12: dropout as a pair of functions."""

import math

import numpy as np
import pytest

from grader import Rng, battery, expect, in_worker, observe, points, refuses, rng_state


def an_rng(rng):
    """A generator for the student's code, another one in each test."""
    return Rng(int(rng.integers(2**31)))


def dropped(student, rng, X, p, **options):
    """out and mask of dropout_forward as arrays of the shape of X."""
    got = student.dropout_forward(X, p, an_rng(rng), **options)
    out, mask = expect("dropout_forward(X, p, rng)", got).unpack("out", "mask")
    return out.array(X.shape), mask.array(X.shape)


def check_mask(mask, p):
    """Every entry is 0 or 1 / (1 - p)."""
    near = np.where(mask > 0.5 / (1 - p), 1 / (1 - p), 0.0)
    expect("mask", mask).close_to(near, hint="An entry is switched off or scaled, nothing else.")


@in_worker
def many_masks(student, X, p, rng, draws):
    """Which entries were switched off, draw after draw."""
    return np.array([np.asarray(student.dropout_forward(X, p, rng)[1]) == 0 for _ in range(draws)])


# forward -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.2, 0.8])
@points(1, of="dropout_forward")
def test_dropout_scales_what_stays(student, rng, p):
    """every entry is either 0 or x / (1 - p), and the mask says which"""
    for shape in ((30, 20), (200,), (3, 4, 5, 6)):
        X = rng.normal(size=shape)
        out, mask = dropped(student, rng, X, p)
        check_mask(mask, p)
        expect("out", out).close_to(X * mask)
        share = float(np.mean(mask == 0))
        expect("the share of entries that are switched off", share).between(0.01, 0.99)


@pytest.mark.parametrize("p", [0.2, 0.5, 0.8])
@points(0.5, of="dropout_forward", needs="test_dropout_scales_what_stays")
def test_dropout_drops_with_probability_p(student, rng, p):
    """of 40 000 entries a share of p is switched off, and their mean stays 1"""
    out, mask = dropped(student, rng, np.ones((200, 200)), p)
    # 6 standard deviations; with p as the probability to keep the share would be 1 - p
    share, mean = math.sqrt(p * (1 - p)) / 200, math.sqrt(p / (1 - p)) / 200
    for what, value in (("out", out), ("mask", mask)):
        off = float(np.mean(value == 0))
        expect(f"the share of zeros in {what}", off).between(
            p - 6 * share, p + 6 * share, "p is the probability to drop."
        )
        expect(f"the mean of {what}", float(value.mean())).between(1 - 6 * mean, 1 + 6 * mean)


@points(1.5, of="dropout_forward", needs="test_dropout_scales_what_stays")
def test_dropout_draws_for_each_entry(student, rng):
    """every entry is switched off by itself: not by row, by column, as a whole, or a fixed number of them"""
    p, draws = 0.4, 1000
    for shape in ((3, 4), (2, 3, 1, 2)):
        off = many_masks(student, rng.normal(size=shape), p, an_rng(rng), draws)
        off = expect("masks", off.astype(float)).array((draws, *shape)).reshape(draws, 12)
        # bounds of 6 standard deviations: sqrt(0.24 / 1000) = 0.0155, sqrt(0.16 * 0.84 / 1000) = 0.0116
        each = off.mean(axis=0)
        worst = float(np.abs(each - p).max())
        expect("how far an entry is from being off in 40 % of all draws", worst).at_most(0.093)
        both = np.einsum("tj,tk->jk", off, off) / draws
        worst = float(np.abs(both - p * p)[~np.eye(12, dtype=bool)].max())
        expect("how far two entries are from being off together in 16 % of all draws", worst).at_most(
            0.07, "Draw one number for each entry."
        )
        number = off.sum(axis=1)  # mean 4.8, variance 2.88; at most 2: 8 %, at least 8: 6 %
        expect("the number of entries that are off", number).satisfies(
            number.min() <= 2 and number.max() >= 8, "is nearly the same in all draws."
        )


@points(1, of="dropout_forward", needs="test_dropout_scales_what_stays")
def test_dropout_draws_anew_each_time(student, rng):
    """each call draws a new mask"""
    p, draws = 0.4, 1000
    off = many_masks(student, rng.normal(size=(3, 4)), p, an_rng(rng), draws)
    off = expect("masks", off.astype(float)).array((draws, 3, 4)).reshape(draws, 12)
    again = float((off[1:] * off[:-1]).mean())  # 0.16; the same mask again: 0.4; an alternation: 0
    expect("how often an entry is off in two calls in a row", again).between(0.12, 0.2)


@points(0.75, of="dropout_forward", needs="test_dropout_scales_what_stays")
def test_dropout_does_not_look_at_the_numbers(student, rng):
    """the mask does not depend on X: zeros, huge and negative numbers are dropped like all others"""
    for X in (np.zeros((60, 60)), np.full((60, 60), -1e300), np.where(rng.random((60, 60)) < 0.5, 0.0, 1.0)):
        out, mask = dropped(student, rng, X, 0.25)
        check_mask(mask, 0.25)
        share = float(np.mean(mask == 0))  # standard deviation 0.0072
        expect("the share of zeros in mask", share).between(0.2, 0.3)
        expect("out", out).close_to(X * mask)


@points(0.5, of="dropout_forward", needs="test_dropout_scales_what_stays")
def test_dropout_of_nothing(student, rng):
    """with p = 0 out has the numbers of X and the mask is 1 everywhere"""
    X = rng.normal(size=(20, 10))
    out, mask = dropped(student, rng, X, 0.0)
    expect("out", out).close_to(X)
    expect("mask", mask).close_to(np.ones((20, 10)))


@points(0.75, of="dropout_forward", needs="test_dropout_scales_what_stays")
def test_dropout_of_everything(student, rng):
    """with p = 1 out and mask are 0, without nan and without a warning"""
    X = rng.normal(size=(20, 10))
    seen = observe(student.dropout_forward, X, 1.0, an_rng(rng))
    out, mask = expect("dropout_forward(X, 1, rng)", seen.value).unpack("out", "mask")
    out.close_to(np.zeros((20, 10)))
    mask.close_to(np.zeros((20, 10)))
    expect("dropout_forward(X, 1, rng)", seen.value).satisfies(not seen.warnings, "gives a warning.")


@points(1, of="dropout_forward", needs="test_dropout_scales_what_stays")
def test_dropout_does_nothing_outside_of_training(student, rng):
    """with train=False out has the numbers of X, the mask is 1, and nothing is drawn"""
    X = rng.normal(size=(5, 4))
    for p in (0.0, 0.3, 1.0):
        for source in (None, an_rng(rng)):
            got = expect(
                "dropout_forward(X, p, rng, train=False)", student.dropout_forward(X, p, source, train=False)
            )
            out, mask = got.unpack("out", "mask")
            out.close_to(X, hint="Inverted dropout has no scale left for this mode.")
            mask.close_to(np.ones((5, 4)))
            if source is not None:
                untouched = rng_state(student, source) == rng_state(student, Rng(source.seed))
                got.satisfies(untouched, "draws from rng.")


@points(0.5, of="dropout_forward", needs="test_dropout_scales_what_stays")
def test_dropout_returns_new_arrays(student, rng):
    """out and mask are new arrays in every mode, and X is not changed"""
    X = rng.normal(size=(5, 4))
    locked = X.copy()
    locked.flags.writeable = False
    for p, train in ((0.5, True), (0.0, True), (1.0, True), (0.5, False), (0.0, False)):
        for x in (X, locked):
            seen = observe(student.dropout_forward, x, p, an_rng(rng), train=train)
            call = expect("dropout_forward(X, p, rng)", seen.value)
            call.satisfies(not seen.modified, "X was changed.")
            call.satisfies(not seen.shares, "out or mask shares its memory with X.")
        call.satisfies(not together(student, X, p, an_rng(rng), train), "out and mask are the same array.")


@in_worker
def together(student, X, p, rng, train):
    """Do out and mask share memory?"""
    out, mask = student.dropout_forward(X, p, rng, train=train)
    return bool(np.shares_memory(out, mask))


@points(0.5, of="dropout_forward", needs="test_dropout_scales_what_stays")
def test_dropout_draws_only_from_its_rng(student, rng):
    """the same seed gives the same mask, and no other generator is used"""
    X = rng.normal(size=(6, 5))
    battery.draws_only_from_its_rng(
        "dropout_forward(X, p, rng)", lambda r: observe(student.dropout_forward, X, 0.5, r), student
    )


@points(0.5, of="dropout_forward", needs="test_dropout_scales_what_stays")
def test_dropout_refuses_other_probabilities(student, rng):
    """a p below 0, above 1 or nan is a ValueError, with train=False, too"""
    X = rng.normal(size=(3, 2))
    for p in (-0.01, 1.01, 50, float("nan")):
        for train in (True, False):
            call = f"dropout_forward(X, {p}, rng, train={train})"
            refuses(call, ValueError, student.dropout_forward, X, p, an_rng(rng), train=train)


@points(0.5, of="dropout_forward", needs="test_dropout_scales_what_stays")
def test_dropout_of_any_array(student, rng):
    """out and mask are float32 if X is; integers become float64; the memory layout does not matter"""
    X = rng.integers(1, 9, size=(6, 8))
    for p, train in ((0.2, True), (0.0, True), (1.0, True), (0.2, False)):
        for x, dtype in ((X.astype(np.float32), np.float32), (X, np.float64)):
            got = student.dropout_forward(x, p, an_rng(rng), train=train)
            for part in expect("dropout_forward(X, p, rng)", got).unpack("out", "mask"):
                part.has_dtype(dtype)
        out, mask = dropped(student, rng, X, p, train=train)
        expect("out of integers", out).close_to(X * mask)
    for _, x in battery.layouts(rng.normal(size=(6, 8))):
        out, mask = dropped(student, rng, x, 0.2)
        expect("out of an array in another memory layout", out).close_to(x * mask)


# backward ------------------------------------------------------------------------------------------------------


@points(1.5, of="dropout_backward")
def test_dropout_backward_is_the_gradient(student, rng):
    """dropout_backward is the numerical gradient for the mask that it is given"""
    for shape, p in (((5, 4), 0.5), ((30,), 0.2), ((2, 3, 4), 0.9)):
        mask = (rng.random(shape) >= p) / (1 - p)
        X, dout = rng.normal(size=shape), rng.normal(size=shape)
        got = expect("dropout_backward(dout, mask)", student.dropout_backward(dout, mask))
        got.gradient(
            lambda v, mask=mask: v * mask, at=X, dout=dout, hint="The factor 1 / (1 - p) is in the mask."
        )


@points(0.5, of="dropout_backward")
def test_dropout_backward_takes_the_mask_as_it_is(student, rng):
    """all ones pass dout on, all zeros stop it, and any other number is a factor as well"""
    dout = rng.normal(size=(3, 4))
    call = "dropout_backward(dout, mask)"
    expect(call, student.dropout_backward(dout, np.ones((3, 4)))).close_to(dout)
    expect(call, student.dropout_backward(dout, np.zeros((3, 4)))).close_to(np.zeros((3, 4)))
    mask = rng.normal(size=(3, 4))
    want = [[a * b for a, b in zip(*rows)] for rows in zip(dout.tolist(), mask.tolist())]
    expect(call, student.dropout_backward(dout, mask)).close_to(want)


@points(0.5, of="dropout_backward", needs="test_dropout_backward_is_the_gradient")
def test_dropout_backward_leaves_its_arguments_alone(student, rng):
    """dropout_backward returns a new array, also for a mask of ones, and changes neither dout nor mask"""
    dout = rng.normal(size=(3, 4))
    for mask in (2.0 * (rng.random((3, 4)) < 0.5), np.ones((3, 4))):
        battery.leaves_arguments_alone("dropout_backward(dout, mask)", student.dropout_backward, dout, mask)
        battery.returns_new_arrays("dropout_backward(dout, mask)", student.dropout_backward, dout, mask)


@points(0.25, of="dropout_backward", needs="test_dropout_backward_is_the_gradient")
def test_dropout_backward_refuses_other_shapes(student, rng):
    """dropout_backward raises ValueError if the shapes differ"""
    dout = rng.normal(size=(3, 4))
    for shape in ((4, 3), (1, 4), (3, 1), (4,), (1, 3, 4)):
        refuses("a mask of another shape", ValueError, student.dropout_backward, dout, np.ones(shape))


@points(0.25, of="dropout_backward", needs="test_dropout_backward_is_the_gradient")
def test_dropout_backward_of_any_array(student, rng):
    """dropout_backward keeps float32, converts integers and takes any memory layout"""
    dout, mask = rng.integers(-4, 5, size=(4, 3)).astype(float), 2.0 * (rng.random((4, 3)) < 0.5)
    battery.keeps_float32("dropout_backward(dout, mask)", student.dropout_backward, dout, mask)
    for one, other in ((np.float32, np.float64), (np.float64, np.float32)):
        got = student.dropout_backward(dout.astype(one), mask.astype(other))
        expect("dropout_backward of float32 and float64 arrays", got).has_dtype(np.float64)
    battery.accepts_integers("dropout_backward(dout, mask)", student.dropout_backward, dout, mask)
    battery.accepts_any_layout("dropout_backward(dout, mask)", student.dropout_backward, dout, mask)
