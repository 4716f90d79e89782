"""Every chapter keeps what AUTHORS.md promises. `pytest tests/grader/test_chapters.py -k ch04` checks one."""

from __future__ import annotations

import doctest
import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from grader.course import Chapter
from grader.local import load_chapter
from grader.marks import mark_of
from grader.suite import Runner, Suite, SuiteTest

sys.path.insert(0, str(Path(__file__).parent))
import chapters as helpers

NAMES = sorted(helpers.CHAPTERS)
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(params=NAMES)
def chapter(request: pytest.FixtureRequest) -> Chapter:
    return helpers.CHAPTERS[request.param]


def test_there_are_chapters():
    """the model chapters are there"""
    assert {"ch00_toolbox", "ch04_losses", "ch06_layers"} <= set(NAMES)


def test_reference_gets_full_marks(chapter):
    """the reference passes its whole hidden suite"""
    with helpers.suite_of(chapter) as suite:
        found = helpers.verdicts(suite, helpers.reference_of(chapter))
    assert {k: v for k, v in found.items() if v != "passed"} == {}


def test_alternatives_get_full_marks(chapter):
    """every other correct solution passes the whole hidden suite; there are at least three"""
    assert len(chapter.alternatives) >= 3
    with helpers.suite_of(chapter) as suite:
        for path in chapter.alternatives:
            found = helpers.verdicts(suite, helpers.module_student(chapter, path))
            assert {k: v for k, v in found.items() if v != "passed"} == {}, path.name


def test_stub_earns_nothing(chapter):
    """the stub gets 0 points and says what is not written"""
    loaded = load_chapter(chapter.course.solutions, chapter.name, chapter.stub_path)
    assert not loaded.problems
    with helpers.suite_of(chapter) as suite:
        found = helpers.verdicts(suite, loaded.student)
    assert [k for k, v in found.items() if v == "passed"] == []
    assert all(v.startswith(("unwritten", "skipped")) for v in found.values()), found


@pytest.mark.parametrize("way", helpers.WAYS)
def test_knowing_nothing_earns_nothing(chapter, way):
    """None, the first argument and zeros of the right shape get 0 points in every exercise"""
    declared = getattr(_mistakes_module(chapter), "EARNS_WITHOUT_KNOWING", {})
    earned = {}
    with helpers.suite_of(chapter) as suite:
        for exercise in chapter.exercises:
            passed = helpers.points_earned(suite, helpers.ignorant(chapter, exercise, way), exercise)
            if passed and exercise not in declared:
                earned[exercise] = passed
    assert earned == {}


def test_mistakes_are_caught(chapter):
    """every catalogued mistake fails every test that it names"""
    catalogue = helpers.catalogue_of(chapter)
    assert catalogue.mistakes
    slipped = {}
    with helpers.suite_of(chapter) as suite:
        known = {t.item.originalname: t for t in suite.tests}
        by_name: dict[str, list[SuiteTest]] = {}
        for test in suite.tests:
            by_name.setdefault(test.item.originalname, []).append(test)
        for wrong in catalogue.mistakes:
            student = catalogue.student_with(wrong)
            failures = []
            for name in wrong.caught_by:
                assert name in known, f"{wrong.id} names {name}, which is no hidden test"
                found = helpers.verdicts(suite, student, by_name[name])
                if all(v == "passed" for v in found.values()):
                    slipped[wrong.id] = name
                failures += [v for v in found.values() if v != "passed"]
            # It would fail everywhere if it found itself where it means to call the right program;
            # a program that is only too recursive for a deep graph passes the other tests.
            if failures and all("RecursionError" in v for v in failures):
                own = [t for t in suite.tests if t.mark.of == wrong.of]
                if "passed" not in helpers.verdicts(suite, student, own).values():
                    slipped[wrong.id] = "calls itself"
    catalogue.student_with(None)
    assert slipped == {}


