"""Finding and reading what students handed in.

Accepted: a folder with one folder per student; the folder of one student; single `.py` files.
In a student's folder a chapter is `ch04_losses/losses.py`, or `losses.py`, at any depth of three folders.
A single file is `losses.py` (the student is the folder it lies in) or `student01_losses.py` / `student01-losses.py`.

Files are read as bytes and decoded, never parsed here: what could crash a parser meets it in a worker.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import os
import re
import stat
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.course import CHAPTER_NAME, Chapter, chapter_folders
from grader.errors import UsageError

MAX_SOURCE = 1 << 20  # bytes of one .py file
MAX_DEPTH = 3  # folders below a student's folder
# Of text that people write. Others (punycode, idna, undefined) take for ever or raise what they like.
ENCODINGS = re.compile(
    r"ascii|utf-?(8|16|32).*|iso8859.*|cp\d+|koi8.*|mac.*|gb.*|big5.*|shift_jis.*|euc_.*|iso2022_.*|tis-620"
)
MAX_FILES = 5_000  # looked at in one student's folder
SKIPPED_FOLDERS = {
    "__pycache__",
    ".git",
    ".ipynb_checkpoints",
    ".venv",
    "venv",
    "node_modules",
    ".nnkata",
    "__MACOSX",
}


@dataclass(frozen=True)
class HandedIn:
    """One student's file for one chapter, not read yet. `path` is None if there is none."""

    student: str
    chapter: Chapter
    path: Path | None
    others: tuple[Path, ...] = ()  # further files for the same chapter, left out
    own: tuple[tuple[str, Path], ...] = ()  # the student's other chapters: (name, path)


@dataclass
class Source:
    """A file that was read: its text, or the reason why it was rejected."""

    text: str | None
    sha256: str  # of the text with uniform line ends, else of the bytes
    files: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rejected: str | None = None


def find_submissions(paths: Sequence[Path], chapters: Sequence[Chapter]) -> list[HandedIn]:
    """Everything handed in for these chapters under these paths, by student and chapter.

    Raises
    ------
    UsageError
        If a path does not exist or nothing that looks like a submission is found.
    """
    by_module = {c.module: c for c in chapters}
    found: dict[str, dict[str, list[Path]]] = {}
    order: list[str] = []

    def add(student: str, files: Iterable[tuple[str, Path]]) -> None:
        if student not in found:
            found[student] = {}
            order.append(student)
        for module, path in files:
            known = found[student].setdefault(module, [])
            if path not in known:
                known.append(path)

    for path in paths:
        if path.is_dir() and not path.is_symlink():
            if _is_students_folder(path, by_module):
                add(path.resolve().name, _files_of(path))
                continue
            for entry in sorted(os.scandir(path), key=lambda e: e.name):
                if (
                    entry.is_dir(follow_symlinks=False)
                    and entry.name not in SKIPPED_FOLDERS
                    and entry.name[0] != "."
                ):
                    add(entry.name, _files_of(Path(entry.path)))
                elif entry.name.endswith(".py") and (named := _by_name(Path(entry.path), by_module)):
                    add(*named)
        elif path.exists() or path.is_symlink():
            named = _by_name(path, by_module)
            if named is None:
                have = ", ".join(c.file_name for c in chapters)
                raise UsageError(
                    f"{path} belongs to no chapter. Name it STUDENT_MODULE.py with a module of: {have}."
                )
            add(*named)
        else:
            raise UsageError(
                f"{path} does not exist. Name a folder with one folder per student, or .py files."
            )
    result = []
    for student in order:
        files = found[student]
        own = tuple((c.name, files[c.module][0]) for c in chapters[0].course.chapters if c.module in files)
        for chapter in chapters:
            here = files.get(chapter.module, [])
            earlier = tuple((n, p) for n, p in own if n < chapter.name)
            result.append(HandedIn(student, chapter, here[0] if here else None, tuple(here[1:]), earlier))
    if not order:
        where = ", ".join(map(str, paths))
        raise UsageError(
            f"No submissions in {where}. Expected one folder per student, or files STUDENT_MODULE.py."
        )
    return result


