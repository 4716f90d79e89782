"""What the functions of ch00 have no use for: callbacks (D, E) and objects that stay with the student (F)."""

import numpy as np

from grader import expect, points

CANARY_EXPECTED = "nnkata-canary-expected-0000000000000000"


class Cubic:
    """A trusted object that is called back. What it knows stays here."""

    def __init__(self, a, b):
        self._derivative_at_one = 3 * a + b
        self._canary = CANARY_EXPECTED
        self.a, self.b = a, b
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return self.a * x**3 + self.b * x

    def sum_up_to(self, n):
        """Work whose length the caller decides."""
        total = 0.0
        for i in range(n):
            total += self(i / n)
        return total


@points(10, of="slope", seconds=1)
def test_d1_public_example(student):
    """D1: slope of x * x at 3 is 6"""
    expect("slope(f, x, h)", student.slope(lambda x: x * x, 3.0, 0.5)).close_to(6.0)


@points(10, of="slope", seconds=1)
def test_d2_trusted_object(student, rng):
    """D2: slope calls f and forms the central difference"""
    a, b = rng.normal(size=2)
    f = Cubic(float(a), float(b))
    got = student.slope(f, 1.0, 0.25)
    expect("slope(f, x, h)", got).close_to(3 * a + b + a * 0.0625)


@points(10, of="slope", seconds=1)
def test_d3_checked_callback(student, rng):
    """D3: slope hands numbers to f, nothing else"""
    scale = float(rng.normal())

    def f(x):
        expect("the argument of f", x).number()
        return scale * float(x)

    expect("slope(f, x, h)", student.slope(f, 2.0, 0.5)).close_to(scale)


@points(10, of="descend", seconds=1)
def test_e1_public_example(student):
    """E1: two steps on w * w"""
    got = student.descend(lambda w: 2 * w, np.array([1.0, -2.0]), 0.25, 2)
    expect("descend(gradient, w, lr, steps)", got).close_to([0.25, -0.5])


@points(10, of="descend", seconds=1)
def test_e2_random_bowl(student, rng):
    """E2: descend follows the gradient that it is given"""
    target, w = rng.normal(size=4), rng.normal(size=4)
    got = student.descend(lambda v: v - target, w, 0.5, 3)
    expect("descend(gradient, w, lr, steps)", got).close_to(target + (w - target) / 8)


@points(10, of="History", seconds=1)
def test_f1_length_and_best(student, rng):
    """F1: History counts and remembers the smallest loss"""
    history, losses = student.History(), rng.normal(size=5).tolist()
    for loss in losses:
        history.append(loss)
    expect("len(history)", len(history)).equals(5)
    expect("history.best", history.best).close_to(min(losses))


@points(10, of="History", seconds=1)
def test_f2_in_order(student, rng):
    """F2: History gives the losses back in order"""
    history, losses = student.History(), rng.normal(size=4).tolist()
    for loss in losses:
        history.append(loss)
    got = expect("list(history)", history).sequence(4)
    for one, loss in zip(got, losses, strict=True):
        expect("an entry of history", one).close_to(loss)


@points(10, of="History", seconds=1)
def test_f3_attribute_in_a_condition(student):
    """F3: a new History has no best loss"""
    history = student.History()
    expect("history.best", history.best).equals(None)
    expect("len(history)", len(history)).equals(0)
