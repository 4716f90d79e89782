"""Diagnosis by behaviour: the catalogue names the mistake, and says nothing rather than something wrong."""

from __future__ import annotations

import pathlib
import re
import sys
import time

import pytest

pytest.importorskip("msgpack")
sys.path.insert(0, str(pathlib.Path(__file__).parent))

import chapters as helpers
import tiny

from grader.diagnose import Alarm, Behaviour, Diagnoser, TookTooLong, same_answer, same_behaviour
from grader.grade import Submission, add_diagnoses, grade_in_sandbox
from grader.grading_process import open_engine

MISTAKES = '''
import numpy as np
from grader import mistake
from ch01_tiny.tiny import double as right


@mistake("M901", of="double", caught_by="test_double")
def double_that_squares(x):
    """Squaring is not doubling: 2 * x, not x ** 2."""
    return np.asarray(x) ** 2


@mistake("M902", of="double", caught_by="test_double_leaves_x_alone")
def double_in_place(x):
    """The array of the caller changed; make a new one."""
    x *= 2
    return x


@mistake("M903", of="total", caught_by="test_total")
def total_of_all_but_the_last(x):
    """The last entry is left out; range ends one earlier."""
    return float(sum(x[:-1]))


@mistake("M905", of="total", caught_by="test_total")
def total_of_shapes_that_do_not_fit(x):
    """The shapes do not fit."""
    return float((np.asarray(x) + np.zeros(len(x) + 1)).sum())


@mistake("M904", of="total", caught_by="test_total")
def total_that_never_ends(x):
    """The loop never ends."""
    while True:
        pass
'''


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    course = tiny.make_course(tmp_path_factory.mktemp("course"), {"ch01_tiny": (tiny.SOLUTION, tiny.SUITE)})
    tiny.write(course.solutions / "ch01_tiny" / "mistakes.py", MISTAKES)
    with open_engine(course, list(course.chapters), allowed="process") as engine:
        yield engine


def diagnosed(engine, source: str, diagnoser: Diagnoser | None = None) -> dict[str, str]:
    """{test: id of the mistake} of a submission."""
    suite = engine.suites["ch01_tiny"]
    limits = engine.prepare("ch01_tiny")
    submission = Submission("student01", suite.chapter, source)
    outcome = grade_in_sandbox(engine.server, suite, submission, limits, "reference")
    add_diagnoses(outcome, diagnoser or Diagnoser(suite))
    return {t.id: t.diagnosis.id for t in outcome.tests if t.diagnosis and ":" not in t.diagnosis.id}


def test_a_mistake_is_named_whatever_it_looks_like(engine):
    """another program with the same behaviour gets the same name, in the failed tests only"""
    source = "def double(x):\n    return [[v * v for v in row] for row in x]\n"
    source = "import numpy as np\n" + source.replace("return [[", "return np.array([[").replace(
        "for row in x]", "for row in x])"
    )
    assert diagnosed(engine, source) == {"test_double": "M901"}


def test_a_mistake_in_one_exercise_does_not_hide_one_in_another(engine):
    """each exercise is judged for itself"""
    source = "def double(x):\n    x *= 2\n    return x\n\n\ndef total(x):\n    return float(sum(x[:-1]))\n"
    assert diagnosed(engine, source) == {"test_double_leaves_x_alone": "M902", "test_total": "M903"}


def test_a_correct_solution_gets_no_name(engine):
    """where nothing fails nothing is named"""
    assert diagnosed(engine, tiny.GOOD) == {}


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\n\n\ndef double(x):\n    return np.asarray(x) ** 2 + 1e-6\n",  # nearly
        "import numpy as np\n\n\ndef double(x):\n    x **= 2\n    return x\n",  # the answers of one, the manners of another
        "def total(x):\n    return -float(sum(x[:-1]))\n",  # two at once
        "def double(x):\n    return None\n",
        "def double(x):\n    raise ValueError\n",
        "",
    ],
)
def test_nearly_and_combined_mistakes_get_no_name(engine, source):
    """what does not behave exactly like a catalogued mistake is not named"""
    named = diagnosed(engine, source)
    assert named in ({}, {"test_double": "M901"}) if "x **= 2" in source else named == {}


