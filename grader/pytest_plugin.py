"""The pytest plugin: the fixtures `student` and `rng`, time limits, and failures in words.

Registered for every pytest run where nnkata is installed, so it must cost nothing elsewhere: it acts only on
tests in a chapter folder (`chNN_name`), of a workspace or of `tests/hidden`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from grader.local import Loaded
    from grader.local_diagnosis import Recogniser

SECONDS_PER_TEST = 5  # on the student's own machine; an endless loop ends here
PRINTED_LINES = 20  # of what a failed test printed
PRINTED_LIMIT = 10_000  # characters of it


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("nnkata").addoption(
        "--against",
        metavar="DIR",
        help="run the tests of a chapter against the chapters in DIR, or against one file DIR/name.py",
    )


def chapter_folder(path: Path) -> Path | None:
    """The chapter folder of a test file, or None if it is not a chapter's."""
    import re

    return path.parent if re.fullmatch(r"ch\d\d_[a-z][a-z0-9_]*", path.parent.name) else None


def is_hidden(path: Path) -> bool:
    return path.parent.parent.name == "hidden"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if chapter_folder(item.path) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SECONDS_PER_TEST))


_loaded: dict[tuple[Path, str, Path | None], Loaded] = {}
_recogniser: Recogniser | None = None
RECOGNISED = pytest.StashKey[dict[str, str]]()  # of a session: exercise -> the sentence about its mistake


def subject_of(path: Path, against: str | None) -> Loaded:
    """The module that a test file is about, loaded once per session."""
    from grader.local import load_chapter, never_loads

    folder = chapter_folder(path)
    if folder is None:
        raise pytest.UsageError(f"{path}: the fixture `student` works in a chapter folder (chNN_name) only.")
    root = path.parents[3] / "solutions" if is_hidden(path) else folder.parent
    main = None
    if against:
        target = Path(against).resolve()
        if target.suffix == ".py":
            main = target
        else:
            root = target
    key = (root, folder.name, main)
    if key not in _loaded:
        stops = (KeyboardInterrupt, pytest.fail.Exception, pytest.skip.Exception, pytest.exit.Exception)
        try:
            _loaded[key] = load_chapter(root, folder.name, main, propagate=stops)
        except pytest.fail.Exception as error:  # pytest-timeout; once is enough
            if "Timeout" not in str(error):
                raise
            path = main or root / folder.name / f"{folder.name[5:]}.py"
            _loaded[key] = never_loads(path, SECONDS_PER_TEST)
    return _loaded[key]


def pytest_sessionstart(session: pytest.Session) -> None:
    global _recogniser
    _loaded.clear()
    _recogniser = None
    session.config.stash[RECOGNISED] = {}


@pytest.fixture
def student(request: pytest.FixtureRequest) -> Any:
    """The student's module: `student.softmax(z)`. In tests/hidden it is the reference."""
    found = subject_of(request.path, request.config.getoption("--against")).student
    found._channel.log = []  # what a mistake is recognised by
    found._channel.warned = []
    return found


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> Any:
    """A numpy Generator, seeded by course, chapter and test: the same for every student."""
    import numpy as np

    from grader.seeds import course_secret, seed_of

    folder = chapter_folder(request.path)
    name = folder.name if folder else request.path.stem
    root = request.path.parents[3] if is_hidden(request.path) else request.path.parent
    return np.random.default_rng(seed_of(course_secret(root), name, request.node.name))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Replace the traceback of a chapter's test by what a student needs to read."""
    report = yield
    folder = chapter_folder(item.path)
    if folder is None:
        return report
    explained = None
    if call.excinfo is not None and report.failed:
        explained = explain_item(item, call.excinfo.value)
        report.sections = [(title, _shortened(text)) for title, text in report.sections]
    if explained is not None:
        text, told = explained
        report.longrepr = text
        report.user_properties.append(("nnkata", told))
    if call.when == "call":
        verdict = "passed" if call.excinfo is None else explained[1]["verdict"] if explained else "failed"
        said = recognise(item, folder, verdict)
        if said is not None:
            report.user_properties.append(("nnkata-recognised", said))
    return report


def recognise(item: pytest.Item, folder: Path, verdict: str) -> str | None:
    """Note how a test went; with the last one of an exercise the sentence about a mistake that behaves like it."""
    from grader.local_diagnosis import Recogniser
    from grader.marks import mark_of

    global _recogniser
    mark = mark_of(getattr(item, "function", None))
    if mark is None or is_hidden(item.path):
        return None
    if _recogniser is None:
        _recogniser = Recogniser()
    channel = subject_of(item.path, item.config.getoption("--against")).student._channel
    said = _recogniser.note(folder, mark.of, item.name, verdict, channel.log)
    if said is not None:
        item.config.stash[RECOGNISED][mark.of] = said
    return said


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    said = config.stash.get(RECOGNISED, {})
    if said:
        from grader.texts import say

        terminalreporter.section(say("practice.recognised"))
        for exercise, sentence in said.items():
            terminalreporter.line(f"{exercise}: {sentence}")


