"""One chapter in numbers, gathered from one result at a time."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from grader.report.items import Discrimination
from grader.report.text import decimals_for
from grader.results import VERDICTS, Result, TestResult

MOST_FAIL = 0.6  # a test that more fail is marked
STOPPED = ("timeout", "memory", "crashed", "protocol")  # verdicts at which the grader had to step in
NOTHING = 255  # in place of a share: no judged test


@dataclass(slots=True)
class Cell:
    """One student's mark in one chapter, as the class table shows it.

    graded : the points as they came out of grading, before lateness; None if there is none.
    final : what counts.
    tag, explanation : why it is not simply what the tests gave: "by hand", "late", "excused", "conflict".
    """

    status: str
    final: float | None
    max_score: float
    bonus: float = 0.0
    graded: float | None = None
    tag: str = ""
    explanation: str = ""
    has_page: bool = True

    @property
    def by_hand(self) -> bool:
        return self.tag == "by hand"


@dataclass
class TestCount:
    """How one hidden test went over the class."""

    id: str
    title: str
    max_points: float
    bonus: bool
    verdicts: Counter[str] = field(default_factory=Counter)
    discrimination: Discrimination = field(default_factory=Discrimination)

    __test__ = False  # the name begins with Test, pytest must not collect it

    @property
    def total(self) -> int:
        return self.verdicts.total()

    @property
    def passed(self) -> int:
        return self.verdicts["passed"]

    @property
    def share(self) -> float:
        return self.passed / self.total if self.total else 0.0

    @property
    def most_fail(self) -> bool:
        """More than 60 % fail."""
        return self.total > 0 and (self.total - self.passed) / self.total > MOST_FAIL

    @property
    def others(self) -> list[tuple[str, int]]:
        """The verdicts that are no pass, the commonest first."""
        return [(v, n) for v, n in self.verdicts.most_common() if v != "passed"]


@dataclass
class ExerciseCount:
    """How one exercise went: its tests, the points that were earned of those on offer, and how many got how far."""

    name: str
    tests: dict[str, TestCount] = field(default_factory=dict)
    points: float = 0.0
    max_points: float = 0.0
    complete: int = 0  # students who pass every test
    begun: int = 0  # who pass some
    nothing: int = 0
    first_failures: int = 0  # students whose first incomplete exercise this is
    shares: bytearray = field(default_factory=bytearray)  # percent by student, NOTHING where there is none
    discrimination: Discrimination = field(default_factory=Discrimination)

    @property
    def share(self) -> float | None:
        return self.points / self.max_points if self.max_points else None

    @property
    def max_each(self) -> float:
        """Points on offer, without bonus."""
        return sum(t.max_points for t in self.tests.values() if not t.bonus)

    @property
    def students(self) -> int:
        return self.complete + self.begun + self.nothing


@dataclass
class DiagnosisCount:
    """A recognised mistake and who made it."""

    id: str
    text: str
    exercises: set[str] = field(default_factory=set)
    who: array[int] = field(default_factory=lambda: array("I"))


@dataclass
class ChapterSummary:
    """One chapter over the whole class. Students are numbers, their places in `Summary.students`."""

    name: str
    order: Sequence[str] = ()
    statuses: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    exercises: dict[str, ExerciseCount] = field(default_factory=dict)
    diagnoses: dict[str, DiagnosisCount] = field(default_factory=dict)
    groups: dict[str, array[int]] = field(default_factory=dict)  # status, verdict or tag -> who
    cells: dict[int, Cell] = field(default_factory=dict)
    complete: int = 0  # students without any failure
    max_score: float = 0.0
    weight: float = 1.0

    @property
    def number(self) -> str:
        return self.name.partition("_")[0]

    @property
    def title(self) -> str:
        return self.name.partition("_")[2].replace("_", " ") or self.name

    @property
    def shares(self) -> list[float]:
        """Of what was graded or marked by hand: what counts, of the maximum."""
        return [
            c.final / c.max_score
            for c in self.cells.values()
            if c.final is not None and c.max_score and (c.status == "graded" or c.by_hand)
        ]

    @property
    def median(self) -> float | None:
        shares = self.shares
        return median(shares) if shares else None

    @property
    def decimals(self) -> int:
        """Of the marks in the class table."""
        finals = [c.final for c in self.cells.values() if c.final is not None]
        return decimals_for([*finals, self.max_score])

    @property
    def point_decimals(self) -> int:
        return decimals_for([t.max_points for e in self.exercises.values() for t in e.tests.values()])

    @property
    def in_order(self) -> list[ExerciseCount]:
        """The exercises as the course has them; those that it does not name at the end, as they came."""
        place = {name: n for n, name in enumerate(self.order)}
        return sorted(self.exercises.values(), key=lambda e: place.get(e.name, len(place)))

    @property
    def most_fail(self) -> list[tuple[str, TestCount]]:
        """(exercise, test) that more than 60 % fail, the worst first."""
        pairs = [(e.name, t) for e in self.in_order for t in e.tests.values() if t.most_fail]
        return sorted(pairs, key=lambda pair: pair[1].share)

    @property
    def nobody_fails(self) -> list[tuple[str, TestCount]]:
        """(exercise, test) that everybody passes."""
        return [(e.name, t) for e in self.in_order for t in e.tests.values() if t.total and t.share == 1]

    @property
    def verdict_counts(self) -> list[tuple[str, int]]:
        return [(verdict, self.verdicts[verdict]) for verdict in VERDICTS if self.verdicts[verdict]]

    @property
    def stopped(self) -> list[tuple[str, array[int]]]:
        """Time-outs, crashes and the like, and who had them."""
        return [(v, self.groups[v]) for v in STOPPED if v in self.groups]

    @property
    def common_diagnoses(self) -> list[DiagnosisCount]:
        return sorted(self.diagnoses.values(), key=lambda d: (-len(d.who), d.text))

    @property
    def funnel(self) -> list[tuple[ExerciseCount, int]]:
        """(exercise, students who have no failure up to here), in the order of the course."""
        left = self.complete + sum(e.first_failures for e in self.exercises.values())
        steps = []
        for exercise in self.in_order:
            left -= exercise.first_failures
            steps.append((exercise, left))
        return steps

    @property
    def entered(self) -> int:
        """Students in the funnel: those whose tests were judged."""
        return self.complete + sum(e.first_failures for e in self.exercises.values())

    def group(self, name: str, who: int) -> None:
        """Put a student into a group, once."""
        members = self.groups.setdefault(name, array("I"))
        if not members or members[-1] != who:
            members.append(who)

    def add(self, result: Result, who: int) -> None:
        self.statuses[result.status] += 1
        self.max_score = max(self.max_score, result.max_score)
        if result.tests:
            self._add_tests(result.tests, who)

    def _add_tests(self, tests: list[TestResult], who: int) -> None:
        total = sum(t.points for t in tests if not t.bonus)
        of: dict[str, list[TestResult]] = {}
        for test in tests:
            of.setdefault(test.exercise, []).append(test)
            self.verdicts[test.verdict] += 1
            if test.verdict in STOPPED:
                self.group(test.verdict, who)
            if test.diagnosis is not None:
                found = self.diagnoses.get(test.diagnosis.id)
                if found is None:
                    found = DiagnosisCount(test.diagnosis.id, test.diagnosis.text)
                    self.diagnoses[test.diagnosis.id] = found
                found.exercises.add(test.exercise)
                if not found.who or found.who[-1] != who:
                    found.who.append(who)
        incomplete = set()
        for name, own in of.items():
            exercise = self.exercises.get(name)
            if exercise is None:
                exercise = self.exercises[name] = ExerciseCount(name)
            if not self._add_exercise(exercise, own, who, total):
                incomplete.add(name)
        if incomplete:
            place = {name: n for n, name in enumerate(dict.fromkeys([*self.order, *of]))}
            self.exercises[min(incomplete, key=place.__getitem__)].first_failures += 1
        else:
            self.complete += 1

    def _add_exercise(self, exercise: ExerciseCount, own: list[TestResult], who: int, total: float) -> bool:
        points = most = 0.0
        passed = 0
        for test in own:
            count = exercise.tests.get(test.id)
            if count is None:
                part = 0.0 if test.bonus else test.max_points
                count = TestCount(test.id, test.title, test.max_points, test.bonus)
                count.discrimination.part = part
                exercise.tests[test.id] = count
            good = test.verdict == "passed"
            passed += good
            count.verdicts[test.verdict] += 1
            count.discrimination.add(float(good), total, good)
            if not test.bonus:
                points += test.points
                most += test.max_points
        exercise.points += points
        exercise.max_points += most
        complete = passed == len(own)
        exercise.complete += complete
        exercise.begun += 0 < passed < len(own)
        exercise.nothing += not passed
        exercise.discrimination.add(points, total, complete)
        share = points / most if most else passed / len(own)
        percent = 100 if complete else min(99, max(1 if passed else 0, round(100 * share)))
        shares = exercise.shares
        if len(shares) <= who:
            shares.extend(bytes([NOTHING]) * (who + 1 - len(shares)))
        shares[who] = percent
        return complete
