"""Numerical gradients and what a wrong gradient has in common with the right one.

float64, central differences with h = 1e-5. Correct gradients of 3-layer nets stay below a norm-relative error
of 1e-9, typical mistakes are above 6e-2 (measured); the tolerance 1e-6 lies between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grader.errors import AuthorError, Mismatch
from grader.student import Remote, many

STEP = 1e-5
TOLERANCE = 1e-6
EXACT_FIT = 1e-6  # residual below which "exactly c times" is said


@dataclass(frozen=True)
class NumericGradient:
    """Central differences and, per entry, the two one-sided slopes that show a kink."""

    value: np.ndarray
    left: np.ndarray
    right: np.ndarray
    of_student: bool = False  # of a function of the student's: what is wrong with it is his affair

    @property
    def kinks(self) -> np.ndarray:
        """Entries at which the function has no derivative (the one-sided slopes disagree)."""
        scale = max(float(np.abs(self.value).max(initial=0.0)), 1e-8)
        return np.abs(self.right - self.left) > 1e-3 * scale


def numeric_gradient(
    f: Callable[[np.ndarray], Any], x: Any, dout: Any = None, h: float = STEP
) -> NumericGradient:
    """Gradient of `sum(f(x) * dout)` (or of the number f(x)) with respect to x; x is not touched.

    f : a trusted function, x -> number or array of the shape of dout. It is called with float64 copies.
    """
    start = np.array(x, dtype=np.float64)
    points = _neighbours(start, h)
    return _quotients([_weigh(f(p), dout) for p in points], start.shape, h)


def student_gradient(
    function: Remote,
    args: tuple[Any, ...],
    wrt: int = 0,
    *,
    pick: int | None = None,
    dout: Any = None,
    h: float = STEP,
) -> NumericGradient:
    """Gradient of the student's own function with respect to argument `wrt`, in one message.

    pick : entry of the result to differentiate (`pick=0` for the loss of `(loss, dz)`).
    """
    start = np.array(args[wrt], dtype=np.float64)
    calls = [(*args[:wrt], p, *args[wrt + 1 :]) for p in _neighbours(start, h)]
    shape = () if dout is None else np.shape(dout)
    name = function._name or "the function"
    answers = [_answer(name, value, shape) for value in many(function, calls, pick)]
    return replace(_quotients([_weigh(a, dout) for a in answers], start.shape, h), of_student=True)


def _answer(name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    """What a student's function returned, as real numbers of this shape, or a Mismatch."""
    known = isinstance(value, (int, float, np.ndarray, np.generic)) and not isinstance(value, bool)
    array = np.asarray(value) if known and not (type(value) is int and abs(value) >= 2**63) else None
    if array is None or array.dtype.kind not in "iuf":
        what = "None. Is a return missing?" if value is None else "something that is no number."
        raise Mismatch(f"{name} was differentiated, but returned {what}")
    if array.shape != shape and not (shape == () and array.size == 1):
        raise Mismatch(
            f"{name} was differentiated, but returned an array of another shape than {shape}.",
            f"returned shape {array.shape}",
        )
    return array.astype(np.float64)


def _neighbours(start: np.ndarray, h: float) -> list[np.ndarray]:
    """start, then start + h and start - h in each entry."""
    points = [start]
    for index in np.ndindex(start.shape):
        for step in (h, -h):
            moved = start.copy()
            moved[index] += step
            points.append(moved)
    return points


def _weigh(value: Any, dout: Any) -> float:
    array = np.asarray(value, dtype=np.float64)
    if dout is None:
        if array.size != 1:
            raise AuthorError(f"A function with {array.size} outputs has no gradient without dout.")
        return float(array.reshape(()))
    weights = np.asarray(dout, dtype=np.float64)
    if array.shape != weights.shape:
        raise ValueError(f"output of shape {array.shape}, upstream gradient of shape {weights.shape}")
    return float(np.sum(array * weights))


def _quotients(values: list[float], shape: tuple[int, ...], h: float) -> NumericGradient:
    here, ups, downs = values[0], np.array(values[1::2]), np.array(values[2::2])
    with np.errstate(all="ignore"):  # inf - inf is nan, which the comparison names
        return NumericGradient(
            ((ups - downs) / (2 * h)).reshape(shape),
            ((here - downs) / h).reshape(shape),
            ((ups - here) / h).reshape(shape),
        )


