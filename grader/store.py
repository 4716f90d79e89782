"""The output folder of `kata grade`: results as JSON files, and a database beside them.

    DIR/results/<student>/<chapter>.json    what counts
    DIR/grades.db                           the same, to be asked quickly, and the cache key of each result
    DIR/log/<student>/<chapter>.log         where the grader itself failed
    DIR/grades.csv                          written on request

A `Store` is the only writer of these. Killed at any instant it leaves whole files only, and a row of the
database counts as graded only while its JSON file says the same.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from grader import tables
from grader.errors import UsageError
from grader.files import TEMPORARY, FolderLock, temporary_beside, write_atomically
from grader.names import FolderNames, folder_name
from grader.results import Result
from grader.spreadsheet import csv_bytes
from grader.tables import FAILURES, RESULTS, STUDENTS, TESTS, column_text

ROWS_AT_ONCE = 200  # results held in memory while reading; one is some 10 kB
CSV_COLUMNS = (
    "student", "chapter", "status", "score", "max_score", "bonus", "final", "override_reason",
    "prerequisites", "isolation", "started", "seconds",
)  # fmt: skip
OVERRIDE = ("score", "reason", "by")

Pair = tuple[str, str]  # student, chapter


@dataclass(frozen=True)
class Failure:
    """The grader itself failed on this submission; an older grade, if there is one, stays."""

    student: str
    chapter: str
    log: str
    started: str
    path: Path


class Store:
    """All results of one output folder. To be used from one thread.

    Parameters
    ----------
    folder : the output folder; made if need be.
    url : any SQLAlchemy URL for the database, by default SQLite in `folder`. One database serves one folder.
    read_only : take no lock and write nothing, so that a report can be made while a class is graded.

    Raises
    ------
    UsageError
        If another process writes to `folder`, if it is not writable, or (read only) holds no grades.
    GraderFailure
        If the disk is full; also from every method that writes.
    """

    def __init__(self, folder: Path | str, url: str | sa.URL | None = None, *, read_only: bool = False):
        self.folder = Path(folder)
        self.read_only = read_only
        path = self.folder / "grades.db"
        if read_only and url is None and not path.is_file():
            raise UsageError(
                f"{self.folder} holds no grades. Run `kata grade PATH --out {self.folder}` first."
            )
        self._keys: dict[Pair, str] = {}
        self._overrides: dict[Pair, dict[str, Any]] = {}
        with tables.clear_errors(self.folder):
            self._lock = None if read_only else FolderLock(self.folder)
            self._engine = tables.engine_for(
                url or sa.URL.create("sqlite", database=str(path)), read_only=read_only
            )
            try:
                self._db = self._engine.connect()
                tables.prepare(self._db, read_only=read_only)
                folders = {row.student: row.folder for row in self._db.execute(sa.select(STUDENTS))}
                self._stored_students = set(folders)
                self._names = self._compare_with_files(folders)
                self._db.commit()
            except BaseException:
                self.close()
                raise

    # --- reading ------------------------------------------------------------------------------------------

    def key_of(self, student: str, chapter: str) -> str | None:
        """The key under which this was graded, or None if it has to be graded."""
        return self._keys.get((column_text(student), chapter)) or None

    def keys(self) -> dict[Pair, str]:
        """(student, chapter) -> key, of everything that need not be graded again."""
        return {pair: key for pair, key in self._keys.items() if key}

    def results(self, chapter: str | None = None) -> Iterator[Result]:
        """Every valid result, by chapter and student; only a few are in memory at a time."""
        query = sa.select(RESULTS.c.student, RESULTS.c.chapter, RESULTS.c.json)
        if chapter is not None:
            query = query.where(RESULTS.c.chapter == chapter)
        query = query.order_by(RESULTS.c.chapter, RESULTS.c.student)
        with self._engine.connect() as db:  # of its own, so that `save` may be called in between
            for row in db.execution_options(yield_per=ROWS_AT_ONCE).execute(query):
                if (row.student, row.chapter) in self._keys:
                    yield Result.from_json(row.json)

    def failures(self) -> list[Failure]:
        """Where the grader itself failed and no result has come since."""
        with self._engine.connect() as db:
            rows = db.execute(sa.select(FAILURES).order_by(FAILURES.c.chapter, FAILURES.c.student)).all()
        return [
            Failure(r.student, r.chapter, r.log, r.started, self.log_path(r.student, r.chapter)) for r in rows
        ]

    def folder_of(self, student: str) -> str:
        """The folder name of a student, under results/, feedback/, report/ and log/."""
        return self._names.of(column_text(student))

    def path_of(self, student: str, chapter: str) -> Path:
        """The JSON file of a result."""
        return self.folder / "results" / self.folder_of(student) / _file_name(chapter)

    def log_path(self, student: str, chapter: str) -> Path:
        """Where the log of a failure of the grader stands."""
        return self.folder / "log" / self.folder_of(student) / f"{folder_name(chapter)}.log"

    # --- writing ------------------------------------------------------------------------------------------

    def save(self, result: Result, key: str, *, log: str = "", keep_override: bool = True) -> Result:
        """Keep a result; once this returns, it survives the death of the process.

        A result with status `grader_error` is no grade: it goes to `failures` with its log, an older grade
        stays, and the submission counts as not graded, so the next run tries it again.

        Parameters
        ----------
        key : what this was graded under, not empty; the same key need not be graded again.
        log : the grader's own log, kept only for a `grader_error`; by default made from the result.
        keep_override : whether a mark by hand in an older result goes over to this one. False removes it.

        Returns
        -------
        Result
            What was written.

        Raises
        ------
        ValueError
            If a number is NaN or infinite; nothing is written then.
        """
        if result.status == "grader_error":
            self._save_failure(result, log or _log_of(result))
            return result
        student, chapter = pair = (column_text(result.student), result.chapter)
        if keep_override and result.override is None and pair in self._overrides:
            result = replace(result, override=self._overrides[pair])
        # A lone surrogate becomes its JSON escape, so that reading gives back the same text.
        data = result.to_json().encode("utf-8", "backslashreplace")
        path = self.path_of(student, chapter)
        with (
            tables.clear_errors(self.folder),
            temporary_beside(path, data, durable=True) as (temporary, info),
        ):
            row, tests = tables.rows_of(result, student, key, data.decode(), info.st_size, info.st_mtime_ns)
            with self._db.begin():
                # The rows go first, uncommitted: a full disk shows before the older file is replaced.
                self._add_student(student)
                for table in (RESULTS, TESTS, FAILURES):
                    tables.delete(self._db, table, student, chapter)
                self._db.execute(sa.insert(RESULTS), row)
                if tests:
                    self._db.execute(sa.insert(TESTS), tests)
                self._keys.pop(pair, None)  # until the commit, file and row differ
                os.replace(temporary, path)
        self._stored_students.add(student)
        self._keys[pair] = key
        self._overrides.pop(pair, None)
        if result.override is not None:
            self._overrides[pair] = result.override
        self.log_path(student, chapter).unlink(missing_ok=True)
        return result

    def move(self, student: str, to: str, chapter: str) -> None:
        """File a stored result under another name of the same student: he has become known by it.

        A result that is there already stays; a mark by hand goes over unless it has its own.
        """
        old, new = (column_text(student), chapter), (column_text(to), chapter)
        if old == new or old not in self._keys:
            return
        known = self._result(new) if new in self._keys else None
        moved = known if known is not None and known.status != "missing" else self._result(old)
        override = (known and known.override) or self._overrides.get(old)
        key = self._keys[new if moved is known else old]
        self.save(replace(moved, student=to, override=override), key, keep_override=False)
        path, folder, page = (
            self.path_of(student, chapter),
            self.folder_of(student),
            f"{folder_name(chapter)}.html",
        )
        with tables.clear_errors(self.folder):
            with self._db.begin():
                for table in (RESULTS, TESTS, FAILURES):
                    tables.delete(self._db, table, *old)
                self._keys.pop(old, None)
                self._overrides.pop(old, None)
                path.unlink(missing_ok=True)
            pages = [self.folder / kind / folder / page for kind in ("feedback", "report")]
            for file in (*pages, self.log_path(student, chapter), path):
                file.unlink(missing_ok=True)
                with contextlib.suppress(OSError):
                    file.parent.rmdir()  # if it was the last

    def _result(self, pair: Pair) -> Result:
        """A stored result."""
        query = sa.select(RESULTS.c.json).where(RESULTS.c.student == pair[0], RESULTS.c.chapter == pair[1])
        with self._engine.connect() as db:
            return Result.from_json(db.execute(query).scalar_one())

    def worked(self) -> set[Pair]:
        """(student, chapter) of every valid result that is not `missing`."""
        query = sa.select(RESULTS.c.student, RESULTS.c.chapter).where(RESULTS.c.status != "missing")
        with self._engine.connect() as db:
            return {(r.student, r.chapter) for r in db.execute(query)} & self._keys.keys()

    def result(self, student: str, chapter: str) -> Result | None:
        """One valid result, or None."""
        pair = (column_text(student), chapter)
        return self._result(pair) if pair in self._keys else None

    def _save_failure(self, result: Result, log: str) -> None:
        student, chapter = pair = (column_text(result.student), result.chapter)
        row = {"student": student, "chapter": chapter, "log": column_text(log), "started": result.started}
        with tables.clear_errors(self.folder):
            with self._db.begin():
                self._add_student(student)
                tables.delete(self._db, FAILURES, student, chapter)
                self._db.execute(sa.insert(FAILURES), row)
                tables.forget_key(self._db, student, chapter)
            write_atomically(self.log_path(student, chapter), log.encode("utf-8", "backslashreplace"))
        self._stored_students.add(student)
        if pair in self._keys:
            self._keys[pair] = ""

    def write_csv(self) -> Path:
        """Write `grades.csv`, UTF-8, one line per student and chapter, safe to open in a spreadsheet."""
        columns = [column for column in RESULTS.c if column.name != "json"]
        rows = []
        with self._engine.connect() as db:
            for row in db.execute(sa.select(*columns).order_by(RESULTS.c.student, RESULTS.c.chapter)):
                if (row.student, row.chapter) in self._keys:
                    reason = json.loads(row.override)["reason"] if row.override else ""
                    values = {**row._mapping, "override_reason": reason}
                    rows.append([values[name] for name in CSV_COLUMNS])
        path = self.folder / "grades.csv"
        with tables.clear_errors(self.folder):
            write_atomically(path, csv_bytes(CSV_COLUMNS, rows), durable=True)
        return path

    def close(self) -> None:
        """Let go of the database and the folder. The store cannot be used afterwards."""
        if hasattr(self, "_db"):
            self._db.close()
        self._engine.dispose()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- inside -------------------------------------------------------------------------------------------

    def _add_student(self, student: str) -> None:
        if student not in self._stored_students:
            self._db.execute(sa.insert(STUDENTS), {"student": student, "folder": self.folder_of(student)})

    def _compare_with_files(self, folders: dict[str, str]) -> FolderNames:
        """Find out which rows are still true, and which marks by hand there are; gives the folder names."""
        files = self._files()
        columns = [RESULTS.c[n] for n in ("student", "chapter", "key", "override", "file_size", "file_time")]
        for row in self._db.execute(sa.select(*columns)).all():
            pair = (row.student, row.chapter)
            place = (folders[row.student], _file_name(row.chapter))
            if row.override:
                self._overrides[pair] = json.loads(row.override)
            # A copied folder has new times; then the content decides.
            if place in files and (files[place] == (row.file_size, row.file_time) or self._same(pair, place)):
                self._keys[pair] = row.key
                del files[place]
        owned = set(folders.values())
        for place in files:  # newer than their row, changed by hand, or the database was lost
            self._adopt(place, folders, owned)
        return FolderNames(folders)

    def _files(self) -> dict[Pair, tuple[int, int]]:
        """(folder, file name) -> size and time, of every result file; clears what a killed run left."""
        found = {}
        for folder in _entries(self.folder / "results"):
            for entry in _entries(folder.path) if folder.is_dir() else ():
                if not entry.name.endswith(TEMPORARY):
                    info = entry.stat()
                    found[folder.name, entry.name] = (info.st_size, info.st_mtime_ns)
                elif not self.read_only:
                    os.unlink(entry.path)
        return found

    def _same(self, pair: Pair, place: Pair) -> bool:
        query = sa.select(RESULTS.c.json).where(RESULTS.c.student == pair[0], RESULTS.c.chapter == pair[1])
        text = self._db.execute(query).scalar_one()
        return (self.folder / "results" / place[0] / place[1]).read_bytes() == text.encode()

    def _adopt(self, place: Pair, folders: dict[str, str], owned: set[str]) -> None:
        """Take over the folder name and the mark by hand from a file that no row vouches for."""
        try:
            result = Result.from_json((self.folder / "results" / place[0] / place[1]).read_text("utf-8"))
            student = column_text(result.student)
            if result.override and math.isfinite(result.override["score"]):
                self._overrides[student, result.chapter] = {n: result.override[n] for n in OVERRIDE}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return  # not one of ours; grading writes it anew
        if student not in folders and place[0] not in owned:
            folders[student] = place[0]
            owned.add(place[0])


@functools.cache
def _file_name(chapter: str) -> str:
    return f"{folder_name(chapter)}.json"


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _log_of(result: Result) -> str:
    """What a result itself tells about a failure of the grader."""
    lines = list(result.notes)
    for test in result.tests:
        if test.verdict == "grader_error":
            lines.append(f"{test.id}: {test.message}\n{test.detail}".rstrip())
    return "\n".join(lines) or "The grader left no log."
