"""The part of `kata grade --cluster` that runs in a Dask worker.

A worker process has threads, so it runs no student's code and no suite itself: for each submission that it grades at the
same time it keeps one warm `grader.classroom` team of a single grading process, which is a program of its own. Everything
that arrives is plain bytes: the course as a bundle named by its hash, and submissions packed by `pack_job`.

Dask pickles the name of a function of this module and nothing else of ours.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgpack

from grader.classroom import Team
from grader.course import Course
from grader.errors import GraderFailure, KitError
from grader.jobs import Job, environment
from grader.pack import extract
from grader.submission import Notebook, Source
from grader.version import code_fingerprint

IDLE_SECONDS = 60.0  # after so long without work a worker lets go of the course and its grading processes
# What has to be equal beyond the modules that decide a verdict: both ends speak with each other.
PROTOCOL = ("classroom.py", "cluster_worker.py", "grading_process.py", "jobs.py", "pack.py", "results.py")


@functools.cache
def description() -> dict[str, str]:
    """What has to be the same on every machine of a run: versions, platform and the code of nnkata."""
    import distributed

    digest = hashlib.sha256(code_fingerprint().encode())
    for name in PROTOCOL:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return {**environment(), "distributed": distributed.__version__, "code": digest.hexdigest()}


def difference(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """In words, how `there` differs from `here`; empty if it does not."""
    for name, ours in here.items():
        theirs = there.get(name)
        if theirs != ours:
            if name == "code":
                return "has other code of nnkata under the same version number"
            return f"has {name} {theirs}, this machine has {ours}"
    return ""


# what travels ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """What is the same for every submission of a run."""

    sha256: str  # of the bundle
    root: str  # of the course where the run was started, for messages
    secret: str
    chapters: tuple[str, ...]
    allowed: str  # the weakest isolation that is accepted
    description: dict[str, str]

    def pack(self) -> bytes:
        """As bytes; equal orders give equal bytes."""
        return json.dumps(asdict(self), sort_keys=True).encode()

    @classmethod
    def unpack(cls, data: bytes) -> Order:
        told = json.loads(data)
        return cls(**{**told, "chapters": tuple(told["chapters"])})


def pack_job(job: Job) -> bytes:
    """A submission as bytes: texts, names and the content of notebooks."""
    told = {**vars(job), "source": _told(job.source), "own": {n: _told(own) for n, own in job.own.items()}}
    return bytes(msgpack.packb(told, unicode_errors="surrogatepass"))


def unpack_job(data: bytes) -> Job:
    """The submission that `pack_job` packed."""
    told = msgpack.unpackb(data, unicode_errors="surrogatepass", use_list=True, strict_map_key=False)
    own = {name: _untold(value) for name, value in told["own"].items()}
    fixed = {name: tuple(told[name]) for name in ("notes", "only")}
    return Job(**{**told, **fixed, "own": own, "source": _untold(told["source"])})


def _told(value: Source | Notebook | str | None) -> Any:
    if isinstance(value, Notebook):
        return {"notebook of": value.__getstate__()}
    if isinstance(value, Source):
        return {**vars(value), "notebook": _told(value.notebook)}
    return value


def _untold(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "notebook of" in value:
        notebook = Notebook.__new__(Notebook)
        vars(notebook).update(value["notebook of"])
        return notebook
    return Source(**{**value, "notebook": _untold(value["notebook"])})


# what the main process calls ---------------------------------------------------------------------------------


def course(bundle: bytes) -> bytes:
    """The bundle itself: a task whose result goes from worker to worker and is made again if one dies."""
    return bundle


def grade(order: bytes, bundle: bytes, job: bytes, last: bool) -> bytes:
    """Grade one submission.

    Parameters
    ----------
    order : an `Order`.
    bundle : the course, as `grader.pack.bundle` gives it.
    job : a submission of `pack_job`.
    last : report what the machine may have caused as well; else the answer is then 'disturbed'.

    Returns
    -------
    bytes
        JSON: {"kind": "graded", "result", "log"}, {"kind": "disturbed"}, {"kind": "error", "error", "text"} for a KitError,
        or {"kind": "unfit", "text"} where this worker has other versions.
    """
    wanted = Order.unpack(order)
    unfit = difference(wanted.description, description())
    if unfit:
        return _answer(kind="unfit", text=f"{_here()} {unfit}")
    try:
        crew = _crew(order, wanted, bundle)
    except KitError as error:
        return _failed(error)
    try:
        found = crew.grade(unpack_job(job), last)
    except KitError as error:
        answer = _failed(error)
    else:
        if found is None:
            return _answer(kind="disturbed")
        answer = _answer(kind="graded", result=found[0].to_dict(), log=found[1])
    # Tracebacks for staff name the place of the course; the worker's copy of it is nobody's business.
    return answer.replace(_quoted(str(crew.folder)), _quoted(wanted.root))


def _failed(error: KitError) -> bytes:
    # What is wrong with a machine needs its name; what is wrong with the course is wrong everywhere.
    where = f"{_here()}: " if isinstance(error, GraderFailure) else ""
    return _answer(kind="error", error=type(error).__name__, text=f"{where}{error}")


def _here() -> str:
    """This worker, for a person."""
    worker = _worker()
    return f"Worker {worker.address}" if worker is not None else "A worker"


def _worker() -> Any:
    from distributed import get_worker

    with suppress(ValueError):
        return get_worker()
    return None


def _quoted(text: str) -> bytes:
    return json.dumps(text)[1:-1].encode()


def _answer(**told: Any) -> bytes:
    return json.dumps(told, allow_nan=False).encode()


# what stays warm ---------------------------------------------------------------------------------------------


@dataclass
class Crew:
    """One order's course and its warm grading processes in this worker process."""

    order: Order
    course: Course
    folder: Path
    idle: list[Team] = field(default_factory=list)
    measured: dict[str, dict[str, Any]] = field(default_factory=dict)  # shared: the machine is the same
    at_work: int = 0
    used: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def grade(self, job: Job, last: bool) -> Any:
        """(result, log), or None if the machine disturbed it and this is not the last try."""
        with self.lock:
            self.at_work += 1
            team = self.idle.pop() if self.idle else None
        try:
            team = team or self._new_team()
            found = team.grade_one(job, last)
        except BaseException:
            if team is not None:
                team.__exit__(KitError, None, None)
            raise
        else:
            with self.lock:
                self.idle.append(team)
            return found
        finally:
            with self.lock:
                self.at_work -= 1
                self.used = time.monotonic()

    def _new_team(self) -> Team:
        chapters = [self.course.chapter(name) for name in self.order.chapters]
        team = Team(self.course, chapters, 1, self.order.allowed, secret=self.order.secret, only_one=False)
        team.measured = self.measured
        return team.__enter__()

    def close(self) -> None:
        """End the grading processes and remove the course."""
        with self.lock:
            teams, self.idle = self.idle, []
        for team in teams:
            team.__exit__(None, None, None)
        shutil.rmtree(self.folder, ignore_errors=True)


