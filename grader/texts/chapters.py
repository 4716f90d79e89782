"""Texts of a chapter in another language. They stand beside the English ones:

    exercises/ch04_losses/README.zh.md             the handout, with its hints
    exercises/ch04_losses/texts.zh.toml            [titles] of visible tests by name, [sentences] in them by English text
    tests/hidden/ch04_losses/texts.zh.toml         the same for hidden tests
    solutions/ch04_losses/texts.zh.toml            [mistakes] by id

What is not there is said in English.
"""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from types import FrameType

from grader.texts import ENGLISH, NAME, languages, read_if_there


def own_text(folder: Path, *names: str) -> str | None:
    """The text of a chapter in the person's language: the first of these names that is there.

    folder : where `texts.<language>.toml` stands.
    names : "titles.test_three_scores", "mistakes.M060".
    """
    for language in languages():
        known = texts_in(folder, language)
        for name in names:
            if name in known:
                return known[name]
    return None


@functools.cache
def texts_in(folder: Path, language: str) -> dict[str, str]:
    """Name -> text of a folder's texts in one language."""
    return read_if_there(folder / f"texts.{language}.toml")


def languages_of(folder: Path) -> list[str]:
    """The languages other than English in which a folder has texts."""
    names = (path.name.split(".")[1] for path in sorted(folder.glob("texts.*.toml")))
    return [name for name in names if NAME.fullmatch(name) and name != ENGLISH]


def sentence(english: str) -> str:
    """A sentence that a test says, in the person's language if the folder of that test has it.

    Which test that is, is seen from who calls; so it has to be called while the test runs.
    """
    if not english or not languages():
        return english
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if "test_" in file:
            said = own_text(Path(file).parent, f"sentences.{english}")
            if said is not None:
                return said
        frame = frame.f_back
    return english


def handout(folder: Path) -> Path:
    """The handout of a chapter's folder, in the person's language if it is there."""
    for language in languages():
        path = folder / f"README.{language}.md"
        if path.is_file():
            return path
    return folder / "README.md"
