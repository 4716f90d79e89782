"""Whole files or none, and one writer per folder."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from grader.errors import UsageError

try:
    import fcntl
except ImportError:  # Windows: no lock there
    fcntl = None  # type: ignore[assignment]

TEMPORARY = ".tmp"
SECONDS_FOR_CHILDREN = 2.0  # children of a killed process hold its lock until they have noticed
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


@contextmanager
def temporary_beside(path: Path, data: bytes, *, durable: bool) -> Iterator[tuple[Path, os.stat_result]]:
    """Write `data` to a new file beside `path`; gives it with its size and time, to be renamed to `path`.

    Whatever happens, no temporary file is left.

    Parameters
    ----------
    durable : wait until the data is on the disk, so that even a power cut leaves the old file or the new one.
    """
    temporary = path.with_name(f".{path.name[:200]}.{os.getpid()}{TEMPORARY}")
    try:
        with _created(temporary) as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
            info = os.fstat(file.fileno())
        yield temporary, info
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def write_atomically(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Put `data` at `path`, making its folder; a reader sees the old file or the whole new one."""
    with temporary_beside(path, data, durable=durable) as (temporary, _):
        os.replace(temporary, path)


def _created(path: Path) -> BinaryIO:
    try:
        return open(path, "wb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return open(path, "wb")


def is_disk_full(error: BaseException) -> bool:
    """Whether an error of the system, or of SQLite, means that there is no room left."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    return "disk is full" in str(error)


class FolderLock:
    """One writer per folder, for as long as the object lives and is not released.

    The lock belongs to the process, so it goes with it, however it ends. The file stays: removing it
    would let two processes lock two files of one name.

    Raises
    ------
    UsageError
        If another process holds it, or `folder` cannot be made or written.
    """

    def __init__(self, folder: Path):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = open(folder / ".lock", "a+", encoding="ascii")  # noqa: SIM115 - held open on purpose
        except OSError as error:
            if is_disk_full(error):
                raise
            raise UsageError(
                f"Cannot write to {folder}: {error.strerror}. Choose another folder with --out."
            ) from None
        if fcntl is not None and not self._taken(wait=False):
            self._file.seek(0)
            holder = self._file.read(20).strip() or "unknown"
            # A dead holder means that a worker which it left behind still has the file open, not for long.
            if not (_is_dead(holder) and self._taken(wait=True)):
                self._file.close()
                raise UsageError(
                    f"another kata grade is writing to {folder} (process {holder}); "
                    "wait for it or choose another --out"
                )
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def _taken(self, *, wait: bool) -> bool:
        end = time.monotonic() + (SECONDS_FOR_CHILDREN if wait else 0)
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                if time.monotonic() >= end:
                    return False
                time.sleep(0.02)

    def release(self) -> None:
        """Let the next one write. Closing twice does no harm."""
        self._file.close()


def _is_dead(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (ValueError, OSError):
        return False
    return False
