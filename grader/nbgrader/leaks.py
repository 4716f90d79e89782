"""Text of hidden suites where students or their feedback could show it: code of a hidden test in any file.

Files hold the same code in many spellings: as it is, in JSON, in HTML with a tag around every word, in a database. So both
sides are compared without white space, quotes, backslashes and tags.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from grader.course import Course

WINDOW = 32  # characters without white space, by which a line is found
LARGEST = 200_000_000  # bytes of a file that is looked at
TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
NOISE = re.compile(r"\\[nrt](?![A-Za-z_])|\\u00(?:22|27|3c|3e|26)|[\s\"'\\]+|\\")


def leaks(root: Path, course: Course) -> Iterator[tuple[Path, str]]:
    """(file, the line of a hidden suite that stands in it), one for each file under `root` that holds any."""
    lines = hidden_lines(course)
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGEST:
            found = lines.first_in(path.read_bytes())
            if found is not None:
                yield path, found


class Lines:
    """Lines of code that can be found in any file."""

    def __init__(self, lines: Iterable[str]):
        self._by_head: dict[str, list[str]] = {}
        for line in lines:
            plain = squeezed(line)
            if len(plain) >= WINDOW:
                self._by_head.setdefault(plain[:WINDOW], []).append(plain)

    def __len__(self) -> int:
        return sum(map(len, self._by_head.values()))

    def first_in(self, data: bytes) -> str | None:
        """One of the lines that the data holds, without its white space; None if it holds none."""
        text = data.decode("utf-8", "replace")
        for spelling in {squeezed(text), squeezed(html.unescape(TAG.sub("", text)))}:
            heads = {spelling[at : at + WINDOW] for at in range(len(spelling) - WINDOW + 1)}
            for head in heads & self._by_head.keys():
                for line in self._by_head[head]:
                    if line in spelling:
                        return line
        return None


def hidden_lines(course: Course) -> Lines:
    """Lines of hidden test modules that stand nowhere that students may look, and in no solution, which theirs may equal."""
    open_text = "\n".join(
        squeezed(path.read_text(encoding="utf-8", errors="replace"))
        for folder in (course.exercises, course.solutions)
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".py", ".md")  # a handout may show the same call
    )
    found: dict[str, None] = {}
    for path in sorted(course.hidden.rglob("test_*.py")):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            plain = squeezed(line).rstrip(",")  # in a notebook one stands behind every line
            # A title or a message is told to students; code is not.
            if len(plain) >= WINDOW and not line.lstrip().startswith(
                ("#", '"', "'", 'f"', "from ", "import ")
            ):
                found.setdefault(plain)
    return Lines(line for line in found if line not in open_text)


def squeezed(text: str) -> str:
    """Text without white space, quotes and backslashes, nor the escapes that stand for them."""
    return NOISE.sub("", text)
