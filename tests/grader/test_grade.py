"""Grading one submission: every verdict, fail closed, and one bug paid once."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from grader import grade as grade_module
from grader.course import Course
from grader.errors import AuthorError, GraderFailure
from grader.grade import (
    AFTER_A_HANG,
    FLOOR_SECONDS,
    RESPAWNS,
    Outcome,
    Submission,
    _slow_last,
    grade_in_sandbox,
    reference_outcome,
    sandbox_sources,
    time_limits,
)
from grader.grading_process import Engine, Job, open_engine
from grader.results import Result
from grader.sandbox.modules import IMPORTABLE
from grader.sandbox.server import ForkServer
from grader.submission import Source, read_source
from grader.suite import Suite, open_suites

sys.path.insert(0, str(Path(__file__).parent))
import tiny

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

SUITE = '''
import numpy as np
import pytest
from grader import battery, expect, has, points, refuses

@points(2, of="double")
def test_double(student, rng):
    """double gives twice each entry"""
    x = rng.normal(size=(4, 3))
    expect("double(x)", student.double(x)).close_to([[v + v for v in row] for row in x.tolist()])

@points(1, of="double", needs="test_double")
def test_double_keeps_x(student):
    """double does not change x"""
    battery.leaves_arguments_alone("double(x)", student.double, np.ones(3))

@points(0.1, of="double", needs="test_double_keeps_x", bonus=True)
def test_double_of_a_number(student):
    """double takes a number as well"""
    assert student.double(3.0) == 6.0

@points(2, of="total", seconds=0.5)
def test_total(student, rng):
    """total adds all entries"""
    x = rng.normal(size=5)
    expect("total(x)", student.total(x)).close_to(sum(x.tolist()))

@points(0.3, of="total")
def test_total_of_nothing(student):
    """total of nothing is 0"""
    expect("total([])", student.total([])).close_to(0.0)

@points(0.3, of="total")
def test_total_once_more(student):
    """total of one is that"""
    expect("total([1.0])", student.total([1.0])).close_to(1.0)
'''
FULL = 5.6
TESTS = [
    "test_double",
    "test_double_keeps_x",
    "test_double_of_a_number",
    "test_total",
    "test_total_of_nothing",
    "test_total_once_more",
]
D, T = slice(0, 3), slice(3, 6)

BASE = '''
import numpy as np
def base(x):
    """One more."""
    ### BEGIN SOLUTION
    return x + 1
    ### END SOLUTION
'''
BASE_SUITE = '''
from grader import expect, points
@points(1, of="base")
def test_base(student):
    """adds one"""
    expect("base(1)", student.base(1)).close_to(2.0)
'''
LATER = BASE.replace("def base", "from ch01_base.base import base\ndef later").replace(
    "x + 1", "base(base(x))"
)
LATER_SUITE = BASE_SUITE.replace("base", "later").replace("close_to(2.0)", "close_to(3.0)")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    chapters = {
        "ch01_base": (BASE, BASE_SUITE),
        "ch03_later": (LATER, LATER_SUITE),
        "ch05_tiny": (tiny.SOLUTION, SUITE),
    }
    course = tiny.make_course(tmp_path_factory.mktemp("course"), chapters)
    with open_engine(course, list(course.graded_chapters)) as engine:
        for chapter in course.graded_chapters:
            engine.prepare(chapter.name)
        yield engine


def grade(
    engine: Engine, source: str | None, chapter: str = "ch05_tiny", prerequisites: str = "auto", **own: str
) -> Result:
    text = None if source is None else Source(source, "0" * 64)
    result, log = engine.grade(Job("student01", chapter, text, own, engine.limits[chapter], prerequisites))
    assert log == "" and result.status != "grader_error"
    return result


def verdicts(result: Result | Outcome) -> list[str]:
    assert [t.id for t in result.tests] == TESTS, "every expected test has its one verdict"
    for test in result.tests:
        assert (test.verdict == "passed") == (test.points == test.max_points > 0)
        assert test.points in (0.0, test.max_points)
        assert (test.message == "") == (test.verdict == "passed")
    return [t.verdict for t in result.tests]


def test_a_right_submission_gets_full_marks(engine):
    """another correct program passes every test; score, maximum and bonus add up without dust"""
    result = grade(engine, tiny.GOOD)
    assert verdicts(result) == ["passed"] * 6
    assert (result.score, result.max_score, result.bonus, result.final) == (FULL, FULL, 0.1, FULL + 0.1)
    assert result.status == "graded" and result.prerequisites == "reference"
    assert result.isolation["level"] in ("sealed", "sealed+uid")
    assert result.to_json()


DOUBLE = "def double(x): return 2 * np.asarray(x)\n"
TOTAL = "def total(x): return float(np.sum(x))\n"
SUBMISSIONS = {
    # name: (source, verdicts of double's tests, verdicts of total's tests)
    "wrong": ("def double(x): return 3 * np.asarray(x)\n" + TOTAL, ["failed", "skipped", "skipped"], ["passed"] * 3),
    "in place": ("def double(x): x *= 2; return x\n" + TOTAL, ["passed", "failed", "skipped"], ["passed"] * 3),
    "raises": ("def double(x): return x['W']\n" + TOTAL, ["raised", "skipped", "skipped"], ["passed"] * 3),
    "stub": (
        "def double(x): raise NotImplementedError('x')\ndef total(x): raise NotImplementedError('x')\n",
        ["unwritten", "skipped", "skipped"],
        ["unwritten"] * 3,
    ),
    "renamed": ("def dubble(x): return 2 * x\n" + TOTAL, ["unwritten", "skipped", "skipped"], ["passed"] * 3),
    "empty": ("", ["unwritten", "skipped", "skipped"], ["unwritten"] * 3),
    "None": ("def double(x): pass\ndef total(x): pass\n", ["failed", "skipped", "skipped"], ["failed"] * 3),
    "input": ("def double(x): return x\ndef total(x): return x\n", ["failed", "skipped", "skipped"], ["failed"] * 3),
    "zeros": ("def double(x): return 0.0 * np.asarray(x)\ndef total(x): return 0.0\n", ["failed", "skipped", "skipped"], ["failed", "passed", "failed"]),
    "a set": ("def double(x): return {1}\n" + TOTAL, ["raised", "skipped", "skipped"], ["passed"] * 3),
    "leaves": ("import os\ndef double(x): os._exit(0)\n" + TOTAL, ["crashed", "skipped", "skipped"], ["passed"] * 3),
    "says yes": ("import os, sys\ndef double(x): sys.exit(0)\n" + TOTAL, ["raised", "skipped", "skipped"], ["passed"] * 3),
    "interferes": ("import os\ndef double(x): os.write(0, b'x' * 64)\n" + TOTAL, ["protocol", "skipped", "skipped"], ["passed"] * 3),
    "wants memory": ("def double(x): return np.ones(1 << 34)\n" + TOTAL, ["raised", "skipped", "skipped"], ["passed"] * 3),
    "recurses": ("def double(x): return double(x)\n" + TOTAL, ["raised", "skipped", "skipped"], ["passed"] * 3),
    "hangs": (DOUBLE + "def total(x):\n    while True: pass\n", ["passed"] * 3, ["timeout"] * 3),
    "sleeps": (DOUBLE + "import time\ndef total(x): time.sleep(100)\n", ["passed"] * 3, ["timeout"] * 3),
    "hangs once": (
        DOUBLE + "def total(x):\n    while len(x) == 5: pass\n    return float(sum(x))\n",
        ["passed"] * 3,
        ["timeout", "passed", "passed"],
    ),
    "prints": (DOUBLE + "def total(x):\n    print('y' * 10**6)\n    return float(sum(x))\n", ["passed"] * 3, ["passed"] * 3),
    "warns": (DOUBLE + "import warnings\ndef total(x):\n    warnings.warn('w')\n    return float(sum(x))\n", ["passed"] * 3, ["passed"] * 3),
    "equal to all": (
        "class Same(float):\n    def __eq__(self, o): return True\n    __hash__ = None\n"
        "def double(x): return Same(1)\ndef total(x): return Same(1)\n",
        ["raised", "skipped", "skipped"],
        ["raised"] * 3,
    ),
    "patches numpy": (
        "np.allclose = np.array_equal = lambda *a, **k: True\nnp.ndarray.__eq__ = None\ndef double(x): return x\ndef total(x): return 0.5\n",
        ["failed", "skipped", "skipped"],
        ["failed"] * 3,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_every_verdict(engine, name):
    """each way to fail has its verdict and costs only its own tests"""
    source, double, total = SUBMISSIONS[name]
    result = grade(engine, "import numpy as np\n" + source)
    found = verdicts(result)
    assert (found[D], found[T]) == (double, total)
    assert result.status == "graded"


def test_messages_of_the_verdicts(engine):
    """messages are safe for students: title of what is needed, class and line, limit, no values"""
    result = grade(engine, "def double(x):\n    return x['W']\ndef total(x):\n    while True: pass\n")
    first, second, *_, last = result.tests
    assert first.message.startswith("IndexError in ch05_tiny/tiny.py, line 2: ")
    assert second.message == "Counts once this passes: double gives twice each entry."
    assert (
        result.tests[4].verdict == "timeout"
        and result.tests[4].limit == f"{AFTER_A_HANG:g} s for one test, after one that took too long"
    )
    assert last.verdict == "timeout" and last.message.startswith(
        "Not run: total took too long in 2 tests before."
    )
    assert result.tests[3].limit == "0.5 s for one test"
    unwritten = grade(engine, "def double(x):\n    raise NotImplementedError\n").tests
    assert unwritten[0].message == "double is not written yet. Open ch05_tiny/tiny.py, line 2."
    assert unwritten[3].message == "ch05_tiny/tiny.py does not define total. Was it renamed or deleted?"


def test_a_function_that_hung_gets_less_time(engine):
    """after one time-out the other tests of that function wait only a short time"""
    started = time.monotonic()
    grade(engine, tiny.GOOD + "\ndef total(x):\n    while True: pass\n")
    assert time.monotonic() - started < 3 * AFTER_A_HANG + 3


def test_a_function_that_hangs_for_one_input_keeps_its_other_points(engine):
    """what hangs once is still asked for the rest, in less time"""
    result = grade(
        engine, tiny.GOOD + "\ndef total(x):\n    while len(x) == 5: pass\n    return float(sum(x))\n"
    )
    assert verdicts(result)[T] == ["timeout", "passed", "passed"]


def test_numpy_warnings_are_explained(engine):
    """a note says what numpy warned of, how often and why; the points stay; a student's own warnings say nothing"""
    source = """
import warnings
import numpy as np

def double(x):
    np.exp(np.full(3, 1000.0))
    np.log(np.zeros(1))
    warnings.warn(f"secret {x}", RuntimeWarning)
    warnings.warn("overflow encountered in secret", RuntimeWarning)
    return 2 * np.asarray(x)
"""
    result = grade(engine, source)
    assert verdicts(result)[D] == ["passed"] * 3
    notes = "\n".join(result.notes)
    assert "double: numpy warned 4 times of: overflow in exp. exp of more than 709 is inf." in notes
    assert "double: numpy warned 4 times of: divide by zero in log." in notes
    assert "secret" not in notes
    assert not any("warned" in note for note in grade(engine, tiny.GOOD).notes)


