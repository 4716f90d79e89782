"""Looks at a student's source as text: def lines, bodies, why a function returns None, which loop may not end.

Nothing is parsed, since a hostile source could crash the parser; about right is enough for a hint.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from grader.texts import say

CODE_LIMIT = 80  # characters of a line that are quoted
SOURCE_LIMIT = 300_000  # characters of a source that are looked at


def def_line(source: str, name: str) -> str:
    """The def line of a function or method (`Linear.forward`; for a class that of `__init__`), in one line; "" if there is none."""
    owner, _, method = name.rpartition(".")
    text = source[:SOURCE_LIMIT]
    if not owner and (found := re.search(rf"^class {re.escape(name)}\b", text, re.M)):
        owner, method = name, "__init__"
    if owner:
        begin = re.search(rf"^class {re.escape(owner.rpartition('.')[2])}\b.*$", text, re.M)
        if begin is None:
            return ""
        text = text[begin.end() :]
        end = re.search(r"^\S", text[1:], re.M)
        text = text[: end.start() + 1] if end else text
    found = re.search(
        rf"^[ \t]*def {re.escape(method)}\([^#]{{0,300}}?\)(?: *->[^:\n]{{1,60}})?:", text, re.M
    )
    return " ".join(found[0].split()) if found else ""


def without_texts(source: str) -> str:
    """The source without its comments and docstrings; about right is enough."""
    source = re.sub(r'""".*?"""|\'\'\'.*?\'\'\'', "", source, flags=re.S)
    return re.sub(r"#.*", "", source)


def body_of(source: str, exercise: str) -> tuple[int, list[str]]:
    """(number of the first line, lines) of a function or class, found by its indentation; (0, []) if it is not there."""
    rows = source[:SOURCE_LIMIT].split("\n")
    for at, row in enumerate(rows):
        if re.match(rf"(?:def|class) {re.escape(exercise)}\b", row):
            end = at + 1
            while end < len(rows) and (not rows[end].strip() or rows[end][0] in " \t)#"):
                end += 1
            return at + 1, rows[at:end]
    return 0, []


def why_none(source: str, exercise: str) -> str:
    """Why a function may have returned None, by a look at its text; "" if it is not to be seen."""
    _, rows = body_of(source, exercise)
    text = without_texts("\n".join(rows))
    if not text or text.startswith("class"):
        return ""
    returns = re.findall(r"^[ \t]+return\b(.*)$", text, re.M)
    if not returns:
        return say("errors.none.printed") if re.search(r"\bprint\(", text) else say("errors.none.no-return")
    for value in returns:
        found = re.search(r"\.(sort|append|extend|insert|reverse|update|fill|shuffle|put|resize)\(", value)
        if found:
            return say("errors.none.in-place", method=found[1])
        if re.match(r"\s*print\(", value):
            return say("errors.none.printed")
    if any(not value.strip() for value in returns):
        return say("errors.none.bare")
    return (
        say("errors.none.branch") if re.search(r"^[ \t]+(if|for|while|elif|else|try)\b", text, re.M) else ""
    )


def where_it_may_hang(source: str, exercise: str, place: Callable[[int], str]) -> str:
    """The loop of a function that may never end, by a look at its text: `while` before `for`; "" if there is none.

    place : the words for a line number.
    """
    first, rows = body_of(source, exercise)
    for pattern in (r"\s+while\b", r"\s+for\b"):
        for offset, row in enumerate(rows):
            if re.match(pattern, row):
                return say(
                    "errors.hang.loop", place=place(first + offset), code=" ".join(row.split())[:CODE_LIMIT]
                )
    return ""
