"""`kata nbgrader doctor`: whether a course directory grades as it should."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.course import Course
from grader.doctor import Finding, sandbox_finding
from grader.errors import KitError, UsageError
from grader.nbgrader.config import Settings, chapter_of, load
from grader.nbgrader.course_dir import changed_source, db_url
from grader.nbgrader.leaks import leaks
from grader.nbgrader.source import points_of

OLDEST = (0, 9, 5)


def examine(root: Path) -> list[Finding]:
    """Everything that was looked at. Nothing is changed."""
    found = [_version()]
    if found[0].state == "missing":
        return found
    try:
        config = load(root)
        settings = Settings.of(config)
    except UsageError as error:
        return [*found, Finding("config", "missing", str(error))]
    found += [_config(root, config), _home()]
    found.append(sandbox_finding()[0])
    try:
        course = settings.course()
        names = ", ".join(c.short for c in course.graded_chapters)
        found.append(Finding("hidden suites", "ok", f"{course.root}: {names}"))
    except KitError as error:
        step = "Correct kit= in nbgrader_config.py, or set NNKATA_COURSE."
        return [*found, Finding("hidden suites", "missing", str(error), step)]
    found.append(_separate(settings, course))
    found += _sources(settings, course)
    found += _gradebook(settings, course)
    found += _hand_ins(settings, course)
    return [f for f in found if f.text]


def _version() -> Finding:
    try:
        version = importlib.metadata.version("nbgrader")
    except importlib.metadata.PackageNotFoundError:
        return Finding("nbgrader", "missing", "not installed", "python -m pip install 'nnkata[instructor]'")
    parts = tuple(int(p) for p in version.split(".")[:3] if p.isdigit())
    state = "ok" if parts >= OLDEST else "missing"
    step = "" if state == "ok" else "python -m pip install --upgrade nbgrader"
    return Finding("nbgrader", state, version, step)


def _config(root: Path, config: Any) -> Finding:
    steps = list(config.Autograde.get("autograde_preprocessors", []))
    text = f"{root / 'nbgrader_config.py'} uses our grader"
    if not any("grader.nbgrader.preprocessors.SandboxGrade" in str(s) for s in steps):
        return Finding(
            "config", "missing", "Autograde.autograde_preprocessors is set to something else after configure()",
            "Put the line configure(...) at the end of nbgrader_config.py.",
        )  # fmt: skip
    if any(str(s).rpartition(".")[2] == "Execute" for s in steps):
        return Finding(
            "config", "missing", "nbgrader's Execute would run student code unprotected", "Remove it."
        )
    return Finding("config", "ok", text)


def _home() -> Finding:
    """A config in the home directory wins over nobody, but names another course for those who stand elsewhere."""
    from jupyter_core.paths import jupyter_config_path

    here = [Path(p) / "nbgrader_config.py" for p in jupyter_config_path()]
    there = [p for p in here if p.is_file()]
    if not there:
        return Finding(
            "other configs", "ok", "none; start jupyter lab in the course directory for the formgrader"
        )
    return Finding(
        "other configs", "note", f"{', '.join(map(str, there))} is read as well, before the course's own"
    )


def _separate(settings: Settings, course: Course) -> Finding:
    if settings.root in course.hidden.parents or settings.root == course.root:
        return Finding(
            "separation", "missing", f"the hidden suites lie inside the course directory {settings.root}",
            "Keep the course directory outside of the kit, or the kit elsewhere.",
        )  # fmt: skip
    found = [path.relative_to(settings.root).as_posix() for path, _ in leaks(settings.root, course)]
    if found:
        few = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
        return Finding("separation", "missing", f"text of a hidden suite in {few}", "Remove these files.")
    return Finding(
        "separation", "ok", f"no hidden test in the course directory; results are kept in {settings.grades}"
    )


def _sources(settings: Settings, course: Course) -> Iterator[Finding]:
    folders = sorted(p for p in (settings.root / "source").glob("*") if p.is_dir())
    ours = [(f, c) for f in folders for p in sorted(f.glob("*.ipynb")) if (c := chapter_of(course, p.stem))]
    points = points_of(course, {c.name: c for _, c in ours}.values()) if ours else {}
    for folder in folders:
        for path in sorted(folder.glob("*.ipynb")):
            chapter = chapter_of(course, path.stem)
            name = f"{folder.name}/{path.name}"
            if chapter is None:
                yield Finding(
                    name,
                    "missing",
                    "is no chapter; nothing would grade it",
                    "Keep it in a course of its own.",
                )
                continue
            if folder.name != chapter.name:
                yield Finding(
                    name,
                    "note",
                    f"is graded as {chapter.name}; check(...) works in a folder of that name only",
                )
                continue
            differs = changed_source(settings.root, chapter, points[chapter.name])
            if differs:
                step = f"kata nbgrader init {settings.root} --chapter {chapter.short} --force, then nbgrader generate_assignment"
                yield Finding(name, "note", differs, step)
            else:
                yield Finding(
                    name,
                    "ok",
                    f"{len(points[chapter.name])} exercises, {sum(points[chapter.name].values()):g} points",
                )
    solutions = [
        p.relative_to(settings.root).as_posix()
        for step in ("source", "release")
        for p in sorted((settings.root / step).rglob("*.py"))
        if "### BEGIN SOLUTION" in p.read_text(encoding="utf-8", errors="replace")
    ]
    if solutions:
        text = f"{', '.join(solutions[:5])} would be released to students as they are"
        yield Finding("solutions", "missing", text, "Remove them from source/ and release/.")


def _gradebook(settings: Settings, course: Course) -> Iterator[Finding]:
    from nbgrader.api import Gradebook

    url = db_url(settings)
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite") and not path.is_file():
        yield Finding("gradebook", "note", "not there yet", "nbgrader generate_assignment makes it.")
        return
    with Gradebook(url) as gradebook:
        for assignment in gradebook.assignments:
            for notebook in assignment.notebooks:
                chapter = chapter_of(course, notebook.name)
                if chapter is None or chapter not in course.graded_chapters:
                    continue
                graded = {c.name for c in notebook.grade_cells if c.cell_type == "code"}
                asked = set(points_of(course, [chapter])[chapter.name])
                if graded - asked:
                    yield Finding(
                        f"gradebook, {assignment.name}", "missing",
                        f"grade cells without a hidden test: {', '.join(sorted(graded - asked))}",
                        "Renamed exercises cannot be graded in this assignment; use the kit's older version for it.",
                    )  # fmt: skip
        yield Finding(
            "gradebook", "ok", f"{len(gradebook.assignments)} assignments, {len(gradebook.students)} students"
        )


def _hand_ins(settings: Settings, course: Course) -> Iterator[Finding]:
    """Submissions that nbgrader would pass over without a word."""
    for folder in sorted((settings.root / "release").glob("*")):
        chapters = [c for p in folder.glob("*.ipynb") if (c := chapter_of(course, p.stem))]
        without = [
            submission.parent.name
            for submission in sorted((settings.root / "submitted").glob(f"*/{folder.name}"))
            if any(not (submission / f"{c.module}.ipynb").is_file() for c in chapters)
        ]
        if without:
            few = ", ".join(without[:10]) + (" ..." if len(without) > 10 else "")
            step = f"kata nbgrader pregrade {settings.root} {folder.name} makes notebooks of .py files and of other names."
            yield Finding(
                f"submitted, {folder.name}",
                "note",
                f"without the notebook that nbgrader looks for: {few}",
                step,
            )
