"""`kata nbgrader import`: results that were made elsewhere, in CI or by `kata grade`, into the gradebook.

The results' JSON files are read; for each one the graded notebook is written and the scores, comments and penalties go into
the gradebook exactly as `nbgrader autograde` would have put them there.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, OverwriteKernelspec, SaveAutoGrades

from grader.errors import KitError, UsageError
from grader.nbgrader.cells import cleaned
from grader.nbgrader.config import Settings
from grader.nbgrader.course_dir import db_url
from grader.nbgrader.late import put_dates
from grader.nbgrader.preprocessors import Normalize, SandboxGrade, SaveComments
from grader.nbgrader.run import RESULT
from grader.results import SCHEMA, STATUSES, Result
from grader.submission import MAX_NOTEBOOK

FILES = ("timestamp.txt", "submission_secret.txt")


@dataclass
class Imported:
    """What was done: (student, assignment) of each result that is in the gradebook now, and what was left out, and why."""

    done: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def import_results(config: Any, paths: Sequence[Path], assignment: str | None = None) -> Imported:
    """Put results into the gradebook of a course directory.

    Parameters
    ----------
    config : of the course directory, see `grader.nbgrader.config.load`.
    paths : folders of `kata grade --out`, or any with such JSON files in them, or single files.
    assignment : into which the results go; by default the one whose notebook is the chapter's.

    Raises
    ------
    UsageError
        If a path does not exist or holds no result.
    """
    settings = Settings.of(config)
    directory = CourseDirectory(config=config)
    directory.db_url = db_url(settings)
    imported = Imported()
    seen = 0
    for path in paths:
        for file in _files(path):
            seen += 1
            try:
                result = _read(file)
                if result.status in ("missing", "grader_error"):
                    imported.left_out.append(
                        f"{result.student}, {result.chapter}: {result.status.replace('_', ' ')}"
                    )
                    continue
                place = _assignment(directory, result, assignment)
                _import(config, settings, directory, result, place)
            except KitError as error:
                imported.left_out.append(str(error))
                continue
            imported.done.append((result.student, place))
            if result.override is not None:
                imported.remarks.append(
                    f"{result.student}, {result.chapter}: the mark by hand ({result.override['score']:g}) is not imported; "
                    "nbgrader has marks by hand for single exercises only. Give it in the formgrader."
                )
    if not seen:
        raise UsageError(
            f"No results in {', '.join(map(str, paths))}. Name a folder that kata grade --out made."
        )
    return imported


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        raise UsageError(f"{path} does not exist. Name a folder that kata grade --out made.")
    within = path / "results" if (path / "results").is_dir() else path
    yield from sorted(within.rglob("*.json"))


def _read(file: Path) -> Result:
    try:
        result = Result.from_json(file.read_text(encoding="utf-8"))
        sound = result.schema == SCHEMA and result.status in STATUSES
        sound = sound and bool(result.student and result.chapter)
        for test in result.tests:
            sound = sound and 0 <= float(test.points) <= float(test.max_points) < float("inf")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(f"{file} is no result of the kit ({type(error).__name__}).") from None
    if not sound:
        raise UsageError(f"{file} is no result of this version of the kit, or its points are impossible.")
    if result.student in (".", "..") or "/" in result.student or "\0" in result.student:
        raise UsageError(f"{file}: {result.student!r} is no name of a student in nbgrader.")
    return result


def _assignment(directory: CourseDirectory, result: Result, wanted: str | None) -> str:
    module = result.chapter.partition("_")[2]
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        fitting = [a.name for a in gradebook.assignments if any(n.name == module for n in a.notebooks)]
    if wanted is not None:
        if wanted not in fitting:
            raise UsageError(
                f"{result.student}, {result.chapter}: the assignment {wanted} has no notebook {module}.ipynb in the gradebook. "
                "Run nbgrader generate_assignment first."
            )
        return wanted
    if result.chapter in fitting:
        return result.chapter
    if len(fitting) == 1:
        return fitting[0]
    many = f"several assignments have {module}.ipynb: {', '.join(fitting)}. Choose one: --assignment NAME"
    none = f"no assignment has a notebook {module}.ipynb. Run nbgrader generate_assignment {result.chapter} first."
    raise UsageError(f"{result.student}, {result.chapter}: {many if fitting else none}")


def _import(
    config: Any, settings: Settings, directory: CourseDirectory, result: Result, assignment: str
) -> None:
    student, module = result.student, result.chapter.partition("_")[2]
    folders = {
        step: Path(directory.format_path(getattr(directory, f"{step}_directory"), student, assignment))
        for step in ("submitted", "autograded")
    }
    release = Path(directory.format_path(directory.release_directory, ".", assignment)) / f"{module}.ipynb"
    handed_in = folders["submitted"] / f"{module}.ipynb"
    origin = handed_in if handed_in.is_file() and not handed_in.is_symlink() else release
    data = origin.read_bytes() if origin.is_file() else b""
    notebook = nbformat.from_dict(cleaned(data, MAX_NOTEBOOK))
    resources: Any = {
        "nbgrader": {
            "student": student,
            "assignment": assignment,
            "notebook": module,
            "db_url": directory.db_url,
        },
        "metadata": {"path": ""},
        RESULT: result,
    }
    for before in (Normalize, OverwriteKernelspec, SandboxGrade, CheckCellMetadata):
        notebook, resources = before(config=config).preprocess(notebook, resources)
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        gradebook.update_or_create_student(student)
        when = directory.get_existing_timestamp(str(folders["submitted"]))
        more = {"timestamp": when} if when else {}
        gradebook.update_or_create_submission(assignment, student, **more)
        put_dates(gradebook, settings.class_file(), assignment, result.chapter, [student])
    folders["autograded"].mkdir(parents=True, exist_ok=True)
    target = folders["autograded"] / f"{module}.ipynb"
    temporary = target.with_name(f".{target.name}.tmp")
    temporary.write_text(nbformat.writes(notebook), encoding="utf-8")
    temporary.replace(target)
    for name in FILES:
        if (folders["submitted"] / name).is_file():
            shutil.copyfile(folders["submitted"] / name, folders["autograded"] / name)
    for after in (SaveAutoGrades, SaveComments, AssignLatePenalties):
        notebook, resources = after(config=config).preprocess(notebook, resources)
