"""Grading a class: plan the jobs, share them over trusted processes, store every result.

    from grader.classroom import grade_class
    summary = grade_class([Path("submissions")], Path("grades"), course=find_course())

Runs resume: a submission whose code, suite, prerequisites, limits and versions have not changed since its
result was stored is not graded again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import os
import pickle
import re
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader import limits
from grader.class_file import ClassFile, assign
from grader.class_file.record import update_record
from grader.class_file.times import nbgrader_times
from grader.course import Chapter, Course
from grader.errors import GraderFailure, KitError, UsageError
from grader.jobs import Job, environment, lost
from grader.regrade import Selection
from grader.results import Isolation, Result
from grader.seeds import course_secret
from grader.stripped import stripped_source
from grader.submission import HandedIn, Notebook, read_handed_in, read_unparsed, survey
from grader.version import code_fingerprint, suite_hash

if TYPE_CHECKING:
    from grader.cluster import Cluster, ClusterTeam
    from grader.store import Store

START_SECONDS = 120.0
# A grading process ends each submission itself after SUBMISSION_SECONDS, tries a second time after a failure of ours and a
# third time on the student's own chapters. One that is silent for longer hangs in trusted code.
SILENCE_SECONDS = 4 * limits.SUBMISSION_SECONDS
HEARTBEAT = 5.0  # seconds between looks at processes that say nothing
IDLE_DEATHS = 3
AHEAD_BYTES = 1 << 16  # of a job: it must fit into the pipe, since a busy member does not read
# The fork server gets warm while the grading process imports what it needs itself.
PROGRAM = """
from grader.sandbox.server import ForkServer
server = ForkServer()
server.launch()
from grader.grading_process import start
start(server)
"""
CGROUPS = Path("/sys/fs/cgroup")
CPU_SHARES = (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"))  # of version 2, of version 1
WHILE = re.compile(r"^[ \t]*while\b", re.MULTILINE)


@dataclass
class Summary:
    """What a run did."""

    graded: int = 0
    missing: int = 0  # of these, where nothing was handed in
    reused: int = 0
    failures: list[tuple[str, str, str]] = field(default_factory=list)  # student, chapter, log
    isolation: Isolation | None = None
    unassigned: list[str] = field(default_factory=list)  # files in a class whose names tell no student
    remarks: list[str] = field(default_factory=list)  # on the roster: names that fit nobody, or several

    @property
    def exit_code(self) -> int:
        """0 when every submission got a result, 3 when the grader failed on one."""
        return 3 if self.failures else 0


@dataclass
class Plan:
    """The jobs of a run, before anything was executed."""

    jobs: list[tuple[Job, str]]  # with their cache keys
    reused: int
    chapters: list[Chapter]
    unassigned: list[str]  # files in a class whose names tell no student
    remarks: list[str] = field(default_factory=list)
    times: dict[tuple[str, str], datetime] = field(default_factory=dict)  # that stand beside the submissions


Progress = Callable[[Result, int, int], None]  # result, done, total


def grade_class(
    paths: Sequence[Path],
    out: Path,
    *,
    course: Course,
    chapters: Sequence[Chapter] | None = None,
    jobs: int | None = None,
    prerequisites: str = "auto",
    force: bool = False,
    allow_isolation: str = "sealed",
    class_file: ClassFile | None = None,
    student: str | None = None,
    selection: Selection | None = None,
    cluster: Cluster | None = None,
    on_plan: Callable[[int, int], None] | None = None,
    on_result: Progress | None = None,
) -> Summary:
    """Grade everything handed in under `paths` and store the results in `out`.

    Parameters
    ----------
    paths : folders with one folder per student, or single files; see `grader.submission`.
    out : output folder, `results/`, `grades.db` and so on; made if need be.
    chapters : which to grade; by default those that somebody handed in.
    jobs : trusted processes; by default one per core, at most one per GiB of memory.
    prerequisites : 'reference', 'own', or 'auto': the reference, and the student's own if that cannot run.
    force : grade again what is already graded.
    allow_isolation : the weakest level that is accepted, 'sealed' or 'process'.
    class_file : the roster under whose ids everything is filed, and the chapters of the class.
    student : whose the one path is, whatever its name says.
    selection : grade only these of what was handed in.
    cluster : grade on the workers of this Dask cluster instead of local processes; without `jobs` then.
    on_plan : told (to grade, already graded) once.
    on_result : told each stored result, and how many of how many are done.

    Raises
    ------
    UsageError
        For paths and names that do not fit.
    IsolationError
        If this machine cannot seal student code off and that was not allowed.
    AuthorError, GraderFailure
        If a suite or the grader itself is broken.
    """
    if cluster is not None and jobs is not None:
        raise UsageError(
            "With --cluster the workers say how many submissions are graded at once. Leave --jobs out."
        )
    with _ahead(course, allow_isolation, cluster) as ahead:
        # This takes as long to import as what the grading process imports meanwhile.
        from grader.store import Store

        with Store(out) as store:
            plan = make_plan(
                paths, store, course, chapters, prerequisites, force, class_file, student, selection
            )
            summary = Summary(reused=plan.reused, unassigned=plan.unassigned, remarks=plan.remarks)
            update_record(out, class_file.path if class_file else None, list(paths), plan.times)
            if on_plan and not plan.jobs:
                on_plan(0, plan.reused)
            if plan.jobs:
                with _team(course, plan, jobs, allow_isolation, cluster, ahead) as team:
                    if on_plan:  # the team gets ready meanwhile
                        on_plan(len(plan.jobs), plan.reused)
                    for done, (result, key, log) in enumerate(team.grade(plan.jobs), 1):
                        summary.isolation = team.isolation
                        stored = store.save(result, key, log=log)
                        summary.graded += 1
                        summary.missing += result.status == "missing"
                        if result.status == "grader_error":
                            summary.failures.append((result.student, result.chapter, log))
                        if on_result:
                            on_result(stored, done, len(plan.jobs))
            store.write_csv()
    return summary


@contextlib.contextmanager
def _ahead(course: Course, allowed: str, cluster: Cluster | None) -> Iterator[Member | None]:
    """A grading process that gets warm while this one plans. It is ended if nobody took it."""
    if cluster is not None:
        yield None
        return
    member = launch(course, allowed, course_secret(course.root))
    try:
        yield member
    finally:
        member.end(at_once=True)


def _team(
    course: Course,
    plan: Plan,
    jobs: int | None,
    allowed: str,
    cluster: Cluster | None,
    ahead: Member | None,
) -> Team | ClusterTeam:
    """Who grades: processes here, or workers elsewhere."""
    if cluster is None:
        count = min(jobs or default_jobs(), len(plan.jobs))
        return Team(course, plan.chapters, count, allowed, ahead=ahead)
    from grader.cluster import ClusterTeam

    return ClusterTeam(course, plan.chapters, cluster, allowed)


def processors() -> float:
    """Cores that this process may use, by its affinity and by the share that its container was given."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for files in CPU_SHARES:
        with contextlib.suppress(OSError, ValueError):
            words = [word for file in files for word in (CGROUPS / file).read_text("ascii").split()]
            quota, period = (float(word) for word in words)  # "max" or -1: as much as there is
            if quota > 0 and period > 0:
                return min(cores, quota / period)
    return cores


