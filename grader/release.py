"""The student kit: what leaves the house, and the check that nothing else leaves with it.

Only files of exercises/ are copied, so solutions, hidden suites and mistakes stay behind by construction.
What construction cannot exclude is looked for: a marker, a copied file, or a line of a solution in a handout,
a visible test or a notebook.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader import stubs
from grader.course import CHAPTER_NAME, Chapter, Course
from grader.errors import AuthorError, UsageError
from grader.files import write_atomically
from grader.pack import plain_files, zip_bytes
from grader.workspace import DEFAULT_NAME, MANIFEST, environment_here, installed_version, manifest_of

SIGNIFICANT = 20  # characters of a line without its spaces; shorter ones are found in any program
COPIED = 200  # bytes; a file of the teacher's desk at least this long must not be found on the student's
FORBIDDEN = ("mistakes.py", "alternatives", "solutions", "hidden")


@dataclass(frozen=True)
class Released:
    """What `release` wrote: where, chapters in course order, and the names of the files."""

    path: Path
    chapters: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True)
class Secret:
    """A line of a solution that must stay hidden: its text without spaces, whose it is, where it stands."""

    text: str
    owner: str
    where: str  # "solutions/ch04_losses/losses.py:23"


def release(course: Course, out: Path, chapters: Sequence[Chapter] | None = None) -> Released:
    """Write the student kit. It is a workspace already: unpacked, `kata test` works in it.

    Parameters
    ----------
    course : Course
    out : a new folder, or a file that ends in .zip.
    chapters : by default all; the earlier chapters that these need come along as stubs.

    Raises
    ------
    AuthorError
        If the kit would hold something that a student must not see.
    UsageError
        If a stub is out of date, there is nothing to release, or `out` cannot be written.
    """
    chosen = _with_needed(course, chapters)
    if not chosen:
        raise UsageError(f"{course.root} has no chapters to release. Write one with: kata new ch00_name")
    outdated = stubs.build(course, chosen, check=True)
    if outdated:
        more = f" and {len(outdated) - 1} more" if len(outdated) > 1 else ""
        raise UsageError(f"Out of date: {outdated[0].as_posix()}{more}. Run: kata build")
    _check_place(course, out)
    files = _chosen_files(course, {chapter.name for chapter in chosen})
    problems = leaks(course, files)
    if problems:
        more = f" ({len(problems) - 1} more like this)" if len(problems) > 1 else ""
        raise AuthorError(problems[0] + more)
    files[MANIFEST] = manifest_of(files, installed_version(), environment_here()).to_json().encode()
    try:
        if out.suffix.lower() == ".zip":
            # One folder inside, so that unpacking never strews files about.
            write_atomically(out, zip_bytes({f"{DEFAULT_NAME}/{name}": data for name, data in files.items()}))
        else:
            _write_folder(out, files)
    except OSError as error:
        raise UsageError(
            f"Cannot write {out}: {error.strerror or error}. Choose another place with --out."
        ) from None
    return Released(out, tuple(chapter.name for chapter in chosen), tuple(sorted(files)))


def _with_needed(course: Course, chapters: Sequence[Chapter] | None) -> list[Chapter]:
    if chapters is None:
        return list(course.chapters)
    names = {name for chapter in chapters for name in (chapter.name, *chapter.needs)}
    return [chapter for chapter in course.chapters if chapter.name in names]


def _chosen_files(course: Course, chapters: set[str]) -> dict[str, bytes]:
    """Everything on the student's desk but the chapters that were not chosen."""
    files = {}
    for name, data in plain_files(course.exercises).items():
        top = PurePosixPath(name).parts[0]
        if top in chapters or not CHAPTER_NAME.fullmatch(top):
            files[name] = data
    return files


def _check_place(course: Course, out: Path) -> None:
    place = out.resolve()
    for folder in (course.exercises, course.solutions, course.hidden):
        if place == folder.resolve() or folder.resolve() in place.parents:
            raise UsageError(f"{out} lies inside the course itself. Choose another place with --out.")
    if out.suffix.lower() == ".zip":
        if out.is_dir():
            raise UsageError(f"{out} is a folder. Name a file that ends in .zip.")
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        # It might be somebody's workspace with work in it.
        raise UsageError(f"{out} exists and is not an empty folder. Name a new one, or remove it first.")


