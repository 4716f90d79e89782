"""Whether a translation fits: the same ids, and in each text the same fields."""

from __future__ import annotations

import re
import string
from pathlib import Path

from grader.texts import ENGLISH, FOLDER, NAME, flat


def languages_there(folder: Path = FOLDER) -> list[str]:
    """The languages other than English that have texts."""
    return sorted(
        p.name for p in folder.iterdir() if p.is_dir() and p.name != ENGLISH and NAME.fullmatch(p.name)
    )


def faults(language: str, folder: Path = FOLDER) -> list[str]:
    """What is wrong with the texts of a language, one line each. A text that is missing is no fault: English stands in."""
    found = []
    for path in sorted((folder / language).glob("*.toml")):
        english = folder / ENGLISH / path.name
        shown = f"{language}/{path.name}"
        if not english.is_file():
            found.append(f"{shown}: there is no topic of that name.")
            continue
        try:
            own = flat(path.read_text(encoding="utf-8-sig"))
        except ValueError as error:
            found.append(f"{shown}: {error}.")
            continue
        known = flat(english.read_text(encoding="utf-8"))
        for name, text in own.items():
            if name not in known:
                found.append(f"{shown}: {name} is no id. Was it renamed?")
                continue
            try:
                unknown = fields_in(text) - fields_in(known[name])
            except ValueError as error:
                found.append(f"{shown}: {name}: {error}.")
                continue
            if unknown:
                found.append(f"{shown}: {name} has no field {', '.join(sorted(unknown))}.")
            lost = fields_in(known[name]) - fields_in(text)
            if lost:
                found.append(f"{shown}: {name} lacks the field {', '.join(sorted(lost))}.")
    return found


def fields_in(template: str) -> set[str]:
    """The names in braces of a text.

    Raises
    ------
    ValueError
        If its braces are not in pairs.
    """
    parts = string.Formatter().parse(template)
    return {re.split(r"[.\[]", name)[0] for _, name, _, _ in parts if name is not None}