def test_a_warning_of_the_reference_is_no_note(tmp_path):
    """where the reference warns as well, nothing is said"""
    solution = tiny.SOLUTION.replace("    return 2.0 * ", "    np.log(np.zeros(1))\n    return 2.0 * ")
    assert solution != tiny.SOLUTION
    course = course_of(tmp_path, tiny.SUITE, solution)
    with open_engine(course, list(course.chapters)) as engine:
        engine.prepare("ch01_tiny")
        source = tiny.GOOD.replace(
            "def double(x):", "def double(x):\n    np.log(np.zeros(1)); np.exp(np.full(1, 1e3))"
        )
        notes = "\n".join(grade(engine, source, "ch01_tiny").notes)
        assert "overflow in exp" in notes and "in log" not in notes


# loading ---------------------------------------------------------------------------------------------------------


def test_a_syntax_error_is_raised_in_every_test(engine):
    """a file that does not parse: every test `raised`, with the line"""
    result = grade(engine, "def double(x):\n    return 2 *\n")
    assert set(verdicts(result)) == {"raised", "skipped"}
    assert result.tests[0].message.startswith("SyntaxError in ch05_tiny/tiny.py, line 2: `return 2 *`. ")
    assert (result.score, result.status) == (0.0, "graded")


@pytest.mark.parametrize("source", ["x = 1\x00", "(" * 5000, "x" + "+x" * 200_000, "\ud7ff = 1", "\x0c\n  x"])
def test_files_that_break_parsers(engine, source):
    """zero bytes, deep nests and odd characters break a worker at worst"""
    result = grade(engine, source)
    assert (
        set(verdicts(result)) <= {"raised", "skipped", "crashed", "unwritten", "timeout"}
        and result.score == 0
    )


