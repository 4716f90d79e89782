"""One trusted process of a grading run: the suites collected once, a warm fork server, one job at a time.

It is a program of its own, started by `grader.classroom`, and speaks over a pipe:

    ("prepare", chapter)            -> ("prepared", limits, suite hash)   the reference passes here
    ("grade", Job)                  -> ("graded", Result, log)
    ("stop",)
A KitError travels as ("error", exit code, text).
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from grader.course import Chapter, Course
from grader.diagnose import Diagnoser
from grader.errors import GraderFailure, KitError
from grader.grade import (
    Outcome,
    Submission,
    add_diagnoses,
    grade_in_sandbox,
    now,
    reference_outcome,
    time_limits,
)
from grader.results import Result, total
from grader.sandbox.isolation import Isolation, start_server
from grader.sandbox.server import ForkServer
from grader.submission import Source
from grader.suite import Suite, open_suites
from grader.version import VERSION


@dataclass(frozen=True)
class Job:
    """One submission to grade."""

    student: str
    chapter: str
    source: Source | None  # None: nothing was handed in for this chapter
    own: Mapping[str, str]
    limits: Mapping[str, float]
    prerequisites: str  # 'auto', 'reference' or 'own'
    notes: tuple[str, ...] = ()
    only: tuple[str, ...] = ()  # ids of tests; empty: all of them
    named: bool = True  # name recognised mistakes


@dataclass
class Engine:
    """What a grading process keeps warm."""

    course: Course
    suites: dict[str, Suite]
    server: ForkServer
    isolation: Isolation
    limits: dict[str, dict[str, float]] = field(default_factory=dict)
    diagnosers: dict[str, Diagnoser] = field(default_factory=dict)

    def prepare(self, name: str) -> dict[str, float]:
        """Time limits of a chapter, after its reference has passed here."""
        if name not in self.limits:
            suite = self.suites[name]
            self.limits[name] = time_limits(suite, reference_outcome(self.server, suite))
        return self.limits[name]

    def grade(self, job: Job) -> tuple[Result, str]:
        """The result of a job, and the log if the grader failed."""
        suite = self.suites[job.chapter]
        if job.only:
            suite = suite.part(job.only)
        started, clock = now(), time.monotonic()
        result = self._blank(job, suite, started)
        if job.source is None or job.source.text is None:
            result.status = "missing" if job.source is None else "rejected"
            result.score = 0.0
            result.max_score = total(t.mark.points for t in suite.tests if not t.mark.bonus)
            if job.source is not None and job.source.rejected:
                result.notes.append(job.source.rejected)
            return result, ""
        submission = Submission(job.student, suite.chapter, job.source.text, job.own)
        log = ""
        for attempt in (1, 2):  # a failure of ours is tried once more before it is reported
            try:
                outcome, used = self._best(suite, submission, job)
            except GraderFailure as error:
                log = f"attempt {attempt}: {error}\n{traceback.format_exc()}"
                continue
            wrong = outcome.grader_error
            if wrong is None:
                break
            log = f"attempt {attempt}: test {wrong.id}: {wrong.message}\n{wrong.detail}"
        else:
            result.status = "grader_error"
            result.seconds = round(time.monotonic() - clock, 3)
            result.notes.append("The grader failed, not the submission. No grade was written.")
            return result, log
        if job.named:
            add_diagnoses(outcome, self._diagnoser(self.suites[job.chapter]))
        result.tests = outcome.tests
        result.prerequisites = used
        result.notes += outcome.notes
        result.add_up()
        result.seconds = round(time.monotonic() - clock, 3)
        return result, ""

    def _diagnoser(self, suite: Suite) -> Diagnoser:
        return self.diagnosers.setdefault(suite.chapter.name, Diagnoser(suite))

    def _best(self, suite: Suite, submission: Submission, job: Job) -> tuple[Outcome, str]:
        """Grade on the reference's earlier chapters; if that cannot run, on the student's own as well."""
        first = "own" if job.prerequisites == "own" else "reference"
        outcome = grade_in_sandbox(self.server, suite, submission, job.limits, first)
        if job.prerequisites == "auto" and outcome.import_failed and job.own:
            other = grade_in_sandbox(self.server, suite, submission, job.limits, "own")
            if other.total > outcome.total:
                other.notes.append(
                    "Graded on the student's own earlier chapters, since it does not run on ours."
                )
                return other, "own"
        return outcome, first

    def _blank(self, job: Job, suite: Suite, started: str) -> Result:
        source = job.source
        return Result(
            student=job.student,
            chapter=job.chapter,
            status="graded",
            submission={
                "sha256": source.sha256 if source else "",
                "files": list(source.files) if source else [],
                "kind": "py" if source else "none",
            },
            suite={"sha256": suite.sha256},
            environment=environment(),
            isolation=self.isolation.to_dict(),
            started=started,
            notes=list(job.notes) + (list(source.notes) if source else []),
        )


def environment() -> dict[str, str]:
    """What a result was made with."""
    import numpy

    return {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "nnkata": VERSION,
        "platform": f"{sys.platform}-{platform.machine()}",
    }


@contextlib.contextmanager
def open_engine(course: Course, chapters: list[Chapter], allowed: str = "sealed") -> Any:
    """An engine for these chapters, in this process.

    Raises
    ------
    AuthorError, IsolationError, GraderFailure
    """
    server, isolation = start_server(allowed=allowed)
    with server_closing(server), open_suites(course, chapters) as suites:
        yield Engine(course, suites, server, isolation)


@contextlib.contextmanager
def server_closing(server: ForkServer) -> Any:
    try:
        yield
    finally:
        server.close()


def start() -> None:
    """Entry point of the process: the pipe's descriptor and the rest stand in its one argument."""
    descriptor, root, names, allowed = json.loads(sys.argv[1])
    sys.argv[1:] = []
    with Connection(descriptor) as pipe:
        serve(pipe, root, names, allowed)


def serve(pipe: Connection, root: str, names: list[str], allowed: str) -> None:
    """Serve one `grader.classroom` until it says stop or hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the main process's affair
    parent = os.getppid()
    try:
        course = Course(Path(root))
        with open_engine(course, [course.chapter(n) for n in names], allowed) as engine:
            pipe.send(("ready", engine.isolation))
            while True:
                while not pipe.poll(5.0):
                    if os.getppid() != parent:
                        return  # the main process was killed
                match pipe.recv():
                    case ("prepare", name):
                        pipe.send(("prepared", name, engine.prepare(name)))
                    case ("grade", job):
                        pipe.send(("graded", *engine.grade(job)))
                    case _:
                        return
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except KitError as error:
        with contextlib.suppress(OSError):
            pipe.send(("error", type(error), str(error)))
