"""Whole points, as GitHub Classroom and Classroom 50 want them, from a graded submission or from visible tests."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from grader.errors import GraderFailure, UsageError
from grader.intake.files import JOINERS
from grader.practice import Practice
from grader.results import Result

RESULT_SCHEMA = "classroom50/result/v1"
FACTORS = (1, 2, 4, 5, 8, 10, 20, 40, 50, 100, 200, 1000)
MOST_TEXT = 2000  # characters


@dataclass(frozen=True)
class Item:
    """One test or function: its points of its maximum, before they are made whole."""

    name: str
    passed: bool
    points: float
    most: float
    message: str = ""
    status: str = "fail"  # or error: it ended without an answer to judge
    seconds: float = 0.0


@dataclass(frozen=True)
class Points:
    """A submission in points.

    Attributes
    ----------
    factor : by which points were multiplied to become whole.
    score : whole points that count; a mark by hand may differ from the sum of the items.
    note : in words, if no item could be judged.
    """

    title: str
    items: tuple[Item, ...]
    factor: int
    score: int
    most: int
    note: str = ""
    whole: tuple[tuple[int, int], ...] = field(default=())  # (points, maximum) of each item


def of_result(result: Result) -> Points:
    """The points of a graded submission; they hold no more of a hidden test than its title and message.

    Neither format knows extra credit: a bonus test is listed with 0 of 0 points.

    Raises
    ------
    GraderFailure
        If the grader failed on it: there are no points then.
    """
    if result.status == "grader_error" or (result.score is None and result.override is None):
        raise GraderFailure(f"The grader failed on {result.student}, {result.chapter}. There are no points.")
    factor = whole_factor(t.max_points for t in result.tests if not t.bonus)
    items = tuple(
        Item(
            _text(f"{t.exercise}: {t.title}{' (bonus)' if t.bonus else ''}"),
            t.verdict == "passed",
            0.0 if t.bonus else t.points,
            0.0 if t.bonus else t.max_points,
            _text("\n".join(w for w in (t.message, t.diagnosis.text if t.diagnosis else "") if w)),
            "pass"
            if t.verdict == "passed"
            else "fail"
            if t.verdict in ("failed", "skipped", "unwritten")
            else "error",
            t.seconds or 0.0,
        )
        for t in result.tests
    )
    counted = result.override["score"] if result.override is not None else result.score
    note = (
        ""
        if result.tests
        else _text("\n".join(result.notes) or f"No file for {result.chapter} was handed in.")
    )
    return _points(result.chapter, items, factor, note, counted, result.max_score)


def of_visible(practice: Practice, expected: Sequence[tuple[str, str]]) -> Points:
    """One point for each function whose visible tests all pass.

    Parameters
    ----------
    expected : (chapter, function) that there are tests of; one that was not reached has no point.
    """
    done = {(e.chapter, e.name): e for e in practice.exercises}
    items = []
    for chapter, name in expected:
        exercise = done.get((chapter, name))
        failure = exercise.first_failure if exercise else practice.broken.get(chapter)
        passed = exercise is not None and exercise.done
        words = failure.message if failure is not None else ""
        label = f"{chapter[:4]} {name}"
        items.append(
            Item(
                label,
                passed,
                float(passed),
                1.0,
                "" if passed else _text(words),
                "pass" if passed else "fail",
            )
        )
    titles = dict.fromkeys(chapter for chapter, _ in expected)
    return _points(", ".join(titles), tuple(items), 1, "\n".join(practice.errors))


def whole_factor(points: Iterable[float]) -> int:
    """The smallest factor that makes all of them whole; the largest known one if none does."""
    values = list(points)
    return next((f for f in FACTORS if all(abs(v * f - round(v * f)) < 1e-6 for v in values)), FACTORS[-1])


def _points(
    title: str,
    items: tuple[Item, ...],
    factor: int,
    note: str,
    counted: float | None = None,
    maximum: float = 0.0,
) -> Points:
    whole = tuple((_floor(i.points * factor), _floor(i.most * factor)) for i in items)
    most = sum(m for _, m in whole) if whole else _floor(maximum * factor)
    score = sum(p for p, _ in whole) if counted is None else _floor(counted * factor)
    return Points(title, items, factor, max(0, min(score, most)), most, note, whole)


def _floor(value: float) -> int:
    return math.floor(value + 1e-6)


def _text(text: str) -> str:
    """Text of others without control characters and those that turn the direction of writing, not too long."""
    kept = "".join(c for c in text if c.isprintable() or c == "\n" or c in JOINERS)
    return kept if len(kept) <= MOST_TEXT else f"{kept[:MOST_TEXT]} ..."


# formats -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Submission:
    """What Classroom 50 says about a submission. Links are opaque here."""

    classroom: str
    assignment: str
    owner: str
    tag: str
    commit: str
    release: str
    review: str = ""
    kind: str = "individual"
    handed_in: datetime | None = None
    pushed_by: str = ""
    pushed_by_id: int | None = None


def classroom50(points: Points, about: Submission, now: datetime | None = None) -> bytes:
    """result.json of Classroom 50.

    Raises
    ------
    UsageError
        If something that the format needs is not known.
    """
    needed = {
        "CLASSROOM": about.classroom,
        "ASSIGNMENT": about.assignment,
        "OWNER": about.owner,
        "SUBMISSION_TAG": about.tag,
        "COMMIT_URL": about.commit,
        "RELEASE_URL": about.release,
    }
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise UsageError(
            f"Classroom 50 did not say {', '.join(missing)}. Run this as its autograder, or give the options."
        )
    if not about.tag.startswith("submit/"):
        raise UsageError(f"The tag of a submission begins with submit/, not as in {about.tag!r}.")
    if about.kind not in ("individual", "group"):
        raise UsageError(f"ASSIGNMENT_TYPE is {about.kind!r}. Expected individual or group.")
    now = now or datetime.now(UTC)
    tests = []
    for item, (score, most) in zip(points.items, points.whole, strict=True):
        entry: dict[str, Any] = {
            "test-name": item.name,
            "passed": item.passed,
            "score": score,
            "max-score": most,
        }
        tests.append(entry | ({"message": item.message} if item.message else {}))
    data: dict[str, Any] = {
        "schema": RESULT_SCHEMA,
        "classroom": about.classroom,
        "assignment": about.assignment,
        "assignment_type": about.kind,
        "owner": about.owner,
        "submission": about.tag,
        "commit": about.commit,
        "release": about.release,
        "review": about.review or about.commit,
        "datetime": _stamp(about.handed_in or now),
        "graded_at": _stamp(now),
        "score": points.score,
        "max-score": points.most,
        "tests": tests,
    }
    if about.pushed_by:
        data["submitted_by"] = {"username": about.pushed_by, "id": about.pushed_by_id}
    return _json(data)


def reporter(points: Points) -> str:
    """What a grader step of GitHub Classroom hands to its reporter: base64 of JSON."""
    tests = [
        {
            "name": item.name,
            "status": item.status,
            "score": score,
            "message": item.message,
            "test_code": "",
            "filename": "",
            "line_no": 0,
            "duration": round(item.seconds, 3),
        }
        for item, (score, _) in zip(points.items, points.whole, strict=True)
    ]
    status = "error" if not tests else "pass" if points.score >= points.most else "fail"
    data: dict[str, Any] = {"version": 1, "status": status, "max_score": points.most, "tests": tests}
    if points.note or not tests:
        data["message"] = points.note
    return base64.b64encode(_json(data)).decode("ascii")


def _stamp(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(data: dict[str, Any]) -> bytes:
    return json.dumps(data, allow_nan=False, indent=1).encode("ascii") + b"\n"
