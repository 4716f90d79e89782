"""One trusted process of a grading run: the suites collected once, a warm fork server, one job at a time.

It is a program of its own, started by `grader.classroom`, and speaks over a pipe:

    ("open", chapters, core, roomy) -> ("ready", isolation)                      once, before all others
    ("prepare", chapter)            -> ("prepared", chapter, limits, warnings)   the reference passes here
    ("grade", Job)                  -> ("graded", Result, log, disturbed)
    ("stop",)
`core`: stay on this one. `roomy`: there is a second core for the workers, see `ForkServer.use_spare_cores`. A KitError
travels as ("error", exit code, text).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
    add_warning_notes,
    grade_in_sandbox,
    reference_outcome,
    time_limits,
    warnings_of,
)
from grader.jobs import NOT_GRADED, Job, blank
from grader.results import Isolation, Result, now, total
from grader.sandbox.isolation import start_server
from grader.sandbox.server import ForkServer
from grader.submission import Notebook
from grader.suite import Suite, open_suites


@dataclass
class Engine:
    """What a grading process keeps warm."""

    course: Course
    suites: dict[str, Suite]
    server: ForkServer
    isolation: Isolation
    limits: dict[str, dict[str, float]] = field(default_factory=dict)
    diagnosers: dict[str, Diagnoser] = field(default_factory=dict)
    warned: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    disturbed: bool = False  # the machine may have caused what happened to the last submission

    def prepare(self, name: str) -> dict[str, float]:
        """Time limits of a chapter, after its reference has passed here."""
        if name not in self.limits:
            suite = self.suites[name]
            outcome = reference_outcome(self.server, suite)
            self.limits[name] = time_limits(suite, outcome)
            self.warned[name] = warnings_of(outcome)
        return self.limits[name]

    def grade(self, job: Job) -> tuple[Result, str]:
        """The result of a job, and the log if the grader failed."""
        suite = self.suites[job.chapter]
        if job.only:
            suite = suite.part(job.only)
        started, clock = now(), time.monotonic()
        self.disturbed = False
        try:
            job = _extracted(job)
        except GraderFailure as error:
            result = blank(job, suite.sha256, self.isolation, started)
            return _not_graded(result, clock), f"{error}\n{traceback.format_exc()}"
        result = blank(job, suite.sha256, self.isolation, started)
        if job.source is None or job.source.text is None:
            result.status = "missing" if job.source is None else "rejected"
            result.score = 0.0
            result.max_score = total(t.mark.points for t in suite.tests if not t.mark.bonus)
            if job.source is not None and job.source.rejected:
                result.notes.append(job.source.rejected)
            return result, ""
        submission = Submission(job.student, suite.chapter, job.source.text, {})
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
            return _not_graded(result, clock), log
        if job.named:
            add_diagnoses(outcome, self._diagnoser(self.suites[job.chapter]))
        add_warning_notes(outcome, job.warned or self.warned.get(job.chapter, {}))
        self.disturbed = outcome.disturbed
        result.tests = outcome.tests
        result.drawings = outcome.drawings
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
        if first == "own":
            submission = replace(submission, own=_texts(job.own))
        outcome = grade_in_sandbox(self.server, suite, submission, job.limits, first)
        if job.prerequisites == "auto" and outcome.import_failed and job.own:
            submission = replace(submission, own=_texts(job.own))
            other = grade_in_sandbox(self.server, suite, submission, job.limits, "own")
            if other.total > outcome.total:
                other.notes.append(
                    "Graded on the student's own earlier chapters, since it does not run on ours."
                )
                return other, "own"
        return outcome, first


def _extracted(job: Job) -> Job:
    """The job with the code of its notebook; a failure of ours is tried once more."""
    if job.source is None or job.source.notebook is None:
        return job
    try:
        return replace(job, source=job.source.notebook.source())
    except GraderFailure:
        return replace(job, source=job.source.notebook.source())


def _texts(own: Mapping[str, str | Notebook]) -> dict[str, str]:
    """The student's other chapters as text, without those that cannot be read."""
    texts = {name: of if isinstance(of, str) else of.source().text for name, of in own.items()}
    return {name: text for name, text in texts.items() if text is not None}


def _not_graded(result: Result, clock: float) -> Result:
    result.status = "grader_error"
    result.seconds = round(time.monotonic() - clock, 3)
    result.notes.append(NOT_GRADED)
    return result


@contextlib.contextmanager
def open_engine(
    course: Course, chapters: list[Chapter], allowed: str = "sealed", launched: ForkServer | None = None
) -> Any:
    """An engine for these chapters, in this process.

    launched : a fork server that was launched before.

    Raises
    ------
    AuthorError, IsolationError, GraderFailure
    """
    server, isolation = start_server(allowed=allowed, launched=launched)
    with server_closing(server), open_suites(course, chapters) as suites:
        yield Engine(course, suites, server, isolation)


@contextlib.contextmanager
def server_closing(server: ForkServer) -> Any:
    try:
        yield
    finally:
        server.close()


def start(launched: ForkServer) -> None:
    """Entry point of the process: the pipe's descriptor and the rest stand in its one argument."""
    descriptor, root, allowed = json.loads(sys.argv[1])
    sys.argv[1:] = []
    with Connection(descriptor) as pipe:
        serve(pipe, root, allowed, launched)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # taking numpy and pytest apart takes 50 ms, for which the main process would wait


def stay_on(core: int, server: int) -> None:
    """Keep this process, the fork server and all workers that it forks on one core.

    They take turns, so one core is all they can use; left to the kernel they are often woken where another is at work.
    """
    with contextlib.suppress(OSError):  # a container may forbid it
        os.sched_setaffinity(server, {core})
        os.sched_setaffinity(0, {core})


def serve(pipe: Connection, root: str, allowed: str, launched: ForkServer | None = None) -> None:
    """Serve one `grader.classroom` until it says stop or hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the main process's affair
    parent = os.getppid()
    try:
        course = Course(Path(root))
        _, names, core, roomy = pipe.recv()
        with open_engine(course, [course.chapter(n) for n in names], allowed, launched) as engine:
            if core is not None:
                stay_on(core, engine.server.pid)
            if roomy:
                engine.server.use_spare_cores()
            pipe.send(("ready", engine.isolation))
            # A result goes out when the next worker computes for long: stored at once, it would be in that one's way.
            held: list[tuple[Any, ...]] = []  # at most one

            def send_held() -> None:
                if held:
                    pipe.send(held.pop())

            engine.server.when_quiet = send_held
            while True:
                while not pipe.poll(0.0 if held else 5.0):
                    send_held()
                    if os.getppid() != parent:
                        return  # the main process was killed
                match pipe.recv():
                    case ("prepare", name):
                        limits = engine.prepare(name)
                        pipe.send(("prepared", name, limits, engine.warned[name]))
                    case ("grade", job):
                        result = engine.grade(job)
                        send_held()
                        held.append(("graded", *result, engine.disturbed))
                    case _:
                        return
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except KitError as error:
        with contextlib.suppress(OSError):
            pipe.send(("error", type(error), str(error)))
