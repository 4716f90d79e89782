"""Submissions that look alike: a hint for a person, never a verdict.

Copydetect (winnowing of normalised tokens, the method of MOSS) compares every two submissions for a chapter. Names,
comments, docstrings and layout do not count. The stub is ignored, and so is what many in the class have written: short
exercises have one natural answer. Two students may still be alike because they think alike, had the same teacher, or
worked together as they were allowed to. Nothing of it changes a mark.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grader.class_file import ClassFile, assign
from grader.course import Chapter
from grader.errors import GraderFailure, UsageError
from grader.files import write_atomically
from grader.submission import HandedIn, read_handed_in, survey

NAME = "similar.json"
SCHEMA = "nnkata/similar/v1"
NOTE = (
    "A hint for a person, never a verdict: look at both submissions before you think anything of anybody. Short exercises "
    "have few right answers."
)
COMMON_SHARE, COMMON_LEAST = 0.25, 3  # what more students have is ordinary: a quarter of them, at least three
SHARE = 0.5  # of one of both submissions
LEAST = 100  # characters of normalised code, some four or five lines
MOST = 100  # pairs of a chapter that are kept
MEMORY_BYTES = 2 << 30  # of the process that compares
SECONDS = 900.0  # for one chapter


@dataclass
class Pair:
    """Two submissions that are alike. `share_a`: how much of what a wrote himself is in b; `length`: characters of
    normalised code; `same_lines`: lines that are equal letter by letter; `lines_a`: ranges of line numbers."""

    a: str
    b: str
    share_a: float
    share_b: float
    length: int
    same_lines: int
    lines_a: list[list[int]]
    lines_b: list[list[int]]


@dataclass
class Alike:
    """What was found in one chapter."""

    chapter: str
    compared: int
    found: int  # pairs; the first MOST are kept
    pairs: list[Pair] = field(default_factory=list)
    skipped: list[list[str]] = field(default_factory=list)  # [student, reason]


def sources(
    paths: Sequence[Path], chapters: Sequence[Chapter], class_file: ClassFile | None = None
) -> tuple[dict[str, dict[str, str]], dict[str, list[list[str]]]]:
    """(chapter -> student -> source, chapter -> [student, reason] of those that cannot be read).

    Raises
    ------
    UsageError
        If a path does not exist or holds no submissions.
    """
    texts: dict[str, dict[str, str]] = {c.name: {} for c in chapters}
    unreadable: dict[str, list[list[str]]] = {c.name: [] for c in chapters}
    for path in paths:
        found: list[HandedIn] = survey([path], chapters).handed_in
        if class_file is not None:
            found = assign(found, class_file, chapters, whole_class=False).handed_in
        for handed in found:
            source = read_handed_in(handed)
            if source is not None and source.notebook is not None:
                source = source.notebook.source()
            if source is not None and source.text is not None:
                texts[handed.chapter.name][handed.student] = source.text
            elif source is not None:
                unreadable[handed.chapter.name].append([handed.student, source.rejected or "cannot be read"])
    return texts, unreadable


def find_alike(
    paths: Sequence[Path],
    chapters: Sequence[Chapter],
    class_file: ClassFile | None = None,
    *,
    share: float = SHARE,
    on_chapter: Callable[[str], None] | None = None,
) -> list[Alike]:
    """Compare everything that was handed in, chapter by chapter; chapters with fewer than two are left out.

    Raises
    ------
    UsageError
        For paths that do not fit, or if Copydetect is not installed.
    GraderFailure
        If the comparison fails or takes too long.
    """
    texts, unreadable = sources(paths, chapters, class_file)
    result = []
    for chapter in chapters:
        files = texts[chapter.name]
        if len(files) < 2:
            continue
        if on_chapter:
            on_chapter(chapter.name)
        told = _compare(chapter, files, share)
        pairs = [Pair(**p) for p in told["pairs"]]
        skipped = [*unreadable[chapter.name], *told["skipped"]]
        result.append(Alike(chapter.name, told["compared"], told["found"], pairs, skipped))
    return result


def _compare(chapter: Chapter, files: dict[str, str], share: float) -> dict[str, Any]:
    stub = chapter.stub_path.read_text(encoding="utf-8") if chapter.stub_path.is_file() else ""
    # Equal names that JSON cannot tell apart do not exist; half a surrogate pair crosses as its escape.
    asked = {
        "stub": stub,
        "files": files,
        "common": max(COMMON_LEAST, COMMON_SHARE * len(files)),
        "least": LEAST,
        "share": share,
        "most": MOST,
    }
    with tempfile.TemporaryDirectory() as scratch:
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "PYTHONHASHSEED": "0",
            "MPLBACKEND": "Agg",
            "MPLCONFIGDIR": scratch,
            "OPENBLAS_NUM_THREADS": "1",
        }
        try:
            done = subprocess.run(
                [sys.executable, "-c", "from grader.similar_child import main; main()"],
                input=json.dumps(asked).encode(),
                capture_output=True,
                cwd=scratch,
                env=environment,
                timeout=SECONDS,
                check=False,
                preexec_fn=_limit_memory if sys.platform == "linux" else None,
            )
        except subprocess.TimeoutExpired:
            raise GraderFailure(
                f"Comparing {chapter.name} took more than {SECONDS:g} s and was stopped."
            ) from None
    if done.returncode:
        text = done.stderr.decode("utf-8", "replace").strip()
        if "No module named 'copydetect'" in text:
            raise UsageError(
                "This needs the package copydetect. Install it: python -m pip install 'nnkata[instructor]'"
            )
        raise GraderFailure(
            f"Comparing {chapter.name} failed: {text.splitlines()[-1] if text else f'exit {done.returncode}'}"
        )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _limit_memory() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def write_alike(out: Path, found: Sequence[Alike]) -> Path:
    """Put what was found beside the results; chapters that were not looked at this time stay as they were."""
    chapters = {a.chapter: a for a in [*read_alike(out), *found]}
    data = {
        "schema": SCHEMA,
        "note": NOTE,
        "when": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "chapters": [asdict(chapters[name]) for name in sorted(chapters)],
    }
    path = out / NAME
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, indent=1) + "\n"
    write_atomically(path, text.encode("utf-8", "backslashreplace"))
    return path


def read_alike(out: Path) -> list[Alike]:
    """What was found last time, for the report; nothing if nobody looked or the file is damaged."""
    try:
        data = json.loads((out / NAME).read_text(encoding="utf-8"))
        return [Alike(**{**c, "pairs": [Pair(**p) for p in c["pairs"]]}) for c in data["chapters"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []
