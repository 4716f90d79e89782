"""Zip files, read in memory and never unpacked: the list of contents by zipfile, each member under limits.

Only the list of contents is believed, and only after it was checked: a member that lies about its size, place,
checksum or name is refused, the others are still read.
"""

from __future__ import annotations

import contextlib
import io
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from grader.intake.files import DiskFile, File, Folder, Refused, shown, too_large

MAX_ARCHIVE = 64 * 2**20  # bytes of one student's zip file
MAX_TOTAL = 512 * 2**20  # bytes that it unpacks to
MAX_RATIO = 200  # times its size; source code shrinks to a fifth, notebooks with figures hardly at all
SMALL = 2**20  # bytes; below, the ratio does not matter
MAX_ENTRIES = 10_000
MAX_CLASS_ENTRIES = 200_000
BYTES_PER_ENTRY = 256  # of the list of contents, on average
MAX_PARTS = 24  # folders in one name
MAX_NAME = 1_000  # characters of one name
STORED, DEFLATED = 0, 8
LOCAL_HEADER = struct.Struct("<4s22xHH")
AGAIN = "Zip the files again with ordinary settings."


@dataclass(frozen=True)
class Entry:
    """One member, as the list of contents has it."""

    parts: tuple[str, ...]
    offset: int
    compressed: int
    size: int
    crc: int
    method: int


class Member(File):
    """A file in an archive."""

    def __init__(self, archive: Archive, entry: Entry, problem: str | None):
        super().__init__(entry.parts[-1], archive.path.joinpath(*entry.parts), problem)
        self.archive = archive
        self.entry = entry
        self.key = (self.path, entry.offset)

    def open(self) -> BinaryIO:
        return io.BytesIO(self.read(MAX_ARCHIVE))

    def read(self, limit: int) -> bytes:
        if self.problem:
            raise Refused(self.problem)
        return self.archive.read(self.entry, limit)


class ZipFolder(Folder):
    """A folder in an archive; it exists because a member lies in it or because the archive lists it."""

    def __init__(self, path: Path):
        super().__init__(path)
        self.folders: dict[str, ZipFolder] = {}
        self.files: list[File] = []

    def entries(self) -> Iterator[Folder | File]:
        entries: list[Folder | File] = [*self.folders.values(), *self.files]
        yield from sorted(entries, key=lambda entry: entry.name)

    def below(self, parts: tuple[str, ...]) -> ZipFolder:
        here = self
        for part in parts:
            here = here.folders.setdefault(part, ZipFolder(here.path / part))
        return here


class Archive:
    """A zip file and what it holds.

    Parameters
    ----------
    source : the zip file, on a disk or in another archive.
    of_class : it may hold a whole class; then the size has no limit, and there may be more members.

    Raises
    ------
    Refused
        If it is no zip file, damaged, too large, or a bomb.
    """

    _last: ClassVar[tuple[Archive, bytes] | None] = None  # the archive in an archive that was read last

    def __init__(self, source: File, *, of_class: bool = False):
        self.source = source
        self.path = source.path
        self.root = ZipFolder(self.path)
        most = MAX_CLASS_ENTRIES if of_class else MAX_ENTRIES
        with self._opened() as file:
            self.size = file.seek(0, io.SEEK_END)
            if not of_class and self.size > MAX_ARCHIVE:
                raise Refused(too_large(MAX_ARCHIVE))
            infos = _contents(file, most)
        self.total = sum(info.file_size for info in infos)
        if not of_class:
            self.check_size()
        self._build(infos)

    def check_size(self) -> None:
        """Apply the limits of one student's archive.

        Raises
        ------
        Refused
        """
        if self.total > MAX_TOTAL:
            raise Refused(f"unpacks to more than {MAX_TOTAL // 2**20} MiB. Hand in the code without data.")
        if self.total > max(16 * SMALL, MAX_RATIO * self.size):
            raise Refused(f"unpacks to more than {MAX_RATIO} times its size. Hand in the code without data.")

    def read(self, entry: Entry, limit: int) -> bytes:
        """The content of one member, checked against its declared size and checksum.

        Raises
        ------
        Refused
        """
        if entry.size > limit:
            raise Refused(too_large(limit))
        if entry.size > SMALL and entry.size > MAX_RATIO * entry.compressed:
            raise Refused(f"unpacks to more than {MAX_RATIO} times its size. Hand in the code without data.")
        damaged = Refused(f"is damaged in its zip file. {AGAIN}")
        if entry.compressed > 2 * limit:
            raise damaged
        with self._opened() as file:
            try:
                file.seek(entry.offset)
                header = file.read(LOCAL_HEADER.size)
                if len(header) < LOCAL_HEADER.size:
                    raise damaged
                magic, name_length, extra_length = LOCAL_HEADER.unpack(header)
                if magic != b"PK\x03\x04":
                    raise damaged
                file.seek(name_length + extra_length, io.SEEK_CUR)
                data = file.read(entry.compressed)
            except (OSError, ValueError, OverflowError):
                raise damaged from None
        if entry.method == DEFLATED:
            stream = zlib.decompressobj(-zlib.MAX_WBITS)
            try:
                data = stream.decompress(data, entry.size + 1)
            except (zlib.error, MemoryError):
                raise damaged from None
            if not stream.eof or stream.unused_data:
                raise damaged
        if len(data) != entry.size or zlib.crc32(data) != entry.crc:
            raise damaged
        return data

    def _opened(self) -> BinaryIO:
        if isinstance(self.source, DiskFile):
            return self.source.open()
        if Archive._last is None or Archive._last[0] is not self:
            Archive._last = (self, self.source.read(MAX_ARCHIVE))
        return io.BytesIO(Archive._last[1])

    def _build(self, infos: list[zipfile.ZipInfo]) -> None:
        """Check every member and put it into the tree."""
        overlapping = _overlapping(infos)
        named = [(info, *_parts_of(info)) for info in infos]
        times = Counter(parts for info, parts, problem in named if not problem)
        added: set[tuple[str, ...]] = set()
        for info, parts, problem in named:
            if info.filename.endswith("/"):
                if not problem:
                    self.root.below(parts)
                continue
            if not problem and parts in added:
                continue
            if not problem and times[parts] > 1:
                added.add(parts)
                problem = f"is in its zip file {times[parts]} times. {AGAIN}"
            elif info.header_offset in overlapping:
                problem = problem or f"overlaps with another file in its zip file. {AGAIN}"
            entry = Entry(
                parts, info.header_offset, info.compress_size, info.file_size, info.CRC, info.compress_type
            )
            self.root.below(parts[:-1]).files.append(Member(self, entry, problem or _problem_of(info)))


