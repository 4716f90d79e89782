"""Every sentence that a person reads, by a stable id: `say("compare.finite", call="softmax(z)", what="2 nan")`.

The sentences stand in `grader/texts/en/<topic>.toml`, one file for each topic, as `id = "text with {fields}"`. Another
language is another folder, `grader/texts/<language>/`, with the same files; what it does not have is said in English.
`KATA_LANG` chooses the language (`zh`, `pt_BR`). A topic is read when its first sentence is said.
"""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

VARIABLE = "KATA_LANG"
ENGLISH = "en"
FOLDER = Path(__file__).parent
PLAIN = re.compile(r'([A-Za-z0-9_.-]+) = ("(?:[^"\\\x00-\x1f]|\\["\\nt])*")|#.*|()')
NAME = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,8})?")


def languages() -> tuple[str, ...]:
    """The languages to look for a text in, the first one first, without English: ("pt_BR", "pt").

    Read anew each time, so a program can change it. What is no name of a language counts as English.
    """
    wanted = os.environ.get(VARIABLE, "")
    return _languages(wanted) if wanted else ()


@functools.cache
def _languages(wanted: str) -> tuple[str, ...]:
    wanted = wanted.partition(".")[0]  # zh_CN.UTF-8
    if not NAME.fullmatch(wanted):
        return ()
    short = re.split("[-_]", wanted)[0]
    names = dict.fromkeys((wanted, wanted.replace("-", "_"), short))
    return tuple(name for name in names if name != ENGLISH) if short != ENGLISH else ()


def say(id: str, /, **fields: Any) -> str:
    """The text of an id in the person's language, with its fields filled in.

    id : topic and name, "compare.none".
    fields : a value for each {name} in the text; those that a text does not use are left out.

    Raises
    ------
    KeyError
        If English does not have the id, or a field of it is missing. A translation with such a fault is passed over.
    """
    return say_in(languages(), id, **fields)


def say_in(wanted: tuple[str, ...], id: str, /, **fields: Any) -> str:
    """The text of an id in the first of these languages that has it, else in English; see `say`."""
    topic, _, name = id.partition(".")
    for language in wanted:
        text = _topic(language, topic).get(name)
        if text is not None:
            try:
                return text.format_map(fields)
            except (LookupError, ValueError, AttributeError, TypeError):
                continue  # a slip of a translator's must not cost a student the sentence
    return _topic(ENGLISH, topic)[name].format_map(fields)


def known(topic: str) -> Mapping[str, str]:
    """Name -> English template of every text of a topic."""
    return _topic(ENGLISH, topic)


def topics() -> list[str]:
    """The names of all topics."""
    return sorted(path.stem for path in (FOLDER / ENGLISH).glob("*.toml"))


def preload() -> None:
    """Read every topic now; for a process that is forked again and again."""
    for language in (*languages(), ENGLISH):
        for topic in topics():
            _topic(language, topic)


@functools.cache
def _topic(language: str, topic: str) -> dict[str, str]:
    path = FOLDER / language / f"{topic}.toml"
    if language == ENGLISH:
        return flat(path.read_text(encoding="utf-8"))
    return read_if_there(path)


def read_if_there(path: Path) -> dict[str, str]:
    """Name -> text of a file; nothing if it is missing or cannot be read."""
    try:
        return flat(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):  # tomllib's and UTF-8's errors are ValueErrors
        return {}


def _one_per_line(toml: str) -> dict[str, str] | None:
    """What tomllib would find in a file that is plain: on every line one text, or a comment, or nothing. Else None."""
    found: dict[str, str] = {}
    for line in toml.splitlines():
        match = PLAIN.fullmatch(line)
        if match is None or match[1] in found:
            return None
        if match[1]:
            found[match[1]] = json.loads(match[2]) if "\\" in match[2] else match[2][1:-1]
    return found


def flat(toml: str) -> dict[str, str]:
    """Name -> text of a file's text; tables become parts of the name, `a.b`.

    Raises
    ------
    ValueError
        If it is not TOML.
    """
    found = _one_per_line(toml)
    if found is not None:
        return found
    import tomllib  # 3 ms, which a student would wait for at every `kata test`

    found = {}

    def take(prefix: str, table: Mapping[str, Any]) -> None:
        for name, value in table.items():
            if isinstance(value, dict):
                take(f"{prefix}{name}.", value)
            elif isinstance(value, str):
                found[prefix + name] = value

    take("", tomllib.loads(toml))
    return found
