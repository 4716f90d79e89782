"""What an instructor chose when the autograder.zip was made; it travels in it as settings.json."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from grader.errors import GraderFailure

VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")
MINUTES = 10  # Gradescope's time limit unless an instructor chooses another one
MOST_MINUTES = 40
FILE = "settings.json"
COURSE = "course.zip"  # the bundle of the chapter, beside it


@dataclass(frozen=True)
class Settings:
    """Choices of one assignment.

    Attributes
    ----------
    chapter : full name of the graded chapter.
    chapters : full names of all chapters of the course: their files do not count for this one.
    tests, score : when students see the tests, and the whole result; one of VISIBILITIES.
    minutes : Gradescope's time limit of the assignment.
    prerequisites : as in `kata grade`.
    allow_isolation : the weakest sandbox to accept there, 'sealed' or 'process'.
    bonus : 'add', 'cap' or 'ignore': bonus points on top, up to the maximum, or not at all.
    late : what `grader.gradescope.late` made of a class file, or None: lateness is Gradescope's affair.
    """

    chapter: str
    chapters: tuple[str, ...]
    tests: str = "visible"
    score: str = "visible"
    minutes: int = MINUTES
    prerequisites: str = "auto"
    allow_isolation: str = "sealed"
    bonus: str = "add"
    late: dict[str, Any] | None = field(default=None)

    def to_json(self) -> str:
        return json.dumps(asdict(self), allow_nan=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """Raises GraderFailure if it is not what `to_json` wrote."""
        try:
            data = json.loads(text)
            return cls(**{**data, "chapters": tuple(data["chapters"])})
        except (ValueError, KeyError, TypeError) as error:
            raise GraderFailure(f"{FILE} in the autograder.zip is damaged: {error}.") from None
