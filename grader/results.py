"""What grading leaves behind: one `Result` per student and chapter, with one `TestResult` per test.

The JSON form is described by `result.schema.json` beside this file and is strict (no NaN).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SCHEMA = "nnkata/result/v1"
SCHEMA_PATH = Path(__file__).with_name("result.schema.json")

VERDICTS = (
    "passed",
    "failed",
    "raised",
    "unwritten",
    "timeout",
    "memory",
    "crashed",
    "protocol",
    "skipped",
    "grader_error",
)
STATUSES = ("graded", "rejected", "missing", "grader_error")
LEVELS = ("sealed+uid", "sealed", "process")


def total(points: Iterable[float]) -> float:
    """Sum of points without binary dust: ten tenths are 1."""
    return round(math.fsum(points), 6)


def now() -> str:
    """The time as results tell it: UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Isolation:
    """How strong the sandbox was: level, what is missing for more, and what each probe of the self-test answered."""

    level: str
    missing: tuple[str, ...] = ()
    selftest: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {"level": self.level, "missing": list(self.missing)}


@dataclass
class Diagnosis:
    """A recognised mistake: stable id and the sentence of a good TA."""

    id: str
    text: str


@dataclass
class TestResult:
    """The verdict of one hidden test. `message` is for the student, `detail` for staff."""

    id: str
    exercise: str
    title: str
    points: float
    max_points: float
    bonus: bool
    verdict: str
    limit: str | None = None
    message: str = ""
    detail: str = ""
    diagnosis: Diagnosis | None = None
    seconds: float | None = None

    __test__ = False  # the name begins with Test, pytest must not collect it


# With an indent json would leave its fast encoder, and a result would take as long to write as a small test to run.
in_one_line = json.JSONEncoder(allow_nan=False, ensure_ascii=False).encode


@dataclass
class Result:
    """Everything known about one student's work on one chapter."""

    student: str
    chapter: str
    status: str
    submission: dict[str, Any]  # sha256, files [{name, size, sha256}], kind
    suite: dict[str, Any]  # sha256
    environment: dict[str, str]  # python, numpy, nnkata, platform
    isolation: dict[str, Any]  # level, missing[]
    prerequisites: str | None = None  # 'reference' or 'own'
    score: float | None = None  # without bonus; None when nothing could be graded
    max_score: float = 0.0
    bonus: float = 0.0
    override: dict[str, Any] | None = None  # score, reason, by
    started: str = ""  # UTC, ISO 8601
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    identity: dict[str, str] = field(default_factory=dict)  # at a learning platform: lms, id, name
    tests: list[TestResult] = field(default_factory=list)
    drawings: list[dict[str, Any]] = field(default_factory=list)  # see `grader.drawings`; for staff only
    schema: str = SCHEMA

    @property
    def final(self) -> float | None:
        """The mark that counts: an override if there is one, else score plus bonus."""
        if self.override is not None:
            return float(self.override["score"])
        return None if self.score is None else self.score + self.bonus

    def add_up(self) -> Result:
        """Set score, max_score and bonus from the tests; returns self."""
        self.score = total(t.points for t in self.tests if not t.bonus)
        self.max_score = total(t.max_points for t in self.tests if not t.bonus)
        self.bonus = total(t.points for t in self.tests if t.bonus)
        return self

    def to_dict(self) -> dict[str, Any]:
        tests = [{**vars(t), "diagnosis": vars(t.diagnosis) if t.diagnosis else None} for t in self.tests]
        return {**vars(self), "tests": tests}

    def to_json(self) -> str:
        """Strict JSON, stable key order, a line for each entry and for each test.

        Raises
        ------
        ValueError
            If a number is NaN or infinite; such a result must not be written.
        """
        lines = []
        for name, value in self.to_dict().items():
            if isinstance(value, list) and value:
                text = "[\n  " + ",\n  ".join(map(in_one_line, value)) + "\n ]"
            else:
                text = in_one_line(value)
            lines.append(f' "{name}": {text}')
        return "{\n" + ",\n".join(lines) + "\n}\n"

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Result:
        tests = [
            TestResult(**{**t, "diagnosis": Diagnosis(**t["diagnosis"]) if t["diagnosis"] else None})
            for t in data["tests"]
        ]
        return cls(**{**data, "tests": tests})

    @classmethod
    def from_json(cls, text: str) -> Result:
        return cls.from_dict(json.loads(text))