def test_statements_that_raise_are_noted_and_left_out(engine):
    """a failing statement outside of functions is noted with its line; the functions are graded"""
    result = grade(
        engine,
        "import numpy as np\nprint(1 / 0)\n"
        + tiny.GOOD
        + "\nassert double(2) == 5\nopen('data.csv')\nraise SystemExit\n",
    )
    assert verdicts(result) == ["passed"] * 6
    assert len(result.notes) == 4
    assert (
        "line 2: this statement outside of any function raised ZeroDivisionError and was left out"
        in result.notes[0]
    )
    assert "AssertionError" in result.notes[1]


def test_an_import_that_is_not_there_is_noted(engine):
    """an import that fails is noted; functions that do not need it are graded"""
    result = grade(
        engine,
        "import torch\nfrom scipy import special\nimport matplotlib.pyplot as plt\nplt.plot([1])\n"
        + tiny.GOOD,
    )
    assert verdicts(result) == ["passed"] * 6
    assert ["ModuleNotFoundError" in n for n in result.notes] == [True, True]


def test_what_students_import_is_there(engine):
    """everything of numpy by a star, and each module that may be imported"""
    lines = [f"import {name}" for name in IMPORTABLE] + [
        f"from {m} import *" for m in ("numpy", "math", "numpy.linalg", "numpy.random", "typing")
    ]
    result = grade(engine, "\n".join(lines) + "\nx = linalg.norm(array([3, 4]))\nassert x == 5\n" + tiny.GOOD)
    assert result.notes == [] and verdicts(result) == ["passed"] * 6


