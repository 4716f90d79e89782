"""What the class report holds for its script: the class table and the heat map, as one compact JSON document.

It stands in a `<script type="application/json">`, which no browser executes, and the script puts every text into the page
as text. A student is its place in `students` everywhere; 10,000 students with 15 chapters are some 4 MB.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from markupsafe import Markup

from grader.names import folder_name
from grader.report.changes import Changes
from grader.report.chapter import NOTHING, ChapterSummary
from grader.report.summary import Summary, name_of
from grader.report.text import STATUS_WORDS, VERDICT_WORDS, clean, number

# One character for each percent, 0 to 100, and a blank for nothing: none that JSON or HTML has to write differently, and
# single bytes for the commonest.
_ASCII = "".join(chr(c) for c in range(0x21, 0x7F) if chr(c) not in "\"\\<>&'")
SHARES = (_ASCII[:-1] + "".join(chr(c) for c in range(0xC0, 0x100)))[:100] + _ASCII[-1]
STATUS = {
    "graded": "g",
    "rejected": "r",
    "missing": "m",
    "grader_error": "e",
    "excused": "x",
    "conflict": "c",
}
STATUS_TEXT = {
    **{STATUS[s]: [w.sign, w.word, w.tone] for s, w in STATUS_WORDS.items()},
    "x": ["○", "excused", "idle"],
    "c": ["?", "conflict", "ours"],
}
GROUP_WORDS = {
    **{s: w.word for s, w in STATUS_WORDS.items()},
    **{v: w.word for v, w in VERDICT_WORDS.items()},
    "grader_error": "grader failed",
}


class Groups:
    """Named sets of students that the class table can be filtered by; each gets a number."""

    def __init__(self) -> None:
        self.list: list[dict[str, Any]] = []

    def add(self, title: str, text: str, who: Iterable[int]) -> int | None:
        """title : the heading under which the group is offered, such as a chapter. None for an empty group."""
        members = sorted(set(who))
        if not members:
            return None
        # Steps from one to the next are shorter than the numbers themselves.
        steps = [b - a for a, b in zip([0, *members], members)]
        self.list.append(
            {"title": str(clean(title)), "text": str(clean(text))[:160], "who": steps, "n": len(members)}
        )
        return len(self.list) - 1


def page_data(
    summary: Summary, folder_of: Callable[[str], str], groups: Groups, changes: Changes | None
) -> dict[str, Any]:
    """The document."""
    order = summary.in_order
    names = summary.students
    count = len(names)
    data: dict[str, Any] = {
        "shares": SHARES,
        "words": STATUS_TEXT,
        "order": order if order != list(range(count)) else None,
        "students": [_student(summary, who, name, folder_of(name)) for who, name in enumerate(names)],
        "chapters": [_chapter(chapter, count) for chapter in summary.chapter_list],
        "groups": groups.list,
    }
    if summary.sections:
        data["sections"] = [str(clean(summary.sections.get(who, ""))) for who in range(count)]
    if changes is not None:
        data["before"] = [_round(changes.before.get(n)) for n in names]
        data["now"] = [_round(changes.now.get(n)) for n in names]
    return data


def _student(summary: Summary, who: int, name: str, folder: str) -> list[str] | str:
    """[name, folder, shown name], or the name alone where all are the same."""
    text = str(clean(name_of(name)))
    real = str(clean(name_of(summary.shown_names.get(who, ""))) if who in summary.shown_names else "")
    if folder == text and not real:
        return text
    return [text, folder, real]


def _chapter(chapter: ChapterSummary, count: int) -> dict[str, Any]:
    statuses = ["-"] * count
    finals: list[float | None] = [None] * count
    maxima: dict[int, float | None] = {}
    notes: dict[int, list[str]] = {}
    for who, cell in chapter.cells.items():
        kind = cell.tag if cell.tag in ("excused", "conflict") else cell.status
        statuses[who] = STATUS[kind]
        finals[who] = _round(cell.final)
        if cell.max_score and cell.max_score != chapter.max_score:
            maxima[who] = _round(cell.max_score)
        if cell.tag:
            notes[who] = [cell.tag, str(clean(cell.explanation))[:400]]
    median = chapter.median
    return {
        "name": chapter.name,
        "number": chapter.number,
        "title": chapter.title,
        "file": f"{folder_name(chapter.name)}.html",
        "max": _round(chapter.max_score),
        "maxima": maxima,
        "weight": chapter.weight,
        "decimals": chapter.decimals,
        "median": median and round(100 * median),
        "medianText": "–" if median is None else f"{number(100 * median, 0)} %",
        "status": "".join(statuses),
        "final": finals,
        "notes": notes,
        "unpaged": [who for who, cell in chapter.cells.items() if not cell.has_page],
        "exercises": [[str(clean(e.name))[:80], _shares(e.shares, count)] for e in chapter.in_order],
    }


def _shares(shares: bytearray, count: int) -> str:
    text = "".join(" " if s == NOTHING else SHARES[s] for s in shares)
    return text.ljust(count)


def _round(value: float | None) -> float | int | None:
    if value is None:
        return None
    value = round(value, 4)
    return int(value) if value == int(value) else value


def as_script(data: dict[str, Any]) -> Markup:
    """JSON that can stand inside a script element whatever its texts are."""
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return Markup(text.encode("utf-8", "replace").decode())
