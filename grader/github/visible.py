"""The visible tests of a checkout, run with the test files of this installation.

Whoever owns a checkout may have changed the tests in it. Student code and visible tests share a process, so the result
is an honest student's, and no more: marks come from hidden tests.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from grader.course import Chapter, Course, chapter_folders, find_chapter
from grader.errors import UsageError
from grader.github.points import Points, of_visible
from grader.practice import exercise_names, practice_chapters, select, tests_of
from grader.practice_runs import practise_apart

CODE = (".py", ".ipynb")
MAX_BYTES = 20 << 20


def workspace_at(start: Path) -> Path:
    """The nearest folder at or above `start` that holds chapters, whatever else was deleted there.

    Raises
    ------
    UsageError
        If there is none.
    """
    for folder in (start, *start.parents):
        if chapter_folders(folder):
            return folder
    raise UsageError(f"{start} holds no chapters such as ch04_losses. Go to the student's workspace.")


def visible_points(workspace: Path, wanted: Sequence[str], pristine: Path) -> Points:
    """Run the visible tests of some chapters.

    Parameters
    ----------
    workspace : the student's folder; chapter folders lie in it.
    wanted : names of chapters; none: all that have visible tests.
    pristine : the exercises as they were handed out.

    Raises
    ------
    UsageError
        If there is no such chapter.
    """
    known = tuple(Chapter(Course(pristine), c.name) for c in practice_chapters(pristine))
    chosen = [find_chapter(known, name, str(pristine)).name for name in wanted] or [c.name for c in known]
    with tempfile.TemporaryDirectory(prefix="nnkata-") as folder:
        root = Path(folder, "workspace")
        shutil.copytree(pristine, root, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        for chapter in chapter_folders(root):
            _exchange(workspace / chapter.name, chapter)
        expected = [(name, e) for name in chosen for e in exercise_names(tests_of(root / name))]
        return of_visible(practise_apart(root, select(root, chosen)), expected)


def _exchange(theirs: Path, ours: Path) -> None:
    """Put the student's file of a chapter in place of the stub; what is not there counts as not written."""
    for ending in CODE:
        source = theirs / f"{ours.name[5:]}{ending}"
        target = ours / source.name
        target.unlink(missing_ok=True)
        if source.is_file() and not source.is_symlink() and source.stat().st_size <= MAX_BYTES:
            shutil.copyfile(source, target)
    if not any((ours / f"{ours.name[5:]}{ending}").exists() for ending in CODE):
        (ours / f"{ours.name[5:]}.py").write_text("", encoding="utf-8")
