"""Numerical gradients and the words for a wrong one."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from grader import expect, fetch, numeric_gradient, relative_error, student_gradient
from grader.errors import AuthorError, Mismatch, StudentError
from grader.gradients import EXACT_FIT, explain_ratio

sys.path.insert(0, str(Path(__file__).parent))
import tiny

RIGHT = np.random.default_rng(1).normal(size=(5, 3))


@pytest.fixture
def near():
    place = tiny.Near()
    yield place
    place.close()


# numbers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,), (2, 1, 2)])
def test_central_differences(shape):
    """the gradient of a smooth function is right to about 1e-9 in every shape"""
    x = np.random.default_rng(0).normal(size=shape)
    found = numeric_gradient(lambda x: np.sum(np.sin(x) * x), x)
    assert found.value.shape == shape and relative_error(found.value, np.cos(x) * x + np.sin(x)) < 1e-9
    assert not found.kinks.any()


def test_the_input_is_not_touched():
    """f gets float64 copies; integers and read-only inputs will do"""
    x = np.arange(3)
    x.flags.writeable = False
    seen = []

    def f(p):
        seen.append(p.dtype)
        p *= 1.0
        return np.sum(p**2)

    assert np.allclose(numeric_gradient(f, x).value, 2 * x)
    assert set(seen) == {np.dtype(np.float64)} and x.tolist() == [0, 1, 2]


def test_dout_weighs_the_outputs():
    """with dout the gradient of sum(f(x) * dout)"""
    x, dout = RIGHT, np.sin(RIGHT)
    assert np.allclose(numeric_gradient(np.tanh, x, dout).value, dout / np.cosh(x) ** 2)
    with pytest.raises(AuthorError, match="15 outputs"):
        numeric_gradient(np.tanh, x)


def test_kinks_are_seen():
    """entries where the one-sided slopes disagree are kinks"""
    found = numeric_gradient(lambda x: np.abs(x).sum(), np.array([-1.0, 0.0, 1.0]))
    assert found.kinks.tolist() == [False, True, False]
    assert np.allclose([found.left[1], found.right[1]], [-1, 1])


def test_relative_error():
    """||a - b|| / (||a|| + ||b||): 0 for equal and for two zeros, 1 for the opposite sign, nan stays nan"""
    assert relative_error([1.0, 2.0], [1.0, 2.0]) == 0
    assert relative_error(np.zeros(2), np.zeros(2)) == 0
    assert relative_error([1.0], [-1.0]) == pytest.approx(1)
    assert np.isnan(relative_error([np.nan], [1.0]))
    assert relative_error([1.0, 1e-9], [1.0, -1e-9]) < 1e-8, "a small entry does not count on its own"


# the student's own function -------------------------------------------------------------------------------------

LOSSES = """
import numpy as np
def loss(w, X): return float(np.sum((X @ w) ** 2)), 2 * X.T @ (X @ w)
def plain(w): return np.sum(w ** 3)
def vector(x): return np.sin(x)
def array0(w): return np.array(np.sum(w ** 2))
def array1(w): return np.array([np.sum(w ** 2)])
def whole(w): return 3
def none(w): return None
def text(w): return "1.5"
def flag(w): return True
def bad(w): return float("nan")
def infinite(w): return np.inf * np.sum(w)
def complicated(w): return 1j
def listed(w): return [1.0]
def a_set(w): return {1}
def huge(w): return 10 ** 400
def noise(w, state=[0]):
    state[0] += 1
    return float(state[0])
"""


def test_student_gradients(near):
    """the student's own function is differentiated with respect to one argument, in one message"""
    student = near.student(LOSSES)
    X, w = RIGHT, np.array([0.5, -1.0, 2.0])
    _, gradient = student.loss(w, X)
    expect("dw", gradient).gradient(student_gradient(student.loss, (w, X), wrt=0, pick=0))
    expect("dw", 3 * w**2).gradient(student_gradient(student.plain, (w,)))
    dout = np.ones(3) * 2
    expect("dx", dout * np.cos(w)).gradient(student_gradient(student.vector, (w,), dout=dout))
    for name in ("array0", "array1"):
        expect("dw", 2 * w).gradient(student_gradient(getattr(student, name), (w,)))
    expect("dw", 0 * w).gradient(student_gradient(student.whole, (w,)))


@pytest.mark.parametrize(
    "name",
    ["none", "text", "flag", "bad", "infinite", "complicated", "listed", "a_set", "huge", "noise", "vector"],
)
def test_what_cannot_be_differentiated_is_the_students(near, name):
    """a student's function that returns no number, nan or noise is a Mismatch, never a failure of the grader"""
    w = np.array([0.5, -1.0, 2.0])
    student = near.student(LOSSES)
    with pytest.raises((Mismatch, StudentError)) as caught:
        expect("dw", 2 * w).gradient(student_gradient(getattr(student, name), (w,)))
    if name in ("none", "vector"):
        assert caught.value.message.startswith(f"{name} was differentiated, but returned ")


def test_outputs_of_another_shape_than_dout(near):
    """an output that does not fit the upstream gradient is told in words"""
    with pytest.raises(Mismatch, match=r"another shape than \(2,\)"):
        student_gradient(near.student(LOSSES).vector, (np.ones(3),), dout=np.ones(2))


def test_a_handle_to_differentiate_has_no_label_in_the_message(near):
    """the message names a function of the module, and calls anything else `the function`"""
    student = near.student(
        "class A:\n    def __call__(self, x): return None\na = A()\ndef make(): return A()"
    )
    with pytest.raises(Mismatch, match=r"^the function was differentiated"):
        student_gradient(student.make(), (np.ones(1),))
    assert fetch(student.a) is not None


# words -----------------------------------------------------------------------------------------------------------


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
    wrong[row] += 1
    found = explain_ratio(wrong, RIGHT)
    assert found == ("ratio:one-row", f"Only {words} is wrong.")
    wrong[(row + 1) % 5] += 1
    assert explain_ratio(wrong, RIGHT) is None


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (RIGHT, RIGHT),
        (RIGHT + 1, RIGHT),
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
