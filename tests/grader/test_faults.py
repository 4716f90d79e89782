"""Faults while a class is graded: machines that are busy, disks that are full, processes that hang or are killed."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from multiprocessing import Pipe
from pathlib import Path

import pytest

pytest.importorskip("msgpack")
sys.path.insert(0, str(Path(__file__).parent))

import tiny

from grader import classroom
from grader.classroom import Member, Team, grade_class
from grader.course import Course
from grader.errors import GraderFailure, KitError, SubmissionDied, UsageError
from grader.grading_process import Job
from grader.results import Result
from grader.sandbox import channel as channels
from grader.sandbox.channel import Limit
from grader.sandbox.isolation import start_server
from grader.store import Store
from grader.submission import Source

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

WRONG = "def double(x): return x\ndef total(x): return float(sum(x))\n"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return tiny.make_course(tmp_path / "course")


def results(out: Path) -> dict[str, Result]:
    """What the JSON files say; each must be whole."""
    paths = sorted((out / "results").glob("*/*.json"))
    found = [Result.from_json(path.read_text(encoding="utf-8")) for path in paths]
    return {result.student: result for result in found}


def grades(out: Path) -> dict[str, tuple[float | None, list[str]]]:
    return {s: (r.score, [t.verdict for t in r.tests]) for s, r in results(out).items()}


# a busy machine --------------------------------------------------------------------------------------------------


@pytest.fixture
def far():
    server, _ = start_server(allowed="process")
    far = tiny.Far(server)
    yield far
    for channel in far.channels:
        channel.close()
    server.close()


COUNTS = "def double(x):\n    n = 0\n    while n < x:\n        n += 1\n    return n\n"


@contextlib.contextmanager
def crowded(channel, others: int):
    """Let the worker share one core with other processes that never rest."""
    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(channel.process.pid, {core})
    code = f"import os\nos.sched_setaffinity(0, {{{core}}})\nprint(1, flush=True)\nwhile True: pass"
    # In sessions of their own, as the worker is: the kernel may share time fairly among sessions.
    options = {"stdout": subprocess.PIPE, "start_new_session": True}
    busy = [subprocess.Popen([sys.executable, "-c", code], **options) for _ in range(others)]
    try:
        for process in busy:
            assert process.stdout is not None and process.stdout.readline()
        yield
    finally:
        for process in busy:
            process.kill()
            process.communicate()


def test_a_busy_machine_does_not_make_a_slow_solution_late(far, monkeypatch):
    """a worker that gets a sixth of a processor is waited for beyond its limit of wall time"""
    monkeypatch.setattr(channels, "PATIENCE", 1000.0)
    student = tiny.Student(far.channel(COUNTS))
    channel = far.channels[-1]
    channel.begin(Limit(30.0, "30 s"))
    before = channel.cpu_seconds()
    assert student.double(3_000_000) == 3_000_000
    limit = 2 * max(0.1, channel.cpu_seconds() - before)
    with crowded(channel, others=5):
        channel.begin(Limit(limit, "twice its own time"))
        started = time.monotonic()
        assert student.double(3_000_000) == 3_000_000
        assert time.monotonic() - started > limit, "the machine was not busy enough to tell"


def test_patience_ends_and_says_that_the_machine_was_busy(far, monkeypatch):
    """a worker that got next to nothing in several times its limit is stopped, and marked for another try"""
    monkeypatch.setattr(channels, "PATIENCE", 2.0)
    student = tiny.Student(far.channel(COUNTS))
    with crowded(far.channels[-1], others=5):
        far.channels[-1].begin(Limit(0.4, "0.4 s for one test"))
        with pytest.raises(SubmissionDied) as caught:
            student.double(10**9)
    assert caught.value.verdict == "timeout" and caught.value.limit == "0.4 s for one test"
    assert caught.value.disturbed


def test_a_kill_from_elsewhere_is_marked_for_another_try(far):
    """SIGKILL comes from the kernel, for want of memory, or from somebody; a student's own end is his own"""
    student = tiny.Student(
        far.channel("import os, time\ndef double(x):\n    time.sleep(x)\n    os._exit(9)\n")
    )
    killer = threading.Timer(0.2, os.kill, (far.channels[-1].process.pid, signal.SIGKILL))
    killer.start()
    with pytest.raises(SubmissionDied) as caught:
        student.double(20)
    assert caught.value.verdict == "crashed" and caught.value.disturbed
    student = tiny.Student(far.channel("import os\ndef double(x):\n    os._exit(9)\n"))
    with pytest.raises(SubmissionDied) as caught:
        student.double(0)
    assert caught.value.verdict == "crashed" and not caught.value.disturbed


