"""Marks out of nbgrader's gradebook: `nbgrader export` writes cells that no spreadsheet runs, and what Canvas and Moodle take.

    nbgrader export --to grades.csv
    nbgrader export --exporter grader.nbgrader.export.CanvasExport --CanvasExport.into Grades-export.csv --to Grades-import.csv
    nbgrader export --exporter grader.nbgrader.export.MoodleExport --MoodleExport.into worksheet.csv --to upload.csv

Scores are those of the gradebook: autograded or by hand, extra credit included. Lateness is worked out anew from them, so a
mark changed by hand after autograding is not taken off twice.
"""

from __future__ import annotations

import sys
from datetime import UTC
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin
from traitlets import Bool, Dict, Unicode

from grader.class_file import ClassFile, Person
from grader.errors import KitError, UsageError
from grader.export import Export, canvas, moodle
from grader.export.tables import long_table, wide_table
from grader.files import write_atomically
from grader.marks_of_class import EXCUSED, Mark, Marks
from grader.nbgrader.config import Settings
from grader.nbgrader.late import chapter_name, penalty_of
from grader.results import total


def marks_of_gradebook(
    gradebook: Gradebook,
    class_file: ClassFile | None,
    assignments: list[str] | None = None,
    students: list[str] | None = None,
) -> Marks:
    """Every student with every assignment.

    Parameters
    ----------
    assignments, students : only these; None or empty: all.
    """
    chosen = [a for a in gradebook.assignments if not assignments or a.name in assignments]
    marks = Marks([], [a.name for a in chosen], {}, {}, {})
    for student in gradebook.students:
        if students and student.id not in students:
            continue
        marks.students.append(student.id)
        person = class_file.person_of(student.id) if class_file else None
        if person is None:
            names = (student.first_name, student.last_name)
            person = Person(
                student.id,
                name=" ".join(n for n in names if n),
                email=student.email or "",
                canvas=str(student.lms_user_id or ""),
            )
        marks.people[student.id] = person
    for assignment in chosen:
        rule = (
            class_file.rule(chapter_name(class_file, assignment.name, assignment.name))
            if class_file
            else None
        )
        marks.weights[assignment.name] = rule.weight if rule else 1.0
        marks.canvas_columns[assignment.name] = rule.canvas if rule else ""
        waiting = []
        for student in marks.students:
            mark = _mark(gradebook, assignment, student, class_file)
            mark.person = marks.people[student]
            marks.of[student, assignment.name] = mark
            if mark.remarks:
                waiting.append(student)
        if waiting:
            few = ", ".join(waiting[:5]) + (" ..." if len(waiting) > 5 else "")
            marks.remarks.append(f"{assignment.name}: waiting for a mark by hand in the formgrader: {few}.")
    return marks


def _mark(gradebook: Gradebook, assignment: Any, student: str, class_file: ClassFile | None) -> Mark:
    mark = Mark(student, assignment.name, "missing", float(assignment.max_score or 0.0))
    try:
        submission = gradebook.find_submission(assignment.name, student)
    except MissingEntry:
        submission = None
    excused = class_file is not None and class_file.excused(student, assignment.name)
    if submission is None:
        zero = class_file is not None and class_file.missing == "zero"
        mark.raw = mark.final = 0.0 if zero and not excused else None
        mark.status = EXCUSED if excused else mark.status
        return mark
    mark.status = "graded"
    extra = total([float(g.extra_credit or 0.0) for n in submission.notebooks for g in n.grades])
    mark.score, mark.bonus = total([float(submission.score or 0.0), -extra]), extra
    rule = class_file.bonus if class_file else "add"
    mark.raw = mark.score if rule == "ignore" else total([mark.score, extra])
    if rule == "cap":
        mark.raw = min(mark.raw, max(mark.max_score, mark.score))
    if submission.timestamp is not None:
        mark.handed_in = submission.timestamp.replace(tzinfo=UTC)
    if submission.duedate is not None:
        mark.due = submission.duedate.replace(tzinfo=UTC)
        if mark.handed_in is not None:
            mark.late = max(mark.late, mark.handed_in - mark.due)
    if excused:
        mark.status, mark.final = EXCUSED, None
        return mark
    known = class_file is not None and class_file.due(student, assignment.name) is not None
    points = mark.raw if len(submission.notebooks) == 1 else None
    mark.penalty = total(
        penalty_of(n, class_file, points=points) if known else float(n.late_submission_penalty or 0.0)
        for n in submission.notebooks
    )
    mark.penalty = min(mark.penalty, mark.raw)
    mark.percent_off = round(100 * mark.penalty / mark.raw, 4) if mark.raw else 0.0
    mark.final = total([mark.raw, -mark.penalty])
    if submission.needs_manual_grade:
        mark.remarks.append("waiting for a mark by hand")
    return mark


