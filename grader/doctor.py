"""What this machine can do, and what to do about what is missing."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from grader.errors import KitError
from grader.version import VERSION

NEEDED = {"student": ("numpy", "pytest", "pytest-timeout", "click", "rich"), "grading": ("jinja2", "SQLAlchemy", "msgpack")}
USEFUL = {"matplotlib": "figures: pip install 'nnkata[plots]'", "nbgrader": "nbgrader courses: pip install 'nnkata[instructor]'"}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. state: 'ok', 'missing' (something does not work), 'note'."""

    name: str
    state: str
    text: str
    next_step: str = ""


def examine(course_path: Path | None = None) -> dict[str, Any]:
    """Everything `kata doctor` knows, as plain data: findings, isolation, environment.

    Nothing is changed on the machine; the self-test runs in a throw-away worker.
    """
    findings = [_python(), *_packages()]
    can_grade = all(f.state == "ok" for f in findings if f.name.startswith("packages"))
    isolation: dict[str, Any] | None = None
    if can_grade:
        found, isolation = _sandbox()
        findings.append(found)
        findings.append(_power())
    findings.append(_course(course_path))
    return {
        "nnkata": VERSION,
        "python": platform.python_version(),
        "platform": f"{sys.platform}-{platform.machine()}",
        "account": "root" if hasattr(os, "geteuid") and os.geteuid() == 0 else "ordinary user",
        "isolation": isolation,
        "findings": [asdict(f) for f in findings],
    }


def _python() -> Finding:
    where = "a virtual environment" if sys.prefix != sys.base_prefix else "no virtual environment"
    return Finding("python", "ok", f"{platform.python_version()}, {where}")


def _packages() -> list[Finding]:
    findings = []
    for group, names in NEEDED.items():
        have, lacking = [], []
        for name in names:
            try:
                have.append(f"{name} {importlib.metadata.version(name)}")
            except importlib.metadata.PackageNotFoundError:
                lacking.append(name)
        extra = "nnkata" if group == "student" else "nnkata[grading]"
        step = f"python -m pip install '{extra}'" if lacking else ""
        what = "to work on exercises" if group == "student" else "to grade"
        text = f"missing {what}: {', '.join(lacking)}" if lacking else ", ".join(have)
        # A student needs no grading packages.
        lacks = "missing" if group == "student" else "note"
        findings.append(Finding(f"packages ({group})", lacks if lacking else "ok", text, step))
    for name, step in USEFUL.items():
        try:
            findings.append(Finding(name, "ok", importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            findings.append(Finding(name, "note", "not installed", step))
    return findings


def _sandbox() -> tuple[Finding, dict[str, Any] | None]:
    from grader.sandbox.isolation import start_server

    try:
        server, isolation = start_server(allowed="process")
    except KitError as error:
        step = "Grade on Linux, in WSL2 or in CI." if sys.platform != "linux" else "Send this line to the authors."
        return Finding("sandbox", "missing", str(error), step), None
    server.close()
    told = {**isolation.to_dict(), "selftest": isolation.selftest}
    if isolation.level == "process":
        text = f"process only: hidden tests would not be protected ({'; '.join(isolation.missing[:3])})"
        step = "Grade on a Linux kernel with seccomp (any since 3.17), in WSL2 or in CI."
        return Finding("sandbox", "missing", text, step), told
    refused = sum(v not in ("ok", "allowed") for v in isolation.selftest.values())
    text = f"{isolation.level}: {refused} forbidden actions were refused by the kernel, numpy works"
    return Finding("sandbox", "ok", text), told


def _power() -> Finding:
    from grader.classroom import default_jobs

    return Finding("parallel grading", "ok", f"{default_jobs()} processes at once (kata grade --jobs N)")


def _course(course_path: Path | None) -> Finding:
    from grader.course import find_course

    try:
        course = find_course(course_path)
    except KitError as error:
        return Finding("course", "note", "none here; instructors need one, students do not", str(error))
    names = [c.short for c in course.graded_chapters]
    return Finding("course", "ok", f"{course.root}: {', '.join(names) or 'no chapters with hidden suites'}")
