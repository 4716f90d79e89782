"""Grading on a cluster: the same grades as here, and whatever dies takes no grade along."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

if sys.platform != "linux":
    pytest.skip("the sandbox needs Linux", allow_module_level=True)
pytest.importorskip("distributed", reason="grading on a cluster needs the extra cluster (distributed)")

from grader import cluster as cluster_module
from grader import cluster_worker
from grader.classroom import grade_class
from grader.cli import kata
from grader.cluster import Cluster, ClusterTeam, is_loopback, parts_of
from grader.course import Course
from grader.errors import UsageError
from grader.grading_process import Job
from grader.intake.files import DiskFile
from grader.pack import bundle
from grader.submission import Notebook, read_source, read_unparsed

sys.path.insert(0, str(Path(__file__).parent))
import tiny
from machines import KATA, ROOT, Machines, alive, children_of, ended, start_kata, stop_started, waited

SLOW = tiny.GOOD + "\nimport time\ntime.sleep(0.25)\n"
LATER = tiny.SOLUTION.replace(
    "import numpy as np", "import numpy as np\nfrom ch01_tiny.tiny import double as twice"
)
OWN = tiny.GOOD.replace("import numpy as np", "import numpy as np\nfrom ch01_tiny.tiny import two").replace(
    "+ x", "* two"
)
NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": "a",
            "metadata": {},
            "outputs": [],
            "source": tiny.GOOD,
        }
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Course:
    """Two chapters, the second on top of the first."""
    return tiny.make_course(
        tmp_path_factory.mktemp("course"),
        {"ch01_tiny": (tiny.SOLUTION, tiny.SUITE), "ch02_later": (LATER, tiny.SUITE)},
    )


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A scheduler and two workers that live through all tests which harm nothing."""
    machines = Machines(tmp_path_factory.mktemp("machines"))
    machines.add_worker()
    machines.add_worker()
    yield machines
    stop_started()
    machines.stop()


@pytest.fixture
def machines(tmp_path):
    """Starts clusters that a test may harm."""
    started: list[Machines] = []

    def start(*options: str, workers: int = 0, **environment: str) -> Machines:
        started.append(Machines(tmp_path / f"machines{len(started)}", *options, **environment))
        for _ in range(workers):
            started[-1].add_worker()
        return started[-1]

    yield start
    stop_started()
    for one in started:
        one.stop()


def found(out: Path) -> dict[tuple[str, str], dict]:
    """All results without what must differ: when, how long it took, and how long it might have taken."""
    results = {}
    for path in (out / "results").glob("*/*.json"):
        result = json.loads(path.read_text("utf-8"))
        for timed in (result, *result["tests"]):
            timed.pop("seconds")
        for test in result["tests"]:
            if test["verdict"] == "timeout":  # the limit comes from the reference's own time on that machine
                for text in ("limit", "message", "detail"):
                    test[text] = re.sub(r"\d+(\.\d+)?", "N", test[text])
        result.pop("started")
        results[result["student"], result["chapter"]] = result
    return results


def rows(out: Path) -> dict[tuple[str, str], int]:
    """How often each student and chapter stands in the database."""
    with sqlite3.connect(out / "grades.db") as db:
        told = db.execute(
            "select student, chapter, count(*) from results group by student, chapter"
        ).fetchall()
    return {(student, chapter): count for student, chapter, count in told}


def many(folder: Path, count: int, source: str = SLOW) -> Path:
    return tiny.hand_in(folder, **{f"student{n:02}": f"{source}\n# {n}\n" for n in range(1, count + 1)})


def grading(out: Path, machines: Machines, course: Course, submissions: Path, *more: object):
    return start_kata(
        "grade", submissions, "--out", out, "--course", course.root, "--cluster", machines.address, *more
    )


# the same grades --------------------------------------------------------------------------------------------


