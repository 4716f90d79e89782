"""`kata test`: the visible tests, with results in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from grader.practice import Exercise, Practice


@click.command(
    epilog="""\b
Examples:
  kata test            every chapter
  kata test ch04       one chapter (also: 4, losses)
  kata test softmax    one function

Plain `pytest` in this folder says the same. Exit codes: 0 all pass, 1 some do not, 2 wrong usage."""
)
@click.argument("what", required=False, metavar="[CHAPTER|FUNCTION]")
@click.option("--all", "-a", "show_all", is_flag=True, help="Show every failure, not only the first of each function.")
def test(what: str | None, show_all: bool) -> int:
    """Run the visible tests here and explain what is wrong."""
    from grader.practice import practice_root, practise

    root = practice_root()
    found = practise(root, what)
    _report(found, show_all)
    return 0 if found.all_done else 1


def _report(found: Practice, show_all: bool) -> None:
    for error in found.errors:
        click.secho(error, fg="red")
    chapters = list(dict.fromkeys(e.chapter for e in found.exercises))
    for chapter in chapters:
        exercises = [e for e in found.exercises if e.chapter == chapter]
        done = sum(e.done for e in exercises)
        click.secho(f"{chapter}  {done} of {len(exercises)} done", bold=True)
        broken = found.broken.get(chapter)
        if broken:
            click.secho(f"  {broken.message}", fg="red")
            _indented(broken.detail, 4)
            continue
        unwritten = [e.name for e in exercises if e.unwritten]
        for exercise in exercises:
            if exercise.done:
                click.echo(click.style("  ok    ", fg="green") + exercise.name)
            elif not exercise.unwritten:
                _failure(exercise, show_all)
        if unwritten:
            click.echo(click.style("  todo  ", fg="yellow") + ", ".join(unwritten))
    click.echo(_next_step(found, chapters))


def _failure(exercise: Exercise, show_all: bool) -> None:
    passed = sum(c.passed for c in exercise.checks)
    click.echo(click.style("  wrong ", fg="red") + f"{exercise.name}  ({passed} of {len(exercise.checks)} checks pass)")
    failures = [c for c in exercise.checks if not c.passed]
    for check in failures if show_all else failures[:1]:
        click.echo(f"          {check.title}" + click.style(f"  ({check.where})" if check.where else "", dim=True))
        click.secho(f"          {check.message}", fg="red")
        _indented(check.detail, 12)
        if check.printed.strip():
            lines = check.printed.strip().splitlines()
            click.echo("          it printed:")
            _indented("\n".join(lines[:10]), 12)
            if len(lines) > 10:
                click.echo(f"            ... and {len(lines) - 10} more lines")
    if exercise.recognised:
        click.secho("          This behaves exactly like a known mistake:", fg="yellow")
        click.secho(f"          {exercise.recognised}", fg="yellow")
    if len(failures) > 1 and not show_all:
        more = len(failures) - 1
        click.echo(f"          and {more} more check{'s' if more > 1 else ''} (kata test {exercise.name} --all)")


def _indented(text: str, width: int) -> None:
    for line in text.splitlines():
        click.echo(" " * width + line)


def _next_step(found: Practice, chapters: list[str]) -> str:
    for chapter in chapters:
        if chapter in found.broken:
            return f"Next: repair {found.broken[chapter].place or chapter}, then run kata test {chapter[:4]}."
        for exercise in found.exercises:
            if exercise.chapter == chapter and not exercise.done:
                check = exercise.first_failure
                file = f"{chapter}/{chapter[5:]}.py"
                where = check.place if check and check.place.startswith(file) else file
                return f"Next: {exercise.name} in {where}. Formulas and hints: {chapter}/README.md"
    if found.errors:
        return "Next: put the test files back with: kata update"
    return "All visible tests pass. The hidden suite checks more: edge cases, gradients, random inputs."
