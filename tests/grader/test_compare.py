"""The comparison: what numpy.testing lets through, every message, and nothing of the answer in any of them."""

from __future__ import annotations

import collections
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from grader import expect, numeric_gradient, refuses, same_results
from grader.compare import ATOL, RTOL
from grader.errors import AuthorError, Mismatch, StudentError

sys.path.insert(0, str(Path(__file__).parent))
import tiny

WANT = np.array([[0.7353, -1.9171], [4.3717, 0.2939], [8.1913, 5.5937]])  # values nobody writes by accident
SECRETS = ("7353", "9171", "3717", "2939", "1913", "5937")


def mismatch(judge) -> Mismatch:
    """The Mismatch of a judgement; its message tells no expected value."""
    with pytest.raises(Mismatch) as caught:
        judge()
    message = caught.value.message
    assert not any(secret in message for secret in SECRETS), message
    assert "\n" not in message and 10 < len(message) < 300
    return caught.value


def close(value, want=WANT, **options):
    return lambda: expect("f(x)", value).close_to(want, **options)


# what must pass ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "want"),
    [
        (WANT.copy(), WANT),
        (WANT + 5e-8 * WANT, WANT),
        (WANT + 5e-10, WANT),
        (np.asfortranarray(WANT), WANT),
        (WANT.astype(np.float32).astype(np.float64), WANT.astype(np.float32)),
        (WANT.tolist() and WANT, WANT.tolist()),
        (2.5, 2.5),
        (2, 2.0),
        (np.float64(2.5), 2.5),
        (np.float32(2.5), 2.5),
        (np.int64(2), 2.0),
        (np.array(2.5), 2.5),
        (3, 3),
        (np.uint8(3), 3),
        (np.array([1, 2], dtype=np.uint8), np.array([1, 2])),
        (float("inf"), float("inf")),
        (np.array([np.inf, -np.inf, 1.0]), np.array([np.inf, -np.inf, 1.0])),
        (1 + 2j, 1 + 2j),
        (np.array([1.0, 2.0]), np.array([1.0 + 0j, 2.0])),
        (np.array([True, False]), np.array([True, False])),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (-0.0, 0.0),
    ],
)
def test_what_is_close_passes(value, want):
    """right values pass: within the tolerance, in any layout, a number for a number"""
    expect("f(x)", value).close_to(want)


def test_integers_pass_for_a_float_number_only():
    """a whole number may stand for a float scalar, a whole-number array not for a float array"""
    expect("f(x)", 2).close_to(2.0)
    error = mismatch(close(np.array([1, 2]), np.array([1.0, 2.0])))
    assert "int64" in error.message and "whole numbers, expected floating-point" in error.message


# the gaps of numpy.testing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "want", "words"),
    [
        (0.25, np.array([0.25, 0.25]), "single number, expected an array of shape (2,)"),
        (np.float64(0.25), np.array([0.25]), "single number, expected an array of shape (1,)"),
        (np.array(0.25), np.array([0.25]), "shape (), expected (1,)"),
        (np.array([0.25]), 0.25, "array of shape (1,), expected a single number"),
        (np.full((3, 1), 2.0), np.full(3, 2.0), "shape (3, 1), expected (3,). There is an extra axis"),
        (
            np.full(3, 2.0),
            np.full((3, 1), 2.0),
            "shape (3,), expected (3, 1). An axis of length 1 is missing",
        ),
        (np.full((3, 3), 2.0), np.full(3, 2.0), "Did (N,) and (N, 1) broadcast to (N, N)?"),
        (np.ones((5, 3)), np.ones((3, 5)), "shape (5, 3), expected (3, 5). Is it transposed?"),
        (np.ones((2, 3, 4)), np.ones((4, 3, 2)), "Is it transposed?"),
        (np.ones((2, 4)), np.ones((2, 3, 4)), "Was it summed over one axis too many?"),
        (np.ones(4), np.ones(3), "shape (4,), expected (3,)."),
        (np.zeros((0,)), np.zeros((0, 3)), "shape (0,)"),
        (None, 1.0, "returned None. Is a return missing?"),
        (None, WANT, "returned None. Is a return missing?"),
        (True, 1.0, "True or False, expected floating-point"),
        (np.bool_(True), 1.0, "True or False"),
        (np.array([True]), np.array([1.0]), "dtype bool"),
        (True, 1, "True or False, expected whole numbers"),
        (1.0, 1, "floating-point numbers, expected whole numbers"),
        (1 + 0j, 1.0, "complex numbers"),
        (np.array([1 + 0j]), np.array([1.0]), "dtype complex128"),
        (np.array([1.0], dtype=np.float16), np.array([1.0]), "dtype float16, which is too coarse"),
        (np.float16(1.0), 1.0, "too coarse"),
        ([[1.0]], np.array([[1.0]]), "returned a list, expected a numpy array. np.array(...) makes one."),
        ((1.0, 2.0), np.array([1.0, 2.0]), "returned a tuple, expected a numpy array"),
        ([1.0], 1.0, "returned a list, expected a number"),
        ("1.0", 1.0, "returned text, expected a number"),
        (b"x", WANT, "returned bytes, expected a numpy array"),
        ({}, WANT, "returned a dict, expected a numpy array"),
        (float("nan"), 1.0, "is nan"),
        (float("inf"), 1.0, "is inf"),
        (float("-inf"), float("inf"), "wrong value"),
        (float("nan"), float("nan"), "wrong value"),
        (float("nan"), float("inf"), "wrong value"),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), "1 of 2 entries differ"),
        (np.array([np.nan, np.nan, 1, 1]), np.ones(4), "2 nan of 4 entries"),
        (np.array([np.nan, np.inf, 1, 1]), np.ones(4), "1 nan and 1 inf of 4 entries"),
        (10**400, 1.0, "inf"),
        (-(10**400), 1.0, "inf"),
        (2**70, 1, "floating-point"),
    ],
)
def test_the_gaps_of_numpy_testing_are_closed(value, want, words):
    """nothing broadcasts, None, bool, complex, NaN and coarse floats do not pass, and the message says so"""
    assert words in mismatch(close(value, want)).message


