"""Folders and files on a disk, read without trusting them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

JOINERS = "\u200c\u200d"  # invisible, but Persian and Hindi names need them
SHOWN = 100  # characters of a file name in a note


class Refused(Exception):
    """A file is not accepted. The text goes on after its name: "is a symbolic link. Hand in the file itself."."""

    def __init__(self, reason: str, data: bytes = b""):
        super().__init__(reason)
        self.data = data  # what was read of it


def shown(name: str) -> str:
    """A name as it may stand in a line for people: no control or direction characters, not too long."""
    safe = "".join(
        c if c.isprintable() or c in JOINERS else c.encode("unicode_escape").decode()
        for c in name[: 2 * SHOWN]
    )
    return safe if len(safe) <= SHOWN else f"{safe[: SHOWN // 2]}…{safe[-SHOWN // 2 :]}"


def too_large(limit: int) -> str:
    return f"is larger than {limit // 2**20} MiB. Hand in the code without data."


class File:
    """One file as it was handed in, not read yet.

    Attributes
    ----------
    name : its own name.
    path : where it is, for people and for telling files apart; inside an archive no real path.
    label : its name seen from the student's folder, fit to be shown.
    problem : why it is known not to be acceptable, before it is read.
    """

    def __init__(self, name: str, path: Path, problem: str | None = None):
        self.name = name
        self.path = path
        self.label = shown(name)
        self.problem = problem
        self.key: object = path  # equal for the same file found twice
        self.source: Any = None  # what `grader.submission` made of it

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    def open(self) -> BinaryIO:
        """The file, opened for reading.

        Raises
        ------
        Refused
        """
        raise NotImplementedError

    def read(self, limit: int) -> bytes:
        """The whole content.

        Raises
        ------
        Refused
            If it is longer than `limit` bytes, not an ordinary file, or cannot be read.
        """
        with self.open() as file:
            try:
                data = file.read(limit + 1)
            except OSError as error:
                raise Refused(_unreadable(error)) from None
        if len(data) > limit:
            raise Refused(too_large(limit), data)
        return data


class DiskFile(File):
    """A file on a disk."""

    def __init__(self, path: Path, link: bool | None = None):
        link = path.is_symlink() if link is None else link
        super().__init__(path.name, path, "is a symbolic link. Hand in the file itself." if link else None)

    def open(self) -> BinaryIO:
        # Not a link, and opening a pipe does not wait for a writer.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            descriptor = os.open(self.path, flags)
        except (OSError, ValueError) as error:
            raise Refused(self.problem or _unreadable(error)) from None
        try:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode):
                raise Refused("is not an ordinary file. Hand in the file itself.")
            # Backups and copies made with links are the same user's. A link to a file of somebody else, the
            # reference perhaps, is what a student can make in a folder of his own.
            if about.st_nlink > 1 and about.st_uid != os.stat(self.path.parent).st_uid:
                raise Refused("is a hard link to a file of another user. Hand in a copy of your own.")
            return os.fdopen(descriptor, "rb")
        except OSError as error:
            os.close(descriptor)
            raise Refused(_unreadable(error)) from None
        except Refused:
            os.close(descriptor)
            raise


class Folder:
    """A folder on a disk. Links are files here: they are never followed."""

    def __init__(self, path: Path):
        self.name = path.name
        self.path = path

    def entries(self) -> Iterator[Folder | File]:
        """Everything directly in it, by name.

        Raises
        ------
        Refused
            If the folder cannot be read.
        """
        try:
            with os.scandir(self.path) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            raise Refused(_unreadable(error)) from None
        for entry in entries:
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                yield Folder(path)
            else:
                yield DiskFile(path, entry.is_symlink())


def _unreadable(error: Exception) -> str:
    return f"cannot be read ({getattr(error, 'strerror', None) or error}). Hand in the file itself."
