"""What the names of files and folders mean: chapters, revisions, students, learning platforms."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from grader.course import Chapter

CODE = (".py", ".ipynb")
OTHER_ARCHIVES = (".rar", ".7z", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")
# What copying, downloading twice and uploading again add to a name.
_REVISION = re.compile(
    r"(?P<rest>.*[^\s_-])(?:\s*\((?:(?P<a>\d{1,6})|copy|kopie|copie|copia)\)|[-_ ]\s*[vV]?(?P<b>\d{1,6})|\s*[-_ ]\s*(?:copy|kopie|copie|copia))",
    re.DOTALL | re.IGNORECASE,
)
_KIT = re.compile(r"(test_.*|.*_test|conftest|figures|setup|__init__)\.py", re.DOTALL)

# mod/assign/classes/downloader.php: the name without underscores, the number of the participant, the kind.
_MOODLE = re.compile(
    r"(?:(?P<name>.+?)_)??(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL
)
# lib/content_zipper.rb: sortable name in small letters, LATE, user, attachment, name of the file.
_CANVAS = re.compile(
    r"(?P<name>\w+?)(?P<late>_LATE)?_(?P<id>\d+)_(?:(?P<attachment>\d+)_(?P<file>.+)|(?P<text>text|link)\.html)",
    re.DOTALL,
)
_CANVAS_ANONYMOUS = re.compile(
    r"(?P<late>LATE_)?anon_(?P<id>[A-Za-z0-9]+)_(?:(?P<attachment>\d+)_(?P<file>.+)|(?P<text>text|link)\.html)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Meaning:
    """What the name of a file says."""

    module: str
    revision: tuple[int, ...] = ()  # (2,) of `losses-2.py`; a later one is greater
    student: str = ""  # `student01` of `student01_losses.py`
    exact: bool = True  # spelled as it should be


@dataclass(frozen=True)
class Download:
    """What a learning platform put into a name."""

    student: str
    identity: dict[str, str] = field(hash=False)
    file: str  # the name as the student gave it; empty for a folder
    attachment: int = 0
    late: bool = False
    is_text: bool = False  # typed into the platform, no file


class Modules:
    """The modules of a course, found in the names of files."""

    def __init__(self, chapters: Iterable[Chapter]):
        chapters = tuple(chapters)
        self.folders = {name: c.module for c in chapters for name in (c.name, c.short)}
        self._keys = {c.module.lower(): c.module for c in chapters}
        for chapter in chapters:
            for name in (chapter.name, chapter.short):
                self._keys.setdefault(name.lower(), chapter.module)
        self._by_length = sorted(self._keys, key=len, reverse=True)

    def meaning(self, stem: str) -> Meaning | None:
        """What a name without its ending means; None if it names no chapter."""
        revision: tuple[int, ...] = ()
        rest = stem.strip()
        while True:
            for key in self._by_length:
                if rest[-len(key) :].lower() != key:
                    continue
                before, module = rest[: -len(key)], self._keys[key]
                if not before:
                    return Meaning(module, revision, "", stem == module)
                student = before.rstrip("-_ ")
                if student and student != before:
                    if re.split(r"[-_ ]", student)[-1].lower() in ("test", "tests"):
                        return None
                    return Meaning(module, revision, student, not revision)
            match = _REVISION.fullmatch(rest)
            if match is None or len(revision) >= 4:
                return None
            rest = match["rest"]
            revision = (int(match["a"] or match["b"] or 1), *revision)


def split(name: str) -> tuple[str, str]:
    """(stem, ending in small letters) of a name; the ending is one of those that matter, or empty."""
    lower = name.lower()
    for ending in (*CODE, ".zip", *OTHER_ARCHIVES):
        if lower.endswith(ending) and len(lower) == len(name):
            return name[: -len(ending)], ending
    return name, ""


def revision_of(stem: str) -> tuple[int, ...]:
    """The revision in any name, such as (2,) of `work-2`."""
    found: tuple[int, ...] = ()
    while len(found) < 4 and (match := _REVISION.fullmatch(stem)):
        stem, found = match["rest"], (int(match["a"] or match["b"] or 1), *found)
    return found


def of_the_kit(name: str) -> bool:
    """Code that every workspace holds and that is never graded."""
    return _KIT.fullmatch(name) is not None


def download_of(name: str) -> Download | None:
    """What Moodle or Canvas put into the name of a file or folder; None if it is not theirs."""
    if match := _MOODLE.fullmatch(name):
        who = match["name"] or "Participant"
        identity = {"lms": "moodle", "id": match["id"], "name": who}
        text = match["kind"] != "file"
        return Download(f"{who}_{match['id']}", identity, match["file"] or "", is_text=text)
    if match := _CANVAS_ANONYMOUS.fullmatch(name):
        identity = {"lms": "canvas", "anonymous_id": match["id"]}
        student = f"anon_{match['id']}"
    elif match := _CANVAS.fullmatch(name):
        identity = {"lms": "canvas", "id": match["id"], "name": match["name"]}
        student = f"{match['name']}_{match['id']}"
    else:
        return None
    file = match["file"] or f"{match['text']}.html"
    return Download(
        student, identity, file, int(match["attachment"] or 0), bool(match["late"]), bool(match["text"])
    )
