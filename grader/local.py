"""Chapters of a folder, loaded into this process: a student's workspace, the reference, an alternative."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.course import CHAPTER_NAME, imported_chapters
from grader.errors import StudentError
from grader.notebook_switch import current_source
from grader.sandbox.inside import servant as inside
from grader.student import LocalChannel, Student, student_error
from grader.texts import say


@dataclass
class Loaded:
    """A chapter's module in this process."""

    student: Student
    path: Path
    problems: list[StudentError] = field(default_factory=list)
    module: Any = None  # the module itself; None if it did not load
    source: str = ""  # what was loaded


class BrokenChannel:
    """Stands in for a module that did not load: every request repeats the reason."""

    def __init__(self, reason: StudentError):
        self.reason = reason
        self.log: list[tuple[str, Any]] | None = None
        self.warned: list[list[Any]] = []

    def request(self, operation: list[Any], observe: bool = False) -> Any:
        # Without the frames of earlier raises, which would pile up from test to test.
        raise self.reason.with_traceback(None)

    def last_seen(self) -> dict[str, Any]:
        return {}

    def release(self, handle: int) -> None:
        return None


def chapter_sources(root: Path, chapter: str, main: Path) -> tuple[dict[str, str], dict[str, str]]:
    """(sources, file names) of a chapter and of the chapters it imports, all from `root`, by module name.

    main : the file that holds the chapter's module. Files that do not exist are left out; importing them then
        fails in the student's own line. Undecodable bytes become replacement characters, a syntax error at
        worst.
    """
    sources: dict[str, str] = {}
    names: dict[str, str] = {}
    todo = [(chapter, main)]
    while todo:
        name, path = todo.pop()
        module = f"{name}.{name[5:]}"
        if module in sources or not (path.is_file() or path.with_suffix(".ipynb").is_file()):
            continue
        try:
            sources[module], file = current_source(root, name, path)
        except FileNotFoundError:
            continue
        names[module] = str(file)
        todo += [(n, root / n / f"{n[5:]}.py") for n in imported_chapters(sources[module])]
    return sources, names


def load_chapter(
    root: Path,
    chapter: str,
    main: Path | None = None,
    propagate: tuple[type[BaseException], ...] = (KeyboardInterrupt,),
) -> Loaded:
    """Load one chapter from `root` into this process; every top-level statement must run."""
    assert CHAPTER_NAME.fullmatch(chapter)
    path = main or root / chapter / f"{chapter[5:]}.py"
    sources, names = chapter_sources(root, chapter, path)
    module = f"{chapter}.{chapter[5:]}"
    if module not in sources:
        reason = StudentError("missing", "FileNotFoundError", f"{path} does not exist")
        return Loaded(Student(BrokenChannel(reason)), path, [reason])
    path = Path(names[module])  # the notebook, if that is where the student wrote the chapter
    servant = inside.Servant(propagate=propagate)
    with inside.recording_warnings():
        servant.load(sources, names, module, tolerant=False)
    problems = [student_error(p) for p in servant.problems]
    student = Student(BrokenChannel(problems[0]) if problems else LocalChannel(servant))
    return Loaded(student, path, problems, servant.module, sources[module])


def never_loads(path: Path, seconds: float) -> Loaded:
    """Stands for a file that did not load in time."""
    text = say("practice.timeout-loading", what=path.name, seconds=seconds)
    reason = StudentError("slow", "TimeoutError", text)
    return Loaded(Student(BrokenChannel(reason)), path, [reason])
