"""`kata hint`: one hint at a time, and it remembers how far one is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import chapters as helpers
import desk
from desk import kata, save, solved

from grader.hints import hints_in, plain
from grader.practice import exercise_names


@pytest.fixture
def work(tmp_path):
    return desk.make_workspace(tmp_path)


def test_one_at_a_time(work):
    """each call shows one hint more below those seen before; after the last there is no further one"""
    first = kata(work, "hint", "double").stdout
    assert "Hint 1: a question" in first and "What is one double? It goes on here." in first
    assert "Hint 2" not in first and "2 more: kata hint double" in first
    second = kata(work, "hint", "double").stdout
    assert "Hint 1" in second and "Think of plus." in second and "Hint 3" not in second
    third = kata(work, "hint", "double").stdout
    assert "    x + x" in third and "```" not in third
    assert "That was the last one." in third
    assert kata(work, "hint", "double").stdout == third
    assert "Hint 2" not in kata(work, "hint", "total").stdout


def test_again_and_all(work):
    """--again reveals nothing new, --all shows everything and remembers it"""
    none = kata(work, "hint", "double", "--again")
    assert none.returncode == 2 and "no hint for double yet" in none.stderr
    kata(work, "hint", "double")
    for _ in range(2):
        assert "Hint 2" not in kata(work, "hint", "double", "--again").stdout
    assert "Hint 3" in kata(work, "hint", "double", "--all").stdout
    assert "Hint 3" in kata(work, "hint", "double", "--again").stdout
    assert kata(work, "hint", "double", "--again", "--all").returncode == 2


def test_without_a_name_it_is_about_what_is_next(work):
    """kata hint alone means the function that kata next names; with everything done it says so"""
    save(work, "ch00_small", solved("ch00_small", total="return 5.0"))
    assert kata(work, "hint").stdout.startswith("total, ch00_small")
    assert kata(work / "ch01_more", "hint").stdout.startswith("fourfold, ch01_more")
    for chapter in desk.STUBS:
        save(work, chapter, solved(chapter))
    assert "nothing to hint at" in kata(work, "hint").stdout


def test_names(work):
    """methods and names with their chapter are understood; a wrong name gets the nearest"""
    assert kata(work, "hint", "double.forward").stdout.startswith("double, ch00_small")
    assert kata(work, "hint", "ch00.total").stdout.startswith("total, ch00_small")
    wrong = kata(work, "hint", "dobule")
    assert wrong.returncode == 2 and "Did you mean double" in wrong.stderr
    assert "kata status --all" in kata(work, "hint", "zzzzz").stderr


def test_missing_handouts_and_hints_are_said(work):
    """a handout that was deleted, or that has no hints for a function, is one clear line"""
    handout = work / "ch00_small" / "README.md"
    handout.write_text("# nothing\n")
    assert "has no hints for double" in kata(work, "hint", "double").stderr
    handout.unlink()
    missing = kata(work, "hint", "double")
    assert missing.returncode == 2 and "kata update" in missing.stderr


@pytest.mark.parametrize("chapter", sorted(helpers.CHAPTERS))
def test_every_exercise_of_the_course_has_three_hints(chapter):
    """hints are found for whatever a visible test looks at: a question, a direction, nearly the line"""
    course = helpers.CHAPTERS[chapter]
    if not course.visible_path.is_file() or not course.handout_path.is_file():
        pytest.skip("this chapter is not written yet")
    found = hints_in(course.handout_path.read_text(encoding="utf-8"))
    for name in exercise_names(course.visible_path):
        assert [h.title.partition(":")[0] for h in found[name]] == ["Hint 1", "Hint 2", "Hint 3"], name
        assert all(h.text and "<" not in h.title for h in found[name])


def test_hints_end_where_they_end():
    """a heading inside a code block is none, text after the hints is none, and one heading may name two functions"""
    text = (
        "### Hints for `a` and `b`\n<details>\n<summary>Hint 1</summary>\nx\n```\n# no heading\n```\n</details>\n"
        "## Other\n<details><summary>Not one</summary>y</details>\n"
    )
    found = hints_in(text)
    assert set(found) == {"a", "b"} and len(found["a"]) == 1
    assert "# no heading" in found["b"][0].text


def test_markdown_as_text():
    """paragraphs become lines, items stay apart, code is indented"""
    text = "one\ntwo\n\n- a\n- b\n  more\n\n```python\nx = 1\n\ny\n```\nend **bold**"
    assert plain(text) == ["one two", "", "- a", "- b more", "", "    x = 1", "    ", "    y", "end bold"]
