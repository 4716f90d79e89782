"""A chapter's notebook with nbgrader's cells: an answer cell for each exercise, and a locked grade cell after it.

    ch04-softmax         the answer, grade_id `softmax-answer`
    ch04-softmax-check   ours, nbgrader does not know it
    ch04-softmax-grade   the grade cell, grade_id `softmax`: its points are those of the hidden tests of softmax

A grade cell holds no test. It imports one module of ours that fails under an nbgrader without our configuration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from grader.course import Chapter, Course
from grader.notebook_build import Notebook, reference_notebook
from grader.results import TestResult, total
from grader.suite import Suite, open_suites

SCHEMA_VERSION = 3  # of nbgrader's metadata
GRADE_CELL = """# {points:g} points for {name}. This cell belongs to the grader; nothing is to be written here.
import grader.nbgrader.graded_by_the_kit"""


def answer_id(exercise: str) -> str:
    """The grade_id of the cell in which an exercise is written."""
    return f"{exercise}-answer"


def points_of(course: Course, chapters: Iterable[Chapter]) -> dict[str, dict[str, float]]:
    """Chapter -> exercise -> points of its hidden tests, without the bonus.

    Raises
    ------
    AuthorError
        If a suite breaks a rule.
    """
    with open_suites(course, list(chapters)) as suites:
        return {name: suite_points(suite) for name, suite in suites.items()}


def suite_points(suite: Suite) -> dict[str, float]:
    """Exercise -> points; 0 for one that has bonus tests only."""
    found: dict[str, list[float]] = {}
    for test in suite.tests:
        found.setdefault(test.mark.of, []).append(0.0 if test.mark.bonus else test.mark.points)
    return {name: total(points) for name, points in found.items()}


def exercise_score(tests: Iterable[TestResult], exercise: str) -> tuple[float, float, float]:
    """(points, maximum, bonus) of an exercise in a result."""
    own = [t for t in tests if t.exercise == exercise]
    return (
        total(t.points for t in own if not t.bonus),
        total(t.max_points for t in own if not t.bonus),
        total(t.points for t in own if t.bonus),
    )


def source_notebook(chapter: Chapter, points: Mapping[str, float]) -> Notebook:
    """The notebook for nbgrader's `source/`, with the solutions between their markers.

    Parameters
    ----------
    points : of each exercise; one that is not in it gets no grade cell.
    """
    notebook = reference_notebook(chapter)
    cells: list[dict[str, Any]] = []
    waiting: str | None = None
    for cell in notebook["cells"]:
        ours = cell["metadata"]["nnkata"]
        if waiting is not None and not (ours["role"] == "check" and ours.get("exercise") == waiting):
            cells.append(_grade_cell(chapter.short, waiting, points[waiting]))
            waiting = None
        if ours["role"] == "exercise":
            name = ours["exercise"]
            cell["metadata"]["nbgrader"] = _metadata(answer_id(name), solution=True)
            waiting = name if name in points else None
        cells.append(cell)
    if waiting is not None:
        cells.append(_grade_cell(chapter.short, waiting, points[waiting]))
    return {**notebook, "cells": cells}


def _grade_cell(short: str, name: str, points: float) -> dict[str, Any]:
    text = GRADE_CELL.format(name=name, points=points)
    return {
        "cell_type": "code",
        "id": f"{short}-{name}"[:58] + "-grade",
        "metadata": {
            "nbgrader": _metadata(name, grade=True, locked=True, points=points),
            "nnkata": {"role": "check"},
        },
        "execution_count": None,
        "outputs": [],
        "source": text.splitlines(keepends=True),
    }


def _metadata(grade_id: str, **given: Any) -> dict[str, Any]:
    flags = {"grade": False, "solution": False, "locked": False, "task": False}
    return {"schema_version": SCHEMA_VERSION, "grade_id": grade_id, "cell_type": "code", **flags, **given}
