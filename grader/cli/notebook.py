"""`kata notebook`: from `.py` to notebook and back."""

from __future__ import annotations

import click

from grader.cli.complete import chapters_here
from grader.texts import say


@click.command()
@click.argument("chapter", metavar="CHAPTER", shell_complete=chapters_here)
@click.option(
    "--to",
    type=click.Choice(["ipynb", "py"]),
    help="Where your code should go. Default: to the one of the two that holds nothing of yours.",
)
def notebook(chapter: str, to: str | None) -> None:
    """Carry what you wrote in a chapter from the .py file into its notebook, or back.

    Both are tested and graded alike; work in one of them. Nothing is lost: the old text of every file that
    changes is kept, and its place is printed. Your own texts and trials in a notebook become comments of the .py
    file, and cells again on the way back.

    \b
    Examples:
      kata notebook ch04             to the other one
      kata notebook ch04 --to py     take what is in the notebook
    """
    from grader.notebook_switch import switch
    from grader.workspace import find_workspace

    done = switch(find_workspace(), chapter, to)
    if not done.changed:
        click.echo(say("notebook.nothing", source=done.source, target=done.target))
        return
    click.echo(say("notebook.moved", target=done.target, source=done.source))
    for name, copy in done.kept.items():
        click.echo(say("notebook.old-text", file=name, place=copy))
    for note in done.notes:
        click.echo(say("notebook.note", note=note))
