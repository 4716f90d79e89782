"""Numerical gradients and the words for a wrong one."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from grader import expect, fetch, numeric_gradient, relative_error, student_gradient
from grader.errors import AuthorError, Mismatch, StudentError

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


def test_a_strongly_curved_function_has_no_kinks():
    """1 / p near 0 bends, it does not break; |x| breaks, also beside others that bend"""
    p = np.array([0.002, 0.01, 0.5])
    found = numeric_gradient(lambda v: float(-np.log(v).sum()), p)
    assert not found.kinks.any()
    expect("dp", -1 / p).gradient(found)
    mixed = numeric_gradient(
        lambda v: float(-np.log(np.abs(v[:2])).sum() + abs(v[2])), np.array([0.002, 0.01, 0.0])
    )
    assert mixed.kinks.tolist() == [False, False, True]


def test_a_kink_a_little_aside_is_stepped_around():
    """the slope is that of the side on which x lies"""
    found = numeric_gradient(lambda v: float(np.maximum(v, 0).sum()), np.array([5e-6, -5e-6, 1.0]))
    assert not found.kinks.any()
    assert np.allclose(found.value, [1.0, 0.0, 1.0], atol=1e-6)


def test_a_tiny_gradient_is_no_kink(near):
    """slopes near zero differ by the curvature only; the student's own function as well"""
    student = near.student("def f(x):\n    return float((x ** 2).sum())\n")
    x = np.array([1e-4, -2e-4])
    assert not numeric_gradient(lambda v: float((v**2).sum()), x).kinks.any()
    found = student_gradient(student.f, (x,))
    assert not found.kinks.any() and np.allclose(found.value, 2 * x, rtol=1e-5)
