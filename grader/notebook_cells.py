"""From the bytes of a notebook to its code cells, each of them parsed. What hostile data meets first.

Standard library only, and nothing is executed. `grader.notebook_module` goes on from here and says what becomes of
the cells; `grader.notebook_read` runs both in a child.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from grader.texts import say

MAX_CODE = 1 << 20  # characters of code; the same limit as for a .py file
MAX_CELLS = 2_000
MAX_DEPTH = 100  # brackets of the JSON; a notebook of Jupyter has about ten
MAX_PARTS = 1_000_000  # lists and objects of the JSON
MARK = "# %% cell "
TRANSPARENT = {"time", "capture", "prun"}  # cell magics whose body defines names as usual
# Strings and their escapes without backtracking: the text may be 20 MB long.
JSON_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
CELL_MAGIC = re.compile(r"\s*%%\s*(\w*)")
MAGIC = re.compile(
    r"\s*(?:[%!?]"  # %timeit f(x), !pip install, ?softmax
    r"|%{0,2}[A-Za-z_][\w.*]*\?\??\s*;?\s*(?:\#.*)?$"  # softmax?
    r"|[A-Za-z_][\w.,\s\[\]*]*=\s*(?:!|%[A-Za-z]))"  # files = !ls
)
TOKEN = re.compile(
    r"""(?P<comment>\#.*)|(?P<triple>\"{3}|'{3})|(?P<string>"(?:[^"\\]|\\.)*+"?|'(?:[^'\\]|\\.)*+'?)"""
    r"""|(?P<open>[(\[{])|(?P<close>[)\]}])"""
)
NAMES = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)", re.MULTILINE)
EXERCISE_ID = re.compile(r"ch\d\d-([A-Za-z_]\w*)")


class Problem(Exception):
    """The file is no usable notebook; the text ends a sentence that begins with its name."""


@dataclass(eq=False)
class Cell:
    """One code cell: its number from the top, its lines, and what the kit knows of it."""

    number: int
    lines: list[str]
    exercise: str | None = None  # it is the cell that the kit made for this exercise
    role: str | None = None
    id: str | None = None
    broken: str | None = None  # why it does not parse
    joined: list[tuple[int, int]] = field(
        default_factory=list
    )  # (cell, its first line here) of what was joined
    tree: list[ast.stmt] = field(default_factory=list)
    magics: dict[int, str] = field(default_factory=dict)  # index of a line -> what stood there
    whole: str = ""  # its text as it was, with that of cells that were joined to it

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def defined(self) -> list[str]:
        return list(dict.fromkeys(NAMES.findall(self.text)))


# --- the file ---------------------------------------------------------------------------------------------


def parse_notebook(data: bytes) -> dict[str, Any]:
    """The JSON object of a notebook.

    Raises
    ------
    Problem
        If it is none.
    """
    if not data.strip():
        raise Problem(say("cells.empty"))
    try:
        wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeError:
        raise Problem(say("cells.not-utf8")) from None
    if not text.lstrip().startswith("{"):
        if NAMES.search(text) or re.search(r"^(?:import|from)\s+\w", text, re.MULTILINE):
            raise Problem(say("cells.holds-python"))
        raise Problem(say("cells.no-notebook"))
    _check_depth(text)
    try:
        found = json.loads(text, strict=False, parse_int=_small_int)
    except RecursionError:
        raise Problem(say("cells.nested")) from None
    except ValueError as error:
        line = getattr(error, "lineno", None)
        if re.search(r"^(?:<<<<<<<|>>>>>>>) ", text, re.MULTILINE):
            raise Problem(say("cells.merge-conflict")) from None
        if line:
            raise Problem(say("cells.not-whole-at", line=line)) from None
        raise Problem(say("cells.not-whole")) from None
    if not isinstance(found, dict):
        raise Problem(say("cells.no-notebook"))
    return found


def _small_int(digits: str) -> int:
    return int(digits) if len(digits) < 20 else 0


def _check_depth(text: str) -> None:
    """Refuse what is nested deeply or has very many parts, before a recursive parser meets it."""
    depth = parts = 0
    for match in re.finditer(r"[\[{]|[\]}]", JSON_STRING.sub("", text)):
        if match[0] in "[{":
            depth, parts = depth + 1, parts + 1
            if depth > MAX_DEPTH:
                raise Problem(say("cells.nested"))
            if parts > MAX_PARTS:
                raise Problem(say("cells.many-parts"))
        else:
            depth -= 1


def raw_cells(notebook: dict[str, Any]) -> list[Any]:
    """The cells of a notebook of format 4, or 3 and 2.

    Raises
    ------
    Problem
        If it has none.
    """
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        sheets = notebook.get("worksheets")
        if not isinstance(sheets, list):
            raise Problem(say("cells.no-cells"))
        lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        cells = [cell for found in lists if isinstance(found, list) for cell in found]
    if len(cells) > MAX_CELLS:
        raise Problem(say("cells.many-cells", most=MAX_CELLS))
    return cells


