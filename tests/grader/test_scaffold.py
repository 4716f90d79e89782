"""`kata new`: what it writes is a chapter that passes every check of the kit."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader import scaffold, stubs
from grader.cli.new import new as new_command
from grader.course import Course
from grader.errors import UsageError
from grader.figures import draw_reference
from grader.mistakes import load_catalogue
from grader.release import release
from grader.scaffold import new_chapter

NAME = "ch15_attention"
HIDDEN = f"tests/hidden/{NAME}"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def course(tmp_path) -> Course:
    """An empty course with one new chapter, built."""
    (tmp_path / "tests" / "hidden").mkdir(parents=True)
    new_chapter(Course(tmp_path), NAME)
    course = Course(tmp_path)
    stubs.build(course)
    return course


def run_pytest(course: Course, *arguments: str) -> str:
    """Run the chapter's tests in a process of their own, as an author does; returns the last line."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib"]
    # The plugin comes by entry point where nnkata is installed, and by name in a bare clone.
    if not any(entry.name == "nnkata" for entry in entry_points(group="pytest11")):
        command += ["-p", "grader.pytest_plugin"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    result = subprocess.run(
        [*command, *arguments], cwd=course.root, env=environment, capture_output=True, text=True, check=False
    )
    return result.stdout.strip().splitlines()[-1]


def test_a_new_chapter_is_complete(course):
    """Nothing is missing or astray, the exercise is found, and the kit can be released."""
    assert stubs.strays(course) == []
    (chapter,) = course.graded_chapters
    assert chapter.exercises == ("row_mean",)
    assert [p.name for p in chapter.alternatives] == ["loops.py"]
    done = release(course, course.root / "kit.zip")
    assert f"{NAME}/attention.py" in done.files


def test_the_handout_has_its_sections(course):
    """The sections and the three folded hints that `kata hint` reads are there; no placeholder is left."""
    handout = course.chapter(NAME).handout_path.read_text()
    places = [
        handout.index(text)
        for text in (
            "# 15 Attention",
            "## The formula",
            "## By hand",
            "## What goes wrong",
            "## What to write",
            "## Hints",
            "### Hints for `row_mean`",
            "<details><summary>Hint 1: a question</summary>",
            "<details><summary>Hint 2: a direction</summary>",
            "<details><summary>Hint 3: nearly the line</summary>",
            "## Sources",
        )
    ]
    assert places == sorted(places)
    for path in course.root.rglob("*.*"):
        assert not path.is_file() or "@NAME@" not in path.read_text()


def test_reference_and_alternative_pass_and_the_stub_does_not(course):
    """The reference passes hidden and visible tests, the alternative the hidden ones, the stub none."""
    both = (HIDDEN, f"exercises/{NAME}/test_attention.py")
    assert run_pytest(course, *both, "--against", "solutions").startswith("3 passed")
    assert run_pytest(course, *both, "--against", "exercises").startswith("3 failed")
    assert run_pytest(course, HIDDEN, "--against", f"{HIDDEN}/alternatives/loops.py").startswith("2 passed")


def test_every_mistake_is_caught_where_it_says(course):
    """Each catalogued mistake of the new chapter fails the test it names."""
    chapter = course.chapter(NAME)
    catalogue = load_catalogue(chapter)
    assert [m.id for m in catalogue.mistakes] == ["CH15-columns", "CH15-sum"]
    space: dict = {"__name__": "hidden"}
    exec(
        compile((chapter.hidden_folder / "test_attention.py").read_text(), "test_attention.py", "exec"), space
    )
    for wrong in catalogue.mistakes:
        student = catalogue.student_with(wrong)
        for test in wrong.caught_by:
            with pytest.raises(AssertionError):
                space[test](student, space_rng())


def space_rng():
    """Random rows such as the fixture `rng` would give."""
    import numpy as np

    return np.random.default_rng(3)


def test_the_figure_is_drawn(course):
    """The figure that the handout shows comes out of the reference."""
    pytest.importorskip("matplotlib")
    written = draw_reference(course.chapter(NAME))
    assert [p.name for p in written] == ["row_mean.svg"]
    assert "figures/row_mean.svg" in course.chapter(NAME).handout_path.read_text()


@pytest.mark.parametrize(
    "name, text",
    [
        ("attention", "not the name of a chapter"),
        ("ch5_x", "not the name of a chapter"),
        ("ch16_Attention", "not the name of a chapter"),
        ("../ch16_x", "not the name of a chapter"),
        ("ch16_class", "cannot be called 'class'"),
        ("ch16_mistakes", "cannot be called"),
        ("ch15_other", "has the number 15"),
        (NAME, "has the number 15"),
    ],
)
def test_a_name_that_does_not_fit_is_refused(course, name, text):
    """Wrong and taken names give one line, and nothing is written."""
    before = sorted(course.root.rglob("*"))
    with pytest.raises(UsageError, match=text):
        new_chapter(course, name)
    assert sorted(course.root.rglob("*")) == before


def test_a_folder_left_over_blocks_its_number(course):
    """A number that only a stray folder uses is taken too."""
    (course.hidden / "ch16_old").mkdir()
    with pytest.raises(UsageError, match="ch16_old has the number 16"):
        new_chapter(course, "ch16_new")


def test_the_scaffold_has_no_two_truths():
    """The numbers of the doctest, the handout and the visible test are the same."""
    assert "array([3., 1.])" in scaffold.SOLUTION
    assert "[3.0, 1.0]" in scaffold.VISIBLE
    assert "| 1, 2, 6 | 9 | 3 | 3 |" in scaffold.HANDOUT


def test_the_command_says_what_to_do_next(course):
    """`kata new` lists the files and the next commands."""
    result = CliRunner().invoke(
        new_command, ["ch16_new", "--course", str(course.root)], catch_exceptions=False
    )
    assert "wrote  solutions/ch16_new/new.py" in result.output
    assert "kata build ch16" in result.output
    assert "pytest tests/hidden/ch16_new" in result.output