def test_what_may_take_long_is_run_last():
    """slow tests and those that need them come after all small ones, each group in its own order"""
    tests = [
        SimpleNamespace(id=i, needs=needs)
        for i, needs in (("a", ()), ("b", ("a",)), ("c", ()), ("d", ("c",)))
    ]
    assert [t.id for t in _slow_last(tests, {"a": 20.0, "c": 2.0})] == ["c", "d", "a", "b"]
    assert [t.id for t in _slow_last(tests, {})] == ["a", "b", "c", "d"]


def test_what_modules_import_when_used_is_there(engine):
    """threads of a pool and dates read from text"""
    pool = "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(2) as pool:\n    list(pool.map(abs, [1]))\n"
    date = "import datetime\ndatetime.datetime.strptime('2020', '%Y')\n"
    result = grade(engine, pool + date + tiny.GOOD)
    assert result.notes == [] and verdicts(result) == ["passed"] * 6


def test_an_endless_loop_outside_of_functions(engine, monkeypatch):
    """a file that never finishes loading: every test `timeout`, after one waiting time"""
    monkeypatch.setattr("grader.grade.LOAD_SECONDS", 0.5)
    started = time.monotonic()
    result = grade(engine, tiny.GOOD + "\nwhile True: pass\n")
    assert set(verdicts(result)) == {"timeout", "skipped"} and result.score == 0
    assert result.tests[0].limit is not None and "for loading the file" in result.tests[0].limit
    assert time.monotonic() - started < 5


