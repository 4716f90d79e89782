"""Bonus points as nbgrader's extra credit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from grader.files import write_atomically
from grader.nbgrader.source import exercise_score
from grader.results import Result, total

GIVEN = "nbgrader-extra.json"  # in the folder of grades: what we gave, to tell it from what a person typed in


def give_bonus(
    gradebook: Any, grades: Path, result: Result, exercise: str, where: tuple[str, str, str]
) -> float | None:
    """Write the bonus points of an exercise into the gradebook, unless a person has typed in something else.

    Parameters
    ----------
    grades : folder of grades.
    where : notebook, assignment and student, as nbgrader's `find_grade` takes them.

    Returns
    -------
    float or None
        The extra credit that a person gave and that stays; None if there is none.
    """
    grade = gradebook.find_grade(exercise, *where)
    _, most, bonus = exercise_score(result.tests, exercise)
    scale = float(grade.max_score) / most if most and grade.max_score else 1.0
    credit = total([bonus * scale]) or None
    path, name = grades / GIVEN, "/".join((*where, exercise))
    given = _given(path)
    there = grade.extra_credit or None
    if there not in (None, given.get(name)):
        return float(there)
    grade.extra_credit = credit
    if given.get(name) != credit:
        given[name] = credit
        write_atomically(path, json.dumps(given, indent=0, sort_keys=True).encode())
    return None


def _given(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
