"""What the first cell of a notebook brings: earlier chapters and the visible tests, for the functions in its cells.

    from grader.notebook import checks_of

    check = checks_of("ch04_losses")
    check("softmax")      # the visible tests of softmax, against the function as it was run last
    check()               # those of the whole chapter

The tests are those of `kata test`, in the same words; only the module under test is another: the notebook itself.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import re
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from grader.course import CHAPTER_NAME
from grader.errors import UsageError
from grader.local import Loaded
from grader.notebook_build import pieces
from grader.notebook_switch import current_source
from grader.practice import Exercise, practise
from grader.sandbox.inside.servant import Servant
from grader.student import LocalChannel, Student
from grader.texts import say

MISSING = re.compile(r"name '(\w+)' is not defined")  # in the text of a NameError


class Told:
    """What a check found; a notebook shows it below the cell."""

    def __init__(self, text: str, passed: bool):
        self.text = text
        self.passed = passed

    def __repr__(self) -> str:
        return self.text


def checks_of(chapter: str, start: Path | None = None) -> Callable[..., Told]:
    """Make earlier chapters importable and return `check` for a chapter.

    Parameters
    ----------
    chapter : `ch04_losses`.
    start : where to look for its folder: here, below or above. Default: the folder of the notebook.

    Returns
    -------
    callable
        `check(name)` runs the visible tests of one function or class, `check()` those of the chapter.

    Raises
    ------
    UsageError
        If the chapter's folder is not found.
    """
    folder = _folder_of(chapter, start or Path.cwd())
    root = folder.parent
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    sys.meta_path[:] = [f for f in sys.meta_path if not isinstance(f, _Chapters)]
    sys.meta_path.insert(0, _Chapters(root, chapter))
    space = sys._getframe(1).f_globals
    # Given functions look for data files beside the chapter's file, which a notebook does not have.
    space.setdefault("__file__", str(folder / f"{chapter[5:]}.py"))

    def check(name: str | None = None) -> Told:
        """Run the visible tests of one function or class, or of the whole chapter."""
        wanted = name if name is None or isinstance(name, str) else getattr(name, "__name__", str(name))
        found = practise(root, wanted, within=chapter, plugins=[_Subject(folder, space)])
        lines = [*found.errors]
        later = _definitions(folder) - set(space)
        for exercise in found.exercises:
            lines += _in_words(exercise, later)
        if wanted is None:
            done = sum(e.done for e in found.exercises)
            lines.append(say("notebook.done", chapter=chapter, done=done, total=len(found.exercises)))
        return Told("\n".join(lines), found.all_done)

    return check


def _folder_of(chapter: str, start: Path) -> Path:
    here = start.resolve()
    for folder in (here, *here.parents):
        for found in (folder, folder / chapter):
            if found.name == chapter and (found / f"test_{chapter[5:]}.py").is_file():
                return found
    raise UsageError(say("notebook.no-folder", chapter=chapter, here=here))


def _definitions(folder: Path) -> set[str]:
    """Functions and classes of the chapter's file, given or to be written."""
    try:
        source = (folder / f"{folder.name[5:]}.py").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    return {piece.name for piece in pieces(source) if piece.defines and piece.name}


def _in_words(exercise: Exercise, later: set[str]) -> list[str]:
    """What a student reads of one exercise. `later`: definitions of the chapter that were not run yet."""
    count = len(exercise.checks)
    if exercise.done:
        return [say("notebook.pass" if count == 1 else "notebook.pass-all", name=exercise.name, count=count)]
    if exercise.unwritten:
        return [say("notebook.unwritten", name=exercise.name)]
    if exercise.name in later:
        return [say("notebook.not-run", name=exercise.name)]
    first = exercise.first_failure
    assert first is not None
    missing = {first.lacks, *MISSING.findall(first.detail)} & later
    if missing:
        return [say("notebook.waits", name=exercise.name, other=missing.pop())]
    passed = sum(c.passed for c in exercise.checks)
    counts = say("notebook.checks", name=exercise.name, passed=passed, total=count)
    lines = [counts, f"  {first.title}", f"    {first.message}"]
    lines += [f"      {line}" for line in first.detail.splitlines()]
    if first.printed.strip():
        lines += [
            "    " + say("notebook.printed"),
            *(f"      {line}" for line in first.printed.strip().splitlines()[:10]),
        ]
    if exercise.recognised:
        lines += ["    " + say("results.known-mistake"), f"      {exercise.recognised}"]
    return lines


class _Subject:
    """A pytest plugin: the module under test is the notebook, not the file beside it."""

    def __init__(self, folder: Path, space: dict[str, Any]):
        servant = Servant(propagate=(KeyboardInterrupt,))
        servant.module = types.ModuleType(f"{folder.name}.{folder.name[5:]}")
        servant.module.__dict__.update(space)
        servant.files = dict.fromkeys(_files_of(space), "own")
        path = folder / f"{folder.name[5:]}.ipynb"
        self.key = (folder.parent, folder.name, None)
        self.loaded = Loaded(Student(LocalChannel(servant)), path, [], servant.module)

    def pytest_collection_modifyitems(self) -> None:
        from grader import pytest_plugin

        pytest_plugin._loaded[self.key] = self.loaded


def _files_of(space: dict[str, Any]) -> Iterator[str]:
    """The names under which the cells with functions were compiled."""
    for value in list(space.values()):
        for part in [value, *(vars(value).values() if isinstance(value, type) else ())]:
            code = getattr(part, "__code__", None)
            if isinstance(code, types.CodeType) and getattr(part, "__globals__", None) is space:
                yield code.co_filename


class _Chapters(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports an earlier chapter from its notebook, if that is where the student wrote it."""

    def __init__(self, root: Path, chapter: str):
        self.root = root
        self.chapter = chapter

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        folder, _, module = name.partition(".")
        match = CHAPTER_NAME.fullmatch(folder)
        if match is None or module != match[2] or folder == self.chapter:
            return None
        file = self.root / folder / f"{module}.py"
        if current_source(self.root, folder, file)[1] == file:
            return None
        return importlib.util.spec_from_loader(name, self, origin=str(file.with_suffix(".ipynb")))

    def get_source(self, fullname: str) -> str:
        folder, _, module = fullname.partition(".")
        return current_source(self.root, folder, self.root / folder / f"{module}.py")[0]

    def exec_module(self, module: types.ModuleType) -> None:
        assert module.__spec__ is not None and module.__spec__.origin is not None
        module.__file__ = str(Path(module.__spec__.origin).with_suffix(".py"))
        code = compile(self.get_source(module.__name__), module.__spec__.origin, "exec", dont_inherit=True)
        exec(code, module.__dict__)
