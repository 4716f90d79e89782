"""A class from end to end: everybody gets a result, runs resume, and nothing that dies takes grades along."""

from __future__ import annotations

import contextlib
import csv
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from grader import classroom
from grader.classroom import Summary, Team, default_jobs, grade_class, processors
from grader.course import Course
from grader.errors import GraderFailure, SubmissionDied, UsageError
from grader.results import Result
from grader.sandbox.server import ForkServer
from grader.store import Store

sys.path.insert(0, str(Path(__file__).parent))
import tiny

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

WRONG = "def double(x): return x\ndef total(x): return float(sum(x))\n"
HALF = "import numpy as np\ndef double(x): return 2.0 * np.asarray(x)\n"
CRASH = tiny.GOOD + "\nimport os\ndef total(x): os._exit(1)\n"
STUDENTS = {
    "student01": tiny.GOOD,
    "student02": WRONG,
    "student03": HALF,
    "student04": "def (",
    "student05": CRASH,
}
SCORES = {"student01": 5.0, "student02": 2.0, "student03": 3.0, "student04": 0.0, "student05": 3.0}


def results(out: Path) -> dict[tuple[str, str], Result]:
    """What the JSON files say; each must be whole."""
    found = {}
    for path in sorted((out / "results").glob("*/*.json")):
        result = Result.from_json(path.read_text(encoding="utf-8"))
        found[result.student, result.chapter] = result
    return found


def scores(out: Path) -> dict[str, float | None]:
    return {student: result.score for (student, _), result in results(out).items()}


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return tiny.make_course(tmp_path / "course")


