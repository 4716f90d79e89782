"""The marks of a class, after lateness, excuses and marks by hand: what exports and reports show.

    marks = marks_of_class(store.results(), class_file=read_class(path), record=read_record(out))

A result stays as it was graded; all of this is computed anew each time, so a corrected date in `class.toml` needs no
second grading. A mark by hand is final: neither lateness nor bonus rules change it.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from grader.class_file.dates import in_words, lateness
from grader.class_file.people import Person, folded
from grader.class_file.reader import ChapterRule, ClassFile
from grader.class_file.record import Record
from grader.class_file.times import Times, times_from_files
from grader.intake.files import shown
from grader.intake.roster import CANVAS_LATE
from grader.results import Result, TestResult, total

CONFLICT = "conflict"  # several submissions of one person for one chapter: none counts until a person decides
EXCUSED = "excused"
ONE_DAY = timedelta(days=1)  # what Canvas' LATE stands for, since it does not say how late


@dataclass(slots=True)
class Mark:
    """One student's mark for one chapter.

    Attributes
    ----------
    student : id in the roster; without one, the name the submission came under.
    status : graded, rejected, missing, grader_error, excused or conflict.
    raw : score plus bonus as the bonus rule has it, before lateness; None if there is none.
    late : how much too late, zero if in time or if nothing is known.
    percent_off, penalty : what that costs, in percent and in points.
    final : what counts; None if nothing does (excused, conflict, grader_error, missing with `missing = "empty"`).
    by_hand : the override, {score, reason, by}, or None.
    remarks : for staff.
    """

    student: str
    chapter: str
    status: str
    max_score: float
    person: Person | None = None
    result: Result | None = None
    score: float | None = None
    bonus: float = 0.0
    raw: float | None = None
    handed_in: datetime | None = None
    due: datetime | None = None
    late: timedelta = timedelta(0)
    percent_off: float = 0.0
    penalty: float = 0.0
    final: float | None = None
    by_hand: dict[str, Any] | None = None
    remarks: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name to show: of the roster, of the platform, or that of the submission."""
        if self.person is not None and self.person.name:
            return self.person.name
        return (self.result.identity.get("name") if self.result else None) or self.student

    @property
    def identity(self) -> dict[str, str]:
        return self.result.identity if self.result else {}

    @property
    def explanation(self) -> str:
        """How the mark came about, in words for the student."""
        if self.status == EXCUSED and self.by_hand is None:
            return "Excused."
        if self.by_hand is not None:
            return f"{self.final:g} of {self.max_score:g} points, a mark by hand."
        if self.status == "missing":
            return "Nothing was handed in."
        if self.final is None or self.raw is None:
            return "There is no mark yet."
        text = f"{self.final:g} of {self.max_score:g} points."
        if self.status == "rejected":
            text += " The submission could not be read."
        if self.late:
            cost = (
                f"{self.percent_off:g} % off ({self.penalty:g} points)" if self.percent_off else "nothing off"
            )
            text += f" Late by {in_words(self.late)}: {cost}."
        return text


@dataclass
class Marks:
    """The class: every student with every chapter.

    Attributes
    ----------
    students : ids in the order of the roster, then the others by name.
    chapters : full names, in order.
    remarks : what a person should look at, a line each.
    """

    students: list[str]
    chapters: list[str]
    of: dict[tuple[str, str], Mark]
    weights: dict[str, float]
    people: dict[str, Person]
    remarks: list[str] = field(default_factory=list)
    canvas_columns: dict[str, str] = field(default_factory=dict)  # chapter -> title, of the class file

    def __iter__(self) -> Any:
        """By chapter, then by student."""
        return (self.of[s, c] for c in self.chapters for s in self.students if (s, c) in self.of)

    def of_student(self, student: str) -> list[Mark]:
        return [self.of[student, c] for c in self.chapters if (student, c) in self.of]

    def percent(self, student: str) -> float | None:
        """The weighted share of all chapters in percent. A missing chapter counts 0, an excused one not at all; None if
        some mark is not settled."""
        weight = points = 0.0
        for mark in self.of_student(student):
            if mark.status == EXCUSED and mark.final is None:
                continue
            if mark.final is None and mark.status != "missing":
                return None
            share = (mark.final or 0.0) / mark.max_score if mark.max_score else 0.0
            weight += self.weights[mark.chapter]
            points += self.weights[mark.chapter] * share
        return round(100 * points / weight, 4) if weight else None


