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
from grader.student import CALLS_PER_MESSAGE, Remote
from grader.texts import say

STEP = 1e-5
TOLERANCE = 1e-6


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

    def at(step: float) -> NumericGradient:
        return _quotients([_weigh(f(p), dout) for p in _neighbours(start, step)], start.shape, step)

    return _without_curvature(at, h)


def _without_curvature(at: Callable[[float], NumericGradient], h: float) -> NumericGradient:
    """The gradient with step h; where the one-sided slopes differ, a smaller step tells a kink from a bend.

    At a kink the slopes differ by the same amount however small the step; where a function is only strongly
    curved, or has its kink a little aside, they come together.
    """
    first = at(h)
    suspicious = first.kinks
    if not suspicious.any():
        return first
    second = at(h / 10)
    with np.errstate(all="ignore"):
        smooth = suspicious & (np.abs(second.right - second.left) < 0.3 * np.abs(first.right - first.left))
    value, left, right = (
        np.where(smooth, second.value, part) for part in (first.value, first.left, first.right)
    )
    return replace(first, value=value, left=left, right=right)


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
    shape = () if dout is None else np.shape(dout)
    name = function._name or say("gradients.the-function")
    count = 2 * start.size + 1

    def at(step: float) -> NumericGradient:
        return _quotients(
            _results(function, args, wrt, step, pick, count, name, shape, dout), start.shape, step
        )

    return replace(_without_curvature(at, h), of_student=True)


def _results(
    function: Remote,
    args: tuple[Any, ...],
    wrt: int,
    h: float,
    pick: int | None,
    count: int,
    name: str,
    shape: tuple[int, ...],
    dout: Any,
) -> list[float]:
    """The weighed results of the student's function at all `count` points of a difference quotient."""
    values: list[float] = []
    for first in range(0, count, CALLS_PER_MESSAGE):
        last = min(count, first + CALLS_PER_MESSAGE)
        answers = function._channel.request(["slopes", function, list(args), wrt, h, pick, first, last])
        if isinstance(answers, np.ndarray) and answers.shape[1:] == shape:  # all alike: at once
            weights = np.ones(1) if dout is None else np.asarray(dout, dtype=np.float64)
            values += (answers.reshape(len(answers), -1) @ weights.reshape(-1)).tolist()
        else:
            values += [_weigh(_answer(name, value, shape), dout) for value in answers]
    return values


def _answer(name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    """What a student's function returned, as real numbers of this shape, or a Mismatch."""
    known = isinstance(value, (int, float, np.ndarray, np.generic)) and not isinstance(value, bool)
    array = np.asarray(value) if known and not (type(value) is int and abs(value) >= 2**63) else None
    if array is None or array.dtype.kind not in "iuf":
        raise Mismatch(say("gradients.none" if value is None else "gradients.no-number", name=name))
    if array.shape != shape and not (shape == () and array.size == 1):
        raise Mismatch(
            say("gradients.other-shape", name=name, shape=shape),
            say("gradients.detail", shape=array.shape),
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
