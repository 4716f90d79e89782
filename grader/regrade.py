"""Which part of a class to grade: some students, or whoever did not pass a test."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.class_file.people import folded
from grader.errors import UsageError
from grader.intake.files import shown
from grader.results import VERDICTS, Result

if TYPE_CHECKING:
    from grader.submission import HandedIn

Pair = tuple[str, str]  # student, chapter


@dataclass(frozen=True)
class Selection:
    """What of the submissions is graded.

    Attributes
    ----------
    students : names as somebody typed them; empty: all.
    pairs : (student, chapter) that are graded; None: all.
    before : the marks that these had, as far as they were looked up.
    """

    students: Sequence[str] = ()
    pairs: Collection[Pair] | None = None
    before: dict[Pair, float | None] = field(default_factory=dict)

    def of(self, found: list[HandedIn]) -> list[HandedIn]:
        """Those that are selected.

        Raises
        ------
        UsageError
            If a student is not among the submissions, or nothing is left.
        """
        if self.students:
            names = {folded(h.student): h.student for h in found}
            unknown = [s for s in self.students if folded(s) not in names]
            if unknown:
                close = difflib.get_close_matches(unknown[0], list(names.values()), 3, 0.6)
                hint = f" Did you mean {' or '.join(map(shown, close))}?" if close else ""
                raise UsageError(f"No submission of {shown(unknown[0])} here.{hint}")
            wanted = {folded(s) for s in self.students}
            found = [h for h in found if folded(h.student) in wanted]
        if self.pairs is not None:
            found = [h for h in found if (h.student, h.chapter.name) in self.pairs]
        if not found and (self.students or self.pairs is not None):
            raise UsageError("None of the submissions here is to be graded again. Are these the right PATHs?")
        return found


def select(results: Iterable[Result], students: Sequence[str], tests: Sequence[str]) -> Selection:
    """A selection from what is stored.

    Parameters
    ----------
    students : names; empty: all.
    tests : names of tests or verdicts ("timeout"); a result with such a test that is not passed is selected. Empty: all.

    Raises
    ------
    UsageError
        If no stored result has such a test, or everybody passed it.
    """
    before: dict[Pair, float | None] = {}
    pairs: set[Pair] = set()
    seen = dict.fromkeys(tests, False)
    names: dict[str, None] = {}
    wanted = {folded(s) for s in students}
    for result in results:
        if wanted and folded(result.student) not in wanted:
            continue
        before[result.student, result.chapter] = result.final
        for text in tests:
            own = [t for t in result.tests if t.verdict == text or is_called(t.id, text)]
            seen[text] |= bool(own)
            if any(t.verdict != "passed" for t in own):
                pairs.add((result.student, result.chapter))
        if tests:
            names.update((_short(t.id), None) for t in result.tests)
    for text in tests:
        if not seen[text] and text not in VERDICTS:
            close = difflib.get_close_matches(text, list(names), 3, 0.5)
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
            raise UsageError(f"No result here has a test {shown(text)}.{hint}")
    if tests and not pairs:
        raise UsageError(f"Nobody failed {', '.join(map(shown, tests))}. There is nothing to grade again.")
    return Selection(students, pairs if tests else None, before)


def is_called(test: str, text: str) -> bool:
    """Whether `text` names this test: its whole id, its function, or its function with parameters."""
    return text in (test, _short(test), _short(test).partition("[")[0])


def _short(test: str) -> str:
    return test.rpartition("::")[2]
