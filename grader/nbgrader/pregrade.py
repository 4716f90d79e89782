"""`kata nbgrader pregrade`: fill the folder of grades, so that `nbgrader autograde` only has to read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from grader.errors import UsageError
from grader.nbgrader.config import Settings, chapters_of
from grader.nbgrader.copies import complete
from grader.nbgrader.run import Run
from grader.results import Result


@dataclass
class Pregraded:
    """Results, how many of them were there already, and (student, name of the file) of notebooks that were made."""

    results: list[Result] = field(default_factory=list)
    graded: int = 0
    made: list[tuple[str, str]] = field(default_factory=list)

    @property
    def failures(self) -> list[Result]:
        return [r for r in self.results if r.status == "grader_error"]


def pregrade(
    config: Any,
    assignment: str,
    *,
    jobs: int | None = None,
    force: bool = False,
    on_result: Callable[[Result, int, int], None] | None = None,
) -> Pregraded:
    """Grade every submission of an assignment that has no result yet.

    Whoever handed in no notebook, but a `.py` file or one of another name, gets the notebook that nbgrader needs.

    Raises
    ------
    UsageError
        If nobody handed in anything for this assignment.
    """
    settings = Settings.of(config)
    if jobs:
        settings = replace(settings, jobs=jobs)
    submitted = settings.submitted
    course = settings.course()
    folders = sorted(p for p in submitted.glob(f"*/{assignment}") if p.is_dir()) if submitted.is_dir() else []
    if not folders or "/" in assignment:
        raise UsageError(
            f"Nobody handed in {assignment} under {submitted}. Collect first: nbgrader collect {assignment}"
        )
    found = Pregraded()
    for chapter in chapters_of(settings, course, assignment):
        for folder in folders:
            made_of = complete(folder, chapter, folder.parent.name)
            if made_of:
                found.made.append((folder.parent.name, made_of))
        run = Run(settings, lambda text: None)

        def one(result: Result, done: int, of: int) -> None:
            found.graded += 1
            if on_result:
                on_result(result, done, of)

        found.results += run.grade(assignment, chapter, [f.parent.name for f in folders], force, one)
    return found
