"""When submissions were handed in: from a file of the instructor's or from what a platform wrote, never from file dates.

- a CSV file with the columns `student`, `time` and, unless it stands under a chapter in class.toml, `chapter`;
- Moodle's grading worksheet (columns Identifier or ID number, and Last modified (submission)), under its chapter;
- 'nbgrader': `timestamp.txt` beside a submission in `submitted/STUDENT/ASSIGNMENT/`;
- 'canvas': the word LATE that Canvas puts into the names of its download. It tells that, not by how much.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from grader.class_file.dates import BadDate, moment
from grader.class_file.people import folded, number_in, raise_problems, read_table
from grader.class_file.reader import ClassFile, names_chapter
from grader.course import Chapter
from grader.errors import UsageError
from grader.intake.files import shown

MAX_TIMES = 16 << 20  # bytes
MAX_TIMESTAMP = 200  # bytes of timestamp.txt
NEVER = {"", "-", "never"}


@dataclass
class Times:
    """(student, chapter) -> when it was handed in."""

    of: dict[tuple[str, str], datetime] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def get(self, student: str, chapter: str) -> datetime | None:
        return self.of.get((folded(student), chapter))


def times_from_files(
    class_file: ClassFile, chapters: Sequence[str], alternative_names: dict[str, str]
) -> Times:
    """Read the CSV files that the class file names.

    Parameters
    ----------
    chapters : full names of the chapters that are asked for.
    alternative_names : platform's key (`moodle 123`) or name (`name guest`) of a submission -> the student it is of.

    Raises
    ------
    UsageError
        For a column that is missing and a time that cannot be understood: one line each.
    """
    times = Times()
    problems: list[str] = []
    unknown: dict[str, None] = {}
    files: dict[Path, list[str]] = {}
    for chapter in chapters:
        source = class_file.rule(chapter).times
        if isinstance(source, Path):
            files.setdefault(source, []).append(chapter)
    for path, wanted in files.items():
        _read_file(path, wanted, class_file, alternative_names, times, problems, unknown)
    raise_problems(problems)
    if unknown:
        few = ", ".join(shown(n) for n in list(unknown)[:5])
        times.remarks.append(
            f"{', '.join(p.name for p in files)}: times of nobody in the class: {few}{' ...' if len(unknown) > 5 else ''}."
        )
    return times


def _read_file(
    path: Path,
    chapters: list[str],
    class_file: ClassFile,
    alternative_names: dict[str, str],
    times: Times,
    problems: list[str],
    unknown: dict[str, None],
) -> None:
    rows = read_table(path, MAX_TIMES)
    header = [folded(h).replace(" ", "_") for h in rows[0][1]]
    student_at = _place(
        header, "student", "id", "student_id", "username", "id_number", "email", "email_address", "identifier"
    )
    time_at = _place(header, "time", "timestamp", "submitted_at", "last_modified_(submission)")
    chapter_at = _place(header, "chapter", "assignment")
    if student_at is None or time_at is None:
        problems.append(f"{path.name}: the first line must name the columns student, chapter and time.")
        return
    if chapter_at is None and len(chapters) > 1:
        problems.append(
            f'{path.name}: no column chapter. Add one, or name the file under its chapter: [chapters.ch04] times = "{path.name}".'
        )
        return
    first: dict[tuple[str, str], int] = {}
    for line, row in rows[1:]:
        cells = [*row, *[""] * len(header)]
        who, text = cells[student_at].strip(), cells[time_at].strip()
        if not who or folded(text) in NEVER:
            continue
        chapter = (
            chapters[0]
            if chapter_at is None
            else next((c for c in chapters if names_chapter(cells[chapter_at].strip(), c)), "")
        )
        if not chapter:
            continue  # of a chapter that is not asked for
        student = _student(who, header[student_at], class_file, alternative_names)
        if student is None:
            unknown.setdefault(who)
            continue
        try:
            when = moment(text, class_file.zone)
        except BadDate as error:
            problems.append(f"{path.name}, line {line}: {error}")
            continue
        pair = (folded(student), chapter)
        if (at := first.setdefault(pair, line)) != line and times.of.get(pair) != when:
            problems.append(
                f"{path.name}, line {line}: {shown(who)}, {chapter} has another time in line {at}. Leave the one that counts."
            )
        times.of[pair] = when


def _student(who: str, column: str, class_file: ClassFile, alternative_names: dict[str, str]) -> str | None:
    if column == "identifier":  # of Moodle: "Participant 123"
        known = alternative_names.get(f"moodle {number_in(who)}")
        if known is not None:
            return known
        identity = {"lms": "moodle", "id": number_in(who)}
        person = class_file.person_of("", identity)
    else:
        person = class_file.person_of(who)
    if person is not None:
        return person.id
    return who if class_file.people is None else alternative_names.get(f"name {folded(who)}")


def _place(header: list[str], *names: str) -> int | None:
    return next((header.index(n) for n in names if n in header), None)


def nbgrader_times(
    paths: Sequence[Path], class_file: ClassFile, chapters: Sequence[Chapter]
) -> dict[tuple[str, str], datetime]:
    """(folder of the student, chapter) -> time, from the `timestamp.txt` that nbgrader keeps beside submissions.

    Raises
    ------
    UsageError
        If one of these files does not hold a time.
    """
    found: dict[tuple[str, str], datetime] = {}
    problems: list[str] = []
    wanted = [c.name for c in chapters if class_file.rule(c.name).times == "nbgrader"]
    for path in paths if wanted else ():
        for student in _folders(path / "submitted" if (path / "submitted").is_dir() else path):
            for assignment in _folders(Path(student.path)):
                chapter = next((c for c in wanted if names_chapter(assignment.name, c)), None)
                file = Path(assignment.path) / "timestamp.txt"
                if chapter is None or file.is_symlink() or not file.is_file():
                    continue
                with file.open("rb") as opened:
                    text = opened.read(MAX_TIMESTAMP).decode("utf-8", "replace").strip()
                try:
                    found[student.name, chapter] = moment(text, class_file.zone)
                except BadDate as error:
                    problems.append(f"{shown(str(file))}: {error}")
    raise_problems(problems)
    return found


def _folders(path: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            return sorted((e for e in entries if e.is_dir(follow_symlinks=False)), key=lambda e: e.name)
    except OSError as error:
        if path.is_dir():
            raise UsageError(f"{path}: cannot be read ({error.strerror}).") from None
        return []