def grading_processes() -> list[int]:
    """Pids of the grading processes that this process has started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == os.getpid() and b"grading_process" in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found


# a class ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Path, Path, Summary, list]:
    """A class of folders and single files, graded once by two processes."""
    root = tmp_path_factory.mktemp("class")
    course = tiny.make_course(
        root / "course", {"ch01_tiny": (tiny.SOLUTION, tiny.SUITE), "ch02_next": (tiny.SOLUTION, tiny.SUITE)}
    )
    folder = tiny.hand_in(root / "submissions", **STUDENTS)
    tiny.write(folder / "student01" / "ch02_next" / "next.py", tiny.GOOD)
    (folder / "student06").mkdir()
    tiny.write(folder / "student07" / "tiny.py", "").write_bytes(b"# coding: undefined\n")
    tiny.write(folder / "student08_tiny.py", tiny.GOOD)
    tiny.write(folder / "Zoë, Ångström" / "tiny.py", tiny.GOOD)
    tiny.write(folder / "student01" / "old" / "tiny.py", "x")
    told: list = []
    summary = grade_class(
        [folder],
        root / "out",
        course=course,
        jobs=2,
        on_plan=lambda *numbers: told.append(numbers),
        on_result=lambda result, done, total: told.append((result.student, done, total)),
    )
    return course, folder, root / "out", summary, told


def test_everybody_gets_a_result(graded):
    """one result per student and chapter, whatever was handed in; the summary counts them"""
    _, _, out, summary, told = graded
    found = results(out)
    assert len(found) == 18 == summary.graded
    assert (summary.reused, summary.failures, summary.exit_code) == (0, [], 0)
    assert {s: found[s, "ch01_tiny"].score for s in STUDENTS} == SCORES
    assert found["student01", "ch02_next"].score == 5.0
    assert found["student08", "ch01_tiny"].score == 5.0 == found["Zoë, Ångström", "ch01_tiny"].score
    assert told[0] == (18, 0) and sorted(t[1] for t in told[1:]) == list(range(1, 19)) and told[1][2] == 18


def test_what_is_missing_or_unreadable_has_a_status(graded):
    """a chapter that was not handed in is missing, an unreadable file rejected, both with 0 points"""
    found = results(graded[2])
    assert (found["student06", "ch01_tiny"].status, found["student06", "ch01_tiny"].score) == ("missing", 0.0)
    assert (found["student02", "ch02_next"].status, found["student02", "ch02_next"].max_score) == (
        "missing",
        5.0,
    )
    rejected = found["student07", "ch01_tiny"]
    assert rejected.status == "rejected" and "encoding" in rejected.notes[0]
    assert "left out: old/tiny.py" in found["student01", "ch01_tiny"].notes[0]


def test_verdicts_of_a_class(graded):
    """each submission has a verdict for each test of its suite"""
    found = results(graded[2])
    verdicts = {s: [t.verdict for t in found[s, "ch01_tiny"].tests] for s in STUDENTS}
    assert verdicts == {
        "student01": ["passed"] * 3,
        "student02": ["failed", "skipped", "passed"],
        "student03": ["passed", "passed", "unwritten"],
        "student04": ["raised", "skipped", "raised"],
        "student05": ["passed", "passed", "crashed"],
    }


def test_the_table_of_grades(graded):
    """grades.csv has a line per student and chapter"""
    with open(graded[2] / "grades.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 18
    line = next(r for r in rows if (r["student"], r["chapter"]) == ("student03", "ch01_tiny"))
    assert (line["status"], float(line["score"]), float(line["max_score"])) == ("graded", 3.0, 5.0)


def test_nothing_is_graded_twice(graded):
    """a second run finds everything graded and starts no process"""
    course, folder, out, _, _ = graded
    before = {p: p.stat().st_mtime_ns for p in (out / "results").glob("*/*.json")}
    summary = grade_class([folder], out, course=course, jobs=2)
    assert (summary.graded, summary.reused, summary.exit_code) == (0, 18, 0)
    assert before == {p: p.stat().st_mtime_ns for p in (out / "results").glob("*/*.json")}


def test_chapters_can_be_chosen(graded, tmp_path):
    """only the chapters that were asked for are graded; without a wish, those that somebody handed in"""
    course, folder, _, _, _ = graded
    summary = grade_class(
        [folder / "student01"], tmp_path / "out", course=course, chapters=[course.chapter("ch02")], jobs=1
    )
    assert summary.graded == 1 and list(results(tmp_path / "out")) == [("student01", "ch02_next")]


# resuming --------------------------------------------------------------------------------------------------------


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Replaces the processes by nothing: which jobs would be graded?"""
    jobs: list[tuple[str, str]] = []

    class Team:
        isolation = None

        def __init__(self, *args, **kwargs):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *exc):
            pass

        def grade(self, todo):
            for job, key in todo:
                jobs.append((job.student, job.chapter))
                yield blank(job), key, ""

    def blank(job):
        handed = {"sha256": "", "files": [], "kind": "py"}
        sealed = {"level": "sealed", "missing": []}
        return Result(job.student, job.chapter, "graded", handed, {"sha256": ""}, {}, sealed, score=1.0)

    monkeypatch.setattr(classroom, "Team", Team)
    return jobs


def again(planned, folder, out, course, **options) -> set[str]:
    """Students who are graded by another run."""
    planned.clear()
    summary = grade_class([folder], out, course=course, **options)
    assert summary.graded == len(planned)
    return {student for student, _ in planned}


def test_what_changes_is_graded_again(tmp_path, course, planned):
    """a changed source is graded again, the others not; line ends and a byte order mark do not count"""
    folder, out = tiny.hand_in(tmp_path / "class", **STUDENTS), tmp_path / "out"
    assert again(planned, folder, out, course) == set(STUDENTS)
    assert again(planned, folder, out, course) == set()
    tiny.write(folder / "student02" / "tiny.py", tiny.GOOD)
    assert again(planned, folder, out, course) == {"student02"}
    path = folder / "student01" / "tiny.py"
    path.write_bytes(b"\xef\xbb\xbf" + tiny.GOOD.replace("\n", "\r\n").encode())
    assert again(planned, folder, out, course) == set()
    path.write_bytes(b"\xff\xff")
    assert again(planned, folder, out, course) == {"student01"}
    path.unlink()
    assert again(planned, folder, out, course) == {"student01"}
    tiny.write(folder / "student09" / "tiny.py", "")
    assert again(planned, folder, out, course) == {"student09"}
    assert again(planned, folder, out, course, force=True) == {*STUDENTS, "student09"}


