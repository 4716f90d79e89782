"""A CSV file of another program, in which single cells are changed and every other byte stays as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from grader.errors import UsageError

MAX_BYTES = 64 << 20
DELIMITERS = ",;\t"


@dataclass
class Row:
    """One record: its cells as written, quotes included, and what ends it."""

    raw: list[str] = field(default_factory=list)
    end: str = ""

    @property
    def values(self) -> list[str]:
        return [unquoted(cell) for cell in self.raw]

    def value(self, column: int | None) -> str:
        """A cell's text without blanks around it; empty if there is no such cell."""
        return unquoted(self.raw[column]).strip() if column is not None and column < len(self.raw) else ""


class RawCsv:
    """The file.

    Raises
    ------
    UsageError
        If it cannot be read, is not UTF-8 (or UTF-16 with a mark), or a quote is never closed.
    """

    def __init__(self, path: Path):
        self.path = path
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise UsageError(
                f"{path}: cannot be read ({error.strerror}). Name the file that the platform exported."
            ) from None
        if len(data) > MAX_BYTES:
            raise UsageError(f"{path}: larger than {MAX_BYTES // 2**20} MiB. Is this the right file?")
        self.encoding, self.mark = "utf-8", b""
        for mark, encoding in (
            (b"\xef\xbb\xbf", "utf-8"),
            (b"\xff\xfe", "utf-16-le"),
            (b"\xfe\xff", "utf-16-be"),
        ):
            if data.startswith(mark):
                self.encoding, self.mark = encoding, mark
        try:
            text = data[len(self.mark) :].decode(self.encoding)
        except UnicodeDecodeError:
            raise UsageError(
                f"{path}: not UTF-8. Export it again; do not save it in a spreadsheet."
            ) from None
        top = text.lstrip("\r\n").partition("\n")[0]
        self.delimiter = max(DELIMITERS, key=lambda d: (_outside_quotes(top, d), d == ","))
        self.rows = self._split(text)
        if not any(any(r.raw) for r in self.rows):
            raise UsageError(f"{path}: empty. Export it again.")

    def _split(self, text: str) -> list[Row]:
        # A quoted cell, with what follows its last quote; or anything up to the next delimiter or line end.
        cell = re.compile(rf'(?:"(?:[^"]|"")*"[^{self.delimiter}\r\n]*|(?!")[^{self.delimiter}\r\n]*)')
        end = re.compile(rf"[{self.delimiter}]|\r\n|\n|\r|\Z")
        rows, row, place = [], Row(), 0
        while True:
            match = cell.match(text, place)
            if match is None:
                line = text.count("\n", 0, place) + 1
                raise UsageError(f"{self.path}, line {line}: a quote is never closed. Export the file again.")
            row.raw.append(match[0])
            stop = end.match(text, match.end())
            assert stop is not None  # the cell ends before one of these
            place = stop.end()
            if stop[0] == self.delimiter:
                continue
            row.end = stop[0]
            if row.raw != [""] or row.end:
                rows.append(row)
            if place >= len(text):
                return rows
            row = Row()

    def set(self, row: Row, column: int, value: str) -> None:
        """Put a value into a cell, in quotes if it was or needs to be."""
        row.raw += [""] * (column + 1 - len(row.raw))
        if row.raw[column].startswith('"') or re.search(rf'[{self.delimiter}"\r\n]', value):
            value = '"' + value.replace('"', '""') + '"'
        row.raw[column] = value

    def data(self) -> bytes:
        """The whole file."""
        text = "".join(self.delimiter.join(row.raw) + row.end for row in self.rows)
        return self.mark + text.encode(self.encoding)


def unquoted(raw: str) -> str:
    """What a cell says."""
    if not raw.startswith('"'):
        return raw
    inside, _, rest = raw[1:].rpartition('"')
    return inside.replace('""', '"') + rest


def _outside_quotes(line: str, delimiter: str) -> int:
    return re.sub(r'"[^"]*"', "", line).count(delimiter)


# numbers -----------------------------------------------------------------------------------------------------------


def number_of(text: str) -> float | None:
    """A number of a gradebook, with a decimal point or comma; None if it is none."""
    text = text.strip().replace("\xa0", "").replace(" ", "")
    if "," in text and "." in text:  # one of them groups thousands
        text = (
            text.replace(",", "")
            if text.rindex(".") > text.rindex(",")
            else text.replace(".", "").replace(",", ".")
        )
    text = text.replace(",", ".")
    return float(text) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text) else None


def written(value: float, comma: bool = False) -> str:
    """A mark with at most two decimals."""
    text = f"{round(value + 1e-9, 2):.2f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if comma else text


def uses_comma(cells: list[str]) -> bool:
    """Whether these numbers are written with a decimal comma."""
    return any(re.fullmatch(r"\d+,\d{1,2}", cell.strip()) for cell in cells)