def marks_of_class(
    results: Iterable[Result],
    *,
    class_file: ClassFile | None = None,
    record: Record | None = None,
    failures: Iterable[Any] = (),
    chapters: Sequence[str] | None = None,
    missing: str | None = None,
    bonus: str | None = None,
) -> Marks:
    """Work out every mark.

    Parameters
    ----------
    results : all results of a folder, in any order.
    class_file : the class; without it everybody is who he is called, and nothing is late.
    record : of the same folder; it holds times that stood beside the submissions.
    failures : `Store.failures()`: where the grader failed and there is no result.
    chapters : full names; only these.
    missing : 'empty' or 'zero', what nothing handed in counts; by default as in the class file, else 'empty'.
    bonus : 'add' (may exceed the maximum), 'cap' (up to the maximum) or 'ignore'; by default as in the class file, else 'add'.

    Raises
    ------
    UsageError
        If a file with times cannot be understood.
    """
    missing = missing or (class_file.missing if class_file else "empty")
    bonus = bonus or (class_file.bonus if class_file else "add")
    book: dict[tuple[str, str], list[Result]] = defaultdict(list)
    maximum: dict[str, float] = {}
    people: dict[str, Person] = {}
    known_keys: dict[str, str] = {}
    failed: set[tuple[str, str]] = set()

    def student_of(name: str, identity: dict[str, str] | None) -> str:
        person = class_file.person_of(name, identity) if class_file else None
        if person is not None:
            people[person.id] = person
        return person.id if person else name

    for result in results:
        if chapters is not None and result.chapter not in chapters:
            continue
        student = student_of(result.student, result.identity)
        book[student, result.chapter].append(result)
        known_keys[f"name {folded(result.student)}"] = student
        maximum[result.chapter] = max(maximum.get(result.chapter, 0.0), result.max_score)
        if result.identity.get("id"):
            known_keys[f"{result.identity.get('lms')} {result.identity['id']}"] = student
    for failure in failures:
        if chapters is None or failure.chapter in chapters:
            failed.add((student_of(failure.student, None), failure.chapter))
            maximum.setdefault(failure.chapter, 0.0)
    names = sorted(maximum)
    students = dict.fromkeys(
        p.id for p in (class_file.people.list if class_file and class_file.people else ())
    )
    if class_file and class_file.people:
        people = dict(class_file.people.by_id)
    students |= dict.fromkeys(sorted({s for s, _ in (*book, *failed)}))
    times = times_from_files(class_file, names, known_keys) if class_file else Times()
    for (who, chapter), when in (record.times if record else {}).items():
        if class_file and class_file.rule(chapter).times == "nbgrader":
            times.of.setdefault((folded(who), chapter), when)
    marks = Marks(list(students), names, {}, {}, people, list(times.remarks))
    for chapter in names:
        rule = class_file.rule(chapter) if class_file else ChapterRule(chapter)
        marks.weights[chapter], marks.canvas_columns[chapter] = rule.weight, rule.canvas
        untimed = []
        for student in students:
            found = book.get((student, chapter), [])
            if not found and (student, chapter) not in failed and student not in people:
                continue
            mark = _mark(student, chapter, found, (student, chapter) in failed, maximum[chapter], bonus)
            mark.person = people.get(student)
            if class_file and _apply_class(mark, class_file, times):
                untimed.append(student)
            if mark.status == "missing" and mark.by_hand is None:
                mark.raw = mark.final = 0.0 if missing == "zero" else None
            marks.of[student, chapter] = mark
            marks.remarks += [f"{shown(student)}, {chapter}: {r}" for r in mark.remarks]
        if untimed and class_file:
            marks.remarks.append(_no_times(class_file, chapter, untimed))
    return marks


