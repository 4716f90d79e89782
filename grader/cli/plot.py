"""`kata plot`: a chapter's figures, drawn from your own functions."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(
    epilog="""\b
Examples:
  kata plot ch03
  kata plot losses --format svg --out pictures

Needs matplotlib: python -m pip install 'nnkata[plots]'"""
)
@click.argument("chapter", metavar="CHAPTER")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where the pictures go. Default: plots/CHAPTER in your folder.")
@click.option("--format", "kinds", type=click.Choice(["png", "svg"]), multiple=True, default=["png"], show_default=True, help="Repeatable.")
def plot(chapter: str, out: Path | None, kinds: tuple[str, ...]) -> int:
    """Draw the figures of a chapter from your own functions.

    The handout shows the same figures made from the reference. A figure that needs a function you have not
    written yet is left out and named.
    """
    from grader.figures import draw_student
    from grader.practice import chapter_of, practice_root

    root = practice_root()
    folder = chapter_of(root, chapter)
    written, left_out = draw_student(root, folder.name, out or root / "plots" / folder.name[:4], kinds)
    for path in written:
        click.echo(str(path))
    for name, why in left_out:
        click.echo(click.style("left out  ", fg="yellow") + f"{name}: {why}")
    return 1 if left_out else 0
