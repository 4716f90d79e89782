"""Hostile submissions: each gets the verdict it deserves, and nothing around it comes to harm.

The cases are in `tests/attacks/`; they are graded once, by the real `grade_class`, and then looked at one by one.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

import grader
from grader.errors import IsolationError
from grader.results import SCHEMA_PATH

if sys.platform != "linux":
    pytest.skip("the sandbox is a matter of Linux", allow_module_level=True)
jsonschema = pytest.importorskip("jsonschema")

ROOT = Path(grader.__file__).resolve().parents[1]
ATTACKS = ROOT / "tests" / "attacks"

_spec = importlib.util.spec_from_file_location("attacks_harness", ATTACKS / "harness.py")
assert _spec and _spec.loader
harness: Any = importlib.util.module_from_spec(_spec)
sys.modules["attacks_harness"] = harness
_spec.loader.exec_module(harness)

CASES = {case.name: case for case in harness.cases()}
CHAPTERS = tuple(harness.GROUPS)
MEMORY_GROWTH = 300  # MB of one grading process
RUN_SECONDS = 400  # of a chapter; some 50 on two idle cores
# Run again as an ordinary user: these would find the grader's own files, processes and sockets.
AS_A_USER = [
    "p02",
    "p05",
    "p06",
    "p08",
    "p16",
    "p18_beside",
    "p19",
    "p20",
    "p24",
    "p26",
    "p31",
    "p34",
    "p38",
    "p39",
    "p40",
    "p41",
    "p42",
    "p43_right_id",
    "p44_many",
    "p44_seventh",
    "p46_thread_answers_first",
    "p54",
    "p63_raw",
    "p63_wrong",
]
ORDINARY_USER = 61_000  # an id that no account uses

# The first test waits for all submissions to be graded.
pytestmark = pytest.mark.timeout(2 * RUN_SECONDS + 60)
each_chapter = pytest.mark.parametrize("chapter", CHAPTERS)


@pytest.fixture(scope="module")
def reports() -> dict[str, Any]:
    """The report of each chapter, after all its cases were graded."""
    found = {}
    for chapter in CHAPTERS:
        chosen = [case for case in CASES.values() if case.chapter == chapter]
        # A case may leave what nobody but its worker's user can remove, if the sandbox fails.
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            try:
                found[chapter] = harness.run(Path(folder), chosen)
            except IsolationError as error:
                pytest.skip(str(error))
    return found


# the cases -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_case_gets_its_verdict(reports, name):
    """a hostile submission gets exactly the expected verdict in each test, in time, and tells its author nothing"""
    case = CASES[name]
    assert harness.complaints(case, reports[case.chapter]) == [], case.title


def test_no_attack_is_forgotten():
    """each of the 45 documented attacks has a case, and there are many more"""
    found = [path.name.partition("_")[0] for path in (ATTACKS / "cases").glob("p*.py")]
    found += [case.name.partition("_")[0] for case in CASES.values() if case.made]
    assert {f"p{number:02}" for number in range(1, 46)} <= set(found)
    assert len([name for name in found if name > "p45"]) >= 15


def test_expectations_are_verdicts():
    """an expectation names verdicts that exist, passes nothing of a wrong program, and leaves no group out"""
    from grader.results import STATUSES, VERDICTS

    for case in CASES.values():
        assert case.status <= set(STATUSES), case.name
        for group, wanted in case.expected.items():
            assert wanted or case.status <= {"rejected", "missing"}, f"{case.name}: {group}"
            assert set().union(*wanted) <= set(VERDICTS) - {"grader_error", "skipped"}, case.name


# what must hold whatever is submitted ----------------------------------------------------------------------


@each_chapter
def test_run_is_sealed(reports, chapter):
    """the cases were graded behind the full wall"""
    assert reports[chapter].level in ("sealed", "sealed+uid")


@each_chapter
def test_honest_neighbours_get_full_marks(reports, chapter):
    """honest submissions before, after and beside the hostile ones get every point"""
    good = reports[chapter].good
    assert len(good) == len([c for c in CASES.values() if c.chapter == chapter])
    assert [g for g in good if g["status"] != "graded" or g["score"] != g["max_score"]] == []


@each_chapter
def test_nothing_survives(reports, chapter):
    """no process of a submission is alive when its result is there, nor after the run"""
    assert reports[chapter].survivors == []


@each_chapter
def test_graders_live_on(reports, chapter):
    """no grading process, no fork server was lost, none was signalled, and none failed"""
    report = reports[chapter]
    assert (report.graders, report.servers) == (harness.JOBS, harness.JOBS)
    assert report.signals == [] and report.log == []


@each_chapter
def test_nothing_is_changed(reports, chapter):
    """course, submissions, the grader's folder and the places for temporary files are as they were"""
    assert reports[chapter].changed == []


@each_chapter
def test_nobody_calls_out(reports, chapter):
    """no listener on TCP, UDP, a unix path or an abstract name was reached"""
    assert reports[chapter].heard == []


@each_chapter
def test_graders_stay_small(reports, chapter):
    """no grading process ever held much more memory than at the beginning"""
    report = reports[chapter]
    jumps, before = [], 0
    for student, size in report.memory.items():
        jumps += [(size - before, student)] if size > before + 50 and before else []
        before = size
    assert report.grown < MEMORY_GROWTH, jumps


@each_chapter
def test_run_ends_in_time(reports, chapter):
    """the whole run, everything that hangs included, has an end"""
    assert reports[chapter].seconds < RUN_SECONDS


