"""Running visible tests in a workspace and gathering what a student needs to know.

The tests are run by pytest with the kit's plugin, so `kata test` and plain `pytest` say the same.
"""

from __future__ import annotations

import difflib
import io
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest
from _pytest._io import TerminalWriter

from grader.course import chapter_folders
from grader.errors import GraderFailure, UsageError
from grader.marks import mark_of, title_of


@dataclass
class Check:
    """One visible test that was run."""

    title: str
    passed: bool
    verdict: str = "passed"
    message: str = ""
    detail: str = ""
    place: str = ""
    printed: str = ""
    where: str = ""  # test file and line


@dataclass
class Exercise:
    """One function or class to write, with its visible tests."""

    name: str
    chapter: str
    checks: list[Check] = field(default_factory=list)
    recognised: str = ""  # the sentence about a catalogued mistake that behaves exactly like this

    @property
    def done(self) -> bool:
        return bool(self.checks) and all(c.passed for c in self.checks)

    @property
    def unwritten(self) -> bool:
        """Nothing of it is written: every check that failed met the stub."""
        return not self.done and all(c.passed or c.verdict == "unwritten" for c in self.checks)

    @property
    def first_failure(self) -> Check | None:
        return next((c for c in self.checks if not c.passed), None)


@dataclass
class Practice:
    """What a run of visible tests found."""

    root: Path
    exercises: list[Exercise] = field(default_factory=list)
    broken: dict[str, Check] = field(default_factory=dict)  # chapter -> why its file does not load
    errors: list[str] = field(default_factory=list)  # test files that do not import

    @property
    def all_done(self) -> bool:
        return all(e.done for e in self.exercises) and not self.broken and not self.errors


def practice_root(start: Path | None = None) -> Path:
    """The nearest folder at or above `start` that holds chapters with visible tests.

    Raises
    ------
    UsageError
        With the next step, if there is none.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if any(_tests_of(c).is_file() for c in chapter_folders(folder)):
            return folder
    raise UsageError(f"There are no exercises in {here} or above it. Get them with: kata start")


def _tests_of(chapter: Path) -> Path:
    return chapter / f"test_{chapter.name[5:]}.py"


def practise(root: Path, wanted: str | None = None) -> Practice:
    """Run the visible tests of everything, of one chapter or of one function.

    wanted : `ch04_losses`, `ch04`, `4`, `losses` or the name of a function or class.

    Raises
    ------
    UsageError
        If there is no such chapter or function; the nearest names are suggested.
    """
    chapters = [c for c in chapter_folders(root) if _tests_of(c).is_file()]
    chosen = [c for c in chapters if wanted and _is_chapter(c.name, wanted)]
    collector = _Collector(root, None if chosen or not wanted else wanted)
    files = [str(_tests_of(c)) for c in chosen or chapters]
    arguments = ["-c", os.devnull, "--rootdir", str(root), "--import-mode=importlib", "--capture=fd"]
    arguments += ["-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:logging", "-p", "no:faulthandler"]
    arguments += ["-p", "grader.pytest_plugin", "-p", "pytest_timeout"]
    before = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        code = pytest.main([*arguments, *files], plugins=[collector])
    finally:
        if before is None:
            del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        else:
            os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = before
    if code == pytest.ExitCode.INTERRUPTED and not collector.result.errors:
        raise KeyboardInterrupt
    if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
        raise GraderFailure(
            f"pytest could not run the visible tests (exit code {int(code)}). Try plain `pytest` here."
        )
    if collector.wanted and not collector.result.exercises and not collector.result.errors:
        _unknown(wanted or "", [c.name for c in chapters], collector.names)
    return collector.result


def chapter_of(root: Path, wanted: str) -> Path:
    """The folder of the chapter that a person means.

    Raises
    ------
    UsageError
        If there is none; the nearest names are suggested.
    """
    chapters = chapter_folders(root)
    for folder in chapters:
        if _is_chapter(folder.name, wanted):
            return folder
    _unknown(wanted, [c.name for c in chapters], set())


def _is_chapter(name: str, wanted: str) -> bool:
    wanted = wanted.rstrip("/").rsplit("/", 1)[-1].removesuffix(".py").removeprefix("test_")
    return wanted in (name, name[:4], name[5:]) or (wanted.isdigit() and int(wanted) == int(name[2:4]))


def _unknown(wanted: str, chapters: list[str], names: set[str]) -> NoReturn:
    near = difflib.get_close_matches(wanted, [*names, *chapters, *(c[5:] for c in chapters)], 3, 0.5)
    hint = f"Did you mean {', '.join(near)}?" if near else f"Chapters here: {', '.join(chapters)}."
    raise UsageError(f"There is no chapter or function {wanted!r}. {hint}")


class _Silence:
    """Stands in for pytest's terminal reporter, which pytest-timeout writes to before it ends a test."""

    def __init__(self) -> None:
        self._tw = TerminalWriter(io.StringIO())


class _Collector:
    """A pytest plugin that gathers instead of printing."""

    def __init__(self, root: Path, wanted: str | None):
        self.wanted = wanted
        self.names: set[str] = set()
        self.result = Practice(root)
        self._by_name: dict[tuple[str, str], Exercise] = {}
        self._items: dict[str, Any] = {}

    def pytest_configure(self, config: pytest.Config) -> None:
        config.pluginmanager.register(_Silence(), "terminalreporter")

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        for item in items:
            mark = mark_of(getattr(item, "function", None))
            self.names.add(mark.of if mark else item.name)
        if self.wanted:
            items[:] = [i for i in items if _exercise_name(i) == self.wanted]
        for item in items:
            self._items[item.nodeid] = item

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            text = str(report.longrepr).strip().splitlines()
            self.result.errors.append(f"{report.nodeid}: {text[-1] if text else 'does not import'}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and not report.failed:
            return
        item = self._items[report.nodeid]
        chapter = item.path.parent.name
        name = _exercise_name(item)
        exercise = self._by_name.get((chapter, name))
        if exercise is None:
            exercise = self._by_name[chapter, name] = Exercise(name, chapter)
            self.result.exercises.append(exercise)
        properties: dict[str, Any] = dict(report.user_properties)
        told = properties.get("nnkata", {})
        exercise.recognised = properties.get("nnkata-recognised", exercise.recognised)
        check = Check(title_of(item.function), report.passed)
        if not report.passed:
            check.verdict = told.get("verdict", "failed")
            check.message = told.get("message", "") or "This does not hold."
            check.detail = told.get("detail", "") or ("" if told else str(report.longrepr))
            check.place = told.get("place", "")
            check.printed = report.capstdout
            check.where = f"{item.path.name}, line {item.location[1] + 1}"
            self._note_broken_file(item, chapter)
        exercise.checks.append(check)

    def _note_broken_file(self, item: Any, chapter: str) -> None:
        from grader.feedback import explain
        from grader.pytest_plugin import subject_of

        if chapter in self.result.broken:
            return
        subject = subject_of(item.path, item.config.getoption("--against"))
        if subject.problems:
            file = f"{chapter}/{subject.path.name}"
            told = explain(subject.problems[0], file, file)
            self.result.broken[chapter] = Check(
                file, False, told.verdict, told.message, told.detail, told.place or ""
            )


def _exercise_name(item: Any) -> str:
    mark = mark_of(getattr(item, "function", None))
    return mark.of if mark else item.name
