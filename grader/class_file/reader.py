"""Reading `class.toml`. Whatever is wrong is told at once, one line for each problem: file, key, what to do."""

from __future__ import annotations

import itertools
import math
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from grader.class_file.dates import BadDate, due_date, duration, in_words, zone_of
from grader.class_file.late import HOUR, LatePolicy
from grader.class_file.people import People, Person, folded, raise_problems, read_people
from grader.errors import UsageError
from grader.intake.files import shown

MAX_BYTES = 1 << 20
MISSING = ("empty", "zero")
BONUS = ("add", "cap", "ignore")
EXCUSED = "excused"
SOURCES = ("canvas", "nbgrader")  # besides CSV files
TOP = {"title", "timezone", "roster", "times", "missing", "bonus", "late", "chapters", "extensions"}
OF_CHAPTER = {"due", "weight", "late", "times", "canvas"}
OF_LATE = {"percent_per_day", "percent_per_hour", "at_most", "grace", "nothing_after", "steps", "of"}


@dataclass(frozen=True)
class ChapterRule:
    """What `[chapters.NAME]` says.

    Attributes
    ----------
    name : as in the file: `ch04_losses`, `ch04` or `losses`.
    due : None: never late.
    weight : in the total of the course, by the share of the chapter's points.
    times : where times of handing in come from: a path, 'canvas', 'nbgrader', or None.
    canvas : title of the column in Canvas' gradebook; empty: found by the chapter's name.
    """

    name: str
    due: datetime | None = None
    weight: float = 1.0
    late: LatePolicy = field(default_factory=LatePolicy)
    times: Path | str | None = None
    canvas: str = ""


@dataclass(frozen=True)
class ClassFile:
    """A class: its people, its dates, its rules."""

    path: Path
    title: str = ""
    zone: tzinfo | None = None
    people: People | None = None
    roster_path: Path | None = None
    chapters: tuple[ChapterRule, ...] = ()
    late: LatePolicy = field(default_factory=LatePolicy)
    times: Path | str | None = None
    missing: str = "empty"
    bonus: str = "add"
    # (student, chapter as written) -> a date, so much more time, or 'excused'
    extensions: dict[tuple[str, str], datetime | timedelta | str] = field(default_factory=dict)

    def rule(self, chapter: str) -> ChapterRule:
        """What holds for a chapter, given by its full name; the general rules if it is not listed."""
        for rule in self.chapters:
            if names_chapter(rule.name, chapter):
                return rule
        return ChapterRule(chapter, late=self.late, times=self.times)

    def lists(self, chapter: str) -> bool:
        """Whether the file names this chapter; a file that names none takes all."""
        return not self.chapters or any(names_chapter(r.name, chapter) for r in self.chapters)

    def extension(self, student: str, chapter: str) -> datetime | timedelta | str | None:
        """The extension of a student, given by his id."""
        for (who, what), value in self.extensions.items():
            if folded(who) == folded(student) and names_chapter(what, chapter):
                return value
        return None

    def due(self, student: str, chapter: str) -> datetime | None:
        """When it is due for this student, his extension included; None: never."""
        due = self.rule(chapter).due
        extension = self.extension(student, chapter)
        if isinstance(extension, datetime):
            return extension
        if isinstance(extension, timedelta) and due is not None:
            return due + extension  # same zone: by the clock on the wall
        return due

    def excused(self, student: str, chapter: str) -> bool:
        """Whether the chapter does not count for this student."""
        return self.extension(student, chapter) == EXCUSED

    def person_of(self, student: str, identity: dict[str, str] | None = None) -> Person | None:
        """Whose submission or result this is; None without a roster, or if it is nobody's or several people's."""
        return self.people.match(student, identity).person if self.people else None

    @property
    def own_files(self) -> set[str]:
        """Names of files that belong to the class, not to a student."""
        paths = [self.path, self.roster_path, self.times, *(r.times for r in self.chapters)]
        return {p.name for p in paths if isinstance(p, Path)}


def names_chapter(written: str, chapter: str) -> bool:
    """Whether `ch04`, `losses` or `ch04_losses` means the chapter of this full name."""
    short, _, module = chapter.partition("_")
    return written.casefold() in (chapter.casefold(), short.casefold(), module.casefold())


