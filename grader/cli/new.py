"""`kata new`: scaffold of a chapter."""

from __future__ import annotations

import click


@click.command()
@click.argument("name", metavar="chNN_NAME")
@click.option(
    "--course", metavar="DIR", help="Root of the course. Default: the nearest parent with tests/hidden."
)
def new(name: str, course: str | None) -> None:
    """Write every file of a new chapter, with one small exercise that works, to be replaced by yours.

    \b
    Example:
      kata new ch15_attention
    """
    from grader.course import find_course
    from grader.scaffold import new_chapter

    for path in new_chapter(find_course(course), name):
        click.echo(f"wrote  {path.as_posix()}")
    click.echo("Next:")
    click.echo(f"  kata build {name[:4]}                        the stub")
    click.echo(f"  python -m grader.figures {name[:4]}          the figures of the handout")
    click.echo(f"  pytest tests/hidden/{name}    the hidden suite against the reference")
    click.echo("How a chapter is written: grader/AUTHORS.md")
