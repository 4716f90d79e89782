"""The bonus functions: elu, softplus, swish, hard_sigmoid, hard_tanh and their backward functions."""

import math

import numpy as np

from grader import battery, expect, points

HUGE = np.array([-1e300, -1e4, -1000.0, -746.0, 710.0, 1000.0, 1e4, 1e300])
HUGE_FLOAT32 = np.array([-1e30, -1e4, -1000.0, -104.0, 89.0, 1000.0, 1e4, 1e30], dtype=np.float32)


def mixed(rng, *shape):
    """Random numbers of both signs and several sizes."""
    return rng.normal(size=shape) * rng.choice([0.1, 1.0, 4.0], size=shape)


def away_from(kinks, z):
    """Moves entries that a finite difference would carry over a kink."""
    for kink in kinks:
        z = np.where(np.abs(z - kink) < 0.05, z + 0.1, z)
    return z


def entry_by_entry(f, z):
    out = np.empty(z.shape)
    for i in np.ndindex(z.shape):
        out[i] = f(float(z[i]))
    return out


def fits_in(call, function, *args):
    """B1, B2, B3, B5, B12."""
    battery.leaves_arguments_alone(call, function, *args)
    battery.returns_new_arrays(call, function, *args)
    battery.returns_new_arrays(call, function, *args[:-1], args[-1] / 100)
    battery.accepts_any_layout(call, function, *args)
    battery.keeps_float32(call, function, *args)
    battery.accepts_integers(call, function, *(np.round(2 * a) for a in args))


def survives(call, function, want):
    """Finite, without a warning and right at huge inputs, in both precisions; want: z -> result far out."""
    for z in (HUGE, HUGE_FLOAT32):
        got = battery.stays_finite(f"{call}, z of dtype {z.dtype}", function, z)
        expect(call, got).close_to(want(z), rtol=1e-6)