def default_jobs() -> int:
    """One per core, but each worker may use 1 GiB."""
    cores = max(1, int(processors()))
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // limits.MEMORY_BYTES
    except (ValueError, OSError, AttributeError):
        memory = cores
    return max(1, min(cores, memory - 1))


# planning --------------------------------------------------------------------------------------------------


def make_plan(
    paths: Sequence[Path],
    store: Store,
    course: Course,
    chapters: Sequence[Chapter] | None,
    prerequisites: str,
    force: bool,
    class_file: ClassFile | None = None,
    student: str | None = None,
    selection: Selection | None = None,
) -> Plan:
    """Read what was handed in and leave out what is already graded."""
    chosen = list(chapters or course.graded_chapters)
    if class_file is not None and chapters is None:
        chosen = [c for c in chosen if class_file.lists(c.name)]
    if not chosen and class_file is not None and course.graded_chapters:
        raise UsageError(
            f"{class_file.path} lists no chapter that has a hidden suite. Name one with --chapter."
        )
    if not chosen:
        raise UsageError(f"{course.hidden} holds no hidden suites.")
    without = [c.name for c in chosen if not any(c.hidden_folder.glob("test_*.py"))]
    if without:
        raise UsageError(f"{without[0]} has no hidden suite in {course.hidden}.")
    surveyed = survey(paths, chosen, student)
    found, unassigned, remarks, times = surveyed.handed_in, surveyed.unassigned, [], {}
    if class_file is not None:
        times = nbgrader_times(paths, class_file, chosen)
        assigned = assign(found, class_file, chosen, whole_class=surveyed.of_class)
        found, remarks = assigned.handed_in, assigned.remarks
        unassigned = [name for name in unassigned if name not in class_file.own_files]
        for name, to, chapter in assigned.renamed:
            store.move(name, to, chapter)
            if (name, chapter) in times:
                times[to, chapter] = times.pop((name, chapter))
        # A download of one assignment, or of the late ones, says nothing about work that was graded before.
        worked = store.worked()
        found = [h for h in found if h.file or h.rejected or (h.student, h.chapter.name) not in worked]
    if chapters is None:
        handed_in = {h.chapter.name for h in found if h.file is not None}
        chosen = [c for c in chosen if c.name in handed_in]
        if not chosen:
            names = ", ".join(c.file_name for c in course.graded_chapters)
            why = next((f" {h.student}: {h.rejected}" for h in found if h.rejected), "")
            raise UsageError(
                f"None of {names} was handed in under {', '.join(map(str, paths))}.{why} "
                "Name the chapter with --chapter to give everybody a result."
            )
        found = [h for h in found if h.chapter.name in handed_in]
    if selection is not None:
        found = selection.of(found)
        chosen = [c for c in chosen if c.name in {h.chapter.name for h in found}]
    suites = {c.name: suite_part(c) for c in chosen}
    known = {} if force else store.keys()
    plan, reused = [], 0
    for handed in found:
        job = job_of(handed, prerequisites)
        key = cache_key(job, suites[job.chapter])
        if known.get((job.student, job.chapter)) == key:
            reused += 1
        else:
            plan.append((job, key))
    plan.sort(key=lambda planned: not _may_hang(planned[0]))
    return Plan(plan, reused, chosen, unassigned, remarks, times)


