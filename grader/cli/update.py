"""`kata update`: corrected chapters reach a workspace without touching the student's code."""

from __future__ import annotations

import click

from grader.texts import say


@click.command()
@click.option(
    "--from",
    "source",
    metavar="DIR_OR_ZIP",
    help="A kit from your instructor. Default: the installed exercises.",
)
def update(source: str | None) -> None:
    """Bring corrected chapters into your workspace. What you wrote is never overwritten.

    Handouts, tests and data follow the release. A stub you have not touched is renewed. Where you have
    written code and the stub changed, the new stub is put beside your file (losses.new.py) and you are told
    what differs.

    \b
    Examples:
      pip install --upgrade nnkata && kata update
      kata update --from week3.zip
    """
    from pathlib import Path

    from grader import workspace

    folder = workspace.find_workspace()
    with workspace.opened_kit(Path(source).expanduser() if source else None) as kit:
        done = workspace.update(folder, kit)
    for id, names in (
        ("update.new", done.added),
        ("update.restored", done.restored),
        ("update.renewed", done.replaced),
        ("update.removed", done.removed),
        ("update.left", done.left),
    ):
        for name in names:
            click.echo(say(id, file=name))
    for name, backup in done.overruled.items():
        click.echo(say("update.overruled", file=name, place=backup))
    for name, (beside, changes) in done.beside.items():
        click.echo(say("update.beside", file=name, place=beside))
        for change in changes:
            click.echo("    " + say("update.change", change=change))
    before, after = done.version
    versions = (
        say("update.version", after=after)
        if before == after
        else say("update.versions", before=before, after=after)
    )
    changed = len(done.added + done.restored + done.replaced + done.removed) + len(done.overruled)
    if changed or done.beside:
        kept = len(done.beside) + len(done.kept)
        sum_id = "update.changed-file" if changed == 1 else "update.changed-files"
        click.echo(say(sum_id, versions=versions, count=changed, kept=kept))
    else:
        click.echo(say("update.nothing", versions=versions))
