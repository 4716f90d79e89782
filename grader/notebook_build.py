"""Notebooks made from Python sources: one per chapter, from the solution and the handout.

    solutions/ch04_losses/losses.py + exercises/ch04_losses/README.md --kata build--> exercises/ch04_losses/losses.ipynb

A notebook is a `.py` file in cells with the handout around them. Its code is the file's code, cut between top-level
definitions and nowhere else: `source_of` puts the cells together again and gives the very text of the file. So the
stubs of a notebook *are* those of the `.py` file, and a student's file becomes a notebook and back without a change.

Every cell has `metadata.nnkata`, a dict with

role        `exercise` (a function or class to write), `given` (imports, constants, given functions), `own` (code of
            the student's), all three of them the module; `setup` and `check` (they belong to the notebook alone);
            `text` (the kit's), `note` (the student's) in Markdown cells
exercise    name of the exercise, in cells of the roles `exercise` and `check`
gap         blank lines between this cell and the next one of the module; 2 if it is not there

and an id made of names, never of positions: `ch04-softmax`, `ch04-softmax-check`, `ch04-softmax-hints`,
`ch04-given-sigmoid`, `ch04-text-by-hand`. Ids are frozen once a chapter is released; renaming an exercise renames its
cells. The same input gives the same bytes: nothing in it depends on time, chance or order of a set.

`student_notebook(chapter)` is what students get. `reference_notebook(chapter)` is the same with the solution regions
and their markers in it, so that nbgrader's ClearSolutions, or anything else that knows the markers, makes stubs of
it; it is never written into the course. Both are dicts of notebook format 4.5; `to_bytes` writes them as Jupyter
does. nbgrader support adds its own metadata to the cells of role `exercise` (the answers) and puts a grade cell after
each; everything it needs to know is in `metadata.nnkata`.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.course import Chapter
from grader.stubs import Definition, first_line, last_line, make_stub, read_source, unify

Notebook = dict[str, Any]
MODULE_ROLES = ("exercise", "given", "own")
GAP = 2  # blank lines between two top-level definitions
BLOCK = re.compile(r"# %% \[(markdown|raw|left out)\]")
HEADING = re.compile(r"(?m)^(#{1,6}) +(.*?)\s*$")
HINTS = re.compile(r"Hints for `(\w+)`")


@dataclass
class Piece:
    """A part of a source that becomes one cell."""

    text: str
    name: str | None = None  # of the function or class; of the first thing that is set, in other code
    defines: bool = False
    kind: str = "code"  # or markdown, raw, left out: a block of comments that was a cell once
    gap: int = GAP


# --- a source in pieces -----------------------------------------------------------------------------------


def pieces(source: str) -> list[Piece]:
    """Cut a source between top-level definitions; `joined` puts it together again.

    Blank lines at its end and kinds of line ends are not kept. A source that does not parse is one piece.
    """
    lines = unify(source).rstrip("\n").split("\n")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse("\n".join(lines) + "\n")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [Piece("\n".join(lines))]
    cuts: list[tuple[int, Piece]] = []  # (index of its first line, what begins there)
    at, after_definition = 0, True
    for node in [*tree.body, None]:
        begin = len(lines) if node is None else first_line(node) - 1
        comments = _after_body(lines, at, begin)
        blocks = list(_blocks(lines, comments, begin))
        for start, end, kind in blocks:
            if not cuts and any(lines[:start]):
                cuts.append((0, Piece("")))
            cuts.append((start, Piece("", kind=kind)))
            comments = end
        if node is None:
            if blocks and any(lines[comments:begin]):
                cuts.append((comments, Piece("")))
            break
        lead = next((i for i in range(comments, begin) if lines[i].strip()), begin)
        defines = isinstance(node, Definition)
        if defines or after_definition or blocks or not cuts:
            start = 0 if not cuts else lead
            cuts.append((start, Piece("", _name_of(node), defines)))
        after_definition = defines
        at = last_line(node)
    if not cuts:
        return [Piece("\n".join(lines))]
    found = []
    for (start, piece), (end, _) in zip(cuts, [*cuts[1:], (len(lines), None)], strict=True):
        text = lines[start:end]
        piece.gap = 0
        while text and not text[-1]:
            text.pop()
            piece.gap += 1
        piece.text = "\n".join(text)
        found.append(piece)
    found[-1].gap = GAP
    return found


def _after_body(lines: Sequence[str], at: int, end: int) -> int:
    """The index behind the comments that end the body of the statement before: they are indented."""
    behind = at
    for i in range(at, end):
        if lines[i].strip() and lines[i][0] in " \t":
            behind = i + 1
        elif lines[i].strip():
            break
    return behind


def _blocks(lines: Sequence[str], begin: int, end: int) -> Iterable[tuple[int, int, str]]:
    """(first line, line behind it, kind) of each block of comments that was a cell."""
    i = begin
    while i < end:
        match = BLOCK.fullmatch(lines[i].rstrip())
        if match:
            start = i
            i += 1
            while i < end and lines[i].startswith("#") and not BLOCK.fullmatch(lines[i].rstrip()):
                i += 1
            yield start, i, match[1]
        else:
            i += 1


def _name_of(node: ast.stmt) -> str | None:
    if isinstance(node, Definition):
        return node.name
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        return target.id if isinstance(target, ast.Name) else None
    return None


def joined(parts: Sequence[Piece]) -> str:
    """The source made of pieces."""
    if not parts:
        return ""
    text = "".join(p.text + "\n" * (p.gap + 1) for p in parts[:-1])
    return text + parts[-1].text + "\n"


def as_block(kind: str, text: str) -> str:
    """A cell that is no code of the module, as a block of comments."""
    return "\n".join([f"# %% [{kind}]", *(f"# {line}".rstrip() for line in unify(text).split("\n"))])


def from_block(text: str) -> str:
    """The text of a cell from its block of comments."""
    return "\n".join(line.removeprefix("#").removeprefix(" ") for line in text.split("\n")[1:])


# --- a handout in pieces ----------------------------------------------------------------------------------


@dataclass
class Handout:
    """The sections of a handout: (title, text) before and after the hints, and the hints of each exercise."""

    before: list[tuple[str, str]]
    hints: dict[str, str]
    after: list[tuple[str, str]]


def read_handout(text: str) -> Handout:
    """Cut a handout at its headings of the first two levels, and its hints at those of the third."""
    sections: list[tuple[str, list[str]]] = []
    fenced = False
    for line in unify(text).split("\n"):
        fenced ^= line.startswith("```")
        heading = None if fenced else HEADING.fullmatch(line)
        level = len(heading[1]) if heading else 9
        named = heading is not None and HINTS.fullmatch(heading[2])
        if not sections or level <= 2 or named:
            sections.append((heading[2] if heading else "", []))
        sections[-1][1].append(line)
    handout = Handout([], {}, [])
    for title, lines in sections:
        body = "\n".join(lines).strip("\n")
        match = HINTS.fullmatch(title)
        if match and match[1] not in handout.hints:
            handout.hints[match[1]] = body
        elif title == "Hints" and len([line for line in lines if line.strip()]) == 1:
            continue  # a heading with nothing below it but the hints, which stand with their exercises
        elif body:
            (handout.after if handout.hints else handout.before).append((title, body))
    return handout


# --- the notebook -----------------------------------------------------------------------------------------


class _Cells:
    """Cells in the making; ids are unique."""

    def __init__(self, short: str):
        self.short = short
        self.cells: list[dict[str, Any]] = []
        self.ids: set[str] = set()

    def add(
        self, kind: str, words: str, text: str, role: str, gap: int = GAP, exercise: str | None = None
    ) -> None:
        plain = re.sub(r"[^A-Za-z0-9_]+", "-", words).strip("-")[:48] or role
        name = f"{self.short}-{plain}"
        number = 2
        while name in self.ids:
            name = f"{self.short}-{plain}-{number}"
            number += 1
        self.ids.add(name)
        ours: dict[str, Any] = {"role": role}
        if exercise is not None:
            ours["exercise"] = exercise
        if gap != GAP:
            ours["gap"] = gap
        cell: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": {"nnkata": ours}}
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        *lines, rest = text.split("\n")
        cell["source"] = [line + "\n" for line in lines] + ([rest] if rest else [])
        self.cells.append(cell)


def make_notebook(name: str, source: str, handout: str, exercises: Sequence[str]) -> Notebook:
    """The notebook of a chapter.

    Parameters
    ----------
    name : of the chapter, `ch04_losses`.
    source : of its module: a stub, a solution, or a student's file, whatever is in it.
    handout : text of its README.md.
    exercises : names of what is to be written.

    Returns
    -------
    dict
        Format 4.5. `source_of` of it is the source again.
    """
    short, module = name[:4], name[5:]
    parts = pieces(source)
    page = read_handout(handout)
    out = _Cells(short)
    for number, (title, text) in enumerate(page.before):
        out.add("markdown", f"text-{title.lower()}" if number else "text-start", text, "text")
    out.add("markdown", "kit-how", _HOW.format(short=short, module=module), "text")
    out.add("code", "kit-setup", _SETUP.format(name=name), "setup")
    last = {p.name: i for i, p in enumerate(parts) if p.defines}
    for i, part in enumerate(parts):
        if part.kind != "code":
            kind = "code" if part.kind == "left out" else part.kind
            role = "own" if kind == "code" else "note"
            out.add(kind, f"{role}-{i}", from_block(part.text), role, part.gap)
        elif part.defines and part.name in exercises and last[part.name] == i:
            out.add("code", part.name or "", part.text, "exercise", part.gap, part.name)
            out.add("code", f"{part.name}-check", f'check("{part.name}")', "check", exercise=part.name)
            if part.name in page.hints:
                out.add("markdown", f"{part.name}-hints", page.hints[part.name], "text")
        else:
            words = part.name or ("start" if i == 0 else "code")
            out.add("code", f"given-{words}", part.text, "given", part.gap)
    out.add("markdown", "kit-all", "## Everything together", "text")
    out.add("code", "kit-check", "check()", "check")
    for title, text in page.after:
        out.add("markdown", f"text-{title.lower()}", text, "text")
    return {
        "cells": out.cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "nnkata": {"chapter": name, "format": 1},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


_HOW = """## How to work here