def explain_item(item: pytest.Item, error: BaseException) -> tuple[str, dict[str, Any]] | None:
    """Text and facts of a failed test of a chapter, or None to leave pytest's own (an author's mistake)."""
    from grader.errors import StudentError
    from grader.feedback import explain, needed_place
    from grader.marks import mark_of, title_of
    from grader.texts import say

    function = getattr(item, "function", None)
    mark = mark_of(function)
    subject = subject_of(item.path, item.config.getoption("--against"))
    file = f"{subject.path.parent.name}/{subject.path.name}"
    exercise = mark.of if mark else item.name
    if type(error).__name__ == "Failed" and "Timeout" in str(error):
        text = say("practice.timeout", what=exercise, seconds=SECONDS_PER_TEST)
        place, detail = stopped_in(error, item.path.parent.parent)
        told = {"verdict": "timeout", "exercise": exercise, "message": text, "detail": detail, "place": place}
        return "\n  ".join(filter(None, [title_of(function), text, detail])), told
    feedback = explain(error, file, exercise, subject.source, lambda: as_given(item.path, subject))
    verdict = feedback.verdict
    if isinstance(error, StudentError) and verdict == "unwritten":
        if error.kind == "missing":
            verdict = "missing"
        elif needed_place(error, file, subject.source) or (
            error.function and error.function.partition(".")[0] != exercise
        ):
            verdict = "waits"  # it is written, but something that it calls is not
    if feedback.verdict == "grader_error":
        return None
    message = feedback.message or say("practice.does-not-hold")
    detail = feedback.detail if feedback.verdict != "unwritten" else ""
    if feedback.verdict == "failed" and not feedback.message and "assert" in detail:
        return None  # a plain assert: pytest shows it best
    if feedback.verdict in ("failed", "raised"):
        warned = numpy_warned(subject, exercise)
        detail = "\n".join(filter(None, [detail, *warned]))
    told = {
        "verdict": verdict,
        "exercise": exercise,
        "message": message,
        "detail": detail,
        "place": feedback.place or "",
        "short": feedback.short,
        "lacks": error.text if verdict == "missing" and isinstance(error, StudentError) else "",
    }
    lines = [title_of(function), f"  {message}"]
    lines += [f"    {line}" for line in detail.splitlines()]
    return "\n".join(lines), told


def as_given(path: Path, subject: Loaded) -> str:
    """The stub of a chapter as it was handed out; the file itself where that is not known."""
    from grader.errors import UsageError
    from grader.workspace import read_manifest

    try:
        shipped = read_manifest(path.parents[1]).files.get(f"{path.parent.name}/{path.parent.name[5:]}.py")
    except UsageError:
        shipped = None
    return shipped.pristine if shipped is not None and shipped.pristine is not None else subject.source


def stopped_in(error: BaseException, root: Path) -> tuple[str, str]:
    """(place, sentence) of the line of a student's in which a test was stopped; ("", "") if it was in none."""
    import traceback

    from grader.practice import place_in, stopped_at

    frames = traceback.extract_tb(error.__traceback__)
    places = (place_in(frame.filename, frame.lineno or 0) for frame in reversed(frames))
    place = next((p for p in places if p), "")
    return place, stopped_at(place, root) if place else ""


def numpy_warned(subject: Loaded, exercise: str) -> list[str]:
    """What numpy warned of in the test that has just failed, explained."""
    from grader.numpy_warnings import counted, notes

    return notes({exercise: counted(getattr(subject.student._channel, "warned", ()))}, 2)


def _shortened(text: str) -> str:
    """What a test printed, without the bulk of it."""
    lines = text[:PRINTED_LIMIT].splitlines()
    if len(text) <= PRINTED_LIMIT and len(lines) <= PRINTED_LINES:
        return text
    shown = "\n".join(line[:200] for line in lines[:PRINTED_LINES])
    more = text.rstrip("\n").count("\n") + 1 - min(len(lines), PRINTED_LINES)
    from grader.texts import say

    if more > 0:
        return f"{shown}\n{say('practice.more-lines', count=more)}\n"
    return f"{shown}\n{say('practice.more-characters', count=len(text) - len(shown))}\n"
