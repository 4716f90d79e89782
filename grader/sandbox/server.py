"""The trusted side of the fork server: starts it, asks it for workers, kills and reaps them."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import select
import signal
import socket
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from grader.errors import GraderFailure
from grader.limits import CPU_SECONDS, MEMORY_BYTES, ONE_THREAD
from grader.sandbox.modules import PRELOADED

HERE = Path(__file__).resolve().parent
INSIDE = HERE / "inside"
FILTERS = HERE / "filters"
FORK = struct.Struct("<ci")
REPLY = struct.Struct("<qq")

START_SECONDS = 60.0  # to import numpy and the allowed modules, once, on a loaded machine too
ANSWER_SECONDS = 30.0  # for a fork
FIRST_UID, UIDS = 61_184, 4_000  # ids that no account uses (systemd's range for dynamic users)
ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}


def filter_path() -> Path | None:
    """The seccomp filter for this machine, or None if there is none."""
    name = ARCHITECTURES.get(platform.machine().lower())
    path = FILTERS / f"{name}.bpf"
    return path if sys.platform == "linux" and name and path.is_file() else None


def stat_fields(pid: int) -> list[bytes]:
    """What the kernel says of a process, from its state on: field 3 of proc(5)'s `stat` comes first.

    Raises
    ------
    OSError
        If there is no such process.
    """
    with open(f"/proc/{pid}/stat", "rb") as file:
        return file.read().rpartition(b")")[2].split()


@dataclass
class Limits:
    """Limits of one worker. Time limits of a test are the channel's affair."""

    memory_bytes: int = MEMORY_BYTES
    cpu_seconds: int = CPU_SECONDS


@dataclass
class Process:
    """A forked worker: our end of its socket, its pid and a pidfd that cannot name another process."""

    sock: socket.socket
    pid: int
    pidfd: int


