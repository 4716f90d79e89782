"""One submission to grade, as it travels to a grading process, and what results are made with."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata

from grader.results import Isolation, Result, now
from grader.submission import Notebook, Source
from grader.version import VERSION

NOT_GRADED = "The grader failed, not the submission. No grade was written."


@dataclass(frozen=True)
class Job:
    """One submission to grade."""

    student: str
    chapter: str
    source: Source | None  # None: nothing was handed in for this chapter
    own: Mapping[str, str | Notebook]
    limits: Mapping[str, float]
    prerequisites: str  # 'auto', 'reference' or 'own'
    notes: tuple[str, ...] = ()
    only: tuple[str, ...] = ()  # ids of tests; empty: all of them
    named: bool = True  # name recognised mistakes
    warned: Mapping[str, list[str]] = field(default_factory=dict)  # what the reference warns of, by test id
    identity: Mapping[str, str] = field(default_factory=dict)  # see `grader.submission.HandedIn`


@cache
def _numpy() -> str:
    """The version of numpy, which takes a tenth of a second to import."""
    return metadata.version("numpy")


def environment() -> dict[str, str]:
    """What a result was made with."""
    return {
        "python": platform.python_version(),
        "numpy": _numpy(),
        "nnkata": VERSION,
        "platform": f"{sys.platform}-{platform.machine()}",
    }


def blank(job: Job, suite_sha256: str, isolation: Isolation, started: str) -> Result:
    """The result of a job before its tests."""
    source = job.source
    return Result(
        student=job.student,
        chapter=job.chapter,
        status="graded",
        submission={
            "sha256": source.sha256 if source else "",
            "files": list(source.files) if source else [],
            "kind": source.kind if source else "none",
        },
        identity=dict(job.identity),
        suite={"sha256": suite_sha256},
        environment=environment(),
        isolation=isolation.to_dict(),
        started=started,
        notes=list(job.notes) + (list(source.notes) if source else []),
    )


def lost(job: Job, suite_sha256: str, isolation: Isolation) -> Result:
    """The result of a job that nobody brought back: without a grade, since the failure is ours."""
    result = blank(job, suite_sha256, isolation, now())
    result.status, result.notes = "grader_error", [NOT_GRADED]
    result.submission["files"] = []
    return result
