"""Text of others made harmless, and numbers made readable."""

from __future__ import annotations

import re
from typing import NamedTuple

from markupsafe import Markup

# Colour codes of terminals go as a whole; then control characters, those that turn the direction of writing
# or are invisible, and lone surrogates, which no file can hold. The joiners U+200C and U+200D stay: Persian
# and Hindi names need them.
_HARMFUL = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
    r"|[\ud800-\udfff]"
)


class Word(NamedTuple):
    """How a verdict or a status is shown: the sign and the word always together, so colour is never alone."""

    sign: str
    word: str
    tone: str  # good, bad, stop, idle or ours; style.css gives each a colour


VERDICT_WORDS = {
    "passed": Word("✓", "passed", "good"),
    "failed": Word("✗", "wrong result", "bad"),
    "raised": Word("!", "exception", "bad"),
    "unwritten": Word("○", "not written", "idle"),
    "timeout": Word("◷", "out of time", "stop"),
    "memory": Word("▣", "out of memory", "stop"),
    "crashed": Word("⚡", "crashed", "stop"),
    "protocol": Word("≠", "unusable answer", "stop"),
    "skipped": Word("–", "not judged", "idle"),
    "grader_error": Word("?", "grader failed", "ours"),
}
STATUS_WORDS = {
    "graded": Word("✓", "graded", "good"),
    "rejected": Word("✗", "rejected", "bad"),
    "missing": Word("○", "missing", "idle"),
    "grader_error": Word("?", "grader failed", "ours"),
}


def clean(value: object) -> object:
    """A string without its harmful characters; anything else, markup too, as it is."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return _HARMFUL.sub("", value)
    return value


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, and how many were left out."""
    left_out = len(text) - limit
    return text if left_out <= 0 else f"{text[:limit]} … ({left_out:,} more characters)"


def number(value: float | None, decimals: int | None = None) -> str:
    """A number with fixed decimals, or with as few as say it to two places; a dash for None."""
    if value is None:
        return "–"
    if decimals is not None:
        return f"{value:.{decimals}f}"
    text = f"{value:.2f}"
    return text.rstrip("0").rstrip(".")


def percent(share: float | None) -> str:
    """A share as whole per cent. Only a true 1 is shown as 100, only a true 0 as 0."""
    if share is None:
        return "–"
    whole = round(share * 100)
    if whole == 100 and share < 1:
        whole = 99
    elif whole == 0 and share > 0:
        whole = 1
    return f"{whole} %"


def signed(value: float | None) -> str:
    """A correlation with two decimals; a dash for None."""
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def decimals_for(values: list[float]) -> int:
    """How many decimals a column needs so that its numbers line up: 0, 1 or 2."""
    for decimals in (0, 1):
        if all(abs(value - round(value, decimals)) < 1e-6 for value in values):
            return decimals
    return 2


def natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key: student2 before student10."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]
