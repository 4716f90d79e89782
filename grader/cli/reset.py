"""`kata reset`: back to the stub, with the old text kept."""

from __future__ import annotations

import click

from grader.cli.complete import chapters_and_functions
from grader.texts import say


@click.command()
@click.argument("what", metavar="FUNCTION|CHAPTER", shell_complete=chapters_and_functions)
def reset(what: str) -> None:
    """Put one function, class or chapter back to its stub. Your old file is kept, and its place is printed.

    \b
    Examples:
      kata reset softmax             one function, the rest of the file stays
      kata reset Linear.forward      one method
      kata reset ch04                the whole file of a chapter
      kata reset ch04.softmax        where two chapters have a function of that name
    """
    from grader import workspace

    for done in workspace.reset(workspace.find_workspace(), what):
        if not done.changed:
            click.echo(say("reset.unchanged", what=what, file=done.file))
            continue
        click.echo(say("reset.done", what=what, file=done.file))
        if done.backup is not None:
            click.echo(say("reset.old-text", place=done.backup))
