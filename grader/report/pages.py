"""Writes the pages; one that would come out the same is left alone."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from grader import similar
from grader.class_file import ClassFile, read_class
from grader.class_file.record import Record, read_record
from grader.errors import UsageError
from grader.files import write_atomically
from grader.marks_of_class import marks_of_class, without_tests
from grader.names import folder_name
from grader.report.changes import Changes
from grader.report.embedded import GROUP_WORDS, Groups, as_script, page_data
from grader.report.render import environment, script, style_of
from grader.report.result_pages import Hints, ResultPages
from grader.report.summary import Order, Summary
from grader.results import Result
from grader.store import Failure, Store


@dataclass(frozen=True)
class ClassOf:
    """The class whose rules a report applies: a class file, and times that stood beside submissions."""

    class_file: ClassFile | None
    record: Record
    remarks: list[str]


def write_report(
    store: Store,
    course_title: str,
    out: Path,
    *,
    when: datetime | None = None,
    hints: Hints | None = None,
    order: Order | None = None,
    class_file: ClassFile | bool | None = None,
    older: Store | None = None,
    pages: bool = True,
    keep_feedback: bool = False,
    on_result: Callable[[Result], None] | None = None,
) -> Path:
    """Write the class report, the staff pages and the feedback pages.

    Parameters
    ----------
    store : the results; a read-only one will do.
    course_title : heading of every page.
    out : the folder in which `report/` and `feedback/` are written.
    when : time shown on the class report, by default now.
    hints : the hint for each exercise of a chapter, shown to students where something failed.
    order : the exercises of a chapter in the order of the course, by default that of the tests.
    class_file : whose dates and rules hold; by default the one of the last run, False for none.
    older : the results of an earlier run, to compare with.
    pages : whether the pages of single results are brought up to date as well.
    keep_feedback : leave feedback pages that exist as they are.
    on_result : told each result on the way, so that nobody has to read them all again.

    Returns
    -------
    Path
        The class report, `out/report/index.html`.
    """
    out = Path(out)
    known = _class_of(store, class_file)
    summary = Summary(order or (lambda chapter: ()))
    summary.remarks += known.remarks
    changes = Changes(older.results(), older.folder.name) if older is not None else None
    failures = store.failures()
    writer = ResultPages(course_title, out, hints or (lambda chapter: {}), keep_feedback) if pages else None
    for chapter, results in itertools.groupby(store.results(), key=lambda r: r.chapter):
        slim: list[Result] = []
        for result in results:
            summary.add(result)
            if changes is not None:
                changes.add(result)
            if writer is not None:
                writer.write(result, store.folder_of(result.student))
            if on_result is not None:
                on_result(result)
            slim.append(without_tests(result))
        _add_marks(summary, slim, [f for f in failures if f.chapter == chapter], known, chapter)
    if writer is not None:
        writer.finish()
    summary.add_failures(failures)
    summary.finish()
    if changes is not None:
        changes.finish()
    return _write_index(summary, store, changes, known, course_title, out, when or datetime.now(UTC))


def _class_of(store: Store, given: ClassFile | bool | None) -> ClassOf:
    """The class file to use. One that cannot be read must not keep the report from being written."""
    remarks: list[str] = []
    try:
        record = read_record(store.folder)
    except UsageError as error:
        record, remarks = Record(), [str(error)]
    if isinstance(given, ClassFile):
        return ClassOf(given, record, remarks)
    if given is False or record.class_file is None:
        return ClassOf(None, record, remarks)
    try:
        return ClassOf(read_class(record.class_file), record, remarks)
    except UsageError as error:
        told = f"The class file was left out, so nobody is late or excused here. {error}"
        return ClassOf(None, record, [*remarks, told])


def _add_marks(
    summary: Summary, results: list[Result], failures: list[Failure], known: ClassOf, chapter: str
) -> None:
    options: dict[str, Any] = {"record": known.record, "failures": failures, "chapters": [chapter]}
    try:
        marks = marks_of_class(results, class_file=known.class_file, **options)
    except UsageError as error:  # a file with times that is gone or damaged
        summary.remarks.append(f"Nobody is late or excused in {chapter} here. {error}")
        marks = marks_of_class(results, **options)
    summary.add_marks(marks)


def _write_index(
    summary: Summary,
    store: Store,
    changes: Changes | None,
    known: ClassOf,
    course_title: str,
    out: Path,
    when: datetime,
) -> Path:
    """Write the class report."""
    groups = Groups()
    numbers: dict[tuple[str, str], int | None] = {}
    hand = groups.add("All chapters", "by hand", (summary.names[h.student] for h in summary.by_hand))
    for chapter in summary.chapter_list:
        title = f"{chapter.number} {chapter.title}"
        for name, who in sorted(chapter.groups.items()):
            numbers[chapter.name, name] = groups.add(title, GROUP_WORDS.get(name, name), who)
        for diagnosis in chapter.common_diagnoses:
            numbers[chapter.name, f"mistake {diagnosis.id}"] = groups.add(
                title, diagnosis.text, diagnosis.who
            )
    moved: dict[tuple[str, str], int | None] = {}
    for change in changes.chapter_list if changes else ():
        for name, rows in (("rose", change.rose), ("fell", change.fell)):
            movers = [summary.names[s] for s, _, _ in rows if s in summary.names]
            moved[change.name, name] = groups.add("Changes", f"{name} in {change.name}", movers)

    @functools.lru_cache(maxsize=4096)
    def staff_link(student: str, chapter: str) -> str:
        return f"{quote(store.folder_of(student))}/{quote(folder_name(chapter))}.html"

    def has_page(student: str, chapter: str) -> bool:
        cell = (
            summary.chapters[chapter].cells.get(summary.names.get(student, -1))
            if chapter in summary.chapters
            else None
        )
        return cell is not None and cell.has_page

    path = out / "report" / "index.html"
    html = environment().get_template("index.html").render(
        course_title=course_title,
        summary=summary,
        changes=changes,
        change_groups=moved,
        class_name=known.class_file and (known.class_file.title or known.class_file.path.name),
        hand_group=hand,
        group_of=lambda chapter, name: numbers.get((chapter, name)),
        alike=[a for a in similar.read_alike(store.folder) if a.pairs],
        alike_note=similar.NOTE,
        when=when.astimezone(UTC),
        staff_link=staff_link,
        has_page=has_page,
        style=style_of("class.css"),
        script=script(),
        data=as_script(page_data(summary, store.folder_of, groups, changes)),
    )  # fmt: skip
    write_atomically(path, b"<!doctype html>\n" + html.encode())
    return path
