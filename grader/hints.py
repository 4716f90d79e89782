"""The hints of a chapter's handout: a question, a direction, nearly the line, for each function to write."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError
from grader.practice import exercise_names, practice_chapters, tests_of
from grader.texts import say
from grader.texts.chapters import handout

HEADING = re.compile(r"^#{2,6}\s+Hints for\s+((?:`[\w.]+`(?:\s*(?:,|and|or)\s*)*)+)\s*$")
TRANSLATED = re.compile(r"^#{2,6}\s+(.*`[\w.]+`.*)$")  # a heading with names in it, in any language
OPENING = re.compile(r"<summary>\s*(.*?)\s*</summary>", re.DOTALL)
DETAILS = re.compile(r"<details\b[^>]*>(.*?)</details>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Hint:
    """One hint: its title ("Hint 1: a question") and its text in Markdown."""

    title: str
    text: str


def hints_in(handout: str, heading: re.Pattern[str] = HEADING) -> dict[str, list[Hint]]:
    """function -> its hints, in the order of a handout. `heading`: of the hints of one or more functions."""
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
            matched = heading.match(line)
            names = re.findall(r"`([\w.]+)`", matched[1]) if matched else []
        elif names:
            text.append(line)
    close()
    return found


def hints_of(folder: Path) -> dict[str, list[Hint]]:
    """function -> its hints in the person's language, of a chapter's folder; in English where there are no others.

    Raises
    ------
    OSError
        If there is no handout.
    """
    found = hints_in((folder / "README.md").read_text(encoding="utf-8", errors="replace"))
    translated = handout(folder)
    if translated.name != "README.md":
        own = hints_in(translated.read_text(encoding="utf-8-sig", errors="replace"), TRANSLATED)
        found |= {name: hints for name, hints in own.items() if hints}
    return found


def first_hints(exercises: Path) -> Callable[[str], dict[str, str]]:
    """For the chapters of a course's exercises/: chapter -> {function: the text of its first hint, a question}."""

    def of(chapter: str) -> dict[str, str]:
        try:
            found = hints_of(exercises / chapter)
        except OSError:
            return {}
        return {name: " ".join(" ".join(plain(h[0].text)).split()) for name, h in found.items() if h}

    return of


def _folded(text: str) -> list[Hint]:
    hints: list[Hint] = []
    for block in DETAILS.findall(text):
        title = OPENING.search(block)
        words = OPENING.sub("", block, count=1).strip()
        hints.append(
            Hint(" ".join(title[1].split()) if title else say("hints.title", number=len(hints) + 1), words)
        )
    return hints


@dataclass(frozen=True)
class Hinted:
    """The hints of one exercise and where they come from."""

    name: str
    chapter: str
    hints: tuple[Hint, ...]
    handout: str = ""  # "ch04_losses/README.md"


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
                where = f"{folder.name}/{handout(folder).name}"
                return Hinted(candidate, folder.name, tuple(_of(folder, candidate)), where)
    import difflib

    known = {n.lower(): n for f in folders for n in exercise_names(tests_of(f))}
    close = [known[n] for n in difflib.get_close_matches(wanted.lower(), known, 3, 0.5)]
    if close:
        raise UsageError(say("hints.unknown-near", wanted=wanted, names=", ".join(close)))
    raise UsageError(say("hints.unknown", wanted=wanted))


def _of(folder: Path, name: str) -> list[Hint]:
    try:
        found = hints_of(folder).get(name, [])
    except OSError:
        raise UsageError(say("hints.no-handout", file=folder / "README.md")) from None
    if not found:
        raise UsageError(say("hints.none", handout=f"{folder.name}/{handout(folder).name}", name=name))
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
