"""`kata hint`: one hint at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.complete import functions_here
from grader.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.hints import Hinted


@click.command(
    epilog="""\b
Examples:
  kata hint softmax          one hint more than last time
  kata hint                  for the function that is next
  kata hint softmax --again  those you have seen, no new one
  kata hint softmax --all    all of them"""
)
@click.argument("function", required=False, metavar="[FUNCTION]", shell_complete=functions_here)
@click.option("--again", is_flag=True, help="Show the hints you have seen, and no new one.")
@click.option("--all", "everything", is_flag=True, help="Show all hints.")
def hint(function: str | None, again: bool, everything: bool) -> None:
    """Reveal one more hint for a function: first a question, then a direction, then nearly the line."""
    from grader.errors import UsageError
    from grader.hints import find_hints
    from grader.practice import chapter_here, practice_root
    from grader.progress import Progress

    if again and everything:
        raise UsageError(say("hints.both"))
    root = practice_root()
    near = chapter_here(root)
    if function is None:
        function, near = _next(root, near)
        if function is None:
            click.echo(say("hints.nothing-left"))
            return
    progress = Progress(root)
    found = find_hints(root, function, near or progress.last)
    seen = min(progress.hints_shown(found.name), len(found.hints))
    if again and not seen:
        raise UsageError(say("hints.not-seen", name=found.name))
    shown = len(found.hints) if everything else seen if again else min(seen + 1, len(found.hints))
    click.echo("\n".join(hint_lines(found, shown, new=shown > seen and not everything)))
    if shown > seen:
        progress.reveal_hint(found.name, shown)
        if not progress.save() and shown < len(found.hints):
            click.echo(say("hints.no-record"), err=True)


def _next(root: Path, near: str | None) -> tuple[str | None, str | None]:
    from grader.cli.next import where_to_go_on

    chapter, found = where_to_go_on(root, near)
    exercise = found.to_do if found is not None else None
    return (exercise.name, chapter) if exercise is not None else (None, None)


def hint_lines(found: Hinted, shown: int, new: bool = True, watching: bool = False) -> Iterator[str]:
    """The first `shown` hints of a function.

    new : the last of them is new; the earlier ones are dimmed.
    watching : the next one is a key away.
    """
    import shutil

    from grader.cli.results import wrapped
    from grader.hints import plain

    width = min(100, max(30, shutil.get_terminal_size().columns))

    yield click.style(say("hints.heading", name=found.name, chapter=found.chapter), bold=True)
    for number, one in enumerate(found.hints[:shown], 1):
        old = new and number < shown
        yield ""
        yield click.style(one.title, fg=None if old else "cyan", dim=old)
        for line in plain(one.text):
            yield from (click.style(part, dim=True) if old else part for part in wrapped(f"  {line}", width))
    yield ""
    left = len(found.hints) - shown
    if left:
        yield say("hints.more-by-key" if watching else "hints.more", count=left, name=found.name)
    else:
        yield say("hints.last", handout=found.handout)
