"""A submitted notebook made clean, whatever a student, an editor or an accident did to its cells.

`cleaned` makes of any bytes a notebook that every later step can work on and that shows nothing but text and pictures.
`normalized` gives the cells back what nbgrader has to find: each cell of the source notebook once, with the metadata that
the gradebook has for it. A cell that was copied, lost, retyped, emptied of its metadata or pasted together with others
costs nothing, and stops nobody else from being graded.

Neither decides what is graded: that is the submitted file itself, see `grader.notebook_read`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from grader.nbgrader.source import SCHEMA_VERSION
from grader.notebook_cells import Problem, parse_notebook, raw_cells

CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
NAME = re.compile(r"[A-Za-z_]\w{0,99}")
PICTURES = ("image/png", "image/jpeg", "image/gif")
MAX_TEXT = 200_000  # characters of a cell that are shown
MISSING = "# {name} was not in the notebook. What was handed in for it stands elsewhere, or nowhere."


@dataclass(frozen=True)
class SourceCell:
    """What the gradebook knows of one cell of the source notebook."""

    grade_id: str
    cell_type: str
    source: str
    checksum: str | None
    locked: bool
    grade: bool
    solution: bool
    task: bool
    points: float | None

    def metadata(self) -> dict[str, Any]:
        """nbgrader's metadata of it."""
        found: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "grade_id": self.grade_id,
            "cell_type": self.cell_type,
            "grade": self.grade,
            "solution": self.solution,
            "locked": self.locked,
            "task": self.task,
            "checksum": self.checksum,
        }
        if self.points is not None:
            found["points"] = self.points
        return found


def source_cells(notebook: Any) -> list[SourceCell]:
    """The cells that matter, from nbgrader's `Notebook` in the gradebook, in their order."""
    grades = {c.name: c.max_score for c in notebook.grade_cells}
    tasks = {c.name: c.max_score for c in notebook.task_cells}
    solutions = {c.name for c in notebook.solution_cells}
    return [
        SourceCell(
            cell.name,
            cell.cell_type,
            cell.source or "",
            cell.checksum,
            bool(cell.locked),
            cell.name in grades,
            cell.name in solutions,
            cell.name in tasks,
            {**grades, **tasks}.get(cell.name),
        )
        for cell in notebook.source_cells
    ]


# --- clean ------------------------------------------------------------------------------------------------


def cleaned(data: bytes, size_limit: int) -> dict[str, Any]:
    """A notebook of format 4.5 with the texts of any other one, and nothing else of it.

    Outputs are gone, raw cells are text, attachments are pictures. A file that cannot be read becomes a notebook that
    says so.
    """
    try:
        if len(data) > size_limit:
            raise Problem(f"is larger than {size_limit >> 20} MB.")
        cells = [_clean(raw, number) for number, raw in enumerate(raw_cells(parse_notebook(data)), 1)]
    except (Problem, RecursionError, MemoryError) as problem:
        cells = [_cell("markdown", f"This file {problem or 'cannot be read.'}", "unreadable")]
    taken: set[str] = set()
    for number, cell in enumerate(cells):
        if cell["id"] in taken:
            cell["id"] = next(c for c in _names(number) if c not in taken)
        taken.add(cell["id"])
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _names(number: int) -> Iterable[str]:
    yield f"cell-{number}"
    for more in range(2, 10_000):
        yield f"cell-{number}-{more}"


