"""Folder names for students: readable, safe on every disk, never two students in one folder.

Letters, digits and `._-` stay; every other character becomes its UTF-8 bytes as %XX. That alone is
injective. A suffix `~` plus hash is added where it would not be enough: the name is too long, or it differs
from another one only in case or in Unicode form, which some disks do not tell apart.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping

MAX_BYTES = 255  # of one folder name, on nearly every file system
EMPTY = "%empty"  # no encoding gives this: after a % come two hexadecimal digits

# Windows opens devices under these names, with any ending; `report/index.html` is the page of the class.
_RESERVED = re.compile(r"(?:(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?|index\.html)", re.IGNORECASE | re.DOTALL)


def folder_name(name: str) -> str:
    """Folder of one student alone; where there are others, ask a `FolderNames`."""
    return FolderNames().of(name)


class FolderNames:
    """Gives each name a folder of its own and remembers what is taken.

    Parameters
    ----------
    known : name -> folder, as given out before; these stay as they are.
    """

    def __init__(self, known: Mapping[str, str] | None = None):
        self._folders = dict(known or {})
        self._taken = {_folded(folder) for folder in self._folders.values()}

    def of(self, name: str) -> str:
        """The folder of `name`: always the same one, and no other name gets it."""
        if name not in self._folders:
            folder = self._choose(name)
            self._folders[name] = folder
            self._taken.add(_folded(folder))
        return self._folders[name]

    def _choose(self, name: str) -> str:
        pieces = _encoded(name)
        folder = "".join(pieces)
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        digits = 0
        while len(folder.encode()) > MAX_BYTES or _folded(folder) in self._taken:
            digits += 8  # a longer piece of the hash, should a shorter one be taken
            suffix = f"~{digest[:digits]}"
            folder = _cut(pieces, MAX_BYTES - len(suffix)) + suffix
        return folder


def _encoded(name: str) -> list[str]:
    """The encoded characters of `name`, one piece each, so that cutting never splits one."""
    if not name:
        return [EMPTY]
    pieces = [char if _kept(char) else _percent(char) for char in name]
    if name[0] in ".-" or _RESERVED.fullmatch(name):
        pieces[0] = _percent(name[0])
    if name[-1] == ".":  # Windows drops it
        pieces[-1] = _percent(name[-1])
    return pieces


def _kept(char: str) -> bool:
    # Marks (M) belong to the letters of many scripts; a Hindi or Thai name is unreadable without them.
    return char in "._-" or unicodedata.category(char)[0] in "LM" or char.isdecimal()


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))


def _cut(pieces: list[str], size: int) -> str:
    kept: list[str] = []
    for piece in pieces:
        size -= len(piece.encode())
        if size < 0:
            break
        kept.append(piece)
    return "".join(kept)


def _folded(folder: str) -> str:
    """What the least careful disk makes of a name; coarser than any, so it errs on the safe side."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folder).casefold())
