"""Visible tests of a workspace: what there is, which a person means, and what a run found.

The tests are run by pytest with the kit's plugin, so `kata test` and plain `pytest` say the same. This module is read
by every command of a student before anything is shown, so numpy and pytest are imported only where tests are run.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NoReturn

from grader.course import CHAPTER_NAME, chapter_folders
from grader.errors import UsageError
from grader.places import in_words
from grader.texts import say

# Nothing to repair: it is a stub, or calls one.
NOT_YET = ("unwritten", "waits")


@dataclass
class Check:
    """One visible test that was run."""

    title: str
    passed: bool
    verdict: str = "passed"
    message: str = ""
    detail: str = ""
    place: str = ""
    printed: str = ""
    where: str = ""  # test file and line
    short: str = ""  # the first sentence of the message, where only that is shown
    lacks: str = ""  # a name that the student's file does not define
    defined: str = ""  # where the function or class begins, in the file or notebook that was run


@dataclass
class Exercise:
    """One function or class to write, with its visible tests."""

    name: str
    chapter: str
    checks: list[Check] = field(default_factory=list)
    recognised: str = ""  # the sentence about a catalogued mistake that behaves exactly like this

    @property
    def done(self) -> bool:
        return bool(self.checks) and all(c.passed for c in self.checks)

    @property
    def unwritten(self) -> bool:
        """Nothing of it is written: every check that failed met the stub."""
        return not self.done and all(c.passed or c.verdict == "unwritten" for c in self.checks)

    @property
    def wrong(self) -> bool:
        """It is written, and something in it has to be changed."""
        return any(not c.passed and c.verdict not in NOT_YET for c in self.checks)

    @property
    def first_failure(self) -> Check | None:
        return next((c for c in self.checks if not c.passed), None)


@dataclass
class Practice:
    """What a run of visible tests found."""

    root: Path
    exercises: list[Exercise] = field(default_factory=list)
    broken: dict[str, Check] = field(default_factory=dict)  # chapter -> why its file does not load
    errors: list[str] = field(default_factory=list)  # test files that do not import

    @property
    def all_done(self) -> bool:
        return all(e.done for e in self.exercises) and not self.broken and not self.errors

    @property
    def chapters(self) -> list[str]:
        """Names of the chapters in the order in which they were run."""
        return list(dict.fromkeys(e.chapter for e in self.exercises))

    def of(self, chapter: str) -> list[Exercise]:
        """The exercises of one chapter."""
        return [e for e in self.exercises if e.chapter == chapter]

    @property
    def to_do(self) -> Exercise | None:
        """What to work on next: the first that is wrong, else the first stub, else the first that waits for one."""
        open_ones = [e for e in self.exercises if not e.done]
        return min(open_ones, key=lambda e: 0 if e.wrong else 1 if e.unwritten else 2, default=None)


class Gathering:
    """Makes a `Practice` of what a run tells, event by event (see `grader.collector`)."""

    def __init__(self, root: Path):
        self.result = Practice(root)
        self.planned: list[tuple[str, str]] = []  # (chapter, exercise), known before the first test
        self.tests: set[str] = set()  # ids of the tests that have a result
        self._by_name: dict[tuple[str, str], Exercise] = {}

    def note(self, event: Mapping[str, Any]) -> None:
        """Take in one event. Those that say nothing about a result are passed over."""
        kind = event.get("event")
        if kind == "collected":
            self.planned = [(chapter, name) for chapter, name in event["exercises"]]
            self.result.errors = list(event["errors"])
        elif kind == "broken":
            self.result.broken.setdefault(event["chapter"], _check(event["check"]))
        elif kind == "check" and event["test"] not in self.tests:
            self.tests.add(event["test"])
            exercise = self.exercise(event["chapter"], event["exercise"])
            exercise.checks.append(_check(event["check"]))
            exercise.recognised = event.get("recognised") or exercise.recognised

    def exercise(self, chapter: str, name: str) -> Exercise:
        """The exercise of that name, made if it is new."""
        found = self._by_name.get((chapter, name))
        if found is None:
            found = self._by_name[chapter, name] = Exercise(name, chapter)
            self.result.exercises.append(found)
        return found


def _check(data: Mapping[str, Any]) -> Check:
    known = {f.name for f in fields(Check)}
    return Check(**{k: v for k, v in data.items() if k in known})


@dataclass(frozen=True)
class Selection:
    """Which visible tests to run: those of whole `chapters`, and those of single exercises by their `names`.

    files : the test files to collect, in course order. Both empty: every test in them.
    """

    files: tuple[Path, ...]
    chapters: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def wants(self, chapter: str, exercise: str) -> bool:
        """Whether the tests of an exercise are to be run."""
        return not (self.chapters or self.names) or chapter in self.chapters or exercise in self.names


def practice_root(start: Path | None = None) -> Path:
    """The nearest folder at or above `start` that holds chapters with visible tests.

    Raises
    ------
    UsageError
        With the next step, if there is none.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if any(tests_of(c).is_file() for c in chapter_folders(folder)):
            return folder
    raise UsageError(say("practice.no-exercises", folder=here))


