"""Writes the pages; one that would come out the same is left alone."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from grader.files import write_atomically
from grader.names import folder_name
from grader.report import text
from grader.report.summary import Summary, name_of
from grader.report.views import exercises_of, for_student
from grader.results import Result
from grader.store import Store

TEMPLATES = Path(__file__).with_name("templates")
DIGEST_LENGTH = 32
WHO_SHOWN = 40  # names beside a recognised mistake
# The first line of a page of one result. Its digest tells whether the page is up to date.
_HEAD = "<!doctype html><!-- {} -->\n"


# chapter -> exercise -> the hint shown where a test of it failed
Hints = Callable[[str], Mapping[str, str]]


def write_report(
    store: Store, course_title: str, out: Path, *, when: datetime | None = None, hints: Hints | None = None
) -> Path:
    """Write the class report, the staff pages and the feedback pages.

    Parameters
    ----------
    store : the results; a read-only one will do.
    course_title : heading of every page.
    out : the folder in which `report/` and `feedback/` are written.
    when : time shown on the class report, by default now.
    hints : the hint for each exercise of a chapter, shown to students where something failed.

    Returns
    -------
    Path
        The class report, `out/report/index.html`.
    """
    site = Site(course_title, Path(out), hints)
    summary = Summary()
    for result in store.results():
        summary.add(result)
        site.write_result(result, store.folder_of(result.student))
    summary.add_failures(store.failures())
    return site.write_index(summary, store, when or datetime.now(UTC))


class Site:
    """The pages of one output folder."""

    def __init__(self, course_title: str, out: Path, hints: Hints | None = None):
        self.course_title = course_title
        self.out = out
        self.hints = functools.cache(hints or (lambda chapter: {}))

    def write_result(self, result: Result, folder: str) -> None:
        """Write the feedback page and the staff page of one result, where they changed."""
        page = f"{folder_name(result.chapter)}.html"
        common = {
            "course_title": self.course_title,
            "chapter": result.chapter,
            "title": name_of(result.student),
            "decimals": text.decimals_for([p for t in result.tests for p in (t.points, t.max_points)]),
            "hints": dict(self.hints(result.chapter)),
        }
        own = for_student(result)
        self._write(
            self.out / "feedback" / folder / page,
            "feedback.html",
            own,
            {**common, "result": own, "exercises": exercises_of(own)},
        )
        self._write(
            self.out / "report" / folder / page,
            "staff.html",
            result,
            {
                **common,
                "result": result,
                "exercises": exercises_of(result),
                "feedback_link": f"../../feedback/{quote(folder)}/{quote(page)}",
            },
        )

    def _write(self, path: Path, template: str, result: Result, values: dict[str, Any]) -> None:
        # Of what the page shows and nothing else: a digest over hidden details would let them be guessed.
        seen = f"{fingerprint()}\0{self.course_title}\0{values['hints']}\0{result.to_json()}"
        digest = hashlib.sha256(seen.encode("utf-8", "backslashreplace")).hexdigest()[:DIGEST_LENGTH]
        head = _HEAD.format(digest).encode()
        if not _begins_with(path, head):
            html = environment().get_template(template).render(values)
            write_atomically(path, head + html.encode())

    def write_index(self, summary: Summary, store: Store, when: datetime) -> Path:
        """Write the class report."""

        def staff_link(student: str, chapter: str) -> str:
            return f"{quote(store.folder_of(student))}/{quote(folder_name(chapter))}.html"

        script = (TEMPLATES / "table.js").read_text(encoding="utf-8")
        path = self.out / "report" / "index.html"
        html = (
            environment()
            .get_template("index.html")
            .render(
                course_title=self.course_title,
                summary=summary,
                when=when.astimezone(UTC),
                staff_link=staff_link,
                feedback_link=lambda student, chapter: f"../feedback/{staff_link(student, chapter)}",
                script=Markup(script),
                script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            )
        )
        write_atomically(path, b"<!doctype html>\n" + html.encode())
        return path


def _begins_with(path: Path, head: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(head)) == head
    except FileNotFoundError:
        return False


@functools.cache
def environment() -> jinja2.Environment:
    """The templates, compiled once for the process; every value is cleaned, then escaped."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=text.clean,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.filters.update(number=text.number, percent=text.percent, shorten=text.shorten, name=name_of)
    env.globals.update(
        style=Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),
        verdicts=text.VERDICT_WORDS,
        statuses=text.STATUS_WORDS,
        WHO_SHOWN=WHO_SHOWN,
    )
    return env


@functools.cache
def fingerprint() -> str:
    """Changes with whatever decides the look of a page besides its result."""
    digest = hashlib.sha256()
    sources = [*sorted(TEMPLATES.iterdir()), *sorted(Path(__file__).parent.glob("*.py"))]
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()
