"""From `.py` to notebook and back in a student's workspace, and which of the two a chapter is written in.

A chapter comes as `losses.py` and `losses.ipynb`, both with the same stubs. The one with work in it counts. `switch`
carries the code to the other one and puts the first back to its stub, so that there is never a doubt; the text of
everything that it replaces is kept in `.nnkata/backups/` first.

Nothing of a notebook is lost on the way to a `.py` file: texts of the student's own, and cells that are no part of the
module (plots, training runs), become blocks of comments that begin with `# %% [markdown]` or `# %% [left out]`, and
cells again on the way back. Handout, hints and checks are not carried: every notebook has them anew.
"""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.course import Chapter, Course, chapter_folders, find_chapter
from grader.errors import UsageError
from grader.files import write_atomically
from grader.notebook_build import GAP, Piece, as_block, joined, make_notebook, pieces, to_bytes
from grader.notebook_cells import (
    MARK,
    Cell,
    Problem,
    code_cells,
    parse_cells,
    parse_notebook,
    raw_cells,
    without_magics,
)
from grader.notebook_module import Statement, in_order, is_stub, missing_names, rendered, select
from grader.notebook_read import Unreadable, extract
from grader.splice import put_definition
from grader.texts import say
from grader.workspace import MANIFEST, Manifest, keep_copy, read_manifest

KINDS = {"py": ".py", "ipynb": ".ipynb"}


@dataclass
class Side:
    """One of the two files of a chapter; `data` is None if it is missing."""

    name: str  # under the workspace
    data: bytes | None
    worked: bool


@dataclass
class Switched:
    """What `switch` did: names under the workspace, old text -> where it is kept, and remarks."""

    source: str
    target: str
    changed: bool = True
    kept: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def switch(workspace: Path, wanted: str, to: str | None = None) -> Switched:
    """Carry a chapter's code from `.py` to notebook or back.

    Parameters
    ----------
    workspace : Path
    wanted : `ch04`, `losses`, ...
    to : 'py' or 'ipynb'; by default away from the one with work in it.

    Returns
    -------
    Switched

    Raises
    ------
    UsageError
        If there is no such chapter, both files hold work and `to` is not given, the source cannot be read, or a
        file cannot be written. Nothing was changed then.
    """
    manifest = read_manifest(workspace)
    folders = tuple(Chapter(Course(workspace), f.name) for f in chapter_folders(workspace))
    chapter = find_chapter(folders, wanted.removesuffix(".ipynb"), str(workspace))
    sides = sides_of(workspace, chapter.name, manifest)
    if to is None:
        to = _direction(chapter, sides)
    source, target = sides["py" if to == "ipynb" else "ipynb"], sides[to]
    done = Switched(source.name, target.name)
    if not source.worked:
        if target.worked:
            raise UsageError(say("notebook.switch.no-work", source=source.name, target=target.name))
        done.changed = False
        return done
    assert source.data is not None
    stub = _stub(manifest, chapter.name)
    handout = _handout(workspace, chapter)
    if to == "ipynb":
        text = _decoded(source)
        if len(pieces(text)) == 1 and not _parses(text):
            done.notes.append(say("notebook.switch.not-parsed", file=source.name))
        new = to_bytes(make_notebook(chapter.name, text, handout, exercises_of(stub)))
        rest = stub.encode()
    else:
        notebook = make_notebook(chapter.name, stub, handout, exercises_of(stub))
        try:
            text, done.notes = as_python(source.data, notebook)
        except Problem as problem:
            raise UsageError(say("cells.problem", file=source.name, problem=problem)) from None
        new, rest = text.encode(), to_bytes(notebook)
        shipped = manifest.files.get(source.name)
        if shipped is not None and shipped.pristine is not None:
            rest = shipped.pristine.encode()
    try:
        for side in (source, target):
            shipped = manifest.files.get(side.name)
            # Also without any code of the student's: there may be notes in a notebook.
            if side.data is not None and not (shipped and shipped.same_bytes(side.data)):
                done.kept[side.name] = keep_copy(workspace, side.name, side.data)
        write_atomically(workspace / target.name, new)
        write_atomically(workspace / source.name, rest)
    except OSError as error:
        raise UsageError(
            say(
                "notebook.switch.cannot-write",
                file=error.filename or workspace,
                why=error.strerror or error,
                source=source.name,
            )
        ) from None
    return done


