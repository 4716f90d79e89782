"""Who handed in what: the files of each student, found in folders, zip files and downloads.

A path is a class or one student's. In a class every folder and every zip file is a student, named by it; a file
`student01_losses.py` belongs to student01; what Moodle and Canvas download names the student and the platform's number.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.course import CHAPTER_NAME, Chapter
from grader.errors import UsageError
from grader.intake.archive import Archive
from grader.intake.files import DiskFile, File, Folder, Refused, shown
from grader.intake.names import (
    CODE,
    OTHER_ARCHIVES,
    Download,
    Modules,
    download_of,
    of_the_kit,
    revision_of,
    split,
)

MAX_DEPTH = 3  # folders below a student's folder
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
NBGRADER = {"nbgrader_config.py", "gradebook.db", "source", "release"}  # beside submitted/
CANVAS_LATE = "Canvas marks this as handed in late."  # `grader.marks_of_class` looks for it
NOT_ZIP = "is not a zip file. Hand in the files themselves, or a zip file."


@dataclass
class Candidate:
    """A file for a chapter; of several the smallest `rank` counts, see `grader.intake`."""

    rank: tuple[object, ...]
    file: File


@dataclass
class Student:
    """One student and everything of his that was found."""

    name: str
    identity: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[Candidate]] = field(default_factory=dict)  # by module
    unused: list[str] = field(default_factory=list)  # code that belongs to no chapter, archives
    nameless: list[File] = field(default_factory=list)  # that code
    other: list[str] = field(default_factory=list)  # any other file
    problems: list[tuple[str, str]] = field(default_factory=list)  # what could not be opened: label, reason
    notes: list[str] = field(default_factory=list)
    seen: int = 0

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def best(self, module: str) -> list[File]:
        """The files for a chapter, the one that counts first."""
        files: list[File] = []
        for candidate in sorted(self.files.get(module, []), key=lambda c: c.rank):
            if all(candidate.file.key != file.key for file in files):
                files.append(candidate.file)
        return files


@dataclass(frozen=True)
class Place:
    """Where in a student's work a file lies, as far as it matters for its rank."""

    folders: tuple[str, ...] = ()
    archive: tuple[int, ...] | None = None  # revision of the zip file it is in, negated
    attachment: int = 0  # of Canvas
    chapter: str | None = None  # module of the chapter's folder it lies directly in

    def inside(self, folder: str, modules: Modules) -> Place:
        folders = (*self.folders, folder)
        return Place(folders, self.archive, self.attachment, modules.folders.get(folder))


