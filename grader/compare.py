"""The one strict comparison of the kit, and its messages.

Order of the questions is that of a learner: Is it there? Is it an array? Which kind of numbers? Which shape?
Finite? And only then: the right values? Nothing broadcasts, NaN never passes.

`Mismatch.message` says what happened and what to look at; it never holds an input or an expected value and is
shown under hidden tests. `Mismatch.detail` holds the values, for visible tests and for staff.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from grader.errors import AuthorError, Mismatch, StudentError
from grader.gradients import TOLERANCE, NumericGradient, numeric_gradient, relative_error
from grader.ratios import explain_ratio
from grader.student import Remote, fetch

RTOL = 1e-7
ATOL = 1e-9
MOST_ENTRIES = 20_000  # taken of something that is looped over
KIND_WORDS = {
    "b": "True or False",
    "i": "whole numbers",
    "u": "unsigned whole numbers",
    "f": "floating-point numbers",
    "c": "complex numbers",
}


def expect(call: str, value: Any) -> Expectation:
    """What a student's call returned, ready to be judged: `expect("softmax(z)", student.softmax(z))`.

    call : the call in the student's words; it opens every message. Use names, not hidden values.
    """
    return Expectation(call, value)


class Expectation:
    """Checks on one returned value. Each method returns self or parts, or raises Mismatch."""

    def __init__(self, call: str, value: Any):
        self.call = call
        self._value = value

    # values ----------------------------------------------------------------------------------------------

    def close_to(
        self,
        expected: Any,
        *,
        rtol: float = RTOL,
        atol: float = ATOL,
        batch: int | None = None,
        upstream: Any = None,
        hint: str = "",
    ) -> Expectation:
        """Same form and, entry by entry, |value - expected| <= atol + rtol * |expected|.

        expected : number, array (or nested list) of numbers. A number wants a number, an array wants an
            array of exactly its shape. infinities must be equal; NaN never passes.
        batch, upstream : help the diagnosis; see `grader.ratios.explain_ratio`.
        hint : a question to add to the message, in the voice of a TA.
        """
        want = np.asarray(expected)
        if want.dtype.kind == "b":
            return self.equals(want, hint)
        if want.dtype.kind not in "iufc":
            raise AuthorError(f"{self.call}: close_to wants a number or an array of numbers as expected.")
        got = self._formed(want)
        finite = np.isfinite(want)
        self._require_finite(got, finite)
        # Integers wrap: abs(int64's lowest - 0) is negative. Long double holds each of them.
        exact = np.longdouble if want.dtype.kind in "iu" else want.dtype
        with np.errstate(all="ignore"):
            distance = np.abs(got - want.astype(exact))
            off = ~(distance <= atol + rtol * np.abs(want.astype(exact))) & finite
        off |= (got != want) & ~finite
        if off.any():
            self._differs(got, want, off, batch, upstream, hint)
        return self

    def equals(self, expected: Any, hint: str = "") -> Expectation:
        """Exactly equal, types included: bool, int, str, None, or arrays and containers of them.

        Lists and tuples are told apart. Floats inside must be bitwise equal; use close_to for results of
        arithmetic.
        """
        value = self._plain()
        if isinstance(expected, np.ndarray):
            want = expected
            got = self._formed(want)
            off = np.asarray(got != want)
            if off.any():
                self._differs(got, want, off, None, None, hint)
            return self
        same = _equal(value, expected)
        if not same:
            if value is None:
                self._none()
            had, wanted = _kind_of(value), _kind_of(expected)
            words = "" if had == wanted else f" {had}, expected {wanted}"
            if had == wanted == "a number" and isinstance(value, float) != isinstance(expected, float):
                words = " a number of the other kind: whole numbers and floats are told apart here"
            raise Mismatch(
                _join(f"{self.call} returned{words or ' a wrong value'}.", hint),
                f"returned {_show(value)}\nexpected {_show(expected)}",
            )
        return self

    def gradient(
        self,
        numeric: NumericGradient | Callable[[np.ndarray], Any],
        *,
        at: Any = None,
        dout: Any = None,
        tol: float = TOLERANCE,
        batch: int | None = None,
        upstream: Any = None,
        hint: str = "",
    ) -> Expectation:
        """A gradient, judged against central differences by the norm-relative error.

        numeric : a NumericGradient, or a trusted function of one array, differentiated at `at` (with the
            upstream gradient `dout` when it returns an array).
        At a kink any value between the two one-sided slopes is accepted; conventions there have tests of
        their own.
        """
        if not isinstance(numeric, NumericGradient):
            numeric = numeric_gradient(numeric, at, dout)
        want = numeric.value
        if not np.isfinite(want).all():
            if numeric.of_student:
                raise Mismatch(
                    f"{self.call} cannot be checked: the function it belongs to is not finite nearby.",
                    f"numerical {_show(want)}",
                )
            raise AuthorError(f"{self.call}: the numerical gradient is not finite. Choose other inputs.")
        got = self._formed(want)
        self._require_finite(got, np.ones(want.shape, dtype=bool))
        kinks = numeric.kinks
        if kinks.size and kinks.mean() > 0.5:
            if numeric.of_student:
                raise Mismatch(
                    f"{self.call} cannot be checked: the function it belongs to has jumps or kinks nearly everywhere.",
                    f"numerical {_show(want)}",
                )
            raise AuthorError(
                f"{self.call}: more than half of the entries sit on kinks. Choose other inputs."
            )
        slack = 1e-4 * (1 + np.abs(want))
        low = np.minimum(numeric.left, numeric.right) - slack
        high = np.maximum(numeric.left, numeric.right) + slack
        at_kink = kinks & ((got < low) | (got > high))
        smooth = ~kinks
        error = relative_error(got[smooth], want[smooth])
        if not error <= tol or at_kink.any():
            if error <= tol:
                raise Mismatch(
                    _join(f"{self.call} is right except where the function has a kink.", hint),
                    f"returned {_show(got)}\nexpected {_show(want)}",
                    ("gradient:kink", "Look at the points where the function has a kink."),
                )
            found = explain_ratio(got, want, batch=batch, upstream=upstream if upstream is not None else dout)
            raise Mismatch(
                _join(f"{self.call} is not the gradient.", found[1] if found else "", hint),
                f"relative error {error:.2e}, allowed {tol:.0e}\nreturned {_show(got)}\nnumerical {_show(want)}",
                found,
            )
        return self

    # form ------------------------------------------------------------------------------------------------

    def number(self) -> float:
        """The value as a finite Python float; int, float and numpy scalars are numbers, bool is not."""
        got = self._formed(np.asarray(0.0))
        self._require_finite(got, np.ones((), dtype=bool))
        return float(got)

    def array(self, shape: tuple[int, ...] | None = None, *, finite: bool = True) -> np.ndarray:
        """The value as a float64 array of this shape (any, if None), for further arithmetic in the test."""
        value = self._plain()
        if shape is None:
            if isinstance(value, (bool, int, float, complex)) and not isinstance(value, np.ndarray):
                raise Mismatch(f"{self.call} returned {_kind_of(value)}, expected an array.")
            shape = value.shape if isinstance(value, np.ndarray) else (1,)
        got = self._formed(np.zeros(shape)).astype(np.float64)
        if finite:
            self._require_finite(got, np.ones(got.shape, dtype=bool))
        return got

    def unpack(self, *names: str) -> tuple[Expectation, ...]:
        """The parts of a returned pair or tuple: `loss, dz = expect("f(z)", v).unpack("loss", "dz")`."""
        parts = self._entries(len(names))
        if len(parts) != len(names):
            count = len(parts) if len(parts) <= len(names) or self._counted() else f"more than {len(names)}"
            raise Mismatch(f"{self.call} returned {count} values, expected {len(names)}: {', '.join(names)}.")
        return tuple(
            Expectation(f"{name} of {self.call}", part) for name, part in zip(names, parts, strict=True)
        )

    def sequence(self, length: int | None = None) -> list[Any]:
        """The value as a list: a list, a tuple, or anything of the student's that can be looped over.

        Of something without end only a few more entries than `length` (or MOST_ENTRIES) are taken.
        """
        found = self._entries(MOST_ENTRIES if length is None else length)
        if length is not None and len(found) != length:
            count = f"{len(found)} entries" if len(found) <= length or self._counted() else "too many entries"
            raise Mismatch(f"{self.call} returned {count}.", f"expected {length}")
        if len(found) > MOST_ENTRIES and not self._counted():
            raise Mismatch(f"{self.call} gives more than {MOST_ENTRIES} entries. Does it ever end?")
        return found

    def _counted(self) -> bool:
        return not isinstance(self._value, Remote)

    def _entries(self, most: int) -> list[Any]:
        """The entries of a list or tuple, or the first `most` + 1 of something else that can be looped over."""
        value = fetch(self._value)
        if value is None:
            self._none()
        if isinstance(value, Remote):
            try:
                # iter() keeps list() from asking for the length, which is another question
                value = list(itertools.islice(iter(value), most + 1))
            except StudentError as error:
                if error.type_name != "TypeError":
                    raise
                self._unsupported(value)
        if not isinstance(value, (list, tuple)):
            raise Mismatch(f"{self.call} returned {_kind_of(value)}, expected a list or tuple.")
        return list(value)

    def keys(self, *names: str) -> dict[str, Expectation]:
        """The entries of a returned dict, by name; other keys are allowed."""
        value = self._plain()
        if not isinstance(value, dict):
            if value is None:
                self._none()
            raise Mismatch(
                f"{self.call} returned {_kind_of(value)}, expected a dict with {', '.join(names)}."
            )
        missing = [n for n in names if n not in value]
        if missing:
            raise Mismatch(
                f"{self.call} has no key {', '.join(map(repr, missing))}.", f"keys: {list(value)[:20]}"
            )
        return {n: Expectation(f"{self.call}[{n!r}]", value[n]) for n in names}

    def has_shape(self, *shape: int) -> Expectation:
        """An array of exactly this shape, whatever its numbers are."""
        value = self._plain()
        self._formed(np.zeros(shape, dtype=value.dtype if isinstance(value, np.ndarray) else np.float64))
        return self

    def has_dtype(self, dtype: Any) -> Expectation:
        """An array or numpy scalar of exactly this dtype."""
        value = self._plain()
        got = getattr(value, "dtype", None)
        if value is None:
            self._none()
        if got is None or got != np.dtype(dtype):  # numpy holds None for float64
            raise Mismatch(
                f"{self.call} has dtype {got or type(value).__name__}, expected {np.dtype(dtype)}."
            )
        return self

    def is_finite(self) -> Expectation:
        """Numbers without nan and inf."""
        value = self._plain()
        got = self._formed(np.zeros(np.shape(value) if isinstance(value, np.ndarray) else ()))
        self._require_finite(got, np.ones(got.shape, dtype=bool))
        return self

    def is_float(self) -> Expectation:
        """A Python float (a numpy float scalar is one), not an array and not an int."""
        value = self._plain()
        if value is None:
            self._none()
        if not isinstance(value, (float, np.floating)):
            raise Mismatch(f"{self.call} returned {_kind_of(value)}, expected a float. float(...) makes one.")
        return self

    # bounds ----------------------------------------------------------------------------------------------

    def at_least(self, low: float, because: str = "") -> Expectation:
        """A number >= low."""
        return self._bounded(low, np.inf, because)

    def at_most(self, high: float, because: str = "") -> Expectation:
        """A number <= high."""
        return self._bounded(-np.inf, high, because)

    def between(self, low: float, high: float, because: str = "") -> Expectation:
        """A number in [low, high]."""
        return self._bounded(low, high, because)

    def satisfies(self, holds: Any, otherwise: str) -> Expectation:
        """Whatever the test found out by itself: `otherwise` is the sentence when it does not hold."""
        if not bool(holds):
            raise Mismatch(f"{self.call}: {otherwise}", f"returned {_show(fetch(self._value))}")
        return self

    # inside ----------------------------------------------------------------------------------------------

    def _bounded(self, low: float, high: float, because: str) -> Expectation:
        value = self.number()
        if not low <= value <= high:
            side = "too small" if value < low else "too large"
            raise Mismatch(
                _join(f"{self.call} is {side}.", because), f"is {value:.6g}, allowed [{low:g}, {high:g}]"
            )
        return self

    def _plain(self) -> Any:
        value = fetch(self._value)
        if isinstance(value, Remote):
            self._unsupported(value)
        return value

    def _none(self) -> None:
        raise Mismatch(
            f"{self.call} returned None. Is a return missing?",
            diagnosis=("form:none", "A return is missing."),
        )

    def _unsupported(self, value: Remote) -> None:
        what = value._label or "object"
        raise StudentError(
            "unsupported",
            "TypeError",
            f"{self.call} returned an object of an unsupported type (based on {what}). "
            "Return plain numbers, numpy arrays, lists, tuples or dicts.",
        )

    def _formed(self, want: np.ndarray) -> np.ndarray:
        """The value as an array of the kind and shape of `want`, or a Mismatch about its form."""
        value = self._plain()
        if value is None:
            self._none()
        scalar = want.ndim == 0
        if isinstance(value, (bool, int, float, complex)) and not isinstance(value, np.generic):
            if isinstance(value, int) and abs(value) > 2**63 - 1:
                value = float(value) if abs(value) < 10**300 else np.copysign(np.inf, value > 0 or -1)
            got = np.asarray(value)
        elif isinstance(value, (np.ndarray, np.generic)):
            got = np.asarray(value)
        elif isinstance(value, (list, tuple)) and not scalar:
            raise Mismatch(
                f"{self.call} returned {_kind_of(value)}, expected a numpy array. np.array(...) makes one.",
                f"returned {_show(value)}",
            )
        else:
            wanted = "a number" if scalar else "a numpy array"
            raise Mismatch(
                f"{self.call} returned {_kind_of(value)}, expected {wanted}.", f"returned {_show(value)}"
            )
        if scalar and got.ndim:
            raise Mismatch(f"{self.call} returned {_kind_of(got)}, expected a single number.")
        if not scalar and not isinstance(value, np.ndarray):
            raise Mismatch(f"{self.call} returned a single number, expected an array of shape {want.shape}.")
        self._require_kind(got, want, scalar)
        if got.shape != want.shape:
            raise Mismatch(
                f"{self.call} has {_shape_words(got)}, expected {want.shape}.{_shape_question(got.shape, want.shape)}",
                f"returned shape {got.shape}",
                diagnosis=_shape_diagnosis(got.shape, want.shape),
            )
        return got

    def _require_kind(self, got: np.ndarray, want: np.ndarray, scalar: bool) -> None:
        have, need = got.dtype.kind, want.dtype.kind
        need = "i" if need == "u" else need
        ok = have == need or (need == "i" and have == "u") or (scalar and need == "f" and have in "iu")
        if need == "c" and have == "f":
            ok = True
        if not ok:
            where = "is" if scalar else f"has dtype {got.dtype}, that is"
            raise Mismatch(f"{self.call} {where} {KIND_WORDS[have]}, expected {KIND_WORDS[need]}.")
        if have == "f" and got.dtype.itemsize < 4:
            raise Mismatch(
                f"{self.call} has dtype {got.dtype}, which is too coarse. Keep float64 or float32."
            )

    def _require_finite(self, got: np.ndarray, where: np.ndarray) -> None:
        bad = ~np.isfinite(got) & where
        if not bad.any():
            return
        nan = int((np.isnan(got) & where).sum())
        inf = int(bad.sum()) - nan
        what = " and ".join(f"{n} {word}" for n, word in ((nan, "nan"), (inf, "inf")) if n)
        total = f" of {got.size} entries" if got.ndim else ""
        text = f"{self.call}: {what}{total}." if got.ndim else f"{self.call} is {'nan' if nan else 'inf'}."
        raise Mismatch(text, f"returned {_show(got)}")

    def _differs(
        self, got: np.ndarray, want: np.ndarray, off: np.ndarray, batch: int | None, upstream: Any, hint: str
    ) -> None:
        numeric = got.dtype.kind in "iuf" and want.dtype.kind in "iuf"
        found = explain_ratio(got, want, batch=batch, upstream=upstream) if numeric else None
        count = int(off.sum())
        if got.ndim == 0:
            text = f"{self.call} has a wrong value."
        elif count == off.size:
            text = f"{self.call}: all {off.size} entries differ from the right ones."
        else:
            text = f"{self.call}: {count} of {off.size} entries differ from the right ones."
        raise Mismatch(
            _join(text, found[1] if found else "", hint),
            f"returned {_show(got)}\nexpected {_show(want)}",
            found,
        )


def refuses(
    call: str, error: type[Exception], function: Callable[..., Any], *args: Any, **kwargs: Any
) -> None:
    """The call must raise `error` (or a subclass); a wrong input must not slip through.

    Pair such a test with `needs=` on a value test: a function that always raises refuses everything.
    """
    try:
        function(*args, **kwargs)
    except StudentError as raised:
        if isinstance(raised, error):
            return
        if raised.kind in ("unwritten", "missing"):
            raise
        raise Mismatch(
            f"{call} should raise {error.__name__}, but raised {raised.type_name}.", raised.text
        ) from raised
    raise Mismatch(f"{call} should raise {error.__name__}, but returned a value.")


def same_results(
    call: str, got: Any, expected: Any, *, rtol: float = RTOL, atol: float = ATOL, hint: str = ""
) -> None:
    """Compare two results of the student's own function, containers looked into.

    For properties (same result for another memory layout, for another order of rows); `expected` is the
    student's too, so such a test needs a value test beside it.
    """
    got, expected = fetch(got), fetch(expected)
    if isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)):
        if len(got) != len(expected):
            raise Mismatch(_join(f"{call} returned {len(got)} values instead of {len(expected)}.", hint))
        for i, (g, e) in enumerate(zip(got, expected, strict=True)):
            same_results(f"part {i + 1} of {call}", g, e, rtol=rtol, atol=atol, hint=hint)
    elif isinstance(expected, dict) and isinstance(got, dict):
        if set(got) != set(expected):
            raise Mismatch(_join(f"{call} has other keys.", hint))
        # Keys are the student's own words; shown under a hidden test they could carry its inputs out.
        for i, (key, e) in enumerate(expected.items()):
            same_results(f"entry {i + 1} of {call}", got[key], e, rtol=rtol, atol=atol, hint=hint)
    elif isinstance(expected, (np.ndarray, np.generic, float, complex)) or (
        type(expected) is int and abs(expected) < 2**63
    ):
        expect(call, got).close_to(expected, rtol=rtol, atol=atol, hint=hint)
    elif isinstance(expected, Remote) or isinstance(got, Remote):
        expect(call, got)._plain()
        expect(call, expected)._plain()
        raise Mismatch(_join(f"{call} returned something else.", hint))
    else:
        expect(call, got).equals(expected, hint)


# words -----------------------------------------------------------------------------------------------------


def _join(*parts: str) -> str:
    return " ".join(p for p in parts if p)


def _kind_of(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of {_shape_words(value)}"
    if isinstance(value, (bool, np.bool_)):
        return "True or False"
    if isinstance(value, (int, float, complex, np.generic)):
        return "a number"
    names: dict[type, str] = {str: "text", bytes: "bytes", list: "a list", tuple: "a tuple", dict: "a dict"}
    return names.get(type(value), "an object")


def _shape_words(array: np.ndarray) -> str:
    """The shape, unless it is a strange one: empty axes may be as long as a hidden input is large."""
    usual = array.ndim <= 6 and max(array.shape, default=0) <= (4096 if array.size else 64)
    return f"shape {array.shape}" if usual else "a strange shape"


def _show(value: Any) -> str:
    """A value for a person, short."""
    if isinstance(value, np.ndarray):
        text = np.array2string(value, precision=8, threshold=60, edgeitems=3, max_line_width=100)
        return f"array of shape {value.shape}, {value.dtype}:\n{text}" if value.ndim else text
    text = repr(value)
    return text if len(text) <= 400 else text[:400] + " ..."


def _shape_question(got: tuple[int, ...], want: tuple[int, ...]) -> str:
    if len(got) > 1 and got == want[::-1]:
        return " Is it transposed?"
    if tuple(n for n in got if n != 1) == tuple(n for n in want if n != 1):
        return (
            " An axis of length 1 is missing."
            if len(got) < len(want)
            else " There is an extra axis of length 1."
        )
    if got == ():
        return " Was it summed over too many axes?"
    if len(got) == 2 and len(want) == 1 and got[0] == got[1] == want[0]:
        return " Did (N,) and (N, 1) broadcast to (N, N)?"
    if len(got) == len(want) - 1 and _is_subsequence(got, want):
        return " Was it summed over one axis too many?"
    return ""


def _shape_diagnosis(got: tuple[int, ...], want: tuple[int, ...]) -> tuple[str, str] | None:
    question = _shape_question(got, want).strip()
    return ("form:shape", question) if question else None


def _is_subsequence(short: tuple[int, ...], long: tuple[int, ...]) -> bool:
    rest = iter(long)
    return all(n in rest for n in short)


def _equal(value: Any, expected: Any) -> bool:
    if isinstance(value, np.generic) and not isinstance(expected, np.generic):
        # A numpy bool or integer is as good as Python's own.
        same_kind = (value.dtype.kind == "b") == isinstance(expected, bool)
        value = value.item() if same_kind else value
    if isinstance(expected, np.ndarray) or isinstance(value, np.ndarray):
        return (
            isinstance(value, np.ndarray)
            and isinstance(expected, np.ndarray)
            and value.dtype.kind == expected.dtype.kind
            and value.shape == expected.shape
            and bool(np.all(value == expected))
        )
    if type(value) is not type(expected):
        return False
    if isinstance(expected, (list, tuple)):
        return len(value) == len(expected) and all(map(_equal, value, expected))
    if isinstance(expected, dict):
        return value.keys() == expected.keys() and all(_equal(value[k], v) for k, v in expected.items())
    return bool(value == expected)
