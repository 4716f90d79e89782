"""`kata test`: the visible tests, with results in words."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from grader.cli.complete import chapters_and_functions
from grader.texts import say

if TYPE_CHECKING:
    from grader.practice import Practice


@click.command(
    epilog="""\b
Examples:
  kata test                   every chapter; in a chapter's folder, that chapter
  kata test ch04              one chapter (also: 4, losses)
  kata test softmax entropy   functions or classes
  kata test softmax --all     every check that fails, not only the first

A check that takes longer than 5 seconds is stopped, and the line in which it was is shown.

Plain `pytest` in this folder says the same. Exit codes: 0 all pass, 1 some do not, 2 wrong usage."""
)
@click.argument("what", nargs=-1, metavar="[CHAPTER|FUNCTION]...", shell_complete=chapters_and_functions)
@click.option(
    "--all", "-a", "show_all", is_flag=True, help="Show every failure, not only the first of each function."
)
def test(what: tuple[str, ...], show_all: bool) -> int:
    """Run the visible tests here and explain what is wrong."""
    from grader.practice import chapter_here, practice_root, select
    from grader.progress import run_and_keep

    root = practice_root()
    here = chapter_here(root)
    chosen = select(root, what or ((here,) if here else ()))
    waiting = _Waiting()
    try:
        found = run_and_keep(root, chosen, waiting.note)
    finally:
        waiting.stop()
    _report(found, show_all)
    return 0 if found.all_done else 1


def _report(found: Practice, show_all: bool) -> None:
    from grader.cli.results import chapter_lines, next_line

    lines = [click.style(error, fg="red") for error in found.errors]
    for chapter in found.chapters:
        lines += chapter_lines(found, chapter, show_all)
    click.echo("\n".join([*lines, next_line(found)]))


class _Waiting:
    """Says on a terminal what is being run, so that a wait explains itself."""

    def __init__(self) -> None:
        self.shown = ""
        self.terminal = sys.stderr.isatty()

    def note(self, event: dict[str, Any]) -> None:
        if self.terminal and event["event"] == "running" and event["exercise"] != self.shown:
            self.shown = event["exercise"]
            click.echo("\r\x1b[K" + say("results.running", what=self.shown), nl=False, err=True)

    def stop(self) -> None:
        if self.shown:
            click.echo("\r\x1b[K", nl=False, err=True)
