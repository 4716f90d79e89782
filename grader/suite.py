"""Hidden suites: collected once by pytest, then run for one student after the other.

pytest finds the tests, rewrites their asserts and resolves fixtures and parameters. The order, the points and
the verdicts are ours, and so is the fixture `student`.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from _pytest.tmpdir import tmppath_result_key

from grader.course import Chapter, Course
from grader.errors import AuthorError
from grader.marks import Mark, mark_of, title_of
from grader.seeds import DEFAULT_SECRET, course_secret, seed_of
from grader.student import Student
from grader.version import suite_hash

INI = Path(__file__).with_name("suite.ini")


@dataclass
class SuiteTest:
    """One hidden test, or one case of a parametrised test."""

    id: str
    title: str
    mark: Mark
    needs: tuple[str, ...]  # ids
    item: Any = field(repr=False)  # pytest.Function
    plain: bool = field(init=False, repr=False)  # can be called as it is

    def __post_init__(self) -> None:
        self.plain = _is_plain(self.item)


@dataclass
class Suite:
    """The hidden suite of one chapter, in the order in which it is run."""

    chapter: Chapter
    tests: list[SuiteTest]
    runner: Runner = field(repr=False)
    secret: str = field(repr=False)

    @cached_property
    def sha256(self) -> str:
        """Hash of everything in the suite's folder, the secret included."""
        return suite_hash(self.chapter, self.secret)

    def part(self, ids: Iterable[str]) -> Suite:
        """The same suite with these tests and those that they need only."""
        wanted = set(ids)
        for test in reversed(self.tests):  # needed tests stand before
            if test.id in wanted:
                wanted |= set(test.needs)
        return replace(self, tests=[t for t in self.tests if t.id in wanted])

    def run(self, test: SuiteTest, student: Student) -> tuple[BaseException | None, float]:
        """Run one test against a student: (what it raised or None, seconds)."""
        return self.runner.run(test, student, seed_of(self.secret, self.chapter.name, test.id))


class Runner:
    """A pytest session that stays open: items are run again and again with another student."""

    def __init__(self) -> None:
        self._student: Student | None = None
        self._seed = 0
        self.session: pytest.Session | None = None
        self._config: pytest.Config | None = None
        self.errors: list[str] = []
        self._aside: dict[str, ModuleType] = {}

    # the plugin that pytest sees -------------------------------------------------------------------------

    @pytest.fixture
    def student(self) -> Student:
        """The student under test."""
        assert self._student is not None
        return self._student

    @pytest.fixture
    def rng(self) -> np.random.Generator:
        """Random inputs of this test, the same for every student."""
        return np.random.default_rng(self._seed)

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.errors.append(str(report.longrepr))

    # life ------------------------------------------------------------------------------------------------

    def open(self, course: Course, folders: Sequence[Path]) -> list[Any]:
        """Collect the tests in these folders; returns pytest's items.

        Raises
        ------
        AuthorError
            If a file does not import.
        """
        arguments = ["-c", str(INI), "--rootdir", str(course.root), "--confcutdir", str(course.hidden)]
        arguments += [
            "--import-mode=importlib",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:terminal",
            "-p",
            "no:capture",
        ]
        arguments += ["-p", "no:logging", "-p", "no:faulthandler", "-p", "no:junitxml", "-p", "no:pastebin"]
        from _pytest.config import _prepareconfig

        # pytest gives a file that is known by its module name back as it was, though it be another course's.
        self._aside = {name: sys.modules.pop(name) for name in _suite_modules()}
        before = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # what else is installed must not touch grading
        try:
            self._config = _prepareconfig([*arguments, *map(str, folders)], plugins=[self])
            self.session = pytest.Session.from_config(self._config)
            self._config._do_configure()
            self._config.hook.pytest_sessionstart(session=self.session)
            try:
                items = self.session.perform_collect()
            except pytest.UsageError as error:
                raise AuthorError(f"{course.hidden}: {error}") from None
        finally:
            if before is None:
                del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
            else:
                os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = before
        if self.errors:
            raise AuthorError(f"A hidden suite does not import:\n{self.errors[0]}")
        return list(items)

    def close(self) -> None:
        if self._config is not None:
            if self.session is not None:
                self._config.hook.pytest_sessionfinish(session=self.session, exitstatus=0)
            self._config._ensure_unconfigure()
            self._config = None
        for name in _suite_modules():
            del sys.modules[name]
        sys.modules.update(self._aside)
        self._aside = {}

    def run(self, test: SuiteTest, student: Student, seed: int) -> tuple[BaseException | None, float]:
        self._student, self._seed = student, seed
        assert self.session is not None
        if test.plain:
            return self._call(test.item, student, seed)
        state = self.session._setupstate
        item = test.item
        started = time.perf_counter()
        raised: BaseException | None = None
        with np.errstate(all="ignore"):
            try:
                item._initrequest()  # fixtures afresh
                item.stash[tmppath_result_key] = {}  # pytest's own report hook would, for tmp_path
                state.setup(item)
                item.runtest()
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:
                raised = error
            finally:
                seconds = time.perf_counter() - started
                try:
                    state.teardown_exact(None)
                except Exception as error:
                    raised = raised or error
                self._student = None
        return raised, seconds

    def _call(self, item: Any, student: Student, seed: int) -> tuple[BaseException | None, float]:
        """Run a test without pytest's setup and teardown, which take longer than most tests."""
        arguments = dict(item.callspec.params) if hasattr(item, "callspec") else {}
        for name in item._fixtureinfo.argnames:
            if name == "student":
                arguments[name] = student
            elif name == "rng":
                arguments[name] = np.random.default_rng(seed)
        raised: BaseException | None = None
        started = time.perf_counter()
        with np.errstate(all="ignore"):
            try:
                item.obj(**arguments)
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:
                raised = error
        return raised, time.perf_counter() - started