def _write_folder(out: Path, files: Mapping[str, bytes]) -> None:
    """Write all files beside the target, then move them there in one step."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".nnkata-kit-", dir=out.parent) as draft:
        kit = Path(draft, "kit")
        for name, data in files.items():
            target = kit / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        if out.is_dir():
            out.rmdir()
        shutil.move(kit, out)


# --- leaks -----------------------------------------------------------------------------------------------


def secrets(course: Course) -> dict[str, Secret]:
    """The lines inside solution regions that would give an answer away, by their text without spaces.

    Not counted: short lines; comments, imports, headers of loops and functions, and `raise` lines, which a
    handout may well repeat; what also stands outside the regions of the same solution, which is given.
    """
    found: dict[str, Secret] = {}
    for chapter in course.chapters:
        shown = f"solutions/{chapter.name}/{chapter.file_name}"
        source = stubs.read_source(chapter.solution_path, shown)
        lines = stubs.unify(source).split("\n")
        regions = stubs.find_regions(source, shown)
        telling = _telling_lines(stubs.parse(source, shown))
        hidden = {n: r for r in regions for n in range(r.begin + 1, r.end)}
        given = "\n".join(squeeze(line) for n, line in enumerate(lines, 1) if n not in hidden)
        for number, region in hidden.items():
            text = squeeze(lines[number - 1])
            if number in telling and len(text) >= SIGNIFICANT and not _pattern([text]).search(given):
                found.setdefault(text, Secret(text, region.owner, f"{shown}:{number}"))
    return found


def _pattern(texts: Iterable[str]) -> re.Pattern[str]:
    """Finds any of the texts. A name may not go on at either end: `x=mean(a)` is not in `max=mean(a)`."""
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, texts)) + r")(?!\w)")


def _telling_lines(tree: ast.Module) -> set[int]:
    """Lines of statements that compute something: assignments, returns, calls."""
    telling: set[int] = set()
    kinds = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr, ast.Assert, ast.Delete)
    for node in ast.walk(tree):
        # A string that stands alone is the docstring of an inner function.
        if isinstance(node, kinds) and not stubs.is_text(node):
            telling.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return telling


def squeeze(line: str) -> str:
    """A line without spaces and without a comment at its end."""
    return re.sub(r"\s+", "", re.sub(r"\s#[^'\"]*$", "", line))


def leaks(course: Course, files: Mapping[str, bytes]) -> list[str]:
    """What in a kit must not be seen by a student; one line each, naming file and line.

    Parameters
    ----------
    course : where the solutions are.
    files : posix path in the kit -> content.

    Returns
    -------
    list of str
        Empty if nothing was found.
    """
    hidden = secrets(course)
    pattern = _pattern(hidden) if hidden else None
    desk = _teachers_files(course)
    problems = []
    for name, data in sorted(files.items()):
        shown = f"exercises/{name}"
        if any(part in FORBIDDEN for part in PurePosixPath(name).parts):
            problems.append(f"{shown}: belongs to the teacher's desk. Move it out of exercises/.")
            continue
        copy_of = desk.get(hashlib.sha256(data).hexdigest())
        if copy_of:
            problems.append(f"{shown}: is a copy of {copy_of}. Remove it from exercises/.")
            continue
        for number, line in _lines(name, data):
            if stubs.MARKER.search(line):
                problems.append(f"{shown}:{number}: a solution marker. Remove it, or run kata build.")
                continue
            match = pattern.search(squeeze(line)) if pattern else None
            if match:
                secret = hidden[match[0]]
                problems.append(
                    f"{shown}:{number}: this line is in the solution of {secret.owner} ({secret.where}). "
                    "Say it in other words, or take the line out of the solution region."
                )
    return problems


def _teachers_files(course: Course) -> dict[str, str]:
    """sha256 -> name of each file of solutions/ and tests/hidden/; tiny ones do not count."""
    found = {}
    for folder, shown in ((course.solutions, "solutions"), (course.hidden, "tests/hidden")):
        for name, data in plain_files(folder, links=True).items():
            if len(data) >= COPIED:
                found[hashlib.sha256(data).hexdigest()] = f"{shown}/{name}"
    return found


def _lines(name: str, data: bytes) -> list[tuple[int, str]]:
    """The numbered lines of a text file, of a notebook those of all its texts; [] for binary data."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return []
    if "\0" in text:
        return []
    if name.endswith(".ipynb"):
        with suppress(ValueError, RecursionError):  # a broken one is searched as it is
            text = "\n".join(_strings(json.loads(text)))
    return list(enumerate(text.splitlines(), 1))


def _strings(value: object) -> list[str]:
    """Every text in a notebook: sources and outputs, whole or as lists of lines."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [text for item in value for text in _strings(item)] if isinstance(value, list) else []
