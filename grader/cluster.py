"""Grading on Dask workers: `kata grade --cluster ADDRESS`.

    grade_class(paths, out, course=course, cluster=Cluster("tls://10.0.0.5:8786", ca="ca.pem", cert="me.pem", key="me.key"))

The one process that calls this keeps the database; workers get the course as a bundle named by its hash, and submissions
as bytes (`grader.cluster_worker`). The scheduler gives the submission of a dead worker to another one; each result is
written once, here.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import hashlib
import ipaddress
import json
import logging
import queue
import re
import time
import traceback
import warnings
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader import errors
from grader.course import Chapter, Course
from grader.errors import GraderFailure, KitError, UsageError
from grader.jobs import Job, lost
from grader.pack import bundle
from grader.results import LEVELS, Isolation, Result
from grader.seeds import course_secret
from grader.version import suite_hash

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_SECONDS = 10.0
WORKERS_SECONDS = 60.0  # so long without any worker ends the run
GATHER_SECONDS = 30.0
HEARTBEAT = 2.0  # seconds between looks at the workers while nothing arrives
AHEAD = 2  # submissions sent per thread of a worker: one is graded, the next has arrived
TRIES = 2  # of a submission on which a worker failed, as with local processes
# asyncio's is no Exception.
LOST_ANSWERS = (Exception, asyncio.CancelledError, concurrent.futures.CancelledError)
KEPT = "What is graded is kept; the same command grades the rest."


@dataclass(frozen=True)
class Cluster:
    """Where a Dask scheduler listens, and the certificate to show there.

    Parameters
    ----------
    address : `tls://HOST:PORT`, or `tcp://HOST:PORT` (short `HOST:PORT`) on this machine only.
    ca, cert, key : PEM files of TLS; by default those of Dask's own configuration.

    Raises
    ------
    UsageError
        If the address is none, is unencrypted and leads off this machine, or a file is missing.
    """

    address: str
    ca: Path | str | None = None
    cert: Path | str | None = None
    key: Path | str | None = None

    def __post_init__(self) -> None:
        scheme, host, _ = parts_of(self.address)
        if scheme == "tcp" and not is_loopback(host):
            raise UsageError(
                f"--cluster {self.address} is not encrypted and not this machine. Off loopback use tls://{host}:PORT; "
                "submissions and hidden tests travel there."
            )
        for option, path in (("ca", self.ca), ("cert", self.cert), ("key", self.key)):
            if path is None:
                continue
            if scheme != "tls":
                raise UsageError(f"--cluster-{option} needs an address that starts with tls://.")
            try:
                with open(path, "rb"):
                    pass
            except OSError as error:
                raise UsageError(
                    f"--cluster-{option}: cannot read {path}: {error.strerror or error}."
                ) from None

    @property
    def full_address(self) -> str:
        return self.address if "://" in self.address else f"tcp://{self.address}"


def parts_of(address: str) -> tuple[str, str, int]:
    """(scheme, host, port) of the address of a scheduler or worker."""
    found = re.fullmatch(r"(?:(\w+)://)?(?:\[([^\]]+)\]|([^:/\[\]@\s]+)):(\d{1,5})/?", address)
    scheme = (found[1] or "tcp").lower() if found else ""
    if not found or scheme not in ("tcp", "tls") or not 0 < int(found[4]) < 65536:
        raise UsageError(
            f"--cluster {address!r} is not the address of a Dask scheduler. Write tls://HOST:PORT, "
            "or tcp://127.0.0.1:PORT on this machine."
        )
    return scheme, found[2] or found[3], int(found[4])


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name; nothing is looked up."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass
class Sent:
    """A submission that is on its way."""

    future: Future
    job: Job
    key: str
    tries: int = 1


class ClusterTeam:
    """Stands for a `grader.classroom.Team` whose grading processes are on a cluster.

    Raises, on entering and while it grades
    ---------------------------------------
    UsageError
        If no scheduler answers, or a worker has other versions than this machine.
    GraderFailure
        If scheduler or workers are lost, or the grader failed there.
    """

    def __init__(self, course: Course, chapters: Sequence[Chapter], cluster: Cluster, allowed: str):
        self.course = course
        self.chapters = [c.name for c in chapters]
        self.cluster = cluster
        self.allowed = allowed
        self.isolation: Isolation | None = None  # the weakest of the workers
        self.secret = course_secret(course.root)
        self._done: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._sent: dict[str, Sent] = {}
        self._suites: dict[str, str] = {}
        self._number = 0
        self._threads = 0
        self._workers: set[str] = set()
        self._looked = self._seen = 0.0
        self._silence = contextlib.ExitStack()

    # opening and closing ------------------------------------------------------------------------------------

    def __enter__(self) -> ClusterTeam:
        # Imported here, so that a wrong address is told without it and a missing package with its extra.
        from grader import cluster_worker as there

        data = bundle(self.course)
        self._description = there.description()
        self._silence.enter_context(_no_logs())
        try:
            self._client = self._connect()
            self._compare_scheduler()
            self._look()
            order = there.Order(
                hashlib.sha256(data).hexdigest(),
                str(self.course.root),
                self.secret,
                tuple(self.chapters),
                self.allowed,
                self._description,
            )
            self._order = order.pack()
            self._run = f"nnkata-{order.sha256[:8]}-{time.time_ns():x}"
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a large graph: the course, once
                self._course = self._client.submit(there.course, data, key=f"{self._run}-course", pure=False)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._close()

    def _connect(self) -> Client:
        from distributed import Client
        from distributed.security import Security

        security = None
        if parts_of(self.cluster.address)[0] == "tls":
            given = {
                "tls_ca_file": self.cluster.ca,
                "tls_client_cert": self.cluster.cert,
                "tls_client_key": self.cluster.key,
            }
            security = Security(
                require_encryption=True, **{n: str(path) for n, path in given.items() if path is not None}
            )
            if not security.tls_ca_file or not security.tls_client_cert:
                raise UsageError(
                    f"{self.cluster.address} needs a certificate: --cluster-ca, --cluster-cert and --cluster-key, "
                    "or distributed.comm.tls in Dask's configuration."
                )
            try:
                security.get_connection_args("client")
            except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
                raise UsageError(
                    f"The certificate for {self.cluster.address} cannot be used: {_reason(error)}."
                ) from None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # on versions; they are compared below, and more strictly
                return Client(
                    self.cluster.full_address,
                    security=security,
                    timeout=CONNECT_SECONDS,
                    set_as_default=False,
                    name="kata-grade",
                )
        except Exception as error:
            raise UsageError(
                f"No Dask scheduler answers at {self.cluster.address}: {_reason(error)}. "
                "Is it running, and is the address right?"
            ) from None

    def _close(self) -> None:
        with contextlib.suppress(Exception):
            self._client.cancel([s.future for s in self._sent.values()], force=True)
        with contextlib.suppress(Exception):
            self._client.close(timeout=3)
        self._silence.close()

    # looking at the cluster ----------------------------------------------------------------------------------

    def _look(self) -> None:
        """Count the workers' threads; see that nobody sends in the clear, and that newcomers have our versions."""
        give_up = time.monotonic() + (WORKERS_SECONDS if self._seen else CONNECT_SECONDS)
        while True:
            try:
                threads = self._ask(self._client.scheduler.ncores)
            except Exception as error:
                raise self._lost_scheduler(_reason(error)) from None
            self._looked = time.monotonic()
            if threads:
                break
            if time.monotonic() > give_up:
                none = f"There is no worker at {self.cluster.address}. Start some: dask worker {self.cluster.address}"
                raise GraderFailure(f"{none}. {KEPT}") if self._seen else UsageError(f"{none}.")
            time.sleep(0.2)
        for address in threads:
            scheme, host, _ = parts_of(address)
            if scheme != "tls" and not is_loopback(host):
                raise UsageError(
                    f"Worker {address} is not encrypted and not on this machine. Start scheduler and workers with "
                    "--protocol tls."
                )
        joined = set(threads) - self._workers
        if joined:
            self._compare(joined)
        self._workers = set(threads)
        self._seen = self._looked
        self._threads = sum(threads.values())

    def _ask(self, function: Any, **arguments: Any) -> Any:
        """The answer of the scheduler, which may be gone without a word."""
        return self._client.sync(function, callback_timeout=CONNECT_SECONDS, **arguments)

    def _compare_scheduler(self) -> None:
        """It passes on what we send and grades nothing, but it has to know the names of our functions."""
        from grader.cluster_worker import description, difference

        try:
            told = self._client.run_on_scheduler(description)
        except Exception as error:
            raise UsageError(_no_nnkata("the scheduler", error)) from None
        named = ("nnkata", "distributed")
        unfit = difference({n: self._description[n] for n in named}, told)
        if unfit:
            raise self._unfit(f"The scheduler {unfit}")

    def _compare(self, workers: Collection[str]) -> None:
        """No grading where versions differ: grades must not depend on the machine."""
        from grader.cluster_worker import description, difference

        for worker, told in self._client.run(description, workers=list(workers), on_error="return").items():
            if isinstance(told, OSError):
                continue  # it has gone meanwhile; if it comes again, it is asked when it grades
            if isinstance(told, BaseException):
                raise UsageError(_no_nnkata(f"worker {worker}", told))
            unfit = difference(self._description, told)
            if unfit:
                raise self._unfit(f"Worker {worker} {unfit}")

    def _unfit(self, what: str) -> UsageError:
        return UsageError(f"{what}. Install the same versions everywhere; nothing was graded there.")

    def _lost_scheduler(self, why: str) -> GraderFailure:
        return GraderFailure(f"The scheduler at {self.cluster.address} was lost: {why}. {KEPT}")

    # grading -------------------------------------------------------------------------------------------------

    def grade(self, jobs: Sequence[tuple[Job, str]]) -> Iterator[tuple[Result, str, str]]:
        """Results with their keys and logs, in the order in which they get ready.

        What the machine may have caused, a time-out or a death, is tried once more at the end, alone.
        """
        again: deque[tuple[Job, str]] = deque()
        yield from self._share(deque(jobs), None, again)
        yield from self._share(again, 1, None)

    def _share(
        self, todo: deque[tuple[Job, str]], at_once: int | None, again: deque[tuple[Job, str]] | None
    ) -> Iterator[tuple[Result, str, str]]:
        while todo or self._sent:
            # Few at a time: the scheduler's memory and ours stay flat, and a dead worker takes few along.
            while todo and len(self._sent) < (at_once or AHEAD * self._threads):
                self._send(*todo.popleft(), last=again is None)
            try:
                sent = self._sent.get(self._done.get(timeout=HEARTBEAT))
            except queue.Empty:
                self._look()
                continue
            if sent is None:
                continue  # heard of twice
            if time.monotonic() - self._looked > HEARTBEAT:
                self._look()
            answer = self._answer_to(sent, last=again is None)
            if answer is None:
                continue
            if answer.get("kind") == "disturbed" and again is not None:
                again.append((sent.job, sent.key))
                continue
            result, log = self._read(answer, sent.job)
            yield result, sent.key, log

    def _send(self, job: Job, key: str, last: bool, tries: int = 1) -> None:
        from grader import cluster_worker as there

        self._number += 1
        name = f"{self._run}-{self._number}"
        future = self._client.submit(
            there.grade, self._order, self._course, there.pack_job(job), last, key=name, pure=False
        )
        self._sent[name] = Sent(future, job, key, tries)
        future.add_done_callback(lambda done: self._done.put(name))

    def _answer_to(self, sent: Sent, last: bool) -> dict[str, Any] | None:
        """What a worker said, or how it failed; None if the submission has to be graded once more."""
        future = sent.future
        if future.status == "finished":
            try:
                answer = json.loads(future.result(timeout=GATHER_SECONDS))
                del self._sent[future.key]
                return (
                    answer if isinstance(answer, dict) else {"kind": "failed", "log": "It answered nonsense."}
                )
            except LOST_ANSWERS as error:
                why: BaseException = error
            if not future.cancelled():
                # Its worker died with the result; the scheduler has it graded again, and it will be heard of.
                name = future.key
                future.add_done_callback(lambda done: self._done.put(name))
                return None
        elif future.status == "error":
            from distributed import KilledWorker

            failure = future.exception(timeout=GATHER_SECONDS)
            del self._sent[future.key]
            if isinstance(failure, KilledWorker):  # the scheduler has tried it on several workers
                return {"kind": "failed", "log": f"The workers that graded this died: {_reason(failure)}"}
            if isinstance(failure, ImportError):  # a worker that joined
                raise UsageError(_no_nnkata("every worker", failure))
            if sent.tries < TRIES:
                self._send(sent.job, sent.key, last, sent.tries + 1)
                return None
            return {"kind": "failed", "log": "".join(traceback.format_exception(failure))}
        else:
            why = ConnectionError("it closed the connection")
        raise self._lost_scheduler(_reason(why))

    def _read(self, answer: Mapping[str, Any], job: Job) -> tuple[Result, str]:
        """The result in an answer and the log of a failure."""
        kind, log = answer.get("kind"), str(answer.get("log", ""))
        if kind == "error":
            error = getattr(errors, str(answer.get("error")), GraderFailure)
            text = str(answer.get("text"))
            raise (
                error(text)
                if isinstance(error, type) and issubclass(error, KitError)
                else GraderFailure(text)
            )
        if kind == "unfit":
            raise self._unfit(str(answer.get("text")))
        if kind == "graded":
            try:
                result = Result.from_dict(answer["result"])
                if (result.student, result.chapter) == (job.student, job.chapter) and result.isolation[
                    "level"
                ] in LEVELS:
                    result.suite = self._suite(job.chapter)
                    self._agree(Isolation(result.isolation["level"], tuple(result.isolation["missing"])))
                    return result, log
            except (KeyError, TypeError, AttributeError):
                pass
            log = "A worker answered with something that is no result of this submission."
        return self._lost(job), log

    def _agree(self, isolation: Isolation) -> None:
        """Remember the weakest."""
        if self.isolation is None or LEVELS.index(isolation.level) > LEVELS.index(self.isolation.level):
            self.isolation = isolation

    def _suite(self, chapter: str) -> dict[str, Any]:
        if chapter not in self._suites:
            self._suites[chapter] = suite_hash(self.course.chapter(chapter), self.secret)
        return {"sha256": self._suites[chapter]}

    def _lost(self, job: Job) -> Result:
        """A result without a grade: the failure is ours."""
        isolation = self.isolation or Isolation("process", ("nothing was graded yet",))
        return lost(job, self._suite(job.chapter)["sha256"], isolation)


@contextlib.contextmanager
def _no_logs() -> Iterator[None]:
    """Whatever goes wrong is told here in one line, so Dask's own loggers keep silent; each has a level of its own."""
    loggers = [
        logging.getLogger(n) for n in list(logging.root.manager.loggerDict) if n.startswith("distributed")
    ]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels):
            logger.setLevel(level)


def _reason(error: BaseException) -> str:
    """One line on why, without Dask's advice to programmers."""
    text = str(error) or type(error).__name__
    return " ".join(text.split()).rstrip(".")[:300]


def _no_nnkata(who: str, error: BaseException) -> str:
    return (
        f"Cannot use {who}: {_reason(error)}. Install there what is here: the same Python, "
        "numpy and nnkata[cluster]."
    )