def test_leaving_outside_of_functions(engine):
    """os._exit at the top of the file: every test `crashed`, no point"""
    result = grade(engine, tiny.GOOD + "\nimport os\nos._exit(0)\n")
    assert set(verdicts(result)) == {"crashed", "skipped"} and result.score == 0


def test_a_main_guard_does_not_run(engine):
    """`if __name__ == "__main__"` is not run"""
    assert grade(engine, tiny.GOOD + "\nif __name__ == '__main__':\n    while True: pass\n").score == FULL


# what was handed in ----------------------------------------------------------------------------------------------


def test_nothing_handed_in(engine):
    """no file: status missing, 0 points of the full maximum, no tests"""
    result = grade(engine, None)
    assert (result.status, result.score, result.max_score, result.tests) == ("missing", 0.0, FULL, [])
    assert result.submission["kind"] == "none"


def test_an_unreadable_file(engine, tmp_path):
    """an unreadable file: status rejected, with the reason"""
    path = tmp_path / "tiny.py"
    path.write_bytes(b"# coding: undefined\n")
    job = Job(
        "student01", "ch05_tiny", read_source(path), {}, engine.limits["ch05_tiny"], "auto", ("a note",)
    )
    result, log = engine.grade(job)
    assert (result.status, result.score, result.max_score, log) == ("rejected", 0.0, FULL, "")
    assert result.notes[0] == "a note" and "encoding" in result.notes[1]


# earlier chapters ------------------------------------------------------------------------------------------------


def later(engine: Engine, source: str, prerequisites: str = "auto", base: str | None = None) -> Result:
    own = {} if base is None else {"ch01_base": base}
    return grade(engine, source, "ch03_later", prerequisites, **own)


GOOD_LATER = "from ch01_base.base import base\ndef later(x): return base(base(x))\n"
WRONG_BASE = "def base(x): return x + 5\n"


def test_a_bug_is_paid_once(engine):
    """a chapter is graded on the reference of the chapters it needs, not on the student's own"""
    result = later(engine, GOOD_LATER, base=WRONG_BASE)
    assert (result.score, result.prerequisites) == (1.0, "reference")


def test_own_chapters_can_be_demanded(engine):
    """`own` grades on the student's own chapters, whatever they are"""
    assert later(engine, GOOD_LATER, "own", WRONG_BASE).score == 0.0
    result = later(engine, GOOD_LATER, "own", "def base(x): return x + 1\n")
    assert (result.score, result.prerequisites) == (1.0, "own")
    assert later(engine, GOOD_LATER, "own").score == 0.0, "without an own chapter there is nothing to import"


HELPER = "from ch01_base.base import base, helper\ndef later(x): return helper(base(x))\n"
WITH_HELPER = "def base(x): return x + 1\ndef helper(x): return base(x)\n"


def test_an_own_helper_falls_back_to_own_chapters(engine):
    """a chapter that imports a helper of the student's own is graded on his own chapters, and says so"""
    result = later(engine, HELPER, base=WITH_HELPER)
    assert (result.score, result.prerequisites) == (1.0, "own")
    assert any("on the student's own earlier chapters" in n for n in result.notes)