def job_of(handed: HandedIn, prerequisites: str) -> Job:
    """What was handed in, read and ready to be graded."""
    source = read_handed_in(handed)
    own: dict[str, str | Notebook] = {}
    for name, file in handed.own:
        earlier = read_unparsed(file)
        if earlier.notebook is not None:
            own[name] = earlier.notebook
        elif earlier.text is not None:
            own[name] = earlier.text
    return Job(
        handed.student,
        handed.chapter.name,
        source,
        own,
        {},
        prerequisites,
        handed.notes,
        identity=handed.identity,
    )


def _may_hang(job: Job) -> bool:
    """True for a `while`. Such come first: an endless loop at the end would keep one process busy and the others idle."""
    return job.source is not None and WHILE.search(job.source.text or "") is not None


def suite_part(chapter: Chapter) -> list[Any]:
    """What a chapter contributes to a cache key."""
    needed = [stripped_source(chapter.course.chapter(n)) for n in chapter.needs]
    mistakes = chapter.mistakes_path.read_bytes() if chapter.mistakes_path.is_file() else b""
    config = [
        limits.FLOOR_SECONDS,
        limits.GENEROSITY,
        limits.SUBMISSION_SECONDS,
        limits.MEMORY_BYTES,
        limits.CPU_SECONDS,
    ]
    return [
        suite_hash(chapter, course_secret(chapter.course.root)),
        _hash(chapter.solution),
        [_hash(text) for text in needed],
        hashlib.sha256(mistakes).hexdigest(),
        config,
    ]


def cache_key(job: Job, part: list[Any]) -> str:
    """Changes whenever the result of a job might. part : `suite_part` of its chapter."""
    source = job.source
    own = (
        {n: _hash(t) if isinstance(t, str) else t.sha256 for n, t in sorted(job.own.items())}
        if job.prerequisites != "reference"
        else {}
    )
    parts = [
        source.sha256 if source else None,
        source.rejected if source else None,
        [*job.notes, *(source.notes if source else ())],
        dict(job.identity),
        own,
        job.prerequisites,
        part,
        environment(),
        code_fingerprint(),
    ]
    return _hash(json.dumps(parts, sort_keys=True))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


# sharing the work ------------------------------------------------------------------------------------------


