"""`kata audit`: can the hidden suites be trusted?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.common import Bar, console, course_option

if TYPE_CHECKING:
    from grader.audit import ChapterAudit


@click.command(
    epilog="""\b
Examples:
  kata audit ch04
  kata audit --json audit.json

Exit codes: 0 everything is caught, 1 something falls short, 2 wrong usage, 3 the grader failed."""
)
@click.argument("names", nargs=-1, metavar="[CHAPTER]...")
@click.option(
    "--json",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write everything that was found to FILE.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 256), metavar="N", help="Grading processes. Default: one per core."
)
@click.option(
    "--allow-isolation",
    type=click.Choice(["sealed", "process"]),
    default="sealed",
    show_default=True,
    help="The weakest sandbox to accept.",
)
@course_option
def audit(
    names: tuple[str, ...],
    target: Path | None,
    jobs: int | None,
    allow_isolation: str,
    course_path: Path | None,
) -> int:
    """Try the hidden suites with programs whose verdict is known.

    Catalogued mistakes and automatic mutants of the reference must lose points, programs that know nothing must
    earn none, other correct solutions must keep them all, and every test must catch something.
    """
    from grader.audit import audit_chapter
    from grader.course import find_course

    course = find_course(course_path)
    chapters = [course.chapter(n) for n in names] or list(course.graded_chapters)
    found = []
    for chapter in chapters:
        bar = Bar(chapter.short, console(stderr=True), show=console(stderr=True).is_terminal)
        try:
            found.append(audit_chapter(course, chapter, jobs, allow_isolation, bar.step))
        finally:
            bar.stop()
    if target is not None:
        target.write_text(
            json.dumps([asdict(f) | {"fine": f.fine} for f in found], indent=1) + "\n", encoding="utf-8"
        )
    _table(found)
    for one in found:
        _details(one)
    return 0 if all(f.fine for f in found) else 1


def _table(found: list[ChapterAudit]) -> None:
    from rich.table import Table

    table = Table(show_edge=False, pad_edge=False)
    table.add_column("chapter")
    for title in (
        "mistakes\ncaught",
        "mutants\ncaught",
        "equi-\nvalent",
        "earned\nby nothing",
        "correct\nrefused",
        "idle\ntests",
    ):
        table.add_column(title, justify="right")
    table.add_column("")
    for one in found:
        table.add_row(
            one.chapter,
            f"{one.mistakes - len(one.slipped)}/{one.mistakes}",
            f"{one.real_mutants - len(one.survivors)}/{one.real_mutants}",
            str(len(one.equivalent)),
            str(len(one.earned)),
            str(len(one.refused)),
            str(len(one.idle)),
            "[green]fine[/]" if one.fine else "[red]falls short[/]",
        )
    console().print(table)


def _details(one: ChapterAudit) -> None:
    parts = [
        ("mistakes that a named test lets pass", [f"{m}: {', '.join(t)}" for m, t in one.slipped.items()]),
        ("mutants that lose no point", one.survivors),
        ("listed as equivalent, but caught or gone", one.outdated),
        ("points for programs that know nothing", [t for tests in one.earned.values() for t in tests]),
        ("correct solutions refused", [f"{n}: {', '.join(t)}" for n, t in one.refused.items()]),
        ("tests that caught nothing", one.idle),
        ("mistakes that a single test catches", [", ".join(one.caught_once)] if one.caught_once else []),
    ]
    for title, lines in parts:
        if lines:
            click.secho(f"{one.chapter}: {title}", bold=True)
            for line in lines:
                click.echo(f"  {line}")
