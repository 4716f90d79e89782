"""Makes autograder.zip."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.chapter_pack import chapter_bundle
from grader.course import Chapter, Course
from grader.gradescope.requirements import REQUIRED, TIME_ZONES, pinned, pythons, wheels_in
from grader.gradescope.results import failure
from grader.gradescope.settings import COURSE, FILE, Settings
from grader.pack import plain_files, zip_bytes
from grader.version import VERSION

TEMPLATES = Path(__file__).with_name("templates")
PACKAGE = Path(__file__).resolve().parents[1]
EXECUTABLE = ("setup.sh", "run_autograder")


def autograder(course: Course, settings: Settings, wheels: Path | None = None) -> bytes:
    """The content of autograder.zip: the same bytes for the same course, settings and versions.

    Parameters
    ----------
    settings : `chapter` may be any name of it; `chapters` is filled in.
    wheels : a folder of wheels to install from, without any network for pip.

    Raises
    ------
    UsageError
        For a chapter that does not exist or has no hidden suite, and for wheels that do not suffice.
    """
    chapter: Chapter = course.chapter(settings.chapter)
    settings = replace(settings, chapter=chapter.name, chapters=tuple(c.name for c in course.chapters))
    required = [*REQUIRED, *([TIME_ZONES] if settings.late and settings.late["zone"] else [])]
    files: dict[str, bytes] = {COURSE: chapter_bundle(course, chapter), FILE: settings.to_json().encode()}
    chosen = wheels_in(wheels, required) if wheels is not None else []
    files |= {f"wheels/{path.name}": path.read_bytes() for path in chosen}
    files["requirements.txt"] = _lines(required)
    files["constraints.txt"] = _lines(pinned(required))
    files |= {f"package/{name}": data for name, data in _package().items()}
    words = {"@PYTHONS@": " ".join(pythons(chosen)), "@FAILURE@": json.dumps(failure(), indent=1)}
    files |= {name: _template(name, words) for name in EXECUTABLE}
    return zip_bytes(files, executable=EXECUTABLE)


def _package() -> dict[str, bytes]:
    """This package as it is here, importable from a folder; the exercises that a wheel carries are not needed."""
    files = {
        f"grader/{name}": data
        for name, data in plain_files(PACKAGE, links=True).items()
        if not name.startswith(("exercises/", "docs/"))
    }
    about = f"Metadata-Version: 2.1\nName: nnkata\nVersion: {VERSION}\n"
    return files | {f"nnkata-{VERSION}.dist-info/METADATA": about.encode()}


def _template(name: str, words: dict[str, Any]) -> bytes:
    text = (TEMPLATES / name).read_bytes().replace(b"\r\n", b"\n").decode()
    for word, value in words.items():
        text = text.replace(word, value)
    return text.encode()


def _lines(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
