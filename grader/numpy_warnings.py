"""What numpy's warnings mean, in a sentence for the student.

Only numpy's own texts are looked at. Any other warning could be written by the submission, and its text could
carry hidden inputs out of the sandbox.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from grader.texts import known, say

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
            about = what.replace(" ", "-")
            special = f"why.{about}.{operation}" in known("warnings")
            why = say(f"warnings.why.{about}.{operation if special else 'any'}")
            times = "once" if count == 1 else "often" if count > 1000 else "times"
            fields = {"exercise": exercise, "count": count, "what": what, "operation": operation, "why": why}
            said.append(say(f"warnings.note.{times}", **fields))
    return said[:most]