@pytest.mark.parametrize("body", ["while True: pass", "time.sleep(60)"])
def test_loops_and_sleep_are_nobodys_fault(far, body):
    """what computes or sleeps through its limit is late for good"""
    student = tiny.Student(far.channel(f"import time\ndef double(x):\n    {body}\n"))
    far.channels[-1].begin(Limit(0.3, "0.3 s for one test"))
    with pytest.raises(SubmissionDied) as caught:
        student.double(1)
    assert caught.value.verdict == "timeout" and not caught.value.disturbed


# grading processes of a test's own making ------------------------------------------------------------------------


class Scripted(Team):
    """A team whose members answer as a test says: answer(number of member, Job) -> message, or None for silence."""

    def __init__(self, answer, count=2):
        super().__init__(Course(Path("nowhere")), [], count, "sealed")
        self.answer = answer
        self.started = 0
        self.at_once = self.most_at_once = 0

    def _start(self):
        number, self.started = self.started, self.started + 1
        ours, theirs = Pipe()
        process = subprocess.Popen(["sleep", "1000"])
        threading.Thread(target=self._serve, args=(number, theirs, process), daemon=True).start()
        return Member(process, ours)

    def _serve(self, number, pipe, process):
        with contextlib.suppress(EOFError, OSError):  # the team has hung up
            pipe.send(("ready", tiny_isolation()))
            while process.poll() is None:
                if not pipe.poll(0.02):
                    continue
                match pipe.recv():
                    case ("prepare", name):
                        pipe.send(("prepared", name, {}, {}))
                    case ("grade", job):
                        self.at_once += 1
                        self.most_at_once = max(self.most_at_once, self.at_once)
                        time.sleep(0.05)
                        told = self.answer(number, job)
                        self.at_once -= 1
                        if told is not None:
                            pipe.send(told)
                    case _:
                        break
        process.kill()
        pipe.close()


def tiny_isolation():
    from grader.sandbox.isolation import Isolation

    return Isolation("sealed", ())


def job(student: str) -> tuple[Job, str]:
    return Job(student, "ch01_tiny", Source("x", "0" * 64), {}, {}, "auto"), f"key of {student}"


def graded(job: Job, score: float, disturbed: bool = False):
    result = Result(job.student, job.chapter, "graded", {}, {}, {}, {}, score=score)
    return ("graded", result, "", disturbed)


def test_a_time_out_of_a_busy_machine_is_tried_once_more_alone():
    """after all others and with nothing beside it; what comes out then counts"""
    seen: list[str] = []
    alone: list[int] = []

    def answer(number, job):
        if job.student in seen:
            alone.append(team.at_once)
        seen.append(job.student)
        return graded(job, 3.0 if seen.count(job.student) == 2 else 1.0, disturbed=job.student in "bd")

    with Scripted(answer) as team:
        found = {r.student: (r.score, key) for r, key, _ in team.grade([job(s) for s in "abcd"])}
    assert found == {s: (3.0 if s in "bd" else 1.0, f"key of {s}") for s in "abcd"}
    assert sorted(seen[:4]) == list("abcd") and sorted(seen[4:]) == ["b", "d"]
    assert alone == [1, 1] and team.most_at_once == 2


def test_a_grading_process_that_hangs_is_ended(monkeypatch):
    """silence for longer than any submission may take: killed, its job tried once more, then our failure"""
    monkeypatch.setattr(classroom, "SILENCE_SECONDS", 2.0)
    monkeypatch.setattr(classroom, "HEARTBEAT", 0.1)
    monkeypatch.setattr(
        Team, "_lost", lambda self, job: Result(job.student, "c", "grader_error", {}, {}, {}, {})
    )

    def answer(number, job):
        return None if job.student == "b" else graded(job, 1.0)

    with Scripted(answer) as team:
        found = {r.student: r.status for r, _, _ in team.grade([job(s) for s in "abcd"])}
    assert found == {"a": "graded", "b": "grader_error", "c": "graded", "d": "graded"}
    assert team.started == 4


# disks -----------------------------------------------------------------------------------------------------------


def small_disk(folder: Path, megabytes: int) -> None:
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("only root may mount a small disk here")


