"""Where things are: the course of an instructor and the workspace of a student.

The folder listing is the course. `chNN_name/name.py` is a chapter, its number gives the order, and the
chapters that it needs are those that its solution imports. There is no second registry.

Source of truth for an exercise: a function or class of the solution that holds a
`### BEGIN SOLUTION` / `### END SOLUTION` region.
"""

from __future__ import annotations

import ast
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from grader.errors import AuthorError, UsageError

CHAPTER_NAME = re.compile(r"ch(\d\d)_([a-z][a-z0-9_]*)")
BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
COURSE_VARIABLE = "NNKATA_COURSE"


def chapter_folders(folder: Path) -> list[Path]:
    """The chapter folders directly under `folder`, in course order; [] if there is no such folder."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.is_dir() and CHAPTER_NAME.fullmatch(p.name))


def imported_chapters(source: str) -> list[str]:
    """Names of the chapters that a source imports, in the order of the text. [] if it does not parse."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found: list[str] = []
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            top = name.partition(".")[0]
            if CHAPTER_NAME.fullmatch(top) and top not in found:
                found.append(top)
    return found


@dataclass(frozen=True)
class Chapter:
    """One chapter of a course: `ch04_losses` with its module `losses`."""

    course: Course
    name: str

    @property
    def number(self) -> int:
        return int(self.name[2:4])

    @property
    def short(self) -> str:
        """`ch04`."""
        return self.name[:4]

    @property
    def module(self) -> str:
        """Name of the student's file without `.py`, such as `losses`."""
        return self.name[5:]

    @property
    def file_name(self) -> str:
        return f"{self.module}.py"

    @property
    def stub_path(self) -> Path:
        return self.course.exercises / self.name / self.file_name

    @property
    def handout_path(self) -> Path:
        return self.course.exercises / self.name / "README.md"

    @property
    def visible_path(self) -> Path:
        return self.course.exercises / self.name / f"test_{self.module}.py"

    @property
    def figures_path(self) -> Path:
        return self.course.exercises / self.name / "figures.py"

    @property
    def solution_path(self) -> Path:
        return self.course.solutions / self.name / self.file_name

    @property
    def mistakes_path(self) -> Path:
        return self.course.solutions / self.name / "mistakes.py"

    @property
    def hidden_folder(self) -> Path:
        return self.course.hidden / self.name

    @property
    def alternatives(self) -> list[Path]:
        """Other correct solutions, kept with the suite: `alternatives/<way>.py`."""
        return sorted((self.hidden_folder / "alternatives").glob("*.py"))

    @cached_property
    def solution(self) -> str:
        return self.solution_path.read_text(encoding="utf-8")

    @cached_property
    def exercises(self) -> tuple[str, ...]:
        """Functions and classes to write, in the order of the solution file."""
        return exercises_in(self.solution, self.solution_path)

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """Names of all earlier chapters that this one needs, directly or not, in course order."""
        seen: set[str] = set()
        todo = imported_chapters(self.solution)
        while todo:
            name = todo.pop()
            if name == self.name:
                raise AuthorError(f"{self.solution_path}: the chapter imports itself. Remove that import.")
            if name not in seen:
                seen.add(name)
                todo += imported_chapters(self.course.chapter(name).solution)
        return tuple(sorted(seen))


@dataclass(frozen=True)
class Course:
    """The instructor's tree: exercises/, solutions/ and tests/hidden/ under one root."""

    root: Path

    @property
    def exercises(self) -> Path:
        return self.root / "exercises"

    @property
    def solutions(self) -> Path:
        return self.root / "solutions"

    @property
    def hidden(self) -> Path:
        return self.root / "tests" / "hidden"

    @cached_property
    def chapters(self) -> tuple[Chapter, ...]:
        """Every chapter that has a solution, in course order."""
        found = (Chapter(self, p.name) for p in chapter_folders(self.solutions))
        return tuple(chapter for chapter in found if chapter.solution_path.is_file())

    @property
    def graded_chapters(self) -> tuple[Chapter, ...]:
        """The chapters that have a hidden suite."""
        return tuple(c for c in self.chapters if any(c.hidden_folder.glob("test_*.py")))

    def chapter(self, name: str) -> Chapter:
        """Find a chapter by `ch04_losses`, `ch04`, `4`, `losses` or a path to it.

        Raises
        ------
        UsageError
            If there is none; the text lists what there is.
        """
        return find_chapter(self.chapters, name, str(self.root))


def find_chapter(chapters: tuple[Chapter, ...], name: str, where: str) -> Chapter:
    """The chapter that a person means by `name`; see `Course.chapter`."""
    wanted = name.rstrip("/").rsplit("/", 1)[-1].removesuffix(".py")
    for chapter in chapters:
        number = wanted.isdigit() and int(wanted) == chapter.number
        if number or wanted in (chapter.name, chapter.short, chapter.module):
            return chapter
    have = ", ".join(c.name for c in chapters) or "none"
    raise UsageError(f"There is no chapter {name!r} in {where}. Chapters here: {have}.")


def exercises_in(source: str, path: Path) -> tuple[str, ...]:
    """Top-level functions and classes of `source` that hold a solution region."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise AuthorError(f"{path}:{error.lineno}: {error.msg}. Repair the solution first.") from None
    marked = {i for i, line in enumerate(source.splitlines(), 1) if line.strip() == BEGIN}
    return tuple(
        node.name
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        and any(node.lineno <= line <= (node.end_lineno or 0) for line in marked)
    )


def find_course(given: str | Path | None = None, start: Path | None = None) -> Course:
    """The course to work on: `--course`, else NNKATA_COURSE, else the nearest parent with tests/hidden.

    `given` may also be a bundle made by `kata pack`; see `grader.pack`.

    Raises
    ------
    UsageError
        If there is none; the text says how to name one.
    """
    named = given or os.environ.get(COURSE_VARIABLE)
    if named:
        root = Path(named).expanduser().resolve()
        if root.is_file():
            from grader.pack import unpack_course

            root = unpack_course(root)
        if not (root / "tests" / "hidden").is_dir():
            raise UsageError(
                f"{root} is not a course: it has no tests/hidden. Name the root of a clone or a pack."
            )
        return Course(root)
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "tests" / "hidden").is_dir() and (folder / "solutions").is_dir():
            return Course(folder)
    raise UsageError(
        f"No course found in {here} or above it. Go to a clone of nnkata, or use --course DIR "
        f"or the variable {COURSE_VARIABLE}."
    )


def shipped_exercises() -> Path:
    """The exercises that came with this installation: in the wheel, or in the clone it runs from.

    Raises
    ------
    UsageError
        If neither is there.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "exercises", package.parent / "exercises"):
        if chapter_folders(folder):
            return folder
    raise UsageError(
        "This installation has no exercises. Install nnkata again: pip install --force-reinstall nnkata"
    )
