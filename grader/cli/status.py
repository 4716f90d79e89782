"""`kata status`: the course at a glance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.texts import say

if TYPE_CHECKING:
    from grader.progress import ChapterStanding, Progress


@click.command(
    epilog="""\b
Examples:
  kata status            every chapter; what changed since its last run is run again
  kata status --all      every function as well
  kata status --no-run   run nothing; what changed is marked with a ?"""
)
@click.option("--all", "-a", "everything", is_flag=True, help="Name every function.")
@click.option("--no-run", is_flag=True, help="Run nothing; mark what has changed since its last run.")
def status(everything: bool, no_run: bool) -> None:
    """Show how far you are: chapters, functions done, checks passed, and what to do next."""
    from grader.practice import chapter_here, practice_root
    from grader.progress import Progress

    root = practice_root()
    progress = Progress(root)
    if not no_run:
        run_stale(root, progress)
    standings = progress.chapters()
    click.echo("\n".join(table_lines(standings, chapter_here(root), everything)))
    click.echo(_next(standings, progress.last))


def run_stale(root: Path, progress: Progress) -> None:
    """Run what has changed since it was run last, chapter by chapter."""
    import sys

    from grader.practice import select
    from grader.progress import run_and_keep

    stale = [s.name for s in progress.chapters() if s.stale]
    for number, name in enumerate(stale, 1):
        if sys.stderr.isatty():
            text = say("status.running", chapter=name, number=number, total=len(stale))
            click.echo(f"\r\x1b[K{text}", nl=False, err=True)
        found = run_and_keep(root, select(root, [name]), last=False)
        progress.note(found, last=False)  # also where nothing is kept
    if stale and sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)


def table_lines(
    standings: list[ChapterStanding], here: str | None = None, everything: bool = False
) -> Iterator[str]:
    """One line for each chapter: functions done, checks passed; a ? where the files have changed since."""
    from grader.cli.results import bar

    wide = max((len(s.name) for s in standings), default=0)
    for s in standings:
        total = len(s.exercises)
        mark = click.style(">", fg="cyan", bold=True) if s.name == here else " "
        checks = say("status.checks", passed=s.passed, total=s.checks) if s.checks and s.done < total else ""
        note = click.style(say("status.done"), fg="green") if s.finished else checks
        if s.broken:
            note = click.style(say("status.broken"), fg="red")
        elif s.stale:
            note = click.style(say("status.stale"), fg="yellow")
        count = say("status.functions", done=s.done, total=total)
        yield f"{mark} {s.name:<{wide}}  {bar(s.done, total)}  {count}  {note}".rstrip()
        if everything:
            yield from _functions(s)
    done, total = sum(s.done for s in standings), sum(len(s.exercises) for s in standings)
    finished = sum(s.finished for s in standings)
    fields = {"done": done, "total": total, "finished": finished, "chapters": len(standings)}
    yield click.style(say("status.sum", **fields), bold=True)


def _functions(standing: ChapterStanding) -> Iterator[str]:
    colours = {"done": "green", "wrong": "red"}
    for e in standing.exercises:
        state = "ok" if e.state == "done" else e.state
        word = "?" if e.stale else say(f"results.state.{state}")
        counts = ""
        if e.checks and not e.stale and e.state != "done":
            counts = "  " + say("status.checks", passed=e.passed, total=e.checks)
        yield (
            "    "
            + click.style(f"{word:<6}", fg="yellow" if e.stale else colours.get(e.state, "yellow"))
            + e.name
            + counts
        )


def _next(standings: list[ChapterStanding], last: str | None) -> str:
    ordered = sorted(standings, key=lambda s: s.name != last)
    for s in ordered:
        if not s.finished:
            if s.broken:
                return say("status.next-broken", problem=s.broken, short=s.name[:4])
            open_ones = [e for e in s.exercises if e.state != "done" or e.stale]
            first = next((e for e in open_ones if e.state == "wrong"), open_ones[0])
            return say("status.next", name=first.name, chapter=s.name, short=s.name[:4])
    return say("status.all-done")
