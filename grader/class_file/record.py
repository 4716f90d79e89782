"""`DIR/class.json`: what a run of `kata grade` knew of the class, for what comes after it (exports, similarity).

It holds paths and times, no marks. Paths are relative to DIR, so that both may be moved together.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grader.errors import UsageError
from grader.files import write_atomically

NAME = "class.json"
SCHEMA = "nnkata/class/v1"


@dataclass
class Record:
    """What was known.

    Attributes
    ----------
    class_file : of the last run that had one.
    submissions : every path that was graded into the folder and still exists.
    times : (student, chapter) -> time, of those that stand beside submissions (nbgrader's timestamp.txt).
    """

    class_file: Path | None = None
    submissions: list[Path] = field(default_factory=list)
    times: dict[tuple[str, str], datetime] = field(default_factory=dict)


def read_record(out: Path) -> Record:
    """The record in an output folder; an empty one if there is none.

    Raises
    ------
    UsageError
        If the file is damaged.
    """
    path = out / NAME
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Record(
            _absolute(out, data["class_file"]) if data["class_file"] else None,
            [_absolute(out, p) for p in data["submissions"]],
            {(t["student"], t["chapter"]): datetime.fromisoformat(t["time"]) for t in data["times"]},
        )
    except FileNotFoundError:
        return Record()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path}: damaged ({error}). Remove it and run kata grade again; nothing is graded twice."
        ) from None


def update_record(
    out: Path, class_file: Path | None, submissions: list[Path], times: dict[tuple[str, str], datetime]
) -> None:
    """Add what a run knew. Times that it did not see again stay."""
    try:
        record = read_record(out)
    except UsageError:
        record = Record()
    paths = dict.fromkeys(
        [*(p for p in record.submissions if p.exists()), *(p.resolve() for p in submissions)]
    )
    known = class_file or record.class_file
    data = {
        "schema": SCHEMA,
        "class_file": _relative(out, known) if known else None,
        "submissions": [_relative(out, p) for p in paths],
        "times": [
            {"student": s, "chapter": c, "time": t.astimezone(UTC).isoformat()}
            for (s, c), t in sorted({**record.times, **times}.items())
        ],
    }
    write_atomically(out / NAME, (json.dumps(data, indent=1) + "\n").encode())


def _relative(out: Path, path: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), out.resolve())).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()


def _absolute(out: Path, text: str) -> Path:
    return Path(os.path.normpath(out.resolve() / text))
