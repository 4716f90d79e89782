"""`kata start`: a workspace of one's own."""

from __future__ import annotations

import click

from grader.texts import say
from grader.texts.chapters import handout


@click.command()
@click.argument("folder", metavar="[DIR]", default="nnkata-work")
@click.option(
    "--from",
    "source",
    metavar="DIR_OR_ZIP",
    help="A kit from your instructor. Default: the installed exercises.",
)
def start(folder: str, source: str | None) -> None:
    """Copy the exercises into a folder of your own (nnkata-work unless you name another).

    A file that is there already is never overwritten, so running this twice does no harm.

    \b
    Examples:
      kata start
      kata start my-work
      kata start my-work --from week3.zip
    """
    import sys
    from pathlib import Path

    from grader import workspace
    from grader.doctor import install_line, missing_packages

    with workspace.opened_kit(Path(source).expanduser() if source else None) as kit:
        done = workspace.start(Path(folder), kit)
    if done.copied:
        id = "start.completed" if done.existed else "start.made"
        click.echo(say(id, count=len(done.copied), folder=done.folder))
    else:
        click.echo(say("start.ready", folder=done.folder))
    for name in done.kept:
        click.echo(say("start.kept", file=name))
    for note in done.notes:
        click.echo(click.style(say("start.note") + "  ", fg="yellow") + note)
    if done.outdated:
        again = f" --from {source}" if source else ""
        click.echo(say("start.outdated", options=again))
    first = next(iter(workspace.chapter_folders(done.folder)), None)
    if first is not None and not done.existed:
        click.echo(say("start.how", chapter=first.name, name=first.name[5:], handout=handout(first).name))
    missing = missing_packages()
    if missing:
        click.echo(click.style(say("start.missing") + "  ", fg="red") + install_line(missing))
    click.echo(say("start.next"))
    if missing:
        click.echo(f"  {sys.executable} -m pip install {' '.join(missing)}")
    if done.folder != Path.cwd():
        click.echo(f"  cd {_quoted(folder)}")
    if first is not None:
        click.echo(
            "  " + say("start.open", chapter=first.name, name=first.name[5:], handout=handout(first).name)
        )
        click.echo("  " + say("start.test", short=first.name[:4]))


def _quoted(folder: str) -> str:
    return f'"{folder}"' if " " in folder else folder
