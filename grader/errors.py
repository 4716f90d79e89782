"""Exceptions of the kit, one tree per culprit.

KitError                     somebody who runs the kit has to act; one clear line
  UsageError                 a wrong path, name or option             (exit code 2)
  AuthorError                a solution, suite or mistake is wrong    (exit code 2)
  GraderFailure              the grader itself failed, no grade       (exit code 3)
    IsolationError           the sandbox is not strong enough here    (exit code 3)
Mismatch                     a result is not what the test wants      (the student's)
StudentError                 the student's code raised                (the student's)
SubmissionDied               the student's process was stopped        (the student's)
"""

from __future__ import annotations


class KitError(Exception):
    """Somebody who runs the kit has to act. The text is one clear line: what, where, what to do next."""

    exit_code = 2


class UsageError(KitError):
    """A path, name or option that does not exist or does not fit."""


class AuthorError(KitError):
    """A solution, a suite, a mistake or a handout breaks a rule of the kit."""


class GraderFailure(KitError):
    """The grader failed, not the submission. No grade is written."""

    exit_code = 3


class IsolationError(GraderFailure):
    """This machine does not give the isolation that was asked for."""


class Mismatch(AssertionError):
    """A result differs from what the test wants.

    `message` is safe to show to the student under a hidden test: it never holds an input or an expected
    value. `detail` may hold both and is for staff and for visible tests. `diagnosis` is the id of the
    explanation that was recognised ("ratio:batch"), or None.
    """

    def __init__(self, message: str, detail: str = "", diagnosis: tuple[str, str] | None = None):
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.diagnosis = diagnosis

    def __str__(self) -> str:
        return f"{self.message}\n{self.detail}" if self.detail else self.message


class StudentError(Exception):
    """The student's code raised an exception.

    An instance is also an instance of the built-in class that was raised, so that
    `pytest.raises(ValueError)` reads naturally.

    kind : 'raised', 'unwritten' (NotImplementedError), 'missing' (no such name), 'memory', 'unsupported'
        ('unsupported': the result is of a kind that does not cross the border, such as a set), 'slow' (the file takes too
        long to load).
    type_name : the nearest built-in class; the name of a self-made class is not repeated.
    text : the text of the exception; may repeat hidden inputs, so it is for staff and visible tests.
    line, function : where in the student's own file, or None.
    span : (first line, column, last line, column) of the expression there; columns count characters from 0.
    operands : (text, kind, shape) of what stands in it, such as ("self.W", "float64", (4, 3)).
    """

    def __init__(
        self,
        kind: str,
        type_name: str,
        text: str = "",
        *,
        line: int | None = None,
        function: str | None = None,
        trace: tuple[tuple[str, int, str], ...] = (),
        span: tuple[int, int, int, int] | None = None,
        operands: tuple[tuple[str, str, tuple[int, ...]], ...] = (),
    ):
        super().__init__(f"{type_name}: {text}" if text else type_name)
        self.kind = kind
        self.type_name = type_name
        self.text = text
        self.line = line
        self.function = function
        self.trace = trace  # (file name, line, function), outermost first; the student's own files only
        self.span = span
        self.operands = operands


class SubmissionDied(Exception):
    """The student's process was stopped or died.

    verdict : 'timeout', 'memory', 'crashed' or 'protocol'.
    limit : the limit that was hit, in words with its unit ("5 s for one test"), or None.
    disturbed : the machine may have caused it: a time-out before the process had its share of CPU time, because others had it
        or because it slept; a SIGKILL, which it cannot send itself.
    """

    def __init__(self, verdict: str, text: str, limit: str | None = None, *, disturbed: bool = False):
        super().__init__(text)
        self.verdict = verdict
        self.limit = limit
        self.disturbed = disturbed
