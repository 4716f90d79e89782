"""Hidden tests of ch12: early stopping."""

import math

import numpy as np
import pytest

from grader import expect, points, refuses


def watched(values, patience, mode):
    """What update, best and best_epoch should be after each value, by looking back at all values each time."""
    sign = 1 if mode == "min" else -1
    found = []
    for k in range(1, len(values) + 1):
        lowest, improved = math.inf, []
        for epoch, value in enumerate(values[:k], 1):
            if sign * value < lowest:  # False for nan
                lowest = sign * value
                improved.append(epoch)
        last = improved[-1] if improved else None
        found.append((k - (last or 0) >= patience, sign * lowest, last))
    return found


def updates(watch, values):
    """What update says for each value."""
    return [watch.update(value) for value in values]


def check(student, values, patience, mode="min"):
    """All answers to these values."""
    got = updates(student.EarlyStopping(patience, mode), values)
    want = [stop for stop, _, _ in watched(values, patience, mode)]
    expect("what update returned", got).equals(want)


@pytest.mark.parametrize("patience", [1, 2, 4])
@points(0.5, of="EarlyStopping")
def test_stops_when_patience_is_used_up(student, rng, patience):
    """update says stop after exactly `patience` updates in a row without improvement"""
    best = float(rng.uniform(1, 2))
    better = [best + 3, best + 1, best]
    for worse in (rng.uniform(best + 0.1, 5, size=6), best + np.arange(1, 7) / 7):
        check(student, better + worse.tolist(), patience)


@points(1, of="EarlyStopping")
def test_an_improvement_starts_the_count_anew(student, rng):
    """after an improvement the whole patience is there again"""
    values = [5.0, 6.0, 4.0, 4.5, 4.4, 3.0, 3.1, 3.2, 2.0, 2.5, 2.4, 2.3, 2.2]
    check(student, values, 3)
    check(student, values, 2)
    steady = np.sort(rng.uniform(0, 1, size=12))[::-1].tolist()
    check(student, [*steady, 2.0], 1)


@points(1, of="EarlyStopping")
def test_compares_with_the_best(student):
    """a value is compared with the best so far, not with the one before"""
    check(student, [1.0, 5.0, 4.0, 3.0, 2.0, 1.5], 3)
    check(student, [1.0, 5.0, 4.0, 0.9, 3.0, 2.0, 1.0], 3)


@points(0.75, of="EarlyStopping")
def test_higher_is_better_with_max(student, rng):
    """with mode 'max' higher values are improvements"""
    values = [0.1, 0.5, 0.4, 0.6, 0.6, 0.2, 0.55, 0.7, 0.1, 0.1, 0.1]
    for patience in (1, 2, 3):
        check(student, values, patience, "max")
        check(student, [-v for v in values], patience, "max")


@points(1, of="EarlyStopping")
def test_remembers_the_best(student, rng):
    """best and best_epoch belong to the best value so far; the first update is number 1"""
    for mode in ("min", "max"):
        for _ in range(5):
            values = rng.normal(size=8).tolist()
            watch = student.EarlyStopping(3, mode)
            for value, (_, best, epoch) in zip(values, watched(values, 3, mode), strict=True):
                watch.update(value)
                expect("watch.best", watch.best).close_to(best)
                expect("watch.best_epoch", watch.best_epoch).equals(epoch)


@points(
    0.5, of="EarlyStopping", needs=("test_an_improvement_starts_the_count_anew", "test_remembers_the_best")
)
def test_an_equal_value_is_no_improvement(student, rng):
    """a value equal to the best is no improvement, and one that is better by the last digit is one"""
    for mode in ("min", "max"):
        value = float(rng.normal())
        better = math.nextafter(value, -math.inf if mode == "min" else math.inf)
        watch = student.EarlyStopping(1, mode)
        expect("what update returned", updates(watch, [value, better])).equals([False, False])
        watch = student.EarlyStopping(2, mode)
        expect("what update returned", updates(watch, [value] * 4)).equals([False, False, True, True])
        expect("watch.best_epoch", watch.best_epoch).equals(1)


@points(
    0.75, of="EarlyStopping", needs=("test_an_improvement_starts_the_count_anew", "test_remembers_the_best")
)
def test_nan_is_no_improvement(student):
    """nan and an infinite loss are no improvements, at the beginning neither, and do not become the best"""
    nan, inf = math.nan, math.inf
    for mode, sign in (("min", 1.0), ("max", -1.0)):
        watch = student.EarlyStopping(2, mode)
        values = [nan, sign * 3, nan, sign * 2, nan, nan, sign * 1.0]
        expect("what update returned", updates(watch, values)).equals([False] * 5 + [True, False])
        expect("watch.best", watch.best).close_to(sign)
        expect("watch.best_epoch", watch.best_epoch).equals(7)
        watch = student.EarlyStopping(3, mode)
        expect("what update returned", updates(watch, [nan, sign * inf, nan])).equals([False, False, True])
        expect("watch.best", watch.best).satisfies(watch.best == sign * inf, "nothing has improved yet.")
        expect("watch.best_epoch", watch.best_epoch).equals(None)


@points(0.5, of="EarlyStopping")
def test_goes_on_after_a_stop(student):
    """after a True update may be called again, and the same rules go on"""
    check(student, [1.0, 2.0, 2.0, 2.0, 0.5, 0.6, 0.4, 0.7, 0.8, 0.9], 2)
    check(student, [3.0, 4.0, 2.0, 4.0, 4.0, 1.0], 1)


@points(0.5, of="EarlyStopping", needs="test_an_improvement_starts_the_count_anew")
def test_watches_share_nothing(student, rng):
    """two watches do not disturb each other"""
    one, two = student.EarlyStopping(2), student.EarlyStopping(3, "max")
    first, second = rng.integers(0, 5, size=10).astype(float), rng.integers(0, 5, size=10).astype(float)
    got = [(one.update(a), two.update(b)) for a, b in zip(first.tolist(), second.tolist())]
    want = zip(watched(first.tolist(), 2, "min"), watched(second.tolist(), 3, "max"), strict=True)
    expect("what two watches said in turn", got).equals([(a[0], b[0]) for a, b in want])


@points(1, of="EarlyStopping", needs="test_an_improvement_starts_the_count_anew")
def test_any_history(student, rng):
    """update, best and best_epoch are right for histories with ties, for every patience and both modes"""
    for mode in ("min", "max"):
        for patience in (1, 2, 3, 5):
            values = (rng.integers(-3, 4, size=15) / 2).tolist()
            watch = student.EarlyStopping(patience=patience, mode=mode)
            for value, want in zip(values, watched(values, patience, mode), strict=True):
                expect("what update returned", watch.update(value)).equals(want[0])
                expect("watch.best", watch.best).close_to(want[1])
                expect("watch.best_epoch", watch.best_epoch).equals(want[2])


@points(0.25, of="EarlyStopping", needs="test_remembers_the_best")
def test_refuses_other_settings(student):
    """a patience below 1 and another mode are ValueErrors"""
    for patience, mode in ((0, "min"), (-2, "max"), (3, "lowest"), (3, None)):
        refuses(f"EarlyStopping({patience}, {mode!r})", ValueError, student.EarlyStopping, patience, mode)
