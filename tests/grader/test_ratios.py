"""What a wrong array has in common with the right one, in words."""

from __future__ import annotations

import numpy as np
import pytest

from grader.ratios import EXACT_FIT, explain_ratio

RIGHT = np.random.default_rng(1).normal(size=(5, 3))


@pytest.mark.parametrize(
    ("factor", "batch", "name", "words"),
    [
        (
            5,
            5,
            "ratio:batch",
            "5 times too large, and the batch has 5 rows. Was the mean over the batch forgotten?",
        ),
        (1 / 5, 5, "ratio:batch-twice", "5 times too small, and the batch has 5 rows"),
        (-5, 5, "ratio:batch-sign", "sign is wrong, and the mean"),
        (-1, None, "ratio:sign", "Only the sign is wrong"),
        (-1, 5, "ratio:sign", "Only the sign is wrong"),
        (2, None, "ratio:two", "twice"),
        (2, 2, "ratio:batch-or-two", "2 times too large"),
        (0.5, 2, "ratio:half-or-twice", "2 times too small"),
        (0.5, 5, "ratio:half", "half"),
        (1 / np.log(10), None, "ratio:log10", "log10"),
        (1 / np.log(2), None, "ratio:log2", "log2"),
        (3.25, 5, "ratio:constant", "same factor"),
        (-0.1, None, "ratio:constant", "same factor"),
        (2, 1, "ratio:two", "twice"),
    ],
)
def test_factors_are_recognised(factor, batch, name, words):
    """N, 1/N, -1, 2, 1/2, logarithms and other constants are named"""
    found = explain_ratio(factor * RIGHT, RIGHT, batch=batch)
    assert found is not None and found[0] == name and words in found[1]


def test_the_transpose_is_recognised():
    """a transposed result is named, square or not"""
    assert explain_ratio(RIGHT.T.copy(), RIGHT)[0] == "ratio:transposed"
    assert explain_ratio(RIGHT[:3].T.copy(), RIGHT[:3])[0] == "ratio:transposed"
    symmetric = RIGHT.T @ RIGHT
    assert explain_ratio(2 * symmetric, symmetric)[0] == "ratio:two"


def test_the_upstream_gradient_is_recognised():
    """a result that equals the gradient from above lacks the local derivative"""
    upstream = np.random.default_rng(2).normal(size=(5, 3))
    assert explain_ratio(upstream.copy(), RIGHT, upstream=upstream)[0] == "ratio:upstream"
    assert explain_ratio(2 * upstream, RIGHT, upstream=upstream) is None
    assert explain_ratio(upstream, RIGHT, upstream=np.ones(3)) is None


@pytest.mark.parametrize(("row", "words"), [(0, "the first row"), (4, "the last row"), (2, "one row")])
def test_one_wrong_row_is_recognised(row, words):
    """a result that is off in one row only names it"""
    wrong = RIGHT.copy()
    wrong[row] += [1, -2, 3]
    found = explain_ratio(wrong, RIGHT)
    assert found == ("ratio:one-row", f"Only {words} is wrong.")
    wrong[(row + 1) % 5] += [1, -2, 3]
    assert explain_ratio(wrong, RIGHT) is None


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (RIGHT, RIGHT),
        (RIGHT + RIGHT[::-1] ** 2, RIGHT),
        (RIGHT[0] + 1, RIGHT[0] * [1, 1, 2]),
        (np.array([1.0, 1.0, 1.0]), np.array([0.0, 0.0, 0.0])),
        (np.array([[2.0, 2.0], [3.0, 3.0]]), np.array([[1.0, 1.0], [1.0, 1.0]])),
        (np.zeros_like(RIGHT), RIGHT),
        (RIGHT, np.zeros_like(RIGHT)),
        (np.full_like(RIGHT, np.nan), RIGHT),
        (RIGHT * np.inf, RIGHT),
        (RIGHT[:2], RIGHT),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (2 * RIGHT * (1 + 1e-4 * np.sign(RIGHT)), RIGHT),
        (np.array(3.7), np.array(2.9)),
        (np.array([3.7]), np.array([2.9])),
        (np.array([0.0, 3.7, 0.0]), np.array([0.0, 2.9, 0.0])),
    ],
)
def test_rather_nothing_than_something_wrong(got, want):
    """no sentence without an exact fit; one number alone is a multiple of anything and says nothing"""
    assert explain_ratio(got, want, batch=5, upstream=RIGHT[:, :2]) is None