def _direction(chapter: Chapter, sides: dict[str, Side]) -> str:
    worked = [kind for kind, side in sides.items() if side.worked]
    if len(worked) == 2:
        raise UsageError(
            say(
                "notebook.switch.both",
                first=sides["py"].name,
                second=sides["ipynb"].name,
                short=chapter.short,
            )
        )
    return "py" if worked == ["ipynb"] else "ipynb"


def sides_of(workspace: Path, chapter: str, manifest: Manifest) -> dict[str, Side]:
    """Both files of a chapter, and which of them hold work: code that differs from the stubs."""
    sides = {}
    stub = _stub(manifest, chapter)
    for kind, suffix in KINDS.items():
        name = f"{chapter}/{chapter[5:]}{suffix}"
        path = workspace / name
        try:
            data = path.read_bytes() if path.exists() else None
        except OSError as error:
            raise UsageError(
                say("notebook.switch.cannot-read", file=path, why=error.strerror or error)
            ) from None
        shipped = manifest.files.get(name)
        if data is None or (shipped is not None and shipped.same(data)):
            worked = False
        elif kind == "py":
            worked = _code(data.decode("utf-8", "replace")) != _code(stub)
        else:
            worked = has_work(data, stub)
        sides[kind] = Side(name, data, worked)
    return sides


def has_work(data: bytes, stub: str) -> bool:
    """Whether a notebook holds more than the stubs of its chapter: other code, or cells of the student's own.

    Outputs, counters and what Jupyter notes when it saves are no work. A damaged notebook counts as work.
    """
    try:
        cells = code_cells(parse_notebook(data), [])
    except Problem:
        return True
    module = "\n".join(cell.text for cell in cells if cell.role not in ("check", "setup"))
    return _code(module) != _code(stub)


def _code(text: str) -> list[str]:
    """The lines that say something."""
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def current_source(root: Path, chapter: str, path: Path) -> tuple[str, Path]:
    """Text and file of what a student wrote for a chapter: its `.py` file, or its notebook if the work is there.

    Parameters
    ----------
    root : a workspace; anywhere else, and if both files hold work, the `.py` file counts.
    path : the `.py` file.

    Raises
    ------
    OSError
        If the `.py` file counts and cannot be read.
    """
    notebook = path.with_suffix(".ipynb")
    if notebook.is_file() and (root / MANIFEST).is_file():
        try:
            info = (root / MANIFEST).stat()
            side = current_notebook(root, chapter, _manifest(root, info.st_mtime_ns, info.st_size))
            if side is not None and side.data is not None:
                return extract(side.data, notebook.name).text, notebook
        except (UsageError, Unreadable):
            pass  # the .py file says what there is to say
    return path.read_text(encoding="utf-8-sig", errors="replace"), path


def current_notebook(workspace: Path, chapter: str, manifest: Manifest) -> Side | None:
    """The notebook of a chapter, if that and not the `.py` file is where the student works."""
    sides = sides_of(workspace, chapter, manifest)
    return sides["ipynb"] if sides["ipynb"].worked and not sides["py"].worked else None


def without_definition(data: bytes, name: str, stub: str, dotted: str) -> bytes:
    """A notebook in which one function, class or method is as in the stub again.

    Raises
    ------
    UsageError
        If the notebook, or the cell in question, cannot be read; nothing is known about others then.
    """
    top = dotted.partition(".")[0]
    try:
        notebook = parse_notebook(data)
        raw, cells = raw_cells(notebook), code_cells(notebook, [])
    except Problem as problem:
        raise UsageError(say("cells.problem", file=name, problem=problem)) from None
    found = [cell for cell in cells if top in cell.defined]
    if not found:
        raise UsageError(say("notebook.switch.no-definition", name=top, file=name, short=name[:4]))
    for cell in found:
        try:
            new = put_definition(cell.whole, stub, dotted)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise UsageError(
                say("notebook.switch.bad-cell", file=name, number=cell.number, short=name[:4])
            ) from None
        raw[cell.number - 1]["source"] = new.splitlines(keepends=True)
    return to_bytes(notebook)


@functools.lru_cache(maxsize=2)
def _manifest(root: Path, changed: int, size: int) -> Manifest:
    """The manifest, read again only if it has changed: every run of `kata watch` asks for it, twice."""
    return read_manifest(root)


