"""Single gates: forward values, local derivatives against finite differences, ties and forks."""

import math

import numpy as np

from grader import expect, many, points

DOUTS = (1.0, -2.5, 0.75, 0.0, 40.0)


def logistic(z):
    return 1.0 / (1.0 + math.exp(-z))


def pairs_of_numbers(rng, count):
    """Pairs (x, y) of all signs and orders, never close to each other."""
    found = []
    while len(found) < count:
        x, y = (float(v) for v in 3.0 * rng.normal(size=2))
        if abs(x - y) > 0.1:
            found.append((x, y))
    return found


def two_numbers(call, value):
    """A returned pair (dx, dy) as an array of two numbers."""
    dx, dy = expect(call, value).unpack("dx", "dy")
    return np.array([dx.number(), dy.number()])


def agrees_with_differences(call, results, gate, cases):
    """Each result is the gradient of dout * gate(x, y) at its (dout, x, y)."""
    for value, (dout, x, y) in zip(results, cases, strict=True):
        got = expect(call, two_numbers(call, value))
        got.gradient(lambda v, dout=dout: dout * gate(v[0], v[1]), at=np.array([x, y]))


def entries_are(call, value, want):
    """A returned pair, number by number."""
    for part, number in zip(expect(call, value).unpack("dx", "dy"), want, strict=True):
        part.close_to(float(number))


# forward -----------------------------------------------------------------------------------------------------


@points(0.5, of="add_gate")
def test_add_gate(student, rng):
    """add_gate gives the sum, for numbers of any sign"""
    cases = [*pairs_of_numbers(rng, 6), (2.0, 2.0), (0.0, -3.5), (4, -1)]
    for value, (x, y) in zip(many(student.add_gate, cases), cases, strict=True):
        expect("add_gate(x, y)", value).close_to(math.fsum((x, y)))


@points(0.5, of="mul_gate")
def test_mul_gate(student, rng):
    """mul_gate gives the product, for numbers of any sign"""
    cases = [*pairs_of_numbers(rng, 6), (2.0, 2.0), (0.0, -3.5), (4, -1)]
    for value, (x, y) in zip(many(student.mul_gate, cases), cases, strict=True):
        expect("mul_gate(x, y)", value).close_to(float(x * y))


@points(1, of="max_gate")
def test_max_gate(student, rng):
    """max_gate gives the larger number, whichever comes first"""
    cases = [*pairs_of_numbers(rng, 6), (-1.0, -2.0), (-2.0, -1.0), (3.0, 3.0), (-7.0, 2.0), (2, 5), (5, 2)]
    for value, (x, y) in zip(many(student.max_gate, cases), cases, strict=True):
        expect("max_gate(x, y)", value).close_to(sorted((float(x), float(y)))[1])


# backward ----------------------------------------------------------------------------------------------------


@points(1, of="add_gate_backward")
def test_add_gate_backward_agrees_with_finite_differences(student, rng):
    """add_gate_backward is the gradient of the sum"""
    call = "add_gate_backward(dout)"
    values = many(student.add_gate_backward, [(d,) for d in DOUTS])
    cases = [(d, *p) for d, p in zip(DOUTS, pairs_of_numbers(rng, len(DOUTS)), strict=True)]
    agrees_with_differences(call, values, lambda x, y: x + y, cases)


@points(0.5, of="add_gate_backward", needs="test_add_gate_backward_agrees_with_finite_differences")
def test_add_gate_backward_at_any_scale(student, rng):
    """add_gate_backward is right for tiny and for huge gradients, call after call"""
    douts = [float(v) for v in rng.normal(size=4)] + [3, 1e-300, -1e300]
    for value, dout in zip(many(student.add_gate_backward, [(d,) for d in douts]), douts, strict=True):
        for part in expect("add_gate_backward(dout)", value).unpack("dx", "dy"):
            part.close_to(float(dout), rtol=1e-12, atol=0.0)


@points(1.25, of="mul_gate_backward")
def test_mul_gate_backward_agrees_with_finite_differences(student, rng):
    """mul_gate_backward is the gradient of the product"""
    call = "mul_gate_backward(dout, x, y)"
    cases = [(d, *p) for d, p in zip(DOUTS, pairs_of_numbers(rng, len(DOUTS)), strict=True)]
    values = many(student.mul_gate_backward, cases)
    agrees_with_differences(call, values, lambda x, y: x * y, cases)


@points(0.75, of="mul_gate_backward")
def test_mul_gate_backward_by_hand(student):
    """mul_gate_backward is right for whole numbers and for inputs that are 0"""
    call = "mul_gate_backward(dout, x, y)"
    for (dout, x, y), want in {
        (2.0, 3.0, -4.0): (-8.0, 6.0),
        (-3.0, 0.0, 5.0): (-15.0, 0.0),
        (-3.0, 5.0, 0.0): (0.0, -15.0),
        (7.0, 0.0, 0.0): (0.0, 0.0),
        (0.0, 2.0, 3.0): (0.0, 0.0),
        (2, 3, 5): (10.0, 6.0),
    }.items():
        entries_are(call, student.mul_gate_backward(dout, x, y), want)


