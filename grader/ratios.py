"""What a wrong array has in common with the right one, in a sentence for the student.

A sentence needs an exact fit: nothing is said rather than something wrong. No sentence gives a number away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from grader.texts import say

EXACT_FIT = 1e-6  # relative residual up to which a fit is exact
ENOUGH = 3  # different numbers among the right ones, below which a fit may be chance

Found = tuple[str, str]  # (id, sentence)


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
        return "ratio:transposed", say("ratios.transposed")
    if a.shape != n.shape or not a.any():
        return None
    if n.any():
        c = float(np.sum(a * n) / np.sum(n * n))
        if np.linalg.norm(a - c * n) <= EXACT_FIT * np.linalg.norm(a) and abs(c) > 1e-12:
            # One number is always some multiple of another; only a well-known factor says anything then. The same
            # where one number is so large that the others do not count.
            counting = np.count_nonzero(np.abs(n) > EXACT_FIT * np.abs(n).max())
            return _ratio_sentence(c, batch, single=counting == 1)
    if upstream is not None:
        up = np.asarray(upstream, dtype=np.float64)
        if up.shape == a.shape and up.any() and fits(a, up):
            return "ratio:upstream", say("ratios.upstream")
    if a.ndim >= 1 and a.shape[0] > 2:
        rows = [i for i in range(a.shape[0]) if not fits(a[i], n[i])]
        if len(rows) == 1:
            line = "row" if a.ndim > 1 else "entry"
            which = {0: "first", a.shape[0] - 1: "last"}.get(rows[0], "one")
            return "ratio:one-row", say(f"ratios.only.{which}-{line}")
    return next(_likenesses(a, n), None)


def _likenesses(a: np.ndarray, n: np.ndarray) -> Iterator[Found]:
    """Everything else that fits, the more telling first; a and n have the same shape."""
    if np.unique(n).size < ENOUGH or fits(a, n):
        return
    if fits(np.abs(a), np.abs(n)):
        yield "ratio:signs", say("ratios.signs")
    yield from _functions(a, n)
    written = a != 0
    if 2 <= written.sum() < np.count_nonzero(n) and fits(a[written], n[written]):
        yield "ratio:missing", say("ratios.missing")
    yield from _places(a, n)
    offset = float(np.mean(a - n))
    if fits(a - offset, n):
        yield "ratio:offset", say("ratios.offset.large" if offset > 0 else "ratios.offset.small")
    if a.ndim == 2 and min(a.shape) >= 2:
        yield from _lines(a, n)


FUNCTIONS: tuple[tuple[Callable[[np.ndarray], np.ndarray], str], ...] = (
    (lambda n: 1 - n, "one-minus"),
    (lambda n: 1 / n, "reciprocal"),
    (np.exp, "exp"),
    (np.log, "log"),
    (np.square, "square"),
    (np.sqrt, "root"),
    (lambda n: np.maximum(n, 0), "positive-part"),
    (np.rint, "rounded"),
    (np.trunc, "whole"),
)


def _functions(a: np.ndarray, n: np.ndarray) -> Iterator[Found]:
    for function, name in FUNCTIONS:
        image = function(n)
        # A function that does nothing to these numbers, or makes them all alike, tells nothing.
        if np.isfinite(image).all() and np.unique(image).size >= ENOUGH and fits(a, image):
            yield f"ratio:{name}", say(f"ratios.function.{name}")


def _places(a: np.ndarray, n: np.ndarray) -> Iterator[Found]:
    for axis in range(n.ndim):
        if n.shape[axis] < 2:
            continue
        if fits(a, np.flip(n, axis)):
            yield "ratio:reversed", _along("reversed", n, axis)
        elif fits(a, np.roll(n, 1, axis)) or fits(a, np.roll(n, -1, axis)):
            yield "ratio:rolled", _along("rolled", n, axis)
        if fits(a, np.cumsum(n, axis)):
            yield "ratio:running-sum", _along("running-sum", n, axis)
    if fits(np.sort(a, axis=None), np.sort(n, axis=None)):
        yield "ratio:order", say("ratios.order")


def _along(name: str, n: np.ndarray, axis: int) -> str:
    if n.ndim == 1:
        return say(f"ratios.place.{name}")
    return say(f"ratios.along.{name}", axis=axis)


def _lines(a: np.ndarray, n: np.ndarray) -> Iterator[Found]:
    """Right up to a factor or a summand for each row or column."""
    for axis, line in ((1, "row"), (0, "column")):
        if n.shape[axis] < 2:
            continue
        factor = np.sum(a * n, axis=axis, keepdims=True) / np.sum(n * n, axis=axis, keepdims=True)
        if np.isfinite(factor).all() and fits(factor * n, a):
            yield f"ratio:each-{line}", say(f"ratios.factor-of-each.{line}")
        if fits(a - np.mean(a - n, axis=axis, keepdims=True), n):
            yield f"ratio:offset-of-each-{line}", say(f"ratios.offset-of-each.{line}")


def fits(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal up to the exactness that a diagnosis needs."""
    if a.shape != b.shape:
        return False
    size = np.linalg.norm(b)  # infinite for entries like 1e300, and then everything would fit
    return bool(np.isfinite(size) and np.linalg.norm(a - b) <= EXACT_FIT * (size + 1e-12))


def _ratio_sentence(c: float, batch: int | None, single: bool) -> tuple[str, str] | None:
    def near(value: float) -> bool:
        return abs(c - value) <= 1e-5 * abs(value)

    if batch == 2 and near(2):
        return (
            "ratio:batch-or-two",
            say("ratios.batch-or-two"),
        )
    if batch == 2 and near(0.5):
        return (
            "ratio:half-or-twice",
            say("ratios.half-or-twice"),
        )
    if batch and batch > 1:
        if near(batch):
            return (
                "ratio:batch",
                say("ratios.batch", batch=batch),
            )
        if near(1 / batch):
            return (
                "ratio:batch-twice",
                say("ratios.batch-twice", batch=batch),
            )
        if near(-batch):
            return "ratio:batch-sign", say("ratios.batch-sign")
    if near(-1):
        return "ratio:sign", say("ratios.sign")
    if near(2) and not single:
        return "ratio:two", say("ratios.two")
    if near(0.5) and not single:
        return "ratio:half", say("ratios.half")
    if near(1 / np.log(10)):
        return "ratio:log10", say("ratios.log10")
    if near(1 / np.log(2)):
        return "ratio:log2", say("ratios.log2")
    if near(1) or single:
        return None
    return "ratio:constant", say("ratios.constant")
