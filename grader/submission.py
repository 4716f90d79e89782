"""Finding and reading what students handed in.

Accepted, as `.py` or `.ipynb`, in folders or in zip files:

- a folder with one folder (or one zip file) per student; the folder or zip file of one student;
- a zip file of a class, what Moodle and Canvas download, packed or unpacked; `submitted/` of nbgrader;
- single files `losses.py` (the student is the folder it lies in), `student01_losses.py`, `student01-losses.py`.

In a student's folder or zip file a chapter is `ch04_losses/losses.py`, or `losses.py`, at any depth of three folders.
Which of several files counts is told in `grader.intake`; the others are named in the result. A zip file in a class
is always one student's, whatever it holds, so no student can hand in for another.

Files are read as bytes and decoded, never parsed here: what could crash a parser meets it in a worker.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from grader.course import Chapter
from grader.errors import GraderFailure, UsageError
from grader.intake.files import DiskFile, File, Folder, Refused, shown
from grader.intake.names import split
from grader.intake.roster import Candidate, Roster, Student

MAX_SOURCE = 1 << 20  # bytes of one .py file
MAX_NOTEBOOK = 20 << 20  # bytes of one .ipynb file; figures make them large
# Of text that people write. Others (punycode, idna, undefined) take for ever or raise what they like.
ENCODINGS = re.compile(
    r"ascii|utf-?(8|16|32).*|iso8859.*|cp\d+|koi8.*|mac.*|gb.*|big5.*|shift_jis.*|euc_.*|iso2022_.*|tis-620"
)
NAMED = 5  # left-out files named in a note


@dataclass(frozen=True)
class HandedIn:
    """One student's file for one chapter, not read yet. `file` is None if there is none."""

    student: str
    chapter: Chapter
    file: File | None
    others: tuple[File, ...] = ()  # further files for the same chapter, left out
    own: tuple[tuple[str, File], ...] = ()  # the student's other chapters: (name, file)
    # Of the learning platform: `lms` is canvas, moodle or nbgrader; `id` its number (Canvas user, Moodle
    # participant, nbgrader student), or `anonymous_id`; `name` as in the download. Empty for plain folders.
    identity: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # for the result: files left out, and why
    rejected: str | None = None  # why nothing could be found, if something was handed in

    @property
    def path(self) -> Path | None:
        """Where the file is, for people; in a zip file no real path."""
        return self.file.path if self.file else None


class Notebook:
    """A notebook that is known but not parsed: that happens where it is graded, and only if it is.

    Its content is not held here. It is read again when this is sent to another process.
    """

    def __init__(self, file: File, data: bytes):
        self.name = shown(file.name)
        self.sha256 = hashlib.sha256(data).hexdigest()
        self._file: File | None = file
        self._data: bytes | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_file": None, "_data": self._content()}

    def _content(self) -> bytes | None:
        if self._file is None:
            return self._data
        try:
            return self._file.read(MAX_NOTEBOOK)
        except Refused:
            return None

    def source(self) -> Source:
        """The code in it, or the reason of a rejection.

        Raises
        ------
        GraderFailure
            If the reader of notebooks fails, or the file has changed meanwhile.
        """
        data = self._content()
        if data is None or hashlib.sha256(data).hexdigest() != self.sha256:
            raise GraderFailure(f"{self.name} changed while the class was graded. Grade again.")
        return _read_notebook(self.name, data)


@dataclass
class Source:
    """A file that was read: its text, or the reason why it was rejected."""

    text: str | None
    sha256: str  # of the text with uniform line ends, else of the bytes
    files: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rejected: str | None = None
    kind: str = "py"  # or "ipynb"; "none" if there is no file
    notebook: Notebook | None = None  # whose `source()` is to be asked for the rest


@dataclass(frozen=True)
class Found:
    """Everything under some paths."""

    handed_in: list[HandedIn]
    unassigned: list[str]  # files in a class whose names tell no student
    of_class: bool = True  # a whole class, so that who is not here handed in nothing


