"""`kata next`: the next thing to do."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.complete import chapters_here
from grader.texts import say

if TYPE_CHECKING:
    from grader.practice import Practice

DOC_LINES = 14  # shown of a docstring


@click.command(
    epilog="""\b
Examples:
  kata next        go on where you are
  kata next ch05   the next thing in this chapter"""
)
@click.argument("chapter", required=False, metavar="[CHAPTER]", shell_complete=chapters_here)
def next(chapter: str | None) -> None:
    """Say what to do next, and show what the function has to do."""
    from grader.practice import chapter_here, chapter_of, practice_root

    root = practice_root()
    where = chapter_of(root, chapter).name if chapter else chapter_here(root)
    name, found = where_to_go_on(root, where)
    if found is None:
        click.echo(say("status.all-done"))
        return
    click.echo("\n".join(next_lines(root, name, found)))


def where_to_go_on(root: Path, chapter: str | None) -> tuple[str, Practice | None]:
    """The chapter to go on with and how it stands; (a chapter, None) if everything is done.

    chapter : the one to look at, finished or not. None: the one that was worked on last, else the first with
        something to do.
    """
    from grader.practice import practice_chapters, select
    from grader.progress import Progress, run_and_keep

    progress = Progress(root)
    names = [c.name for c in practice_chapters(root)]
    if chapter is not None:
        order = [chapter]
    else:
        start = names.index(progress.last) if progress.last in names else 0
        order = [*names[start:], *names[:start]]
    for name in order:
        if chapter is None and progress.chapter(name).finished:
            continue
        found = run_and_keep(root, select(root, [name]))
        if chapter is not None or not found.all_done:
            return name, found
    return order[0], None


def next_lines(root: Path, chapter: str, found: Practice) -> Iterator[str]:
    """The next thing to do in a chapter, with the docstring of the function."""
    from grader.cli.results import chapter_lines, clean, failure_lines, heading, next_line

    exercise = found.to_do
    if chapter in found.broken or exercise is None:
        yield from chapter_lines(found, chapter)
        yield next_line(found)
        return
    done = sum(e.done for e in found.of(chapter))
    yield heading(chapter, done, len(found.of(chapter)))
    yield next_line(found)
    yield ""
    if exercise.wrong:
        yield from failure_lines(exercise)
    else:
        signature, lines = docstring_of(root / chapter / f"{chapter[5:]}.py", exercise.name)
        if signature:
            yield click.style(f"  {signature}", bold=True)
        yield from (f"    {clean(line)}".rstrip() for line in lines[:DOC_LINES])
        if len(lines) > DOC_LINES:
            yield "    ..."
    yield ""
    yield f"  kata test {exercise.name}     kata hint {exercise.name}     kata watch {chapter[:4]}"


def docstring_of(path: Path, name: str) -> tuple[str, list[str]]:
    """(signature, lines of the docstring) of a function or class in a file; nothing if it cannot be read."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8-sig", errors="replace"))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return "", []
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name == name:
            arguments = "" if isinstance(node, ast.ClassDef) else f"({ast.unparse(node.args)})"
            return f"{name}{arguments}", inspect.cleandoc(ast.get_docstring(node) or "").splitlines()
    return "", []