def test_the_better_score_counts(engine):
    """if the own chapters are no better, the result on the reference stays"""
    result = later(engine, HELPER, base=WRONG_BASE)
    assert (result.score, result.prerequisites) == (0.0, "reference")
    partly = "def later(x): return x + 2\ntry:\n    from ch01_base.base import helper\nfinally:\n    pass\n"
    assert later(engine, partly, base="def base(x): pass\ndef helper(x): pass\n").prerequisites == "reference"


def test_reference_only_can_be_demanded(engine):
    """`reference` never looks at the student's own chapters"""
    result = later(engine, HELPER, "reference", WITH_HELPER)
    assert (result.score, result.prerequisites) == (0.0, "reference")


def test_what_a_worker_is_given(engine):
    """the worker gets the student's file, earlier references without docstrings, and nothing later"""
    course = engine.course
    submission = Submission(
        "s", course.chapter("ch03"), GOOD_LATER, {"ch01_base": WRONG_BASE, "ch05_tiny": "x"}
    )
    sources, names = sandbox_sources(submission, "reference")
    assert set(sources) == {"ch03_later.later", "ch01_base.base"} == set(names)
    assert "One more" not in sources["ch01_base.base"] and "###" not in sources["ch01_base.base"]
    assert "x + 1" in sources["ch01_base.base"] and sources["ch03_later.later"] == GOOD_LATER
    own, _ = sandbox_sources(submission, "own")
    assert own["ch01_base.base"] == WRONG_BASE and "ch05_tiny.tiny" not in own


def test_an_import_that_the_reference_does_without(engine):
    """an earlier chapter that only the student imports is there, with what it needs in turn"""
    source = "from ch03_later.later import later\ndef double(x): return 2.0 * x\ndef total(x): return later(0) - 2.0 + sum(x)\n"
    result = grade(engine, "import numpy as np\n" + source.replace("2.0 * x", "2.0 * np.asarray(x)"))
    assert result.score == FULL and result.notes == []


# workers ---------------------------------------------------------------------------------------------------------

MANY_SUITE = (
    "from grader import expect, fetch, points\n"
    + "\n".join(
        f'@points(1, of="double")\ndef test_{i:02}(student):\n    """is {i}"""\n    expect("double({i})", student.double({i})).equals({2 * i})'
        for i in range(16)
    )
    + '\n@points(1, of="total")\ndef test_total(student):\n    """adds"""\n    expect("total([])", student.total([])).equals(0)'
)


def course_of(tmp_path: Path, suite: str, solution: str = tiny.SOLUTION) -> Course:
    return tiny.make_course(tmp_path, {"ch01_tiny": (solution, suite)})


def graded(course: Course, source: str, **limits: float) -> Outcome:
    with ForkServer() as server, open_suites(course, [course.chapter("ch01")]) as suites:
        return grade_in_sandbox(
            server, suites["ch01_tiny"], Submission("s", course.chapter("ch01"), source), limits, "reference"
        )


def test_too_many_deaths_end_a_submission(tmp_path):
    """a submission gets so many new workers; then the rest is `crashed`"""
    outcome = graded(
        course_of(tmp_path, MANY_SUITE), "import os\ndef double(x): os._exit(1)\ndef total(x): return 0\n"
    )
    found = [t.verdict for t in outcome.tests]
    assert found == ["crashed"] * 17
    messages = [t.message for t in outcome.tests]
    assert messages.count("The submission ended its own process.") == RESPAWNS + 1
    assert messages[-1] == f"The submission ended its process {RESPAWNS} times."


FRESH_SUITE = MANY_SUITE.replace('@points(1, of="double")', '@points(1, of="double", fresh=True)')
COUNTING = (
    "calls = 0\ndef double(x):\n    global calls\n    calls += 1\n    return x + x if calls == 1 else -1\n"
)


