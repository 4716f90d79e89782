"""Workflow files, written from templates."""

from __future__ import annotations

import re
from pathlib import Path

from grader.errors import UsageError
from grader.version import VERSION

TEMPLATES = Path(__file__).with_name("templates")
WORKFLOWS = ".github/workflows"
# kind -> (template, where it belongs)
KINDS = {
    "tests": ("tests.yml", f"{WORKFLOWS}/kata-tests.yml"),
    "classroom": ("classroom.yml", f"{WORKFLOWS}/classroom.yml"),
    "classroom50": ("autograder.py", "autograder.py"),
    "grading": ("grading.yml", f"{WORKFLOWS}/kata-grading.yml"),
}
_WORD = re.compile(r"@([A-Z]+)@")
_SAFE = {
    "INSTALL": re.compile(r"(?!.*: )[A-Za-z0-9./][A-Za-z0-9 ._=<>~!,@\[\]/:+-]*"),
    "RELEASE": re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*"),
    "SHA": re.compile(r"[0-9a-f]{64}"),
    "CHAPTERS": re.compile(r"[a-z0-9_ ]*"),
    "CHAPTER": re.compile(r"[a-z0-9_]+"),
}


def install_line(extra: str = "") -> str:
    """What pip is told to install: this version, or the newest where nnkata runs from a tree."""
    name = f"nnkata[{extra}]" if extra else "nnkata"
    return name if "+" in VERSION else f"{name}=={VERSION}"


def workflow(kind: str, **words: str) -> str:
    """The text of a file.

    Parameters
    ----------
    kind : one of KINDS.
    words : what replaces @WORD@ in its template, in small letters.

    Raises
    ------
    UsageError
        For a word that could change the meaning of the file around it.
    """
    text = (TEMPLATES / KINDS[kind][0]).read_text(encoding="utf-8")
    for name, value in words.items():
        if not _SAFE[name.upper()].fullmatch(value):
            raise UsageError(
                f"{value!r} cannot stand in a workflow as {name}. Use letters, digits and . _ - = [ ]."
            )
    filled = _WORD.sub(lambda found: words[found[1].lower()], text)
    return "".join(f"{line.rstrip()}\n" for line in filled.splitlines())