def survives_backward(call, function, want, up_to=np.inf):
    for z in (HUGE[np.abs(HUGE) <= up_to], HUGE_FLOAT32[np.abs(HUGE_FLOAT32) <= up_to]):
        dout = np.array([2.0, -2.0] * (len(z) // 2), dtype=z.dtype)
        got = battery.stays_finite(f"{call}, z of dtype {z.dtype}", function, dout, z)
        expect(call, got).close_to(want(dout, z), rtol=1e-6)


# elu ----------------------------------------------------------------------------------------------


def elu(alpha):
    return lambda z: np.where(z > 0, z, alpha * (np.exp(np.minimum(z, 0.0)) - 1.0))


@points(0.5, of="elu", bonus=True)
def test_elu_matches_the_formula(student, rng):
    """elu agrees with the formula for several alpha"""
    z = mixed(rng, 6, 5)
    expect("elu(z)", student.elu(z)).close_to(entry_by_entry(lambda t: t if t > 0 else math.exp(t) - 1, z))
    for alpha in (0.3, 2.0):
        want = entry_by_entry(lambda t: t if t > 0 else alpha * (math.exp(t) - 1), z)  # noqa: B023
        expect("elu(z, alpha)", student.elu(z, alpha)).close_to(want)
        expect("elu(z, alpha=alpha)", student.elu(z, alpha=alpha)).close_to(want)


@points(0.4, of="elu", needs="test_elu_matches_the_formula", bonus=True)
def test_elu_survives_huge_inputs(student):
    """elu does not overflow"""
    survives("elu(z)", student.elu, lambda z: np.where(z > 0, z, -1.0).astype(z.dtype))


@points(0.1, of="elu", needs="test_elu_matches_the_formula", bonus=True)
def test_elu_fits_in(student, rng):
    """elu leaves its input alone, takes any array and keeps float32"""
    fits_in("elu(z)", student.elu, mixed(rng, 3, 4))


@points(0.5, of="elu_backward", bonus=True)
def test_elu_backward_agrees_with_finite_differences(student, rng):
    """elu_backward agrees with finite differences for several alpha"""
    z, dout = away_from([0.0], mixed(rng, 6, 5)), rng.normal(size=(6, 5))
    expect("elu_backward(dout, z)", student.elu_backward(dout, z)).gradient(elu(1.0), at=z, dout=dout)
    for alpha in (0.3, 2.0):
        got = student.elu_backward(dout, z, alpha)
        expect("elu_backward(dout, z, alpha)", got).gradient(elu(alpha), at=z, dout=dout)
        got = student.elu_backward(dout, z, alpha=alpha)
        expect("elu_backward(dout, z, alpha=alpha)", got).gradient(elu(alpha), at=z, dout=dout)


@points(0.4, of="elu_backward", needs="test_elu_backward_agrees_with_finite_differences", bonus=True)
def test_elu_backward_at_the_kink_and_far_out(student):
    """elu_backward is alpha at z = 0, and does not overflow"""
    got = student.elu_backward(np.array([3.0, -3.0]), np.array([0.0, -0.0]), alpha=0.5)
    expect("elu_backward(dout, z, alpha)", got).close_to([1.5, -1.5])
    survives_backward("elu_backward(dout, z)", student.elu_backward, lambda d, z: np.where(z > 0, d, 0 * d))


@points(0.1, of="elu_backward", needs="test_elu_backward_agrees_with_finite_differences", bonus=True)
def test_elu_backward_fits_in(student, rng):
    """elu_backward leaves its arguments alone, takes any array and keeps float32"""
    fits_in("elu_backward(dout, z)", student.elu_backward, rng.normal(size=(3, 4)), mixed(rng, 3, 4))


# softplus -----------------------------------------------------------------------------------------


@points(0.5, of="softplus", bonus=True)
def test_softplus_matches_the_formula(student, rng):
    """softplus agrees with the formula"""
    z = mixed(rng, 6, 5)
    expect("softplus(z)", student.softplus(z)).close_to(
        entry_by_entry(lambda t: math.log(1 + math.exp(t)), z)
    )


@points(0.4, of="softplus", needs="test_softplus_matches_the_formula", bonus=True)
def test_softplus_survives_huge_inputs(student):
    """softplus does not overflow, and keeps the digits of small values"""
    survives("softplus(z)", student.softplus, lambda z: np.where(z > 0, z, 0 * z))
    z = np.array([-30.0, -50.0, -100.0, -300.0])
    want = entry_by_entry(math.exp, z)
    expect("softplus(z)", student.softplus(z)).close_to(
        want, rtol=1e-9, atol=0, hint="What is 1 + 1e-22 in float64?"
    )


@points(0.1, of="softplus", needs="test_softplus_matches_the_formula", bonus=True)
def test_softplus_fits_in(student, rng):
    """softplus leaves its input alone, takes any array and keeps float32"""
    fits_in("softplus(z)", student.softplus, mixed(rng, 3, 4))


@points(0.5, of="softplus_backward", bonus=True)
def test_softplus_backward_agrees_with_finite_differences(student, rng):
    """softplus_backward agrees with finite differences"""
    z, dout = mixed(rng, 6, 5), rng.normal(size=(6, 5))
    got = student.softplus_backward(dout, z)
    expect("softplus_backward(dout, z)", got).gradient(lambda z: np.log1p(np.exp(z)), at=z, dout=dout)


@points(
    0.4, of="softplus_backward", needs="test_softplus_backward_agrees_with_finite_differences", bonus=True
)
def test_softplus_backward_survives_huge_inputs(student):
    """softplus_backward does not overflow"""
    call = "softplus_backward(dout, z)"
    survives_backward(call, student.softplus_backward, lambda d, z: np.where(z > 0, d, 0 * d))


@points(
    0.1, of="softplus_backward", needs="test_softplus_backward_agrees_with_finite_differences", bonus=True
)
def test_softplus_backward_fits_in(student, rng):
    """softplus_backward leaves its arguments alone, takes any array and keeps float32"""
    fits_in(
        "softplus_backward(dout, z)", student.softplus_backward, rng.normal(size=(3, 4)), mixed(rng, 3, 4)
    )


# swish --------------------------------------------------------------------------------------------


def swish(beta):
    return lambda z: z / (1.0 + np.exp(-beta * z))


@points(0.5, of="swish", bonus=True)
def test_swish_matches_the_formula(student, rng):
    """swish agrees with the formula for several beta"""
    z = mixed(rng, 6, 5)
    expect("swish(z)", student.swish(z)).close_to(entry_by_entry(lambda t: t / (1 + math.exp(-t)), z))
    for beta in (0.0, 0.3, 2.0):
        want = entry_by_entry(lambda t: t / (1 + math.exp(-beta * t)), z)  # noqa: B023
        expect("swish(z, beta)", student.swish(z, beta)).close_to(want)
        expect("swish(z, beta=beta)", student.swish(z, beta=beta)).close_to(want)


@points(0.4, of="swish", needs="test_swish_matches_the_formula", bonus=True)
def test_swish_survives_huge_inputs(student):
    """swish does not overflow"""
    survives("swish(z)", student.swish, lambda z: np.where(z > 0, z, 0 * z))


@points(0.1, of="swish", needs="test_swish_matches_the_formula", bonus=True)
def test_swish_fits_in(student, rng):
    """swish leaves its input alone, takes any array and keeps float32"""
    fits_in("swish(z)", student.swish, mixed(rng, 3, 4))


@points(0.5, of="swish_backward", bonus=True)
def test_swish_backward_agrees_with_finite_differences(student, rng):
    """swish_backward agrees with finite differences for several beta"""
    z, dout = mixed(rng, 6, 5), rng.normal(size=(6, 5))
    expect("swish_backward(dout, z)", student.swish_backward(dout, z)).gradient(swish(1.0), at=z, dout=dout)
    for beta in (0.0, 0.3, 2.0):
        got = student.swish_backward(dout, z, beta)
        expect("swish_backward(dout, z, beta)", got).gradient(swish(beta), at=z, dout=dout)
        got = student.swish_backward(dout, z, beta=beta)
        expect("swish_backward(dout, z, beta=beta)", got).gradient(swish(beta), at=z, dout=dout)


@points(0.4, of="swish_backward", needs="test_swish_backward_agrees_with_finite_differences", bonus=True)
def test_swish_backward_survives_huge_inputs(student):
    """swish_backward does not overflow"""
    call = "swish_backward(dout, z)"
    survives_backward(call, student.swish_backward, lambda d, z: np.where(z > 0, d, 0 * d), up_to=1e4)


@points(0.1, of="swish_backward", needs="test_swish_backward_agrees_with_finite_differences", bonus=True)
def test_swish_backward_fits_in(student, rng):
    """swish_backward leaves its arguments alone, takes any array and keeps float32"""
    fits_in("swish_backward(dout, z)", student.swish_backward, rng.normal(size=(3, 4)), mixed(rng, 3, 4))


# hard_sigmoid -------------------------------------------------------------------------------------


def hard_sigmoid(z):
    return np.where(z >= 2, 1.0, np.where(z <= -2, 0.0, 0.25 * z + 0.5))


@points(0.5, of="hard_sigmoid", bonus=True)
def test_hard_sigmoid_matches_the_formula(student, rng):
    """hard_sigmoid agrees with the formula on all three pieces"""
    z = np.concatenate([mixed(rng, 15), np.linspace(-4, 4, 33)])
    want = entry_by_entry(lambda t: 1.0 if t >= 2 else 0.0 if t <= -2 else 0.25 * t + 0.5, z)
    expect("hard_sigmoid(z)", student.hard_sigmoid(z)).close_to(want)


@points(0.4, of="hard_sigmoid", needs="test_hard_sigmoid_matches_the_formula", bonus=True)
def test_hard_sigmoid_is_exact_far_out(student):
    """hard_sigmoid is 1 and 0 far out"""
    survives("hard_sigmoid(z)", student.hard_sigmoid, lambda z: (z > 0).astype(z.dtype))


@points(0.1, of="hard_sigmoid", needs="test_hard_sigmoid_matches_the_formula", bonus=True)
def test_hard_sigmoid_fits_in(student, rng):
    """hard_sigmoid leaves its input alone, takes any array and keeps float32"""
    fits_in("hard_sigmoid(z)", student.hard_sigmoid, mixed(rng, 3, 4))


@points(0.5, of="hard_sigmoid_backward", bonus=True)
def test_hard_sigmoid_backward_agrees_with_finite_differences(student, rng):
    """hard_sigmoid_backward agrees with finite differences on all three pieces"""
    z = away_from([-2.0, 2.0], np.concatenate([mixed(rng, 15), np.linspace(-4, 4, 33)]))
    dout = rng.normal(size=z.shape)
    got = student.hard_sigmoid_backward(dout, z)
    expect("hard_sigmoid_backward(dout, z)", got).gradient(hard_sigmoid, at=z, dout=dout)


@points(
    0.4,
    of="hard_sigmoid_backward",
    needs="test_hard_sigmoid_backward_agrees_with_finite_differences",
    bonus=True,
)
def test_hard_sigmoid_backward_is_zero_at_the_kinks(student):
    """hard_sigmoid_backward is 0 at both kinks, and not before them"""
    z = np.array([-2.0, 2.0, np.nextafter(-2.0, 0.0), np.nextafter(2.0, 0.0)])
    got = student.hard_sigmoid_backward(np.array([4.0, -4.0, 4.0, -4.0]), z)
    expect("hard_sigmoid_backward(dout, z)", got).close_to([0.0, 0.0, 1.0, -1.0])


@points(
    0.1,
    of="hard_sigmoid_backward",
    needs="test_hard_sigmoid_backward_agrees_with_finite_differences",
    bonus=True,
)
def test_hard_sigmoid_backward_fits_in(student, rng):
    """hard_sigmoid_backward leaves its arguments alone, takes any array and keeps float32"""
    z = away_from([-2.0, 2.0], mixed(rng, 3, 4))
    fits_in("hard_sigmoid_backward(dout, z)", student.hard_sigmoid_backward, rng.normal(size=(3, 4)), z)


# hard_tanh ----------------------------------------------------------------------------------------


def hard_tanh(z):
    return np.where(z >= 1, 1.0, np.where(z <= -1, -1.0, z))


@points(0.5, of="hard_tanh", bonus=True)
def test_hard_tanh_matches_the_formula(student, rng):
    """hard_tanh agrees with the formula on all three pieces"""
    z = np.concatenate([mixed(rng, 15), np.linspace(-3, 3, 25)])
    want = entry_by_entry(lambda t: 1.0 if t >= 1 else -1.0 if t <= -1 else t, z)
    expect("hard_tanh(z)", student.hard_tanh(z)).close_to(want)


@points(0.4, of="hard_tanh", needs="test_hard_tanh_matches_the_formula", bonus=True)
def test_hard_tanh_is_exact_far_out(student):
    """hard_tanh is 1 and -1 far out"""
    survives("hard_tanh(z)", student.hard_tanh, lambda z: np.sign(z))


@points(0.1, of="hard_tanh", needs="test_hard_tanh_matches_the_formula", bonus=True)
def test_hard_tanh_fits_in(student, rng):
    """hard_tanh leaves its input alone, takes any array and keeps float32"""
    fits_in("hard_tanh(z)", student.hard_tanh, mixed(rng, 3, 4))


@points(0.5, of="hard_tanh_backward", bonus=True)
def test_hard_tanh_backward_agrees_with_finite_differences(student, rng):
    """hard_tanh_backward agrees with finite differences on all three pieces"""
    z = away_from([-1.0, 1.0], np.concatenate([mixed(rng, 15), np.linspace(-3, 3, 25)]))
    dout = rng.normal(size=z.shape)
    got = student.hard_tanh_backward(dout, z)
    expect("hard_tanh_backward(dout, z)", got).gradient(hard_tanh, at=z, dout=dout)


@points(
    0.4, of="hard_tanh_backward", needs="test_hard_tanh_backward_agrees_with_finite_differences", bonus=True
)
def test_hard_tanh_backward_is_zero_at_the_kinks(student):
    """hard_tanh_backward is 0 at both kinks, and not before them"""
    z = np.array([-1.0, 1.0, np.nextafter(-1.0, 0.0), np.nextafter(1.0, 0.0)])
    got = student.hard_tanh_backward(np.array([4.0, -4.0, 4.0, -4.0]), z)
    expect("hard_tanh_backward(dout, z)", got).close_to([0.0, 0.0, 4.0, -4.0])


@points(
    0.1, of="hard_tanh_backward", needs="test_hard_tanh_backward_agrees_with_finite_differences", bonus=True
)
def test_hard_tanh_backward_fits_in(student, rng):
    """hard_tanh_backward leaves its arguments alone, takes any array and keeps float32"""
    z = away_from([-1.0, 1.0], mixed(rng, 3, 4))
    fits_in("hard_tanh_backward(dout, z)", student.hard_tanh_backward, rng.normal(size=(3, 4)), z)
