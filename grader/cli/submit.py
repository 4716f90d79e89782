"""`kata submit`: the work as one file to hand in, checked before it leaves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.complete import chapters_here
from grader.texts import say

if TYPE_CHECKING:
    from grader.submit import ChapterState, Handed


@click.command(
    epilog="""\b
Examples:
  kata submit                       every chapter that you have worked on
  kata submit ch04 ch06             these chapters, and those of yours that they need
  kata submit --out student01.zip   under another name

A bundle of the same name is kept in .nnkata/backups. Exit codes: 0 written, 1 written but some of it cannot be graded
as it is, 2 wrong usage."""
)
@click.argument("chapters", nargs=-1, metavar="[CHAPTER]...", shell_complete=chapters_here)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE.zip",
    help="Where the bundle goes. Default: a file named after your folder.",
)
def submit(chapters: tuple[str, ...], out: Path | None) -> int:
    """Bundle your work into one zip file to hand in, and say what is in it.

    Every file is loaded and tested first, in a process of its own. What would not count is told; nothing of yours
    is changed.
    """
    from grader.progress import run_and_keep
    from grader.submit import submit as make
    from grader.workspace import find_workspace

    workspace = find_workspace()
    done = make(workspace, chapters, out, lambda root, chosen: run_and_keep(root, chosen, last=False))
    _report(done)
    return 0 if done.sound else 1


def _report(done: Handed) -> None:
    from grader.cli.common import few
    from grader.cli.results import clean
    from grader.submit import plain_size

    size = plain_size(done.path.stat().st_size)
    what = "wrote" if done.written else "unchanged"
    id = f"submit.{what}-file" if len(done.items) == 1 else f"submit.{what}-files"
    click.echo(say(id, path=clean(str(done.path)), count=len(done.items), size=size))
    if done.kept:
        click.echo(say("submit.kept-bundle", place=done.kept))
    for state in done.chapters:
        click.echo(_heading(state))
        for item in done.items:
            if item.name in state.files:
                click.echo(f"  {item.name}  {plain_size(item.size)}  sha256 {item.sha256[:12]}")
        if state.problem:
            click.echo("  " + click.style(say("submit.broken") + " ", fg="red") + clean(state.problem))
        for word, names in (("wrong", state.wrong), ("todo", state.unwritten)):
            if names and not state.problem:
                click.echo("  " + click.style(f"{say(f'results.state.{word}'):<6}", fg="yellow") + few(names))
        for note in state.notes:
            click.echo("  " + click.style(say("start.note") + "  ", fg="yellow") + clean(note))
    for note in done.notes:
        click.echo(click.style(say("start.note") + "  ", fg="yellow") + note)
    click.echo(say("submit.fingerprint", fingerprint=done.fingerprint))
    if not done.sound:
        click.echo(say("submit.repair"))


def _heading(state: ChapterState) -> str:
    total = len(state.done) + len(state.wrong) + len(state.unwritten)
    count = ""
    if total and not state.problem:
        count = "  " + say("results.done", done=len(state.done), total=total)
    along = "  " + say("submit.needed") if state.needed else ""
    return click.style(f"{state.name}{count}{along}", bold=True)