def test_every_exercise_has_a_mistake(chapter):
    """no exercise is without a catalogued mistake"""
    covered = {m.of for m in helpers.catalogue_of(chapter).mistakes}
    assert [e for e in chapter.exercises if e not in covered] == []


def test_visible_tests_pass_on_the_reference(chapter):
    """the visible tests accept the reference, mark their exercise and fail on the stub"""
    runner = Runner()
    try:
        items = runner.open(chapter.course, [chapter.visible_path])
        tests = [SuiteTest(i.name, "", mark_of(i.function), (), i) for i in items]
        assert all(t.mark is not None for t in tests), "mark every visible test with @checks"
        assert {t.mark.of for t in tests} == set(chapter.exercises)
        suite = Suite(chapter, tests, runner, "visible")
        found = helpers.verdicts(suite, helpers.reference_of(chapter))
        assert {k: v for k, v in found.items() if v != "passed"} == {}
        stub = load_chapter(chapter.course.solutions, chapter.name, chapter.stub_path).student
        assert [k for k, v in helpers.verdicts(suite, stub).items() if v == "passed"] == []
    finally:
        runner.close()


def test_battery_demands_stay_small(chapter):
    """dtype, layout and integer demands (B2, B3, B5) are at most a tenth of an exercise's points"""
    total: dict[str, float] = {}
    formal: dict[str, float] = {}
    with helpers.suite_of(chapter) as suite:
        for test in suite.tests:
            total[test.mark.of] = total.get(test.mark.of, 0) + test.mark.points
            used = set(test.item.function.__code__.co_names)
            if used & {"accepts_any_layout", "keeps_float32", "accepts_integers"}:
                formal[test.mark.of] = formal.get(test.mark.of, 0) + test.mark.points
    assert {e: (n, total[e]) for e, n in formal.items() if n > 0.1 * total[e] + 1e-9} == {}


def test_handout_numbers_are_true(chapter):
    """every pycon example of the handout and every doctest of the solution prints what it says"""
    loaded = helpers.reference_of(chapter)._channel.servant.module
    space = {**vars(loaded), "np": np}
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=flags, verbose=False)
    text = chapter.handout_path.read_text(encoding="utf-8")
    blocks = re.findall(r"```pycon\n(.*?)```", text, re.DOTALL)
    assert blocks, "the handout has no ```pycon example"
    printed: list[str] = []
    for i, block in enumerate(blocks):
        runner.run(
            parser.get_doctest(block, dict(space), f"example {i + 1}", str(chapter.handout_path), 0),
            out=printed.append,
        )
    for name in chapter.exercises:
        for test in doctest.DocTestFinder().find(space[name], name, module=False, globs=space):
            runner.run(test, out=printed.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(printed)


def test_handout_has_hints(chapter):
    """the handout has three folded hints for every exercise, in the fixed form"""
    text = chapter.handout_path.read_text(encoding="utf-8")
    parts = re.split(r"^### Hints for `(\w+)`$", text, flags=re.MULTILINE)
    hints = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert set(hints) == set(chapter.exercises)
    for name, part in hints.items():
        assert len(re.findall(r"<details>\s*<summary>Hint [123]: ", part)) == 3, name


def test_figures_exist_and_are_shown(chapter):
    """every figure of figures.py is in the folder and in the handout"""
    if importlib.util.find_spec("matplotlib") is None:
        pytest.skip("matplotlib is not installed")
    from grader.figures import figure_functions

    functions = figure_functions(chapter.figures_path)
    assert functions
    text = chapter.handout_path.read_text(encoding="utf-8")
    for name, function in functions.items():
        assert (chapter.figures_path.parent / "figures" / f"{name}.svg").is_file()
        assert f"figures/{name}.svg" in text
        assert function.__doc__


def _mistakes_module(chapter: Chapter):
    space: dict = {"__name__": "mistakes"}
    helpers.catalogue_of(chapter)
    exec(
        compile(chapter.mistakes_path.read_text(encoding="utf-8"), str(chapter.mistakes_path), "exec"), space
    )
    return type("Module", (), space)
