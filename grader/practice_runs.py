"""Visible tests in a process of their own, seen from outside: what a run found, also when it did not survive.

A program of a student's may loop for ever in compiled code, swallow every exception, crash the interpreter or leave it.
The run then ends with the test that was under way; that test gets its verdict, and another run goes on with the rest.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from grader.errors import GraderFailure
from grader.practice import Check, Gathering, Practice, Selection, place_in, stopped_at
from grader.texts import say

NO_FORK = "NNKATA_NO_FORK"  # set: work as on a system without fork and alarms, such as Windows
FRAME = re.compile(r'^  File "(.+?)", line (\d+) in (.+)$', re.MULTILINE)
STOPPED = "Timeout ("  # how the trace of a run begins that was out of time
Watch = Callable[[dict[str, Any]], None]


def has_fork() -> bool:
    """Whether runs are forked here. Not on macOS: its linear algebra does not survive a fork."""
    return hasattr(os, "fork") and sys.platform != "darwin" and not os.environ.get(NO_FORK)


def has_alarm() -> bool:
    """Whether a test can be stopped by a signal here."""
    return hasattr(signal, "SIGALRM") and not os.environ.get(NO_FORK)


class Attempt:
    """One run of visible tests, and as many more as it takes to get past what ends them.

    trace : a file in which a run that is stopped leaves where it was.
    """

    def __init__(self, root: Path, trace: Path):
        self.gathering = Gathering(root)
        self.trace = trace
        self.current: dict[str, Any] | None = None  # the test under way, as it was announced
        self.finished = False
        self._loaded: set[str] = set()
        self._dead: set[tuple[str, str]] = set()

    @property
    def result(self) -> Practice:
        return self.gathering.result

    def request(self, number: int) -> dict[str, Any]:
        """What the next run is asked for: all that has no result yet."""
        with contextlib.suppress(OSError):
            self.trace.write_bytes(b"")
        self.current = None
        dead = [list(pair) for pair in sorted(self._dead)]
        done = sorted(self.gathering.tests)
        return {"run": number, "trace": str(self.trace), "done": done, "dead": dead}

    def note(self, event: dict[str, Any]) -> None:
        """Take in what a run tells."""
        kind = event.get("event")
        if kind == "running":
            self.current = event
        elif kind == "loaded":
            self._loaded.add(event["chapter"])
        elif kind == "check":
            self.current = None
        elif kind == "finished":
            self.finished = True
        self.gathering.note(event)

    def ended(self, status: int) -> bool:
        """A run is over without having finished. True if another one should go on.

        status : exit code, negative for a signal.

        Raises
        ------
        GraderFailure
            If it ended before any test was begun.
        """
        trace = self._read_trace()
        if self.current is None:
            raise GraderFailure(say("practice.ended-early", status=status, why=last_line(trace)))
        test, chapter, name = (self.current[k] for k in ("test", "chapter", "exercise"))
        loading = chapter not in self._loaded
        file = f"{chapter}/{chapter[5:]}.py"
        check = how_it_ended(status, trace, file if loading else name, self.result.root, loading)
        check.title, check.where = self.current["title"], self.current["where"]
        event = {"event": "check", "test": test, "chapter": chapter, "exercise": name, "check": vars(check)}
        self.gathering.note(event)
        self._dead.add((chapter, name))
        self.current = None
        if loading:
            self.gathering.note({"event": "broken", "chapter": chapter, "check": vars(check)})
            # Each of its tests would end in the same way.
            self._dead |= {pair for pair in self.gathering.planned if pair[0] == chapter}
        return True

    def _read_trace(self) -> str:
        try:
            return self.trace.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""


def how_it_ended(status: int, trace: str, what: str, root: Path, loading: bool = False) -> Check:
    """What a student is told about a run that did not survive a test.

    Parameters
    ----------
    status : exit code, negative for a signal.
    trace : what faulthandler has written.
    what : the exercise, or the file that was being loaded.
    """
    frames = [(place_in(path, int(line)), function) for path, line, function in FRAME.findall(trace)]
    place = next((place for place, _ in frames if place), "")
    detail = stopped_at(place, root) if place else ""
    if trace.startswith(STOPPED):
        from grader.pytest_plugin import SECONDS_PER_TEST

        late = "practice.timeout-loading" if loading else "practice.timeout"
        text = say(late, what=what, seconds=SECONDS_PER_TEST)
        return Check("", False, "timeout", text, detail, place)
    if status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = say("practice.signal", number=-status)
        text = say("practice.killed-loading" if loading else "practice.killed", signal=name, what=what)
        if name == "SIGKILL":
            text += " " + say("practice.memory")
    else:
        id = "practice.exit-loading" if loading else "practice.exit"
        text = say(id, status=status, what=what)
    return Check("", False, "crashed", text, detail, place)


def last_line(text: str) -> str:
    """The last line of what a process wrote before it died, as a sentence; "" if there is none."""
    lines = text.strip().splitlines()
    return f"{lines[-1].strip()[:200]} " if lines else ""


def practise_apart(root: Path, selection: Selection, watch: Watch | None = None) -> Practice:
    """Run visible tests in a process of their own. Nothing that they do reaches this one.

    Parameters
    ----------
    watch : is told every event, to show what is going on.

    Raises
    ------
    GraderFailure
        If pytest does not work here.
    KeyboardInterrupt
        Passed on, once the run is ended.
    """
    with tempfile.TemporaryDirectory(prefix="nnkata-run-") as folder:
        attempt = Attempt(root, Path(folder) / "trace")
        run = _run_forked if hasattr(os, "fork") and not os.environ.get(NO_FORK) else _run_started
        number = 0
        while not attempt.finished:
            number += 1

            def note(event: dict[str, Any]) -> None:
                attempt.note(event)
                if watch is not None:
                    watch(event)

            status = run(root, selection, attempt.request(number) | {"alarm": has_alarm()}, note)
            if not attempt.finished:
                attempt.ended(status)
        return attempt.result


def _run_forked(root: Path, selection: Selection, request: dict[str, Any], note: Watch) -> int:
    """One run in a fork of this process, which has loaded next to nothing yet."""
    sys.stdout.flush()
    sys.stderr.flush()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read)
            os.setsid()
            _run_in_child(root, selection, request, write)
        except BaseException as error:
            with contextlib.suppress(BaseException):
                Path(request["trace"]).write_text(f"{type(error).__name__}: {error}", encoding="utf-8")
        finally:
            os._exit(70)
    os.close(write)
    try:
        with os.fdopen(read, "rb") as lines:
            for event in events_in(lines):
                note(event)
                if event["event"] == "finished":
                    break
    except BaseException:
        end_group(pid, alone=True)
        os.waitpid(pid, 0)
        raise
    _, status = os.waitpid(pid, 0)
    end_group(pid)
    return os.waitstatus_to_exitcode(status)


def _run_in_child(root: Path, selection: Selection, request: dict[str, Any], write: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    from grader.practice_child import run_selection

    with os.fdopen(write, "wb") as out:
        run_selection(root, selection, request, out)


def _run_started(root: Path, selection: Selection, request: dict[str, Any], note: Watch) -> int:
    """One run in a process that is started from nothing, where there is no fork."""
    chosen = {
        "files": [str(f) for f in selection.files],
        "chapters": selection.chapters,
        "names": selection.names,
    }
    process = start_child(["-m", "grader.practice_child", "run", str(root), json.dumps(chosen)])
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        for event in events_in(process.stdout):
            note(event)
            if event["event"] == "finished":
                break
    except BrokenPipeError:
        pass
    finally:
        end_process(process)
        process.stdout.close()
    return process.returncode


def start_child(arguments: list[str], errors: Any = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Start Python with `arguments` in a process, and a process group, of its own; the kit can be imported there."""
    package = str(Path(__file__).resolve().parent.parent)
    path = os.environ.get("PYTHONPATH")
    environment = os.environ | {"PYTHONPATH": package + os.pathsep + path if path else package}
    group: dict[str, Any] = {"start_new_session": True}
    if os.name == "nt":
        group = {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    return subprocess.Popen(
        [sys.executable, "-P", *arguments],  # -P: no file of the student's may stand in for a module
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=environment,
        **group,
    )


def end_process(process: subprocess.Popen[bytes], wait: float = 0.2) -> None:
    """End a process of `start_child` and everything that it has started.

    wait : seconds to leave by itself; one that has finished is about to, and its exit code tells how.
    """
    if wait:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(wait)
    if os.name == "posix":
        end_group(process.pid)
    process.kill()
    process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()


def end_group(pid: int, alone: bool = False) -> None:
    """End a process group. `alone`: the process itself, if it has no group yet; only while it is not waited for."""
    with contextlib.suppress(OSError):
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            if alone:
                os.kill(pid, signal.SIGKILL)


def events_in(lines: Iterable[bytes]) -> Iterable[dict[str, Any]]:
    """The events in a stream. Whatever else a program has managed to write there is passed over."""
    for line in lines:
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict) and isinstance(event.get("event"), str):
            yield event
