"""What this machine can do, and what to do about what is missing."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from grader.course import COURSE_VARIABLE
from grader.errors import KitError
from grader.texts import say
from grader.version import VERSION

NEEDED = {
    "student": ("numpy", "pytest", "pytest-timeout", "click", "rich", "watchfiles"),
    "grading": ("jinja2", "SQLAlchemy", "msgpack"),
}
USEFUL = ("matplotlib", "nbgrader")  # -> text doctor.useful.<name>


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. state: 'ok', 'missing' (something does not work), 'note'."""

    name: str
    state: str
    text: str
    next_step: str = ""


def examine(course_path: Path | None = None) -> dict[str, Any]:
    """Everything `kata doctor` knows, as plain data: findings, isolation, environment.

    Nothing is changed on the machine; the self-test runs in a throw-away worker. In a student's workspace, where there
    is no course, only what a student needs is looked at.
    """
    workspace = None if course_path or os.environ.get(COURSE_VARIABLE) else _workspace()
    if workspace is not None:
        findings = [
            _python(),
            *_packages(("student",)),
            *_as_where_it_is_graded(workspace),
            _about(workspace),
        ]
        return _answer(findings, None)
    findings = [_python(), *_packages()]
    can_grade = all(f.state == "ok" for f in findings if f.name.startswith("packages"))
    isolation: dict[str, Any] | None = None
    if can_grade:
        found, isolation = sandbox_finding()
        findings.append(found)
        findings.append(_power())
    findings.append(_course(course_path))
    return _answer(findings, isolation)


def _answer(findings: list[Finding], isolation: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "nnkata": VERSION,
        "python": platform.python_version(),
        "platform": f"{sys.platform}-{platform.machine()}",
        "account": "root" if hasattr(os, "geteuid") and os.geteuid() == 0 else say("doctor.ordinary-user"),
        "isolation": isolation,
        "findings": [asdict(f) for f in findings],
    }


def _python() -> Finding:
    id = "doctor.in-venv" if sys.prefix != sys.base_prefix else "doctor.no-venv"
    return Finding("python", "ok", say(id, version=platform.python_version()))


def missing_packages() -> list[str]:
    """Packages that a student needs and that this Python does not have."""
    lacking = []
    for name in NEEDED["student"]:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            lacking.append(name)
    return lacking


def install_line(names: list[str]) -> str:
    """What is missing, and in which Python."""
    id = "doctor.not-here-many" if len(names) > 1 else "doctor.not-here"
    return say(id, names=", ".join(names), python=sys.executable)


def _workspace() -> Path | None:
    """The workspace one is in, if any."""
    from grader.workspace import find_workspace

    try:
        return find_workspace()
    except KitError:
        return None


def _as_where_it_is_graded(workspace: Path) -> list[Finding]:
    """The versions here beside those where the kit was released."""
    from grader.workspace import environment_here, read_manifest

    try:
        theirs = read_manifest(workspace).environment
    except KitError:
        theirs = {}
    if not theirs:
        return [Finding("like the grader", "note", say("doctor.versions-unknown"))]
    findings = []
    for name, here in environment_here().items():
        there = theirs.get(name)
        if there is None:
            continue
        parts = 2 if name == "python" else 1
        same = here.split(".")[:parts] == there.split(".")[:parts]
        text = say("doctor.versions", here=here, there=there)
        if same:
            findings.append(Finding(f"like the grader: {name}", "ok", text))
            continue
        step = say("doctor.other-python")
        if name != "python":
            step = say("doctor.same-version", executable=sys.executable, name=name, there=there)
        findings.append(Finding(f"like the grader: {name}", "note", text, step))
    return findings


def _about(workspace: Path) -> Finding:
    from grader.course import chapter_folders
    from grader.workspace import installed_version, read_manifest

    try:
        manifest = read_manifest(workspace)
    except KitError as error:
        return Finding("workspace", "missing", str(error))
    shown = say(
        "doctor.workspace",
        workspace=workspace,
        count=len(chapter_folders(workspace)),
        version=manifest.version,
    )
    lost = [name for name in manifest.files if not (workspace / name).is_file()]
    if lost:
        id = "doctor.workspace-lost-more" if len(lost) > 1 else "doctor.workspace-lost"
        text = say(id, workspace=shown, file=lost[0], count=len(lost) - 1)
        return Finding("workspace", "note", text, say("doctor.restore"))
    if not os.access(workspace, os.W_OK):
        return Finding(
            "workspace", "missing", say("doctor.workspace-locked", workspace=shown), say("doctor.copy-it")
        )
    installed = installed_version()
    if manifest.version != installed:
        return Finding(
            "workspace",
            "note",
            say("doctor.workspace-version", workspace=shown, version=installed),
            say("doctor.bring-in"),
        )
    return Finding("workspace", "ok", shown)


def _packages(groups: tuple[str, ...] = ("student", "grading")) -> list[Finding]:
    findings = []
    for group in groups:
        names = NEEDED[group]
        have, lacking = [], []
        for name in names:
            try:
                have.append(f"{name} {importlib.metadata.version(name)}")
            except importlib.metadata.PackageNotFoundError:
                lacking.append(name)
        extra = "nnkata" if group == "student" else "nnkata[grading]"
        step = f"{sys.executable} -m pip install '{extra}'" if lacking else ""
        text = ", ".join(have)
        if lacking:
            text = say(f"doctor.lacking-{group}", names=", ".join(lacking))
        # A student needs no grading packages.
        lacks = "missing" if group == "student" else "note"
        findings.append(Finding(f"packages ({group})", lacks if lacking else "ok", text, step))
    for name in USEFUL:
        if name == "nbgrader" and "grading" not in groups:
            continue
        try:
            findings.append(Finding(name, "ok", importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            findings.append(Finding(name, "note", say("doctor.not-installed"), say(f"doctor.useful.{name}")))
    return findings


def sandbox_finding() -> tuple[Finding, dict[str, Any] | None]:
    from grader.sandbox.isolation import start_server

    try:
        server, isolation = start_server(allowed="process")
    except KitError as error:
        step = say("doctor.grade-elsewhere") if sys.platform != "linux" else say("doctor.send-line")
        return Finding("sandbox", "missing", str(error), step), None
    server.close()
    told = {**isolation.to_dict(), "selftest": isolation.selftest}
    if isolation.level == "process":
        text = say("doctor.process-only", missing="; ".join(isolation.missing[:3]))
        step = say("doctor.need-seccomp")
        return Finding("sandbox", "missing", text, step), told
    refused = sum(v not in ("ok", "allowed") for v in isolation.selftest.values())
    text = say("doctor.sealed", level=isolation.level, count=refused)
    return Finding("sandbox", "ok", text), told


def _power() -> Finding:
    from grader.classroom import default_jobs

    return Finding("parallel grading", "ok", say("doctor.jobs", count=default_jobs()))


def _course(course_path: Path | None) -> Finding:
    from grader.course import find_course

    try:
        course = find_course(course_path)
    except KitError as error:
        return Finding("course", "note", say("doctor.no-course"), str(error))
    names = [c.short for c in course.graded_chapters]
    return Finding("course", "ok", f"{course.root}: {', '.join(names) or say('doctor.no-suites')}")