def test_unsigned_integers_do_not_wrap():
    """a difference of unsigned bytes is a difference, in both directions"""
    for got, want in ((0, 1), (1, 0), (255, 0), (0, 255)):
        mismatch(close(np.array([got], dtype=np.uint8), np.array([want], dtype=np.uint8)))
        mismatch(close(np.uint8(got), np.int64(want)))
        mismatch(close(np.array([got], dtype=np.uint8), np.array([want])))


def test_the_lowest_integer_is_not_everything():
    """abs(-2**63) is negative in int64; it does not count as close"""
    lowest = np.array([-(2**63)])
    mismatch(close(lowest, np.array([0])))
    mismatch(close(np.int64(-(2**63)), 0))
    mismatch(close(np.array([0]), lowest))
    mismatch(close(np.array([2**63], dtype=np.uint64), np.array([-(2**63)])))
    expect("f(x)", lowest).close_to(lowest, rtol=0, atol=0)
    mismatch(close(np.array([2**53 + 1]), np.array([2**53]), rtol=0, atol=0))


def test_a_transposed_square_is_seen_in_its_values():
    """a square matrix that is transposed has the right shape; the message names the transpose"""
    square = WANT[:2]
    error = mismatch(close(square.T.copy(), square))
    assert "2 of 4 entries differ" in error.message and "transpose" in error.message
    assert error.diagnosis[0] == "ratio:transposed"


def test_tolerances_are_those_of_numpy():
    """|value - expected| <= atol + rtol * |expected|, entry by entry, measured from the expected value"""
    expect("f(x)", np.array([1.0 + 0.9 * RTOL])).close_to(np.array([1.0]))
    mismatch(close(np.array([1.0 + 1.2 * RTOL]), np.array([1.0])))
    expect("f(x)", np.array([0.9 * ATOL])).close_to(np.array([0.0]))
    mismatch(close(np.array([1.1 * ATOL]), np.array([0.0])))
    expect("f(x)", 1.05).close_to(1.0, rtol=0, atol=0.1)
    mismatch(close(1.2, 1.0, rtol=0, atol=0.1))
    expect("f(x)", 0.0).close_to(0.0, rtol=0, atol=0)


def test_how_many_entries_differ():
    """the message counts the wrong entries, the detail shows both sides"""
    wrong = WANT.copy()
    wrong[0, 0] += 1
    wrong[2, 1] -= 1
    error = mismatch(close(wrong))
    assert "2 of 6 entries differ from the right ones" in error.message
    assert "0.7353" in error.detail and "1.7353" in error.detail
    assert "all 6 entries differ" in mismatch(close(WANT + np.array([[1, 2], [3, 5], [7, 9]]))).message
    assert "wrong value" in mismatch(close(1.7, 0.7353)).message