def test_grades_are_the_same_wherever_they_are_made(tmp_path, course, two, monkeypatch):
    """every kind of submission gets the same result, word for word, from local processes and from workers"""
    folder = tiny.hand_in(
        tmp_path / "class",
        student01=tiny.GOOD,
        student02="def double(x): return x\ndef total(x): return float(sum(x))\n",
        student03="def (",
        student04=tiny.GOOD + "\nimport os\ndef total(x): os._exit(1)\n",
        student05=tiny.GOOD + "\ndef total(x):\n    while True: pass\n",
        student06="# Zoë\nraise RuntimeError('\\udcff ' + '=' * 50)\n",
        student07=tiny.GOOD + "\ndef total(x): raise ValueError(x)\n",
    )
    (folder / "student08").mkdir()
    tiny.write(folder / "student09" / "tiny.py", "").write_bytes(b"# coding: undefined\n")
    tiny.write(folder / "student10" / "tiny.ipynb", json.dumps(NOTEBOOK))
    tiny.write(folder / "student11" / "tiny.py", tiny.GOOD + "\ntwo = 2\n")
    tiny.write(folder / "student11" / "later.py", OWN)
    tiny.write(folder / "Zoë, Ångström" / "tiny.py", tiny.GOOD)
    monkeypatch.setenv("NNKATA_SECRET", "of this term")  # the workers do not have it in their environment
    told: list[tuple[int, int]] = []
    options = {"course": course, "on_result": lambda _, done, total: told.append((done, total))}
    here = grade_class([folder], tmp_path / "here", **options)
    there = grade_class([folder], tmp_path / "there", cluster=Cluster(two.address), **options)
    assert here.graded == there.graded == 24
    assert here.isolation.level == there.isolation.level
    assert told[24:] == told[:24] == [(n, 24) for n in range(1, 25)]
    local, remote = found(tmp_path / "here"), found(tmp_path / "there")
    assert remote == local and len(local) == 24
    assert local["student10", "ch01_tiny"]["score"] == tiny.MAXIMUM
    assert local["student11", "ch02_later"]["prerequisites"] == "own"
    assert local["student05", "ch01_tiny"]["tests"][2]["verdict"] == "timeout"
    again = grade_class([folder], tmp_path / "there", course=course)
    assert (again.graded, again.reused) == (0, 24)  # nor does it matter which of them had graded it


def test_a_worker_keeps_its_engine_warm(tmp_path, course, two):
    """a worker starts one grading process for a run, and uses it for every submission"""
    before = [children_of(worker.pid) for worker in two.workers]
    folder = many(tmp_path / "class", 12, tiny.GOOD)
    seen: set[int] = set()
    grade_class(
        [folder],
        tmp_path / "out",
        course=course,
        cluster=Cluster(two.address),
        prerequisites="own",
        on_result=lambda *_: seen.update(*map(children_of, [w.pid for w in two.workers])),
    )
    assert 1 <= len(seen - {pid for pids in before for pid in pids}) <= 2


def test_a_worker_with_threads_grades_as_many_at_once(tmp_path, course, machines):
    """two threads of one worker are two grading processes, which are let go without work"""
    cluster = machines()
    worker = cluster.add_worker(threads=2)
    most = []
    grade_class(
        [many(tmp_path / "class", 8)],
        tmp_path / "out",
        course=course,
        cluster=Cluster(cluster.address),
        on_result=lambda *_: most.append(len(children_of(worker.pid))),
    )
    assert max(most) == 2 and set(rows(tmp_path / "out").values()) == {1}
    courses = list((cluster.folder / "scratch").rglob("nnkata-course-*"))
    assert len(courses) == 1 and courses[0].stat().st_mode & 0o077 == 0
    engines = children_of(worker.pid)
    cluster.stop()
    waited(lambda: not any(map(alive, engines)))
    assert not courses[0].exists()


# what dies ---------------------------------------------------------------------------------------------------


def test_a_worker_killed_in_the_middle_loses_nothing(tmp_path, course, machines):
    """its submission is given to the other worker; every student has one grade, written once"""
    cluster = machines(workers=2)
    victim = cluster.workers[0]
    told, engines = [], []

    def on_result(result, done, total):
        told.append((result.student, result.chapter))
        if done >= 4 and not engines:
            engines.extend(children_of(victim.pid))
            if engines:  # it grades as well
                os.kill(victim.pid, signal.SIGKILL)

    folder = many(tmp_path / "class", 16)
    summary = grade_class(
        [folder], tmp_path / "out", course=course, cluster=Cluster(cluster.address), on_result=on_result
    )
    assert (summary.graded, summary.failures) == (16, [])
    assert len(told) == len(set(told)) == 16 and rows(tmp_path / "out") == dict.fromkeys(told, 1)
    assert {r["score"] for r in found(tmp_path / "out").values()} == {tiny.MAXIMUM}
    assert victim.wait(5) == -signal.SIGKILL and engines
    waited(lambda: not any(map(alive, engines)))


