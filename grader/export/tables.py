"""Marks as CSV: `long` has a line for each student and chapter, `wide` one for each student. UTF-8, no cell is a formula."""

from __future__ import annotations

from datetime import UTC, datetime

from grader.export import Export
from grader.marks_of_class import Mark, Marks
from grader.spreadsheet import csv_bytes

LONG = (
    "student", "name", "email", "section", "chapter", "status", "score", "bonus", "max_score", "handed_in", "due",
    "late_hours", "percent_off", "penalty", "override", "override_reason", "override_by", "final",
)  # fmt: skip


def long_table(marks: Marks) -> Export:
    """One line for each student and chapter."""
    lines = [_line(mark) for mark in marks]
    return Export(csv_bytes(LONG, lines), filled=sum(m.final is not None for m in marks))


def wide_table(marks: Marks) -> Export:
    """One line for each student: the final mark of each chapter, their sum, and the weighted percentage.

    The percentage is empty while a mark is not settled; a missing chapter counts 0 in it, an excused one not at all.
    """
    header = ["student", "name", "email", "section", *marks.chapters, "total", "percent"]
    lines: list[list[object]] = []
    for student in marks.students:
        found = {m.chapter: m for m in marks.of_student(student)}
        if not found:
            continue
        person = marks.people.get(student)
        who = [
            student,
            next(iter(found.values())).name,
            person.email if person else "",
            person.section if person else "",
        ]
        finals = [found[c].final if c in found else None for c in marks.chapters]
        total = round(sum(f for f in finals if f is not None), 6)
        lines.append([*map(clean, who), *finals, total, marks.percent(student)])
    return Export(csv_bytes(header, lines), filled=sum(m.final is not None for m in marks))


def _line(mark: Mark) -> list[object]:
    person, hand = mark.person, mark.by_hand or {}
    hours = round(mark.late.total_seconds() / 3600, 2) if mark.late else None
    return [
        clean(mark.student), clean(mark.name), person and person.email, person and person.section, mark.chapter, mark.status,
        mark.score, mark.bonus, mark.max_score, stamp(mark.handed_in), stamp(mark.due), hours, mark.percent_off or None,
        mark.penalty or None, hand.get("score"), clean(hand.get("reason", "")), clean(hand.get("by", "")), mark.final,
    ]  # fmt: skip


def clean(text: str) -> str:
    """A text as a cell may hold it: line breaks stay, other control characters are shown as a sign."""
    return "".join(
        c if c.isprintable() or c in "\n\r\t\u200c\u200d" or ord(c) > 0x9F else "\ufffd" for c in text
    )


def stamp(when: datetime | None) -> str | None:
    """A moment in UTC, to the second."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if when else None