def test_whatever_decides_is_part_of_the_key(tmp_path, course, planned, monkeypatch):
    """suite, secret, reference, mistakes, limits and prerequisites decide; alternatives do not"""
    monkeypatch.delenv("NNKATA_SECRET", raising=False)
    folder, out = tiny.hand_in(tmp_path / "class", student01=tiny.GOOD), tmp_path / "out"
    hidden, solution = course.hidden / "ch01_tiny", course.solutions / "ch01_tiny"

    def fresh() -> set[str]:
        return again(planned, folder, out, Course(course.root))

    assert fresh() == {"student01"}
    tiny.write(hidden / "alternatives" / "a.py", "")
    tiny.write(course.exercises / "ch01_tiny" / "README.md", "")
    assert fresh() == set()
    for change in (
        lambda: tiny.write(hidden / "test_tiny.py", tiny.SUITE + "\n"),
        lambda: tiny.write(hidden / "data.json", "{}"),
        lambda: tiny.write(course.hidden / "secret.txt", "autumn"),
        lambda: tiny.write(solution / "tiny.py", tiny.SOLUTION + "\n# a word\n"),
        lambda: tiny.write(solution / "mistakes.py", "# none yet\n"),
        lambda: monkeypatch.setattr("grader.limits.FLOOR_SECONDS", 3.0),
        lambda: monkeypatch.setattr("grader.limits.GENEROSITY", 60.0),
        lambda: monkeypatch.setattr("grader.limits.MEMORY_BYTES", 1 << 29),
        lambda: monkeypatch.setattr("grader.classroom.environment", lambda: {"numpy": "9"}),
        lambda: monkeypatch.setattr("grader.classroom.code_fingerprint", lambda: "other"),
    ):
        change()
        assert fresh() == {"student01"}
        assert fresh() == set()
    assert again(planned, folder, out, Course(course.root), prerequisites="reference") == {"student01"}


def test_own_chapters_are_part_of_the_key(tmp_path, planned):
    """a changed earlier chapter of the student's own counts, unless only the reference is used"""
    course = tiny.make_course(
        tmp_path / "course",
        {"ch01_tiny": (tiny.SOLUTION, tiny.SUITE), "ch02_next": (tiny.SOLUTION, tiny.SUITE)},
    )
    folder, out = tmp_path / "class", tmp_path / "out"
    tiny.write(folder / "student01" / "next.py", tiny.GOOD)
    tiny.write(folder / "student01" / "tiny.py", tiny.GOOD)
    only = {"chapters": [course.chapter("ch02")]}
    assert again(planned, folder, out, course, **only) == {"student01"}
    tiny.write(folder / "student01" / "tiny.py", WRONG)
    assert again(planned, folder, out, course, **only) == {"student01"}
    assert again(planned, folder, out, course, prerequisites="reference", **only) == {"student01"}
    tiny.write(folder / "student01" / "tiny.py", HALF)
    assert again(planned, folder, out, course, prerequisites="reference", **only) == set()


def test_a_damaged_result_is_graded_again(tmp_path, course, planned):
    """a result file that was deleted, cut or edited does not count as graded"""
    folder, out = tiny.hand_in(tmp_path / "class", **STUDENTS), tmp_path / "out"
    again(planned, folder, out, course)
    paths = sorted((out / "results").glob("*/*.json"))
    paths[0].unlink()
    paths[1].write_text(paths[1].read_text()[:100])
    paths[2].write_text(paths[2].read_text().replace('"score": 1.0', '"score": 9.0'))
    assert again(planned, folder, out, course) == {"student01", "student02", "student03"}
    assert again(planned, folder, out, course) == set()


