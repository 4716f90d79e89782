"""The two pages of a result: what the student may read, and everything for staff.

Most of a class passes most tests, and passed tests look alike: what a test looks like is rendered once for all who
have the same verdict, message and diagnosis. A page that would come out the same is not written.
"""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from grader.files import write_atomically
from grader.names import folder_name
from grader.report import text
from grader.report.pictures import pictures
from grader.report.render import environment, fingerprint, style_of
from grader.report.summary import name_of
from grader.report.views import ExerciseView, exercises_of, for_student
from grader.results import Result, TestResult

# chapter -> exercise -> the hint shown where a test of it failed
Hints = Callable[[str], Mapping[str, str]]
WRITTEN = "pages.txt"  # in report/: which page was written from what
KEPT = 20_000  # rendered tests; a few hundred bytes each


class ResultPages:
    """Writes the pages of one output folder."""

    def __init__(self, course_title: str, out: Path, hints: Hints, keep_feedback: bool = False):
        self.course_title = course_title
        self.out = out
        self.hints = functools.cache(hints)
        self.keep_feedback = keep_feedback
        self._page = functools.cache(lambda chapter: f"{folder_name(chapter)}.html")
        self._look = functools.cache(self._look_of)
        self._list = out / "report" / WRITTEN
        self._written = _read(self._list)  # folder -> page -> digest
        env = environment()
        self._feedback = env.get_template("feedback.html")
        self._staff = env.get_template("staff.html")

    def write(self, result: Result, folder: str) -> None:
        """Write the feedback page and the staff page of one result, where they changed."""
        page = self._page(result.chapter)
        paths = {kind: self.out / kind / folder / page for kind in ("feedback", "report")}
        digest = self._digest(result)
        written = self._written.setdefault(folder, {})
        if written.get(page) == digest and all(p.exists() for p in paths.values()):
            return
        written.pop(page, None)
        # Without the tests: their details must not even be near the template, and `section` shows the rest.
        own = for_student(replace(result, tests=[]))
        exercises = exercises_of(result)
        decimals = text.decimals_for([p for t in result.tests for p in (t.points, t.max_points)])
        hints = self.hints(result.chapter)
        common = {
            "course_title": self.course_title,
            "chapter": result.chapter,
            "title": name_of(result.student),
            "pictures": "",
            "open": [(n, e.name) for n, e in enumerate(exercises, 1) if not e.complete],
            "places": len(exercises),
            "style": style_of("result.css"),
        }
        for kind, template, shown, extra in (
            ("feedback", self._feedback, own, {}),
            (
                "report",
                self._staff,
                result,
                {
                    "feedback_link": f"../../feedback/{quote(folder)}/{quote(page)}",
                    "pictures": pictures(result.drawings, {t.id: t.title for t in result.tests}),
                },
            ),
        ):
            path = paths[kind]
            if self.keep_feedback and kind == "feedback" and path.exists():
                continue
            sections = "".join(
                section(n, e, hints.get(e.name, ""), decimals, kind == "report")
                for n, e in enumerate(exercises, 1)
            )
            html = template.render(common, result=shown, sections=Markup(sections), **extra)
            _write(path, b"<!doctype html>\n" + html.encode())
        if not self.keep_feedback:
            written[page] = digest

    def finish(self) -> None:
        """Keep what was written, so that the next report passes over it."""
        lines = [f"{d.hex()} {f}/{p}\n" for f, pages in self._written.items() for p, d in pages.items()]
        write_atomically(self._list, "".join(lines).encode())

    def _digest(self, result: Result) -> bytes:
        # A hash over details lets them be guessed, so it stands in the folder for staff and on no page.
        told = json.dumps(result.to_dict(), allow_nan=False).encode()
        return hashlib.blake2b(self._look(result.chapter) + told, digest_size=12).digest()

    def _look_of(self, chapter: str) -> bytes:
        look = (fingerprint(), self.course_title, sorted(self.hints(chapter).items()))
        return hashlib.blake2b(repr(look).encode("utf-8", "backslashreplace")).digest()


def _read(path: Path) -> dict[str, dict[str, bytes]]:
    """Folder -> page -> digest, as `finish` wrote them; nothing if the file is damaged or gone."""
    found: dict[str, dict[str, bytes]] = {}
    try:
        with path.open(encoding="utf-8") as file:
            for line in file:
                digest, _, place = line.rstrip("\n").partition(" ")
                folder, _, page = place.partition("/")
                found.setdefault(folder, {})[sys.intern(page)] = bytes.fromhex(digest)
    except (OSError, ValueError):
        return {}
    return found


def _write(path: Path, data: bytes) -> None:
    try:
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return
    except OSError:
        pass
    write_atomically(path, data)


def section(place: int, exercise: ExerciseView, hint: str, decimals: int, staff: bool) -> str:
    """One exercise with its tests, as HTML."""
    head = _heading(
        place, exercise.name, exercise.passed, len(exercise.tests), exercise.points, exercise.max_points,
        exercise.bonus, "" if exercise.complete else hint, decimals,
    )  # fmt: skip
    tests = [item(test, decimals, staff) for test in exercise.tests]
    return "".join([head, *tests, "</ul>\n</section>\n"])


def item(test: TestResult, decimals: int, staff: bool) -> str:
    """One test. Staff see its detail and its name as well."""
    diagnosis = test.diagnosis
    shown = _item(
        test.verdict, test.title, test.bonus, test.message, test.limit, diagnosis.text if diagnosis else None
    )
    points = _points(test.points, test.max_points, decimals)
    if not staff:
        return f"{shown}{points}"
    detail = _detail(test.detail, test.id, diagnosis.id if diagnosis else None)
    seconds = "" if test.seconds is None else f'<p class="id">{test.seconds:.3f} s</p>\n'
    return f"{shown}{detail}{seconds}{points}"


@functools.lru_cache(maxsize=KEPT)
def _heading(
    place: int,
    name: str,
    passed: int,
    tests: int,
    points: float,
    max_points: float,
    bonus: float,
    hint: str,
    decimals: int,
) -> str:
    return str(_part("heading")(place, name, passed, tests, points, max_points, bonus, hint, decimals))


@functools.lru_cache(maxsize=KEPT)
def _item(verdict: str, title: str, bonus: bool, message: str, limit: str | None, cause: str | None) -> str:
    return str(_part("item")(verdict, title, bonus, message, limit, cause))


@functools.lru_cache(maxsize=KEPT)
def _points(points: float, max_points: float, decimals: int) -> str:
    return str(_part("points")(points, max_points, decimals))


@functools.lru_cache(maxsize=2000)
def _detail(detail: str, test: str, diagnosis: str | None) -> str:
    return str(_part("detail")(detail, test, diagnosis))


@functools.cache
def _part(name: str) -> Callable[..., Markup]:
    macro: Callable[..., Markup] = getattr(environment().get_template("parts.html").module, name)
    return macro