def relative_error(a: Any, b: Any) -> float:
    """Norm-relative error ||a - b|| / (||a|| + ||b||); 0 for two zeros, nan if anything is nan."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    return float(np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b) + 1e-12))


@np.errstate(all="ignore")  # entries near 1e300 may overflow here; then nothing fits
def explain_ratio(
    got: np.ndarray, expected: np.ndarray, *, batch: int | None = None, upstream: Any = None
) -> tuple[str, str] | None:
    """Recognise what a wrong array has in common with the right one: (id, sentence), or None.

    Says nothing rather than something wrong: a sentence needs an exact fit (residual below 1e-6).

    batch : number of examples N, to recognise a forgotten or doubled 1/N.
    upstream : the gradient from above, to recognise a missing local derivative.
    """
    a, n = np.asarray(got, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    if a.size == 0 or not (np.isfinite(a).all() and np.isfinite(n).all()):
        return None
    if a.ndim == 2 and a.shape == n.shape[::-1] and fits(a.T, n):
        if a.shape == n.shape and fits(a, n):
            return None
        return "ratio:transposed", "It is the transpose of the right result."
    if a.shape != n.shape or not a.any():
        return None
    if n.any():
        c = float(np.sum(a * n) / np.sum(n * n))
        if np.linalg.norm(a - c * n) <= EXACT_FIT * np.linalg.norm(a) and abs(c) > 1e-12:
            # One number is always some multiple of another; only a well-known factor says anything then.
            return _ratio_sentence(c, batch, single=np.count_nonzero(n) == 1)
    if upstream is not None:
        up = np.asarray(upstream, dtype=np.float64)
        if up.shape == a.shape and up.any() and fits(a, up):
            return "ratio:upstream", "It equals the gradient from above. Was the local derivative left out?"
    if a.ndim >= 1 and a.shape[0] > 2:
        rows = [i for i in range(a.shape[0]) if not fits(a[i], n[i])]
        if len(rows) == 1:
            which = {0: "the first row", a.shape[0] - 1: "the last row"}.get(rows[0], "one row")
            return "ratio:one-row", f"Only {which} is wrong."
    return None


def fits(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal up to the exactness that a diagnosis needs."""
    return bool(np.linalg.norm(a - b) <= EXACT_FIT * (np.linalg.norm(b) + 1e-12))


def _ratio_sentence(c: float, batch: int | None, single: bool) -> tuple[str, str] | None:
    def near(value: float) -> bool:
        return abs(c - value) <= 1e-5 * abs(value)

    if batch == 2 and near(2):
        return "ratio:batch-or-two", "It is exactly 2 times too large: a factor 2, or the mean over the 2 rows was forgotten."
    if batch == 2 and near(0.5):
        return "ratio:half-or-twice", "It is exactly 2 times too small: a factor 2 was lost, or it was divided by the 2 rows twice."
    if batch and batch > 1:
        if near(batch):
            return (
                "ratio:batch",
                f"It is exactly {batch} times too large, and the batch has {batch} rows. "
                "Was the mean over the batch forgotten?",
            )
        if near(1 / batch):
            return (
                "ratio:batch-twice",
                f"It is exactly {batch} times too small, and the batch has {batch} rows. "
                "Was it divided by the number of rows twice?",
            )
        if near(-batch):
            return "ratio:batch-sign", "The sign is wrong, and the mean over the batch is missing."
    if near(-1):
        return "ratio:sign", "Only the sign is wrong."
    if near(2) and not single:
        return "ratio:two", "It is exactly twice the right result. Look for a factor 2."
    if near(0.5) and not single:
        return "ratio:half", "It is exactly half the right result. Was a factor 2 lost?"
    if near(1 / np.log(10)):
        return "ratio:log10", "It is the right result in units of log10. This kit uses natural logarithms."
    if near(1 / np.log(2)):
        return "ratio:log2", "It is the right result in bits (log2). This kit uses natural logarithms."
    if near(1) or single:
        return None
    return "ratio:constant", "Every entry is off by the same factor."
