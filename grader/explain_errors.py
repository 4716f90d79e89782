"""Errors for people: what an exception means, said about the student's own line.

The sentences are the texts of `errors` (`grader/texts`), chosen by `grader.error_rules`. What an exception says may repeat hidden inputs, so under a hidden test nothing
of its text is passed on: it only chooses the rule, and its words are used where they stand in the student's own line.
Source is looked at as text; it is never parsed here, since a hostile one could crash the parser.
"""

from __future__ import annotations

import builtins
import difflib
import keyword
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from grader.error_rules import CONSTANTS, FRAMEWORKS, INSTEAD, KINDS, REMOVED, RULES, Rule
from grader.errors import StudentError
from grader.source_text import CODE_LIMIT, SOURCE_LIMIT, def_line, without_texts
from grader.texts import say

TEXT_LIMIT = 400  # characters of an exception that are looked at
CLOSING = {"(": ")", "[": "]", "{": "}"}
WORD = re.compile(r"[^\W\d]\w*")
SHAPE_IDS = (
    "shape.",
    "index.",
    "type.",
    "value.truth",
    "value.too",
    "attribute.none",
    "attribute.array",
    "attribute.number",
    "attribute.list",
)
MODULES = ("math", "random", "copy", "itertools", "functools", "collections", "warnings", "os", "sys", "time")


@dataclass(frozen=True)
class Cause:
    """What an exception means. `code` is the expression, or the line, in which it arose ("" if that is unknown)."""

    id: str
    sentence: str
    code: str


@dataclass(frozen=True)
class Seen:
    """What there is to explain: the exception, the source, and the words of the line."""

    error: StudentError
    source: str
    words: frozenset[str]
    line: str
    given: Callable[[], str] | None


Finder = Callable[[Seen, dict[str, str]], str]


def cause_of(error: StudentError, source: str, given: Callable[[], str] | None = None) -> Cause | None:
    """Explain an exception of a student's code.

    Parameters
    ----------
    source : what was loaded of the student's file.
    given : gives the file as it was handed out, to compare def lines with.

    Returns
    -------
    Cause or None
        None if there is nothing to say beyond the class and the line.
    """
    code, around = quoted(error, source)
    line = _rows(error, source)
    text = re.sub(r" \([^()]*, line \d+\)$", "", error.text[:TEXT_LIMIT].partition("\n")[0])
    if error.kind == "slow":
        return Cause("world.load", say("errors.world.load"), code)
    for rule in RULES:
        match = rule.match(error.type_name, text)
        if match is not None:
            seen = Seen(error, source, frozenset(WORD.findall(around + line)), line, given)
            return Cause(rule.id, _sentence(rule, match, seen), code)
    return Cause("", _operands(seen=error, around=around), code) if code else None


def _sentence(rule: Rule, match: re.Match[str], seen: Seen) -> str:
    instead = {name: say(f"errors.instead.{name}") for name in INSTEAD}
    fields = dict(instead)
    for name, word in match.groupdict().items():
        if word is not None:
            fields |= _field(name.rstrip("2"), word, seen)
    finder = FINDERS.get(rule.id)
    if finder is not None:
        fields["guess"] = finder(seen, fields)
    text = say(f"errors.{rule.id}", **fields)
    if rule.id.startswith("call."):
        text = f"{text} {_signature(seen, fields['function'])}".rstrip()
    if rule.id.startswith(SHAPE_IDS):
        text = f"{text} {_operands(seen.error, _squeezed(seen.line))}".rstrip()
    begins_with_words = text.startswith((fields["kind"], *instead.values()))
    return text[:1].upper() + text[1:] if begins_with_words else text


def _field(name: str, word: str, seen: Seen) -> dict[str, str]:
    """A field of a sentence, if its word may be shown."""
    if name == "bracket":
        return {"bracket": word, "closing": CLOSING.get(word, "")}
    if name in ("kind", "other"):
        return {name: say(f"errors.kind.{KINDS[word]}")} if word in KINDS else {}
    if name in ("axis", "axes", "given"):
        return {name: word}
    if name == "operator":
        return {name: word} if word in seen.line or word in ("add", "subtract", "multiply", "divide") else {}
    if name == "function":
        known = all(part in _source_words(seen.source) for part in word.split("."))
        return {name: word.replace(".__init__", "")} if known else {}
    if name == "argument":
        return {name: word} if word in _source_words(seen.source) else {}
    if name == "module":
        return {name: word} if set(word.split(".")) <= seen.words else {}
    return {name: word} if word in seen.words else {}


def _source_words(source: str) -> set[str]:
    return set(WORD.findall(source[:SOURCE_LIMIT]))


# the student's text ----------------------------------------------------------------------------------------------