def test_a_submission_whose_workers_die_is_our_failure(tmp_path, course, machines):
    """after the last try it is told as our failure, without a grade; the next run grades it"""
    cluster = machines(workers=1, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
    folder = many(tmp_path / "class", 3)
    tiny.hand_in(folder, student00=tiny.GOOD + "\nimport time\ntime.sleep(2)\n")
    run = grading(tmp_path / "out", cluster, course, folder)
    waited(lambda: children_of(cluster.workers[0].pid) and not (tmp_path / "out" / "grades.csv").exists())
    waited(lambda: any(alive(w) for w in workers_of(children_of(cluster.workers[0].pid))))
    os.kill(cluster.workers[0].pid, signal.SIGKILL)
    cluster.add_worker()
    code, out, err = ended(run)
    assert code == 3 and "Traceback" not in err, err
    failed = re.findall(
        r"The grader failed on (\w+), ch01_tiny, not the submission. No grade was written", err
    )
    results = found(tmp_path / "out")
    assert failed and not {(student, "ch01_tiny") for student in failed} & set(results)
    assert len(results) + len(failed) == 4
    assert "died" in (tmp_path / "out" / "log" / failed[0] / "ch01_tiny.log").read_text()
    code, out, err = ended(grading(tmp_path / "out", cluster, course, folder))
    assert (code, len(found(tmp_path / "out"))) == (0, 4), err
    assert f"{len(failed)} graded, {4 - len(failed)} already graded" in out


def workers_of(engines: list[int]) -> list[int]:
    """Pids of the fork servers' children: sandboxed students."""
    return [w for engine in engines for server in children_of(engine) for w in children_of(server)]


def test_a_lost_scheduler_is_one_line_and_loses_nothing(tmp_path, course, machines):
    """exit code 3 and one line; what was graded is kept, and is not graded again"""
    cluster = machines(workers=1)
    folder = many(tmp_path / "class", 12)
    run = grading(tmp_path / "out", cluster, course, folder)
    waited(lambda: len(list((tmp_path / "out").glob("results/*/*.json"))) >= 3)
    cluster.scheduler.kill()
    code, _, err = ended(run)
    assert code == 3 and "Traceback" not in err
    lines = [line for line in err.splitlines() if not line.startswith("grading:")]
    assert len(lines) == 1 and f"The scheduler at {cluster.address} was lost" in lines[0], err
    assert "What is graded is kept" in lines[0]
    kept = len(rows(tmp_path / "out"))
    assert 3 <= kept < 12
    summary = grade_class([folder], tmp_path / "out", course=course)
    assert (summary.graded, summary.reused) == (12 - kept, kept)


def test_an_interrupted_run_resumes(tmp_path, course, two):
    """Ctrl-C ends the run with one line and code 130; the same command grades the rest"""
    folder = many(tmp_path / "class", 12)
    run = grading(tmp_path / "out", two, course, folder)
    waited(lambda: len(list((tmp_path / "out").glob("results/*/*.json"))) >= 3)
    run.send_signal(signal.SIGINT)
    code, _, err = ended(run)
    assert code == 130 and "Interrupted" in err and "Traceback" not in err, err
    kept = len(rows(tmp_path / "out"))
    assert 3 <= kept < 12
    code, out, err = ended(grading(tmp_path / "out", two, course, folder))
    assert (code, set(rows(tmp_path / "out").values())) == (0, {1}), err
    assert f"{12 - kept} graded, {kept} already graded" in out


def test_without_any_worker_left_the_run_ends(tmp_path, course, machines, monkeypatch):
    """the last worker gone for long: one line that says how to go on"""
    monkeypatch.setattr(cluster_module, "WORKERS_SECONDS", 1.0)
    cluster = machines(workers=1)
    on_result = lambda *_: cluster.workers[0].kill()  # noqa: E731
    with pytest.raises(
        cluster_module.GraderFailure, match=r"no worker at .* the same command grades the rest"
    ):
        grade_class(
            [many(tmp_path / "class", 6)],
            tmp_path / "out",
            course=course,
            cluster=Cluster(cluster.address),
            on_result=on_result,
        )
    assert 1 <= len(rows(tmp_path / "out")) < 6


# who may grade -------------------------------------------------------------------------------------------------


OTHER_NUMPY = """
from importlib import metadata
version = metadata.version
metadata.version = lambda name: "1.0" if name == "numpy" else version(name)
"""


def pretending(folder: Path, text: str) -> str:
    """A search path on which every Python does `text` first."""
    tiny.write(folder / "sitecustomize.py", text)
    return os.pathsep.join([str(folder), str(Path(cluster_module.__file__).parents[1])])


@pytest.mark.parametrize(
    "change, line",
    [
        (OTHER_NUMPY, r"Worker tcp://\S+ has numpy 1\.0, this machine has "),
        (
            "import platform\nplatform.python_version = lambda: '3.1.4'",
            r"has python 3\.1\.4, this machine has ",
        ),
        ("import sys\nsys.modules['grader'] = None", r"Cannot use worker tcp://.* nnkata\[cluster\]"),
    ],
)
def test_a_worker_with_other_versions_grades_nothing(tmp_path, course, two, change, line):
    """one line says what differs and where, and nobody is graded"""
    folder = many(tmp_path / "class", 3)
    with two.guest(PYTHONPATH=pretending(tmp_path / "other", change)), pytest.raises(UsageError, match=line):
        grade_class([folder], tmp_path / "out", course=course, cluster=Cluster(two.address))
    assert rows(tmp_path / "out") == {}


def test_a_worker_that_joins_late_is_asked_too(tmp_path, course, two):
    """a worker that comes in the middle with another numpy gets no submission graded"""
    path = pretending(tmp_path / "other", OTHER_NUMPY)
    with (
        contextlib.ExitStack() as guests,
        pytest.raises(UsageError, match=r"Worker tcp://\S+ has numpy 1\.0"),
    ):
        grade_class(
            [many(tmp_path / "class", 60)],
            tmp_path / "out",
            course=course,
            cluster=Cluster(two.address),
            on_result=lambda _, done, __: done == 1 and guests.enter_context(two.guest(PYTHONPATH=path)),
        )
    assert {r["environment"]["numpy"] for r in found(tmp_path / "out").values()} == {np.__version__}


def test_a_scheduler_without_nnkata_is_told(tmp_path, course, machines):
    """the scheduler has to know the name of our function"""
    cluster = machines(PYTHONPATH=pretending(tmp_path / "other", "import sys\nsys.modules['grader'] = None"))
    cluster.add_worker(PYTHONPATH=str(Path(cluster_module.__file__).parents[1]))
    with pytest.raises(UsageError, match=r"Cannot use the scheduler: .*nnkata\[cluster\]"):
        grade_class(
            [many(tmp_path / "class", 1)], tmp_path / "out", course=course, cluster=Cluster(cluster.address)
        )


def test_a_broken_suite_is_told_as_it_is_here(tmp_path, two):
    """what fails there is told in the same words, with the worker on which it failed"""
    broken = tiny.make_course(
        tmp_path / "broken", {"ch01_tiny": (tiny.SOLUTION.replace("2.0 *", "3.0 *"), tiny.SUITE)}
    )
    with pytest.raises(Exception, match="test_double") as here:
        grade_class([many(tmp_path / "class", 1)], tmp_path / "here", course=broken, jobs=1)
    with pytest.raises(type(here.value)) as there:
        grade_class([tmp_path / "class"], tmp_path / "there", course=broken, cluster=Cluster(two.address))
    worker, _, text = str(there.value).partition(": ")
    assert text == str(here.value) and worker.startswith("Worker tcp://")


def test_a_worker_takes_no_other_course(course):
    """a bundle whose hash is not the one that was announced is not even unpacked"""
    data = bundle(course)
    order = cluster_worker.Order(
        hashlib.sha256(data).hexdigest(),
        "/course",
        "s",
        ("ch01_tiny",),
        "sealed",
        cluster_worker.description(),
    )
    answer = json.loads(cluster_worker.grade(order.pack(), data + b"x", b"", True))
    assert answer["kind"] == "error" and "not the one that was sent" in answer["text"]
    assert cluster_worker._crews == {}


def test_submissions_travel_as_they_are(tmp_path):
    """text with odd characters, notebooks and all the rest of a job arrive unchanged"""
    path = tiny.write(tmp_path / "tiny.py", "x = 'ü'\n")
    source = read_source(path)
    source.text += "\udcff\0"
    file = DiskFile(tiny.write(tmp_path / "tiny.ipynb", json.dumps(NOTEBOOK)))
    notebook = Notebook(file, file.path.read_bytes())
    job = Job(
        "Zoë",
        "ch02_later",
        source,
        {"ch01_tiny": notebook, "ch00": "y"},
        {},
        "auto",
        ("note",),
        identity={"id": "7"},
    )
    got = cluster_worker.unpack_job(cluster_worker.pack_job(job))
    assert (got.source, got.notes, got.only, got.identity) == (source, ("note",), (), {"id": "7"})
    assert got.own["ch00"] == "y" and got.own["ch01_tiny"].source() == notebook.source()
    lazy = Job("student01", "ch02_later", read_unparsed(file), {}, {}, "own")
    assert cluster_worker.unpack_job(cluster_worker.pack_job(lazy)).source.notebook.sha256 == notebook.sha256


# addresses and encryption ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address, words",
    [
        ("tcp://10.0.0.5:8786", "not encrypted"),
        ("10.0.0.5:8786", "not encrypted"),
        ("tcp://[2001:db8::1]:8786", "not encrypted"),
        ("localhost.example.org:8786", "not encrypted"),
        ("tcp://0.0.0.0:8786", "not encrypted"),
        ("ws://127.0.0.1:8786", "not the address"),
        ("inproc://127.0.0.1/1/1", "not the address"),
        ("tls://10.0.0.5", "not the address"),
        ("tls://10.0.0.5:99999", "not the address"),
        ("tls://user@10.0.0.5:8786", "not the address"),
        ("", "not the address"),
    ],
)
def test_only_encrypted_addresses_leave_this_machine(address, words):
    """in the clear only on loopback"""
    with pytest.raises(UsageError, match=words):
        Cluster(address)