def test_usage_errors_come_before_any_work(tmp_path, course, planned):
    """a wrong path, an empty class and a chapter without suite are told at once"""
    tiny.write(course.solutions / "ch02_more" / "more.py", tiny.SOLUTION)
    course = Course(course.root)
    folder = tiny.hand_in(tmp_path / "class", student01=tiny.GOOD)
    nobody = tiny.write(tmp_path / "other" / "student01" / "notes.py", "").parents[1]
    for paths, options, words in (
        ([tmp_path / "nowhere"], {}, "does not exist"),
        ([folder], {"chapters": [course.chapter("ch02")]}, "ch02_more has no hidden suite"),
        ([nobody], {}, "None of tiny.py was handed in"),
    ):
        with pytest.raises(UsageError, match=words):
            grade_class(paths, tmp_path / "out", course=course, **options)
    assert planned == []


def test_two_runs_on_one_folder(tmp_path, course):
    """a folder that another run writes to is refused clearly"""
    folder = tiny.hand_in(tmp_path / "class", student01=tiny.GOOD)
    with Store(tmp_path / "out"), pytest.raises(UsageError, match="out") as caught:
        grade_class([folder], tmp_path / "out", course=course)
    assert "\n" not in str(caught.value)
    grade_class([folder], tmp_path / "out", course=course, jobs=1)
    assert scores(tmp_path / "out") == {"student01": 5.0}


