"""Moodle: the grading worksheet of an assignment, filled or made anew, or a file for the import into the gradebook.

A row of the worksheet is a student's if the number in `Identifier` (Participant 123) is that of the submission; else if
its ID number, username or email is the roster's `id`, `login` or `email`. Full names are never compared.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections import defaultdict
from pathlib import Path

from grader.class_file.people import folded, number_in
from grader.errors import UsageError
from grader.export import Export
from grader.export.canvas import scale_factor
from grader.export.raw_csv import RawCsv, Row, number_of, uses_comma, written
from grader.intake.files import shown
from grader.marks_of_class import EXCUSED, Mark, Marks
from grader.spreadsheet import cell

WORKSHEET = (
    "Identifier", "Full name", "Email address", "Status", "Grade", "Maximum grade", "Grade can be changed",
    "Last modified (submission)", "Last modified (grade)", "Feedback comments",
)  # fmt: skip
_FORMULA = tuple("=+-@\t\r＝＋－＠")


def one_chapter(marks: Marks) -> str:
    """The only chapter.

    Raises
    ------
    UsageError
        If there are several: a worksheet belongs to one assignment.
    """
    if len(marks.chapters) != 1:
        raise UsageError(
            f"A worksheet is of one assignment. Choose one with --chapter: {', '.join(marks.chapters)}."
        )
    return marks.chapters[0]


def fill_worksheet(
    marks: Marks, into: Path, *, column: str | None = None, scale: bool | None = None, feedback: bool = False
) -> Export:
    """Fill the column Grade of a worksheet that was downloaded in Moodle.

    Parameters
    ----------
    column : heading of the column with grades, where Moodle speaks another language than English.
    scale : whether to convert to the worksheet's maximum where it differs from the chapter's points.
    feedback : write a sentence about the mark into Feedback comments as well, replacing what stands there.

    Raises
    ------
    UsageError
    """
    chapter = one_chapter(marks)
    sheet = RawCsv(into)
    header = next(row for row in sheet.rows if any(row.raw))
    titles = [v.strip() for v in header.values]
    places = {folded(t): i for i, t in reversed(list(enumerate(titles)))}
    rows = [r for r in sheet.rows[sheet.rows.index(header) + 1 :] if any(r.raw)]
    identifier = places.get("identifier", 0)
    grade = places.get(folded(column or "Grade"))
    if grade is None or not all(re.fullmatch(r".*\d", r.value(identifier)) for r in rows):
        raise UsageError(
            f"{into}: no grading worksheet with the columns Identifier and {column or 'Grade'}. Download it in the assignment "
            f"(grading worksheet); in another language name the column of the grades with --column. It has: {', '.join(map(shown, titles))}."
        )
    comments = places.get("feedback comments")
    if feedback and comments is None:
        raise UsageError(
            f"{into}: no column Feedback comments. Switch on feedback comments in the assignment, or leave --feedback out."
        )
    maximum_at, locked_at = places.get("maximum grade"), places.get("grade can be changed")
    comma = uses_comma([r.value(i) for r in rows for i in (grade, maximum_at) if i is not None])
    result = Export(b"")
    for row, mark in _owners(marks, chapter, rows, places, identifier, result):
        possible = number_of(row.value(maximum_at))
        factor = scale_factor(mark.max_score, possible, "The assignment in Moodle", chapter, scale)
        if folded(row.value(locked_at)) == "no":
            result.remarks.append(
                f"{shown(mark.student)}: Moodle does not let this grade be changed, left as it is."
            )
            continue
        points = _points(mark, factor, possible, result)
        if points is None:
            continue
        value, before = written(points, comma), row.value(grade)
        result.filled += 1
        if number_of(before) != number_of(value):
            result.changed += before not in ("", "-")
            sheet.set(row, grade, value)
        if feedback and comments is not None:
            sheet.set(row, comments, html.escape(mark.explanation, quote=False))
    result.data = sheet.data()
    return result


def new_worksheet(marks: Marks) -> Export:
    """A worksheet for everybody whose number came with Moodle's download of the submissions.

    Raises
    ------
    UsageError
        For several chapters, and if no submission came from Moodle.
    """
    chapter = one_chapter(marks)
    result = Export(b"")
    lines = []
    for student in marks.students:
        mark = marks.of.get((student, chapter))
        if mark is None:
            continue
        if mark.identity.get("lms") != "moodle" or not mark.identity.get("id"):
            result.ours.append(shown(student))
            continue
        points = _points(mark, 1.0, mark.max_score, result)
        result.filled += points is not None
        submitted = f"{mark.handed_in:%A, %-d %B %Y, %I:%M %p}" if mark.handed_in else "-"
        lines.append(
            [
                f"Participant {number_in(mark.identity['id'])}", _text(mark.name), _text(mark.person.email if mark.person else ""),
                "Submitted for grading", "" if points is None else written(points), written(mark.max_score), "Yes", submitted, "-",
                html.escape(mark.explanation, quote=False),
            ]
        )  # fmt: skip
    if not lines:
        raise UsageError(
            "No submission carries a number of Moodle. Grade the zip file that Moodle gives (Download all submissions), fill a worksheet "
            "with --into, or use --layout gradebook."
        )
    result.data = _csv(WORKSHEET, lines)
    return result


def gradebook(marks: Marks) -> Export:
    """A file for Grades, Import: one line for each student, a column for each chapter and one for its feedback."""
    result = Export(b"")
    header = ["username", "email", "idnumber", *(t for c in marks.chapters for t in (c, f"{c} feedback"))]
    lines = []
    for student in marks.students:
        found = marks.of_student(student)
        person = marks.people.get(student)
        if not found or (person is None and marks.people):
            result.ours += [shown(student)] if found else []  # an unknown user would stop the whole import
            continue
        keys = [person.login, person.email, person.id] if person else ["", "", student]
        if any(k.startswith(_FORMULA) for k in keys):
            result.ours.append(shown(student))
            result.remarks.append(
                f"{shown(student)}: begins with a sign that a spreadsheet would run as a formula; left out."
            )
            continue
        line = keys
        for chapter in marks.chapters:
            mark = marks.of.get((student, chapter))
            points = mark.final if mark else None
            result.filled += points is not None
            line += ["" if points is None else written(max(0.0, points)), mark.explanation if mark else ""]
        lines.append(line)
    result.data = _csv(header, lines)
    return result


def _points(mark: Mark, factor: float, possible: float | None, result: Export) -> float | None:
    """Moodle passes over a grade above the maximum without a word."""
    if mark.final is None:
        if mark.status == EXCUSED:
            result.remarks.append(
                f"{shown(mark.student)}: excused; Moodle's worksheet has no word for it, left empty."
            )
        return None
    points = max(0.0, mark.final * factor)
    if possible and points > possible + 0.005:
        result.remarks.append(
            f"{shown(mark.student)}: {points:g} points are more than Moodle's maximum; written as {possible:g}."
        )
        return possible
    return points


def _owners(
    marks: Marks, chapter: str, rows: list[Row], places: dict[str, int], identifier: int, result: Export
) -> list[tuple[Row, Mark]]:
    numbers: dict[str, set[str]] = defaultdict(set)
    others: dict[tuple[str, str], set[str]] = defaultdict(set)
    here = {s: marks.of[s, chapter] for s in marks.students if (s, chapter) in marks.of}
    for student, mark in here.items():
        if mark.identity.get("lms") == "moodle" and mark.identity.get("id"):
            numbers[number_in(mark.identity["id"])].add(student)
        person = mark.person
        for number in re.findall(r"\d+", person.moodle) if person else ():
            numbers[number_in(number)].add(student)
        keys = (person.id, person.login, person.email) if person else (student, student, student)
        for column, key in zip(("id number", "username", "email address"), keys):
            if key:
                others[column, folded(key)].add(student)
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        matches = set(numbers.get(number_in(row.value(identifier)), ()))
        for column in ("id number", "username", "email address"):
            if not matches and column in places and row.value(places[column]):
                matches = set(others.get((column, folded(row.value(places[column]))), ()))
        if len(matches) == 1:
            found[next(iter(matches))].append(row)
        else:
            result.theirs.append(shown(row.value(places.get("full name")) or row.value(identifier)))
    owners = []
    for student, own in found.items():
        if len(own) > 1:
            result.remarks.append(
                f"{shown(student)} has {len(own)} rows in the worksheet; none was filled. Leave one of them."
            )
        else:
            owners.append((own[0], here[student]))
    filled = {mark.student for _, mark in owners}
    result.ours = [shown(s) for s in here if s not in filled]
    return owners


def _text(text: str) -> str:
    return cell(text.replace("\0", "\ufffd"))


def _csv(header: object, lines: object) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)  # type: ignore[arg-type]
    writer.writerows(lines)  # type: ignore[arg-type]
    return text.getvalue().encode("utf-8", "backslashreplace")
