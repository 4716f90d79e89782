"""Results of visible tests as lines for a terminal; `kata test` and `kata watch` say the same."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.places import in_words
from grader.texts import say
from grader.texts.chapters import handout

if TYPE_CHECKING:
    from grader.practice import Check, Exercise, Practice

PRINTED_LINES = 10  # of what a function printed
BAR = 24  # columns
ROWS = ("ok", "wrong", "todo", "waits")
ROW = "  wrong "  # what stands before a list of names


def chapter_lines(
    found: Practice, chapter: str, show_all: bool = False, failures: int | None = None
) -> Iterator[str]:
    """What was found in one chapter.

    Parameters
    ----------
    show_all : every failed check, not only the first of each function.
    failures : so many functions are explained, the others only named. None: all.
    """
    exercises = found.of(chapter)
    done = sum(e.done for e in exercises)
    yield heading(chapter, done, len(exercises))
    broken = found.broken.get(chapter)
    if broken is not None:
        yield "  " + click.style(clean(broken.message), fg="red")
        yield from _indented(broken.detail, 4)
        return
    left = len(exercises) if failures is None else failures
    for exercise in exercises:
        if exercise.done:
            yield row("ok", "green", exercise.name)
        elif exercise.wrong and left > 0:
            left -= 1
            yield from failure_lines(exercise, show_all)
        elif exercise.wrong:
            yield row("wrong", "red", exercise.name)
    todo = waiting(exercises)["todo"]
    if todo:
        yield row("todo", "yellow", ", ".join(todo))
    for exercise in exercises:
        if not exercise.done and not exercise.wrong and not exercise.unwritten:
            failure = next(c for c in exercise.checks if c.verdict == "waits")
            yield row("waits", "yellow", clean(failure.short or failure.message))


def heading(chapter: str, done: int, total: int) -> str:
    """The name of a chapter and how much of it is done."""
    return click.style(f"{chapter}  {say('results.done', done=done, total=total)}", bold=True)


def row(word: str, colour: str, names: str) -> str:
    """A state and what is in it. word : "ok", "wrong", "todo" or "waits"."""
    return click.style(f"  {say(f'results.state.{word}'):<5} ", fg=colour) + names


def waiting(exercises: list[Exercise]) -> dict[str, list[str]]:
    """Names of what is not written (`todo`), and of what needs something that is not (`waits`)."""
    names: dict[str, list[str]] = {"todo": [], "waits": []}
    for exercise in exercises:
        if not exercise.done and not exercise.wrong:
            names["todo" if exercise.unwritten else "waits"].append(exercise.name)
    return names


def failure_lines(exercise: Exercise, show_all: bool = False) -> Iterator[str]:
    """Why one function or class is not right yet."""
    passed = sum(c.passed for c in exercise.checks)
    counts = say("results.checks", passed=passed, total=len(exercise.checks))
    yield row("wrong", "red", f"{exercise.name}  ({counts})")
    failed = [c for c in exercise.checks if not c.passed]
    for check in failed if show_all else failed[:1]:
        yield from _check_lines(check)
    if exercise.recognised:
        yield "          " + click.style(say("results.known-mistake"), fg="yellow")
        yield "          " + click.style(clean(exercise.recognised), fg="yellow")
    if len(failed) > 1 and not show_all:
        more = len(failed) - 1
        id = "results.more-check" if more == 1 else "results.more-checks"
        yield "          " + say(id, count=more, name=exercise.name)


def _check_lines(check: Check) -> Iterator[str]:
    where = click.style(f"  ({in_words(check.where)})", dim=True) if check.where else ""
    yield f"          {clean(check.title)}{where}"
    for line in clean(check.message).splitlines():
        yield "          " + click.style(line, fg="red")
    yield from _indented(check.detail, 12)
    lines = clean(check.printed).strip("\n").splitlines()
    if any(line.strip() for line in lines):
        yield "          " + say("results.printed")
        yield from _indented("\n".join(line[:200] for line in lines[:PRINTED_LINES]), 12)
        if len(lines) > PRINTED_LINES:
            yield "            " + say("results.printed-more", count=len(lines) - PRINTED_LINES)


def next_line(found: Practice, watching: bool = False) -> str:
    """The next thing to do. `watching`: the tests are run again by themselves."""
    for chapter in found.chapters:
        broken = found.broken.get(chapter)
        if broken is not None:
            id = "results.next-repair-save" if watching else "results.next-repair"
            return say(id, place=in_words(broken.place or chapter), short=chapter[:4])
    exercise = found.to_do
    if exercise is not None:
        place = in_words(place_of(found.root, exercise))
        where = f"{exercise.chapter}/{handout(found.root / exercise.chapter).name}"
        return say("results.next", name=exercise.name, place=place, handout=where)
    if found.errors:
        return say("results.next-update")
    return say("results.all-pass")


def place_of(root: Path, exercise: Exercise) -> str:
    """Where a person has to look: the line that is wrong, else the definition, else the chapter's file."""
    check = exercise.first_failure
    if check is not None and check.place.startswith(f"{exercise.chapter}/"):
        return check.place
    if check is not None and check.defined:
        return check.defined
    file = f"{exercise.chapter}/{exercise.chapter[5:]}.py"
    try:
        text = (root / file).read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return file
    found = re.search(rf"^(?:def|class) {re.escape(exercise.name)}\b", text, re.MULTILINE)
    return f"{file}, line {text.count(chr(10), 0, found.start()) + 1}" if found else file


def clean(text: str) -> str:
    """Text of a student's program for a terminal: nothing in it moves the cursor or changes colours."""
    return "".join(c if c.isprintable() or c == "\n" else "    " if c == "\t" else "?" for c in text)


def _indented(text: str, width: int) -> Iterator[str]:
    for line in clean(text).splitlines():
        yield " " * width + line


def bar(done: int, total: int) -> str:
    """How much of a chapter is done, as a bar."""
    try:
        "█".encode(sys.stdout.encoding or "ascii")
        full, empty = "█", "░"
    except (UnicodeEncodeError, LookupError):
        full, empty = "#", "."
    size = round(BAR * done / total) if total else 0
    return click.style(full * size, fg="green") + click.style(empty * (BAR - size), dim=True)


def wrapped(line: str, width: int) -> list[str]:
    """A line with colours in it, broken between words, each part indented like the first."""
    plain = click.unstyle(line)
    if len(plain) <= width:
        return [line]
    lead = len(line) - len(line.lstrip(" "))
    indent = " " * (
        len(ROW)
        if plain[2 : len(ROW)].strip() in {say(f"results.state.{word}") for word in ROWS}
        else min(lead, width // 2)
    )
    parts, part, size = [], " " * lead, lead
    for number, word in enumerate(line[lead:].split(" ")):
        length = len(click.unstyle(word))
        if number and size + 1 + length > width:
            parts.append(part)
            part, size = indent + word, len(indent) + length
        else:
            part += " " * bool(number) + word
            size += bool(number) + length
    return [*parts, part]
