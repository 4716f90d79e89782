"""Grading from Python: one submission, many of them with everything kept warm, or a class.

    from pathlib import Path
    from grader import Grader, grade_submission

    result = grade_submission(Path("losses.py"), "ch04", course="path/of/the/course")
    print(result.score, result.max_score, [t.title for t in result.tests if t.verdict != "passed"])

    with Grader("path/of/the/course", ["ch03", "ch04"]) as grader:   # suites collected, sandbox warm
        for path in Path("submissions").glob("*/losses.py"):
            result = grader.grade(path, "ch04", student=path.parent.name)

A class with a database, a report and resumed runs is `grader.classroom.grade_class`, which `kata grade` calls. What is
told here stays as it is; everything else of the package may change.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from grader.course import Course, find_course
from grader.errors import GraderFailure, UsageError
from grader.grading_process import Engine, Job, open_engine
from grader.results import Result
from grader.sandbox.isolation import Isolation
from grader.submission import MAX_SOURCE, Source, read_source

PREREQUISITES = ("auto", "reference", "own")


class Grader:
    """Grades submissions of some chapters in this process's own sandbox. A context manager; for one thread.

    Parameters
    ----------
    course : root of a course, a bundle of `kata pack`, or None for the course that the working directory lies in.
    chapters : "ch04", "losses", ...; None for every chapter with a hidden suite.
    prerequisites : earlier chapters are the 'reference' ones, the student's 'own', or 'auto': the reference, and the
        student's own if that cannot run.
    allow_isolation : the weakest level of isolation that is accepted, 'sealed' or 'process'.

    Raises
    ------
    UsageError
        For a course, chapter or option that does not exist.
    IsolationError
        If this machine cannot seal student code off and that was not allowed (on entering).
    AuthorError
        If a suite breaks a rule (on entering).
    """

    def __init__(
        self,
        course: Course | Path | str | None = None,
        chapters: Iterable[str] | None = None,
        *,
        prerequisites: str = "auto",
        allow_isolation: str = "sealed",
    ):
        if prerequisites not in PREREQUISITES:
            raise UsageError(
                f"prerequisites is {prerequisites!r}. Choose one of: {', '.join(PREREQUISITES)}."
            )
        self.course = course if isinstance(course, Course) else find_course(course)
        graded = self.course.graded_chapters
        self.chapters = tuple(
            graded if chapters is None else (self.course.chapter(name) for name in chapters)
        )
        without = [c.name for c in self.chapters if c not in graded]
        if without or not self.chapters:
            raise UsageError(f"{without[0] if without else self.course.root} has no hidden suite.")
        self.prerequisites = prerequisites
        self.allow_isolation = allow_isolation
        self._stack = contextlib.ExitStack()
        self._engine: Engine | None = None

    def __enter__(self) -> Grader:
        self._engine = self._stack.enter_context(
            open_engine(self.course, list(self.chapters), self.allow_isolation)
        )
        return self

    def __exit__(self, *exc: object) -> None:
        self._engine = None
        self._stack.close()

    @property
    def isolation(self) -> Isolation:
        """The level that the self-test found."""
        return self._open().isolation

    def grade(
        self,
        source: Path | str | None,
        chapter: str,
        *,
        student: str = "student",
        own: Mapping[str, Path | str] | None = None,
    ) -> Result:
        """Grade one submission of one chapter.

        Parameters
        ----------
        source : Path of a `.py` or `.ipynb` file, or the text of a module; None if nothing was handed in.
        chapter : one of `chapters`.
        student : name that the result carries.
        own : the student's own earlier chapters, chapter name -> Path or text.

        Returns
        -------
        Result
            Status 'graded', 'rejected' (unreadable, the reason is in `notes`) or 'missing'.

        Raises
        ------
        GraderFailure
            If the grader itself failed; nothing is known about the submission then.
        """
        engine = self._open()
        found = self.course.chapter(chapter)
        if found not in self.chapters:
            raise UsageError(f"{found.name} was not opened. Name it when the Grader is made.")
        earlier = {}
        for name, code in (own or {}).items():
            text = _source(code).text
            if text is not None:
                earlier[self.course.chapter(name).name] = text
        read = None if source is None else _source(source)
        limits = engine.prepare(found.name)
        job = Job(student, found.name, read, earlier, limits, self.prerequisites)
        result, log = engine.grade(job)
        if engine.disturbed:
            result, log = engine.grade(job)
        if result.status == "grader_error":
            raise GraderFailure(f"The grader failed on {student}, {found.name}. No grade was given.\n{log}")
        return result

    def _open(self) -> Engine:
        if self._engine is None:
            raise UsageError("This Grader is not open. Use it as: with Grader(...) as grader:")
        return self._engine


def grade_submission(
    source: Path | str | None,
    chapter: str,
    *,
    course: Course | Path | str | None = None,
    student: str = "student",
    own: Mapping[str, Path | str] | None = None,
    prerequisites: str = "auto",
    allow_isolation: str = "sealed",
) -> Result:
    """Grade one submission of one chapter; parameters and errors as for `Grader` and `Grader.grade`.

    Starting takes about a second; for more than one submission keep a `Grader` open.
    """
    with Grader(course, [chapter], prerequisites=prerequisites, allow_isolation=allow_isolation) as grader:
        return grader.grade(source, chapter, student=student, own=own)


def _source(given: Path | str) -> Source:
    """A file by the rules of the intake, or a text as it is."""
    if isinstance(given, Path):
        if not given.exists() and not given.is_symlink():
            raise UsageError(
                f"{given} does not exist. Give a Path of a .py or .ipynb file, or the code as str."
            )
        return read_source(given)
    data = given.encode("utf-8", "surrogatepass")
    sha256 = hashlib.sha256(data).hexdigest()
    if len(data) > MAX_SOURCE:
        return Source(None, sha256, rejected="The code is larger than 1 MiB. Hand in the code without data.")
    return Source(given, sha256, [{"name": "submission.py", "size": len(data), "sha256": sha256}])
