"""The hints of a chapter's handout: a question, a direction, nearly the line, for each function to write."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError
from grader.practice import exercise_names, practice_chapters, tests_of

HEADING = re.compile(r"^#{2,6}\s+Hints for\s+((?:`[\w.]+`(?:\s*(?:,|and|or)\s*)*)+)\s*$")
OPENING = re.compile(r"<summary>\s*(.*?)\s*</summary>", re.DOTALL)
DETAILS = re.compile(r"<details\b[^>]*>(.*?)</details>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Hint:
    """One hint: its title ("Hint 1: a question") and its text in Markdown."""

    title: str
    text: str


def hints_in(handout: str) -> dict[str, list[Hint]]:
    """function -> its hints, in the order of a handout."""
    found: dict[str, list[Hint]] = {}
    names: list[str] = []
    text: list[str] = []
    fenced = False

    def close() -> None:
        for name in names:
            found.setdefault(name, []).extend(_folded("\n".join(text)))
        text.clear()

    for line in handout.splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        if line.startswith("#") and not fenced:
            close()
            heading = HEADING.match(line)
            names = re.findall(r"`([\w.]+)`", heading[1]) if heading else []
        elif names:
            text.append(line)
    close()
    return found


def first_hints(exercises: Path) -> Callable[[str], dict[str, str]]:
    """For the chapters of a course's exercises/: chapter -> {function: the text of its first hint, a question}."""

    def of(chapter: str) -> dict[str, str]:
        try:
            found = hints_in((exercises / chapter / "README.md").read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return {}
        return {name: " ".join(" ".join(plain(h[0].text)).split()) for name, h in found.items() if h}

    return of


def _folded(text: str) -> list[Hint]:
    hints: list[Hint] = []
    for block in DETAILS.findall(text):
        title = OPENING.search(block)
        words = OPENING.sub("", block, count=1).strip()
        hints.append(Hint(" ".join(title[1].split()) if title else f"Hint {len(hints) + 1}", words))
    return hints


@dataclass(frozen=True)
class Hinted:
    """The hints of one exercise and where they come from."""

    name: str
    chapter: str
    hints: tuple[Hint, ...]


def find_hints(root: Path, wanted: str, near: str | None = None) -> Hinted:
    """The hints of a function or class.

    Parameters
    ----------
    wanted : its name, also `Linear.forward` or `ch04.softmax`.
    near : chapter to look in first.

    Raises
    ------
    UsageError
        If there is no such function, or its handout is missing or has no hints for it.
    """
    head, _, rest = wanted.partition(".")
    folders = practice_chapters(root)
    folders.sort(key=lambda folder: folder.name != near)
    for folder in folders:
        names = exercise_names(tests_of(folder))
        name = rest if head in (folder.name, folder.name[:4], folder.name[5:]) and rest else wanted
        for candidate in (name, name.partition(".")[0]):
            if candidate in names:
                return Hinted(candidate, folder.name, tuple(_of(folder, candidate)))
    import difflib

    known = {n.lower(): n for f in folders for n in exercise_names(tests_of(f))}
    close = [known[n] for n in difflib.get_close_matches(wanted.lower(), known, 3, 0.5)]
    advice = f"Did you mean {', '.join(close)}?" if close else "The names are listed by: kata status --all"
    raise UsageError(f"There is no function or class {wanted!r} to write here. {advice}")


def _of(folder: Path, name: str) -> list[Hint]:
    path = folder / "README.md"
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        raise UsageError(
            f"{path} is missing, and with it the hints. Bring it back with: kata update"
        ) from None
    found = hints_in(text).get(name, [])
    if not found:
        raise UsageError(f"{folder.name}/README.md has no hints for {name}. Read what it says about {name}.")
    return found


def plain(text: str) -> list[str]:
    """Markdown as it is read in a terminal: a line for each paragraph, item or line of code; "" between them."""
    out: list[str] = []
    fenced = joins = False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            fenced, joins = not fenced, False
        elif fenced:
            out.append("    " + line)
        elif not line.strip():
            out.append("")
            joins = False
        else:
            words = re.sub(r"\*\*(.+?)\*\*", r"\1", line.strip())
            if joins and not re.match(r"[-*|]|\d+\. ", words):
                out[-1] += " " + words
            else:
                out.append(words)
            joins = True
    return out
