"""Grading one submission of one chapter: run its hidden suite against a student and record the verdicts.

The list of expected tests is known before the student's code runs. Every test gets exactly one verdict, and a
missing verdict is never a pass.
"""

from __future__ import annotations

import math
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from grader import drawings
from grader.course import Chapter
from grader.diagnose import Alarm, Behaviour, Diagnoser, TookTooLong, diagnose
from grader.errors import GraderFailure, StudentError, SubmissionDied
from grader.explain_errors import cause_of
from grader.feedback import Feedback, explain
from grader.limits import AFTER_A_HANG, CEILING_SECONDS, FLOOR_SECONDS, GENEROSITY, SUBMISSION_SECONDS
from grader.notebook_read import place
from grader.numpy_warnings import Warned
from grader.numpy_warnings import notes as warning_notes
from grader.places import in_words
from grader.results import Diagnosis, TestResult, total
from grader.sandbox.channel import PATIENCE, Limit, WorkerChannel
from grader.sandbox.server import ForkServer
from grader.stripped import stripped_source
from grader.student import Log, Student, student_error
from grader.suite import Suite, SuiteTest
from grader.texts import say

LOAD_SECONDS = 10.0
HANGS = 2  # of an exercise; its further tests are not run
TRUSTED_SECONDS = 60.0  # for our own part of one test
RESPAWNS = 10


@dataclass
class Submission:
    """One student's code for one chapter, ready to be sent to a worker."""

    student: str
    chapter: Chapter
    source: str
    own: Mapping[str, str] = field(default_factory=dict)  # the student's other chapters: name -> source


@dataclass
class Outcome:
    """Verdicts of one run of a suite."""

    tests: list[TestResult]
    notes: list[str] = field(default_factory=list)
    import_failed: bool = False
    seconds: float = 0.0
    logs: dict[str, Log] = field(default_factory=dict, repr=False)  # of tests that did not pass
    warned: dict[str, Warned] = field(default_factory=dict, repr=False)  # numpy's warnings by test
    disturbed: bool = False  # by the machine: a time-out or a death that it may have caused
    drawings: list[dict[str, Any]] = field(default_factory=list, repr=False)

    @property
    def score(self) -> float:
        return total(t.points for t in self.tests if not t.bonus)

    @property
    def total(self) -> float:
        return total(t.points for t in self.tests)

    @property
    def grader_error(self) -> TestResult | None:
        return next((t for t in self.tests if t.verdict == "grader_error"), None)


def run_suite(
    suite: Suite,
    open_student: Callable[[Limit], tuple[Student, WorkerChannel | None]],
    limits: Mapping[str, float],
    file: str,
    source: str = "",
) -> Outcome:
    """Run every test of a suite.

    open_student : gives a loaded student and its channel (None: in this process, without limits). Called
        again after a worker has died or for a test that wants a fresh one; may raise StudentError or
        SubmissionDied, which is then the verdict of every test.
    limits : seconds per test id.
    file, source : name and text of what was handed in, for messages.
    """
    with Alarm() as alarm:
        return _run_tests(suite, open_student, limits, file, source, alarm)


