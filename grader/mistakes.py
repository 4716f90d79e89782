"""The catalogue of wrong programs that real students write: `solutions/chNN_x/mistakes.py`.

    from grader import mistake

    @mistake("M060", of="softmax", caught_by="test_huge_scores")
    def softmax_without_the_maximum(z):
        \"\"\"exp(1000) is inf; subtract the row maximum before exp.\"\"\"
        e = np.exp(z)
        return e / e.sum(axis=1, keepdims=True)

The docstring is the sentence of a good TA. A mistake is a whole function or class that stands in for the
exercise `of`; everything else of the reference stays. It may import the reference of its chapter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, TypeVar

from grader.course import Chapter
from grader.errors import AuthorError
from grader.sandbox.inside.servant import Servant
from grader.student import LocalChannel, Student, student_error
from grader.texts.chapters import own_text

ATTRIBUTE = "__nnkata_mistake__"
IDENTIFIER = re.compile(r"M\d{3}[a-z]?|[A-Z]+\d*-[\w-]+")
Thing = TypeVar("Thing", bound=Callable[..., Any])


@dataclass(frozen=True)
class Mistake:
    """One wrong program. `text` is what a TA would say; `caught_by` are tests that must fail."""

    id: str
    of: str
    caught_by: tuple[str, ...]
    text: str
    name: str
    program: Any


def mistake(id: str, *, of: str, caught_by: str | tuple[str, ...]) -> Callable[[Thing], Thing]:
    """Record a wrong program.

    Parameters
    ----------
    id : stable, such as "M060" or "M060b" (misconceptions list), or "CH04-own-name" for a new one.
    of : the exercise it stands in for.
    caught_by : names of hidden tests of the chapter that must fail on it.
    """
    tests = (caught_by,) if isinstance(caught_by, str) else tuple(caught_by)

    def decorate(program: Thing) -> Thing:
        where = f"mistake {id} ({program.__name__})"
        if not IDENTIFIER.fullmatch(id):
            raise AuthorError(f'{where}: the id should look like "M060" or "CH04-own-name".')
        text = " ".join((program.__doc__ or "").split())
        if not text:
            raise AuthorError(f"{where}: write the sentence of a good TA as its docstring.")
        if not tests:
            raise AuthorError(f"{where}: name at least one hidden test that must catch it.")
        found = getattr(program, ATTRIBUTE, ()) if ATTRIBUTE in vars(program) else ()
        setattr(program, ATTRIBUTE, (*found, Mistake(id, of, tests, text, program.__name__, program)))
        return program

    return decorate


@dataclass
class Catalogue:
    """The mistakes of a chapter and how to get a student who makes one of them."""

    chapter: Chapter
    mistakes: tuple[Mistake, ...]
    _servant: Servant
    declared: dict[str, str] = field(default_factory=dict)  # EARNS_WITHOUT_KNOWING: exercise -> reason

    def student_with(self, wrong: Mistake | None) -> Student:
        """The reference with one exercise replaced by the wrong program (none: the reference itself).

        All students of one catalogue share a module; ask for one, use it, then ask for the next.
        """
        module = self._servant.module
        for name, original in self._originals.items():
            setattr(module, name, original)
        self._originals.clear()
        if wrong is not None:
            self._originals[wrong.of] = getattr(module, wrong.of)
            setattr(module, wrong.of, wrong.program)
        return Student(LocalChannel(self._servant))

    def said(self, wrong: Mistake) -> str:
        """The sentence about a mistake in the person's language."""
        return own_text(self.chapter.mistakes_path.parent, f"mistakes.{wrong.id}") or wrong.text

    def let_through(self, interrupt: type[BaseException]) -> None:
        """Do not take this exception for one of the wrong program's own."""
        self._servant.propagate = (*self._servant.propagate, interrupt)

    def __post_init__(self) -> None:
        self._originals: dict[str, Any] = {}


def reference_sources(chapter: Chapter) -> tuple[dict[str, str], dict[str, str]]:
    """(sources, file names) of a chapter's reference and of all it needs, by module name."""
    chapters = [*(chapter.course.chapter(n) for n in chapter.needs), chapter]
    sources = {f"{c.name}.{c.module}": c.solution for c in chapters}
    names = {f"{c.name}.{c.module}": str(c.solution_path) for c in chapters}
    return sources, names


def _copy_of(module: ModuleType) -> ModuleType:
    """A module with the same functions and classes, which stays as it is when the other is changed."""
    copy = ModuleType(module.__name__, module.__doc__)
    vars(copy).update(vars(module))
    return copy


def load_catalogue(chapter: Chapter) -> Catalogue:
    """Read a chapter's mistakes.

    Raises
    ------
    AuthorError
        If the reference or mistakes.py does not load, an exercise does not exist, or an id is used twice.
    """
    sources, names = reference_sources(chapter)
    main = f"{chapter.name}.{chapter.module}"
    servant = Servant(propagate=(KeyboardInterrupt, AuthorError))
    listed: list[Mistake] = []
    declared: dict[str, str] = {}
    servant.load(sources, names, main, tolerant=False)
    if servant.problems:
        error = student_error(servant.problems[0])
        raise AuthorError(f"{chapter.solution_path}:{error.line or 1}: the reference does not load: {error}")
    if chapter.mistakes_path.is_file():
        space: dict[str, Any] = {
            "__name__": f"{chapter.name}.mistakes",
            "__file__": str(chapter.mistakes_path),
        }
        code = compile(chapter.mistakes_path.read_text(encoding="utf-8"), str(chapter.mistakes_path), "exec")
        exec(code, space)
        # A wrong program that calls the right one of its chapter must not find itself in its place.
        assert servant.module is not None
        right = _copy_of(servant.module)
        space.update({name: right for name, thing in space.items() if thing is servant.module})
        declared = dict(space.get("EARNS_WITHOUT_KNOWING", {}))
        for thing in space.values():
            for found in (
                vars(thing).get(ATTRIBUTE, ()) if callable(thing) and hasattr(thing, "__dict__") else ()
            ):
                if found.program is thing and found not in listed:
                    listed.append(found)
    for wrong in listed:
        if wrong.of not in chapter.exercises:
            raise AuthorError(
                f"{chapter.mistakes_path}: {wrong.id} names the exercise {wrong.of!r}, which is not there."
            )
    seen: set[str] = set()
    for wrong in listed:
        if wrong.id in seen:
            raise AuthorError(
                f"{chapter.mistakes_path}: the id {wrong.id} is used twice. Add a letter: {wrong.id}b."
            )
        seen.add(wrong.id)
    return Catalogue(chapter, tuple(listed), servant, declared)
