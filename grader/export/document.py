"""All marks as one strict JSON document, described by `marks.schema.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from grader.export import Export
from grader.export.tables import stamp
from grader.marks_of_class import Mark, Marks

SCHEMA = "nnkata/marks/v1"
SCHEMA_PATH = Path(__file__).with_name("marks.schema.json")


def document(marks: Marks) -> Export:
    """The class, for staff: it holds reasons of marks by hand and which hidden tests failed, no hidden content."""
    data = {
        "schema": SCHEMA,
        "chapters": [{"name": c, "weight": marks.weights[c]} for c in marks.chapters],
        "students": [_student(marks, s) for s in marks.students if marks.of_student(s)],
        "remarks": marks.remarks,
    }
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, indent=1) + "\n"
    return Export(text.encode("utf-8", "backslashreplace"), filled=sum(m.final is not None for m in marks))


def _student(marks: Marks, student: str) -> dict[str, Any]:
    found = marks.of_student(student)
    person = marks.people.get(student)
    return {
        "id": student,
        "name": found[0].name,
        "email": person.email if person else "",
        "section": person.section if person else "",
        "percent": marks.percent(student),
        "marks": [_mark(m) for m in found],
    }


def _mark(mark: Mark) -> dict[str, Any]:
    return {
        "chapter": mark.chapter,
        "status": mark.status,
        "score": mark.score,
        "bonus": mark.bonus,
        "max_score": mark.max_score,
        "handed_in": stamp(mark.handed_in),
        "due": stamp(mark.due),
        "late_seconds": int(mark.late.total_seconds()),
        "percent_off": mark.percent_off,
        "penalty": mark.penalty,
        "override": mark.by_hand,
        "final": mark.final,
        "identity": mark.identity,
        "tests": [
            {
                "id": t.id,
                "exercise": t.exercise,
                "title": t.title,
                "verdict": t.verdict,
                "points": t.points,
                "max_points": t.max_points,
                "bonus": t.bonus,
            }
            for t in (mark.result.tests if mark.result else ())
        ],
    }
