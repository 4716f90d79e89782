"""From an exception of a test to a verdict and the words that a student reads.

One place for both worlds: visible tests (everything may be shown) and hidden tests (message only; details are
for staff). A test that fails for a reason that is neither the student's nor a comparison is the grader's fault.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

from grader.errors import KitError, Mismatch, StudentError, SubmissionDied
from grader.notebook_read import is_from_notebook
from grader.notebook_read import place as place_in_notebook

PACKAGE = Path(__file__).resolve().parent.as_posix()
# What they trip over is a value of the student's: the reference passed the same test on this machine.
JUDGES = ("/compare.py", "/gradients.py", "/battery.py", "/student.py")
DETAIL_LIMIT = 4000  # characters

UNUSABLE = "The test could not use what was returned. Check its type, its shape and the number of values."


@dataclass(frozen=True)
class Feedback:
    """What one failed test means. `message` is safe under hidden tests, `detail` is not."""

    verdict: str
    message: str
    detail: str = ""
    diagnosis: tuple[str, str] | None = None
    limit: str | None = None
    place: str | None = None  # "losses.py, line 23" in the student's own file


def explain(error: BaseException, file: str, exercise: str, source: str = "") -> Feedback:
    """Explain why a test of `exercise` did not pass.

    file : the student's file as a person calls it ("ch04_losses/losses.py").
    source : what was loaded of it; if it comes from a notebook, lines are named by their cell.
    """
    if isinstance(error, Mismatch):
        return Feedback("failed", error.message, _cut(error.detail), error.diagnosis)
    if isinstance(error, StudentError):
        return _student(error, file, exercise, source)
    if isinstance(error, SubmissionDied):
        return Feedback(error.verdict, str(error), limit=error.limit)
    if isinstance(error, KitError):
        return Feedback("grader_error", str(error), _cut(_trace(error)))
    if type(error).__name__ == "Failed":  # pytest.fail, or pytest.raises that saw nothing
        return Feedback("failed", "", _cut(str(error)))
    if isinstance(error, AssertionError):
        return Feedback("failed", "", _cut(_trace(error)))
    innermost = Path(_innermost(error)).as_posix()
    ours = innermost.startswith(PACKAGE) and not innermost.endswith(JUDGES)
    if ours and not isinstance(error, RecursionError):  # that one comes of what is nested in a result
        return Feedback("grader_error", f"The grader failed: {type(error).__name__}.", _cut(_trace(error)))
    # The reference passes this test with the same inputs, so the student's value led here.
    return Feedback("failed", UNUSABLE, _cut(_trace(error)))


def _student(error: StudentError, file: str, exercise: str, source: str) -> Feedback:
    line = f", line {error.line}" if error.line else ""
    cell = place_in_notebook(source, error.line) if error.line else None
    loaded = file
    if is_from_notebook(source):
        file = file.removesuffix(".py").removesuffix(".ipynb") + ".ipynb"
    place, imported = f"{file}, {cell}" if cell else f"{file}{line}", ""
    if error.type_name in ("SyntaxError", "IndentationError", "TabError") and error.trace:
        broken = "/".join(Path(error.trace[-1][0]).parts[-2:])
        if broken != loaded:
            place, imported = f"{broken}{line}", f" (imported by {file})"
    if error.kind == "unwritten":
        name = error.function or exercise
        if name.partition(".")[0] == exercise:
            text = f"{name} is not written yet. Open {place}."
        else:
            text = f"{exercise} needs {name}, which is not written yet. Open {place}."
        return Feedback("unwritten", text, error.text, place=place)
    if error.kind == "missing" and error.type_name == "FileNotFoundError":
        return Feedback("unwritten", f"{file} is missing. kata update brings it back as a stub.", place=file)
    if error.kind == "missing":
        name = error.text
        return Feedback(
            "unwritten", f"{file} does not define {name}. Was it renamed or deleted?", place=place
        )
    if error.kind == "unsupported":
        return Feedback(
            "raised",
            f"{exercise} returned something of an unsupported type. "
            "Return plain numbers, numpy arrays, lists, tuples or dicts.",
            error.text,
            place=place,
        )
    inside = f", in {error.function}" if error.function and error.function != exercise else ""
    limit = "memory" if error.type_name == "MemoryError" else None
    steps = "\n".join(f"{name}, line {number}, in {function}" for name, number, function in error.trace)
    detail = f"{error.type_name}: {error.text}\n{steps}".strip()
    return Feedback(
        "raised", f"{error.type_name} in {place}{inside}{imported}.", _cut(detail), limit=limit, place=place
    )


def _innermost(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return str(Path(frames[-1].filename).resolve()) if frames else ""


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(type(error), error, error.__traceback__, limit=-6, chain=False))


def _cut(text: str) -> str:
    return text if len(text) <= DETAIL_LIMIT else text[:DETAIL_LIMIT] + "\n..."