def test_a_full_disk_loses_nothing(tmp_path, course):
    """one clear error, whole files only; with room again the same command finishes"""
    disk = tmp_path / "disk"
    small_disk(disk, 3)
    try:
        students = {f"student{i:02}": tiny.GOOD if i % 3 else WRONG for i in range(1, 13)}
        folder, out = tiny.hand_in(tmp_path / "class", **students), disk / "out"
        first = tiny.hand_in(tmp_path / "first", student01=tiny.GOOD)
        grade_class([first], out, course=course, jobs=1)
        ballast = disk / "ballast"
        free = os.statvfs(disk)
        ballast.write_bytes(b"x" * (free.f_bavail * free.f_frsize - 16384))
        with pytest.raises(KitError) as caught:
            grade_class([folder], out, course=course, jobs=2)
        assert "\n" not in str(caught.value) and "start the same command again" in str(caught.value)
        had = results(out)  # parses every file
        assert had["student01"].score == tiny.MAXIMUM
        ballast.unlink()
        grade_class([folder], out, course=course, jobs=2)
        assert {s: r.score for s, r in results(out).items()} == {
            s: tiny.MAXIMUM if text == tiny.GOOD else 2.0 for s, text in students.items()
        }
        assert not [p for p in (out / "results").rglob("*") if p.is_file() and p.suffix != ".json"]
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
def test_an_error_of_the_disk_is_one_line(tmp_path, course, monkeypatch, number):
    """wherever a file cannot be written, the run ends with what, where and what to do; a second run completes"""
    from grader import files

    folder = tiny.hand_in(tmp_path / "class", student01=tiny.GOOD, student02=WRONG)
    real, calls = os.replace, []

    def failing(source, target):
        calls.append(target)
        if len(calls) == 2:
            raise OSError(number, os.strerror(number), str(target))
        return real(source, target)

    monkeypatch.setattr(files.os, "replace", failing)
    with pytest.raises(KitError) as caught:
        grade_class([folder], tmp_path / "out", course=course, jobs=1)
    reason = "disk is full" if number in (errno.ENOSPC, errno.EDQUOT) else os.strerror(number)
    assert "\n" not in str(caught.value) and reason in str(caught.value)
    monkeypatch.undo()
    grade_class([folder], tmp_path / "out", course=course, jobs=1)
    assert {s: r.score for s, r in results(tmp_path / "out").items()} == {"student01": 5.0, "student02": 2.0}


# kills -----------------------------------------------------------------------------------------------------------

PROGRAM = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from grader.classroom import grade_class
    from grader.course import Course

    folder, out, root = map(Path, sys.argv[1:])
    grade_class([folder], out, course=Course(root), jobs=2, on_result=lambda r, done, total: print(done, flush=True))
    """
)


def parts_of(run: subprocess.Popen) -> list[int]:
    """Process ids of a run: itself, its grading processes, fork servers and workers."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [run.pid]
    for pid in found:
        found += children.get(pid, [])
    return found


def torment(folder: Path, out: Path, course: Course, kills: int, seed: int, whole: bool) -> int:
    """Kill a run, or any part of it, at random instants until it has been killed often enough; gives the number."""
    rng, done, seconds = random.Random(seed), 0, 1.0
    while done < kills:
        run = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder), str(out), str(course.root)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=Path(classroom.__file__).parents[1],
        )
        while run.poll() is None and done < kills:
            time.sleep(rng.uniform(0, seconds))
            target = run.pid if whole else rng.choice(parts_of(run))
            try:
                os.kill(target, signal.SIGKILL)
                done += 1
            except ProcessLookupError:
                pass
            if whole:
                break
        run.kill()
        run.wait()
        results(out)  # parses every file: none is half-written
        if len(results(out)) == len(list(folder.iterdir())):
            import shutil

            shutil.rmtree(out)  # complete: once more from the start
    return done


def checked_after_torment(tmp_path: Path, course: Course, kills: int, whole: bool, seed: int = 1) -> None:
    slow = tiny.GOOD.replace("def double(x):", "import time\ndef double(x):\n    time.sleep(0.02)")
    students = {f"student{i:02}": slow if i % 3 else WRONG for i in range(1, 25)}
    folder, out = tiny.hand_in(tmp_path / "class", **students), tmp_path / "out"
    grade_class([folder], tmp_path / "undisturbed", course=course, jobs=2)
    assert torment(folder, out, course, kills, seed, whole) == kills
    for _ in range(3):  # a run may be the first to hear of a death that was still under way
        try:
            grade_class([folder], out, course=course, jobs=2)
            break
        except (GraderFailure, UsageError):
            time.sleep(1.0)
    assert grades(out) == grades(tmp_path / "undisturbed")
    with Store(out, read_only=True) as store:
        assert {r.student: r.score for r in store.results()} == {s: g[0] for s, g in grades(out).items()}


@pytest.mark.parametrize("whole", [True, False])
def test_kills_at_random_instants_change_no_grade(tmp_path, course, whole):
    """SIGKILL of the run, or of any of its processes: in the end the grades of an undisturbed run"""
    checked_after_torment(tmp_path, course, kills=6, whole=whole)


@pytest.mark.heavy
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(10))
def test_a_thousand_kills_change_no_grade(tmp_path, course, seed):
    """a hundred kills for each seed, of whole runs and of their parts in turn"""
    checked_after_torment(tmp_path, course, kills=100, whole=bool(seed % 2), seed=seed)