def chapter_here(root: Path, start: Path | None = None) -> str | None:
    """Name of the chapter whose folder, or a folder in it, is `start` (by default the current one)."""
    here = (start or Path.cwd()).resolve()
    if root not in here.parents:
        return None
    name = here.relative_to(root).parts[0]
    return name if CHAPTER_NAME.fullmatch(name) and tests_of(root / name).is_file() else None


def tests_of(chapter: Path) -> Path:
    """The file of visible tests in a chapter's folder."""
    return chapter / f"test_{chapter.name[5:]}.py"


def practice_chapters(root: Path) -> list[Path]:
    """The chapter folders that have visible tests, in course order."""
    return [c for c in chapter_folders(root) if tests_of(c).is_file()]


def select(root: Path, wanted: Sequence[str] = (), within: str | None = None) -> Selection:
    """Find the tests that a person means.

    Parameters
    ----------
    wanted : chapters (`ch04_losses`, `ch04`, `4`, `losses`) and names of functions or classes, also `Linear.forward`
        or `ch04.softmax`. Nothing: everything.
    within : name of a chapter; only its tests are looked at, and `wanted` are functions of it.

    Raises
    ------
    UsageError
        If there is no such chapter or function; the nearest names are suggested.
    """
    folders = practice_chapters(root)
    if within is not None:
        folders = [c for c in folders if c.name == within]
    chapters: list[str] = []
    names: list[str] = []
    files: set[Path] = set()
    for word in wanted:
        chosen = [] if within else [c for c in folders if _is_chapter(c.name, word)]
        found = [word] if chosen else []
        if not chosen:
            chosen, found = _with_exercise(folders, word)
            names += found
        else:
            chapters += [c.name for c in chosen]
        if not found:
            _unknown(word, folders)
        files |= {tests_of(c) for c in chosen}
    if not wanted:
        return Selection(
            tuple(tests_of(c) for c in folders), tuple(c.name for c in folders) if within else ()
        )
    ordered = (tests_of(c) for c in folders)
    return Selection(
        tuple(f for f in ordered if f in files), tuple(dict.fromkeys(chapters)), tuple(dict.fromkeys(names))
    )


