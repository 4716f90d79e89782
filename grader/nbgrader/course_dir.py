"""A course directory for nbgrader: source notebooks, the visible tests beside them, the config, people and dates."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.class_file.find import NAME as CLASS_FILE
from grader.course import Chapter, Course
from grader.errors import UsageError
from grader.files import write_atomically
from grader.nbgrader.config import COURSE_ID, Settings, load, require_nbgrader
from grader.nbgrader.source import points_of, source_notebook
from grader.notebook_build import to_bytes

CONFIG = "nbgrader_config.py"
LEFT_OUT = {"__pycache__", ".pytest_cache", ".ipynb_checkpoints"}


@dataclass
class Made:
    """What `init_course` did: files written, files left alone with the reason, remarks."""

    root: Path
    written: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    chapters: list[str] = field(default_factory=list)


def init_course(
    root: Path,
    course: Course,
    chapters: Sequence[Chapter],
    *,
    kit: str,
    grades: Path | None = None,
    course_id: str | None = None,
    force: bool = False,
) -> Made:
    """Write a course directory, or bring one up to date.

    Parameters
    ----------
    chapters : each becomes an assignment of its full name.
    kit : what the config names as the course with the hidden suites.
    force : replace source notebooks that differ from what the kit would write; the old ones are kept beside the grades.

    Raises
    ------
    UsageError
        If the folder holds something else, or nbgrader is not installed.
    AuthorError
        If a suite breaks a rule.
    """
    require_nbgrader()
    name = course_id or root.resolve().name
    if not COURSE_ID.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of a course in nbgrader. Use letters, digits, - and _: --name NAME"
        )
    without = [c.name for c in chapters if c not in course.graded_chapters]
    if without:
        raise UsageError(f"{without[0]} has no hidden suite in {course.hidden}, so nothing can grade it.")
    if root.is_file():
        raise UsageError(f"{root} is a file. Name a folder for the course.")
    points = points_of(course, chapters)
    config = root / CONFIG
    made = Made(root, chapters=[c.name for c in chapters])
    if not config.exists():
        known = (root / "source").is_dir() or (root / CLASS_FILE).is_file()
        if root.is_dir() and any(root.iterdir()) and not known:
            raise UsageError(f"{root} is not empty and no course directory. Name a new folder.")
        given = f", grades={str(grades)!r}" if grades else ""
        given += f", course_id={course_id!r}" if course_id else ""
        text = f"from grader.nbgrader import configure\nconfigure(get_config(), __file__, kit={kit!r}{given})  # noqa: F821\n"
        write_atomically(config, text.encode())
        made.written.append(CONFIG)
    elif "grader.nbgrader" not in config.read_text(encoding="utf-8", errors="replace"):
        raise UsageError(
            f"{config} is there and is not ours. Add these lines at its end, then call this again:\n"
            f"from grader.nbgrader import configure\nconfigure(get_config(), __file__, kit={kit!r})"
        )
    settings = Settings.of(load(root))
    for chapter in chapters:
        _write_source(made, settings, chapter, points[chapter.name], force)
    _fill_gradebook(made, settings, chapters)
    return made


def _write_source(
    made: Made, settings: Settings, chapter: Chapter, points: dict[str, float], force: bool
) -> None:
    folder = made.root / "source" / chapter.name
    path = folder / f"{chapter.module}.ipynb"
    data = to_bytes(source_notebook(chapter, points))
    shown = path.relative_to(made.root).as_posix()
    if path.is_file() and path.read_bytes() != data:
        if not force:
            made.kept.append(
                f"{shown} differs from the kit's; left as it is. --force replaces it and keeps the old one."
            )
            return
        backup = settings.grades / "replaced" / chapter.name / path.name
        number = 1
        while backup.exists():
            number += 1
            backup = backup.with_name(f"{chapter.module}-{number}.ipynb")
        backup.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, backup)
        made.remarks.append(f"The old {shown} is kept as {backup}.")
    if not path.is_file() or path.read_bytes() != data:
        write_atomically(path, data)
        made.written.append(shown)
    for file in visible_files(chapter):
        target = folder / file.relative_to(chapter.stub_path.parent)
        if not target.is_file() or target.read_bytes() != file.read_bytes():
            write_atomically(target, file.read_bytes())
            made.written.append(target.relative_to(made.root).as_posix())


def visible_files(chapter: Chapter) -> list[Path]:
    """What a student gets beside the notebook: visible tests, hashes of mistakes, figures, the stub."""
    folder = chapter.stub_path.parent
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path.suffix not in (".ipynb", ".pyc")
        and not LEFT_OUT & set(path.relative_to(folder).parts)
    )


def _fill_gradebook(made: Made, settings: Settings, chapters: Sequence[Chapter]) -> None:
    """Assignments with their due dates and the roster, from class.toml."""
    class_file = settings.class_file()
    if class_file is None:
        return
    from nbgrader.api import Gradebook

    from grader.nbgrader.late import put_dates

    with Gradebook(db_url(settings), load(made.root).CourseDirectory.course_id) as gradebook:
        for chapter in chapters:
            gradebook.update_or_create_assignment(chapter.name)
            put_dates(gradebook, class_file, chapter.name, chapter.name)
        for person in class_file.people.list if class_file.people else ():
            first, _, last = person.name.rpartition(" ")
            if "," in person.name:
                last, _, first = (part.strip() for part in person.name.partition(","))
            gradebook.update_or_create_student(
                person.id, first_name=first or None, last_name=last or None, email=person.email or None
            )
    people = f", {len(class_file.people.list)} students" if class_file.people else ""
    made.remarks.append(f"{class_file.path.name}: due dates{people} are in the gradebook.")


def db_url(settings: Settings) -> str:
    """The gradebook of a course directory, as its config has it."""
    given = load(settings.root).CourseDirectory.get("db_url", None)
    return str(given or f"sqlite:///{settings.root / 'gradebook.db'}")


def changed_source(root: Path, chapter: Chapter, points: dict[str, float]) -> str | None:
    """How the source notebook's graded cells differ from the suite; None if they do not."""
    path = root / "source" / chapter.name / f"{chapter.module}.ipynb"
    try:
        cells: list[dict[str, Any]] = json.loads(path.read_bytes())["cells"]
        graded = {
            c["metadata"]["nbgrader"]["grade_id"]: float(c["metadata"]["nbgrader"]["points"])
            for c in cells
            if c["metadata"].get("nbgrader", {}).get("grade")
            and not c["metadata"]["nbgrader"].get("solution")
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return f"cannot be read ({type(error).__name__})"
    lost, new = sorted(set(points) - set(graded)), sorted(set(graded) - set(points))
    other = sorted(n for n in set(points) & set(graded) if abs(points[n] - graded[n]) > 1e-9)
    told = [f"no grade cell for {', '.join(lost)}"] if lost else []
    told += [f"grade cells without a hidden test: {', '.join(new)}"] if new else []
    told += [f"other points than the suite: {', '.join(other)}"] if other else []
    return "; ".join(told) or None