def _is_students_folder(path: Path, by_module: dict[str, Chapter]) -> bool:
    """A folder is one student's if chapters lie directly in it."""
    return bool(chapter_folders(path)) or any((path / f"{m}.py").is_file() for m in by_module)


def _by_name(path: Path, by_module: dict[str, Chapter]) -> tuple[str, list[tuple[str, Path]]] | None:
    """(student, [(module, path)]) of a single file, from its name."""
    if path.stem in by_module:
        folder = path.resolve().parent
        if CHAPTER_NAME.fullmatch(folder.name):
            folder = folder.parent
        return folder.name, [(path.stem, path)]
    for module in by_module:
        match = re.fullmatch(rf"(.+?)[-_ ]{re.escape(module)}\.py", path.name, re.DOTALL)
        if match:
            return match[1], [(module, path)]
    return None


def _files_of(folder: Path) -> list[tuple[str, Path]]:
    """(module, path) of every `.py` file below a student's folder, the ones in their chapter's folder first."""
    found: list[tuple[int, str, str, Path]] = []
    for depth, path in _walk(folder):
        in_chapter = (
            CHAPTER_NAME.fullmatch(path.parent.name) is not None and path.parent.name[5:] == path.stem
        )
        found.append((0 if in_chapter else 1 + depth, str(path), path.stem, path))
    return [(module, path) for _, _, module, path in sorted(found)]


def _walk(folder: Path) -> Iterator[tuple[int, Path]]:
    todo, seen = [(0, folder)], 0
    while todo:
        depth, here = todo.pop()
        try:
            entries = sorted(os.scandir(here), key=lambda e: e.name)
        except OSError:
            continue
        for entry in entries:
            seen += 1
            if seen > MAX_FILES:
                return
            if entry.is_dir(follow_symlinks=False):
                if depth < MAX_DEPTH and entry.name not in SKIPPED_FOLDERS:
                    todo.append((depth + 1, Path(entry.path)))
            elif entry.name.endswith(".py"):
                yield depth, Path(entry.path)


def read_source(path: Path) -> Source:
    """Read one file, by a rule that a student can be told.

    A regular file (no link, no device) of at most 1 MiB in UTF-8, or in the encoding it declares. Line ends
    and a byte order mark do not matter.
    """
    name = path.name
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        reason = "is a symbolic link" if path.is_symlink() else f"cannot be read ({error.strerror})"
        return _rejected(name, b"", f"{name} {reason}. Hand in the file itself.")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return _rejected(name, b"", f"{name} is not an ordinary file. Hand in the file itself.")
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(MAX_SOURCE + 1)
    if len(data) > MAX_SOURCE:
        return _rejected(name, data, f"{name} is larger than 1 MiB. Hand in the code without data.")
    try:
        text = decoded(data)
    except (SyntaxError, UnicodeError, LookupError) as error:
        reason = "its encoding is unknown"
        if isinstance(error, UnicodeDecodeError):
            reason = f"line {_line_of(data, error)} is not UTF-8"
        elif isinstance(error, SyntaxError) and b"coding" not in data[:1000]:
            reason = "its first lines are not UTF-8"
        return _rejected(name, data, f"{name} is not readable text: {reason}. Save it as UTF-8.")
    source = Source(
        text, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), [_about(name, data)]
    )
    return source


def decoded(data: bytes) -> str:
    """Python source as text with `\\n` line ends, in the encoding that it declares (UTF-8 by default)."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16")
    else:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        if not ENCODINGS.fullmatch(codecs.lookup(encoding).name):
            raise LookupError(encoding)
        text = data.decode(encoding)
    text.encode("utf-8")  # half a surrogate pair has no place in a file
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _line_of(data: bytes, error: UnicodeDecodeError) -> int:
    return data.count(b"\n", 0, error.start) + 1


def _rejected(name: str, data: bytes, why: str) -> Source:
    return Source(None, hashlib.sha256(data).hexdigest(), [_about(name, data)], rejected=why)


def _about(name: str, data: bytes) -> dict[str, Any]:
    return {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