def read_class(path: Path, known_chapters: Iterable[str] | None = None) -> ClassFile:
    """Read a class file and its roster.

    Parameters
    ----------
    known_chapters : full names of the course's chapters; then a name that is none of them is a problem.

    Raises
    ------
    UsageError
        One line for each problem.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror}). Name the class file with --class."
        ) from None
    if len(data) > MAX_BYTES:
        raise UsageError(f"{path}: larger than 1 MiB. Is this the right file?")
    try:
        table = tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}, line {_line_of(data, error)}: not UTF-8. Save it as UTF-8.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}. Text stands in quotes, dates do not.") from None
    reader = _Reader(path, None if known_chapters is None else list(known_chapters))
    found = reader.read(table)
    raise_problems(reader.problems)
    return found


class _Reader:
    def __init__(self, path: Path, known: Sequence[str] | None):
        self.path = path
        self.known = known
        self.problems: list[str] = []
        self.zone: tzinfo | None = None

    def problem(self, key: str, text: str) -> None:
        self.problems.append(f"{self.path.name}: {key}: {text}")

    def read(self, table: dict[str, Any]) -> ClassFile:
        self._unknown("", table, TOP)
        self.zone = self._checked("timezone", table.get("timezone"), zone_of)
        people, roster_path = self._people(table.get("roster"))
        times = self._times("times", table.get("times"))
        late = self._late("late", table.get("late"), LatePolicy())
        chapters = self._chapters(self._table("chapters", table.get("chapters")), late, times)
        return ClassFile(
            path=self.path,
            title=self._text("title", table.get("title")),
            zone=self.zone,
            people=people,
            roster_path=roster_path,
            chapters=chapters,
            late=late,
            times=times,
            missing=self._one_of("missing", table.get("missing"), MISSING),
            bonus=self._one_of("bonus", table.get("bonus"), BONUS),
            extensions=self._extensions(self._table("extensions", table.get("extensions")), people, chapters),
        )

    def _people(self, value: object) -> tuple[People | None, Path | None]:
        if value is None:
            return None, None
        if not isinstance(value, str) or not value:
            self.problem("roster", 'is the name of a CSV file. Write roster = "roster.csv".')
            return None, None
        path = self.path.parent / value
        try:
            return read_people(path), path
        except UsageError as error:
            self.problems += str(error).split("\n")
            return People([]), path

    def _times(self, key: str, value: object) -> Path | str | None:
        if value is None or value in SOURCES:
            return value
        if isinstance(value, str) and value.lower().endswith(".csv"):
            path = self.path.parent / value
            if not path.is_file():
                self.problem(key, f"{path} does not exist. Write the file, or correct its name.")
            return path
        self.problem(key, f'{value!r} is no source of times. Write "times.csv", "canvas" or "nbgrader".')
        return None

    def _chapters(
        self, table: dict[str, Any], late: LatePolicy, times: Path | str | None
    ) -> tuple[ChapterRule, ...]:
        rules: list[ChapterRule] = []
        seen: dict[str, str] = {}
        for name, value in table.items():
            key = f"chapters.{name}"
            full = self._chapter(key, name)
            if full in seen:
                self.problem(key, f"is the same chapter as chapters.{seen[full]}. Leave one of them.")
            seen[full] = name
            entry = self._table(key, value)
            self._unknown(f"{key}.", entry, OF_CHAPTER)
            due = entry.get("due")
            rules.append(
                ChapterRule(
                    full,
                    None
                    if due is None
                    else self._checked(f"{key}.due", due, lambda v: due_date(v, self.zone)),
                    self._number(f"{key}.weight", entry.get("weight"), 1.0),
                    self._late(f"{key}.late", entry.get("late"), late),
                    self._times(f"{key}.times", entry["times"]) if "times" in entry else times,
                    self._text(f"{key}.canvas", entry.get("canvas")),
                )
            )
        return tuple(rules)

    def _chapter(self, key: str, name: str) -> str:
        """The full name, where the course is known."""
        if self.known is None:
            return name
        found = [c for c in self.known if names_chapter(name, c)]
        if not found:
            self.problem(key, f"the course has no such chapter. It has {', '.join(self.known)}.")
        return found[0] if found else name

    def _late(self, key: str, value: object, default: LatePolicy) -> LatePolicy:
        if value is None:
            return default
        table = self._table(key, value)
        self._unknown(f"{key}.", table, OF_LATE)
        kinds = [k for k in ("percent_per_day", "percent_per_hour", "steps") if k in table]
        if len(kinds) > 1:
            self.problem(key, f"{' and '.join(kinds)} exclude each other. Leave one of them.")
        hourly = "percent_per_hour" in table
        per = "percent_per_hour" if hourly else "percent_per_day"
        policy = {
            "percent": self._percent(f"{key}.{per}", table.get(per), 0.0),
            "at_most": self._percent(f"{key}.at_most", table.get("at_most"), 100.0),
            "grace": self._checked(f"{key}.grace", table.get("grace", "0 min"), duration) or timedelta(0),
            "nothing_after": self._checked(f"{key}.nothing_after", table.get("nothing_after"), duration),
            "steps": self._steps(f"{key}.steps", table.get("steps")),
            "of": self._one_of(f"{key}.of", table.get("of"), ("score", "maximum")),
        }
        return LatePolicy(**policy, **({"unit": HOUR} if hourly else {}))  # type: ignore[arg-type]

    def _steps(self, key: str, value: object) -> tuple[tuple[timedelta, float], ...]:
        if value is None:
            return ()
        how = 'Write steps = [["1 day", 10], ["3 days", 30]]: up to one day late 10 percent off, and so on.'
        if (
            not isinstance(value, list)
            or not all(isinstance(s, list) and len(s) == 2 for s in value)
            or not value
        ):
            self.problem(key, f"is a list of pairs. {how}")
            return ()
        steps: list[tuple[timedelta, float]] = []
        for number, (until, percent) in enumerate(value, 1):
            length = self._checked(f"{key}, pair {number}", until, duration)
            steps.append((length or timedelta(0), self._percent(f"{key}, pair {number}", percent, 0.0)))
        if any(a[0] >= b[0] or a[1] > b[1] for a, b in itertools.pairwise(steps)):
            self.problem(key, f"times and percents must rise. {how}")
        return tuple(steps)

    def _extensions(
        self, table: dict[str, Any], people: People | None, chapters: Sequence[ChapterRule]
    ) -> dict[tuple[str, str], datetime | timedelta | str]:
        found: dict[tuple[str, str], datetime | timedelta | str] = {}
        for who, value in table.items():
            key = f"extensions.{_quoted(who)}"
            student = who
            if people is not None:
                match = people.match(who)
                if match.person is None:
                    several = ", ".join(p.id for p in match.candidates)
                    self.problem(
                        key,
                        f"may be {several}. Write the id."
                        if several
                        else "is not in the roster. Write the id as it stands there.",
                    )
                    continue
                student = match.person.id
            for name, until in self._table(key, value).items():
                here = f"{key}.{name}"
                if self.known is None:
                    full = next((r.name for r in chapters if r.name == name), name)
                else:
                    full = self._chapter(here, name)
                if (student, full) in found:
                    self.problem(
                        here, f"{student} has an extension for this chapter already. Leave one of them."
                    )
                extension = self._checked(here, until, self._extension)
                if extension is not None:
                    found[student, full] = extension
                if isinstance(extension, timedelta) and not any(
                    names_chapter(r.name, full) and r.due for r in chapters
                ):
                    self.problem(
                        here,
                        f"{in_words(extension)} more, but the chapter has no due date. Add one, or write a date here.",
                    )
        return found

    def _extension(self, value: object) -> datetime | timedelta | str:
        if value == EXCUSED:
            return EXCUSED
        if isinstance(value, str):
            try:
                return duration(value)
            except BadDate:
                if not any(c.isdigit() for c in value):
                    raise BadDate(
                        f'{value!r} is no extension. Write a date, "3 days" or "excused".'
                    ) from None
        return due_date(value, self.zone)

    # single values -----------------------------------------------------------------------------------------

    def _unknown(self, prefix: str, table: dict[str, Any], allowed: set[str]) -> None:
        for key in table.keys() - allowed:
            self.problem(f"{prefix}{_quoted(key)}", f"unknown key. Known here: {', '.join(sorted(allowed))}.")

    def _checked(self, key: str, value: object, check: Callable[[Any], Any]) -> Any:
        if value is None:
            return None
        try:
            return check(value)
        except (BadDate, OverflowError) as error:
            self.problem(key, str(error))
            return None

    def _table(self, key: str, value: object) -> dict[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.problem(key, f"is a table. Write it under a line [{key}].")
            return {}
        return value

    def _text(self, key: str, value: object) -> str:
        if value is not None and not isinstance(value, str):
            self.problem(key, f"{value!r} is no text. Put it into quotes.")
            return ""
        return value or ""

    def _one_of(self, key: str, value: object, allowed: Sequence[str]) -> str:
        if value is None:
            return allowed[0]
        if value not in allowed:
            self.problem(key, f"{value!r} is not one of {', '.join(allowed)}.")
            return allowed[0]
        return str(value)

    def _number(self, key: str, value: object, default: float) -> float:
        if value is None:
            return default
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float))
            or not math.isfinite(value)
            or value < 0
        ):
            self.problem(key, f"{value!r} is no number of 0 or more.")
            return default
        return float(value)

    def _percent(self, key: str, value: object, default: float) -> float:
        number = self._number(key, value, default)
        if number > 100:
            self.problem(key, f"{number:g} percent is more than everything. Write 0 to 100.")
        return number


def _quoted(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else f'"{shown(key)}"'


def _line_of(data: bytes, error: UnicodeDecodeError) -> int:
    return data.count(b"\n", 0, error.start) + 1