def test_default_jobs():
    """by default there is at least one process, and no more than cores"""
    assert 1 <= default_jobs() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    "files, share",
    [
        ({"cpu.max": "50000 100000\n"}, 0.5),
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, 64),
        ({"cpu.max": "a slip\n"}, 64),
        ({"cpu/cpu.cfs_quota_us": "200000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 2),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 64),
        ({}, 64),
    ],
)
def test_the_share_of_a_container(tmp_path, monkeypatch, course, files, share):
    """a container that may use half a core of 64 grades one at a time, and nothing in it asks again and again"""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(classroom, "CGROUPS", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    assert processors() == share
    assert default_jobs() <= max(1, share)
    for count in (1, 2, 32, 33):
        assert Team(course, [], count, "sealed").roomy is (2 * count <= share)


def test_what_may_hang_comes_first(tmp_path, course, planned):
    """a submission with a `while` is not the last one, for which the other processes would wait"""
    looping = tiny.GOOD + "\nwhile False:\n    pass\n"
    folder = tiny.hand_in(tmp_path / "class", student01=tiny.GOOD, student02="# meanwhile", student03=looping)
    grade_class([folder], tmp_path / "out", course=course)
    assert [student for student, _ in planned] == ["student03", "student01", "student02"]


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two cores")
def test_every_process_has_a_core_when_all_work(tmp_path, course, monkeypatch):
    """with a process for each core, each stays on one, with its workers; with fewer the kernel decides"""
    all_cores = os.sched_getaffinity(0)
    cores = sorted(all_cores)[:2]
    seen: list[list[set[int]]] = []
    folder = tiny.hand_in(tmp_path / "class", **STUDENTS)

    def look(*_):
        seen.append(sorted((os.sched_getaffinity(pid) for pid in grading_processes()), key=min))

    def look_until_both_have_started(*_):
        end = time.monotonic() + 20
        look()
        while seen[-1] != each and time.monotonic() < end:
            time.sleep(0.01)
            look()

    each = [{core} for core in cores]
    os.sched_setaffinity(0, cores)
    try:
        grade_class([folder], tmp_path / "two", course=course, jobs=2, on_result=look_until_both_have_started)
        assert seen[-1] == each
        seen.clear()
        grade_class([folder], tmp_path / "one", course=course, jobs=1, on_result=look)
    finally:
        os.sched_setaffinity(0, all_cores)
    assert len(seen) == 5 and all(found == [set(cores)] for found in seen)
    assert scores(tmp_path / "two") == scores(tmp_path / "one") == SCORES


SPEEDS = """
import time
def quick(x): return x + 1
def slow(x):
    time.sleep(0.02)
    return x + 1
def dead(x):
    import os
    os._exit(0)
def endless(x):
    while True: pass
"""


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two cores")
def test_a_worker_beside_the_grading_process():
    """where cores are to spare, worker and grading process have one each, and answers, deaths and limits are the same"""
    cores = os.sched_getaffinity(0)
    with ForkServer() as server, contextlib.closing(tiny.Far(server)) as far:
        assert tiny.channel_of(far.student(SPEEDS)).process.pid and not server.roomy
        server.use_spare_cores()
        student = far.student(SPEEDS)
        here = os.sched_getaffinity(server.pid)
        beside = os.sched_getaffinity(tiny.channel_of(student).process.pid)
        assert server.roomy and len(here) == 1 and beside == cores - here
        assert os.sched_getaffinity(0) == cores
        for _ in range(20):
            assert [student.quick(1), student.slow(2), student.quick(3)] == [2, 3, 4]
        with pytest.raises(SubmissionDied) as caught:
            student.dead(1)
        assert caught.value.verdict == "crashed"
        with pytest.raises(SubmissionDied) as caught:
            far.student(SPEEDS, seconds=0.5).endless(1)
        assert caught.value.verdict == "timeout"


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two cores")
def test_a_worker_that_cannot_be_moved(monkeypatch):
    """where the system forbids to move a worker, all stay where the kernel puts them"""
    cores, move = os.sched_getaffinity(0), os.sched_setaffinity
    with ForkServer() as server, contextlib.closing(tiny.Far(server)) as far:

        def forbidden(pid, where):
            if pid != server.pid:
                raise PermissionError
            move(pid, where)

        monkeypatch.setattr(os, "sched_setaffinity", forbidden)
        server.use_spare_cores()
        for _ in range(2):
            student = far.student(SPEEDS)
            assert student.quick(1) == 2 and not server.roomy
            assert os.sched_getaffinity(tiny.channel_of(student).process.pid) == cores
        assert os.sched_getaffinity(server.pid) == cores


# what goes wrong -------------------------------------------------------------------------------------------------


def test_a_failing_reference_grades_nobody(tmp_path):
    """a reference that fails its own suite: GraderFailure, exit code 3, no result is written"""
    suite = tiny.SUITE.replace("close_to(sum(x.tolist()))", "close_to(0.0)")
    course = tiny.make_course(tmp_path / "course", {"ch01_tiny": (tiny.SOLUTION, suite)})
    folder = tiny.hand_in(tmp_path / "class", **STUDENTS)
    with pytest.raises(GraderFailure, match="does not pass its own test test_total") as caught:
        grade_class([folder], tmp_path / "out", course=course, jobs=2)
    assert caught.value.exit_code == 3 and results(tmp_path / "out") == {}
    assert grading_processes() == []


ODD_SUITE = (
    tiny.SUITE
    + '''
from grader.errors import AuthorError
@points(1, of="total")
def test_odd(student):
    """total of one"""
    if student.total([1.0]) == 7:
        raise AuthorError("a slip of the suite")
'''
)


def test_our_failure_costs_one_grade_only(tmp_path):
    """where the grader fails, no grade is written, an older one stays, the others are graded; exit code 3"""
    course = tiny.make_course(tmp_path / "course", {"ch01_tiny": (tiny.SOLUTION, ODD_SUITE)})
    folder, out = tiny.hand_in(tmp_path / "class", student01=tiny.GOOD, student02=tiny.GOOD), tmp_path / "out"
    assert grade_class([folder], out, course=course, jobs=1).exit_code == 0
    tiny.write(folder / "student01" / "tiny.py", HALF + "def total(x): return 7\n")
    tiny.write(folder / "student02" / "tiny.py", HALF)
    summary = grade_class([folder], out, course=course, jobs=1)
    assert summary.exit_code == 3
    ((student, chapter, log),) = summary.failures
    assert (student, chapter) == ("student01", "ch01_tiny") and "a slip of the suite" in log
    assert scores(out) == {"student01": 6.0, "student02": 3.0}
    assert grade_class([folder], out, course=course, jobs=1).graded == 1, "it is tried again"


class Captured(classroom.Team):
    """A team whose members a test can reach."""

    last: Captured | None = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        Captured.last = self


SLOW = tiny.GOOD.replace("def double(x):", "import time\ndef double(x):\n    time.sleep(0.05)")


def slow_class(folder: Path, count: int) -> Path:
    return tiny.hand_in(folder, **{f"student{i:02}": SLOW if i % 3 else WRONG for i in range(1, count + 1)})


def test_a_killed_grading_process_loses_nothing(tmp_path, course):
    """a grading process that is killed in the middle is replaced; everybody gets the right grade"""
    folder = slow_class(tmp_path / "class", 12)
    killed: list[int] = []

    def kill(result, done, total):
        if done in (2, 6):
            pid = grading_processes()[done % 2]
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    summary = grade_class([folder], tmp_path / "out", course=course, jobs=2, on_result=kill)
    assert len(killed) == 2 and summary.exit_code == 0 and summary.graded == 12
    assert scores(tmp_path / "out") == {f"student{i:02}": 5.0 if i % 3 else 2.0 for i in range(1, 13)}
    assert grading_processes() == []


def test_a_process_killed_at_its_start_is_replaced(tmp_path, course):
    """a grading process that dies before it is ready is started again"""
    folder = slow_class(tmp_path / "class", 3)
    killed: list[int] = []

    def kill_first():
        while not killed:
            for pid in grading_processes()[:1]:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
            time.sleep(0.01)

    thread = threading.Thread(target=kill_first)
    thread.start()
    summary = grade_class([folder], tmp_path / "out", course=course, jobs=1)
    thread.join()
    assert killed and summary.graded == 3 and summary.exit_code == 0


def test_a_process_killed_while_it_prepares_a_chapter(tmp_path, monkeypatch):
    """the chapter whose reference was running is prepared by another process (this once hung for ever)"""
    slow = tiny.SOLUTION.replace("    return 2.0", "    import time; time.sleep(0.4)\n    return 2.0")
    course = tiny.make_course(
        tmp_path / "course", {"ch01_tiny": (tiny.SOLUTION, tiny.SUITE), "ch02_next": (slow, tiny.SUITE)}
    )
    folder = tmp_path / "class"
    for i in range(1, 4):
        tiny.write(folder / f"student{i:02}" / "tiny.py", tiny.GOOD)
        tiny.write(folder / f"student{i:02}" / "next.py", tiny.GOOD)
    monkeypatch.setattr(classroom, "Team", Captured)
    killed: list[str] = []

    def kill(*_):
        for member in list(Captured.last.members):
            if member.preparing and not killed:
                killed.append(member.preparing)
                member.process.kill()

    summary = grade_class([folder], tmp_path / "out", course=course, jobs=2, on_result=kill)
    assert killed == ["ch02_next"]
    assert summary.graded == 6 and summary.exit_code == 0


def test_a_submission_that_kills_the_grader_twice_is_our_failure(tmp_path, course, monkeypatch):
    """after two dead grading processes a submission is `grader_error`; those before and after it lose nothing"""
    folder = slow_class(tmp_path / "class", 4)
    monkeypatch.setattr(classroom, "Team", Captured)
    stop = threading.Event()

    def hunt():
        while not stop.wait(0.005):
            for member in list(Captured.last.members) if Captured.last else ():
                if any(at and at[0].student == "student02" for at in (member.job, member.next)):
                    member.process.kill()

    Captured.last = None
    thread = threading.Thread(target=hunt)
    thread.start()
    try:
        summary = grade_class([folder], tmp_path / "out", course=course, jobs=1)
    finally:
        stop.set()
        thread.join()
    assert [s for s, _, _ in summary.failures] == ["student02"] and summary.exit_code == 3
    assert "ended twice" in summary.failures[0][2]
    assert set(scores(tmp_path / "out")) == {"student01", "student03", "student04"}


def test_submissions_larger_than_a_pipe(tmp_path, course):
    """what a busy grading process has not read yet never blocks the run"""
    filling = "".join(f"# {n:060}\n" for n in range(9000))
    folder = tiny.hand_in(
        tmp_path / "class", **{f"student{i:02}": SLOW + (filling if i % 2 else "") for i in range(1, 9)}
    )
    summary = grade_class([folder], tmp_path / "out", course=course, jobs=1)
    assert summary.graded == 8
    assert scores(tmp_path / "out") == {f"student{i:02}": 5.0 for i in range(1, 9)}


def test_processes_that_never_get_ready_end_the_run(tmp_path, course, monkeypatch):
    """grading processes that die again and again before they are ready are a GraderFailure, not a loop"""
    folder = tiny.hand_in(tmp_path / "class", student01=tiny.GOOD)
    monkeypatch.setattr(classroom.sys, "executable", "/bin/false")
    with pytest.raises(GraderFailure, match="end before they are ready"):
        grade_class([folder], tmp_path / "out", course=course, jobs=1)


# killed at any instant -------------------------------------------------------------------------------------------

PROGRAM = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from grader import classroom
    from grader.classroom import grade_class
    from grader.course import Course
    classroom.code_fingerprint = lambda: "that of this test"
    folder, out, root = map(Path, sys.argv[1:])
    print("start", flush=True)
    grade_class([folder], out, course=Course(root), jobs=2, on_result=lambda r, done, total: print(done, flush=True))
    print("end", flush=True)
    """
)


def run_and_kill(folder: Path, out: Path, course: Course, after: int, delay: float) -> str:
    """Start a run, kill it with SIGKILL some time after its n-th result; gives what it had said."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), str(out), str(course.root)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(classroom.__file__).parents[1],
    )
    said = ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        if line.strip() in (str(after), "end"):
            break
    time.sleep(delay)
    process.kill()
    said += process.stdout.read()
    process.wait()
    process.stdout.close()
    return said