def test_a_hint_is_part_of_the_message():
    """the author's question stands at the end of the message"""
    assert mismatch(close(1.0, 0.7353, hint="Was the mean forgotten?")).message.endswith(
        "Was the mean forgotten?"
    )


def test_a_factor_of_the_batch_is_named():
    """exactly N times too large, with N rows: the forgotten mean is named"""
    error = mismatch(close(3 * WANT, batch=3))
    assert (
        "exactly 3 times too large, and the batch has 3 rows. Was the mean over the batch forgotten?"
        in error.message
    )


def test_strange_shapes_are_not_repeated():
    """a shape that could carry data out is called strange; the staff sees it"""
    for shape in ((0, 12345678), (1,) * 9, (5000,)):
        error = mismatch(close(np.zeros(shape), np.zeros(3)))
        assert "strange shape" in error.message and str(shape[-1]) not in error.message.replace("(3,)", "")
        assert str(shape) in error.detail
    assert "strange shape" in mismatch(close(np.zeros((0, 12345678)), 1.0)).message


def test_close_to_wants_numbers_from_the_author():
    """an expected value that is no number is the author's error"""
    for want in (None, "text", [None], ["a"], {1}, object()):
        with pytest.raises(AuthorError, match="close_to wants"):
            expect("f(x)", 1.0).close_to(want)


# exactly -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "want"),
    [
        (True, True),
        (np.bool_(False), False),
        (3, 3),
        (np.int32(3), 3),
        ("a", "a"),
        (None, None),
        (b"x", b"x"),
        ([1, [2, "x"]], [1, [2, "x"]]),
        ((1, 2), (1, 2)),
        ({"a": [1.5], 2: None}, {2: None, "a": [1.5]}),
        (np.array([1, 2]), np.array([1, 2])),
        (np.array([1, 2], dtype=np.int8), np.array([1, 2])),
        ([np.array([1.0])], [np.array([1.0])]),
        ([], []),
        (np.zeros((0, 2), dtype=int), np.zeros((0, 2), dtype=int)),
    ],
)
def test_equal_values_pass(value, want):
    """equals accepts equal values of the same type; numpy's bool and int are Python's"""
    expect("f(x)", value).equals(want)


@pytest.mark.parametrize(
    ("value", "want", "words"),
    [
        (1, True, "a number, expected True or False"),
        (True, 1, "True or False, expected a number"),
        (1.0, 1, "a number"),
        (np.int64(1), True, "returned"),
        (np.bool_(True), 1, "returned"),
        (None, 3, "None. Is a return missing?"),
        (None, [1], "None. Is a return missing?"),
        (3, None, "a number, expected None"),
        ([1, 2], (1, 2), "a list, expected a tuple"),
        ((1, 2), [1, 2], "a tuple, expected a list"),
        ([1, 2], [1, 2, 3], "a wrong value"),
        ([1, True], [1, 1], "a wrong value"),
        ({"a": 1}, {"b": 1}, "a wrong value"),
        ({"a": 1}, {"a": 2}, "a wrong value"),
        ("a", "b", "a wrong value"),
        (float("nan"), float("nan"), "a wrong value"),
        (np.array([1, 2]), [1, 2], "an array of shape (2,), expected a list"),
        ([1, 2], np.array([1, 2]), "a list, expected a numpy array"),
        (np.array([1.0, 2.0]), np.array([1, 2]), "floating-point numbers, expected whole numbers"),
        (np.array([1, 3]), np.array([1, 2]), "1 of 2 entries differ"),
        (np.array([[1], [2]]), np.array([1, 2]), "shape (2, 1)"),
        ([np.array([1.0])], [np.array([1])], "a wrong value"),
        (np.array([True, True]), np.array([True, False]), "1 of 2 entries differ"),
    ],
)
def test_unequal_values_fail(value, want, words):
    """equals tells types apart: 1 is not True, a list no tuple, an array no list"""
    assert words in mismatch(lambda: expect("f(x)", value).equals(want)).message


# form ----------------------------------------------------------------------------------------------------------


def test_numbers():
    """number() gives a finite Python float; a bool, an array, text and NaN are none"""
    assert expect("f(x)", np.float32(1.5)).number() == 1.5
    assert type(expect("f(x)", np.int64(2)).number()) is float
    assert expect("f(x)", np.array(2.5)).number() == 2.5
    for value in (True, np.array([1.0]), "1", None, [1.0], float("nan"), float("inf"), 1j):
        mismatch(lambda value=value: expect("f(x)", value).number())