def test_an_address_is_judged_before_anything_is_done(tmp_path):
    """one line, exit code 2, and nothing was read or written"""
    code, _, err = ended(start_kata("grade", tmp_path, "--out", tmp_path / "out", "--cluster", "10.0.0.5:1"))
    assert code == 2 and "not encrypted" in err and len(err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8786", "localhost:1", "tcp://127.8.9.1:8786", "[::1]:8786", "tls://10.0.0.5:8786"]
)
def test_addresses_that_are_fine(address):
    """loopback in either form, and TLS to anywhere"""
    assert Cluster(address).full_address.endswith(address)


def test_a_worker_elsewhere_must_speak_tls(course, monkeypatch):
    """a scheduler on loopback may still have workers that send in the clear through a network"""
    team = ClusterTeam(course, course.graded_chapters, Cluster("127.0.0.1:8786"), "sealed")
    team._client = type("Client", (), {"scheduler": type("Scheduler", (), {"ncores": None})})
    monkeypatch.setattr(team, "_ask", lambda *_: {"tcp://127.0.0.1:40001": 1, "tcp://192.0.2.7:40001": 1})
    with pytest.raises(UsageError, match=r"Worker tcp://192\.0\.2\.7:40001 is not encrypted"):
        team._look()
    assert is_loopback("LOCALHOST") and not is_loopback("192.0.2.7")
    assert parts_of("tls://[2001:db8::1]:9") == ("tls", "2001:db8::1", 9)


