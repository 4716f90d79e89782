"""From an exception of a test to a verdict and the words that a student reads.

One place for both worlds: visible tests (everything may be shown) and hidden tests (message only; details are
for staff). A test that fails for a reason that is neither the student's nor a comparison is the grader's fault.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grader.errors import KitError, Mismatch, StudentError, SubmissionDied
from grader.explain_errors import cause_of, pointed
from grader.notebook_read import is_from_notebook
from grader.notebook_read import place as place_in_notebook
from grader.places import in_words
from grader.source_text import where_it_may_hang, why_none
from grader.texts import say

PACKAGE = Path(__file__).resolve().parent.as_posix()
# What they trip over is a value of the student's: the reference passed the same test on this machine.
JUDGES = ("/compare.py", "/compare_words.py", "/gradients.py", "/battery.py", "/student.py")
DETAIL_LIMIT = 4000  # characters
STEPS = 6  # of a traceback
UNREADABLE = ("SyntaxError", "IndentationError", "TabError")


@dataclass(frozen=True)
class Feedback:
    """What one failed test means. `message` is safe under hidden tests, `detail` is not."""

    verdict: str
    message: str
    detail: str = ""
    diagnosis: tuple[str, str] | None = None
    limit: str | None = None
    place: str | None = None  # "losses.py, line 23" in the student's own file
    short: str = ""  # the first sentence of the message, where only that is shown


def explain(
    error: BaseException, file: str, exercise: str, source: str = "", given: Callable[[], str] | None = None
) -> Feedback:
    """Explain why a test of `exercise` did not pass.

    file : the student's file as a person calls it ("ch04_losses/losses.py").
    source : what was loaded of it; if it comes from a notebook, lines are named by their cell.
    given : gives the file as it was handed out, or the reference: what def lines are compared with.
    """
    if isinstance(error, Mismatch):
        none = error.diagnosis is not None and error.diagnosis[0] == "form:none"
        why = why_none(source, exercise) if none else ""
        return Feedback("failed", f"{error.message} {why}".rstrip(), _cut(error.detail), error.diagnosis)
    if isinstance(error, StudentError):
        return _student(error, file, exercise, source, given)
    if isinstance(error, SubmissionDied):
        hint = ""
        if error.verdict == "timeout" and not error.disturbed:
            hint = where_it_may_hang(
                source, exercise, lambda line: in_words(place_in_notebook(source, line) or f"line {line}")
            )
        return Feedback(error.verdict, f"{error} {hint}".rstrip(), limit=error.limit)
    if isinstance(error, KitError):
        return Feedback("grader_error", str(error), _cut(_trace(error)))
    if type(error).__name__ == "Failed":  # pytest.fail, or pytest.raises that saw nothing
        return Feedback("failed", "", _cut(str(error)))
    if isinstance(error, AssertionError):
        return Feedback("failed", "", _cut(_trace(error)))
    innermost = Path(_innermost(error)).as_posix()
    ours = innermost.startswith(PACKAGE) and not innermost.endswith(JUDGES)
    if ours and not isinstance(error, RecursionError):  # that one comes of what is nested in a result
        text = say("feedback.grader-failed", type=type(error).__name__)
        return Feedback("grader_error", text, _cut(_trace(error)))
    # The reference passes this test with the same inputs, so the student's value led here.
    return Feedback("failed", say("feedback.unusable"), _cut(_trace(error)))


def _student(
    error: StudentError, file: str, exercise: str, source: str, given: Callable[[], str] | None
) -> Feedback:
    line = f", line {error.line}" if error.line else ""
    cell = place_in_notebook(source, error.line) if error.line else None
    if is_from_notebook(source):
        file = file.removesuffix(".py").removesuffix(".ipynb") + ".ipynb"
    place, imported = f"{file}, {cell}" if cell else f"{file}{line}", ""
    broken = _imported_file(error, file, source) if error.type_name in UNREADABLE else ""
    if broken:
        place, imported, source = f"{broken}{line}", " " + say("feedback.imported-by", file=file), ""
    other = needed_place(error, file, source)
    if error.kind == "unwritten" and other is not None:
        return _unwritten("feedback.needs", exercise, other[1], other[0], error.text)
    if error.kind == "unwritten":
        name = error.function or exercise
        own = name.partition(".")[0] == exercise
        return _unwritten(
            "feedback.unwritten" if own else "feedback.needs", exercise, name, place, error.text
        )
    if error.kind == "missing" and error.type_name == "FileNotFoundError":
        return Feedback("unwritten", say("feedback.file-missing", file=file), place=file)
    if error.kind == "missing":
        return Feedback("unwritten", say("feedback.undefined", file=file, name=error.text), place=place)
    if error.kind == "unsupported":
        return Feedback("raised", say("feedback.unsupported", exercise=exercise), error.text, place=place)
    inside = ""
    if error.function and error.function != exercise:
        inside = say("feedback.in-function", function=error.function)
    if other is not None and not imported:
        inside += say("feedback.raised-in", place=in_words(other[0]))
    limit = "memory" if error.type_name == "MemoryError" else None
    cause = cause_of(error, source, given)
    where = f"{in_words(place)}{inside}{imported}"
    if cause is not None and cause.code:
        message = say("feedback.raised-by", type=error.type_name, where=where, code=cause.code)
    else:
        message = say("feedback.raised", type=error.type_name, where=where)
    if cause is not None and cause.sentence:
        message += f" {cause.sentence}"
    trace = [("/".join(Path(name).parts[-2:]), number, function) for name, number, function in error.trace]
    steps = list(dict.fromkeys(say("feedback.step", file=f, line=n, function=name) for f, n, name in trace))
    if len(steps) > STEPS:
        steps[STEPS // 2 : -STEPS // 2] = ["..."]
    detail = "\n".join(filter(None, [pointed(error, source), f"{error.type_name}: {error.text}", *steps]))
    return Feedback("raised", message, _cut(detail.strip()), limit=limit, place=place)


def _unwritten(id: str, exercise: str, name: str, place: str, detail: str) -> Feedback:
    short = say(id, exercise=exercise, name=name)
    return Feedback(
        "unwritten",
        f"{short} {say('feedback.open', place=in_words(place))}",
        detail,
        place=place,
        short=short,
    )


def needed_place(error: StudentError, own: str, source: str) -> tuple[str, str] | None:
    """(place, name of the function) if an exception arose in an earlier chapter that the student's file imports.

    own : the student's file, "ch06_layers/layers.py".
    """
    file = _imported_file(error, own, source)
    if file == "":
        return None
    path, line, function = error.trace[-1]
    name = function.partition(".")[0]
    known = re.search(rf"\b{re.escape(name)}\b", source) is not None
    # Where it is graded, earlier chapters may be the reference's, whose lines are others.
    at = f", line {line}" if Path(path).is_absolute() else ""
    return f"{file}{at}", name if known else say("feedback.some-function")


def _imported_file(error: StudentError, own: str, source: str) -> str:
    """The file of the innermost frame, as "ch03_activations/activations.py", if it is an imported chapter's; else ""."""
    name = "/".join(Path(error.trace[-1][0]).parts[-2:]) if error.trace else ""
    found = re.fullmatch(r"(ch\d\d_(\w+))/(\w+)\.(?:py|ipynb)", name)
    if found is None or found[2] != found[3] or name.partition("/")[0] == own.partition("/")[0]:
        return ""
    # A name that does not stand in the student's file would be one that somebody made up.
    return name if re.search(rf"\b{found[1]}\b", source) else ""


def _innermost(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return str(Path(frames[-1].filename).resolve()) if frames else ""


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(type(error), error, error.__traceback__, limit=-6, chain=False))


def _cut(text: str) -> str:
    return text if len(text) <= DETAIL_LIMIT else text[:DETAIL_LIMIT] + "\n..."
