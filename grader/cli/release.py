"""`kata release`: the student kit."""

from __future__ import annotations

import click


@click.command()
@click.option(
    "--out",
    metavar="DIR_OR_ZIP",
    default="nnkata-kit.zip",
    show_default=True,
    help="A new folder, or a file that ends in .zip.",
)
@click.option(
    "--chapter", "chapters", metavar="CHAPTER", multiple=True, help="Only this chapter (repeatable)."
)
@click.option(
    "--course", metavar="DIR", help="Root of the course. Default: the nearest parent with tests/hidden."
)
def release(out: str, chapters: tuple[str, ...], course: str | None) -> None:
    """Write the student kit: exercises and nothing else.

    Earlier chapters that a chapter needs come along as stubs. The kit is searched for solutions, hidden
    suites and mistakes before it is written. Students unpack it, or run: kata start --from KIT

    \b
    Examples:
      kata release
      kata release --chapter ch04 --chapter ch05 --out week3.zip
    """
    from pathlib import Path

    from grader.course import find_course
    from grader.release import release as write

    found = find_course(course)
    chosen = [found.chapter(name) for name in chapters] if chapters else None
    done = write(found, Path(out).expanduser(), chosen)
    click.echo(
        f"Wrote {done.path}: {len(done.files)} files, chapters {', '.join(n[:4] for n in done.chapters)}."
    )
    click.echo(f"For students: unpack it, or run: kata start --from {done.path.name}")