@points(1.25, of="max_gate_backward")
def test_max_gate_backward_agrees_with_finite_differences(student, rng):
    """max_gate_backward is the gradient of the larger number, for all signs and both orders"""
    call = "max_gate_backward(dout, x, y)"
    some = [*pairs_of_numbers(rng, 6), (-1.0, -2.0), (-2.0, -1.0), (-5.0, 1.0), (1.0, -5.0)]
    cases = [(d, *p) for p in some for d in (1.5, -2.0)]
    agrees_with_differences(call, many(student.max_gate_backward, cases), max, cases)


@points(0.5, of="max_gate_backward", needs="test_max_gate_backward_agrees_with_finite_differences")
def test_max_gate_backward_loses_nothing(student, rng):
    """the winner gets all of dout and the loser exactly 0, however close the race"""
    cases = [(float(d), x, y) for d, (x, y) in zip(rng.normal(size=8), pairs_of_numbers(rng, 8), strict=True)]
    cases += [(d, 1.0, y) for d in (2.0, -2.0) for y in (1.0 - 1e-12, 1.0 + 1e-12)]
    for value, (dout, x, y) in zip(many(student.max_gate_backward, cases), cases, strict=True):
        parts = expect("max_gate_backward(dout, x, y)", value).unpack("dx", "dy")
        winner, loser = parts if x > y else parts[::-1]
        winner.close_to(dout, rtol=1e-12, hint="All of dout goes to the winner.")
        loser.satisfies(loser.number() == 0.0, "the loser gets a gradient.")


@points(0.75, of="max_gate_backward", needs="test_max_gate_backward_agrees_with_finite_differences")
def test_max_gate_backward_gives_a_tie_to_the_first(student):
    """of two equal inputs the first is the winner"""
    for dout, x in ((4.0, 2.0), (-4.0, -2.0), (3.0, 0.0)):
        for y in (x, -x) if x == 0 else (x,):
            value = student.max_gate_backward(dout, x, y)
            entries_are("max_gate_backward(dout, x, x)", value, (dout, 0.0))


@points(1.25, of="copy_gate_backward")
def test_copy_gate_backward_agrees_with_finite_differences(student, rng):
    """copy_gate_backward is the derivative for a number that two, three or five gates use"""
    for K in (2, 3, 5):
        slopes = [-0.25, *(float(v) for v in rng.uniform(0.5, 2.0, size=K - 1))]
        x = float(rng.uniform(0.05, 0.5))
        users = [lambda t, s=s, k=k: s * t + (k + 1) * t * t for k, s in enumerate(slopes)]
        douts = [s + 2 * (k + 1) * x for k, s in enumerate(slopes)]
        got = expect("copy_gate_backward(*douts)", student.copy_gate_backward(*douts))
        got = expect("copy_gate_backward(*douts)", np.array([got.number()]))
        got.gradient(lambda v, users=users: sum(user(v[0]) for user in users), at=np.array([x]))


@points(0.75, of="copy_gate_backward", needs="test_copy_gate_backward_agrees_with_finite_differences")
def test_copy_gate_backward_takes_any_number_of_users(student):
    """copy_gate_backward works for one user, for none, for equal and for opposite gradients"""
    for douts, want in {
        (2.5,): 2.5,
        (): 0.0,
        (3.0, 3.0): 6.0,
        (3.0, -3.0): 0.0,
        (0.0, 0.0, -1.0): -1.0,
        (1, 2, 3, 4): 10.0,
        tuple([0.5] * 200): 100.0,
    }.items():
        value = student.copy_gate_backward(*douts)
        expect("copy_gate_backward(*douts)", value).close_to(want, hint="Every user counts in full.")


@points(1.25, of="sigmoid_gate_backward")
def test_sigmoid_gate_backward_agrees_with_finite_differences(student, rng):
    """sigmoid_gate_backward, given the output, is the derivative for the input"""
    cases = [(float(d), float(z)) for d, z in zip(DOUTS, 2.0 * rng.normal(size=len(DOUTS)), strict=True)]
    values = many(student.sigmoid_gate_backward, [(d, logistic(z)) for d, z in cases])
    for value, (dout, z) in zip(values, cases, strict=True):
        got = expect("sigmoid_gate_backward(dout, out)", value).number()
        judged = expect("sigmoid_gate_backward(dout, out)", np.array([got]))
        judged.gradient(lambda v, dout=dout: dout * logistic(v[0]), at=np.array([z]))


@points(0.75, of="sigmoid_gate_backward")
def test_sigmoid_gate_backward_by_hand(student):
    """sigmoid_gate_backward is right for small numbers, and 0 where the output is 0 or 1"""
    for (dout, out), want in {
        (1.0, 0.5): 0.25,
        (-8.0, 0.25): -1.5,
        (100.0, 0.9): 9.0,
        (3.0, 0.0): 0.0,
        (-3.0, 1.0): 0.0,
        (1e30, 1e-30): 1.0,
    }.items():
        value = student.sigmoid_gate_backward(dout, out)
        expect("sigmoid_gate_backward(dout, out)", value).close_to(want)