def find_submissions(paths: Sequence[Path], chapters: Sequence[Chapter]) -> list[HandedIn]:
    """Everything handed in for these chapters under these paths, by student and chapter; see `survey`."""
    return survey(paths, chapters).handed_in


def survey(paths: Sequence[Path], chapters: Sequence[Chapter], student: str | None = None) -> Found:
    """Everything handed in for these chapters under these paths.

    Every student gets a `HandedIn` for every chapter, also if his files are missing or broken.

    Parameters
    ----------
    student : whose the one path is, whatever its name says.

    Raises
    ------
    UsageError
        If a path does not exist or nothing that looks like a submission is found.
    """
    roster = Roster(chapters[0].course.chapters, chapters)
    roster.add_paths(paths, student)
    if not roster.students:
        where = ", ".join(map(str, paths))
        raise UsageError(
            f"No submissions in {where}. Expected one folder or zip file per student, or files STUDENT_MODULE.py."
        )
    found = [
        h for one in roster.students.values() for h in _handed_in(one, chapters, chapters[0].course.chapters)
    ]
    return Found(found, roster.unassigned, roster.of_class)


def survey_one(folder: Path, chapter: Chapter, student: str, course_chapters: Sequence[Chapter]) -> HandedIn:
    """What one student handed in for one chapter, where the place says both: a platform's folder of a submission.

    If no name of a file tells the chapter, a single file of code counts, whatever it is called.

    Parameters
    ----------
    course_chapters : all chapters whose files may lie there; those of others do not count for this one.
    """
    roster = Roster(course_chapters, [chapter])
    one = roster.add_one(student, Folder(folder))
    if chapter.module not in one.files and len(one.nameless) == 1:
        file = one.nameless[0]
        one.files[chapter.module] = [Candidate((), file)]
        one.unused.remove(file.label)
        one.note(
            f"{file.label} counts as {chapter.file_name}: it is the only code that belongs to no other chapter."
        )
    return _handed_in(one, [chapter], course_chapters)[0]


def _handed_in(
    one: Student, chapters: Sequence[Chapter], course_chapters: Sequence[Chapter]
) -> list[HandedIn]:
    """A `HandedIn` of a student for every chapter."""
    by_module = {c.module: c for c in course_chapters}
    files = {}
    for module in one.files:
        files[module] = _without_stubs(one.best(module), by_module[module])
    own = tuple((c.name, files[c.module][0]) for c in course_chapters if c.module in files)
    found = []
    for chapter in chapters:
        here = files.get(chapter.module, [])
        handed = HandedIn(
            one.name,
            chapter,
            here[0] if here else None,
            tuple(here[1:]),
            tuple((n, f) for n, f in own if n < chapter.name),
            dict(one.identity),
        )
        found.append(replace(handed, notes=_notes(one, handed), rejected=_rejected_for(one, handed)))
    return found


def _without_stubs(files: list[File], chapter: Chapter) -> list[File]:
    """The files without those that are still as they were handed out, so that the work beside them counts."""
    if len(files) < 2:
        return files
    return [f for f in files if not _is_stub(f, chapter.stub_path)] or files[:1]


def _is_stub(file: File, stub_path: Path) -> bool:
    source = read_unparsed(file)
    try:
        if source.notebook is not None:
            stub = stub_path.with_suffix(".ipynb").read_bytes()
            return source.notebook.sha256 == hashlib.sha256(stub).hexdigest()
        return source.text is not None and source.text == decoded(stub_path.read_bytes())
    except FileNotFoundError:
        return False