def test_usage_is_told_in_one_line(tmp_path, course, monkeypatch):
    """nobody listens there, certificates without TLS, --jobs as well: one line each"""
    monkeypatch.setattr(cluster_module, "CONNECT_SECONDS", 0.5)
    folder = many(tmp_path / "class", 1)
    nonsense = tiny.write(tmp_path / "nonsense.pem", "x")
    for options, words in (
        ("--cluster 127.0.0.1:9", "No Dask scheduler answers at 127.0.0.1:9"),
        ("--cluster 127.0.0.1:9 --jobs 2", "Leave --jobs out"),
        ("--cluster 127.0.0.1:9 --cluster-ca ca.pem", "starts with tls://"),
        (f"--cluster tls://127.0.0.1:9 --cluster-ca {tmp_path}/no.pem", "cannot read"),
        (f"--cluster tls://127.0.0.1:9 --cluster-ca {nonsense}", "needs a certificate"),
        (f"--cluster tls://127.0.0.1:9 --cluster-ca {nonsense} --cluster-cert {nonsense}", "cannot be used"),
        ("--cluster-key me.key", "belong to --cluster"),
    ):
        words_given = ["grade", folder, "--out", tmp_path / "out", "--course", course.root, *options.split()]
        done = CliRunner().invoke(kata, list(map(str, words_given)))
        assert isinstance(done.exception, UsageError) and words in str(done.exception), done.exception
        assert len(str(done.exception).splitlines()) == 1