class _Export(ExportPlugin):
    """What the exporters share."""

    default_name = "grades.csv"

    def export(self, gradebook: Gradebook) -> None:
        try:
            marks = self.marks(gradebook)
            self.write(self.make(marks), marks)
        except KitError as error:
            self.log.error(str(error))
            sys.exit(error.exit_code)
        except OSError as error:
            self.log.error("Cannot write %s: %s", self.to or self.default_name, error.strerror)
            sys.exit(2)

    def make(self, marks: Marks) -> Export:
        """The file."""
        raise NotImplementedError

    def marks(self, gradebook: Gradebook) -> Marks:
        """The marks of those who were asked for."""
        class_file = Settings.of(self.config).class_file()
        chosen = ([str(a) for a in self.assignment], [str(s) for s in self.student])
        return marks_of_gradebook(gradebook, class_file, *chosen)

    def write(self, made: Export, marks: Marks) -> None:
        path = Path(self.to or self.default_name)
        write_atomically(path, made.data)
        self.log.info("Wrote %s: %d marks", path, made.filled)
        for remark in [*marks.remarks, *made.remarks]:
            self.log.warning(remark)
        if made.ours:
            self.log.warning("No place in the file for: %s", ", ".join(made.ours))
        if made.theirs:
            self.log.warning("In the file but unknown here, left as they are: %s", ", ".join(made.theirs))


class CsvExport(_Export):
    """A line for each student and assignment; with `wide`, one for each student."""

    wide = Bool(False, help="one line for each student").tag(config=True)

    def make(self, marks: Marks) -> Export:
        return wide_table(marks) if self.wide else long_table(marks)


class _Into(_Export):
    into = Unicode("", help="the file that the platform exported").tag(config=True)
    scale = Bool(
        None, allow_none=True, help="convert to the platform's points; needed where they differ"
    ).tag(config=True)

    def file(self) -> Path:
        if not self.into:
            name = type(self).__name__
            raise UsageError(f"Name the file that the platform exported: --{name}.into=FILE")
        if not Path(self.into).is_file():
            raise UsageError(f"{self.into} does not exist. Name the file that the platform exported.")
        return Path(self.into)


class CanvasExport(_Into):
    """Fills columns of the gradebook file that Canvas exported, and changes nothing else in it."""

    default_name = "canvas.csv"
    columns = Dict(help="assignment -> title of its column, where the name does not tell").tag(config=True)

    def make(self, marks: Marks) -> Export:
        given = {**{k: v for k, v in marks.canvas_columns.items() if v}, **self.columns}
        return canvas.fill(marks, self.file(), columns=given, scale=self.scale)


class MoodleExport(_Into):
    """Fills the grading worksheet that Moodle exported; one assignment: `--assignment='["ch04_losses"]'`."""

    default_name = "moodle.csv"

    def make(self, marks: Marks) -> Export:
        return moodle.fill_worksheet(marks, self.file(), scale=self.scale)
