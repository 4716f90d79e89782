"""How strong the sandbox is on this machine: the result of a self-test, never of version numbers.

sealed+uid   system call filter, and the worker has given up root for a user of its own
sealed       system call filter
process      a separate process with resource limits only: student code can read files and use the network
"""

from __future__ import annotations

import sys

from grader.errors import GraderFailure, IsolationError
from grader.results import Isolation
from grader.sandbox.channel import Limit, WorkerChannel
from grader.sandbox.inside.lockdown import MUST_FAIL, MUST_WORK
from grader.sandbox.server import ForkServer, filter_path

LEVELS = ("process", "sealed", "sealed+uid")


def measure(server: ForkServer) -> Isolation:
    """Run the self-test in a throw-away worker and judge it.

    Raises
    ------
    GraderFailure
        If no worker comes up or numpy does not work in it.
    """
    channel = WorkerChannel(server)
    try:
        channel.begin(Limit(20.0, "20 s for the self-test"))
        if server.use_filter and filter_path() is not None:
            answers = channel.self_test()
        else:
            return Isolation("process", ("no system call filter for this system",))
        uid = channel.uid
    finally:
        channel.close()
    told = {str(k): str(v) for k, v in answers.items()} if isinstance(answers, dict) else {}
    broken = sorted(p for p in MUST_WORK if told.get(p) != "ok")
    if broken:
        raise GraderFailure(f"In the sandbox {broken[0]} does not work here: {told.get(broken[0])}.")
    open_doors = sorted(p for p in MUST_FAIL if told.get(p) in (None, "allowed"))
    if open_doors:
        return Isolation("process", tuple(f"{p} is not blocked" for p in open_doors), told)
    return Isolation("sealed+uid" if uid else "sealed", (), told)


def require(isolation: Isolation, allowed: str) -> None:
    """Refuse to grade below the level that was allowed.

    Raises
    ------
    IsolationError
        With the next step.
    """
    if LEVELS.index(isolation.level) < LEVELS.index(allowed):
        why = "; ".join(isolation.missing[:3]) or "unknown"
        raise IsolationError(
            f"Student code cannot be sealed off here ({why}). Grade on Linux, in WSL2 or in CI; see `kata doctor`. "
            "To go on without protection of the hidden tests: --allow-isolation process"
        )


def start_server(
    *, allowed: str = "sealed", launched: ForkServer | None = None
) -> tuple[ForkServer, Isolation]:
    """A fork server whose isolation was tested; without a working filter, one without, if that is allowed.

    launched : a server that was launched before, so that it got warm meanwhile.

    Raises
    ------
    IsolationError, GraderFailure
    """
    if sys.platform != "linux":
        raise IsolationError(
            "Grading needs Linux (WSL2 and CI will do). Students work anywhere: `kata test`."
        )
    server = launched or ForkServer()
    try:
        server.start()
        isolation = measure(server)
    except GraderFailure as error:
        server.close()
        if allowed != "process":
            raise IsolationError(f"The sandbox does not work here: {error} See `kata doctor`.") from None
        server = ForkServer(use_filter=False)
        server.start()
        isolation = Isolation("process", (str(error),))
    try:
        require(isolation, allowed)
    except IsolationError:
        server.close()
        raise
    return server, isolation
