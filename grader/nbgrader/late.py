"""Lateness: the policy of class.toml as nbgrader's plugin, and its dates in the gradebook."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from nbgrader.plugins import BasePlugin
from traitlets import Float

from grader.class_file import ClassFile, LatePolicy
from grader.class_file.dates import lateness
from grader.nbgrader.config import Settings

Chapter = str


class LatePenalty(BasePlugin):
    """What lateness costs: as class.toml of the course says; without one, as the settings here.

    `c.LatePenalty.percent_per_day = 10`, `c.LatePenalty.at_most = 50`. Days count when they have begun.
    """

    percent_per_day = Float(0.0, help="percent of the points, for each day begun").tag(config=True)
    at_most = Float(100.0, help="percent, however late").tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float | None, total_seconds_late: float
    ) -> float | None:
        """Points to be taken off, or None."""
        step = self.parent  # nbgrader's AssignLatePenalties, which knows what it is about
        notebook = step.gradebook.find_submission_notebook(step.notebook_id, step.assignment_id, student_id)
        class_file = Settings.of(self.config).class_file()
        policy = LatePolicy(percent=self.percent_per_day, at_most=self.at_most)
        return penalty_of(notebook, class_file, policy) or None


def penalty_of(
    notebook: Any,
    class_file: ClassFile | None,
    policy: LatePolicy | None = None,
    points: float | None = None,
) -> float:
    """Points that a submitted notebook loses by lateness, from its present score.

    Parameters
    ----------
    notebook : nbgrader's SubmittedNotebook.
    policy : what holds if there is no class file.
    points : instead of its present score.
    """
    submission = notebook.assignment
    student, assignment = submission.student.id, submission.name
    late = timedelta(seconds=submission.total_seconds_late or 0)
    if class_file is not None:
        chapter = chapter_name(class_file, assignment, notebook.name)
        if class_file.excused(student, chapter):
            return 0.0
        due = class_file.due(student, chapter)
        if due is not None and submission.timestamp is not None:
            late = lateness(submission.timestamp.replace(tzinfo=UTC), due, class_file.zone)
        policy = class_file.rule(chapter).late
    if policy is None or late <= timedelta(0):
        return 0.0
    points = float(notebook.score or 0.0) if points is None else points
    maximum = float(notebook.max_score or 0.0)
    return round(policy.penalty(points, maximum, policy.percent_off(late)), 6)


def chapter_name(class_file: ClassFile, assignment: str, notebook: str) -> Chapter:
    """The name of a notebook's chapter as class.toml may have it."""
    for name in (assignment, notebook):
        if any(r.name.casefold() in _names(name) for r in class_file.chapters):
            return name
    return assignment


def _names(name: str) -> tuple[str, ...]:
    short, _, module = name.casefold().partition("_")
    return name.casefold(), short, module


def put_dates(
    gradebook: Any,
    class_file: ClassFile | None,
    assignment: str,
    chapter: Chapter,
    students: Sequence[str] = (),
) -> None:
    """Write due date and extensions of class.toml into the gradebook; what it does not say stays as it is."""
    due = class_file.rule(chapter).due if class_file else None
    if class_file is None or due is None:
        return
    ours = _naive(due)
    found = gradebook.find_assignment(assignment)
    if found.duedate != ours:
        found.duedate = ours
    for student in students:
        own = class_file.due(student, chapter)
        submission = next((s for s in found.submissions if s.student.id == student), None)
        if submission is None or own is None:
            continue
        more = _naive(own) - ours
        if class_file.extension(student, chapter) is not None and submission.extension != more:
            submission.extension = more if more else None
    gradebook.db.commit()


def _naive(when: datetime) -> datetime:
    """As nbgrader keeps times: UTC without a zone, to the second."""
    return when.astimezone(UTC).replace(tzinfo=None, microsecond=0)
