"""`kata build`: generate every stub from its solution."""

from __future__ import annotations

import click


@click.command()
@click.argument("chapters", metavar="[CHAPTER]...", nargs=-1)
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with 1 if something is out of date or astray."
)
@click.option(
    "--course", metavar="DIR", help="Root of the course. Default: the nearest parent with tests/hidden."
)
@click.pass_context
def build(ctx: click.Context, chapters: tuple[str, ...], check: bool, course: str | None) -> None:
    """Generate what students get from the solutions: the stubs.

    Each region between ### BEGIN SOLUTION and ### END SOLUTION becomes one line that says what is not written
    yet. Nothing is written unless every solution is right.

    \b
    Examples:
      kata build                 all chapters
      kata build ch04            one chapter
      kata build --check         for CI: is everything up to date?
    """
    from grader.course import find_course
    from grader.stubs import build as build_chapters
    from grader.stubs import strays

    found = find_course(course)
    chosen = [found.chapter(name) for name in chapters] if chapters else list(found.chapters)
    changed = build_chapters(found, chosen, check=check)
    for path in changed:
        click.echo(f"{'out of date' if check else 'wrote'}  {path.as_posix()}")
    # A chapter by its name is being worked on; that others are unfinished is not its concern.
    astray = [] if chapters else strays(found)
    for line in astray:
        click.echo(f"stray  {line}", err=not check)
    count = f"{len(chosen)} chapter{'' if len(chosen) == 1 else 's'}"
    if not changed:
        click.echo(f"{count} up to date.")
    elif check:
        click.echo("Run: kata build")
    if check and (changed or astray):
        ctx.exit(1)
