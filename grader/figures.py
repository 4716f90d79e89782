"""The figures of a chapter: drawn by `exercises/chNN_x/figures.py` from a module of functions.

The handout shows them made from the reference: `python -m grader.figures [CHAPTER]...` writes
`exercises/chNN_x/figures/<name>.svg`. matplotlib is needed (`pip install 'nnkata[plots]'`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.course import Chapter, find_course
from grader.errors import UsageError
from grader.feedback import explain
from grader.local import load_chapter
from grader.mistakes import reference_sources
from grader.sandbox.inside.servant import Servant
from grader.texts import say


def figure_functions(path: Path) -> dict[str, Callable[[Any], Any]]:
    """name -> function for every `figure_<name>` of a figures.py, in the order of the file.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise UsageError(say("plot.no-matplotlib")) from None
    space: dict[str, Any] = {"__name__": f"{path.parent.name}.figures", "__file__": str(path)}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), space)
    return {n.removeprefix("figure_"): f for n, f in space.items() if n.startswith("figure_") and callable(f)}


def draw(module: Any, path: Path, folder: Path, formats: tuple[str, ...] = ("svg",)) -> list[Path]:
    """Draw every figure of `path` from the functions of `module` into `folder`; returns the files written.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    return [
        p
        for name, function in figure_functions(path).items()
        for p in _save(function(module), name, folder, formats)
    ]


def draw_student(
    root: Path,
    chapter: str,
    folder: Path,
    formats: tuple[str, ...],
    look: Callable[[str, Any], None] | None = None,
) -> tuple[list[Path], list[tuple[str, str]]]:
    """Draw a chapter's figures from the student's own file under `root`.

    look : is called with the name and each figure that was drawn.

    Returns
    -------
    (files written, figures left out with the reason)

    Raises
    ------
    UsageError
        If the student's file does not load, the chapter has no figures, or matplotlib is not installed.
    """
    path = root / chapter / "figures.py"
    if not path.is_file():
        raise UsageError(say("plot.no-figures", chapter=chapter))
    loaded = load_chapter(root, chapter)
    file = f"{chapter}/{chapter[5:]}.py"
    if loaded.problems:
        told = explain(loaded.problems[0], file, chapter)
        raise UsageError(say("plot.broken", message=told.message, short=chapter[:4]))
    module = loaded.module
    written: list[Path] = []
    left_out: list[tuple[str, str]] = []
    for name, function in figure_functions(path).items():
        try:
            figure = function(module)
        except NotImplementedError as error:
            left_out.append((name, str(error)))
        except Exception as error:  # the student's function gave something that cannot be drawn
            left_out.append(
                (name, say("plot.raised", type=type(error).__name__, error=error, short=chapter[:4]))
            )
        else:
            written += _save(figure, name, folder, formats)
            if look is not None:
                look(name, figure)
    return written, left_out


def _save(figure: Any, name: str, folder: Path, formats: tuple[str, ...]) -> list[Path]:
    import matplotlib

    matplotlib.rcParams["svg.hashsalt"] = "nnkata"  # the same bytes each time
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind in formats:
        target = folder / f"{name}.{kind}"
        metadata = {"Date": None} if kind == "svg" else None
        figure.savefig(target, format=kind, metadata=metadata, dpi=120, bbox_inches="tight")
        written.append(target)
    return written


def draw_reference(
    chapter: Chapter, formats: tuple[str, ...] = ("svg",), folder: Path | None = None
) -> list[Path]:
    """Draw a chapter's figures from its reference, by default into the exercise folder."""
    sources, names = reference_sources(chapter)
    servant = Servant()
    servant.load(sources, names, f"{chapter.name}.{chapter.module}", tolerant=False)
    target = folder or chapter.figures_path.with_name("figures")
    try:
        return draw(servant.module, chapter.figures_path, target, formats)
    finally:
        servant.unload()


def main(names: list[str]) -> None:
    course = find_course()
    chosen = [course.chapter(n) for n in names] or [c for c in course.chapters if c.figures_path.is_file()]
    for chapter in chosen:
        for path in draw_reference(chapter):
            print(path.relative_to(course.root))


if __name__ == "__main__":
    main(sys.argv[1:])