@dataclass
class Member:
    """A grading process and what it is doing."""

    process: subprocess.Popen[bytes]
    pipe: connection.Connection
    job: tuple[Job, str] | None = None
    next: tuple[Job, str] | None = None  # sent ahead, so that it does not wait for us in between
    preparing: str | None = None  # the chapter whose reference it is running
    ready: bool = False
    core: int | None = None  # that it was told to stay on
    since: float = field(default_factory=time.monotonic)  # when it was last heard of or given something

    def send(self, *message: Any) -> None:
        """A member that has died meanwhile is noticed later, by its closed pipe."""
        self.since = time.monotonic()
        with contextlib.suppress(OSError):
            self.pipe.send(message)

    def end(self, at_once: bool = False) -> None:
        """Wait until it has ended; for so long as it may take to tidy up, or not at all."""
        if not self.pipe.closed:
            self.pipe.close()
        try:
            self.process.wait(0.0 if at_once else 1.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def launch(course: Course, allowed: str, secret: str) -> Member:
    """A new grading process, which imports what it needs and waits to be told its chapters."""
    ours, theirs = multiprocessing.Pipe()
    arguments = json.dumps([theirs.fileno(), str(course.root), allowed])
    # A program of its own: the caller's main module, a notebook perhaps, is not imported again.
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, arguments],
        env={
            **os.environ,
            **limits.ONE_THREAD,
            "NNKATA_SECRET": secret,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
        stdin=subprocess.DEVNULL,
        pass_fds=[theirs.fileno()],
    )
    theirs.close()
    return Member(process, ours)


