"""One run of `nbgrader autograde`: results from the folder of grades, what is missing there graded in parallel.

What was handed in is found as `kata grade` finds it in `submitted/`, so both give the same results and share them. The
folder of grades is an ordinary one of `kata grade --out`: `kata report`, `kata export` and `kata similar` work on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from grader.class_file import ClassFile
from grader.class_file.record import update_record
from grader.class_file.times import nbgrader_times
from grader.classroom import Team, cache_key, default_jobs, job_of, suite_part
from grader.course import Chapter, Course
from grader.errors import GraderFailure, KitError, UsageError
from grader.grading_process import Job
from grader.intake.files import DiskFile
from grader.nbgrader.config import Settings
from grader.nbgrader.copies import original_of
from grader.results import Result
from grader.store import Store
from grader.submission import HandedIn, survey

RESULT = "nnkata_result"  # key in nbconvert's resources
Log = Callable[[str], Any]


class Run:
    """Results for the submissions of one course directory.

    Parameters
    ----------
    settings : of the course directory.
    log : told what goes on, a line each.
    """

    def __init__(self, settings: Settings, log: Log):
        self.settings = settings
        self.log = log
        self._course: Course | None = None
        self._results: dict[tuple[str, str, str], Result] = {}
        self._found: dict[str, dict[str, HandedIn]] = {}
        # (assignment, chapter) -> why nobody can be graded
        self._failed: dict[tuple[str, str], KitError] = {}

    @property
    def course(self) -> Course:
        if self._course is None:
            self._course = self.settings.course()
        return self._course

    def result(self, student: str, assignment: str, chapter: Chapter, others: Iterable[str] = ()) -> Result:
        """The result of a submission.

        Parameters
        ----------
        others : students who will be asked for next; they are graded together with this one.

        Raises
        ------
        KitError
            If the grader failed: nothing is known about the submission then.
        """
        wanted = (student, assignment, chapter.name)
        if (assignment, chapter.name) in self._failed:
            raise self._failed[assignment, chapter.name]
        if wanted not in self._results:
            try:
                self.grade(assignment, chapter, [student, *others])
            except KitError as error:
                self._failed[assignment, chapter.name] = error
                raise
        result = self._results[wanted]
        if result.status == "grader_error":
            raise GraderFailure(
                f"The grader failed on {student}, {chapter.name}, not the submission. No grade was written. "
                f"Details: {self.settings.grades / 'log'}"
            )
        return result

    def grade(
        self,
        assignment: str,
        chapter: Chapter,
        students: Sequence[str],
        force: bool = False,
        on_result: Callable[[Result, int, int], None] | None = None,
    ) -> list[Result]:
        """Grade the submissions of these students, but for those whose result is there already.

        Returns
        -------
        list of Result
            In the order of the students.
        """
        if chapter not in self.course.graded_chapters:
            raise UsageError(f"{chapter.name} has no hidden suite in {self.course.hidden}.")
        class_file = self.settings.class_file()  # what is wrong in it is told before anything is graded
        names = list(dict.fromkeys(students))
        handed = [self.handed_in(name, assignment, chapter) for name in names]
        part = suite_part(chapter)
        work: list[tuple[Job, str]] = []
        for one in handed:
            job = job_of(one, self.settings.prerequisites)
            work.append((job, cache_key(job, part)))
        with self._open() as store:
            known = {} if force else store.keys()
            todo = []
            for job, key in work:
                current = known.get((job.student, job.chapter)) == key
                old = store.result(job.student, job.chapter) if current else None
                if old is None:
                    todo.append((job, key))
                else:
                    self._results[job.student, assignment, chapter.name] = old
            if todo:
                self.log(f"{chapter.name}: {len(todo)} to grade, {len(work) - len(todo)} graded already")
                count = min(self.settings.jobs or default_jobs(), len(todo))
                with Team(self.course, [chapter], count, self.settings.allow_isolation) as team:
                    for done, (result, key, log) in enumerate(team.grade(todo), 1):
                        if not store.read_only:
                            result = store.save(result, key, log=log)
                        self._results[result.student, assignment, chapter.name] = result
                        if on_result:
                            on_result(result, done, len(todo))
                        elif done == len(todo) or done % max(1, len(todo) // 10) == 0:
                            self.log(f"{chapter.name}: {done} of {len(todo)} graded")
            if not store.read_only:
                store.write_csv()
                self._record(class_file, chapter)
        return [self._results[name, assignment, chapter.name] for name in names]

    def _open(self) -> Store:
        """The folder of grades; for reading only while somebody else writes to it."""
        try:
            return Store(self.settings.grades)
        except UsageError as error:
            if not (self.settings.grades / "grades.db").is_file():
                raise
            self.log(f"Results of this run are not kept: {error}")
            return Store(self.settings.grades, read_only=True)

    def _record(self, found: ClassFile | None, chapter: Chapter) -> None:
        """For `kata export` on the folder of grades: the class file, and when things were handed in."""
        try:
            times = nbgrader_times([self.settings.root], found, [chapter]) if found else {}
        except UsageError as error:
            self.log(str(error))
            times = {}
        update_record(self.settings.grades, found.path if found else None, [self.settings.root], times)

    def handed_in(self, student: str, assignment: str, chapter: Chapter) -> HandedIn:
        """What a student handed in for a chapter under an assignment."""
        folder = self.settings.submitted / student / assignment
        of_all = self._survey(chapter).get(student)
        copied = original_of(folder, chapter)
        if copied is not None:
            handed = HandedIn(student, chapter, DiskFile(copied))
        elif of_all is not None and (of_all.file is None or folder in of_all.file.path.parents):
            return of_all
        else:  # there is a later one under another assignment
            try:
                handed = survey([folder], [chapter], student).handed_in[0]
            except UsageError as error:
                handed = HandedIn(student, chapter, None, rejected=str(error))
        own = of_all.own if of_all is not None else handed.own
        return replace(handed, identity={"lms": "nbgrader", "id": student}, own=own)

    def _survey(self, chapter: Chapter) -> dict[str, HandedIn]:
        """What everybody handed in, as `kata grade` sees this course directory."""
        if chapter.name not in self._found:
            try:
                found = survey([self.settings.root], [chapter]).handed_in
            except UsageError:
                found = []
            self._found[chapter.name] = {h.student: h for h in found if h.identity.get("lms") == "nbgrader"}
        return self._found[chapter.name]