def test_arrays():
    """array() gives a finite float64 array of the shape that was asked for, or of any"""
    got = expect("f(x)", WANT.astype(np.float32)).array()
    assert got.dtype == np.float64 and got.shape == (3, 2)
    assert expect("f(x)", WANT).array((3, 2)).tolist() == WANT.tolist()
    assert expect("f(x)", np.array(2.0)).array(()).shape == ()
    assert np.isnan(expect("f(x)", np.array([np.nan])).array(finite=False)).all()
    mismatch(lambda: expect("f(x)", np.array([np.nan])).array())
    mismatch(lambda: expect("f(x)", WANT).array((2, 3)))
    for value in (None, 1.0, 3, True, [1.0], "x", np.array([1, 2]), np.array([True])):
        error = mismatch(lambda value=value: expect("f(x)", value).array())
        assert "(1,)" not in error.message, "no shape was demanded"


def test_shapes_and_dtypes():
    """has_shape looks at the shape alone, has_dtype at the dtype alone"""
    for dtype in (float, int, bool, complex):
        expect("f(x)", np.zeros((2, 3), dtype=dtype)).has_shape(2, 3)
        assert (
            "shape (2, 3)"
            in mismatch(lambda d=dtype: expect("f(x)", np.zeros((2, 3), d)).has_shape(3, 2)).message
        )
    expect("f(x)", np.array(1.0)).has_shape()
    mismatch(lambda: expect("f(x)", None).has_shape(2))
    mismatch(lambda: expect("f(x)", [1, 2]).has_shape(2))
    expect("f(x)", np.zeros(2, np.float32)).has_dtype(np.float32)
    expect("f(x)", np.int8(1)).has_dtype("int8")
    assert "dtype float64, expected float32" in mismatch(lambda: expect("f(x)", WANT).has_dtype("f4")).message
    assert "dtype list" in mismatch(lambda: expect("f(x)", [1.0]).has_dtype(float)).message
    mismatch(lambda: expect("f(x)", None).has_dtype(float))


def test_floats_and_finiteness():
    """is_float wants a Python or numpy float; is_finite numbers without nan and inf"""
    expect("f(x)", 1.0).is_float()
    expect("f(x)", np.float64(1.0)).is_float().is_finite()
    for value in (1, True, np.array(1.0), np.array([1.0]), None, "x", 1j):
        mismatch(lambda value=value: expect("f(x)", value).is_float())
    expect("f(x)", WANT).is_finite()
    for value in (np.array([1.0, np.inf]), float("nan"), None, "x"):
        mismatch(lambda value=value: expect("f(x)", value).is_finite())


def test_bounds():
    """at_least, at_most and between include their ends; the message tells the side, not the bound"""
    expect("f(x)", 2.0).at_least(2.0).at_most(2.0).between(2.0, 2.0)
    assert (
        "too small. Train longer."
        in mismatch(lambda: expect("f(x)", 1.0).at_least(7353.0, "Train longer.")).message
    )
    assert "too large" in mismatch(lambda: expect("f(x)", 9171.0).at_most(7353.0)).message
    assert "too large" in mismatch(lambda: expect("f(x)", 3.0).between(1.0, 2.0)).message
    for value in (None, float("nan"), np.array([2.0]), True):
        mismatch(lambda value=value: expect("f(x)", value).between(-10, 10))


def test_what_the_test_found_out_itself():
    """satisfies fails with the author's sentence and keeps the value for staff"""
    expect("f(x)", 1.0).satisfies(np.bool_(True), "no")
    error = mismatch(lambda: expect("f(x)", 0.2939).satisfies(0.2939 > 1, "the loss went up"))
    assert error.message == "f(x): the loss went up" and "0.2939" in error.detail


@pytest.mark.parametrize("value", [None, True, False])
def test_satisfies_does_not_call_its_own_verdict_a_result(value):
    """None, or the verdict of a test, beside a name is not shown as what was returned"""
    assert mismatch(lambda: expect("loader", value).satisfies(False, "it draws from rng.")).detail == ""


# parts ---------------------------------------------------------------------------------------------------------

Pair = collections.namedtuple("Pair", "loss grad")