def test_a_run_killed_at_any_instant_resumes(tmp_path, course, monkeypatch):
    """SIGKILL at several instants: whole files only, nothing graded twice, and the same grades in the end"""
    # Somebody who edits the grader while this test runs would have everything graded again, rightly.
    monkeypatch.setattr(classroom, "code_fingerprint", lambda: "that of this test")
    folder, out = slow_class(tmp_path / "class", 24), tmp_path / "out"
    had = 0
    for after, delay in ((1, 0.0), (3, 0.013), (5, 0.031)):
        said = run_and_kill(folder, out, course, after, delay)
        assert "end" not in said
        now = len(results(out))  # parses every file
        assert now >= had + after, "what was reported as stored is stored"
        had = now
    summary = grade_class([folder], out, course=course, jobs=2)
    assert (summary.graded, summary.reused) == (24 - had, had) and had >= 9
    assert {s: (r.score, [t.verdict for t in r.tests]) for (s, _), r in results(out).items()} == {
        f"student{i:02}": (5.0, ["passed"] * 3) if i % 3 else (2.0, ["failed", "skipped", "passed"])
        for i in range(1, 25)
    }
    assert [p.name for p in (out / "results").glob("*/*")] == ["ch01_tiny.json"] * 24, (
        "no half-written file is left"
    )


def test_a_killed_run_leaves_no_processes(tmp_path, course):
    """grading processes, fork servers and workers end when the main process is killed"""
    folder = tiny.hand_in(tmp_path / "class", **{f"student{i:02}": SLOW for i in range(1, 9)})
    run_and_kill(folder, tmp_path / "out", course, 1, 0.05)

    def alive() -> list[str]:
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    if str(course.root).encode() in (entry / "cmdline").read_bytes():
                        found.append(entry.name)
        return found

    deadline = time.monotonic() + 10
    while alive() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert alive() == []
