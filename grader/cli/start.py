"""`kata start`: a workspace of one's own."""

from __future__ import annotations

import click


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
        word = "Completed" if done.existed else "Made your workspace"
        click.echo(f"{word}: {len(done.copied)} files copied to {done.folder}.")
    else:
        click.echo(f"{done.folder} was ready already; nothing was copied.")
    for name in done.kept:
        click.echo(f"kept yours  {name}")
    for note in done.notes:
        click.echo(click.style("note  ", fg="yellow") + note)
    if done.outdated:
        again = f" --from {source}" if source else ""
        click.echo(f"This kit is another release than your folder. Bring it in with: kata update{again}")
    first = next(iter(workspace.chapter_folders(done.folder)), None)
    if first is not None and not done.existed:
        name = first.name[5:]
        click.echo(
            f"Each folder is a chapter, such as {first.name}: read README.md, write the functions in {name}.py\n"
            f"(or {name}.ipynb), and see what is right and what is not with kata test."
        )
    missing = missing_packages()
    if missing:
        click.echo(click.style("missing  ", fg="red") + install_line(missing))
    click.echo("Next:")
    if missing:
        click.echo(f"  {sys.executable} -m pip install {' '.join(missing)}")
    if done.folder != Path.cwd():
        click.echo(f"  cd {_quoted(folder)}")
    if first is not None:
        click.echo(f"  open {first.name}/README.md and {first.name}/{first.name[5:]}.py")
        click.echo(f"  kata test {first.name[:4]}      or: kata watch {first.name[:4]}")


def _quoted(folder: str) -> str:
    return f'"{folder}"' if " " in folder else folder