def test_fresh_tests_get_workers_of_their_own(tmp_path):
    """a test marked fresh finds the module untouched; fresh workers are no deaths"""
    outcome = graded(
        course_of(tmp_path, FRESH_SUITE), COUNTING + "def total(x):\n    import os\n    os._exit(1)\n"
    )
    assert [t.verdict for t in outcome.tests] == ["passed"] * 16 + ["crashed"]
    one = graded(course_of(tmp_path / "b", MANY_SUITE), COUNTING + "def total(x): return 0\n")
    assert [t.verdict for t in one.tests] == ["passed"] + ["failed"] * 15 + ["passed"]


def test_a_submission_has_a_time_of_its_own(tmp_path, monkeypatch):
    """beyond the time of a submission the rest is `timeout`"""
    monkeypatch.setattr("grader.grade.SUBMISSION_SECONDS", 0.6)
    source = "import time\ndef double(x): time.sleep(0.25); return 2 * x\ndef total(x): return 0\n"
    outcome = graded(course_of(tmp_path, MANY_SUITE), source)
    found = [t.verdict for t in outcome.tests]
    assert found[0] == "passed" and found[-1] == "timeout"
    assert outcome.tests[-1].limit == "1 s for one submission"


def test_a_test_that_swallows_the_end_of_a_worker_does_not_pass(tmp_path):
    """a suite that catches everything cannot turn a crash into a pass"""
    suite = '''
from grader import points
@points(1, of="double")
def test_double(student):
    """doubles"""
    try:
        student.double(1)
    except Exception:
        pass
@points(1, of="total")
def test_total(student):
    """adds"""
'''
    outcome = graded(course_of(tmp_path, suite), "import os\ndef double(x): os._exit(0)\n")
    assert [t.verdict for t in outcome.tests] == ["crashed", "passed"]


def test_a_swallowed_check_has_failed(tmp_path):
    """a check in a callback that the student's code swallows fails its test"""
    suite = '''
from grader import expect, points
@points(1, of="double")
def test_double(student):
    """doubles what it is given"""
    student.double(lambda x: expect("x", x).number())
@points(1, of="total")
def test_total(student):
    """adds"""
'''
    solution = tiny.SOLUTION.replace("return 2.0 * np.asarray(x)", "return x(1.0)")
    source = "def double(f):\n    try:\n        f('text')\n    except BaseException:\n        pass\n"
    outcome = graded(course_of(tmp_path, suite, solution), source)
    assert [t.verdict for t in outcome.tests] == ["failed", "passed"]


# the reference ---------------------------------------------------------------------------------------------------


def test_time_limits_follow_the_reference(engine):
    """a limit is generous, has a floor, and is what the author says where he says it"""
    limits = engine.limits["ch05_tiny"]
    assert limits["test_total"] == 0.5
    assert {limits[t] for t in TESTS if t != "test_total"} == {FLOOR_SECONDS}
    suite = engine.suites["ch05_tiny"]
    with ForkServer() as server:
        outcome = reference_outcome(server, suite)
    outcome.tests[0].seconds, outcome.tests[1].seconds = 0.101, 100.0
    slow = time_limits(suite, outcome)
    assert (slow["test_double"], slow["test_double_keeps_x"]) == (6.0, 60.0)


def broken_reference(tmp_path: Path) -> Course:
    return course_of(tmp_path, tiny.SUITE.replace("close_to(sum(x.tolist()))", "close_to(0.0)"))


def test_a_reference_that_fails_stops_grading(tmp_path):
    """a reference that fails its own suite is a GraderFailure that names test and command"""
    course = broken_reference(tmp_path)
    words = "The reference of ch01_tiny does not pass its own test test_total"
    with (
        ForkServer() as server,
        open_suites(course, [course.chapter("ch01")]) as suites,
        pytest.raises(GraderFailure, match=words) as caught,
    ):
        reference_outcome(server, suites["ch01_tiny"])
    assert "Run: pytest tests/hidden/ch01_tiny" in str(caught.value) and caught.value.exit_code == 3