class _Bounded:
    """A file that refuses to be read in large pieces: zipfile reads the whole list of contents at once."""

    def __init__(self, file: BinaryIO, limit: int, refusal: Refused):
        self.seek, self.tell, self._file, self._limit = file.seek, file.tell, file, limit
        self._refusal = refusal

    def read(self, size: int = -1) -> bytes:
        if size > self._limit:
            raise self._refusal
        return self._file.read(self._limit if size is None or size < 0 else size)

    def seekable(self) -> bool:
        return True


def _contents(file: BinaryIO, most: int) -> list[zipfile.ZipInfo]:
    """The members that the archive lists."""
    too_many = Refused(f"holds more than {most} files. Hand in the code alone.")
    bounded: Any = _Bounded(file, max(most * BYTES_PER_ENTRY, 2**20), too_many)
    try:
        with zipfile.ZipFile(bounded) as archive:
            infos = archive.infolist()
    except Refused:
        raise
    except Exception:  # hostile bytes: zipfile raises what comes up, struct.error and UnicodeError among it
        raise Refused(f"is not a readable zip file. {AGAIN}") from None
    if len(infos) > most:
        raise too_many
    return infos


def _parts_of(info: zipfile.ZipInfo) -> tuple[tuple[str, ...], str | None]:
    """The folders and the name of a member, and why it is refused for its name.

    A refused member is put at the top: what its name says about folders is not believed.
    """
    name = info.filename
    if not info.flag_bits & 0x800:  # macOS writes UTF-8 without saying so
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    name = name.replace("\\", "/")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if not parts:
        return ("(no name)",), f"has no name in its zip file. {AGAIN}"
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return parts[-1:], f"has an absolute name in its zip file. {AGAIN}"
    if ".." in parts:
        return parts[-1:], f"has a name in its zip file that leads out of it. {AGAIN}"
    if len(parts) > MAX_PARTS or len(name) > MAX_NAME:
        return (shown(parts[-1]),), f"lies in too many folders of its zip file. {AGAIN}"
    return parts, None


def _problem_of(info: zipfile.ZipInfo) -> str | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "is a symbolic link in its zip file. Hand in the file itself."
    if kind not in (0, stat.S_IFREG):
        return "is not an ordinary file in its zip file. Hand in the file itself."
    if info.flag_bits & 0x41:
        return "is encrypted. Zip it without a password."
    if info.compress_type not in (STORED, DEFLATED):
        return f"is compressed by a method that is not accepted. {AGAIN}"
    return None


def _overlapping(infos: list[zipfile.ZipInfo]) -> set[int]:
    """Offsets of members that share bytes with another one; bombs do that."""
    found = set()
    end, last = -1, -1
    for info in sorted(infos, key=lambda i: i.header_offset):
        if info.header_offset < end:
            found |= {last, info.header_offset}
        reach = info.header_offset + LOCAL_HEADER.size + info.compress_size
        if reach > end:
            end, last = reach, info.header_offset
    return found