_crews: dict[bytes, Crew] = {}
_opening = threading.Lock()


def _crew(key: bytes, order: Order, bundle: bytes) -> Crew:
    """The crew of an order; the course is unpacked once."""
    with _opening:
        crew = _crews.get(key)
        if crew is None:
            first = not _crews
            crew = _crews[key] = _open(order, bundle)
            if first:
                _watch()
        crew.used = time.monotonic()
        return crew


def _open(order: Order, bundle: bytes) -> Crew:
    if hashlib.sha256(bundle).hexdigest() != order.sha256:
        raise GraderFailure(
            "The course that reached a worker is not the one that was sent. Nothing was graded there."
        )
    folder = None
    try:
        folder = Path(tempfile.mkdtemp(prefix="nnkata-course-", dir=_local_folder()))  # for its owner only
        extract(bundle, folder, "The course")
    except (OSError, KitError) as error:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        raise GraderFailure(f"A worker cannot unpack the course: {error}") from None
    return Crew(order, Course(folder), folder)


def _local_folder() -> str | None:
    """The worker's own folder, which Dask clears when the worker was killed."""
    folder = getattr(_worker(), "local_directory", None)
    return str(folder) if folder is not None and os.path.isdir(folder) else None


def close_idle(seconds: float = IDLE_SECONDS) -> None:
    """Close every crew without work for so long."""
    with _opening:
        now = time.monotonic()
        over = [k for k, crew in _crews.items() if not crew.at_work and now - crew.used >= seconds]
        closing = [_crews.pop(key) for key in over]
    for crew in closing:
        crew.close()


def _watch() -> None:
    """Look from time to time, until nothing is open."""

    def look() -> None:
        close_idle()
        if _crews:
            _watch()

    timer = threading.Timer(IDLE_SECONDS / 4, look)
    timer.daemon = True
    timer.start()


atexit.register(close_idle, 0.0)
