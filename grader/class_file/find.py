"""Where a class file lies: beside the submissions, never inside what a student handed in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grader.course import Course
from grader.errors import UsageError
from grader.intake.files import Folder
from grader.intake.names import Modules, download_of, split
from grader.intake.roster import Roster

NAME = "class.toml"


def find_class_file(paths: Sequence[Path], course: Course) -> Path | None:
    """The `class.toml` in the folder of the submissions or in the folder around it; None if there is none.

    Raises
    ------
    UsageError
        If several paths have different ones.
    """
    found: dict[Path, None] = {}
    for path in paths:
        for folder in _places(path, course):
            if (folder / NAME).is_file():
                found.setdefault((folder / NAME).resolve())
                break
    if len(found) > 1:
        raise UsageError(f"Several class files: {', '.join(map(str, found))}. Choose one with --class.")
    return next(iter(found), None)


def _places(path: Path, course: Course) -> list[Path]:
    """Folders of the instructor, the nearest first."""
    here = path.resolve()
    if path.is_dir():
        around = [here.parent, here.parent.parent]
        return around if _one_students(path, course) else [here, here.parent]
    meaning = Modules(course.chapters).meaning(split(here.name)[0])
    if split(here.name)[1] != ".zip" and download_of(here.name) is None and not (meaning and meaning.student):
        # A file without a student's name lies in the student's own folder, or in a chapter's folder of it.
        inside = here.parent.name in Modules(course.chapters).folders
        own = here.parent.parent if inside else here.parent
        return [own.parent, own.parent.parent]
    return [here.parent]


def _one_students(path: Path, course: Course) -> bool:
    folder = Folder(path)
    folder.name = path.resolve().name
    return Roster(course.chapters, course.chapters).is_one_students(folder)