def _stub(manifest: Manifest, chapter: str) -> str:
    shipped = manifest.files.get(f"{chapter}/{chapter[5:]}.py")
    if shipped is None or shipped.pristine is None:
        raise UsageError(say("notebook.switch.no-stub", chapter=chapter))
    return shipped.pristine


def _handout(workspace: Path, chapter: Chapter) -> str:
    path = workspace / chapter.name / "README.md"
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return f"# {chapter.name}\n"


def _decoded(side: Side) -> str:
    assert side.data is not None
    try:
        return side.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = side.data.count(b"\n", 0, error.start) + 1
        raise UsageError(say("notebook.switch.encoding", file=side.name, line=line)) from None


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def exercises_of(stub: str) -> list[str]:
    """Names of what is to be written, in the order of a stub."""
    return [
        node.name
        for node in ast.parse(stub).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and is_stub(node)
    ]


# --- from notebook to .py ---------------------------------------------------------------------------------


def as_python(data: bytes, template: dict[str, Any]) -> tuple[str, list[str]]:
    """The `.py` file for a notebook, and remarks.

    Parameters
    ----------
    data : the notebook.
    template : the notebook as it was given; what it holds besides the module is not carried over.

    Raises
    ------
    Problem
        If the data is no usable notebook.
    """
    notes: list[str] = []
    notebook = parse_notebook(data)
    raw = raw_cells(notebook)
    cells = code_cells(notebook, notes)
    numbers = {cell.number for cell in cells}
    for cell in cells:
        without_magics(cell, [])
    cells = parse_cells(cells)
    every = select(cells, notes)
    given = {
        "".join(cell["source"]).strip()
        for cell in template["cells"]
        if cell["metadata"]["nnkata"]["role"] in ("text", "setup", "check")
    }
    parts: list[Piece] = []
    added = missing_names(every)
    if added:
        parts.append(Piece("\n".join(added)))
        notes.append(say("notebook.switch.added", names=", ".join(added)))
    texts = [(number, cell) for number, cell in enumerate(raw, 1) if number not in numbers]
    work = [cell for cell in in_order(cells, every) if cell.whole.strip() not in given]
    for cell in work:
        while texts and texts[0][0] < cell.number:
            parts += _text_piece(texts.pop(0)[1], given)
        own = [one for one in every if one.cell is cell]
        if cell.broken is not None and len(work) > 1:
            notes.append(say("notebook.switch.kept-as-comment", number=cell.number, why=cell.broken))
        parts.append(_code_piece(cell, own, _gap(raw[cell.number - 1]), alone=len(work) == 1))
    for _, text in texts:
        parts += _text_piece(text, given)
    return joined(parts), notes


def _code_piece(cell: Cell, own: list[Statement], gap: int, alone: bool) -> Piece:
    text = cell.whole.rstrip("\n").replace("\0", "?")
    if alone and cell.broken is not None:
        return Piece(
            text, gap=gap
        )  # a file that did not parse stands in a single cell, and goes back as it is
    if cell.broken is None and any(one.kept for one in own):
        lines = [line for line in rendered(cell, own) if not line.startswith(MARK)]
        return Piece("\n".join(lines).rstrip("\n"), gap=gap)
    if cell.broken is None and not cell.tree and cell.text == cell.whole:
        return Piece(text, gap=gap)  # comments
    return Piece(as_block("left out", text), gap=gap)


def _text_piece(raw: Any, given: set[str]) -> list[Piece]:
    if not isinstance(raw, dict):
        return []
    source = raw.get("source", "")
    text = "".join(line for line in source if isinstance(line, str)) if isinstance(source, list) else source
    if not isinstance(text, str) or not text.strip() or text.strip() in given:
        return []
    text = text.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")
    return [Piece(as_block("raw" if raw.get("cell_type") == "raw" else "markdown", text), gap=_gap(raw))]


def _gap(raw: Any) -> int:
    metadata = raw.get("metadata") if isinstance(raw, dict) else None
    ours = metadata.get("nnkata") if isinstance(metadata, dict) else None
    gap = ours.get("gap", GAP) if isinstance(ours, dict) else GAP
    return gap if isinstance(gap, int) and 0 <= gap <= 20 else GAP
