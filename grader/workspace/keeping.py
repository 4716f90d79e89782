"""Nothing that a student wrote is lost: copies of what is replaced, and no file replaced that was saved meanwhile."""

from __future__ import annotations

import itertools
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath

from grader.errors import UsageError
from grader.files import write_atomically
from grader.texts import say

BACKUPS = PurePosixPath(".nnkata/backups")


def keep_copy(workspace: Path, name: str, data: bytes) -> str:
    """Keep a file's content; returns the name of the copy under the workspace. No copy ever replaces another one."""
    path = PurePosixPath(name)
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    for attempt in itertools.count(1):
        suffix = stamp if attempt == 1 else f"{stamp}-{attempt}"
        copy = BACKUPS / path.parent / f"{path.stem}-{suffix}{path.suffix}"
        target = workspace / copy
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError), open(target, "xb") as file:
            try:
                file.write(data)
            except BaseException:  # a part of a text is no copy of it
                with suppress(OSError):
                    target.unlink()
                raise
            return copy.as_posix()
    raise AssertionError


def put(path: Path, old: bytes | None, data: bytes) -> None:
    """Replace what was there when it was read, and nothing newer: an editor may have saved since.

    Raises
    ------
    UsageError
        If the file has changed since.
    """
    now = path.read_bytes() if path.exists() else None
    if now != old:
        raise UsageError(say("workspace.saved-now", file=path))
    write_atomically(path, data)
