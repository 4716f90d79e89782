"""What a wrong array has in common with the right one, in a sentence for the student.

A sentence needs an exact fit: nothing is said rather than something wrong. No sentence gives a number away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

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
            line = "row" if a.ndim > 1 else "entry"
            which = {0: f"the first {line}", a.shape[0] - 1: f"the last {line}"}.get(rows[0], f"one {line}")
            return "ratio:one-row", f"Only {which} is wrong."
    return next(_likenesses(a, n), None)


def _likenesses(a: np.ndarray, n: np.ndarray) -> Iterator[Found]:
    """Everything else that fits, the more telling first; a and n have the same shape."""
    if np.unique(n).size < ENOUGH or fits(a, n):
        return
    if fits(np.abs(a), np.abs(n)):
        yield "ratio:signs", "The sizes are right, some signs are wrong."
    yield from _functions(a, n)
    written = a != 0
    if 2 <= written.sum() < np.count_nonzero(n) and fits(a[written], n[written]):
        yield "ratio:missing", "What is not zero is right; the other entries were not computed."
    yield from _places(a, n)
    offset = float(np.mean(a - n))
    if fits(a - offset, n):
        yield "ratio:offset", f"Every entry is too {'large' if offset > 0 else 'small'} by the same amount."
    if a.ndim == 2 and min(a.shape) >= 2:
        yield from _lines(a, n)


FUNCTIONS: tuple[tuple[Callable[[np.ndarray], np.ndarray], Found], ...] = (
    (lambda n: 1 - n, ("ratio:one-minus", "It is one minus the right result.")),
    (lambda n: 1 / n, ("ratio:reciprocal", "It is one divided by the right result.")),
    (np.exp, ("ratio:exp", "It is the exponential of the right result.")),
    (np.log, ("ratio:log", "It is the logarithm of the right result.")),
    (np.square, ("ratio:square", "It is the square of the right result.")),
    (np.sqrt, ("ratio:root", "It is the square root of the right result.")),
    (lambda n: np.maximum(n, 0), ("ratio:positive-part", "Negative entries became 0, the others are right.")),
    (np.rint, ("ratio:rounded", "The entries were rounded to whole numbers.")),
    (np.trunc, ("ratio:whole", "The digits after the point are lost. Does it compute with whole numbers?")),
)


def _functions(a: np.ndarray, n: np.ndarray) -> Iterator[Found]:
    for function, found in FUNCTIONS:
        image = function(n)
        # A function that does nothing to these numbers, or makes them all alike, tells nothing.
        if np.isfinite(image).all() and np.unique(image).size >= ENOUGH and fits(a, image):
            yield found


def _places(a: np.ndarray, n: np.ndarray) -> Iterator[Found]:
    for axis in range(n.ndim):
        which = "" if n.ndim == 1 else f" along axis {axis}"
        if n.shape[axis] < 2:
            continue
        if fits(a, np.flip(n, axis)):
            yield "ratio:reversed", f"The right numbers in reverse order{which}."
        elif fits(a, np.roll(n, 1, axis)) or fits(a, np.roll(n, -1, axis)):
            yield "ratio:rolled", f"The right numbers, one place further{which}."
        if fits(a, np.cumsum(n, axis)):
            yield "ratio:running-sum", f"It is the running sum of the right result{which}."
    if fits(np.sort(a, axis=None), np.sort(n, axis=None)):
        yield "ratio:order", "The right numbers in a wrong order."


def _lines(a: np.ndarray, n: np.ndarray) -> Iterator[Found]:
    """Right up to a factor or a summand for each row or column."""
    for axis, line, along in ((1, "row", "axis 1"), (0, "column", "axis 0")):
        if n.shape[axis] < 2:
            continue
        factor = np.sum(a * n, axis=axis, keepdims=True) / np.sum(n * n, axis=axis, keepdims=True)
        if np.isfinite(factor).all() and fits(factor * n, a):
            yield (
                f"ratio:each-{line}",
                f"Each {line} is right up to a factor of its own. What is summed or divided along {along}?",
            )
        if fits(a - np.mean(a - n, axis=axis, keepdims=True), n):
            yield (
                f"ratio:offset-of-each-{line}",
                f"Each {line} is right up to one number that was added to all of it.",
            )


def fits(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal up to the exactness that a diagnosis needs."""
    if a.shape != b.shape:
        return False
    return bool(np.linalg.norm(a - b) <= EXACT_FIT * (np.linalg.norm(b) + 1e-12))


def _ratio_sentence(c: float, batch: int | None, single: bool) -> tuple[str, str] | None:
    def near(value: float) -> bool:
        return abs(c - value) <= 1e-5 * abs(value)

    if batch == 2 and near(2):
        return (
            "ratio:batch-or-two",
            "It is exactly 2 times too large: a factor 2, or the mean over the 2 rows was forgotten.",
        )
    if batch == 2 and near(0.5):
        return (
            "ratio:half-or-twice",
            "It is exactly 2 times too small: a factor 2 was lost, or it was divided by the 2 rows twice.",
        )
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