def _with_exercise(folders: Sequence[Path], word: str) -> tuple[list[Path], list[str]]:
    """Chapters whose tests look at an exercise, and its name as the tests know it."""
    head, _, rest = word.partition(".")
    ways = [(folders, word), (folders, head)] if rest else [(folders, word)]
    if rest:  # ch04.softmax
        ways.insert(1, ([c for c in folders if _is_chapter(c.name, head)], rest.partition(".")[0]))
    for where, name in ways:
        if not name.isidentifier():
            continue
        marked = re.compile(rf"\bchecks\(\s*(?:of\s*=\s*)?(['\"]){name}\1|^def {name}\b", re.MULTILINE)
        found = [c for c in where if marked.search(_text(tests_of(c)))]
        if found:
            return found, [name]
    return [], []


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def exercise_names(tests: Path) -> list[str]:
    """What the visible tests in a file look at, in their order; found by reading, nothing is run."""
    return list(dict.fromkeys(m[1] for m in re.finditer(r"^@checks\(\s*['\"](\w+)['\"]", _text(tests), re.M)))


def practise(
    root: Path,
    wanted: str | Sequence[str] | None = None,
    within: str | None = None,
    plugins: Sequence[object] = (),
) -> Practice:
    """Run visible tests in this process: of everything, of chapters or of functions. See `select`.

    plugins : further plugins of pytest.

    Raises
    ------
    UsageError
        If there is no such chapter or function; the nearest names are suggested.
    """
    from grader.collector import collect_and_run

    words = [wanted] if isinstance(wanted, str) else list(wanted or ())
    gathering = Gathering(root)
    collect_and_run(root, select(root, words, within), gathering.note, plugins)
    return gathering.result


def place_in(path: Path | str, line: int) -> str:
    """`ch04_losses/losses.py, line 12` for a line of a student's file; "" for any other file."""
    parts = re.split(r"[/\\]", str(path))
    if len(parts) < 2 or not CHAPTER_NAME.fullmatch(parts[-2]) or parts[-1].startswith("test_"):
        return ""
    file = f"{parts[-2]}/{parts[-1]}"
    if file.endswith(".ipynb"):
        from grader.notebook_read import Unreadable, extract, place

        with contextlib.suppress(OSError, Unreadable):
            return (
                f"{file}, {place(extract(Path(path).read_bytes(), parts[-1]).text, line) or f'line {line}'}"
            )
    return f"{file}, line {line}" if file.endswith((".py", ".ipynb")) else ""


def stopped_at(place: str, root: Path) -> str:
    """A sentence about the line in which a program was stopped, with the line itself if it can be read."""
    file, _, line = place.partition(", line ")
    text = ""
    if file.endswith(".py"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            text = _text(root / file).splitlines()[int(line) - 1].strip()
    if text:
        return say("practice.stopped-at-line", place=in_words(place), text=text)
    return say("practice.stopped", place=in_words(place))


def chapter_of(root: Path, wanted: str) -> Path:
    """The folder of the chapter that a person means.

    Raises
    ------
    UsageError
        If there is none; the nearest names are suggested.
    """
    chapters = chapter_folders(root)
    for folder in chapters:
        if _is_chapter(folder.name, wanted):
            return folder
    _unknown(wanted, chapters)


def _is_chapter(name: str, wanted: str) -> bool:
    wanted = re.split(r"[/\\]", wanted.rstrip("/\\"))[-1].removesuffix(".py").removesuffix(".ipynb")
    wanted = wanted.removeprefix("test_")
    return wanted in (name, name[:4], name[5:]) or (wanted.isdecimal() and int(wanted) == int(name[2:4]))


def _unknown(wanted: str, chapters: Iterable[Path]) -> NoReturn:
    import difflib

    folders = list(chapters)
    names = {n for c in folders for n in exercise_names(tests_of(c))}
    known = {n.lower(): n for n in (*names, *(c.name for c in folders), *(c.name[5:] for c in folders))}
    near = [known[n] for n in difflib.get_close_matches(wanted.lower(), known, 3, 0.5)]
    if near:
        raise UsageError(say("practice.unknown-near", wanted=wanted, names=", ".join(near)))
    if not folders:
        raise UsageError(say("practice.unknown-none", wanted=wanted))
    raise UsageError(say("practice.unknown", wanted=wanted, chapters=", ".join(c.name for c in folders)))