def test_one_number_may_still_be_off_by_a_known_factor():
    """a scalar that is exactly N times the right one, or its opposite, is named"""
    assert explain_ratio(np.array(7.0), np.array(1.4), batch=5)[0] == "ratio:batch"
    assert explain_ratio(np.array(-1.4), np.array(1.4))[0] == "ratio:sign"
    assert explain_ratio(np.array(2.8), np.array(1.4)) is None  # a share of 1 instead of 0.5 is no factor


def test_a_fit_is_exact():
    """a deviation of the fit above 1e-6 is no fit"""
    noise = np.random.default_rng(3).normal(size=RIGHT.shape)
    assert explain_ratio(2 * RIGHT + 1e-8 * noise, RIGHT) is not None
    assert explain_ratio(2 * RIGHT + 100 * EXACT_FIT * noise, RIGHT) is None


POSITIVE = np.abs(RIGHT) + 0.1
LIKENESSES = {
    "ratio:signs": (np.abs(RIGHT), RIGHT),
    "ratio:one-minus": (1 - POSITIVE, POSITIVE),
    "ratio:reciprocal": (1 / RIGHT, RIGHT),
    "ratio:exp": (np.exp(RIGHT), RIGHT),
    "ratio:log": (np.log(POSITIVE), POSITIVE),
    "ratio:square": (POSITIVE**2, POSITIVE),
    "ratio:root": (np.sqrt(POSITIVE), POSITIVE),
    "ratio:positive-part": (np.maximum(RIGHT, 0), RIGHT),
    "ratio:rounded": (np.rint(7 * RIGHT), 7 * RIGHT),
    "ratio:whole": (np.trunc(9 * RIGHT), 9 * RIGHT),
    "ratio:missing": (np.tril(RIGHT), RIGHT),
    "ratio:reversed": (RIGHT[::-1], RIGHT),
    "ratio:rolled": (np.roll(RIGHT, 1, 1), RIGHT),
    "ratio:running-sum": (np.cumsum(RIGHT, 0), RIGHT),
    "ratio:order": (RIGHT.ravel()[[4, 2, 7, 0, 1, 9]], RIGHT.ravel()[[0, 1, 2, 4, 7, 9]]),
    "ratio:offset": (RIGHT + 0.25, RIGHT),
    "ratio:each-row": (RIGHT * [[1], [2], [3], [0.5], [7]], RIGHT),
    "ratio:each-column": (RIGHT * [1, 2, 3], RIGHT),
    "ratio:offset-of-each-row": (RIGHT + np.array([[1], [2], [3], [0.5], [7]]), RIGHT),
    "ratio:offset-of-each-column": (RIGHT - [1, 2, 3], RIGHT),
}


@pytest.mark.parametrize("name", LIKENESSES)
def test_likenesses_are_recognised(name):
    """functions of the right result, its entries in other places, rows and columns up to one number are named"""
    got, want = LIKENESSES[name]
    assert explain_ratio(got, want)[0] == name


@pytest.mark.parametrize("name", LIKENESSES)
def test_likenesses_are_exact(name):
    """one entry that does not fit, and nothing is said (or that only this one is off)"""
    got, want = (np.array(part, dtype=float) for part in LIKENESSES[name])
    got[(1,) * got.ndim] += 0.37
    got[(2,) * got.ndim] -= 0.11
    found = explain_ratio(got, want)
    assert found is None or found[0] != name


def test_a_softmax_over_everything_is_explained():
    """rows that were divided by the wrong sum are right up to a factor of their own"""
    e = np.exp(RIGHT - RIGHT.max(axis=1, keepdims=True))
    found = explain_ratio(e / e.sum(), e / e.sum(axis=1, keepdims=True))
    assert found[0] == "ratio:each-row" and "axis 1" in found[1]


def test_tiny_numbers_are_no_reciprocals():
    """one divided by 1e-300 is so large that its norm is infinite; then nothing is said to fit"""
    want = np.exp([-30.0, -50.0, -300.0, -700.0])
    assert explain_ratio(want + np.array([1e-16, 5e-17, 2e-17, 0.0]), want) is None


def test_one_large_number_does_not_speak_for_the_others():
    """a factor is said of every entry only if more than one entry is large enough to show it"""
    assert explain_ratio([0.999, 0.0, 0.0], [1.0, 2e-9, 1e-20]) is None