def without_tests(result: Result) -> Result:
    """What a mark needs of a result and no more: 150,000 of these fit into memory, whole results do not."""
    return Result(
        sys.intern(result.student),
        sys.intern(result.chapter),
        sys.intern(result.status),
        _NOTHING,
        _NOTHING,
        _NOTHING,
        _NOTHING,
        score=result.score,
        max_score=result.max_score,
        bonus=result.bonus,
        override=result.override,
        notes=result.notes or _NO_NOTES,
        identity=result.identity or _NOTHING,
        tests=_NO_TESTS,
    )


# Shared by all of them, so they are never changed.
_NOTHING: dict[str, Any] = {}
_NO_NOTES: list[str] = []
_NO_TESTS: list[TestResult] = []


def _mark(student: str, chapter: str, found: list[Result], failed: bool, maximum: float, bonus: str) -> Mark:
    """The mark before the class file has its say."""
    working = [r for r in found if r.status != "missing"]
    mark = Mark(student, chapter, "missing", maximum)
    by_hand = [r for r in found if r.override is not None]
    if len(working) > 1 and len(by_hand) != 1:
        mark.status = CONFLICT
        listed = " and ".join(shown(r.student) for r in working)
        mark.remarks.append(
            f"several submissions ({listed}), none counts. Remove one, or decide with kata override."
        )
        return mark
    if len(by_hand) == 1:
        result = by_hand[0]
    elif working or found:
        result = (working or found)[0]
    else:
        if failed:
            mark.status = "grader_error"
            mark.remarks.append("the grader failed, there is no grade. Run kata grade again.")
        return mark
    mark.result, mark.status = result, result.status
    mark.max_score = result.max_score or maximum
    mark.score, mark.bonus = result.score, result.bonus
    if result.score is not None and result.status != "missing":
        mark.raw = total((result.score, 0.0 if bonus == "ignore" else result.bonus))
        if bonus == "cap":
            mark.raw = min(mark.raw, max(mark.max_score, result.score))
    mark.final = mark.raw
    if result.override is not None:
        mark.by_hand = result.override
        mark.final = float(result.override["score"])
    return mark


def _apply_class(mark: Mark, class_file: ClassFile, times: Times) -> bool:
    """Dates, lateness and excuses; True if the time of handing in would matter and is not known."""
    rule = class_file.rule(mark.chapter)
    mark.due = class_file.due(mark.student, mark.chapter)
    mark.handed_in = times.get(mark.student, mark.chapter)
    if class_file.excused(mark.student, mark.chapter):
        mark.status = EXCUSED
        if mark.by_hand is None:
            mark.final = None
        return False
    if mark.raw is None:
        return False
    by_name = rule.times == "canvas" and mark.result is not None and CANVAS_LATE in mark.result.notes
    if mark.handed_in is not None and mark.due is not None:
        mark.late = lateness(mark.handed_in, mark.due, class_file.zone)
    elif by_name:
        if class_file.extension(mark.student, mark.chapter) is not None:
            mark.remarks.append(
                "Canvas says LATE, but there is an extension here: counted as in time. A times.csv would tell."
            )
        else:
            mark.late = ONE_DAY
    mark.percent_off = rule.late.percent_off(mark.late)
    mark.penalty = round(rule.late.penalty(mark.raw, mark.max_score, mark.percent_off), 6)
    if mark.by_hand is None:
        mark.final = total((mark.raw, -mark.penalty))
    return mark.handed_in is None and mark.due is not None and rule.times != "canvas" and mark.by_hand is None


def _no_times(class_file: ClassFile, chapter: str, untimed: list[str]) -> str:
    source = class_file.rule(chapter).times
    few = ", ".join(shown(s) for s in untimed[:5]) + (" ..." if len(untimed) > 5 else "")
    if source is None:
        return f'{chapter}: has a due date, but nothing tells when work was handed in; nobody counts as late. Add times = "times.csv" to {class_file.path.name}.'
    where = "timestamp.txt" if source == "nbgrader" else getattr(source, "name", source)
    return f"{chapter}: {where} has no time for {few}; counted as in time."