class Team:
    """Trusted grading processes. A process that dies is replaced, its job is tried once more."""

    def __init__(
        self,
        course: Course,
        chapters: Sequence[Chapter],
        count: int,
        allowed: str,
        *,
        secret: str | None = None,  # of a course whose secret is told elsewhere than on this machine
        ahead: Member | None = None,  # a process that was launched before
        only_one: bool = True,  # nobody else grades on this machine
    ):
        self.course = course
        self.secret = course_secret(course.root) if secret is None else secret
        self.names = [c.name for c in chapters]
        self.count = count
        self.roomy = only_one and 2 * count <= processors()  # a second core for each process
        self.ahead = ahead
        self.allowed = allowed
        self.members: list[Member] = []
        self.isolation: Isolation | None = None
        self.measured: dict[
            str, dict[str, Any]
        ] = {}  # of a chapter: time limits and warnings of the reference
        self.idle_deaths = 0  # of processes that had no submission in hand

    def __enter__(self) -> Team:
        if self.ahead is not None:
            self.members.append(self._with_chapters(self.ahead))
        while len(self.members) < self.count:
            self.members.append(self._start())
        return self

    def __exit__(self, *exc: object) -> None:
        for member in self.members:
            member.send("stop")
            member.pipe.close()
        for member in self.members:
            member.end(at_once=exc[0] is not None)

    def _start(self) -> Member:
        return self._with_chapters(launch(self.course, self.allowed, self.secret))

    def _with_chapters(self, member: Member) -> Member:
        member.core = self._core()
        member.send("open", self.names, member.core, self.roomy)
        return member

    def _core(self) -> int | None:
        """A core for one more member, if every core has its own; None leaves it to the kernel."""
        if not hasattr(os, "sched_getaffinity"):
            return None
        cores = sorted(os.sched_getaffinity(0))
        if self.count < len(cores) or len(cores) < 2:
            return None
        taken = Counter(m.core for m in self.members)
        return min(cores, key=lambda core: taken[core])

    def grade(self, jobs: Sequence[tuple[Job, str]]) -> Iterator[tuple[Result, str, str]]:
        """Results with their keys and logs, in the order in which they get ready.

        What the machine may have caused, a time-out or a death, is tried once more at the end, alone.
        """
        again: deque[tuple[Job, str]] = deque()
        yield from self._share(deque(jobs), len(self.members), again)
        yield from self._share(again, 1, None)

    def grade_one(self, job: Job, last: bool) -> tuple[Result, str] | None:
        """One result and its log; None if the machine disturbed it and this is not the `last` try."""
        again: deque[tuple[Job, str]] | None = None if last else deque()
        found = list(self._share(deque([(job, "")]), 1, again))
        return (found[0][0], found[0][2]) if found else None

    def _share(
        self, todo: deque[tuple[Job, str]], at_once: int, again: deque[tuple[Job, str]] | None
    ) -> Iterator[tuple[Result, str, str]]:
        """Grade what is to do with so many members at once; disturbed jobs go to `again`, if there is one."""
        tried: dict[
            int, int
        ] = {}  # id() of a job -> processes that it ended; 0 if it may have been another one
        while todo or any(m.job for m in self.members):
            for member in self.members:
                busy = sum(m.job is not None or m.preparing is not None for m in self.members)
                if member.ready and member.job is None and todo and busy < at_once:
                    self._give(member, todo)
                    self._give_ahead(member, todo, tried)
            for member in self._heard():
                try:
                    message = member.pipe.recv()
                except (EOFError, OSError):
                    yield from self._replace(member, todo, tried)
                    continue
                member.since = time.monotonic()
                match message:
                    case ("ready", isolation):
                        self._agree(isolation)
                        member.ready = True
                    case ("prepared", name, limits, warned):
                        self.measured[name] = {"limits": limits, "warned": warned}
                        member.preparing = None
                        member.ready = True
                    case ("graded", result, log, disturbed):
                        assert member.job is not None
                        job, key = member.job
                        member.job, member.next = member.next, None
                        if member.job is None and ((todo and at_once > 1) or len(self.members) == 1):
                            self._give(member, todo)  # it works while its result is stored
                        self._give_ahead(member, todo, tried)
                        if disturbed and again is not None:
                            again.append((job, key))
                        else:
                            yield result, key, log
                    case ("error", kind, text):
                        raise kind(text) if issubclass(kind, KitError) else GraderFailure(text)

    def _heard(self) -> list[Member]:
        """Members that have said something or have ended. One that is silent for too long is ended."""
        pipes = connection.wait([m.pipe for m in self.members], timeout=HEARTBEAT)
        for member in self.members:
            working = member.job is not None or member.preparing is not None or not member.ready
            patience = SILENCE_SECONDS if member.job or member.preparing else START_SECONDS
            if working and time.monotonic() - member.since > patience:
                member.process.kill()  # its pipe closes, and it is replaced
                member.since = time.monotonic()
        return [m for m in self.members if m.pipe in pipes]

    def _give(self, member: Member, todo: deque[tuple[Job, str]]) -> None:
        """Hand a job to an idle member; the first job of a chapter waits for its limits.

        A member that has died meanwhile keeps the job; its closed pipe is found and it is replaced.
        """
        for _ in range(len(todo)):
            job, _ = todo[0]
            if job.chapter in self.measured:
                member.job = todo.popleft()
                member.send("grade", self._with_limits(job))
                return
            if not any(m.preparing == job.chapter for m in self.members):
                member.preparing = job.chapter
                member.ready = False
                member.send("prepare", job.chapter)
                return
            todo.rotate(-1)

    def _give_ahead(self, member: Member, todo: deque[tuple[Job, str]], tried: dict[int, int]) -> None:
        """Send a busy member the job after this one, if there are enough for all and it cannot keep others waiting."""
        if member.job is None or member.next is not None or len(todo) < len(self.members):
            return
        job, _ = todo[0]
        if job.chapter not in self.measured or any(
            _may_hang(j) or id(j) in tried for j in (member.job[0], job)
        ):
            return
        message = pickle.dumps(("grade", self._with_limits(job)))
        if len(message) <= AHEAD_BYTES:
            member.next = todo.popleft()
            with contextlib.suppress(OSError):
                member.pipe.send_bytes(message)

    def _with_limits(self, job: Job) -> Job:
        return Job(**{**vars(job), **self.measured[job.chapter]})

    def _agree(self, isolation: Isolation) -> None:
        if self.isolation is not None and self.isolation.level != isolation.level:
            raise GraderFailure(
                f"Isolation differs within one run: {self.isolation.level} and {isolation.level}."
            )
        self.isolation = isolation

    def _replace(
        self, member: Member, todo: deque[tuple[Job, str]], tried: dict[int, int]
    ) -> Iterator[tuple[Result, str, str]]:
        """A grading process died: start another one, try its job once more, then call it our failure."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            member.process.wait(1.0)
        code = member.process.returncode
        member.pipe.close()
        self.members.remove(member)
        if member.job is None:
            self.idle_deaths += 1
            if self.idle_deaths > IDLE_DEATHS:
                raise GraderFailure(f"Grading processes end before they are ready (exit code {code}).")
        elif member.next is not None:  # which of the two it died of is not known; next time each is alone
            for planned in (member.next, member.job):
                tried.setdefault(id(planned[0]), 0)
                todo.appendleft(planned)
        else:
            job, key = member.job
            tried[id(job)] = tried.get(id(job), 0) + 1
            if tried[id(job)] < 2:
                todo.append((job, key))
            else:
                yield (
                    self._lost(job),
                    key,
                    f"The grading process ended twice on this submission (exit code {code}).",
                )
        self.members.append(self._start())

    def _lost(self, job: Job) -> Result:
        assert self.isolation is not None
        return lost(job, suite_hash(self.course.chapter(job.chapter), self.secret), self.isolation)