class ForkServer:
    """A warm process with numpy imported; each `fork` gives a locked worker in a few milliseconds."""

    def __init__(self, limits: Limits | None = None, *, use_filter: bool = True):
        self.limits = limits or Limits()
        self.use_filter = use_filter
        self.when_quiet: Callable[[], None] = lambda: None  # done while a worker computes for longer
        self._cores: set[int] = set()  # to put workers on; none: the kernel decides
        self._next_uid = os.getpid() % UIDS
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._asked: deque[socket.socket | None] = deque()  # requests without an answer yet; None: to reap
        self._spare: deque[Process] = deque()  # workers that nobody uses yet

    # life ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the fork server and wait until it is warm.

        Raises
        ------
        GraderFailure
            If it does not come up.
        """
        self.launch()
        assert self._control is not None
        try:
            message = self._receive(START_SECONDS)[0]
        except GraderFailure as error:
            said = self._last_words()
            self.close()
            raise GraderFailure(f"The fork server did not start: {said or error}") from None
        if message != b"ready":
            self.close()
            raise GraderFailure("The fork server answered out of turn.")

    def launch(self) -> None:
        """Start the fork server without waiting; `start` waits. Nothing is done if it was launched before."""
        if self._process is not None or sys.platform != "linux":
            return
        # Where they are, without importing them here: this process may have something else to do first.
        packages = {
            str(Path(str(spec.origin)).parents[1]) for spec in map(find_spec, ("numpy", "msgpack")) if spec
        }
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        blob = filter_path() if self.use_filter else None
        config = {
            "inside": str(INSIDE),
            "packages": sorted(packages),
            "modules": PRELOADED,
            "control": theirs.fileno(),
            "parent": os.getpid(),
            "filter": str(blob) if blob else None,
            "memory": self.limits.memory_bytes,
            "cpu": self.limits.cpu_seconds,
        }
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-s", "-P", "-B", str(INSIDE / "zygote.py"), json.dumps(config)],
                env={**ONE_THREAD, "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "PYTHONWARNINGS": "ignore"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd="/",
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C in the terminal is the grader's affair
            )
        self._control = ours

    def _last_words(self) -> str:
        process = self._process
        if process is None or process.stderr is None:
            return ""
        with contextlib.suppress(Exception):
            process.kill()
            lines = process.stderr.read().decode(errors="replace").strip().splitlines()
            return lines[-1][:300] if lines else ""
        return ""

    def close(self) -> None:
        """End the fork server; its workers end with it."""
        for sock in self._asked:
            if sock is not None:
                sock.close()
        for spare in self._spare:
            spare.sock.close()
            os.close(spare.pidfd)
        self._asked.clear()
        self._spare.clear()
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            process, self._process = self._process, None
            try:
                process.wait(2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stderr:
                process.stderr.close()

    def __enter__(self) -> ForkServer:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def use_spare_cores(self) -> None:
        """From now on a worker is put on another core than this process is on at that time.

        Both then wait for each other by asking again and again for a while: being woken up, and on a core where the other has
        just replaced all that was in the cache, takes longer than most answers.
        """
        self._cores = os.sched_getaffinity(0)

    @property
    def roomy(self) -> bool:
        """Whether there are cores that nobody needs; see `use_spare_cores`."""
        return len(self._cores) > 1

    def _put_apart(self, pid: int) -> None:
        """A worker on other cores than this one; the fork server, which works while that one does, on this one."""
        try:
            here = int(stat_fields(os.getpid())[36])
            os.sched_setaffinity(pid, self._cores - {here})
            os.sched_setaffinity(self.pid, {here})
        except (OSError, ValueError, IndexError):  # a container may forbid it for another user's process
            cores, self._cores = self._cores, set()
            with contextlib.suppress(OSError):
                os.sched_setaffinity(self.pid, cores)

    # workers ---------------------------------------------------------------------------------------------

    def fork(self) -> Process:
        """A fresh worker, not yet asked anything. A dead fork server is started again once.

        Raises
        ------
        GraderFailure
            If no worker can be had.
        """
        if not self.alive:
            self.close()
            self.start()
        self.get_ready()
        while not self._spare:
            self._hear()
        process = self._spare.popleft()
        if self.roomy:
            self._put_apart(process.pid)
        return process

    def quiet(self) -> None:
        """Do what can wait: a worker computes for longer."""
        self.get_ready()
        self.when_quiet()

    def get_ready(self) -> None:
        """Ask for the next worker, if that was not done: it gets ready while another one computes.

        Raises
        ------
        GraderFailure
            If the fork server has died.
        """
        if self._control is not None and not self._spare and all(sock is None for sock in self._asked):
            self._ask_for_worker()

    def kill(self, process: Process, wait: bool = True) -> int | None:
        """Kill a worker. It is reaped; its wait status before the kill (see os.waitstatus_to_exitcode) is given.

        wait : without it None comes back at once, and the worker is reaped meanwhile.
        """
        process.sock.close()
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(process.pidfd, signal.SIGKILL)
        os.close(process.pidfd)
        if not self.alive or self._control is None:
            return None
        try:
            self._control.send(FORK.pack(b"W", process.pid))
            self._asked.append(None)
            if not wait:
                return None
            status = None
            while self._asked and None in self._asked:
                status = self._hear()
            return status
        except (OSError, GraderFailure):
            self._kill_server()
            return None

    def _ask_for_worker(self) -> None:
        uid = 0
        if os.geteuid() == 0:
            self._next_uid = (self._next_uid + 1) % UIDS
            uid = FIRST_UID + self._next_uid
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with theirs:
                assert self._control is not None
                socket.send_fds(self._control, [FORK.pack(b"F", uid)], [theirs.fileno()])
        except OSError as error:
            ours.close()
            self._kill_server()
            raise GraderFailure(f"The fork server gave no worker: {error}") from None
        self._asked.append(ours)

    def _hear(self) -> int | None:
        """Read the answer to the oldest request: a worker, which is kept, or the wait status of one."""
        try:
            message, fds = self._receive(ANSWER_SECONDS)
            pid, status = REPLY.unpack(message)
            sock = self._asked.popleft()
            if sock is None:
                return status
            self._spare.append(Process(sock, pid, fds[0]))
        except (OSError, struct.error, IndexError, GraderFailure) as error:
            self._kill_server()
            raise GraderFailure(f"The fork server gave no worker: {error}") from None
        return None

    def _kill_server(self) -> None:
        if self._process is not None:
            self._process.kill()
        self.close()

    def _receive(self, seconds: float) -> tuple[bytes, list[int]]:
        assert self._control is not None
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        if not poll.poll(seconds * 1000):
            raise GraderFailure(f"no answer within {seconds:.0f} s")
        message, fds, _, _ = socket.recv_fds(self._control, 64, 1)
        if not message:
            raise GraderFailure("the fork server ended")
        return message, fds
