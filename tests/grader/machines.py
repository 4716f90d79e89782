"""A Dask cluster of real processes on loopback, for the tests of `kata grade --cluster`."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KATA = "from grader.cli import main; main()"
STARTED: list[subprocess.Popen[str]] = []


class Machines:
    """A scheduler and workers, each a process of its own, without nannies that would start them again."""

    def __init__(self, folder: Path, *options: str, **environment: str):
        self.folder = folder
        self.options = options  # of scheduler and workers: TLS
        self.environment = environment
        self.processes: list[subprocess.Popen[bytes]] = []
        self.workers: list[subprocess.Popen[bytes]] = []
        folder.mkdir(parents=True, exist_ok=True)
        told = folder / "scheduler.json"
        self.scheduler = self._start(
            "dask_scheduler", "--port", "0", "--scheduler-file", str(told), **environment
        )
        self.address = str(
            waited(lambda: told.exists() and json.loads(told.read_text() or "{}").get("address"))
        )

    def _start(self, program: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        number = len(self.processes)
        common = ["--host", "127.0.0.1", "--no-dashboard", *self.options]
        with open(self.folder / f"{number}-{program}.log", "wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{program}", *arguments, *common],
                env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def add_worker(self, threads: int = 1, **environment: str) -> subprocess.Popen[bytes]:
        """A further worker; returns when it has registered."""
        options = [
            "--no-nanny",
            "--nthreads",
            str(threads),
            "--local-directory",
            str(self.folder / "scratch"),
        ]
        worker = self._start("dask_worker", self.address, *options, **{**self.environment, **environment})
        log = self.folder / f"{len(self.processes) - 1}-dask_worker.log"
        waited(lambda: "Registered to" in log.read_text("utf-8", "replace"))
        self.workers.append(worker)
        return worker

    @contextlib.contextmanager
    def guest(self, **environment: str) -> Iterator[None]:
        """A further worker that leaves again."""
        worker = self.add_worker(**environment)
        try:
            yield
        finally:
            self.workers.remove(worker)
            worker.terminate()
            try:
                worker.wait(5)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()

    def stop(self) -> None:
        """End everything; workers first, which would wait for a scheduler that is gone."""
        for group in (self.processes[1:], self.processes[:1]):
            for process in group:
                process.terminate()
            for process in group:
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def waited(happened, seconds: float = 60.0):
    """What `happened()` gives once it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError):
            if answer := happened():
                return answer
        time.sleep(0.05)
    raise AssertionError("It did not happen in time.")


def start_kata(*arguments: object, **environment: str) -> subprocess.Popen[str]:
    """`kata ...`, started."""
    process = subprocess.Popen(
        [sys.executable, "-c", KATA, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    STARTED.append(process)
    return process


def stop_started() -> None:
    """End what a test that failed has left running."""
    while STARTED:
        process = STARTED.pop()
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code, output and errors of `kata ...`."""
    out, err = process.communicate(timeout=100)
    return process.returncode, out, err


def children_of(pid: int) -> list[int]:
    """Pids of the processes that a process has started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                    found.append(int(entry.name))
    return found


def alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
