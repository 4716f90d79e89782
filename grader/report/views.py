"""One result as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from grader.results import Result, TestResult


@dataclass(slots=True)
class ExerciseView:
    """The tests of one exercise and their points, without the bonus."""

    name: str
    tests: list[TestResult] = field(default_factory=list)
    points: float = 0.0
    max_points: float = 0.0
    bonus: float = 0.0
    passed: int = 0

    def add(self, test: TestResult) -> None:
        """Count one more test."""
        self.tests.append(test)
        self.passed += test.verdict == "passed"
        if test.bonus:
            self.bonus += test.points
        else:
            self.points += test.points
            self.max_points += test.max_points

    @property
    def complete(self) -> bool:
        """Every test passes."""
        return self.passed == len(self.tests)


def exercises_of(result: Result) -> list[ExerciseView]:
    """The exercises in the order of their first test."""
    found: dict[str, ExerciseView] = {}
    for test in result.tests:
        view = found.get(test.exercise)
        if view is None:
            view = found[test.exercise] = ExerciseView(test.exercise)
        view.add(test)
    return list(found.values())


def for_student(result: Result) -> Result:
    """A copy that holds only what the student may read.

    Gone are the details of the tests, drawings, and the reason and the author of a mark by hand. Notes stay: they are
    about the student's own files and name no more of an exception than its built-in class and line.
    """
    override = result.override and {"score": result.override["score"], "reason": "", "by": ""}
    return replace(
        result,
        override=override,
        notes=list(result.notes),
        drawings=[],
        tests=[replace(test, detail="") for test in result.tests],
    )