def _run_tests(
    suite: Suite,
    open_student: Callable[[Limit], tuple[Student, WorkerChannel | None]],
    limits: Mapping[str, float],
    file: str,
    source: str,
    alarm: Alarm,
) -> Outcome:
    results: dict[str, TestResult] = {}
    hung: Counter[str] = Counter()  # time-outs by exercise
    warned: dict[str, Warned] = {}
    disturbed = False
    drawn: list[dict[str, Any]] = []
    logs: dict[str, Log] = {}
    started = time.monotonic()
    student: Student | None = None
    channel: WorkerChannel | None = None
    lost: BaseException | None = None  # why there is no worker any more
    spawns = 0

    @cache  # most tests have the same one
    def limit_of(what: str, seconds: float) -> Limit:
        return Limit(seconds, say(f"grade.limit.{what}", seconds=seconds))

    for test in _slow_last(suite.tests, limits):
        missing = next((n for n in test.needs if results[n].verdict != "passed"), None)
        if missing is not None:
            results[test.id] = _result(test, _skipped(results[missing]), 0.0)
            continue
        if hung[test.mark.of] >= HANGS:
            results[test.id] = _result(test, _not_run(test.mark.of), 0.0)
            continue
        over = time.monotonic() - started > SUBMISSION_SECONDS
        if over:
            lost = lost or SubmissionDied(
                "timeout",
                say("grade.too-long-in-all", seconds=SUBMISSION_SECONDS),
                say("grade.limit.submission", seconds=SUBMISSION_SECONDS),
            )
        if lost is None and (student is None or test.mark.fresh or (channel is not None and channel.closed)):
            if channel is not None:
                channel.close()
            # A fresh worker that a test asked for is no death.
            spawns += student is not None and not test.mark.fresh
            if spawns > RESPAWNS:
                lost = SubmissionDied("crashed", say("grade.ended-often", count=RESPAWNS))
            else:
                try:
                    student, channel = open_student(limit_of("loading", LOAD_SECONDS))
                except (StudentError, SubmissionDied) as error:
                    lost = error
                    disturbed = disturbed or (isinstance(error, SubmissionDied) and error.disturbed)
        if lost is not None or student is None:
            results[test.id] = _result(
                test, explain(lost or GraderFailure("no worker"), file, test.mark.of, source), 0.0
            )
            continue
        if channel is not None:
            seconds = limits.get(test.id, FLOOR_SECONDS)
            if hung[test.mark.of]:  # a function that hangs for some inputs only can still show what it does
                channel.begin(limit_of("again", min(seconds, max(AFTER_A_HANG, seconds / 10))))
            else:
                channel.begin(limit_of("test", seconds))
            channel.log = []
        drawings.begin()
        with alarm.at_most(TRUSTED_SECONDS + PATIENCE * limits.get(test.id, FLOOR_SECONDS)):
            raised, seconds = suite.run(test, student)
        drawn += drawings.taken(test.id)
        if isinstance(raised, TookTooLong):  # what is computed on our side has no other limit
            if channel is not None:
                channel.close()
            raise GraderFailure(f"Our own part of the test {test.id} did not end.")
        if raised is None and channel is not None:
            # A test that swallowed the end of the worker, a student who swallowed a failed check: not passed.
            raised = channel.died or channel.failed_check
        if channel is not None and channel.warned:
            warned[test.id] = channel.warned.copy()
        disturbed = disturbed or (isinstance(raised, SubmissionDied) and raised.disturbed)
        feedback = (
            None
            if raised is None
            else explain(raised, file, test.mark.of, source, lambda: suite.chapter.solution)
        )
        if raised is not None:  # its frames hold what the student returned, which may be large
            traceback.clear_frames(raised.__traceback__)
            raised = None
        if feedback is not None and feedback.verdict == "timeout":
            hung[test.mark.of] += 1
        results[test.id] = _result(test, feedback, seconds)
        if feedback is not None and channel is not None and channel.log is not None:
            logs[test.id] = channel.log
    if channel is not None:
        channel.close()
    return Outcome(
        [results[t.id] for t in suite.tests],
        logs=logs,
        seconds=time.monotonic() - started,
        warned=warned,
        disturbed=disturbed,
        drawings=drawn[: drawings.MOST],
    )


def _slow_last(tests: list[SuiteTest], limits: Mapping[str, float]) -> list[SuiteTest]:
    """The order to run them in: what may take long, and whatever needs that, at the end.

    A correct but slow program loses the tests that it is too slow for, and not the small ones beside them.
    """
    slow: set[str] = set()
    for test in tests:  # needed tests stand before
        if limits.get(test.id, FLOOR_SECONDS) > FLOOR_SECONDS or slow.intersection(test.needs):
            slow.add(test.id)
    return sorted(tests, key=lambda test: test.id in slow)


def _not_run(exercise: str) -> Feedback:
    text = say("grade.not-run", exercise=exercise, count=HANGS)
    return Feedback("timeout", text)


def _skipped(cause: TestResult) -> Feedback:
    return Feedback("skipped", say("grade.counts-once", title=cause.title))


def _result(test: SuiteTest, feedback: Feedback | None, seconds: float) -> TestResult:
    passed = feedback is None
    return TestResult(
        id=test.id,
        exercise=test.mark.of,
        title=test.title,
        points=test.mark.points if passed else 0.0,
        max_points=test.mark.points,
        bonus=test.mark.bonus,
        verdict="passed" if feedback is None else feedback.verdict,
        limit=None if feedback is None else feedback.limit,
        message="" if feedback is None else (feedback.message or say("grade.does-not-hold")),
        detail="" if feedback is None else feedback.detail,
        diagnosis=Diagnosis(*feedback.diagnosis) if feedback is not None and feedback.diagnosis else None,
        seconds=round(seconds, 6),
    )


# in the sandbox --------------------------------------------------------------------------------------------


def sandbox_sources(submission: Submission, prerequisites: str) -> tuple[dict[str, str], dict[str, str]]:
    """What a worker gets: the student's module, and the chapters it needs from the reference or the student."""
    chapter = submission.chapter
    main = f"{chapter.name}.{chapter.module}"
    sources, names = {main: submission.source}, {main: f"{chapter.name}/{chapter.file_name}"}
    earlier = [c for c in chapter.course.chapters if c.number < chapter.number]
    wanted = set(chapter.needs)
    for other in earlier:
        if other.name in submission.source:  # an import that the reference does without
            wanted |= {other.name, *other.needs}
    for other in earlier:
        module = f"{other.name}.{other.module}"
        if prerequisites == "own":
            if other.name in submission.own:
                sources[module] = submission.own[other.name]
        elif other.name in wanted:
            sources[module] = stripped_source(other)
        if module in sources:
            names[module] = f"{other.name}/{other.file_name}"
    return sources, names


