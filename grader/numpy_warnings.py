"""What numpy's warnings mean, in a sentence for the student.

Only numpy's own texts are looked at. Any other warning could be written by the submission, and its text could
carry hidden inputs out of the sandbox.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

NUMPY_TEXT = re.compile(r"(overflow|divide by zero|invalid value) encountered in ([a-z_]{2,20})")
OPERATIONS = frozenset(
    [
        "exp",
        "exp2",
        "expm1",
        "log",
        "log2",
        "log10",
        "log1p",
        "sqrt",
        "power",
        "square",
        "multiply",
        "add",
        "subtract",
        "divide",
        "true_divide",
        "reciprocal",
        "matmul",
        "dot",
        "reduce",
        "accumulate",
        "cast",
        "cosh",
        "sinh",
        "tanh",
        "arctanh",
        "logaddexp",
        "remainder",
        "floor_divide",
        "scalar",
    ]
)
WHY = {
    "overflow exp": "exp of more than 709 is inf. Subtract the row maximum before exp (softmax), or treat positive and negative "
    "numbers apart (sigmoid).",
    "overflow cosh": "cosh of more than 710 is inf, though 1 / cosh is a plain 0 there. Write it with tanh.",
    "overflow power": "A power became too large. Is the step too long, or does something grow with every step?",
    "overflow square": "A square became too large. Is the step too long, or does something grow with every step?",
    "divide by zero log": "log(0) is -inf. Compute the logarithm together with what it is taken of (log-softmax, logits), or "
    "keep its argument away from 0.",
    "invalid value log": "The logarithm of a negative number is nan.",
    "invalid value sqrt": "The square root of a negative number is nan. Did a difference of equal numbers come out below 0?",
    "divide by zero divide": "Something was divided by 0. An epsilon in the right place, or a case of its own, avoids it.",
    "invalid value divide": "0 / 0 or inf / inf is nan. np.where computes both of its branches, so it is no protection.",
    "invalid value subtract": "inf - inf is nan. Look for what became inf first.",
    "invalid value multiply": "0 * inf is nan. Look for what became inf first.",
    "invalid value matmul": "An inf or nan went into a matrix product. Look for what became inf first.",
    "invalid value cast": "nan or inf was made a whole number.",
    "overflow": "Numbers became too large for floating point. Is the step too long, or does something grow with every step?",
    "divide by zero": "Something was divided by 0.",
    "invalid value": "A result that is no number (nan). Look for what became inf first.",
}

Warned = Counter[tuple[str, str]]  # (what, operation) -> how often


def counted(warnings: Iterable[Iterable[object]]) -> Warned:
    """numpy's warnings among [[category, text, count], ...]."""
    found: Warned = Counter()
    for category, text, count in warnings:
        match = NUMPY_TEXT.fullmatch(str(text)) if category == "RuntimeWarning" else None
        if match and match[2] in OPERATIONS and isinstance(count, int):
            found[match[1], match[2].removeprefix("true_")] += max(0, min(count, 10_000))
    return found


def notes(by_exercise: Mapping[str, Warned], most: int = 8) -> list[str]:
    """One sentence for each kind of warning in each exercise, the most frequent first."""
    said = []
    for exercise, warned in by_exercise.items():
        for (what, operation), count in warned.most_common(3):
            times = "once" if count == 1 else "very often" if count > 1000 else f"{count} times"
            why = WHY.get(f"{what} {operation}") or WHY[what]
            said.append(f"{exercise}: numpy warned {times} of: {what} in {operation}. {why}")
    return said[:most]