def _rows(error: StudentError, source: str) -> str:
    """The lines in which an exception arose."""
    if not source or error.line is None:
        return ""
    rows = source.split("\n")
    first, last = (
        (error.span[0], error.span[2]) if _has_span(error) and error.span else (error.line, error.line)
    )
    return "\n".join(rows[first - 1 : last])


def _has_span(error: StudentError) -> bool:
    return error.span is not None and error.line is not None and error.span[0] <= error.line <= error.span[2]


def quoted(error: StudentError, source: str) -> tuple[str, str]:
    """(the expression or line in which an exception arose, in one short line; all of its text without spaces)."""
    lines = _rows(error, source)
    if not lines.strip():
        return "", ""
    text = lines
    if _has_span(error) and error.span is not None and not _unreadable(error):
        _, start, _, end = error.span
        rows = lines.split("\n")
        rows[-1] = rows[-1][:end]
        rows[0] = rows[0][start:]
        text = "\n".join(rows) if "".join(rows).strip() else lines
    elif _unreadable(error):
        text = lines.split("\n")[0]
    shown = " ".join(text.split())
    return (shown if len(shown) <= CODE_LIMIT else shown[: CODE_LIMIT - 4] + " ..."), _squeezed(lines)


def _unreadable(error: StudentError) -> bool:
    return error.type_name in ("SyntaxError", "IndentationError", "TabError")


def pointed(error: StudentError, source: str) -> str:
    """The line of an exception with a mark below the place, for visible tests; "" if it is unknown."""
    rows = source.split("\n") if source else []
    if error.line is None or not 0 < error.line <= len(rows):
        return ""
    number, start, end = error.line, 0, 0
    if _has_span(error) and error.span is not None:
        number, start, last, end = error.span
        end = end if last == number else len(rows[number - 1])
    row = rows[number - 1].expandtabs(1) if number <= len(rows) else ""
    lead = len(row) - len(row.lstrip())
    body = row.strip()
    if not body or len(body) > CODE_LIMIT * 2:
        return ""
    start, end = max(0, start - lead), min(len(body), end - lead)
    mark = " " * start + "^" * max(1, end - start) if _has_span(error) and start <= len(body) else ""
    whole = mark.count("^") >= len(body)
    return body if whole or not mark else f"{body}\n{mark}"


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _operands(seen: StudentError, around: str) -> str:
    """What stood in the line, in words: "X has shape (5, 3), W has shape (4, 2)."."""
    told = []
    for text, kind, shape in seen.operands:
        if _squeezed(re.sub(r"\[\d\]$", "", text)) not in around:  # parts[1] of a list of arrays
            continue  # not of this line
        shown = " ".join(text.split())
        if kind in ("list", "tuple", "dict", "str"):
            told.append(say(f"errors.container.{kind}", text=shown, count=shape[0] if shape else 0))
        elif kind == "NoneType":
            told.append(say("errors.operand.none", text=shown))
        elif not shape and kind != "array":
            told.append(say("errors.operand.number", text=shown))
        else:
            told.append(say("errors.operand.array", text=shown, shape=shape))
    return ", ".join(told) + "." if told else ""


def _signature(seen: Seen, function: str) -> str:
    """What to add about def lines when a call does not fit."""
    own = def_line(seen.source, function)
    if not own:
        return ""
    given = def_line(seen.given(), function) if seen.given is not None else ""
    if given and given != own:
        return say("errors.call.signature", given=given, own=own)
    return say("errors.call.own", own=own)


# guesses ---------------------------------------------------------------------------------------------------------


def _near(word: str, known: set[str] | Mapping[str, object] | list[str]) -> str | None:
    """The known word that was probably meant: another case, or the nearest one."""
    words = sorted(set(known) - {word})
    same = [w for w in words if w.lower() == word.lower()]
    return next(iter(same or difflib.get_close_matches(word, words, 1, 0.7)), None)


def _name(seen: Seen, fields: dict[str, str]) -> str:
    import numpy as np

    name = fields["name"]
    if name == say("errors.instead.name"):
        return say("errors.name.plain")
    if name in CONSTANTS:
        return say("errors.name.constant", guess=CONSTANTS[name])
    if name in ("np", "numpy"):
        return say("errors.name.np") if name == "np" else say("errors.name.like", guess="np")
    if name in FRAMEWORKS:
        return say("errors.name.framework", name=name)
    if name in MODULES:
        return say("errors.name.import", name=name)
    source = seen.source[:SOURCE_LIMIT]
    if re.search(rf"\bself\.{re.escape(name)}\b", source) and _in_class(seen):
        return say("errors.name.self", name=name)
    own = set(WORD.findall(without_texts(source))) - set(keyword.kwlist)
    near = _near(name, (own | {w for w in dir(builtins) if w.islower()}) - {name})
    if near is not None:
        return say("errors.name.like", guess=near)
    if hasattr(np, name):
        return say("errors.name.numpy", name=name)
    return say("errors.name.plain")