def test_without_distributed_the_extra_is_named(tmp_path, course):
    """one line names the extra to install"""
    path = pretending(tmp_path / "other", "import sys\nsys.modules['distributed'] = None")
    run = start_kata(
        "grade", many(tmp_path / "class", 1), "--out", tmp_path / "out", "--course", course.root,
        "--cluster", "127.0.0.1:9", PYTHONPATH=path,
    )  # fmt: skip
    code, _, err = ended(run)
    assert code == 2 and "nnkata[cluster]" in err and len(err.splitlines()) == 1, err


PAGE = (ROOT / "grader" / "docs" / "cluster.md").read_text("utf-8")
COMMANDS = re.findall(r"^ *\$ (.*)$", PAGE, re.MULTILINE)
openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> Path:
    """A folder with what the page tells to make."""
    folder = tmp_path_factory.mktemp("certificates")
    for command in COMMANDS[:4]:
        assert command.startswith(("openssl", "printf"))
        subprocess.run(command, shell=True, cwd=folder, check=True, capture_output=True)
    return folder


@openssl
def test_tls_with_certificates_of_our_own(tmp_path, course, machines, certificates):
    """scheduler and workers show certificates of one authority; a stranger's, or none, is refused in one line"""
    ca, cert, key = (str(certificates / name) for name in ("ca.pem", "cluster.pem", "cluster.key"))
    cluster = machines(
        "--protocol", "tls", "--tls-ca-file", ca, "--tls-cert", cert, "--tls-key", key, workers=2
    )
    assert cluster.address.startswith("tls://")
    folder = many(tmp_path / "class", 6, tiny.GOOD)
    options = ("--cluster-ca", ca, "--cluster-cert", cert, "--cluster-key", key)
    code, out, err = ended(grading(tmp_path / "out", cluster, course, folder, *options))
    assert code == 0 and "6 graded" in out and set(rows(tmp_path / "out").values()) == {1}, err
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    for command in COMMANDS[:4]:
        subprocess.run(command, shell=True, cwd=stranger, check=True, capture_output=True)
    wrong = [stranger / "ca.pem", stranger / "cluster.pem", stranger / "cluster.key"]
    for trusted in (ca, wrong[0]):  # the scheduler refuses us; we refuse the scheduler
        with pytest.raises(UsageError, match="No Dask scheduler answers at tls"):
            grade_class(
                [folder],
                tmp_path / "no",
                course=course,
                cluster=Cluster(cluster.address, trusted, *wrong[1:]),
            )
    with pytest.raises(UsageError, match="No Dask scheduler answers"):
        grade_class(
            [folder], tmp_path / "no", course=course, cluster=Cluster(cluster.address.replace("tls", "tcp"))
        )


@openssl
@pytest.mark.parametrize("commands", [COMMANDS[4:7], COMMANDS[7:]], ids=["encrypted", "one machine"])
def test_every_command_of_the_page_runs(tmp_path, course, certificates, commands):
    """grader/docs/cluster.md from top to bottom, with this machine in the place of all"""
    assert Counter(c.split()[0] for c in COMMANDS) == {"openssl": 3, "printf": 1, "dask": 4, "kata": 2}
    many(tmp_path / "submissions", 2, tiny.GOOD)
    for path in certificates.iterdir():
        shutil.copy(path, tmp_path)
    port = free_port()
    environment = {**os.environ, "NNKATA_COURSE": str(course.root), "PYTHONPATH": str(ROOT)}
    dask: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            words = shlex.split(re.sub("878[67]", port, command).replace("SCHEDULER", "127.0.0.1"))
            if words[0] == "dask":
                log = tmp_path / f"{words[1]}.log"
                with open(log, "wb") as file:
                    run = [sys.executable, "-m", *words, "--no-dashboard"]
                    dask.append(
                        subprocess.Popen(run, cwd=tmp_path, env=environment, stdout=file, stderr=file)
                    )
                ready = {"scheduler": "Scheduler at:", "worker": "Registered to:"}[words[1]]
                waited(lambda log=log, ready=ready: ready in log.read_text("utf-8", "replace"))
                continue
            run = [sys.executable, "-c", KATA, *words[1:]]
            done = subprocess.run(
                run, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=100
            )
            assert done.returncode == 0 and "2 graded" in done.stdout, done.stderr
    finally:
        for process in reversed(dask):
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
            process.kill()
            process.wait()


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])
