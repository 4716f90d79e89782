"""The pytest side of practice: a plugin that runs visible tests and tells what happens, event by event.

Events are plain dicts, so they cross to another process as JSON:

    collected  exercises: [[chapter, exercise], ...], errors: [text, ...]
    running    test, chapter, exercise, title, where
    loaded     chapter: the student's file is loaded
    check      test, chapter, exercise, check: the fields of `Check`, recognised
    broken     chapter, check: why the student's file does not load
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from _pytest._io import TerminalWriter

from grader.errors import GraderFailure
from grader.marks import mark_of, title_of
from grader.practice import Check, Selection, place_in, stopped_at
from grader.texts import say

Tell = Callable[[dict[str, Any]], None]
HAS_ALARM = os.name == "posix"  # pytest-timeout needs SIGALRM; without it, it ends the whole process

PRINTED = 20_000  # characters kept of what a function printed

# Neither shown nor used here; what is not loaded costs no time.
UNUSED = (
    *("cacheprovider", "terminal", "logging", "faulthandler", "doctest", "junitxml", "pastebin", "stepwise"),
    *(
        "unittest",
        "setuponly",
        "setupplan",
        "legacypath",
        "subtests",
        "threadexception",
        "unraisableexception",
    ),
)


def collect_and_run(
    root: Path,
    selection: Selection,
    tell: Tell,
    plugins: Sequence[object] = (),
    alarm: bool = HAS_ALARM,
    capture: str = "fd",
) -> None:
    """Run the selected visible tests in this process and tell what happens.

    Parameters
    ----------
    tell : is called with each event.
    plugins : further plugins of pytest.
    alarm : end a test that takes too long by a signal, at the student's line.
    capture : of what is printed: `fd`, or `sys` where file descriptor 1 leads nowhere anyway, which is faster.

    Raises
    ------
    GraderFailure
        If pytest itself does not work here.
    """
    collector = Collector(selection, tell)
    arguments = ["-c", os.devnull, "--rootdir", str(root), "--import-mode=importlib", f"--capture={capture}"]
    # Otherwise pytest lists every folder above the workspace and runs the conftest.py files that it finds there.
    arguments.append(f"--confcutdir={root}")
    arguments += [f"-pno:{name}" for name in UNUSED]
    arguments += ["-p", "grader.pytest_plugin", *(["-p", "pytest_timeout"] if alarm else [])]
    before = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    # pytest would take what it finds under the name of a test file, though it be that of another workspace.
    others = {
        name: sys.modules.pop(name) for name in map(_module_name, selection.files) if name in sys.modules
    }
    try:
        code = pytest.main([*arguments, *map(str, selection.files)], plugins=[collector, *plugins])
    finally:
        for name in map(_module_name, selection.files):
            sys.modules.pop(name, None)
        sys.modules.update(others)
        if before is None:
            del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        else:
            os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = before
    if code == pytest.ExitCode.INTERRUPTED and not collector.errors:
        raise KeyboardInterrupt
    if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
        raise GraderFailure(say("practice.pytest-failed", status=int(code)))


class _Silence:
    """Stands in for pytest's terminal reporter, which pytest-timeout writes to before it ends a test."""

    def __init__(self) -> None:
        self._tw = TerminalWriter(io.StringIO())