def _in_class(seen: Seen) -> bool:
    return seen.error.function is not None and "." in seen.error.function


def _module(seen: Seen, fields: dict[str, str]) -> str:
    if re.search(r"\bfrom\s+\.", seen.line):
        return say("errors.import.dot")
    top = fields["module"].partition(".")[0]
    if top in FRAMEWORKS:
        return say("errors.import.framework")
    if re.match(r"ch\d|chapter", top) or re.search(r"\bfrom +ch\d", seen.line):
        return say("errors.import.chapter")
    if _near(top.lower(), ["numpy"]):
        return say("errors.import.numpy")
    return say("errors.import.plain")


def _numpy(seen: Seen, fields: dict[str, str]) -> str:
    import numpy as np

    name = fields["attribute"]
    if name in REMOVED:
        return say("errors.attribute.removed", guess=REMOVED[name])
    inner = re.search(rf"\bnp\.(linalg|random)\.{re.escape(name)}\b", seen.line)
    space = getattr(np, inner[1]) if inner else np
    near = _near(name, [n for n in dir(space) if not n.startswith("_")])
    if near is not None:
        return say("errors.attribute.like", guess=f"np.{inner[1]}.{near}" if inner else f"np.{near}")
    for part in ("random", "linalg"):
        if hasattr(getattr(np, part), name):
            return say("errors.attribute.like", guess=f"np.{part}.{name}")
    return say("errors.attribute.plain")


def _array(seen: Seen, fields: dict[str, str]) -> str:
    import numpy as np

    name = fields["attribute"]
    if name in ("append", "extend", "insert"):
        return say("errors.attribute.append")
    if name in dir(np):
        return say("errors.attribute.is-function", attribute=name)
    near = _near(name, [n for n in dir(np.ndarray) if not n.startswith("_")])
    return say("errors.attribute.like", guess=near) if near else say("errors.attribute.plain")


def _own_attribute(seen: Seen, fields: dict[str, str]) -> str:
    """An attribute of an object of the student's: misspelled, or not set yet."""
    name = fields["attribute"]
    source = without_texts(seen.source[:SOURCE_LIMIT])
    known = set(re.findall(r"\bself\.(\w+)", source)) | set(re.findall(r"^[ \t]+def (\w+)", source, re.M))
    near = _near(name, {k for k in known if not k.startswith("__")})
    if near is not None:
        return say("errors.attribute.own-like", guess=near)
    return say("errors.attribute.own-unset")


def _key(seen: Seen, fields: dict[str, str]) -> str:
    texts = set(re.findall(r"""["'](\w{1,30})["']""", seen.source[:SOURCE_LIMIT]))
    near = _near(fields["key"], texts)
    return say("errors.key.like", guess=near) if near else say("errors.key.plain")


def _invalid_syntax(seen: Seen, fields: dict[str, str]) -> str:
    line = without_texts(seen.line.split("\n")[0])
    words = "|".join(sorted(keyword.kwlist))
    named = re.search(
        rf"\b({words})\s*(?:=[^=]|[-+*/]=)|[(,]\s*({words})\s*=[^=]|\.({words})\b|\bdef ({words})\b", line
    )
    if named:
        return say("errors.guess.keyword", name=next(g for g in named.groups() if g))
    if re.search(
        r"\bin\s+({})\b|[(,]\s*(lambda|class|import|from|def|return)\s*[,)]".format("lambda|class"), line
    ):
        return say("errors.guess.keyword", name="lambda" if "lambda" in line else "class")
    for id, pattern in (
        ("and", r"&&|\|\||!(?!=)"),
        ("increment", r"\+\+|--\s*$"),
        ("arrow", r"=>|=<|===|<>"),
        ("elif", r"\belse\s+if\b|\belseif\b|\belsif\b"),
        ("function", r"^\s*(?:function|func|fn)\b"),
        ("colon", r"^\s*(?:def|class|if|elif|else|for|while|try|except|with)\b[^:]*$"),
    ):
        if re.search(pattern, line):
            return say(f"errors.typo.{id}")
    return say("errors.guess.other")


def _index(seen: Seen, fields: dict[str, str]) -> str:
    return say("errors.index.text" if re.search(r"""\[\s*["']""", seen.line) else "errors.index.is-float")


def _colon(seen: Seen, fields: dict[str, str]) -> str:
    guess = _invalid_syntax(seen, fields)
    return guess if guess == say("errors.typo.elif") else say("errors.guess.no-colon")


FINDERS: dict[str, Finder] = {
    "name.unknown": _name,
    "import.module": _module,
    "attribute.numpy": _numpy,
    "attribute.array": _array,
    "attribute.own": _own_attribute,
    "key.unknown": _key,
    "index.float": _index,
    "syntax.colon": _colon,
    "syntax.guess": _invalid_syntax,
}