def _clean(raw: Any, number: int) -> dict[str, Any]:
    name = f"cell-{number}"
    if not isinstance(raw, dict):
        return _cell("markdown", "This cell is damaged.", name)
    kind = raw.get("cell_type")
    text = raw.get("source", raw.get("input", ""))
    if isinstance(text, list):
        text = "".join(line for line in text if isinstance(line, str))
    if not isinstance(text, str):
        text = ""
    text = text.encode("utf-8", "replace").decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT] + "\n# (the rest is not shown)"
    if kind not in ("code", "markdown"):
        text = "\n".join(f"    {line}" for line in text.split("\n"))  # a block of code in Markdown
    cell = _cell("code" if kind == "code" else "markdown", text, name)
    identity = raw.get("id")
    if isinstance(identity, str) and CELL_ID.fullmatch(identity):
        cell["id"] = identity
    found = raw.get("metadata")
    metadata = found if isinstance(found, dict) else {}
    ours, theirs = metadata.get("nnkata"), metadata.get("nbgrader")
    if isinstance(ours, dict):
        kept = {k: ours[k] for k in ("role", "exercise") if _is_name(ours.get(k))}
        if kept:
            cell["metadata"]["nnkata"] = kept
    if isinstance(theirs, dict) and isinstance(theirs.get("grade_id"), str):
        cell["metadata"]["nbgrader"] = {"grade_id": theirs["grade_id"]}
    pictures = _pictures(raw.get("attachments")) if cell["cell_type"] == "markdown" else {}
    if pictures:
        cell["attachments"] = pictures
    return cell


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def _cell(kind: str, text: str, name: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": {}, "source": text}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell


def _pictures(attachments: Any) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        for kind, data in bundle.items() if isinstance(bundle, dict) else ():
            data = "".join(data) if isinstance(data, list) and all(isinstance(d, str) for d in data) else data
            if kind not in PICTURES or not isinstance(data, str):
                continue
            try:
                base64.b64decode("".join(data.split()), validate=True)
            except (binascii.Error, ValueError):
                continue
            found.setdefault(str(name), {})[kind] = data
    return found


# --- what nbgrader has to find ----------------------------------------------------------------------------


def normalized(cells: list[dict[str, Any]], wanted: list[SourceCell]) -> list[str]:
    """Give clean cells the metadata of the source notebook, each once, and put back those that are missing.

    Changes `cells` in place.

    Returns
    -------
    list of str
        What was repaired, for the log.
    """
    remarks: list[str] = []
    own = _owners(cells, wanted)
    for cell in cells:
        cell["metadata"].pop("nbgrader", None)
    for one in wanted:
        if one.grade_id not in own:
            continue
        cell = own[one.grade_id]
        if cell["cell_type"] != one.cell_type:
            remarks.append(f"{one.grade_id}: was a {cell['cell_type']} cell")
            _retype(cell, one.cell_type)
        cell["metadata"]["nbgrader"] = one.metadata()
        if one.locked:
            cell["source"] = one.source
    taken = {cell["id"] for cell in cells}
    before: dict[str, Any] | None = None
    lost: list[str] = []
    for one in wanted:
        if one.grade_id not in own:
            lost.append(one.grade_id)
            cell = _put_back(one, taken)
            at = len(cells) if before is None else next(i for i, c in enumerate(cells) if c is before) + 1
            cells.insert(at, cell)
            own[one.grade_id] = cell
        before = own[one.grade_id]
    if lost:
        remarks.append(f"missing cells put back ({', '.join(lost)})")
    return remarks


def _owners(cells: list[dict[str, Any]], wanted: list[SourceCell]) -> dict[str, dict[str, Any]]:
    """grade_id -> its cell: by nbgrader's id, by ours, by what it defines; of several the last with work in it."""
    found: dict[str, dict[str, Any]] = {}
    used: set[int] = set()
    for one in wanted:
        exercise = one.grade_id.removesuffix("-answer")
        defines = re.compile(rf"^(?:async\s+)?(?:def|class)\s+{re.escape(exercise)}\b", re.MULTILINE)
        by_id = [c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == one.grade_id]
        by_exercise = [
            c
            for c in cells
            if one.solution
            and not one.grade
            and c["metadata"].get("nnkata", {}).get("role") == "exercise"
            and c["metadata"]["nnkata"].get("exercise") == exercise
        ]
        by_text = [
            c
            for c in cells
            if one.solution and not one.grade and c["cell_type"] == "code" and defines.search(c["source"])
        ]
        groups = [by_id, by_exercise, by_text]
        if one.solution and not one.grade:
            # A cell that says it is this one but defines something else comes after one that does define it.
            groups.insert(0, [c for c in (*by_id, *by_exercise) if defines.search(c["source"])])
        for group in groups:
            free = [c for c in group if id(c) not in used]
            worked = [c for c in free if c["source"].strip() != one.source.strip()]
            if free:
                found[one.grade_id] = (worked or free)[-1]
                used.add(id(found[one.grade_id]))
                break
    return found


def _retype(cell: dict[str, Any], kind: str) -> None:
    cell["cell_type"] = kind
    cell.pop("attachments", None)
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    else:
        cell.pop("execution_count", None)
        cell.pop("outputs", None)


def _put_back(one: SourceCell, taken: set[str]) -> dict[str, Any]:
    text = one.source
    if one.solution and not one.grade and one.cell_type == "code":
        text = MISSING.format(name=one.grade_id.removesuffix("-answer"))
    base = "back-" + (re.sub(r"[^A-Za-z0-9_-]", "-", one.grade_id)[:48] or "cell")
    name, number = base, 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    taken.add(name)
    cell = _cell(one.cell_type, text, name)
    cell["metadata"]["nbgrader"] = one.metadata()
    return cell