This notebook and `{module}.py` beside it hold the same exercises. Write in one of the two; `kata notebook {short}` carries
your code from one to the other, and both are graded alike. Run the next cell first. Below each exercise, `check` runs
its visible tests. Only imports, functions, classes and constants are graded, so try out what you like in cells of your
own."""

_SETUP = """# Run this cell first. It makes earlier chapters importable and brings the visible tests.
from grader.notebook import checks_of

check = checks_of("{name}")"""


def source_of(notebook: Notebook) -> str:
    """The source of the module in a notebook that `make_notebook` made."""
    parts = []
    for cell in notebook["cells"]:
        ours = cell["metadata"]["nnkata"]
        if ours["role"] in (*MODULE_ROLES, "note"):
            parts.append(Piece("".join(cell["source"]), gap=ours.get("gap", GAP)))
    return joined(parts)


def to_bytes(notebook: Notebook) -> bytes:
    """A notebook as a file, in the form in which Jupyter saves it."""
    try:
        return (json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    except UnicodeEncodeError:  # half a character in an output of a student's
        return (json.dumps(notebook, indent=1, sort_keys=True) + "\n").encode()


# --- chapters of a course ---------------------------------------------------------------------------------


def student_notebook(chapter: Chapter) -> Notebook:
    """The notebook that students get: stubs, handout, visible tests.

    Raises
    ------
    AuthorError
        If the solution breaks a rule of `grader.stubs`.
    """
    source, shown = _solution(chapter)
    return make_notebook(chapter.name, make_stub(source, shown), _handout(chapter), chapter.exercises)


def reference_notebook(chapter: Chapter) -> Notebook:
    """The same notebook with the solutions between their markers. For nbgrader's `source/`; never released."""
    source, _ = _solution(chapter)
    return make_notebook(chapter.name, source, _handout(chapter), chapter.exercises)


def notebook_path(chapter: Chapter) -> Path:
    """Where a chapter's notebook lies: beside the stub."""
    return chapter.stub_path.with_suffix(".ipynb")


def notebook_file(chapter: Chapter) -> dict[Path, bytes]:
    """Generator of the notebook of a chapter, for `kata build`."""
    return {notebook_path(chapter).relative_to(chapter.course.root): to_bytes(student_notebook(chapter))}


def _solution(chapter: Chapter) -> tuple[str, str]:
    shown = chapter.solution_path.relative_to(chapter.course.root).as_posix()
    return read_source(chapter.solution_path, shown), shown


def _handout(chapter: Chapter) -> str:
    if not chapter.handout_path.is_file():
        return f"# {chapter.name}\n"
    return read_source(chapter.handout_path, chapter.handout_path.relative_to(chapter.course.root).as_posix())
