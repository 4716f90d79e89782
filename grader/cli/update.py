"""`kata update`: corrected chapters reach a workspace without touching the student's code."""

from __future__ import annotations

import click


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
    for label, names in (
        ("new", done.added),
        ("restored", done.restored),
        ("renewed", done.replaced),
        ("removed", done.removed),
        ("no longer part of the kit, left", done.left),
    ):
        for name in names:
            click.echo(f"{label}  {name}")
    for name, backup in done.overruled.items():
        click.echo(f"renewed  {name}  (it is not a file to change; your version: {backup})")
    for name, (beside, changes) in done.beside.items():
        click.echo(f"kept yours  {name}  (the new stub is {beside})")
        for change in changes:
            click.echo(f"    changed  {change}")
    before, after = done.version
    versions = f"nnkata {after}" if before == after else f"nnkata {before} -> {after}"
    changed = len(done.added + done.restored + done.replaced + done.removed) + len(done.overruled)
    if changed or done.beside:
        kept = len(done.beside) + len(done.kept)
        click.echo(f"{versions}: {changed} file{'s' * (changed != 1)} changed, {kept} with your work kept.")
    else:
        click.echo(f"{versions}: everything is up to date.")
