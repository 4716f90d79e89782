"""Helpers for tests over the real chapters: suites run in this process against any program."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from grader.course import Chapter, Course
from grader.feedback import explain
from grader.local import load_chapter
from grader.mistakes import Catalogue, load_catalogue
from grader.student import LocalChannel, Student
from grader.suite import Suite, SuiteTest, open_suites

ROOT = Path(__file__).resolve().parents[2]
COURSE = Course(ROOT)
CHAPTERS = {c.name: c for c in COURSE.graded_chapters}


@contextlib.contextmanager
def suite_of(chapter: Chapter) -> Iterator[Suite]:
    """The hidden suite of one chapter, collected."""
    with open_suites(COURSE, [chapter]) as suites:
        yield suites[chapter.name]


def verdicts(suite: Suite, student: Student, tests: Iterable[SuiteTest] | None = None) -> dict[str, str]:
    """Run tests (all, if None) in this process: verdict and message by id. `needs` counts as in grading."""
    found: dict[str, str] = {}
    for test in suite.tests if tests is None else tests:
        if any(not found.get(n, "passed").startswith("passed") for n in test.needs):
            found[test.id] = "skipped"
            continue
        raised, _ = suite.run(test, student)
        if raised is None:
            found[test.id] = "passed"
        else:
            told = explain(raised, suite.chapter.file_name, test.mark.of)
            found[test.id] = f"{told.verdict}: {told.message} {told.detail}"
    return found


@cache
def catalogue_of(chapter: Chapter) -> Catalogue:
    return load_catalogue(chapter)


def reference_of(chapter: Chapter) -> Student:
    """The reference in this process."""
    return catalogue_of(chapter).student_with(None)


def module_student(chapter: Chapter, path: Path) -> Student:
    """Another file in place of the chapter's solution, on the reference's earlier chapters."""
    loaded = load_chapter(COURSE.solutions, chapter.name, path)
    assert not loaded.problems, f"{path} does not load: {loaded.problems[0]}"
    return loaded.student


# programs that know nothing --------------------------------------------------------------------------------


def zeros_like(value: Any) -> Any:
    """Zeros of the same form as a value."""
    if isinstance(value, np.ndarray):
        return np.zeros_like(value)
    if value is None or isinstance(value, (bool, str)):
        return None if value is None else type(value)()
    if isinstance(value, (int, float, complex, np.generic)):
        return type(value)(0)
    if isinstance(value, (list, tuple)):
        return type(value)(zeros_like(v) for v in value)
    if isinstance(value, dict):
        return {k: zeros_like(v) for k, v in value.items()}
    return None


def knows_nothing(original: Any, way: str) -> Any:
    """A function or class of the same name that returns None, its first argument, or zeros."""
    if isinstance(original, type):
        body = {
            name: knows_nothing(method, way)
            for name, method in vars(original).items()
            if callable(method)
            and (not name.startswith("_") or name in OPERATORS)
            and not isinstance(method, type)
        }
        return type(original.__name__, (original,), body)

    def program(*args: Any, **kwargs: Any) -> Any:
        if way == "none":
            return None
        if way == "first argument":
            return args[0] if args else None
        return zeros_like(original(*args, **kwargs))

    return program


OPERATORS = ("__add__", "__mul__", "__call__", "__getitem__", "__len__", "__iter__")
WAYS = ("none", "first argument", "zeros")


def ignorant(chapter: Chapter, exercise: str, way: str) -> Student:
    """The reference with one exercise that knows nothing."""
    catalogue = catalogue_of(chapter)
    catalogue.student_with(None)
    wrong = SimpleNamespace(
        of=exercise, program=knows_nothing(getattr(catalogue._servant.module, exercise), way)
    )
    return catalogue.student_with(wrong)


def points_earned(suite: Suite, student: Student, exercise: str) -> list[str]:
    """Ids of the tests of an exercise that pass."""
    needed = _with_needs(suite, [t for t in suite.tests if t.mark.of == exercise])
    found = verdicts(suite, student, needed)
    return [t.id for t in needed if t.mark.of == exercise and found[t.id] == "passed"]


def _with_needs(suite: Suite, tests: list[SuiteTest]) -> list[SuiteTest]:
    wanted = {t.id for t in tests}
    for test in reversed(suite.tests):  # needed tests stand before
        if test.id in wanted:
            wanted |= set(test.needs)
    return [t for t in suite.tests if t.id in wanted]


def local_student(chapter: Chapter) -> tuple[Student, LocalChannel]:
    student = reference_of(chapter)
    return student, student._channel
