"""Two runs side by side: after a resubmission, after a change of a suite.

Compared is what the tests gave (or a person, by hand), before lateness: that is what somebody did better or worse.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from grader.results import Result

SAME = 1e-9  # points


@dataclass(slots=True)
class Old:
    """What the older run had of one submission; `passed` has a bit for each test of the chapter."""

    final: float | None
    tests: int
    passed: int
    suite: str


@dataclass
class TestChange:
    """How many pass a test that they failed before, and the other way round."""

    title: str
    exercise: str
    gained: int = 0
    lost: int = 0

    __test__ = False  # the name begins with Test, pytest must not collect it


@dataclass
class ChapterChange:
    """One chapter in both runs."""

    name: str
    rose: list[tuple[str, float, float]] = field(default_factory=list)  # student, before, now
    fell: list[tuple[str, float, float]] = field(default_factory=list)
    same: int = 0
    new: int = 0  # had no mark before
    gone: list[str] = field(default_factory=list)  # have none now
    other_suite: int = 0  # results of another suite than before
    tests: dict[str, TestChange] = field(default_factory=dict)

    @property
    def number(self) -> str:
        return self.name.partition("_")[0]

    @property
    def changed_tests(self) -> list[TestChange]:
        """Tests that anybody gained or lost, most changes first."""
        changed = [t for t in self.tests.values() if t.gained or t.lost]
        return sorted(changed, key=lambda t: (-t.gained - t.lost, t.title))

    @property
    def biggest_falls(self) -> list[tuple[str, float, float]]:
        return sorted(self.fell, key=lambda f: (f[2] - f[1], f[0]))

    @property
    def biggest_rises(self) -> list[tuple[str, float, float]]:
        return sorted(self.rose, key=lambda r: (r[1] - r[2], r[0]))


class Changes:
    """Give it the older results first, then every newer one with `add`, then `finish`."""

    def __init__(self, older: Iterable[Result], label: str):
        self.label = label
        self.chapters: dict[str, ChapterChange] = {}
        self.before: Counter[str] = Counter()  # student -> points, over the chapters that are in both runs
        self.now: Counter[str] = Counter()
        self._bits: dict[str, dict[str, int]] = {}  # chapter -> test -> its bit
        self._old: dict[tuple[str, str], Old] = {}
        suites: dict[str, str] = {}
        for result in older:
            suite = str(result.suite.get("sha256", ""))
            tests = passed = 0
            bits = self._bits.setdefault(result.chapter, {})
            for test in result.tests:
                bit = 1 << bits.setdefault(test.id, len(bits))
                tests |= bit
                passed |= bit if test.verdict == "passed" else 0
            # One string for all who have the same suite.
            self._old[result.student, result.chapter] = Old(
                _mark(result), tests, passed, suites.setdefault(suite, suite)
            )

    def add(self, result: Result) -> None:
        """Compare one newer result with its older one."""
        change = self.chapters.setdefault(result.chapter, ChapterChange(result.chapter))
        old = self._old.pop((result.student, result.chapter), None)
        now = _mark(result)
        if old is None or old.final is None:
            change.new += now is not None
        elif now is None:
            change.gone.append(result.student)
        else:
            self.before[result.student] += old.final  # type: ignore[assignment]
            self.now[result.student] += now  # type: ignore[assignment]
            if abs(now - old.final) <= SAME:
                change.same += 1
            else:
                (change.rose if now > old.final else change.fell).append((result.student, old.final, now))
        if old is None:
            return
        change.other_suite += bool(result.tests) and old.tests > 0 and old.suite != result.suite.get("sha256")
        bits = self._bits[result.chapter]
        for test in result.tests:
            bit = 1 << bits[test.id] if test.id in bits else 0
            if not old.tests & bit:
                continue  # the test is new, or the submission could not be judged then
            passes = test.verdict == "passed"
            if passes != bool(old.passed & bit):
                found = change.tests.setdefault(test.id, TestChange(test.title, test.exercise))
                found.gained += passes
                found.lost += not passes

    def finish(self) -> None:
        """What the newer run does not have."""
        for (student, chapter), old in self._old.items():
            if old.final is not None:
                self.chapters.setdefault(chapter, ChapterChange(chapter)).gone.append(student)
        self._old.clear()

    @property
    def chapter_list(self) -> list[ChapterChange]:
        return [self.chapters[name] for name in sorted(self.chapters)]


def _mark(result: Result) -> float | None:
    """The mark of what was handed in; None where nothing was."""
    if result.status == "missing" and result.override is None:
        return None
    return result.final
