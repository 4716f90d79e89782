"""Notebooks made for those who handed in something else: `losses.py`, or `Losses (1).ipynb`.

nbgrader looks at no submission without a notebook of the right name. So when work is collected, one is made from the file
that counts, beside it; it says in its metadata what it was made of, and that file is what is graded.
"""

from __future__ import annotations

from pathlib import Path

from grader.course import Chapter
from grader.errors import KitError
from grader.intake.files import DiskFile
from grader.intake.names import split
from grader.notebook_build import make_notebook, to_bytes
from grader.notebook_cells import Problem, parse_notebook
from grader.submission import MAX_NOTEBOOK, read_unparsed, survey

MADE_OF = "made_of"


def original_of(folder: Path, chapter: Chapter) -> Path | None:
    """The file in `folder` that its notebook was made of; None if the notebook is the student's own."""
    path = folder / f"{chapter.module}.ipynb"
    try:
        if path.is_symlink() or path.stat().st_size > MAX_NOTEBOOK:
            return None
        ours = parse_notebook(path.read_bytes()).get("metadata", {}).get("nnkata", {})
        name = ours.get(MADE_OF)
    except (OSError, Problem, AttributeError, RecursionError):
        return None
    if not isinstance(name, str) or name == path.name or "\\" in name or Path(name).name != name:
        return None
    found = folder / name
    return found if found.is_file() and split(name)[1] in (".py", ".ipynb") else None


def complete(folder: Path, chapter: Chapter, student: str) -> str | None:
    """Make the notebook that nbgrader expects, if there is none but something else was handed in.

    Returns
    -------
    str or None
        The name of the file that it was made of; None if there was nothing to do.
    """
    path = folder / f"{chapter.module}.ipynb"
    if path.exists() or path.is_symlink() or not folder.is_dir():
        return None
    try:
        file = survey([folder], [chapter], student).handed_in[0].file
    except KitError:
        return None
    if not isinstance(file, DiskFile) or file.path.parent.resolve() != folder.resolve():
        return None
    data = as_notebook(file, chapter)
    if data is None:
        return None
    path.write_bytes(data)
    return file.path.name


def as_notebook(file: DiskFile, chapter: Chapter, name: str | None = None) -> bytes | None:
    """A student's file as the notebook of the chapter, marked as made of it; None if it cannot be read.

    Parameters
    ----------
    name : under which the file will lie beside the notebook; by default its own.
    """
    source = read_unparsed(file)
    if source.notebook is not None:
        try:
            notebook = parse_notebook(file.path.read_bytes())
        except (OSError, Problem):
            notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        found = notebook.get("metadata")
        notebook["metadata"] = found if isinstance(found, dict) else {}
    else:
        text = source.text if source.text is not None else f"# {source.rejected}"
        notebook = make_notebook(chapter.name, text, f"# {chapter.name}\n", chapter.exercises)
    ours = notebook["metadata"].get("nnkata")
    notebook["metadata"]["nnkata"] = {
        **(ours if isinstance(ours, dict) else {}),
        MADE_OF: name or file.path.name,
    }
    try:
        return to_bytes(notebook)
    except (ValueError, TypeError, RecursionError):
        return None
