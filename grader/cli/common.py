"""What several commands share: the terminal, a progress bar, options, the table of scores."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.texts import say

if TYPE_CHECKING:
    from rich.console import Console

    from grader.results import Result

ROWS = 40  # of the table in the terminal; the report shows all
FILE_WIDTH = 160  # columns, where the width of no terminal is known

course_option: Callable[[Any], Any] = click.option(
    "--course",
    "course_path",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The course: a clone or a bundle of `kata pack`. Default: NNKATA_COURSE, else the nearest parent folder with tests/hidden.",
)


@functools.cache
def console(stderr: bool = False) -> Console:
    """The terminal. Colours only where they are seen; NO_COLOR is respected. In a file tables are not folded."""
    from rich.console import Console

    where = Console(stderr=stderr, highlight=False)
    if not where.is_terminal and "COLUMNS" not in os.environ:
        where.width = FILE_WIDTH
    return where


class Bar:
    """Tells a person how far a grading run is: a bar on a terminal, a line every so often elsewhere."""

    def __init__(self, words: str, where: Console, show: bool):
        self.words = words
        self.where = where
        self.show = show
        self.live: Any = None
        self.task: Any = None

    def plan(self, todo: int, reused: int) -> None:
        """How much there is to do."""
        if self.show and todo and self.where.is_terminal:
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            self.live = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=self.where,
                transient=True,
            )
            self.live.start()
            self.task = self.live.add_task(self.words, total=todo)

    def result(self, result: Result, done: int, total: int) -> None:
        """One more is done."""
        if self.live is not None:
            self.live.update(
                self.task, completed=done, description=f"{self.words} {shown(result.student)[:24]}"
            )
        elif self.show and (done == total or done % max(1, total // 10) == 0):
            self.where.print(f"{self.words}: {done} of {total}")

    def step(self, words: str, done: int, total: int) -> None:
        """As far as `done` of `total`."""
        if self.live is None:
            self.words = words
            self.plan(total, 0)
        if self.live is not None:
            self.live.update(self.task, completed=done, total=total)

    def stop(self) -> None:
        if self.live is not None:
            self.live.stop()


@contextlib.contextmanager
def progress(words: str, where: Console, show: bool) -> Iterator[Bar]:
    """A progress bar for a grading run."""
    bar = Bar(words, where, show)
    try:
        yield bar
    finally:
        bar.stop()


def shown(text: str) -> str:
    """Text of a student for a terminal: no control characters, no markup."""
    from rich.markup import escape

    return escape("".join(c if c.isprintable() else "?" for c in text))


def few(names: Sequence[str], most: int = 10) -> str:
    """Some names, and how many more there are."""
    if len(names) > most:
        return say("common.few", names=", ".join(names[:most]), count=len(names) - most)
    return ", ".join(names)


def table_of_scores(where: Console, results: Sequence[Result]) -> None:
    """Students by chapters, score of maximum."""
    from rich.table import Table

    chapters = sorted({r.chapter for r in results})
    students = list(dict.fromkeys(r.student for r in sorted(results, key=lambda r: r.student)))
    cells = {(r.student, r.chapter): r for r in results}
    most = {c: max((r.max_score for r in results if r.chapter == c), default=0) for c in chapters}
    table = Table(show_edge=False, pad_edge=False)
    table.add_column("student")
    for chapter in chapters:
        table.add_column(f"{chapter}\nof {most[chapter]:g}", justify="right")
    table.add_column("noticed")
    for student in students[:ROWS]:
        row, remarks = [shown(student)[:32]], []
        for chapter in chapters:
            result = cells.get((student, chapter))
            row.append(_cell(result))
            if result is not None:
                remarks += _remarks(result)
        table.add_row(*row, ", ".join(dict.fromkeys(remarks)))
    where.print(table)
    if len(students) > ROWS:
        where.print(f"... and {len(students) - ROWS} more students, see the report.")


def _cell(result: Result | None) -> str:
    if result is None:
        return "-"
    if result.status != "graded":
        return "[yellow]" + result.status.replace("_", " ") + "[/]"
    assert result.final is not None
    share = result.final / result.max_score if result.max_score else 0
    colour = "green" if share >= 0.999 else "red" if share < 0.5 else ""
    return f"[{colour}]{result.final:g}[/]" if colour else f"{result.final:g}"


def _remarks(result: Result) -> list[str]:
    kinds = {t.verdict for t in result.tests}
    words = {
        "timeout": "time limit",
        "memory": "memory limit",
        "crashed": "crashed",
        "protocol": "interfered",
    }
    return [words[k] for k in words if k in kinds] + (["syntax error"] if _syntax(result) else [])


def _syntax(result: Result) -> bool:
    return any(
        t.verdict == "raised" and t.message.startswith(("SyntaxError", "IndentationError"))
        for t in result.tests[:1]
    )
