"""The class in numbers, gathered from one result at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from grader.report.text import decimals_for, natural, shorten
from grader.results import LEVELS, VERDICTS, Result, TestResult
from grader.store import Failure

HARDEST_SHOWN = 5
NAME_LENGTH = 120


def name_of(student: str) -> str:
    """A student's name as the tables show it."""
    return shorten(student, NAME_LENGTH) or "(no name)"


@dataclass(slots=True)
class Cell:
    """One student's result in one chapter, as the class table shows it."""

    status: str
    final: float | None
    max_score: float
    bonus: float
    by_hand: bool

    @property
    def share(self) -> float | None:
        if self.final is None:
            return None
        return self.final / self.max_score if self.max_score else 0.0


@dataclass
class TestCount:
    """How one hidden test went over the class."""

    id: str
    title: str
    max_points: float
    bonus: bool
    verdicts: Counter[str] = field(default_factory=Counter)

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
    def others(self) -> list[tuple[str, int]]:
        """The verdicts that are no pass, the commonest first."""
        return [(v, n) for v, n in self.verdicts.most_common() if v != "passed"]


@dataclass
class ExerciseCount:
    """How one exercise went: its tests, and the points that were earned of those on offer."""

    name: str
    tests: dict[str, TestCount] = field(default_factory=dict)
    points: float = 0.0
    max_points: float = 0.0

    @property
    def share(self) -> float | None:
        return self.points / self.max_points if self.max_points else None


@dataclass
class DiagnosisCount:
    """A recognised mistake and who made it."""

    id: str
    text: str
    exercises: set[str] = field(default_factory=set)
    students: set[str] = field(default_factory=set)


@dataclass
class ChapterSummary:
    """One chapter over the whole class."""

    name: str
    statuses: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    exercises: dict[str, ExerciseCount] = field(default_factory=dict)
    diagnoses: dict[str, DiagnosisCount] = field(default_factory=dict)
    finals: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    max_score: float = 0.0

    @property
    def number(self) -> str:
        return self.name.partition("_")[0]

    @property
    def title(self) -> str:
        return self.name.partition("_")[2].replace("_", " ") or self.name

    @property
    def median(self) -> float | None:
        return median(self.shares) if self.shares else None

    @property
    def decimals(self) -> int:
        return decimals_for([*self.finals, self.max_score])

    @property
    def point_decimals(self) -> int:
        return decimals_for([t.max_points for e in self.exercises.values() for t in e.tests.values()])

    @property
    def hardest(self) -> list[tuple[str, TestCount]]:
        """(exercise, test) of those that most fail, the worst first; none that nobody fails."""
        pairs = [(e.name, t) for e in self.exercises.values() for t in e.tests.values() if t.share < 1]
        return sorted(pairs, key=lambda pair: pair[1].share)[:HARDEST_SHOWN]

    @property
    def passed_by_all(self) -> int:
        """How many tests nobody fails."""
        return sum(test.share == 1 for e in self.exercises.values() for test in e.tests.values())

    @property
    def verdict_counts(self) -> list[tuple[str, int]]:
        return [(verdict, self.verdicts[verdict]) for verdict in VERDICTS if self.verdicts[verdict]]

    @property
    def common_diagnoses(self) -> list[DiagnosisCount]:
        return sorted(self.diagnoses.values(), key=lambda d: (-len(d.students), d.text))

    def add(self, result: Result) -> None:
        self.statuses[result.status] += 1
        self.max_score = max(self.max_score, result.max_score)
        if result.final is not None:
            self.finals.append(result.final)
            self.shares.append(result.final / result.max_score if result.max_score else 0.0)
        for test in result.tests:
            self._add_test(result.student, test)

    def _add_test(self, student: str, test: TestResult) -> None:
        exercise = self.exercises.setdefault(test.exercise, ExerciseCount(test.exercise))
        count = exercise.tests.get(test.id)
        if count is None:
            count = exercise.tests[test.id] = TestCount(test.id, test.title, test.max_points, test.bonus)
        self.verdicts[test.verdict] += 1
        count.verdicts[test.verdict] += 1
        if not test.bonus:
            exercise.points += test.points
            exercise.max_points += test.max_points
        if test.diagnosis is not None:
            known = self.diagnoses.setdefault(
                test.diagnosis.id, DiagnosisCount(test.diagnosis.id, test.diagnosis.text)
            )
            known.exercises.add(test.exercise)
            known.students.add(student)


@dataclass
class Summary:
    """The class. Fill it with `add`, one result after the other, and `add_failures`."""

    chapters: dict[str, ChapterSummary] = field(default_factory=dict)
    cells: dict[str, dict[str, Cell]] = field(default_factory=dict)  # student -> chapter -> cell
    levels: Counter[str] = field(default_factory=Counter)
    versions: set[str] = field(default_factory=set)
    failures: list[Failure] = field(default_factory=list)

    def add(self, result: Result) -> None:
        self.chapters.setdefault(result.chapter, ChapterSummary(result.chapter)).add(result)
        self.levels[result.isolation["level"]] += 1
        self.versions.add(result.environment.get("nnkata", ""))
        self.cells.setdefault(result.student, {})[result.chapter] = Cell(
            result.status, result.final, result.max_score, result.bonus, result.override is not None
        )

    def add_failures(self, failures: Iterable[Failure]) -> None:
        """Submissions on which the grader failed; an older grade keeps its place in the table."""
        self.failures.extend(failures)
        for failure in self.failures:
            self.chapters.setdefault(failure.chapter, ChapterSummary(failure.chapter))
            row = self.cells.setdefault(failure.student, {})
            row.setdefault(failure.chapter, Cell("grader_error", None, 0.0, 0.0, False))

    @property
    def chapter_list(self) -> list[ChapterSummary]:
        return [self.chapters[name] for name in sorted(self.chapters)]

    @property
    def students(self) -> list[str]:
        return sorted(self.cells, key=natural)

    @property
    def level(self) -> str | None:
        """The weakest isolation under which any result came about."""
        return next((level for level in reversed(LEVELS) if self.levels[level]), None)

    @property
    def statuses(self) -> Counter[str]:
        return sum((c.statuses for c in self.chapters.values()), Counter())

    @property
    def submissions(self) -> int:
        """What was handed in and seen, whatever came of it."""
        only_failed = sum(c.status == "grader_error" for row in self.cells.values() for c in row.values())
        return self.statuses["graded"] + self.statuses["rejected"] + only_failed

    @property
    def max_total(self) -> float:
        return sum(chapter.max_score for chapter in self.chapters.values())

    def total(self, student: str) -> float:
        """Sum of a student's marks; a chapter without one counts as 0."""
        return sum(cell.final or 0.0 for cell in self.cells[student].values())

    @property
    def total_decimals(self) -> int:
        return max((chapter.decimals for chapter in self.chapters.values()), default=0)