def _notes(student: Student, handed: HandedIn) -> tuple[str, ...]:
    """What a student is told about files that do not count."""
    notes = list(student.notes)
    if handed.file and handed.others:
        named = [f"{f.label} ({f.problem.split('. ')[0]})" if f.problem else f.label for f in handed.others]
        notes.append(
            f"{handed.file.label} counts. More than one file for this chapter; left out: {_few(named)}."
        )
    expected = f"expected {handed.chapter.file_name} or {handed.chapter.module}.ipynb"
    if handed.file:
        if student.unused:
            notes.append(f"Not looked at: {_few(student.unused)} ({expected}).")
    elif student.unused or student.other:
        notes.append(
            f"No file for this chapter, {expected}. Not looked at: {_few(student.unused + student.other)}."
        )
    rejected = _rejected_for(student, handed)
    return (*notes, *(t for n, r in student.problems[:NAMED] if (t := f"{n} {r}") != rejected))


def _rejected_for(student: Student, handed: HandedIn) -> str | None:
    """The reason of a rejection: something was handed in that may hold the chapter and cannot be opened."""
    if handed.file or not student.problems:
        return None
    name, reason = student.problems[0]
    return f"{name} {reason}"


def _few(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def read_handed_in(handed: HandedIn) -> Source | None:
    """The source for one student and chapter, a notebook unparsed; None if nothing was handed in."""
    if handed.file is not None:
        return read_unparsed(handed.file)
    if handed.rejected is not None:
        return Source(None, "", rejected=handed.rejected, kind="none")
    return None


def read_source(file: Path | File) -> Source:
    """Read one file, by a rule that a student can be told.

    A `.py` file: an ordinary file (no link, no device) of at most 1 MiB in UTF-8, or in the encoding it declares.
    Line ends and a byte order mark do not matter. A `.ipynb` file: see `grader.notebook_read`.

    Raises
    ------
    GraderFailure
        If the reader of notebooks fails.
    """
    source = read_unparsed(DiskFile(file) if isinstance(file, Path) else file)
    return source.notebook.source() if source.notebook else source


def read_unparsed(file: File) -> Source:
    """As `read_source`, but a notebook is left as it is, in `Source.notebook`."""
    if file.source is None:
        file.source = _read(file)
    source: Source = file.source
    return source


def _read(file: File) -> Source:
    name = shown(file.name)
    notebook = split(file.name)[1] == ".ipynb"
    try:
        data = file.read(MAX_NOTEBOOK if notebook else MAX_SOURCE)
    except Refused as refusal:
        return _rejected(name, refusal.data, f"{name} {refusal}", notebook)
    if not notebook:
        return _read_module(name, data)
    about = Notebook(file, data)
    return Source(None, about.sha256, [_about(name, data)], kind="ipynb", notebook=about)


def _read_module(name: str, data: bytes) -> Source:
    try:
        text = decoded(data)
    except (SyntaxError, UnicodeError, LookupError) as error:
        reason = "its encoding is unknown"
        if isinstance(error, UnicodeDecodeError):
            reason = f"line {_line_of(data, error)} is not UTF-8"
        elif isinstance(error, SyntaxError) and b"coding" not in data[:1000]:
            reason = "its first lines are not UTF-8"
        return _rejected(name, data, f"{name} is not readable text: {reason}. Save it as UTF-8.")
    return Source(text, _hash(text), [_about(name, data)])


def _read_notebook(name: str, data: bytes) -> Source:
    from grader.notebook_read import Unreadable, extract

    try:
        extracted = extract(data, name)
    except Unreadable as error:
        return _rejected(name, data, _one_line(name, str(error)), notebook=True)
    return Source(
        extracted.text, _hash(extracted.text), [_about(name, data)], list(extracted.notes), kind="ipynb"
    )


def _one_line(name: str, reason: str) -> str:
    reason = " ".join(reason.split())
    return reason if name in reason else f"{name}: {reason}"


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


def _rejected(name: str, data: bytes, why: str, notebook: bool = False) -> Source:
    kind = "ipynb" if notebook else "py"
    return Source(None, hashlib.sha256(data).hexdigest(), [_about(name, data)], rejected=why, kind=kind)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _about(name: str, data: bytes) -> dict[str, Any]:
    return {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