def grade_in_sandbox(
    server: ForkServer, suite: Suite, submission: Submission, limits: Mapping[str, float], prerequisites: str
) -> Outcome:
    """Run a suite against a submission in workers of `server`.

    Raises
    ------
    GraderFailure
        If the sandbox failed; nothing is known about the submission then.
    """
    sources, names = sandbox_sources(submission, prerequisites)
    main = f"{submission.chapter.name}.{submission.chapter.module}"
    notes: list[str] = []
    state = {"import_failed": False}

    def open_student(limit: Limit) -> tuple[Student, WorkerChannel]:
        channel = WorkerChannel(server)
        channel.begin(limit)
        try:
            told = channel.load(sources, names, main)
        except BaseException:
            channel.close()
            raise
        problems = told.get("problems") if isinstance(told, dict) else None
        if not isinstance(problems, list) or not all(isinstance(p, dict) for p in problems):
            channel.close()
            raise SubmissionDied("protocol", say("grade.interfered"))
        if any(p.get("import") or p.get("type") in ("ImportError", "ModuleNotFoundError") for p in problems):
            state["import_failed"] = True
        if told.get("loaded") is not True:
            channel.close()
            raise (
                student_error(problems[0]) if problems else StudentError("raised", "Exception", "not loaded")
            )
        if not notes:
            notes.extend(_load_notes(problems, names[main], sources[main]))
        return Student(channel), channel

    outcome = run_suite(suite, open_student, limits, names[main], sources[main])
    outcome.notes = notes
    outcome.import_failed = state["import_failed"]
    return outcome


def _load_notes(problems: list[dict[str, Any]], file: str, source: str) -> list[str]:
    notes = []
    for problem in problems[:5]:
        line = problem.get("line")
        if isinstance(line, int):
            where = in_words(place(source, line) or f"line {line}")
        else:
            where = say("grade.some-line")
        error = student_error(problem)
        cause = cause_of(error, source)
        text = say("grade.statement-left-out", file=file, place=where, type=error.type_name)
        notes.append(f"{text} {cause.sentence if cause is not None else ''}".rstrip())
    return notes


def add_warning_notes(outcome: Outcome, expected: Mapping[str, list[str]]) -> None:
    """Explain numpy's warnings, but for those that the reference gives in the same test.

    expected : by test id, the operations of which the reference warned ("overflow exp").
    """
    by_exercise: dict[str, Warned] = {}
    for test in outcome.tests:
        for (what, operation), count in outcome.warned.get(test.id, Warned()).items():
            if f"{what} {operation}" not in expected.get(test.id, []):
                by_exercise.setdefault(test.exercise, Warned())[what, operation] += count
    outcome.notes += warning_notes(by_exercise)


def warnings_of(reference: Outcome) -> dict[str, list[str]]:
    """By test id, the operations of which the reference warned."""
    return {
        test: [f"{what} {operation}" for what, operation in warned]
        for test, warned in reference.warned.items()
    }


def add_diagnoses(outcome: Outcome, diagnoser: Diagnoser) -> None:
    """Name the catalogued mistake in every failed test of an exercise that behaves exactly like one."""
    seen: dict[str, Behaviour] = {}
    for test in outcome.tests:
        behaviour = seen.setdefault(test.exercise, Behaviour())
        behaviour.verdicts[test.id] = test.verdict
        if test.id in outcome.logs:
            behaviour.logs[test.id] = outcome.logs[test.id]
    for exercise, named in diagnose(diagnoser, seen).items():
        one = Diagnosis(
            " or ".join(d.id for d in named), f" {say('practice.or')} ".join(d.text for d in named)
        )
        for test in outcome.tests:
            if test.exercise == exercise and test.verdict in ("failed", "raised"):
                test.diagnosis = one


def time_limits(suite: Suite, reference: Outcome) -> dict[str, float]:
    """Seconds per test: a generous multiple of the reference's own time, with a floor and a ceiling."""
    limits = {}
    for test, result in zip(suite.tests, reference.tests, strict=True):
        own = GENEROSITY * (result.seconds or 0.0)
        limits[test.id] = test.mark.seconds or min(CEILING_SECONDS, max(FLOOR_SECONDS, float(math.ceil(own))))
    return limits


def reference_outcome(server: ForkServer, suite: Suite) -> Outcome:
    """Grade the reference itself, as a proof that suite, sandbox and this machine are in order.

    Raises
    ------
    GraderFailure
        If the reference does not get full marks; nobody can be graded then.
    """
    chapter = suite.chapter
    submission = Submission("reference", chapter, chapter.solution)
    limits = {t.id: CEILING_SECONDS for t in suite.tests}
    outcome = grade_in_sandbox(server, suite, submission, limits, "reference")
    wrong = next((t for t in outcome.tests if t.verdict != "passed"), None)
    if wrong is not None:
        raise GraderFailure(
            f"The reference of {chapter.name} does not pass its own test {wrong.id} ({wrong.verdict}: {wrong.message}). "
            f"Run: pytest {chapter.hidden_folder.relative_to(chapter.course.root)}\n{wrong.detail}"
        )
    return outcome
