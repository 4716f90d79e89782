"""The class in numbers, gathered from one result at a time: nothing here grows with the number of tests times students
but one byte for each student and exercise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from grader.marks_of_class import Mark, Marks
from grader.report.chapter import Cell, ChapterSummary
from grader.report.text import natural, shorten
from grader.results import LEVELS, Result
from grader.store import Failure

NAME_LENGTH = 120
# chapter -> its exercises in the order of the course
Order = Callable[[str], Sequence[str]]


def name_of(student: str) -> str:
    """A student's name as the tables show it."""
    return shorten(student, NAME_LENGTH) or "(no name)"


@dataclass(slots=True)
class ByHand:
    """A mark that a person gave."""

    student: str
    chapter: str
    tests_gave: float | None
    score: float
    reason: str
    by: str


@dataclass
class Summary:
    """The class. Fill it with `add`, one result after the other, then `add_marks` and `add_failures`."""

    order: Order = field(default=lambda chapter: ())
    chapters: dict[str, ChapterSummary] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)  # student -> place, in the order in which they came
    shown_names: dict[int, str] = field(default_factory=dict)  # of the roster, where they differ
    sections: dict[int, str] = field(default_factory=dict)
    levels: Counter[str] = field(default_factory=Counter)
    versions: set[str] = field(default_factory=set)
    failures: list[Failure] = field(default_factory=list)
    by_hand: list[ByHand] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def chapter(self, name: str) -> ChapterSummary:
        if name not in self.chapters:
            self.chapters[name] = ChapterSummary(name, tuple(self.order(name)))
        return self.chapters[name]

    def place(self, student: str) -> int:
        """The number of a student; a new one for a new name."""
        return self.names.setdefault(student, len(self.names))

    def add(self, result: Result) -> int:
        """Count a result; gives the student's number."""
        who = self.place(result.student)
        chapter = self.chapter(result.chapter)
        chapter.add(result, who)
        self.levels[result.isolation["level"]] += 1
        self.versions.add(result.environment.get("nnkata", ""))
        chapter.cells[who] = Cell(
            result.status, result.final, result.max_score, result.bonus, result.final,
            "by hand" if result.override is not None else "",
        )  # fmt: skip
        if result.override is not None:
            hand = result.override
            gave = None if result.score is None else result.score + result.bonus
            self.by_hand.append(
                ByHand(result.student, result.chapter, gave, hand["score"], hand["reason"], hand["by"])
            )
        return who

    def add_marks(self, marks: Marks) -> None:
        """What counts: after lateness, excuses and the rules of the class."""
        for mark in marks:
            self._add_mark(mark)
        for name, weight in marks.weights.items():
            self.chapter(name).weight = weight
        # Failures of the grader have a place of their own.
        told = {r for m in marks if m.status == "grader_error" for r in m.remarks}
        known = set(self.remarks)
        new = [r for r in marks.remarks if r not in known and r.partition(": ")[2] not in told]
        self.remarks += dict.fromkeys(new)

    def _add_mark(self, mark: Mark) -> None:
        chapter = self.chapter(mark.chapter)
        who = self.place(mark.result.student if mark.result is not None else mark.student)
        cell = chapter.cells.get(who)
        if cell is None:
            cell = chapter.cells[who] = Cell(mark.status, None, mark.max_score, has_page=False)
            chapter.statuses["missing"] += mark.status == "missing"
        if mark.person is not None and mark.person.name:
            self.shown_names[who] = mark.person.name
        if mark.person is not None and mark.person.section:
            self.sections[who] = mark.person.section
        if mark.status in ("excused", "conflict") and not cell.by_hand:
            cell.tag = mark.status
        elif mark.late and not cell.by_hand:
            cell.tag = "late"
        if cell.tag:
            cell.explanation = " ".join([mark.explanation, *mark.remarks])
        cell.final = mark.final

    def finish(self) -> None:
        """Group the students by what became of their submissions."""
        for chapter in self.chapters.values():
            for who, cell in chapter.cells.items():
                if cell.status != "graded":
                    chapter.group(cell.status, who)
                if cell.tag and cell.tag != cell.status:
                    chapter.group(cell.tag, who)

    def add_failures(self, failures: Iterable[Failure]) -> None:
        """Submissions on which the grader failed; an older grade keeps its place in the table."""
        for failure in failures:
            self.failures.append(failure)
            cell = Cell("grader_error", None, 0.0, has_page=False)
            self.chapter(failure.chapter).cells.setdefault(self.place(failure.student), cell)

    @property
    def chapter_list(self) -> list[ChapterSummary]:
        return [self.chapters[name] for name in sorted(self.chapters)]

    @property
    def students(self) -> list[str]:
        """By place."""
        return list(self.names)

    @property
    def in_order(self) -> list[int]:
        """The places by name."""
        names = self.students
        return sorted(range(len(names)), key=lambda who: natural(names[who]))

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
        only_failed = sum(
            c.status == "grader_error" for chapter in self.chapters.values() for c in chapter.cells.values()
        )
        return self.statuses["graded"] + self.statuses["rejected"] + only_failed

    @property
    def late(self) -> int:
        return sum(len(c.groups.get("late", ())) for c in self.chapters.values())

    @property
    def max_total(self) -> float:
        return sum(chapter.max_score for chapter in self.chapters.values())