@each_chapter
def test_one_valid_result_each(reports, chapter):
    """each submission has exactly one result file, and it obeys the schema"""
    report = reports[chapter]
    students = len(report.results) + len(report.good)
    assert len(report.files) == len(set(report.files)) == students
    assert all(name.endswith(f"/{chapter}.json") for name in report.files)
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA_PATH.read_text("utf-8")))
    wrong = {name: [e.message for e in validator.iter_errors(data)] for name, data in report.results.items()}
    assert {name: errors for name, errors in wrong.items() if errors} == {}


@each_chapter
def test_feedback_pages_are_clean(reports, chapter):
    """the pages for students hold no word of the grader's, and no markup of a submission's"""
    report = reports[chapter]
    assert len(report.pages) > 1000 * len(report.results)
    assert [word for word in report.canaries.values() if word in report.pages] == []
    assert re.findall(r"<script>alert|<img src=x|\x1b", report.pages) == []


# the harness itself ----------------------------------------------------------------------------------------


def fake_report(case: Any, verdict: str, message: str = "") -> Any:
    """A report in which every test of one case got `verdict`."""
    tests = [
        {"id": f"test_{group.lower()}{i}", "title": "", "verdict": verdict, "message": message, "detail": "",
         "limit": None, "diagnosis": None}
        for group, count in harness.GROUPS[case.chapter].items() for i in range(count)
    ]  # fmt: skip
    report = harness.Report(case.chapter, canaries={"file": "the word"})
    score = 10.0 * sum(t["verdict"] == "passed" for t in tests)
    report.results[case.name] = {
        "status": "graded",
        "score": score,
        "seconds": 0.1,
        "notes": [],
        "tests": tests,
    }
    return report


def test_complaints_notice_a_wrong_verdict():
    """the harness complains about a pass that is none, and about a fail that is none"""
    case = CASES["p12_always_equal"]
    assert any(text.startswith("A: passed") for text in harness.complaints(case, fake_report(case, "passed")))
    assert any(text.startswith("B: raised") for text in harness.complaints(case, fake_report(case, "raised")))


def test_complaints_notice_a_leak():
    """the harness complains about a word of the grader's and about control characters in a message"""
    case = CASES["p01_exit_at_import"]
    assert harness.complaints(case, fake_report(case, "crashed")) == []
    assert harness.complaints(case, fake_report(case, "crashed", "it is the word, really")) != []
    assert harness.complaints(case, fake_report(case, "crashed", "\x1b[2J")) != []


def test_watch_notices_what_happens(tmp_path):
    """snapshots differ after a change, and listeners hear a knock"""
    import socket

    (tmp_path / "a").write_text("1")
    before = harness.snapshot(tmp_path)
    (tmp_path / "a").write_text("2")
    assert harness.snapshot(tmp_path) != before
    listeners = harness.Listeners(tmp_path)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"x", ("127.0.0.1", listeners.udp))
        socket.create_connection(("127.0.0.1", listeners.tcp)).close()
        with socket.socket(socket.AF_UNIX) as s:
            s.connect("\0" + listeners.abstract)
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(listeners.path)
    finally:
        listeners.close()
    assert len(listeners.heard) == 4


# without root ----------------------------------------------------------------------------------------------


def interpreter_for(user: int, environment: dict[str, str]) -> str:
    """A Python that this user may start and that has what grading needs; skips the test if there is none."""
    names = (f"python{sys.version_info[0]}.{sys.version_info[1]}", "python3")
    found = [sys.executable, *(shutil.which(name, path=os.defpath) for name in names)]
    check = "import sys, numpy, msgpack, sqlalchemy, jinja2, pytest, grader; print(sys.version_info[:2])"
    for path in dict.fromkeys(filter(None, found)):
        try:
            answer = subprocess.run(
                [path, "-c", check], user=user, group=user, extra_groups=[], env=environment, cwd="/",
                capture_output=True, text=True, timeout=60,
            )  # fmt: skip
        except OSError:
            continue
        if answer.stdout.strip() == str(sys.version_info[:2]):
            return path
    pytest.skip("an ordinary user cannot start this Python, or cannot read the kit")


def test_ordinary_user_is_as_safe():
    """run by an ordinary user, whose workers share his id, the cases get the same verdicts and reach nothing"""
    if os.geteuid() != 0:
        pytest.skip("all other tests of this file ran as an ordinary user already")
    import numpy

    paths = (str(ROOT), str(Path(numpy.__file__).parents[1]))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.chown(folder, ORDINARY_USER, ORDINARY_USER)
        environment = {
            "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1", "HOME": folder, "TMPDIR": folder,
            "PATH": os.defpath, "LC_ALL": "C.UTF-8",
        }  # fmt: skip
        python = interpreter_for(ORDINARY_USER, environment)
        done = subprocess.run(
            [python, str(ATTACKS / "harness.py"), *AS_A_USER], user=ORDINARY_USER, group=ORDINARY_USER, extra_groups=[],
            env=environment, cwd=folder, capture_output=True, text=True, timeout=RUN_SECONDS,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert {report["chapter"] for report in told} == set(CHAPTERS)
    for report in told:
        assert report["level"] == "sealed"
        assert report["complaints"] == {}
        for name in ("survivors", "changed", "heard", "signals", "log"):
            assert report[name] == [], name
        assert [g for g in report["good"] if g["score"] != g["max_score"]] == []
        assert report["grown"] < MEMORY_GROWTH
