"""Zip files for tests and fuzzing: honest ones, and ones that lie in one place each."""

from __future__ import annotations

import io
import json
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping


def zipped(files: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An honest archive: name -> content."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def notebook(source: str) -> str:
    """A notebook with one text cell and one code cell."""
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Work\n"]},
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": source.splitlines(keepends=True),
        },
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def special(name: str, mode: int, data: bytes = b"/etc/passwd") -> bytes:
    """A member with the mode of a link, a pipe or a device."""
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, data)
    return buffer.getvalue()


def doubled(name: str, first: str, second: str) -> bytes:
    """The same name twice."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(name, first)
            archive.writestr(name, second)
    return buffer.getvalue()


def patched(data: bytes, offset: int, form: str, value: int) -> bytes:
    """Overwrite a field of the first entry in the list of contents."""
    at = data.index(b"PK\x01\x02") + offset
    return data[:at] + struct.pack(form, value) + data[at + struct.calcsize(form) :]


def overlapping(name: str, text: str) -> bytes:
    """Two names for the same bytes."""
    data = bytearray(zipped({name: text, "x" * len(name): text}, zipfile.ZIP_STORED))
    second = data.rindex(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<I", 0)
    return bytes(data)


Made = Callable[[str, str], bytes]  # name of the member, its honest text -> the archive

BROKEN: dict[str, tuple[Made, str]] = {
    "not a zip": (lambda n, t: b"losses are fine", "is not a readable zip file"),
    "empty file": (lambda n, t: b"", "is not a readable zip file"),
    "cut in the middle": (lambda n, t: zipped({n: t * 50})[:-30], "is not a readable zip file"),
    "a rar with the wrong ending": (lambda n, t: b"Rar!\x1a\x07\x01\x00" + b"\x00" * 99, "is not a readable zip file"),
    "encrypted": (lambda n, t: patched(zipped({n: t}), 8, "<H", 0x1), "is encrypted"),
    "strongly encrypted": (lambda n, t: patched(zipped({n: t}), 8, "<H", 0x41), "is encrypted"),
    "bzip2": (lambda n, t: zipped({n: t}, zipfile.ZIP_BZIP2), "by a method that is not accepted"),
    "lzma": (lambda n, t: zipped({n: t}, zipfile.ZIP_LZMA), "by a method that is not accepted"),
    "unknown method": (lambda n, t: patched(zipped({n: t}), 10, "<H", 97), "by a method that is not accepted"),
    "too new": (lambda n, t: patched(zipped({n: t}), 6, "<H", 99), "is not a readable zip file"),
    "wrong checksum": (lambda n, t: patched(zipped({n: t}), 16, "<I", 7), "is damaged"),
    "size too small": (lambda n, t: patched(zipped({n: t}), 24, "<I", 3), "is damaged"),
    "size too large": (lambda n, t: patched(zipped({n: t}), 24, "<I", 5_000), "is damaged"),
    "size of a giant": (lambda n, t: patched(zipped({n: t}), 24, "<I", 2**32 - 2), "unpacks to more than"),
    "packed size wrong": (lambda n, t: patched(zipped({n: t}), 20, "<I", 9), "is damaged"),
    "offset into nowhere": (lambda n, t: patched(zipped({n: t}), 42, "<I", 2**31), "is damaged"),
    "deflate of noise": (lambda n, t: _noise(n), "is damaged"),
    "twice the same name": (lambda n, t: doubled(n, t, "x = 1"), "is in its zip file 2 times"),
    "overlapping": (overlapping, "overlaps with another file"),
    "a bomb": (lambda n, t: zipped({n: t, "b.bin": bytes(40 << 20)}), "unpacks to more than 200 times its size"),
    "a large file": (lambda n, t: zipped({n: t + "\n" + "#" * (2 << 20)}), "is larger than 1 MiB"),
    "too many files": (lambda n, t: zipped({f"{i}.txt": "" for i in range(10_001)}), "holds more than 10000 files"),
    "a zip in a zip": (lambda n, t: zipped({"w.zip": zipped({n: t})}), "is a zip file in a zip file"),
    "a name that climbs": (lambda n, t: zipped({f"../../{n}": t}), "leads out of it"),
    "a name that climbs inside": (lambda n, t: zipped({f"a/../../{n}": t}), "leads out of it"),
    "backslashes that climb": (lambda n, t: zipped({f"..\\..\\{n}": t}), "leads out of it"),
    "an absolute name": (lambda n, t: zipped({f"/etc/{n}": t}), "has an absolute name"),
    "a drive letter": (lambda n, t: zipped({f"C:\\work\\{n}": t}), "has an absolute name"),
    "a share": (lambda n, t: zipped({f"\\\\host\\share\\{n}": t}), "has an absolute name"),
    "many folders": (lambda n, t: zipped({"d/" * 400 + n: t}), "too many folders"),
    "a link": (lambda n, t: special(n, stat.S_IFLNK | 0o777), "is a symbolic link"),
    "a pipe": (lambda n, t: special(n, stat.S_IFIFO | 0o600), "is not an ordinary file"),
    "a device": (lambda n, t: special(n, stat.S_IFCHR | 0o600), "is not an ordinary file"),
    "a socket": (lambda n, t: special(n, stat.S_IFSOCK | 0o600), "is not an ordinary file"),
}  # fmt: skip


def _noise(name: str) -> bytes:
    data = bytearray(zipped({name: "abcdefgh" * 200}))
    start = 30 + len(name)
    data[start : start + 12] = b"\xff" * 12
    return bytes(data)
