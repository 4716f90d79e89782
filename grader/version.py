"""The version of nnkata, and fingerprints of what grades: our code, and a chapter's hidden suite."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.course import Chapter

try:
    VERSION = metadata.version("nnkata")
except metadata.PackageNotFoundError:  # run from a tree that is not installed
    VERSION = "0+unknown"

# Modules whose text decides a verdict. A change in one of them means: grade again.
DECIDING = (
    "battery.py", "compare.py", "compare_words.py", "diagnose.py", "error_rules.py", "errors.py", "explain_errors.py", "feedback.py", "grade.py", "gradients.py", "limits.py", "marks.py", "mistakes.py", "seeds.py",
    "source_text.py", "stripped.py", "student.py", "submission.py", "suite.py", "sandbox", "texts",
)  # fmt: skip


@cache
def code_fingerprint() -> str:
    """Hash of the modules that decide a verdict."""
    package = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for name in DECIDING:
        place = package / name
        inside = (p for p in place.rglob("*") if p.suffix in (".py", ".toml"))
        for path in sorted(inside) if place.is_dir() else [place]:
            digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def suite_hash(chapter: Chapter, secret: str) -> str:
    """Hash of the files that make up a chapter's hidden suite."""
    digest = hashlib.sha256(secret.encode())
    for path in sorted(chapter.hidden_folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and "alternatives" not in path.parts:
            digest.update(b"\0" + path.relative_to(chapter.hidden_folder).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return digest.hexdigest()
