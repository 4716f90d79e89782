"""`kata plot`: a chapter's figures, drawn from your own functions."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from grader.cli.complete import chapters_here
from grader.texts import say

SECONDS = 120  # that drawing may take where nobody could stop it


@click.command(
    epilog="""\b
Examples:
  kata plot                  the chapter whose folder you are in, or worked on last
  kata plot ch03             pictures, opened where there is a display
  kata plot ch03 --text      drawn with characters, here in the terminal
  kata plot losses --format svg --out pictures --no-open

Needs matplotlib: python -m pip install 'nnkata[plots]'"""
)
@click.argument("chapter", required=False, metavar="[CHAPTER]", shell_complete=chapters_here)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where the pictures go. Default: plots/CHAPTER in your folder.",
)
@click.option(
    "--format",
    "kinds",
    type=click.Choice(["png", "svg"]),
    multiple=True,
    default=["png"],
    show_default=True,
    help="Repeatable.",
)
@click.option(
    "--open/--no-open",
    "opening",
    default=None,
    help="Open the pictures. Default: on a terminal with a display.",
)
@click.option(
    "--text/--no-text",
    "as_text",
    default=None,
    help="Draw with characters as well. Default: on a terminal without a display.",
)
def plot(
    chapter: str | None, out: Path | None, kinds: tuple[str, ...], opening: bool | None, as_text: bool | None
) -> int:
    """Draw the figures of a chapter from your own functions.

    The handout shows the same figures made from the reference. A figure that needs a function you have not
    written yet is left out and named.
    """
    from grader.figures import draw_student
    from grader.practice import chapter_here, chapter_of, practice_root

    root = practice_root()
    name = chapter or chapter_here(root) or _last(root)
    folder = chapter_of(root, name)
    terminal = sys.stdout.isatty()
    if opening is None:
        opening = terminal and as_text is None and has_display()
    if as_text is None:
        as_text = terminal and not opening and not has_display()
    texts: list[str] = []
    look = _collect(texts) if as_text else None
    target = out or root / "plots" / folder.name[:4]
    written, left_out = draw_student(root, folder.name, target, kinds, look)
    for text in texts:
        click.echo(text)
    for path in written:
        click.echo(str(path))
    for figure, why in left_out:
        click.echo(click.style(say("plot.left-out") + "  ", fg="yellow") + f"{figure}: {why}")
    if opening:
        for path in written:
            if path.suffix == f".{kinds[0]}":
                open_file(path)
    return 1 if left_out else 0


def _last(root: Path) -> str:
    from grader.errors import UsageError
    from grader.progress import Progress

    last = Progress(root).last
    if last is None:
        raise UsageError(say("plot.name-a-chapter"))
    return last


def _collect(texts: list[str]) -> Callable[[str, Any], None]:
    from grader.text_plot import as_lines

    def look(name: str, figure: Any) -> None:
        import shutil

        width = min(100, shutil.get_terminal_size().columns)
        texts.append("\n".join(as_lines(name, figure, width)))

    return look


def has_display() -> bool:
    """Whether a picture can be shown here."""
    if sys.platform in ("win32", "darwin"):
        return not os.environ.get("SSH_CONNECTION")
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_file(path: Path) -> None:
    """Show a picture with the program that this desktop has for it; nothing happens where there is none."""
    if sys.platform == "win32":
        os.startfile(path)
        return
    program = "open" if sys.platform == "darwin" else "xdg-open"
    nothing = subprocess.DEVNULL
    try:
        subprocess.Popen(
            [program, str(path)], stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
        )
    except OSError:
        click.echo(say("plot.no-program", program=program), err=True)


def plot_apart(root: Path, chapter: str, width: int) -> list[str]:
    """What `kata plot` says about a chapter, from a process of its own; for `kata watch`."""
    from grader.practice_runs import end_process, start_child

    way = ["--open"] if has_display() else ["--text"]
    code = "import sys; from grader.cli import main; sys.argv[0] = 'kata'; main()"
    folder = str(root / chapter)
    arguments = ["-c", f"import os; os.chdir({folder!r}); os.environ['COLUMNS'] = '{width}'; {code}"]
    process = start_child([*arguments, "plot", chapter, *way], subprocess.STDOUT)
    try:
        data, _ = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return [say("plot.too-long", chapter=chapter, seconds=SECONDS, short=chapter[:4])]
    finally:
        end_process(process, wait=0)
        assert process.stdout is not None
        process.stdout.close()
    return [line.rstrip() for line in data.decode("utf-8", "replace").splitlines()]
