"""The version of nnkata, and a fingerprint of the code that grades."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

try:
    VERSION = metadata.version("nnkata")
except metadata.PackageNotFoundError:  # run from a tree that is not installed
    VERSION = "0+unknown"

# Modules whose text decides a verdict. A change in one of them means: grade again.
DECIDING = (
    "battery.py", "compare.py", "compare_words.py", "diagnose.py", "error_rules.py", "errors.py", "explain_errors.py", "feedback.py", "grade.py", "gradients.py", "marks.py", "mistakes.py", "seeds.py",
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