class Roster:
    """Everybody under some paths.

    Parameters
    ----------
    course_chapters : every chapter that a file may belong to.
    chapters : those that are graded; a single file must belong to one of them.
    """

    def __init__(self, course_chapters: Sequence[Chapter], chapters: Sequence[Chapter]):
        self.modules = Modules(course_chapters)
        self.graded = {c.module for c in chapters}
        self.file_names = ", ".join(c.file_name for c in chapters)
        self.students: dict[str, Student] = {}
        self.unassigned: list[str] = []  # files in a class that tell no student
        self.of_class = False  # one of the paths held a class, not one student's work

    # paths ------------------------------------------------------------------------------------------------

    def add_paths(self, paths: Sequence[Path], student: str | None = None) -> None:
        """Collect what lies under the paths.

        Parameters
        ----------
        student : whose it is, whatever its name says; then there is one path, and it is one student's.

        Raises
        ------
        UsageError
            If a path does not exist, is a file that belongs to no chapter, or holds more than it should.
        """
        if student is not None:
            self._named(paths, student)
            return
        for path in paths:
            if path.is_dir() and not path.is_symlink():
                self._folder(Folder(path), path)
            elif not path.exists() and not path.is_symlink():
                raise UsageError(
                    f"{path} does not exist. Name a folder with one folder per student, a zip file, or .py files."
                )
            elif split(path.name)[1] == ".zip" and len(paths) == 1:
                self._class_archive(DiskFile(path))
            elif not self._loose(DiskFile(path), alone=path):
                raise UsageError(
                    f"{path} belongs to no chapter. Name it STUDENT_MODULE.py with a module of: {self.file_names}."
                )
        self._tell_apart()

    def add_one(self, student: str, folder: Folder) -> Student:
        """Collect the work of one student, however the folders in it look."""
        one = self._student(student)
        self._walk(one, folder, Place())
        return one

    def _named(self, paths: Sequence[Path], student: str) -> None:
        """One path, of one student, whose name is given."""
        if len(paths) != 1:
            raise UsageError("--student names whose the one path is. Give one path, or leave --student out.")
        path = paths[0]
        if not path.exists() and not path.is_symlink():
            raise UsageError(f"{path} does not exist. Name the folder, zip file or .py file of {student}.")
        if path.is_dir() and not path.is_symlink():
            folder = Folder(path)
            others = [e for e in _entries(folder) if isinstance(e, Folder) and not _hidden(e)]
            if _submitted(folder) or sum(self.is_one_students(e) for e in others) > 1:
                raise UsageError(
                    f"{path} holds several students. Leave --student out, or name the folder of {student}."
                )
            self._walk(self._student(student), folder, Place())
            return
        file = DiskFile(path)
        stem, ending = split(file.name)
        meaning = self.modules.meaning(stem)
        if ending in CODE and not (meaning and meaning.module in self.graded):
            raise UsageError(f"{path} belongs to no chapter. Rename it to one of: {self.file_names}.")
        if ending not in CODE and ending != ".zip" and ending not in OTHER_ARCHIVES:
            raise UsageError(f"{path} is no submission. Name a folder, a zip file, a .py or an .ipynb file.")
        self._take(self._student(student), file, Place())

    def _folder(self, folder: Folder, path: Path) -> None:
        folder.name = path.resolve().name
        try:
            submitted = _submitted(folder)
            if submitted is None and self.is_one_students(folder):
                self._one_students(folder)
            else:
                self._class(submitted or folder, nbgrader=submitted is not None)
        except Refused as refusal:
            raise UsageError(f"{path} {refusal}") from None

    def _class_archive(self, file: File) -> None:
        """A zip file given alone: of one student if chapters lie in it, else of a class."""
        if download_of(file.name) is not None:
            self._loose(file)
            return
        name = self._owner(file)
        try:
            archive = Archive(file, of_class=True)
            folder: Folder = archive.root
            while True:
                submitted = _submitted(folder)
                if submitted is None and self.is_one_students(folder):
                    archive.check_size()
                    self._walk(self._student(name), folder, Place((file.name,), ()))
                    return
                entries = [e for e in folder.entries() if not _hidden(e)]
                inner = entries[0] if len(entries) == 1 else None
                if submitted or not isinstance(inner, Folder) or download_of(inner.name):
                    self._class(submitted or folder, nbgrader=submitted is not None)
                    return
                folder = inner  # a folder that holds nothing but a folder
        except Refused as refusal:
            self._student(name).problems.append((file.label, str(refusal)))

    def is_one_students(self, folder: Folder) -> bool:
        """A folder is one student's if chapters lie directly in it.

        A stray file beside the folders of a class does not make them one student's.
        """
        if download_of(folder.name) is not None or self._holds_chapters(folder):
            return True
        if not self._holds_files(folder):
            return False
        others = [e for e in folder.entries() if isinstance(e, Folder) and not _hidden(e)]
        return sum(self._holds_chapters(e) or self._holds_files(e) for e in others) < 2

    def _holds_chapters(self, folder: Folder) -> bool:
        return any(
            isinstance(e, Folder) and (CHAPTER_NAME.fullmatch(e.name) or e.name in self.modules.folders)
            for e in _entries(folder)
        )

    def _holds_files(self, folder: Folder) -> bool:
        for entry in _entries(folder):
            stem, ending = split(entry.name)
            if isinstance(entry, File) and ending in CODE and not entry.problem:
                meaning = self.modules.meaning(stem)
                if meaning and not meaning.student and meaning.module in self.graded:
                    return True
        return False

    def _one_students(self, folder: Folder) -> None:
        download = download_of(folder.name)
        if download is not None:
            self._downloaded(download, folder)
        else:
            self._walk(self._student(folder.name), folder, Place())

    def _class(self, folder: Folder, *, nbgrader: bool = False) -> None:
        self.of_class = True
        for entry in folder.entries():
            if _hidden(entry):
                continue
            download = download_of(entry.name)
            if download is not None:
                self._downloaded(download, entry)
            elif isinstance(entry, Folder):
                student = self._student(entry.name)
                if nbgrader:
                    student.identity = {"lms": "nbgrader", "id": entry.name}
                self._walk(student, entry, Place())
            elif not self._loose(entry):
                self.unassigned.append(entry.label)

    def _loose(self, file: File, alone: Path | None = None) -> bool:
        """A file that lies in a class; False if its name tells no student.

        Parameters
        ----------
        alone : the file's path, where it was named on its own: then its folder may tell the student.
        """
        download = download_of(file.name)
        if download is not None:
            self._downloaded(download, file)
            return True
        stem, ending = split(file.name)
        meaning = self.modules.meaning(stem)
        if ending == ".zip" or ending in OTHER_ARCHIVES:
            self._take(self._student(self._owner(file)), file, Place())
            return True
        if not ending and file.problem and alone is None:  # a link where a student's folder should be
            student = self._student(file.name)
            student.problems.append((file.label, file.problem))
            return True
        if ending not in CODE or meaning is None or (alone and meaning.module not in self.graded):
            return False
        name = meaning.student
        if not name and alone is not None:
            folder = alone.resolve().parent if not alone.is_symlink() else alone.parent.resolve()
            name = (folder.parent if folder.name in self.modules.folders else folder).name
        if name:
            self._take(self._student(name), file, Place())
        return bool(name)

    def _downloaded(self, download: Download, entry: Folder | File) -> None:
        """What a learning platform put under this name."""
        student = self._student(download.student)
        student.identity = download.identity
        if download.late:
            student.note(CANVAS_LATE)
        if isinstance(entry, Folder):
            if download.is_text:
                names = [e.name for e in entry.entries()][:3]
                student.other += [shown(name) for name in names]
            else:
                self._walk(student, entry, Place())
            return
        entry.name = download.file or entry.name
        entry.label = shown(entry.name)
        if download.is_text:
            student.other.append(entry.label)
        else:
            self._take(student, entry, Place(attachment=download.attachment))

    def _owner(self, archive: File) -> str:
        """Whose archive it is: `student01.zip`, `student01_losses.zip`."""
        stem = split(archive.name)[0]
        meaning = self.modules.meaning(stem)
        return (meaning and meaning.student) or stem or archive.name

    # one student ------------------------------------------------------------------------------------------

    def _student(self, name: str) -> Student:
        return self.students.setdefault(name, Student(name))

    def _walk(self, student: Student, folder: Folder, place: Place) -> None:
        """Look at every file below a folder, those in the fewest folders first."""
        base = len(place.folders)
        todo = [(folder, place)]
        while todo:
            here, place = todo.pop(0)
            try:
                for entry in here.entries():
                    student.seen += 1
                    if student.seen > MAX_FILES:
                        student.note(f"Only the first {MAX_FILES} files were looked at.")
                        return
                    if isinstance(entry, File):
                        self._take(student, entry, place)
                    elif entry.name not in SKIPPED_FOLDERS:
                        inner = place.inside(entry.name, self.modules)
                        if len(inner.folders) - base <= MAX_DEPTH:
                            todo.append((entry, inner))
                        else:
                            student.note(f"Folders below {shown('/'.join(place.folders))} were not searched.")
            except Refused as refusal:
                label = shown("/".join(place.folders) or here.name)
                student.problems.append((label, str(refusal)))

    def _take(self, student: Student, file: File, place: Place) -> None:
        """Sort one file in."""
        file.label = shown("/".join((*place.folders, file.name)))
        stem, ending = split(file.name)
        if ending == ".zip":
            self._archive(student, file, place)
        elif ending in OTHER_ARCHIVES:
            student.problems.append((file.label, NOT_ZIP))
        elif ending not in CODE:
            if file.problem:  # a link, to a folder perhaps
                student.problems.append((file.label, file.problem))
            else:
                student.other.append(file.label)
        elif meaning := self.modules.meaning(stem):
            rank = (
                file.problem is not None,
                (1, *place.archive) if place.archive is not None else (0,),
                place.chapter != meaning.module,
                bool(meaning.student),
                tuple(-n for n in (*meaning.revision, 0, 0, 0, 0)[:4]),
                -place.attachment,
                len(place.folders),
                ending != ".py",
                not meaning.exact,
                str(file.path),
            )
            student.files.setdefault(meaning.module, []).append(Candidate(rank, file))
        elif not of_the_kit(file.name):
            student.unused.append(file.label)
            student.nameless.append(file)

    def _archive(self, student: Student, file: File, place: Place) -> None:
        if place.archive is not None:
            student.problems.append((file.label, "is a zip file in a zip file. Zip the files themselves."))
            return
        try:
            if file.problem:
                raise Refused(file.problem)
            archive = Archive(file)
        except Refused as refusal:
            student.problems.append((file.label, str(refusal)))
            return
        revision = (*revision_of(split(file.name)[0]), 0, 0, 0, 0)[:4]
        inner = Place((*place.folders, file.name), tuple(-n for n in revision), place.attachment)
        self._walk(student, archive.root, inner)

    def _tell_apart(self) -> None:
        """A word to students whose names look the same."""
        same = defaultdict(list)
        for name in self.students:
            same[unicodedata.normalize("NFKC", name).casefold()].append(name)
        for names in same.values():
            for name in names if len(names) > 1 else ():
                self.students[name].note(
                    "Another student's name differs from this one only in case or in the form of its letters."
                )


def _submitted(folder: Folder) -> Folder | None:
    """The `submitted/` of a course of nbgrader."""
    entries = {e.name: e for e in folder.entries()}
    inner = entries.get("submitted")
    return inner if isinstance(inner, Folder) and NBGRADER & entries.keys() else None


def _entries(folder: Folder) -> list[Folder | File]:
    """What lies in a folder; nothing if it cannot be read, which is told when it is searched."""
    try:
        return list(folder.entries())
    except Refused:
        return []


def _hidden(entry: Folder | File) -> bool:
    return entry.name in SKIPPED_FOLDERS or entry.name.startswith(".")