def test_parts_of_a_tuple():
    """unpack gives an expectation for each part, named"""
    loss, grad = expect("f(x)", (1.0, WANT)).unpack("loss", "dz")
    assert loss.number() == 1.0
    grad.close_to(WANT)
    assert mismatch(lambda: grad.close_to(WANT + 1)).message.startswith("dz of f(x): all 6 entries")
    expect("f(x)", [1, 2]).unpack("a", "b")
    expect("f(x)", Pair(1.0, WANT)).unpack("loss", "dz")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ((1.0,), "returned 1 values, expected 2: loss, dz"),
        ((1.0, 2.0, 3.0), "returned 3 values"),
        (1.0, "a number, expected a list or tuple"),
        (None, "None. Is a return missing?"),
        (np.ones(2), "an array of shape (2,), expected a list or tuple"),
        ("ab", "text, expected a list or tuple"),
        ({"a": 1, "b": 2}, "a dict, expected a list or tuple"),
    ],
)
def test_parts_that_are_not_there(value, words):
    """a missing return, an array or the wrong number of values is told in words"""
    assert words in mismatch(lambda: expect("f(x)", value).unpack("loss", "dz")).message


def test_sequences():
    """sequence gives a list; a wrong length tells no expected length"""
    assert expect("f(x)", (1, 2)).sequence(2) == [1, 2]
    error = mismatch(lambda: expect("f(x)", [1, 2]).sequence(7353))
    assert "returned 2 entries" in error.message and "7353" in error.detail


def test_what_never_ends_is_not_waited_for():
    """of a generator only a few more values are taken than are wanted; no length is asked for"""
    near = tiny.Near()
    student = near.student(
        """
        taken = []
        def endless():
            while True:
                taken.append(1)
                yield 1.0
        def count(): return len(taken)
        class Odd:
            def __len__(self): return self.n
            def __iter__(self): return iter([1.0, 2.0])
        def odd(n):
            o = Odd()
            o.n = n
            return o
        """
    )
    assert (
        "more than 2 values, expected 2"
        in mismatch(lambda: expect("f(x)", student.endless()).unpack("a", "b")).message
    )
    assert "too many entries" in mismatch(lambda: expect("f(x)", student.endless()).sequence(4)).message
    assert student.count() <= 10
    assert "Does it ever end?" in mismatch(lambda: expect("f(x)", student.endless()).sequence()).message
    for length in (-1, "none", 1 << 40):
        assert expect("f(x)", student.odd(length)).sequence(2) == [1.0, 2.0]
    near.close()


def test_keys():
    """keys gives an expectation for each entry of a dict; further keys are allowed"""
    found = expect("params", {"W": WANT, "b": 1.0, "more": 2}).keys("W", "b")
    assert list(found) == ["W", "b"]
    assert "params['W']" in mismatch(lambda: found["W"].close_to(WANT + 1)).message
    assert "has no key 'c'" in mismatch(lambda: expect("params", {"W": 1}).keys("W", "c")).message
    assert "expected a dict with W" in mismatch(lambda: expect("params", [1]).keys("W")).message
    assert "None" in mismatch(lambda: expect("params", None).keys("W")).message


# refusals ------------------------------------------------------------------------------------------------------


def raising(kind, name, text="0.7353"):
    from grader.student import student_error

    def function(*args):
        raise student_error({"kind": kind, "type": name, "text": text})

    return function


def test_refuses():
    """refuses passes if the call raises that class, a subclass included"""
    refuses("f(x)", ValueError, raising("raised", "ValueError"), 1)
    refuses("f(x)", LookupError, raising("raised", "KeyError"), 1)
    error = mismatch(lambda: refuses("f(x)", ValueError, raising("raised", "TypeError")))
    assert error.message == "f(x) should raise ValueError, but raised TypeError." and "0.7353" in error.detail
    error = mismatch(lambda: refuses("f(x)", ValueError, lambda: WANT))
    assert error.message == "f(x) should raise ValueError, but returned a value."


def test_what_is_not_written_refuses_nothing():
    """a stub or a missing function does not count as refusing"""
    for kind, name in (("unwritten", "NotImplementedError"), ("missing", "NameError")):
        with pytest.raises(StudentError) as caught:
            refuses("f(x)", ValueError, raising(kind, name))
        assert caught.value.kind == kind


# two results of the student's ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [1.5, 3, True, None, "x", WANT, WANT > 1, WANT.astype(int), (1.0, WANT), [WANT, [2]], {"W": WANT, "n": 1}, 2**80,
     np.float32(1), np.bool_(True), 1j, [], (None, None)],
)  # fmt: skip
def test_same_results_are_the_same(value):
    """a result is the same as itself, whatever it holds"""
    same_results("f(x)", value, value)


