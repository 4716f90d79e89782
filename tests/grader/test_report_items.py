"""Discrimination: what the sums give is the correlation that numpy gives."""

from __future__ import annotations

import math

import numpy as np
import pytest

from grader.report.items import Discrimination


def gathered(items, totals, part, full):
    found = Discrimination(part)
    for item, total, whole in zip(items, totals, full):
        found.add(float(item), float(total), bool(whole))
    return found.value


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("points", [0.25, 1.0, 3.0])
def test_of_a_test_it_is_the_corrected_point_biserial(seed, points):
    """passed or not against the points of the rest of the chapter, as numpy.corrcoef has it"""
    rng = np.random.default_rng(seed)
    rest = rng.uniform(0, 20, 40).round(2)
    passed = rng.uniform(0, 20, 40) < rest
    value = gathered(passed, rest + points * passed, points, passed)
    assert value == pytest.approx(np.corrcoef(passed, rest)[0, 1], abs=1e-9)


def test_of_an_exercise_its_own_points_are_left_out():
    """points of an exercise against the rest: independent points do not correlate, though the total holds them"""
    rng = np.random.default_rng(1)
    own, rest = rng.integers(0, 5, 5000) * 10.0, rng.uniform(0, 1, 5000)
    value = gathered(own, own + rest, 1.0, own == 40)
    assert value == pytest.approx(np.corrcoef(own, rest)[0, 1], abs=1e-7) and abs(value) < 0.05
    assert np.corrcoef(own, own + rest)[0, 1] > 0.99


def test_bonus_is_correlated_with_the_whole_chapter():
    """a bonus test is not in the total, so nothing is taken out"""
    passed = np.array([0, 1] * 10)
    total = np.arange(20.0)
    assert gathered(passed, total, 0.0, passed) == pytest.approx(np.corrcoef(passed, total)[0, 1])


@pytest.mark.parametrize("students, passing", [(9, 4), (30, 1), (30, 29), (30, 0), (30, 30), (0, 0)])
def test_too_few_students_say_nothing(students, passing):
    """fewer than 10 students, or fewer than 2 on one side, give no number"""
    passed = [n < passing for n in range(students)]
    assert gathered(passed, range(students), 0.0, passed) is None


def test_ten_students_are_enough():
    """from 10 on there is a number; the strong passing gives a high one, the weak passing a negative one"""
    strong = [n >= 5 for n in range(10)]
    assert gathered(strong, range(10), 0.0, strong) > 0.8
    assert gathered([not s for s in strong], range(10), 0.0, strong) < -0.8


@pytest.mark.parametrize("total", [0.1, 3.3, 1e6 / 3])
def test_a_class_that_is_all_alike_gives_no_number(total):
    """where everybody has the same rest there is nothing to correlate with, and no dust of rounding either"""
    passed = [n % 2 == 0 for n in range(20)]
    assert gathered(passed, [total + 0.7 * p for p in passed], 0.7, passed) is None
    value = gathered(passed, [total] * 20, 0.0, passed)
    assert value is None or math.isfinite(value)
