"""Cells that a spreadsheet shows as they are, and never runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

# What a spreadsheet takes for the beginning of a formula, the full-width forms included.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def cell(value: object) -> str:
    """A cell of a CSV file: nothing for None, numbers short, text never a formula."""
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return f"{round(value, 6):.12g}"
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_bytes(header: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """A CSV file in UTF-8 without a byte order mark; every cell goes through `cell`."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(header)
    lines.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8", "backslashreplace")