def test_a_failing_sandbox_gives_no_grade(engine, monkeypatch):
    """a failure of the grader is tried once more, then it is `grader_error` without score, with a log"""
    calls = []

    def fail(*args, **kwargs):
        calls.append(1)
        raise GraderFailure("the fork server is gone")

    monkeypatch.setattr("grader.grading_process.grade_in_sandbox", fail)
    job = Job("student01", "ch05_tiny", Source(tiny.GOOD, "0" * 64), {}, engine.limits["ch05_tiny"], "auto")
    result, log = engine.grade(job)
    assert (result.status, result.score, result.tests, len(calls)) == ("grader_error", None, [], 2)
    assert "attempt 2: the fork server is gone" in log
    assert result.notes == ["The grader failed, not the submission. No grade was written."]


def test_our_own_part_of_a_test_has_a_limit(tmp_path, monkeypatch):
    """a test that hangs on our side is our failure, not a hanging grading process"""
    monkeypatch.setattr(grade_module, "TRUSTED_SECONDS", 0.2)
    monkeypatch.setattr(grade_module, "PATIENCE", 0.0)
    hanging = tiny.SUITE.replace(
        "    x = rng.normal(size=5)\n", "    x = rng.normal(size=5)\n    while student.total(x) > 1e9: pass\n"
    )
    assert hanging != tiny.SUITE
    course = course_of(tmp_path, hanging)
    with open_engine(course, list(course.chapters)) as engine:
        engine.prepare("ch01_tiny")
        source = tiny.GOOD + "\ndef total(x):\n    return 1e10\n"
        limits = dict.fromkeys(engine.limits["ch01_tiny"], 60.0)  # the student's time is not what ends it
        job = Job("s", "ch01_tiny", Source(source, "0" * 64), {}, limits, "auto")
        result, log = engine.grade(job)
    assert result.status == "grader_error" and result.score is None and "did not end" in log


def test_an_authors_error_in_a_test_gives_no_grade(tmp_path):
    """a test that breaks a rule while it runs is the grader's side: no grade"""
    suite = tiny.SUITE.replace("student.double(x)", "student.double(rng)", 1)
    course = course_of(tmp_path, suite)
    with (
        open_engine(course, [course.chapter("ch01")]) as engine,
        pytest.raises(GraderFailure, match="Pass Rng"),
    ):
        engine.prepare("ch01_tiny")


def test_the_diagnosis_names_a_catalogued_mistake(tmp_path):
    """a submission that behaves exactly like a catalogued mistake is told so"""
    course = course_of(tmp_path, tiny.SUITE)
    tiny.write(
        course.solutions / "ch01_tiny" / "mistakes.py",
        '''
        import numpy as np
        from grader import mistake

        @mistake("M001", of="total", caught_by="test_total")
        def mean(x):
            """That is the mean, not the sum."""
            return float(np.mean(x))
        ''',
    )
    with open_engine(course, [course.chapter("ch01")]) as engine:
        engine.prepare("ch01_tiny")
        source = tiny.GOOD + "\ndef total(x): return float(sum(x) / len(x))\n"
        result, _ = engine.grade(
            Job("s", "ch01_tiny", Source(source, "0" * 64), {}, engine.limits["ch01_tiny"], "auto")
        )
    assert result.tests[2].diagnosis is not None and result.tests[2].diagnosis.id == "M001"
    assert result.tests[0].diagnosis is None


def test_a_suite_that_does_not_collect_is_the_authors_error(tmp_path):
    """a broken suite stops before anybody is graded"""
    course = course_of(tmp_path, "1 / 0")
    with pytest.raises(AuthorError, match="does not import"), open_engine(course, [course.chapter("ch01")]):
        pass


def test_a_suite_keeps_its_hash_in_the_result(engine):
    """the result names the suite, the submission and the environment it was made with"""
    result = grade(engine, tiny.GOOD)
    suite: Suite = engine.suites["ch05_tiny"]
    assert result.suite == {"sha256": suite.sha256} and result.submission["sha256"] == "0" * 64
    assert set(result.environment) == {"python", "numpy", "nnkata", "platform"}