def _is_plain(item: Any) -> bool:
    """True if a test needs nothing of pytest but its arguments: our own fixtures and direct parameters."""
    direct = set(item.callspec.params) if hasattr(item, "callspec") else set()
    definitions = item._fixtureinfo.name2fixturedefs
    if any(
        d.func.__name__ != "get_direct_param_fixture_func" for n in direct for d in definitions.get(n, ())
    ):
        return False  # a fixture of the suite's own makes something of the parameter
    given = set(item._fixtureinfo.argnames) <= {"student", "rng"} | direct
    return given and set(item.fixturenames) <= {"student", "rng"} | direct and item.cls is None


def _suite_modules() -> list[str]:
    """Names under which pytest imported suites."""
    return [name for name in sys.modules if name.startswith(("tests.hidden.", "exercises.ch"))]


@contextlib.contextmanager
def open_suites(course: Course, chapters: Iterable[Chapter]) -> Iterator[dict[str, Suite]]:
    """Collect the suites of some chapters: {chapter name: Suite}. They can be run while the context is open.

    Raises
    ------
    AuthorError
        If a suite breaks a rule: a test without points or title, an unknown exercise or need, an id twice, an
        exercise without a test.
    """
    chosen = list(chapters)
    runner = Runner()
    try:
        items = runner.open(course, [c.hidden_folder for c in chosen])
        secret = course_secret(course.root)
        yield {
            c.name: Suite(
                c, _tests(c, [i for i in items if i.path.parent == c.hidden_folder]), runner, secret
            )
            for c in chosen
        }
    finally:
        runner.close()


@contextlib.contextmanager
def visible_suite(chapter: Chapter) -> Iterator[Suite]:
    """The visible tests of a chapter, to be run while the context is open. Tests without an exercise are left out."""
    runner = Runner()
    try:
        tests = []
        for item in runner.open(chapter.course, [chapter.visible_path]):
            mark = mark_of(getattr(item, "function", None))
            if mark is not None:
                tests.append(SuiteTest(item.name, title_of(item.function), mark, (), item))
        yield Suite(chapter, tests, runner, DEFAULT_SECRET)  # a workspace knows no other
    finally:
        runner.close()


def _tests(chapter: Chapter, items: list[Any]) -> list[SuiteTest]:
    exercises = chapter.exercises
    tests: dict[str, SuiteTest] = {}
    by_function: dict[tuple[Path, str], list[str]] = {}
    for item in items:
        where = f"{item.path}::{item.name}"
        mark = mark_of(getattr(item, "function", None))
        if mark is None or not mark.points:
            raise AuthorError(f"{where} has no points. Mark it: @points(1, of=...).")
        if mark.of not in exercises:
            raise AuthorError(f"{where} belongs to {mark.of!r}, which is no exercise of {chapter.name}.")
        if item.name in tests:
            raise AuthorError(f"{where}: there is another test of this name in the chapter. Rename one.")
        by_function.setdefault((item.path, item.originalname), []).append(item.name)
        tests[item.name] = SuiteTest(item.name, title_of(item.function), mark, (), item)
    for test in tests.values():
        needed: list[str] = []
        for name in test.mark.needs:
            ids = by_function.get((test.item.path, name))
            if not ids or test.id in ids:
                raise AuthorError(
                    f"{test.item.path}::{test.id} needs {name!r}, which is not a test of that file."
                )
            needed += ids
        test.needs = tuple(needed)
    without = [e for e in exercises if not any(t.mark.of == e for t in tests.values())]
    if without:
        raise AuthorError(f"{chapter.hidden_folder}: no test for {', '.join(without)}.")
    return _in_order(tests, chapter)


def _in_order(tests: dict[str, SuiteTest], chapter: Chapter) -> list[SuiteTest]:
    """Needed tests first, otherwise the order of the files."""
    done: dict[str, SuiteTest] = {}
    path: list[str] = []

    def visit(test: SuiteTest) -> None:
        if test.id in done:
            return
        if test.id in path:
            raise AuthorError(
                f"{chapter.hidden_folder}: tests need each other in a circle: {' -> '.join(path)}."
            )
        path.append(test.id)
        for name in test.needs:
            visit(tests[name])
        path.pop()
        done[test.id] = test

    for test in tests.values():
        visit(test)
    return list(done.values())
