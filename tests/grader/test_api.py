"""Grading from Python, as `grader.api` promises it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("msgpack")
sys.path.insert(0, str(Path(__file__).parent))

import tiny

from grader import Grader, Result, find_course, grade_class, grade_submission
from grader.errors import GraderFailure, UsageError
from grader.store import Store

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

WRONG = "def double(x): return x\ndef total(x): return float(sum(x))\n"
LATER = "from ch01_tiny.tiny import double\ndef later(x):\n    return double(x) + 1\n"
LATER_SOLUTION = (
    LATER.replace("def later(x):\n", 'def later(x):\n    """2 x + 1."""\n    ### BEGIN SOLUTION\n')
    + "    ### END SOLUTION\n"
)
LATER_SUITE = '''
from grader import expect, points

@points(1, of="later")
def test_later(student):
    """later of 2 is 5"""
    expect("later(2.0)", student.later(2.0)).close_to(5.0)
'''


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    chapters = {"ch01_tiny": (tiny.SOLUTION, tiny.SUITE), "ch02_later": (LATER_SOLUTION, LATER_SUITE)}
    return tiny.make_course(tmp_path_factory.mktemp("course"), chapters)


@pytest.fixture(scope="module")
def grader(course):
    with Grader(course) as grader:
        yield grader


def test_one_submission(course, tmp_path):
    """a file or a text, graded in one call"""
    path = tiny.write(tmp_path / "tiny.py", WRONG)
    for source in (path, WRONG):
        result = grade_submission(source, "ch01", course=course.root, student="student07")
        assert isinstance(result, Result) and (result.student, result.chapter) == ("student07", "ch01_tiny")
        assert (result.status, result.score, result.max_score) == ("graded", 2.0, tiny.MAXIMUM)
        assert result.isolation["level"] in ("sealed", "sealed+uid")


def test_the_same_grades_as_a_class(course, grader, tmp_path):
    """Grader and grade_class agree in every verdict"""
    sources = {
        "student01": tiny.GOOD,
        "student02": WRONG,
        "student03": "def (",
        "student04": "import os\nos._exit(0)\n",
    }
    folder = tiny.hand_in(tmp_path / "class", **sources)
    grade_class([folder], tmp_path / "out", course=course)
    with Store(tmp_path / "out", read_only=True) as store:
        stored = {r.student: r for r in store.results("ch01_tiny")}
    for student, source in sources.items():
        result = grader.grade(source, "tiny", student=student)
        assert (result.score, [t.verdict for t in result.tests]) == (
            stored[student].score,
            [t.verdict for t in stored[student].tests],
        )


def test_own_earlier_chapters(grader, course):
    """a chapter is graded on the reference's earlier ones, and on the student's own where that is asked for"""
    wrong = {"ch01": WRONG}
    assert grader.grade(LATER, "ch02", own=wrong).score == 1.0
    assert grade_submission(LATER, "ch02", course=course, own=wrong, prerequisites="own").score == 0.0


def test_what_is_missing_or_unreadable(grader, tmp_path):
    """None is missing, what cannot be read is rejected with a reason; neither raises"""
    assert grader.grade(None, "ch01").status == "missing"
    (tmp_path / "tiny.py").write_bytes(b"\xff\xfe\xff")
    rejected = grader.grade(tmp_path / "tiny.py", "ch01")
    assert rejected.status == "rejected" and rejected.score == 0.0 and rejected.notes
    assert grader.grade("#" * (2**20 + 1), "ch01").status == "rejected"


def test_wrong_use_is_one_clear_line(grader, course, tmp_path):
    """chapters, options and paths that do not exist, and a Grader that is not open"""
    calls = [
        lambda: grader.grade(tmp_path / "nothing.py", "ch01"),
        lambda: grader.grade(tiny.GOOD, "ch09"),
        lambda: Grader(course, ["ch09"]),
        lambda: Grader(course, prerequisites="all"),
        lambda: Grader(tmp_path),
        lambda: Grader(course).grade(tiny.GOOD, "ch01"),
    ]
    for call in calls:
        with pytest.raises(UsageError) as caught:
            call()
        assert "\n" not in str(caught.value)
    with Grader(course, ["ch01"]) as one, pytest.raises(UsageError, match="was not opened"):
        one.grade(LATER, "ch02")


def test_our_failure_is_an_exception(tmp_path):
    """where the grader fails there is no result"""
    suite = tiny.SUITE.replace(
        "    x = rng.normal(size=5)\n",
        "    x = rng.normal(size=5)\n    if student.total(x) > 1e9: import nowhere\n",
    )
    assert suite != tiny.SUITE
    course = tiny.make_course(
        tmp_path / "course",
        {"ch01_tiny": (tiny.SOLUTION, suite.replace("import nowhere", "expect('x', 1).close_to('a')"))},
    )
    with pytest.raises(GraderFailure):
        grade_submission(tiny.GOOD + "\ndef total(x):\n    return 1e10\n", "ch01", course=course)


def test_the_course_of_the_working_directory(course, monkeypatch):
    """without a course the one around the working directory is taken"""
    monkeypatch.delenv("NNKATA_COURSE", raising=False)
    monkeypatch.chdir(course.hidden)
    assert find_course().root == course.root
    assert grade_submission(tiny.GOOD, "ch01").score == tiny.MAXIMUM
