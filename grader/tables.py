"""The tables of `grades.db`, and the rows of one result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from grader.errors import GraderFailure, UsageError
from grader.files import is_disk_full
from grader.results import Result

VERSION = "1"  # of the tables below

_tables = sa.MetaData()
_NAME = sa.String(255)  # MySQL wants a length for what is part of a key


def _pair() -> list[sa.Column[str]]:
    return [sa.Column("student", _NAME, primary_key=True), sa.Column("chapter", _NAME, primary_key=True)]


ABOUT = sa.Table(
    "about", _tables, sa.Column("name", _NAME, primary_key=True), sa.Column("value", sa.Text, nullable=False)
)
STUDENTS = sa.Table(
    "students",
    _tables,
    sa.Column("student", _NAME, primary_key=True),
    sa.Column("folder", _NAME, nullable=False),
)
RESULTS = sa.Table(
    "results",
    _tables,
    *_pair(),
    sa.Column("key", sa.Text, nullable=False),  # empty: has to be graded again
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("score", sa.Float),
    sa.Column("max_score", sa.Float, nullable=False),
    sa.Column("bonus", sa.Float, nullable=False),
    sa.Column("final", sa.Float),
    sa.Column("override", sa.Text),  # JSON
    sa.Column("prerequisites", sa.String(20)),
    sa.Column("isolation", sa.String(20), nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("started", sa.String(40), nullable=False),
    sa.Column("file_size", sa.BigInteger, nullable=False),
    sa.Column(
        "file_time", sa.BigInteger, nullable=False
    ),  # ns; with the size it tells whether to read the file
    sa.Column("json", sa.Text, nullable=False),
)
TESTS = sa.Table(
    "tests",
    _tables,
    *_pair(),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),  # place in the suite
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("exercise", sa.Text, nullable=False),
    sa.Column("verdict", sa.String(20), nullable=False),
    sa.Column("points", sa.Float, nullable=False),
    sa.Column("max_points", sa.Float, nullable=False),
    sa.Column("bonus", sa.Boolean, nullable=False),
    sa.Column("diagnosis", sa.Text),
    sa.Column("seconds", sa.Float),
)
FAILURES = sa.Table(
    "failures",
    _tables,
    *_pair(),
    sa.Column("log", sa.Text, nullable=False),
    sa.Column("started", sa.String(40), nullable=False),
)


def engine_for(url: str | sa.URL, *, read_only: bool) -> sa.Engine:
    """Connect lazily; SQLite in WAL mode, so that reading goes on while a class is graded."""
    engine = sa.create_engine(url)
    if engine.dialect.name == "sqlite":

        def set_up(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA busy_timeout = 30000")
            if read_only:
                connection.execute("PRAGMA query_only = ON")
            else:
                connection.execute("PRAGMA journal_mode = WAL")
                # What is committed outlives the process; only a power cut may take the last commits.
                connection.execute("PRAGMA synchronous = NORMAL")

        sa.event.listen(engine, "connect", set_up)
    return engine


def prepare(db: sa.Connection, *, read_only: bool) -> None:
    """Make what is missing and check the version.

    Raises
    ------
    UsageError
        If the tables are of another version, or missing and not to be made.
    """
    if not read_only:
        _tables.create_all(db)  # those that are missing: a first run may have been killed between two
    version = db.execute(sa.select(ABOUT.c.value)).scalar() if sa.inspect(db).has_table(ABOUT.name) else None
    if version is None and not read_only:
        db.execute(sa.insert(ABOUT), {"name": "version", "value": VERSION})
    elif version != VERSION:
        raise UsageError(
            f"{db.engine.url.database} holds grades in version {version}, this nnkata reads {VERSION}. "
            "Use the nnkata that wrote it, or grade into another folder."
        )
    db.commit()


def delete(db: sa.Connection, table: sa.Table, student: str, chapter: str) -> None:
    """Remove the rows of one student and chapter."""
    db.execute(_DELETE[table.name], {"s": student, "c": chapter})


def forget_key(db: sa.Connection, student: str, chapter: str) -> None:
    """Let a result stand but have it graded again by the next run."""
    db.execute(_FORGET_KEY, {"s": student, "c": chapter})


def _this(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.student == sa.bindparam("s"), table.c.chapter == sa.bindparam("c"))


_DELETE = {table.name: sa.delete(table).where(_this(table)) for table in (RESULTS, TESTS, FAILURES)}
_FORGET_KEY = sa.update(RESULTS).where(_this(RESULTS)).values(key="")


@contextmanager
def clear_errors(folder: Path) -> Iterator[None]:
    """Turn what a person can repair while `folder` is written into one clear line."""
    database = folder / "grades.db"
    try:
        yield
    except (OSError, DatabaseError) as error:
        text = str(error)
        if is_disk_full(error):
            raise GraderFailure(
                f"The disk is full, cannot write to {folder}. Make room and start the same command again; "
                "what was graded before is kept."
            ) from error
        if "not a database" in text or "malformed" in text:
            raise UsageError(
                f"{database} is damaged. Move it away and grade again; marks set by hand are kept, "
                "they also stand in the JSON files."
            ) from error
        if "database is locked" in text:
            raise GraderFailure(
                f"{database} is locked by another program. Close it there and start the same command again."
            ) from error
        reason = error.strerror if isinstance(error, OSError) else _disk_error(text)
        if reason:
            raise GraderFailure(
                f"Cannot write to {folder}: {reason}. Repair that and start the same command again; "
                "what was graded before is kept."
            ) from error
        raise


def _disk_error(text: str) -> str | None:
    """The reason in an error of the database that comes from the disk and not from us."""
    known = ("disk I/O error", "unable to open database file", "attempt to write a readonly database")
    return next((reason for reason in known if reason in text), None)


def column_text(text: str) -> str:
    """`text` as every database takes it: no NUL, no lone surrogate (a file name that is not UTF-8)."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "")


def rows_of(
    result: Result, student: str, key: str, text: str, size: int, time: int
) -> tuple[dict, list[dict]]:
    """The row of `results` and those of `tests`; `text` is the JSON file with its size and time."""
    pair: dict[str, Any] = {"student": student, "chapter": result.chapter}
    row = pair | {
        "key": key,
        "status": result.status,
        "score": result.score,
        "max_score": result.max_score,
        "bonus": result.bonus,
        "final": result.final,
        "override": None if result.override is None else json.dumps(result.override),
        "prerequisites": result.prerequisites,
        "isolation": result.isolation["level"],
        "seconds": result.seconds,
        "started": result.started,
        "file_size": size,
        "file_time": time,
        "json": text,
    }
    tests: list[dict[str, Any]] = [
        pair
        | {
            "number": number,
            "id": column_text(test.id),
            "exercise": column_text(test.exercise),
            "verdict": test.verdict,
            "points": test.points,
            "max_points": test.max_points,
            "bonus": test.bonus,
            "diagnosis": test.diagnosis and column_text(test.diagnosis.id),
            "seconds": test.seconds,
        }
        for number, test in enumerate(result.tests)
    ]
    return row, tests
