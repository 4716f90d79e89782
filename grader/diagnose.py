"""Which catalogued mistake a submission makes: recognised by behaviour, never by text.

Every test of an exercise is run once against each catalogued mistake, and what the program answered is kept. A
submission is said to make a mistake if it passes and fails the same tests of the exercise and gave exactly the
same answers in those that failed. Nearly the same, or two mistakes at once: nothing is said.
"""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np

from grader.errors import KitError
from grader.feedback import explain
from grader.limits import AFTER_A_HANG
from grader.mistakes import Catalogue, Mistake, load_catalogue
from grader.results import Diagnosis
from grader.student import Log, Remote
from grader.suite import Suite, SuiteTest

# Of CPU time, for a catalogued mistake; slower ones are not recognised by that test. Trainings take a second, endless
# loops all that they get, but only once.
SECONDS_PER_TEST = 4.0
AGAIN = 0.1  # seconds to the next alarm: one may ring too early, or within a destructor
SAME = 1e-9  # relative difference that rounding may make
AT_MOST = 3  # mistakes named for one exercise; more means that the tests cannot tell them apart


@dataclass
class Behaviour:
    """How one program fared in the tests of one exercise."""

    verdicts: dict[str, str] = field(default_factory=dict)
    logs: dict[str, Log] = field(default_factory=dict)  # of tests that did not pass


class Diagnoser:
    """Recognises the mistakes of one chapter. Behaviours are computed when first needed and kept."""

    def __init__(self, suite: Suite):
        self.suite = suite
        self._catalogue: Catalogue | None = None
        self._known: dict[str, list[tuple[Mistake, Behaviour]]] = {}

    @property
    def catalogue(self) -> Catalogue:
        if self._catalogue is None:
            self._catalogue = load_catalogue(self.suite.chapter)
            self._catalogue.let_through(TookTooLong)
        return self._catalogue

    def mistakes(self, exercise: str, seen: Behaviour) -> list[Diagnosis]:
        """The catalogued mistakes that behave exactly like what was seen; [] if none or too many do."""
        if not any(v in ("failed", "raised") for v in seen.verdicts.values()):
            return []
        found = [m for m, known in self.behaviours(exercise) if same_behaviour(known, seen)]
        return [Diagnosis(m.id, self.catalogue.said(m)) for m in found] if len(found) <= AT_MOST else []

    def behaviours(self, exercise: str) -> list[tuple[Mistake, Behaviour]]:
        """Every catalogued mistake of an exercise and how it fares in the exercise's tests."""
        if exercise not in self._known:
            wrong = [m for m in self.catalogue.mistakes if m.of == exercise]
            self._known[exercise] = [(m, self._behaviour(m)) for m in wrong]
            self.catalogue.student_with(None)
        return self._known[exercise]

    def _behaviour(self, wrong: Mistake) -> Behaviour:
        seen = Behaviour()
        student = self.catalogue.student_with(wrong)
        seconds = SECONDS_PER_TEST
        for test in tests_of(self.suite, wrong.of):
            if any(seen.verdicts.get(n, "passed") != "passed" for n in test.needs):
                seen.verdicts[test.id] = "skipped"
                continue
            student._channel.log = []
            raised: BaseException | None
            try:
                with Alarm() as alarm, alarm.at_most(seconds):
                    raised, _ = self.suite.run(test, student)
            except TookTooLong as error:
                raised = error
            if raised is None:
                seen.verdicts[test.id] = "passed"
            elif isinstance(raised, TookTooLong):
                seen.verdicts[test.id] = "timeout"
                seconds = AFTER_A_HANG
            else:
                seen.verdicts[test.id] = explain(raised, "", wrong.of).verdict
                seen.logs[test.id] = student._channel.log
        return seen


def tests_of(suite: Suite, exercise: str) -> list[SuiteTest]:
    """The tests of one exercise, in the order in which they are run."""
    return [t for t in suite.tests if t.mark.of == exercise]


def same_behaviour(known: Behaviour, seen: Behaviour) -> bool:
    """Same tests passed, and exactly the same answers where they failed."""
    if known.verdicts != seen.verdicts:
        return False
    compared = 0
    for test, verdict in seen.verdicts.items():
        if verdict in ("failed", "raised"):
            if not same_log(known.logs.get(test, []), seen.logs.get(test, [])):
                return False
            compared += 1
    return compared > 0


def same_log(a: Log, b: Log) -> bool:
    return len(a) == len(b) and all(
        p[0] == q[0] and same_answer(p[1], q[1]) for p, q in zip(a, b, strict=True)
    )


def same_answer(a: Any, b: Any) -> bool:
    """Equal up to rounding, nan equal to nan; objects that stayed there count as equal."""
    if isinstance(a, Remote) or isinstance(b, Remote):
        return isinstance(a, Remote) and isinstance(b, Remote)
    if isinstance(a, (np.ndarray, np.generic, float, complex)) and isinstance(
        b, (np.ndarray, np.generic, float, complex)
    ):
        x, y = np.asarray(a), np.asarray(b)
        if x.shape != y.shape or x.dtype.kind != y.dtype.kind:
            return False
        if x.dtype.kind not in "fc":
            return bool(np.array_equal(x, y))
        with np.errstate(all="ignore"):
            scale = np.max(np.abs(y[np.isfinite(y)]), initial=0.0)
            return bool(np.allclose(x, y, rtol=SAME, atol=1e-12 * scale, equal_nan=True))
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same_answer, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same_answer(v, b[k]) for k, v in a.items())
    return bool(a == b)


class TookTooLong(BaseException):
    """A catalogued mistake did not end in time."""


class Alarm:
    """Ends trusted computations that take too much CPU time, which a busy machine does not change.

    The time of its own thread decides: the kernel's alarm counts the idle spinning of BLAS threads as well. Without
    effect outside a main thread. As a context it keeps its handler, so that each limit costs microseconds.
    """

    def __init__(self) -> None:
        self._due = math.inf
        self._before: Any = None
        self._works = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")

    def __enter__(self) -> Alarm:
        if self._works:
            self._before = signal.signal(signal.SIGPROF, self._ring)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._works:
            signal.signal(signal.SIGPROF, self._before or signal.SIG_DFL)

    @contextlib.contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """Raise TookTooLong in what is done here when it has computed for so long."""
        if not self._works:
            yield
            return
        self._due = time.thread_time() + 0.9 * seconds
        signal.setitimer(signal.ITIMER_PROF, seconds, AGAIN)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            self._due = math.inf

    def _ring(self, _: int, frame: FrameType | None) -> None:
        if time.thread_time() >= self._due and not _swallowing(frame):
            raise TookTooLong


def _swallowing(frame: FrameType | None) -> bool:
    """Whether what is raised here would get lost in a destructor or a weak reference's callback, with a warning."""
    while frame is not None:
        if frame.f_code.co_name == "__del__" or frame.f_globals.get("__name__") == "weakref":
            return True
        frame = frame.f_back
    return False


def diagnose(diagnoser: Diagnoser, seen: Mapping[str, Behaviour]) -> dict[str, list[Diagnosis]]:
    """Recognised mistakes by exercise. A catalogue that does not load costs no grade: then nothing is said."""
    found = {}
    for exercise, behaviour in seen.items():
        try:
            named = diagnoser.mistakes(exercise, behaviour)
        except KitError:
            continue
        if named:
            found[exercise] = named
    return found
