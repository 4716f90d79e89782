"""Places in a student's files, "ch04_losses/losses.py, line 12": always kept in this form, said in the person's language."""

from __future__ import annotations

import re

from grader.texts import say

PLACE = re.compile(r"(?:(?P<file>[^,\n]+), )?(?:cell (?P<cell>\d+), )?line (?P<line>\d+)")


def in_words(place: str) -> str:
    """A place as a person reads it. What is no place, such as the mere name of a file, stays as it is."""
    found = PLACE.fullmatch(place)
    if found is None:
        return place
    fields = {name: word for name, word in found.groupdict().items() if word is not None}
    kind = "cell" if "cell" in fields else "line"
    return say(f"places.{kind}-of-file" if "file" in fields else f"places.{kind}", **fields)
