"""`kata status` and `kata next`: progress is kept, and it is honest when files change."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import desk
from desk import file_of, kata, save, solved

from grader.practice import practise
from grader.progress import FILE, Progress


@pytest.fixture
def work(tmp_path):
    return desk.make_workspace(tmp_path)


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def rows(text: str) -> dict[str, str]:
    """chapter -> what its row says, without the bar."""
    found = {}
    for line in text.splitlines():
        words = line.removeprefix(">").split()
        if words and words[0].startswith("ch0"):
            found[words[0]] = " ".join(words[2:])
    return found


def test_a_fresh_workspace_needs_no_run(work):
    """untouched stubs are known to be not written; nothing is run, and the first thing to do is named"""
    append(work / "ch00_small" / "test_small.py", "\nraise RuntimeError('it was run')\n")
    done = kata(work, "status")
    assert done.returncode == 0
    assert rows(done.stdout) == {"ch00_small": "0 of 2", "ch01_more": "0 of 1"}
    assert "0 of 3 functions, 0 of 2 chapters done" in done.stdout
    assert "Next: double in ch00_small." in done.stdout
    assert not (work / FILE).exists()


def test_progress_is_kept_and_goes_stale(work):
    """a result is shown as long as the file is as it was; then it is marked, or run again"""
    save(work, "ch00_small", solved("ch00_small", total="return 5.0"))
    kata(work, "test", "ch00")
    fresh = kata(work, "status", "--no-run").stdout
    assert rows(fresh)["ch00_small"] == "1 of 2 2 of 3 checks"
    save(work, "ch00_small", solved("ch00_small"))
    stale = kata(work, "status", "--no-run", "--all").stdout
    assert rows(stale)["ch00_small"] == "0 of 2 ? changed since its last run"
    assert "?     double" in stale
    again = kata(work, "status").stdout
    assert rows(again)["ch00_small"] == "2 of 2 done"
    assert rows(kata(work, "status", "--no-run").stdout)["ch00_small"] == "2 of 2 done"


def test_one_function_that_was_tested_says_nothing_about_the_others(work):
    """after kata test double, total is still unknown, and double is not forgotten by the next partial run"""
    save(work, "ch00_small", solved("ch00_small"))
    kata(work, "test", "double")
    text = kata(work, "status", "--no-run", "--all").stdout
    assert "ok    double" in text and "?     total" in text
    kata(work, "test", "total")
    assert rows(kata(work, "status", "--no-run").stdout)["ch00_small"] == "2 of 2 done"


def test_an_earlier_chapter_counts_as_part_of_a_later_one(work):
    """a result of ch01 is stale when ch00, which it imports, has changed; and when its tests have"""
    for chapter in desk.STUBS:
        save(work, chapter, solved(chapter))
    kata(work, "test")
    assert Progress(work).chapter("ch01_more").finished
    save(work, "ch00_small", solved("ch00_small", double="return 3.0 * x"))
    assert Progress(work).chapter("ch01_more").stale
    kata(work, "status")
    assert [s.done for s in Progress(work).chapters()] == [1, 0]
    append(work / "ch01_more" / "test_more.py", "\n# another\n")
    assert Progress(work).chapter("ch01_more").stale


def test_a_file_that_changes_during_a_run_is_not_believed(work):
    """the result belongs to what the file held when the run began"""
    save(work, "ch00_small", solved("ch00_small"))
    progress = Progress(work)
    hashes = {"ch00_small": progress.hash_of("ch00_small")}
    found = practise(work, "ch00")
    save(work, "ch00_small", solved("ch00_small") + "\n")
    progress.note(found, hashes)
    progress.save()
    assert Progress(work).chapter("ch00_small").stale


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 1, "chapters": 3, "hints": [], "last": {}}', '{"format": 99}', "\x00"]
)
def test_a_damaged_record_is_made_anew(work, text):
    """nothing is lost but the record itself: what was tested is tested again"""
    save(work, "ch00_small", solved("ch00_small"))
    (work / FILE).parent.mkdir(exist_ok=True)
    (work / FILE).write_text(text)
    assert rows(kata(work, "status").stdout)["ch00_small"] == "2 of 2 done"
    assert json.loads((work / FILE).read_text())["format"] == 1


def test_odd_entries_of_a_record_are_passed_over(work):
    """entries of a wrong kind mean unknown, not a crash"""
    save(work, "ch00_small", solved("ch00_small"))
    entries = {"double": {"state": "perfect"}, "total": [1], "gone": {"state": "done"}}
    data = {
        "format": 1,
        "chapters": {"ch00_small": {"exercises": entries}, "ch01_more": 1},
        "hints": {"double": -3},
    }
    (work / FILE).parent.mkdir(exist_ok=True)
    (work / FILE).write_text(json.dumps(data))
    progress = Progress(work)
    assert progress.chapter("ch00_small").stale and progress.hints_shown("double") == 0
    assert kata(work, "status", "--no-run").returncode == 0


def test_a_file_that_does_not_load_is_said(work):
    """a syntax error is named in the table and is the next thing to do"""
    save(work, "ch00_small", "def double(:\n")
    text = kata(work, "status").stdout
    assert rows(text)["ch00_small"].endswith("does not load")
    assert "Next: " in text and "ch00_small/small.py, line 1" in text and "See: kata test ch00" in text


def test_outside_a_workspace_nothing_is_written(work):
    """in a folder without the record of kata start everything works, and nothing is left behind"""
    (work / ".nnkata.json").unlink()
    save(work, "ch00_small", solved("ch00_small"))
    assert kata(work, "test", "ch00").returncode == 0
    assert rows(kata(work, "status").stdout)["ch00_small"] == "2 of 2 done"
    assert not (work / ".nnkata").exists()


def test_a_record_that_cannot_be_written_stops_nothing(work):
    """where .nnkata is a file, commands work without a record"""
    (work / ".nnkata").write_text("mine")
    save(work, "ch00_small", solved("ch00_small"))
    assert kata(work, "test", "ch00").returncode == 0
    assert rows(kata(work, "status").stdout)["ch00_small"] == "2 of 2 done"
    assert (work / ".nnkata").read_text() == "mine"


def test_next_shows_what_to_write(work):
    """kata next names the place and shows the docstring; what is wrong comes before what is not written"""
    text = kata(work, "next").stdout
    assert "Next: double in ch00_small/small.py, line 11." in text
    assert "double(x)" in text and "out = 2 * x" in text and "kata hint double" in text
    save(
        work,
        "ch00_small",
        solved("ch00_small", total="return 5.0", double=desk.STUBS["ch00_small"][:0] + "pass"),
    )
    save(
        work,
        "ch00_small",
        file_of(work, "ch00_small").read_text().replace("    pass", "    raise NotImplementedError"),
    )
    text = kata(work, "next").stdout
    assert "Next: total in" in text and "1 + 2 + 3 is 6" in text


def test_next_goes_on_and_ends(work):
    """a finished chapter leads to the next, a chapter named is looked at, and at last there is nothing to do"""
    save(work, "ch00_small", solved("ch00_small"))
    kata(work, "test", "ch00")
    assert "Next: fourfold in ch01_more/more.py" in kata(work, "next").stdout
    assert "ch00_small  2 of 2 done" in kata(work, "next", "ch00").stdout
    save(work, "ch01_more", solved("ch01_more"))
    assert "kata submit" in kata(work, "next").stdout
    assert "Every visible test of every chapter passes." in kata(work, "status").stdout
    assert kata(work, "next", "ch07").returncode == 2


def test_bars_in_plain_ascii(work):
    """where the terminal knows no block characters, bars are made of # and ."""
    text = kata(work, "status", PYTHONIOENCODING="ascii").stdout
    assert "." * 24 in text


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_workspace(work):
    """in a folder that cannot be written kata test and kata status work"""
    work.chmod(0o500)
    try:
        assert rows(kata(work, "status").stdout)["ch00_small"] == "0 of 2"
    finally:
        work.chmod(0o700)
