"""What a test is worth and which exercise it belongs to.

@points(2, of="softmax")                       a hidden test: 2 points for the exercise softmax
@points(1, of="softmax", needs="test_values")  earns its point only if test_values passed as well
@points(1, of="elu", bonus=True)               on top of the maximum
@checks("softmax")                             a visible test: no points
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from grader.errors import AuthorError
from grader.texts import languages
from grader.texts.chapters import own_text

ATTRIBUTE = "__nnkata_mark__"
Test = TypeVar("Test", bound=Callable[..., Any])


@dataclass(frozen=True)
class Mark:
    """The mark of one test function."""

    of: str
    points: float
    needs: tuple[str, ...] = ()
    bonus: bool = False
    seconds: float | None = None  # None: derived from the reference's own time
    fresh: bool = False


def points(
    n: float,
    *,
    of: str,
    needs: str | tuple[str, ...] = (),
    bonus: bool = False,
    seconds: float | None = None,
    fresh: bool = False,
) -> Callable[[Test], Test]:
    """Mark a hidden test.

    Parameters
    ----------
    n : points, > 0. A parametrised test earns n for each of its cases.
    of : the exercise, a function or class of the chapter's solution.
    needs : names of tests of the same file. A property such as "shape is kept" holds for many wrong programs
        too; it earns points only if the value test it needs passes. Otherwise its verdict is `skipped`.
    bonus : counted on top of the maximum (stretch exercises).
    seconds : time limit of the whole test; by default derived from the reference's own time.
    fresh : run in a fresh worker, for tests that depend on untouched module state.
    """
    if not n > 0:
        raise AuthorError(f"points({n}, of={of!r}): a hidden test is worth more than 0 points.")
    required = (needs,) if isinstance(needs, str) else tuple(needs)
    return _mark(Mark(of, float(n), required, bonus, seconds, fresh))


def checks(of: str) -> Callable[[Test], Test]:
    """Mark a visible test: which exercise it looks at. Visible tests carry no points."""
    return _mark(Mark(of, 0.0))


def _mark(mark: Mark) -> Callable[[Test], Test]:
    def decorate(test: Test) -> Test:
        if not (test.__doc__ or "").strip():
            raise AuthorError(
                f"{test.__module__}.{test.__name__}: write a docstring; it is the title students read."
            )
        setattr(test, ATTRIBUTE, mark)
        return test

    return decorate


def mark_of(test: Any) -> Mark | None:
    """The mark of a test function, or None."""
    return getattr(test, ATTRIBUTE, None)


def title_of(test: Any) -> str:
    """The first line of a test's docstring, or what stands for it in the person's language."""
    if languages():
        file = Path(inspect.unwrap(test).__code__.co_filename)
        said = own_text(file.parent, f"titles.{file.stem}.{test.__name__}", f"titles.{test.__name__}")
        if said is not None:
            return said
    lines = (test.__doc__ or "").strip().splitlines()
    return lines[0].strip() if lines else test.__name__.removeprefix("test_").replace("_", " ")