class Collector:
    """A pytest plugin that tells instead of printing.

    done : ids of tests that are left out, since their results are known.
    dead : (chapter, exercise) that ended the process before; their other tests are not run.
    """

    def __init__(self, selection: Selection, tell: Tell):
        self.selection = selection
        self.tell = tell
        self.done: Collection[str] = ()
        self.dead: set[tuple[str, str]] = set()
        self.errors: list[str] = []
        self._items: dict[str, pytest.Item] = {}
        self._loaded: set[str] = set()  # chapters
        self._broken: set[str] = set()
        self._stopped: dict[str, str] = {}  # test -> where it was when its time was over

    def pytest_configure(self, config: pytest.Config) -> None:
        config.pluginmanager.register(_Silence(), "terminalreporter")

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [i for i in items if self.selection.wants(_chapter(i), _exercise(i))]
        self._items = {item.nodeid: item for item in items}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            text = str(report.longrepr).strip().splitlines()
            self.errors.append(f"{report.nodeid}: {text[-1] if text else say('practice.not-importable')}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run what was collected, also where a test file does not import: the others can be worked on."""
        self.run_all(session.items)
        return True

    def run_all(self, items: Sequence[pytest.Item]) -> None:
        """Run tests one after the other."""
        names = list(dict.fromkeys((_chapter(i), _exercise(i)) for i in items))
        self.tell({"event": "collected", "exercises": [list(n) for n in names], "errors": self.errors})
        todo = [i for i in items if i.nodeid not in self.done]
        for number, item in enumerate(todo):
            self._begin(item)
            if (_chapter(item), _exercise(item)) in self.dead:
                text = say("practice.skipped")
                self._tell_check(
                    item, Check(title_of(_function(item)), False, "skipped", text, where=_where(item))
                )
                continue
            after = todo[number + 1] if number + 1 < len(todo) else None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)

    def _begin(self, item: pytest.Item) -> None:
        event: dict[str, Any] = {"event": "running", "test": item.nodeid, "chapter": _chapter(item)}
        event |= {"exercise": _exercise(item), "title": title_of(_function(item)), "where": _where(item)}
        self.tell(event)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        chapter = _chapter(item)
        if chapter not in self._loaded:
            self._loaded.add(chapter)
            self.tell({"event": "loaded", "chapter": chapter})

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        if call.excinfo is not None and "Timeout" in str(call.excinfo.value)[:20]:
            places = (place_in(entry.path, entry.lineno + 1) for entry in call.excinfo.traceback)
            self._stopped[item.nodeid] = next((p for p in reversed([*places]) if p), "")
        if call.excinfo is not None and type(call.excinfo.value) is not AssertionError:
            # A traceback with sources takes pytest 30 ms, and only that of a plain assert is ever shown.
            item.repr_failure = _brief  # type: ignore[method-assign]
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and not report.failed:
            return
        item = self._items[report.nodeid]
        properties: dict[str, Any] = dict(report.user_properties)
        told = properties.get("nnkata", {})
        check = Check(title_of(_function(item)), report.passed)
        if not report.passed:
            check.verdict = told.get("verdict", "failed")
            check.message = told.get("message", "") or say("practice.does-not-hold")
            check.detail = told.get("detail", "") or ("" if told else str(report.longrepr))
            check.place = told.get("place", "") or self._stopped.get(report.nodeid, "")
            check.short, check.lacks = told.get("short", ""), told.get("lacks", "")
            check.defined = self._definition(item)
            check.printed = report.capstdout[:PRINTED]
            check.where = _where(item)
            if check.verdict == "timeout":
                self.dead.add((_chapter(item), _exercise(item)))
                if check.place and check.place not in check.message + check.detail:
                    check.detail = "\n".join(
                        filter(None, [check.detail, stopped_at(check.place, item.path.parent.parent)])
                    )
            self._tell_broken_file(item)
        self._tell_check(item, check, properties.get("nnkata-recognised", ""))

    @staticmethod
    def _definition(item: pytest.Item) -> str:
        """Where the exercise of a test is defined: "ch04_losses/losses.ipynb, cell 7, line 1"; "" if nowhere."""
        from grader.notebook_read import place
        from grader.pytest_plugin import subject_of

        subject = subject_of(item.path, item.config.getoption("--against"))
        found = re.search(rf"^(?:def|class) {re.escape(_exercise(item))}\b", subject.source, re.MULTILINE)
        if found is None:
            return ""
        line = subject.source.count("\n", 0, found.start()) + 1
        return f"{_chapter(item)}/{subject.path.name}, {place(subject.source, line) or f'line {line}'}"

    def _tell_check(self, item: pytest.Item, check: Check, recognised: str = "") -> None:
        event = {
            "event": "check",
            "test": item.nodeid,
            "chapter": _chapter(item),
            "exercise": _exercise(item),
        }
        self.tell(event | {"check": asdict(check), "recognised": recognised})

    def _tell_broken_file(self, item: pytest.Item) -> None:
        from grader.feedback import explain
        from grader.pytest_plugin import subject_of

        chapter = _chapter(item)
        if chapter in self._broken:
            return
        subject = subject_of(item.path, item.config.getoption("--against"))
        if subject.problems:
            self._broken.add(chapter)
            file = f"{chapter}/{subject.path.name}"
            told = explain(subject.problems[0], file, file, subject.source)
            check = Check(file, False, told.verdict, told.message, told.detail, told.place or "")
            self.tell({"event": "broken", "chapter": chapter, "check": asdict(check)})


def _module_name(test_file: Path) -> str:
    """What --import-mode=importlib calls it in `sys.modules`."""
    return f"{test_file.parent.name}.{test_file.stem}"


def _brief(excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
    return excinfo.getrepr(style="native")


def _function(item: pytest.Item) -> Any:
    return getattr(item, "function", None)


def _chapter(item: pytest.Item) -> str:
    return item.path.parent.name


def _exercise(item: pytest.Item) -> str:
    mark = mark_of(_function(item))
    return mark.of if mark else item.name


def _where(item: pytest.Item) -> str:
    return f"{item.path.name}, line {(item.location[1] or 0) + 1}"
