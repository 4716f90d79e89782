"""One result as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from grader.results import Result, TestResult


@dataclass
class ExerciseView:
    """The tests of one exercise and their points, without the bonus."""

    name: str
    tests: list[TestResult] = field(default_factory=list)

    @property
    def points(self) -> float:
        return sum(t.points for t in self.tests if not t.bonus)

    @property
    def max_points(self) -> float:
        return sum(t.max_points for t in self.tests if not t.bonus)

    @property
    def bonus(self) -> float:
        return sum(t.points for t in self.tests if t.bonus)

    @property
    def passed(self) -> int:
        return sum(t.verdict == "passed" for t in self.tests)

    @property
    def complete(self) -> bool:
        """Every test passes."""
        return self.passed == len(self.tests)


def exercises_of(result: Result) -> list[ExerciseView]:
    """The exercises in the order of their first test."""
    found: dict[str, ExerciseView] = {}
    for test in result.tests:
        found.setdefault(test.exercise, ExerciseView(test.exercise)).tests.append(test)
    return list(found.values())


def for_student(result: Result) -> Result:
    """A copy that holds only what the student may read.

    Gone are the details of the tests, and the reason and the author of a mark by hand. Notes stay: they are
    about the student's own files and name no more of an exception than its built-in class and line.
    """
    override = result.override and {"score": result.override["score"], "reason": "", "by": ""}
    return replace(
        result,
        override=override,
        notes=list(result.notes),
        tests=[replace(test, detail="") for test in result.tests],
    )