def code_cells(notebook: dict[str, Any], notes: list[str]) -> list[Cell]:
    """The code cells, numbered among all cells.

    Raises
    ------
    Problem
        If there is no code, or too much.
    """
    found, size = [], 0
    for number, raw in enumerate(raw_cells(notebook), 1):
        if not isinstance(raw, dict):
            notes.append(say("cells.damaged", number=number))
            continue
        metadata = raw.get("metadata")
        ours = metadata.get("nnkata") if isinstance(metadata, dict) else None
        ours = ours if isinstance(ours, dict) else {}
        exercise, role, identity = ours.get("exercise"), ours.get("role"), raw.get("id")
        identity = identity if isinstance(identity, str) else None
        if not isinstance(exercise, str):
            match = EXERCISE_ID.fullmatch(identity or "")
            exercise = match[1] if match else None
        role = role if isinstance(role, str) else None
        kind = raw.get("cell_type")
        source = raw.get("source", raw.get("input", ""))
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if kind != "code":
            if not (exercise and isinstance(source, str) and NAMES.search(source)):
                continue
            notes.append(say("cells.not-code", number=number, exercise=exercise))
        if not isinstance(source, str):
            notes.append(say("cells.no-text", number=number))
            continue
        size += len(source)
        if size > MAX_CODE:
            raise Problem(say("cells.too-large"))
        source = source.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
        clean = source.encode("utf-8", "replace").decode("utf-8")
        if clean != source:
            notes.append(say("cells.surrogate", number=number))
        found.append(Cell(number, clean.split("\n"), exercise, role, identity, whole=clean))
    if not any(cell.text.strip() for cell in found):
        raise Problem(say("cells.no-code"))
    return found


# --- magics -----------------------------------------------------------------------------------------------


def without_magics(cell: Cell, notes: list[str]) -> None:
    """Replace what IPython adds to Python, line by line; lines keep their numbers."""
    first = next((i for i, line in enumerate(cell.lines) if line.strip()), None)
    match = CELL_MAGIC.match(cell.lines[first]) if first is not None else None
    if first is not None and match:
        cell.lines[first] = "# " + cell.lines[first]
        if match[1] not in TRANSPARENT:
            cell.lines = [line if i <= first else commented(line) for i, line in enumerate(cell.lines)]
            notes.append(say("cells.magic", number=cell.number, name=match[1]))
            return
    quote, depth, continued, swallow = "", 0, False, False
    for i, line in enumerate(cell.lines):
        if swallow or (not quote and not depth and not continued and MAGIC.match(line)):
            indent = line[: len(line) - len(line.lstrip())]
            cell.magics[i] = line
            cell.lines[i] = commented(line) if swallow else f"{indent}pass  # {line.strip()}"
            swallow = line.rstrip().endswith("\\")
            continue
        quote, depth = _after(line, quote, depth)
        continued = line.endswith("\\")


def _after(line: str, quote: str, depth: int) -> tuple[str, int]:
    """The open triple quote ("" for none) and the depth of brackets at the end of a line."""
    at = 0
    while at < len(line):
        if quote:
            end = re.compile(rf"(?:[^\\]|\\.)*?{quote}", re.DOTALL).match(line, at)
            if end is None:
                return quote, depth
            at, quote = end.end(), ""
            continue
        token = TOKEN.search(line, at)
        if token is None or token["comment"]:
            break
        at = token.end()
        if token["triple"]:
            quote = token["triple"]
        elif token["open"]:
            depth += 1
        elif token["close"]:
            depth = max(0, depth - 1)
    return quote, depth


def is_clean(lines: Iterable[str]) -> bool:
    """Whether lines end outside of strings and brackets, so that a comment may follow."""
    quote, depth, last = "", 0, ""
    for line in lines:
        quote, depth = _after(line, quote, depth)
        last = line
    return not quote and not depth and not last.endswith("\\")


def commented(line: str) -> str:
    return f"# {line}".rstrip().replace("\0", "?")  # nothing with a zero character parses, not even a comment


# --- parsing ----------------------------------------------------------------------------------------------


def _parse(lines: list[str]) -> list[ast.stmt] | str:
    """The statements of a cell, or why there are none, in English as Python says it: that stands in the source as well."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse("\n".join(lines) + "\n").body
    except SyntaxError as error:
        line = f", line {error.lineno} of the cell" if error.lineno and error.lineno <= len(lines) else ""
        return f"{error.msg}{line}"
    except (RecursionError, MemoryError):
        return "nested too deeply"
    except (ValueError, OverflowError):
        return "a zero character, which no program may hold"


def parse_cells(cells: list[Cell]) -> list[Cell]:
    """Parse every cell. One that continues the cell before it is joined with it."""
    done: list[Cell] = []
    for cell in cells:
        found = _parse(cell.lines)
        begins = next((line for line in cell.lines if line.strip() and not line.lstrip().startswith("#")), "")
        before = done[-1] if done and done[-1].role == cell.role else None
        continues = before is not None and (before.broken or begins[:1] in (" ", "\t"))
        if isinstance(found, str) and continues and before is not None and _joined(before, cell):
            continue
        if isinstance(found, str) and begins[:1] in (" ", "\t"):
            indent = begins[: len(begins) - len(begins.lstrip())]
            lines = [line.removeprefix(indent) for line in cell.lines]
            again = _parse(lines)  # IPython, too, runs a cell that is indented as a whole
            if not isinstance(again, str):
                cell.lines, found = lines, again
        if isinstance(found, str):
            cell.broken = found
        else:
            cell.tree = found
        done.append(cell)
    return done


def _joined(before: Cell, cell: Cell) -> bool:
    """Append a cell to the one before it, if the two together are Python."""
    mark = [f"{MARK}{cell.number}"] if is_clean(before.lines) else []
    lines = [*before.lines, *mark, *cell.lines]
    found = _parse(lines)
    if isinstance(found, str):
        return False
    before.lines, before.tree, before.broken = lines, found, None
    before.whole += "\n" + cell.whole
    before.exercise = before.exercise or cell.exercise
    return True


def first_line(node: ast.stmt) -> int:
    return min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])


def last_line(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno
