"""The process in which visible tests run, so that no program of a student's can hurt who watches it.

It is started in one of three ways, and always tells the same events (`grader.collector`), one JSON object per line:

- `run_selection`, in a process that was forked for one run (`kata test`);
- `serve` with fork: numpy, pytest and the tests of a chapter are loaded once, and every run is a fork of that;
- `serve` without fork, where there is none: the same, but for one run only; the next process is started ahead of time.

    ready      the tests are collected, a run may be asked for
    child      pid, run: the process group that a run is in
    finished   run: nothing more is coming
    ended      run, status: how a forked run ended, as of `os.waitstatus_to_exitcode`
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib
import json
import os
import signal
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import pytest

from grader import pytest_plugin
from grader.collector import HAS_ALARM, Collector, Tell, collect_and_run
from grader.practice import Selection, tests_of
from grader.texts import preload, say

# numpy loads some of itself on first use only.
PRELOADED = (
    "numpy.random",
    "numpy.linalg",
    "numpy.fft",
    "numpy.ma",
    "encodings.utf_8_sig",
    "encodings.cp437",
)
JUDGES = ("battery", "compare", "feedback", "gradients", "local", "local_diagnosis")
GRACE = 2  # seconds after which a test is stopped that swallows its time-out or hangs in compiled code
RENEWED = 0.5  # seconds; so much later may a test be stopped
MEMORY = 3 << 30  # bytes that a run may take; an endless list must not stall the machine


def run_selection(root: Path, selection: Selection, request: dict[str, Any], out: BinaryIO) -> None:
    """Run visible tests in this process, which is lost afterwards, and write what happens to `out`."""
    tell = _teller(out)
    collect_and_run(
        root, selection, tell, [_Once(request, tell)], alarm=bool(request.get("alarm", HAS_ALARM))
    )


def serve(root: Path, chapter: str, fork: bool, alarm: bool, requests: BinaryIO, out: BinaryIO) -> None:
    """Collect the tests of a chapter, then run them as often as `requests` has lines (without `fork`: once).

    A request is a JSON object: `run` (a number), `trace` (where to write how a run was stopped), `done` (ids of
    tests), `dead` (pairs of chapter and exercise); see `Collector`.
    """
    _preload(root, chapter)
    tell = _teller(out)
    gate = _Gate(requests, tell, fork)
    collect_and_run(root, Selection((tests_of(root / chapter),)), tell, [gate], alarm=alarm, capture="sys")


def _preload(root: Path, chapter: str) -> None:
    """Load whatever a run may need, so that it is loaded once, and read what does not change."""
    for module in (*PRELOADED, *(f"grader.{name}" for name in JUDGES)):
        importlib.import_module(module)
    from grader.local import chapter_sources

    preload()
    chapter_sources(root, chapter, root / chapter / f"{chapter[5:]}.py")


def _teller(out: BinaryIO) -> Tell:
    def tell(event: dict[str, Any]) -> None:
        line = json.dumps(event, ensure_ascii=True).encode("ascii") + b"\n"
        try:
            out.write(line)
            out.flush()
        except OSError:
            os._exit(0)  # nobody listens any more

    return tell


class _Guard:
    """A pytest plugin that limits each test in a way that no code in it can undo by accident."""

    def __init__(self, trace: Path, alarm: bool):
        self.trace = open(trace, "wb")  # noqa: SIM115 - until the process ends
        self.seconds = pytest_plugin.SECONDS_PER_TEST + (GRACE if alarm else 0)
        self.limit = 0.0
        self.armed = 0.0
        faulthandler.enable(self.trace)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        marker = item.get_closest_marker("timeout")
        own = float(marker.args[0]) - pytest_plugin.SECONDS_PER_TEST if marker and marker.args else 0.0
        limit = self.seconds + max(0.0, own)
        now = time.monotonic()
        # Every alarm is a thread, so one serves all the quick tests that follow each other.
        if limit != self.limit or now - self.armed > RENEWED:
            faulthandler.dump_traceback_later(limit + RENEWED, exit=True, file=self.trace)
            self.limit, self.armed = limit, now


def _run(session: pytest.Session, collector: Collector, request: dict[str, Any]) -> None:
    """Run the collected tests as a request says."""
    guard = _Guard(Path(request["trace"]), session.config.pluginmanager.has_plugin("pytest_timeout"))
    session.config.pluginmanager.register(guard)
    collector.done = frozenset(request.get("done", ()))
    collector.dead = {(chapter, exercise) for chapter, exercise in request.get("dead", ())}
    _limit_memory()
    sys.breakpointhook = _no_breakpoint
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    os.close(nothing)
    collector.run_all(session.items)


def _limit_memory() -> None:
    """Leave a run its share of memory, on top of what the libraries have taken."""
    if sys.platform != "linux":
        return
    import resource

    with contextlib.suppress(OSError, ValueError, IndexError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + MEMORY
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        if soft == resource.RLIM_INFINITY or soft > most:
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _no_breakpoint(*args: Any, **kwargs: Any) -> None:
    raise RuntimeError(say("practice.breakpoint"))


def _collector_of(session: pytest.Session) -> Collector:
    found = (p for p in session.config.pluginmanager.get_plugins() if isinstance(p, Collector))
    return next(found)


class _Once:
    """A pytest plugin: the run of a process of its own."""

    def __init__(self, request: dict[str, Any], tell: Tell):
        self.request = request
        self.tell = tell

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        _run(session, _collector_of(session), self.request)
        self.tell({"event": "finished", "run": self.request["run"]})
        os._exit(0)  # what the student's code has left running is no concern of anybody's


class _Gate:
    """A pytest plugin that waits, with everything collected, for requests to run it."""

    def __init__(self, requests: BinaryIO, tell: Tell, fork: bool):
        self.requests = requests
        self.tell = tell
        self.fork = fork

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if self.fork:
            self._serve_forked(session)
        self.tell({"event": "ready"})
        self._here(session, self.requests.readline())

    def _here(self, session: pytest.Session, line: bytes) -> NoReturn:
        """Run in this process, which ends with it."""
        if line:
            request = json.loads(line)
            self.tell({"event": "child", "pid": os.getpid(), "run": request["run"]})
            _run(session, _collector_of(session), request)
            self.tell({"event": "finished", "run": request["run"]})
        os._exit(0)

    def _serve_forked(self, session: pytest.Session) -> NoReturn:
        """Hand each request to a process that was forked ahead of time."""
        gc.collect()
        objects = gc.get_objects()
        gc.freeze()  # so that collecting garbage in a fork does not copy all of them
        spare = self._spare(session, objects)
        self.tell({"event": "ready"})
        for line in self.requests:
            pid, pipe = spare
            with contextlib.suppress(BrokenPipeError), pipe:
                pipe.write(line)
            _, status = os.waitpid(pid, 0)
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
            run = json.loads(line)["run"]
            self.tell({"event": "ended", "run": run, "status": os.waitstatus_to_exitcode(status)})
            spare = self._spare(session, objects)
        os._exit(0)

    def _spare(self, session: pytest.Session, objects: list[Any]) -> tuple[int, BinaryIO]:
        """A fork that waits for one request, and what to write it to. It goes when that is closed."""
        read, write = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # OpenBLAS has threads, and takes care of them itself
            pid = os.fork()
        if pid == 0:
            try:
                os.close(write)
                os.setsid()  # so that everything that a run starts can be ended with it
                for _ in objects:
                    pass  # counting a reference copies the page that it is on: now, while nobody waits
                with os.fdopen(read, "rb") as pipe:
                    line = pipe.readline()
                self._here(session, line)
            finally:
                os._exit(70)
        os.close(read)
        return pid, os.fdopen(write, "wb")


def private_streams() -> tuple[BinaryIO, BinaryIO]:
    """(requests, answers): the streams this process was started with, out of reach of `print` and `input`."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    return requests, answers


def main(arguments: Sequence[str]) -> None:
    """`python -m grader.practice_child`, requests by stdin, events by stdout.

    run ROOT SELECTION                    one request, tests as in the JSON of a `Selection`
    serve ROOT CHAPTER fork|once alarm|-  see `serve`
    """
    requests, answers = private_streams()
    action, root, what, *rest = arguments
    if action == "run":
        chosen = json.loads(what)
        selection = Selection(
            tuple(Path(f) for f in chosen["files"]), tuple(chosen["chapters"]), tuple(chosen["names"])
        )
        run_selection(Path(root), selection, json.loads(requests.readline()), answers)
    else:
        serve(Path(root), what, rest[0] == "fork", rest[1] == "alarm", requests, answers)


if __name__ == "__main__":
    main(sys.argv[1:])
