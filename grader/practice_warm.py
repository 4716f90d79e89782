"""A process that has everything loaded and waits to run the tests of a chapter; for `kata watch`."""

from __future__ import annotations

import contextlib
import json
import tempfile
import threading
from pathlib import Path
from typing import Any

from grader.practice_runs import end_group, end_process, events_in, has_alarm, last_line, start_child


class Warm:
    """A process that has the tests of a chapter loaded and runs them when it is asked.

    post : is called, from a thread, with ("child", number of the process, event), and at last with
        ("gone", number of the process, exit code).
    """

    def __init__(self, root: Path, chapter: str, post: Any, fork: bool):
        self.root, self.chapter, self.post, self.fork = root, chapter, post, fork
        self.number = 0
        self.ready = False
        self.folder = tempfile.TemporaryDirectory(prefix="nnkata-watch-")
        self.trace = Path(self.folder.name) / "trace"
        self._log = Path(self.folder.name) / "log"
        self._pid: int | None = None  # of a forked run
        self._start()

    def _start(self) -> None:
        self.number += 1
        self.ready = False
        arguments = ["-m", "grader.practice_child", "serve", str(self.root), self.chapter]
        arguments += ["fork" if self.fork else "once", "alarm" if has_alarm() else "-"]
        with open(self._log, "wb") as log:
            self.process = start_child(arguments, log)
        threading.Thread(target=self._read, args=(self.process, self.number), daemon=True).start()

    def _read(self, process: Any, number: int) -> None:
        with contextlib.suppress(OSError, ValueError), process.stdout:
            for event in events_in(process.stdout):
                self.post(("child", number, event))
        self.post(("gone", number, process.wait()))

    def ask(self, request: dict[str, Any]) -> None:
        """Ask for a run; a run that is under way must have been stopped."""
        with contextlib.suppress(OSError):
            assert self.process.stdin is not None
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()

    def began(self, pid: int | None) -> None:
        """A forked run has told its process; None: it is over."""
        self._pid = pid

    def stop_run(self) -> None:
        """End the run that is under way, and all that it has started."""
        if not self.fork:
            self.renew()
        elif self._pid is not None:
            end_group(self._pid)
            self._pid = None

    def renew(self) -> None:
        """Another process in place of this one."""
        end_process(self.process, wait=0)
        self._start()

    def why(self) -> str:
        """The last words of a process that could not be started."""
        try:
            return last_line(self._log.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            return ""

    def close(self) -> None:
        """End everything."""
        if self._pid is not None:
            end_group(self._pid)
        end_process(self.process, wait=0)
        with contextlib.suppress(OSError):
            self.folder.cleanup()