@pytest.mark.parametrize(
    ("got", "want"),
    [(1.5, 1.6), (3, 4), (True, False), (None, 1), (1, None), (WANT, WANT + 1), (WANT > 1, WANT > 5), ((1.0,), (1.0, 2.0)),
     ([1.0], [2.0]), ({"a": 1.0}, {"b": 1.0}), ({"a": 1.0}, {"a": 2.0}), (2**80, 2**80 + 1), (WANT, 1.0), (1.0, WANT),
     ((WANT,), WANT), (float("nan"), float("nan"))],
)  # fmt: skip
def test_other_results_are_not_the_same(got, want):
    """another value, kind, length or key is a Mismatch"""
    mismatch(lambda: same_results("f(x)", got, want))


def test_the_students_own_keys_are_not_repeated():
    """keys of a student's dict stand in no message: they could carry hidden inputs"""
    error = mismatch(lambda: same_results("f(x)", {"secret 0.7353": 1.0}, {"secret 0.7353": 2.0}))
    assert "secret" not in error.message and "entry 1" in error.message


# gradients -----------------------------------------------------------------------------------------------------


def test_gradients():
    """a right gradient passes, a wrong one is named, its values stay out of the message"""

    def f(x):
        return np.sum(x**3)

    expect("df", 3 * WANT**2).gradient(f, at=WANT)
    error = mismatch(lambda: expect("df", -3 * WANT**2).gradient(f, at=WANT))
    assert error.message == "df is not the gradient. Only the sign is wrong."
    assert re.search(r"relative error 1\.00e\+00, allowed 1e-06", error.detail)
    assert "shape (2, 3)" in mismatch(lambda: expect("df", WANT.T).gradient(f, at=WANT)).message
    assert "None" in mismatch(lambda: expect("df", None).gradient(f, at=WANT)).message
    assert "nan" in mismatch(lambda: expect("df", WANT * np.nan).gradient(f, at=WANT)).message
    expect("df", WANT * 0).gradient(lambda x: 5.0, at=WANT)
    mismatch(lambda: expect("df", WANT * 0 + 1e-3).gradient(lambda x: 5.0, at=WANT))


def test_gradients_of_arrays_take_dout():
    """with dout the gradient of sum(f(x) * dout) is meant"""
    dout = np.cos(WANT)
    expect("dx", dout * 2 * WANT).gradient(lambda x: x**2, at=WANT, dout=dout)
    error = mismatch(lambda: expect("dx", dout).gradient(lambda x: x**2, at=WANT, dout=dout))
    assert error.diagnosis[0] == "ratio:upstream"


def test_kinks_accept_any_slope_between():
    """at a kink any value between the one-sided slopes passes, beyond them none"""
    x = np.array([-1.5, 0.0, 2.5, 3.5])

    def relu(x):
        return np.maximum(x, 0).sum()

    for slope in (0.0, 0.5, 1.0):
        expect("dx", np.array([0.0, slope, 1.0, 1.0])).gradient(relu, at=x)
    error = mismatch(lambda: expect("dx", np.array([0.0, 2.0, 1.0, 1.0])).gradient(relu, at=x))
    assert "right except where the function has a kink" in error.message
    assert error.diagnosis[0] == "gradient:kink"
    mismatch(lambda: expect("dx", np.array([1.0, 0.5, 1.0, 1.0])).gradient(relu, at=x))


def test_unfit_inputs_are_the_authors_error():
    """a trusted function that is not finite, or has kinks nearly everywhere, is the author's affair"""
    with pytest.raises(AuthorError, match="not finite"):
        expect("df", np.ones(2)).gradient(lambda x: np.nan, at=np.ones(2))
    with pytest.raises(AuthorError, match="kinks"):
        expect("df", np.ones(2)).gradient(lambda x: np.abs(x).sum(), at=np.zeros(2))


def test_the_gradient_of_nothing():
    """an empty array has an empty gradient"""
    expect("df", np.zeros((0, 2))).gradient(lambda x: 0.0, at=np.zeros((0, 2)))


def test_a_ready_numeric_gradient():
    """a numeric gradient that was computed before can be used"""
    numeric = numeric_gradient(lambda x: np.sum(np.sin(x)), WANT)
    expect("df", np.cos(WANT)).gradient(numeric)
    mismatch(lambda: expect("df", np.sin(WANT)).gradient(numeric))
