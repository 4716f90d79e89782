"""From a result to Gradescope's results.json: strict, redacted as the feedback pages are, never an invented score."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from grader.class_file.dates import BadDate
from grader.gradescope.late import after_lateness
from grader.gradescope.settings import Settings
from grader.report.text import VERDICT_WORDS, clean, shorten
from grader.report.views import exercises_of, for_student
from grader.results import Result, TestResult, total

MOST_OUTPUT = 4000  # characters of one text
NO_GRADE = (
    "The grader failed, not your submission. No grade was given, and nothing was decided about your work. "
    "Please tell your instructor, who can run the grading again."
)


def failure() -> dict[str, Any]:
    """What stands in results.json if the grader failed: words, and no score, so that Gradescope records none."""
    return {
        "output": NO_GRADE,
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [],
        "extra_data": {"nnkata": {"status": "grader_error"}},
    }


def results_of(result: Result, settings: Settings, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The content of results.json.

    Parameters
    ----------
    result : of grading, with any status.
    metadata : Gradescope's submission_metadata.json; only lateness needs it.
    """
    if result.score is None or result.status == "grader_error":
        return failure()
    own = for_student(result)
    lines = [_headline(own)]
    points = total((result.score, 0.0 if settings.bonus == "ignore" else result.bonus))
    if settings.bonus == "cap":
        points = min(points, max(result.max_score, result.score))
    if settings.late is not None:
        try:
            points, sentence = after_lateness(points, result.max_score, settings.late, metadata)
        except BadDate as error:
            sentence = f"Not checked for lateness: {error}"
        lines += [sentence] if sentence else []
    lines += own.notes
    return {
        "score": points,
        "execution_time": result.seconds,
        "output": _text("\n".join(lines)),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": settings.score,
        "stdout_visibility": "hidden",
        "tests": _tests(own, settings),
        "extra_data": {
            "nnkata": {
                "chapter": result.chapter,
                "status": result.status,
                "score": result.score,
                "bonus": result.bonus,
                "max_score": result.max_score,
                "prerequisites": result.prerequisites,
                "isolation": result.isolation,
                "suite": result.suite,
                "environment": result.environment,
                "submission": result.submission.get("sha256", ""),
            }
        },
    }


def to_json(results: Mapping[str, Any]) -> bytes:
    """Strict JSON in ASCII; raises ValueError for NaN and infinity."""
    return json.dumps(results, allow_nan=False, indent=1).encode("ascii") + b"\n"


def _headline(result: Result) -> str:
    if result.status == "missing":
        module = result.chapter.partition("_")[2]
        return f"No file for {result.chapter} was found. Hand in {module}.py or {module}.ipynb."
    if result.status == "rejected":
        return "The submission could not be read."
    bonus = f" and {result.bonus:g} bonus" if result.bonus else ""
    passed = sum(t.verdict == "passed" for t in result.tests)
    return (
        f"{result.score:g} of {result.max_score:g} points{bonus}, {passed} of {len(result.tests)} tests pass."
    )


def _tests(result: Result, settings: Settings) -> list[dict[str, Any]]:
    return [
        _test(test, f"{n}.{m}", settings)
        for n, exercise in enumerate(exercises_of(result), 1)
        for m, test in enumerate(exercise.tests, 1)
    ]


def _test(test: TestResult, number: str, settings: Settings) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": _text(f"{test.exercise}: {test.title}{' (bonus)' if test.bonus else ''}"),
        "number": number,
        "score": test.points,
        "max_score": 0.0 if test.bonus else test.max_points,
        "status": "passed" if test.verdict == "passed" else "failed",
        "visibility": settings.tests,
        "tags": [test.exercise],
        "extra_data": {"id": test.id, "verdict": test.verdict},
    }
    if test.verdict != "passed":
        word = VERDICT_WORDS[test.verdict].word
        words = [
            f"{word[0].upper()}{word[1:]}.",
            test.message,
            test.diagnosis.text if test.diagnosis else "",
            f"Limit: {test.limit}." if test.limit else "",
        ]
        entry["output"] = _text("\n".join(w for w in words if w))
    return entry


def _text(text: str) -> str:
    """Text of others, as it may be shown as plain text."""
    return shorten(str(clean(text)), MOST_OUTPUT)
