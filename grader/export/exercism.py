"""Results of Exercism's test runner interface, version 3: one `results.json` for each student and chapter."""

from __future__ import annotations

import json
from typing import Any

from grader.marks_of_class import Mark, Marks

MESSAGE = 65_535  # characters, of the interface
STATUSES = {"passed": "pass", "failed": "fail", "skipped": "fail", "unwritten": "fail"}


def exercism(marks: Marks) -> dict[tuple[str, str], bytes]:
    """(student, chapter) -> results.json. Hidden tests stay hidden: there is no `test_code`, and `name` is the title.

    Of the whole `error` means that nothing ran; of a test that it ended without an answer to judge.
    """
    found = {}
    for mark in marks:
        text = json.dumps(_results(mark), allow_nan=False, ensure_ascii=False, indent=1) + "\n"
        found[mark.student, mark.chapter] = text.encode("utf-8", "backslashreplace")
    return found


def _results(mark: Mark) -> dict[str, Any]:
    tests = mark.result.tests if mark.result else []
    if not tests:
        notes = mark.result.notes if mark.result and mark.status == "rejected" else [mark.explanation]
        return {
            "version": 3,
            "status": "error",
            "message": ("\n".join(notes) or mark.explanation)[:MESSAGE],
            "tests": [],
        }
    tasks = {exercise: n for n, exercise in enumerate(dict.fromkeys(t.exercise for t in tests), 1)}
    listed = []
    for test in tests:
        status = STATUSES.get(test.verdict, "error")
        entry: dict[str, Any] = {
            "name": f"{test.exercise}: {test.title}",
            "status": status,
            "task_id": tasks[test.exercise],
        }
        if status != "pass":
            words = [test.message or test.verdict, test.diagnosis.text if test.diagnosis else ""]
            entry["message"] = "\n".join(w for w in words if w)[:MESSAGE]
        listed.append(entry)
    # A bonus test that fails does not fail the whole.
    passed = all(t.verdict == "passed" for t in tests if not t.bonus)
    return {"version": 3, "status": "pass" if passed else "fail", "tests": listed}