def test_an_exception_is_known_by_what_it_says(engine):
    """the same error of numpy in another place is recognised, a student's own exception of that class is not"""
    mine = "import numpy as np\n\n\ndef total(x):\n    y = np.ones(np.size(x) + 1)\n    return float(np.add(x, y).sum())\n"
    assert diagnosed(engine, mine) == {"test_total": "M905"}
    assert diagnosed(engine, "def total(x):\n    raise ValueError('hello')\n") == {}
    assert diagnosed(engine, "def total(x):\n    raise ValueError\n") == {}


def test_an_endless_mistake_does_not_stop_the_grader(engine):
    """a catalogued program that never ends is cut off and recognised by nothing"""
    behaviours = Diagnoser(engine.suites["ch01_tiny"]).behaviours("total")
    assert {m.id: b.verdicts["test_total"] for m, b in behaviours} == {
        "M903": "failed",
        "M904": "timeout",
        "M905": "raised",
    }


def test_the_limit_of_trusted_code_is_not_lost_in_a_destructor(monkeypatch):
    """an alarm that rings while an object is being thrown away ends the computation soon after"""
    lost = []
    monkeypatch.setattr(sys, "unraisablehook", lost.append)

    class Slow:
        def __del__(self):
            compute(0.4)

    def compute(seconds):
        until = time.thread_time() + seconds
        while time.thread_time() < until:
            pass

    def throw_away_and_go_on():
        Slow()
        compute(5.0)

    with pytest.raises(TookTooLong), Alarm() as alarm, alarm.at_most(0.1):
        throw_away_and_go_on()
    assert lost == []


def test_a_broken_catalogue_costs_no_grade(engine):
    """if mistakes.py does not load nothing is named, and the submission is graded all the same"""
    path = engine.suites["ch01_tiny"].chapter.mistakes_path
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace('of="total"', 'of="nothing"'), encoding="utf-8")
    try:
        assert diagnosed(engine, "def total(x):\n    return float(sum(x[:-1]))\n") == {}
    finally:
        path.write_text(before, encoding="utf-8")


def test_answers_are_equal_up_to_rounding_only():
    """nan equals nan, shape and kind of numbers count, 1e-6 is a difference"""
    import numpy as np

    assert same_answer(np.array([1.0, np.nan]), np.array([1.0 + 1e-14, np.nan]))
    assert not same_answer(np.array([1.0]), np.array([1.0 + 1e-6]))
    assert not same_answer(np.array([1.0]), np.array([[1.0]]))
    assert not same_answer(np.array([1]), np.array([1.0]))
    assert not same_answer((1.0,), [1.0])
    assert same_answer({"a": [1, "x", None]}, {"a": [1, "x", None]})
    assert not same_behaviour(Behaviour({"t": "passed"}), Behaviour({"t": "passed"}))


@pytest.mark.heavy
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", sorted(helpers.CHAPTERS))
def test_nearly_every_catalogued_mistake_gets_its_own_name(name):
    """handed in as submissions, at least 95 % of a chapter's mistakes are named by their own id"""
    chapter = helpers.CHAPTERS[name]
    tail = re.sub(
        r"^from grader import .*$", "", chapter.mistakes_path.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    tail = "def mistake(*a, **k):\n    return lambda f: f\n" + tail.replace(
        "from __future__ import annotations", ""
    )
    with open_engine(helpers.COURSE, [chapter], allowed="process") as engine:
        limits, suite = engine.prepare(name), engine.suites[name]
        diagnoser = Diagnoser(suite)
        missed = []
        for wrong in diagnoser.catalogue.mistakes:
            source = (
                f"{chapter.solution}\nimport sys as _sys, types as _types\n_module = _types.ModuleType('m')\n"
                f"_sys.modules['m'] = _module\nexec(compile({tail!r}, 'm', 'exec'), _module.__dict__)\n"
                # what it calls of this chapter is the right one, not itself
                "_right = _types.SimpleNamespace(**globals())\n"
                "vars(_module).update({n: _right for n, t in vars(_module).items() if t is _sys.modules[__name__]})\n"
                f"{wrong.of} = _module.{wrong.name}\n"
            )
            outcome = grade_in_sandbox(
                engine.server, suite, Submission("s", chapter, source), limits, "reference"
            )
            add_diagnoses(outcome, diagnoser)
            named = {t.diagnosis.id for t in outcome.tests if t.diagnosis and t.exercise == wrong.of}
            if not any(wrong.id in n.split(" or ") for n in named):
                missed.append(wrong.id)
    assert len(missed) <= 0.05 * len(diagnoser.catalogue.mistakes), missed
