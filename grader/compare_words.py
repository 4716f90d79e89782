"""Words of the comparison: what a value is called, how it is shown, what its shape makes one think of."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.texts import say
from grader.texts.chapters import sentence

NUMBERS = {
    "b": "bool",
    "i": "whole",
    "u": "unsigned",
    "f": "float",
    "c": "complex",
}  # kind of a dtype -> its text


def join(*parts: str) -> str:
    """Sentences one after the other; the last one may be the test's own."""
    *ours, own = parts
    return " ".join(p for p in (*ours, sentence(own)) if p)


def kind_of(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return say("compare.array-of", shape=shape_words(value))
    if isinstance(value, (bool, np.bool_)):
        return say("compare.kind.bool")
    if is_number(value):
        return say("compare.kind.number")
    names: dict[type, str] = {str: "text", bytes: "bytes", list: "list", tuple: "tuple", dict: "dict"}
    return say(f"compare.kind.{names.get(type(value), 'object')}")


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float, complex, np.generic)) and not isinstance(value, (bool, np.bool_))


def shape_words(array: np.ndarray) -> str:
    """The shape, unless it is a strange one: empty axes may be as long as a hidden input is large."""
    usual = array.ndim <= 6 and max(array.shape, default=0) <= (4096 if array.size else 64)
    return say("compare.shape.plain", shape=array.shape) if usual else say("compare.shape.strange")


def show(value: Any) -> str:
    """A value for a person, short."""
    if isinstance(value, np.ndarray):
        text = np.array2string(value, precision=8, threshold=60, edgeitems=3, max_line_width=100)
        return (
            say("compare.detail.array", shape=value.shape, dtype=value.dtype, values=text)
            if value.ndim
            else text
        )
    text = repr(value)
    return text if len(text) <= 400 else text[:400] + " ..."


def shape_question(got: tuple[int, ...], want: tuple[int, ...]) -> str:
    if len(got) > 1 and got == want[::-1]:
        return say("compare.shape.transposed")
    if tuple(n for n in got if n != 1) == tuple(n for n in want if n != 1):
        return say("compare.shape.axis-missing" if len(got) < len(want) else "compare.shape.axis-extra")
    if got == ():
        return say("compare.shape.summed-all")
    if len(got) == 2 and len(want) == 1 and got[0] == got[1] == want[0]:
        return say("compare.shape.broadcast")
    if len(got) == len(want) - 1 and is_subsequence(got, want):
        return say("compare.shape.summed-one")
    return ""


def shape_diagnosis(got: tuple[int, ...], want: tuple[int, ...]) -> tuple[str, str] | None:
    question = shape_question(got, want)
    return ("form:shape", question) if question else None


def is_subsequence(short: tuple[int, ...], long: tuple[int, ...]) -> bool:
    rest = iter(long)
    return all(n in rest for n in short)
