"""Two runs side by side: who rose, who fell, which tests; and `kata report`."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from grader.cli import kata
from grader.errors import UsageError
from grader.regrade import Selection, select
from grader.report.changes import Changes
from grader.results import total
from grader.similar import Alike, Pair, write_alike
from grader.store import Store

sys.path.insert(0, str(Path(__file__).parent))
import synthetic
import tiny
from test_report import Page


def result(student, passed, chapter="ch04_losses", **changes):
    """A result with tests a, b, c of one point each; `passed` names those that pass."""
    tests = [synthetic.make_test(n, n, f"title {n}", "passed" if n in passed else "failed") for n in "abc"]
    return synthetic.make_result(student, chapter, tests=tests, **changes).add_up()


def compared(older, newer):
    changes = Changes(older, "before")
    for r in newer:
        changes.add(r)
    changes.finish()
    return changes


def test_who_rose_and_who_fell():
    """each chapter lists those whose mark changed, with both marks, and counts those who are the same, new or gone"""
    older = [result("up", "a"), result("down", "abc"), result("same", "ab"), result("gone", "a")]
    newer = [result("up", "abc"), result("down", "a"), result("same", "bc"), result("new", "a")]
    [change] = compared(older, newer).chapter_list
    assert change.rose == [("up", 1, 3)] and change.fell == [("down", 3, 1)]
    assert (change.same, change.new, change.gone, change.other_suite) == (1, 1, ["gone"], 0)


def test_which_tests_changed():
    """a test counts where it changed its verdict, also for those whose mark did not change"""
    older = [result("one", "ab"), result("two", "a")]
    newer = [result("one", "bc"), result("two", "ac")]
    [change] = compared(older, newer).chapter_list
    assert [(t.title, t.gained, t.lost) for t in change.changed_tests] == [
        ("title c", 2, 0),
        ("title a", 0, 1),
    ]


def test_nothing_handed_in_before_is_new_not_better():
    """a missing submission that came since is new; a new test is neither gained nor lost"""
    missing = synthetic.empty(result("late", ""), "missing", "nothing")
    shorter = result("one", "a")
    del shorter.tests[1:]
    changes = compared([missing, shorter.add_up()], [result("late", "abc"), result("one", "abc")])
    [change] = changes.chapter_list
    assert change.new == 1 and change.rose == [("one", 1, 3)] and change.changed_tests == []
    assert "late" not in changes.before


def test_another_suite_is_told():
    """results of another suite than before are counted: their difference may be the suite's"""
    [change] = compared([result("one", "a", suite={"sha256": "x"})], [result("one", "a")]).chapter_list
    assert change.other_suite == 1 and change.same == 1


def test_totals_are_of_chapters_in_both_runs():
    """before and now are summed over what is in both runs, so a new chapter is no rise"""
    changes = compared([result("one", "a")], [result("one", "ab"), result("one", "abc", "ch07_training")])
    assert (changes.before["one"], changes.now["one"]) == (1, 2)


# --- the command ------------------------------------------------------------------------------------------


@pytest.fixture
def runs(tmp_path):
    """Two folders of grades of 12 students; in the newer one a third did better, one worse."""
    older, newer = tmp_path / "older", tmp_path / "newer"
    first = [synthetic.make_result(f"student{n:02}", seed=1, skill=0.4) for n in range(1, 13)]
    second = [
        synthetic.make_result(f"student{n:02}", seed=1, skill=0.98 if n % 3 == 0 else 0.4)
        for n in range(1, 13)
    ]
    second[0] = synthetic.empty(synthetic.make_result("student01"), "rejected", "not Python")
    for folder, results in ((older, first), (newer, second)):
        with Store(folder) as store:
            for r in results:
                store.save(r, "key")
    return older, newer, first, second


def kata_report(*arguments):
    return CliRunner().invoke(
        kata, ["report", *map(str, arguments)], catch_exceptions=False, standalone_mode=False
    )


def test_report_compares_two_folders(runs, monkeypatch):
    """kata report --compare shows the changes, and the class table gets both totals"""
    older, newer, first, second = runs
    done = kata_report(newer, "--compare", older)
    assert done.return_value == 0 and str(newer / "report" / "index.html") in done.stdout
    page = Page(newer / "report" / "index.html")
    data = page.data()
    assert data["before"] == [pytest.approx(r.final) for r in first]
    assert data["now"] == [pytest.approx(r.final) for r in second]
    rose = [n.student for n, o in zip(second, first) if n.final > o.final]
    fell = [n.student for n, o in zip(second, first) if n.final < o.final]
    assert rose and fell
    assert page.group("rose in ch04_losses") == rose and page.group("fell in ch04_losses") == fell
    assert "Changes since older" in page.texts("h2")
    assert total(data["now"]) != total(data["before"])


def test_report_without_a_course_keeps_feedback(runs, tmp_path, monkeypatch):
    """outside a course the report is written, existing feedback pages keep their hints, and that is said"""
    _, newer, _, _ = runs
    page = newer / "feedback" / "student02" / "ch04_losses.html"
    page.parent.mkdir(parents=True)
    page.write_text("with hints")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NNKATA_COURSE", raising=False)
    done = kata_report(newer)
    assert "No course at hand" in done.stderr and page.read_text() == "with hints"
    assert (newer / "feedback" / "student03" / "ch04_losses.html").is_file()


def test_report_into_another_folder(runs, tmp_path):
    """--out leaves the folder of grades as it is"""
    _, newer, _, _ = runs
    done = kata_report(newer, "--out", tmp_path / "web")
    assert (tmp_path / "web" / "report" / "index.html").is_file() and not (newer / "report").exists()
    assert str(tmp_path / "web") in done.stdout


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["nothing"], "holds no grades"),
        (["newer", "--compare", "newer"], "is the same folder"),
        (["newer", "--compare", "nothing"], "holds no grades"),
        (["newer", "--class", "x.toml", "--no-class"], "do not go together"),
        (["newer", "--class", "missing.toml"], "cannot be read"),
        (["newer", "--out", "file"], "is a file"),
    ],
)
def test_wrong_use_is_one_clear_line(runs, tmp_path, monkeypatch, arguments, words):
    """what cannot be done is told in a line, and nothing is written"""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises((UsageError, click.exceptions.UsageError), match=words):
        kata_report(*arguments)
    assert not (tmp_path / "newer" / "report").exists()


def test_report_shows_the_class_file(runs, tmp_path):
    """what counts is after lateness: late marks are tagged and explained, absent people have rows, excuses are named"""
    _, newer, _, second = runs
    (newer / "class.json").unlink(missing_ok=True)
    (tmp_path / "roster.csv").write_text(
        "id,name,section\n" + "".join(f"student{n:02},Person {n},{'AB'[n % 2]}\n" for n in range(1, 15))
    )
    (tmp_path / "times.csv").write_text("student,chapter,time\nstudent03,ch04,2025-03-02 12:00\n")
    path = tmp_path / "class.toml"
    path.write_text(
        'timezone = "UTC"\nroster = "roster.csv"\ntimes = "times.csv"\n[late]\npercent_per_day = 10\n'
        '[chapters.ch04]\ndue = 2025-03-01T12:00:00\n[extensions.student04]\nch04 = "excused"\n'
    )
    kata_report(newer, "--class", path)
    page = Page(newer / "report" / "index.html")
    rows = {student: cells["ch04_losses"] for student, cells in page.class_table().items()}
    old = {r.student: r for r in second}
    assert rows["student03"] == ("g", pytest.approx(0.9 * old["student03"].final, abs=1e-3), "late")
    assert rows["student04"] == ("x", None, "excused")
    assert rows["student13"] == rows["student14"] == ("m", None, "")
    data = page.data()
    assert data["sections"][:2] == ["B", "A"] and data["students"][0][2] == "Person 1"
    notes = data["chapters"][0]["notes"]
    assert any("10 % off" in text for _, text in notes.values())
    assert {"student13", "student14"} <= set(page.group("missing", "ch04 losses"))


def test_damaged_class_file_does_not_stop_the_report(runs, tmp_path):
    """where the class file of the last run is broken the report says so and shows the marks without it"""
    _, newer, _, _ = runs
    (tmp_path / "class.toml").write_text("late = 3\n")
    record = {"schema": "nnkata/class/v1", "class_file": "../class.toml", "submissions": [], "times": []}
    (newer / "class.json").write_text(json.dumps(record))
    kata_report(newer)
    [banner] = [b for b in Page(newer / "report" / "index.html").banners() if "person to look at" in b]
    assert "nobody is late or excused" in banner and "class.toml" in banner


def test_pairs_that_look_alike(runs):
    """pairs that kata similar found are in the report, with the sentence that they are a hint"""
    _, newer, _, _ = runs
    pair = Pair("student02", "student99", 0.91, 0.8, 400, 12, [[1, 9]], [[2, 10]])
    write_alike(newer, [Alike("ch04_losses", 12, 7, [pair])])
    kata_report(newer)
    page = Page(newer / "report" / "index.html")
    assert "Submissions that look alike" in page.texts("h2") and "never a verdict" in page.source
    assert "ch04_lossesstudent02student9991 %80 %12" in page.texts("tr")
    assert "6 more pairs" in page.source


# --- grading a part again ---------------------------------------------------------------------------------


def test_selection_by_test_and_verdict():
    """--test picks those who did not pass the test, or have the verdict; with --only, of these students"""
    results = [result("one", "ab"), result("two", "abc"), result("three", "")]
    results[0].tests[2].verdict = "timeout"
    assert select(results, [], ["test_c"]).pairs == {("one", "ch04_losses"), ("three", "ch04_losses")}
    assert select(results, [], ["timeout"]).pairs == {("one", "ch04_losses")}
    assert select(results, ["three"], ["test_c"]).pairs == {("three", "ch04_losses")}
    assert select(results, [], ["test_c"]).before["two", "ch04_losses"] == 3


@pytest.mark.parametrize(
    "tests, words",
    [(["test_d"], "No result here has a test test_d. Did you mean"), (["crashed"], "Nobody failed crashed")],
)
def test_selection_of_nothing_is_told(tests, words):
    """a test that nobody has, or that nobody failed, is told before anything is graded"""
    with pytest.raises(UsageError, match=words):
        select([result("one", "abc")], [], tests)


def test_unknown_student_is_told():
    """--only with a name that handed in nothing names those that are close"""

    class Handed:
        student = "student01"

    with pytest.raises(UsageError, match=r"No submission of studet01 here\. Did you mean student01"):
        Selection(["studet01"]).of([Handed()])
    assert len(Selection(["STUDENT01"]).of([Handed()])) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="grading needs Linux")
def test_every_command_of_the_page_runs(tmp_path, monkeypatch):
    """grader/docs/report.md from top to bottom, on a class of three: the last one who failed is graded again, and told"""
    course = tiny.make_course(tmp_path / "course", {"ch04_losses": (tiny.SOLUTION, tiny.SUITE)})
    monkeypatch.setenv("NNKATA_COURSE", str(course.root))
    monkeypatch.chdir(tmp_path)
    wrong = tiny.GOOD.replace("(x) + x", "(x) * 3")
    assert wrong != tiny.GOOD
    for folder, third in (("submissions", wrong), ("resubmitted", tiny.GOOD)):
        for student, source in (("student01", tiny.GOOD), ("student02", tiny.GOOD), ("student03", third)):
            path = tmp_path / folder / student / "losses.py"
            path.parent.mkdir(parents=True)
            path.write_text(source)
    page = (Path(__file__).parents[2] / "grader" / "docs" / "report.md").read_text("utf-8")
    told = {}
    for line in re.findall(r"^ *\$ (kata .*)$", page, re.MULTILINE):
        words = [w.replace("test_softmax_never_overflows", "test_double") for w in shlex.split(line)[1:]]
        done = CliRunner().invoke(kata, words)
        assert done.exit_code == 0, (line, done.output, done.exception)
        told[line] = done.stdout
    assert sum(line.startswith("kata grade ") for line in told) == 5 and len(told) == 8
    counts = [re.search(r"(\d+) graded", out)[1] for out in told.values() if " graded" in out]
    assert counts == ["3", "3", "1", "1"]  # all, --force, --only, --test; the resubmission is quiet
    compared = Page(tmp_path / "grades-2" / "report" / "index.html")
    assert compared.group("rose in ch04_losses") == ["student03"]
    final = Page(tmp_path / "grades" / "report" / "index.html")
    assert final.class_table()["student03"]["ch04_losses"] == ("g", 4, "by hand")


@pytest.mark.skipif(sys.platform != "linux", reason="grading needs Linux")
def test_grading_again_says_which_marks_changed(tmp_path, monkeypatch):
    """a submission that was repaired on the disk is graded again with --only, and its mark before and now is told"""
    course = tiny.make_course(tmp_path / "course")
    monkeypatch.setenv("NNKATA_COURSE", str(course.root))
    for n, source in ((1, tiny.GOOD), (2, tiny.GOOD.replace("(x) + x", "(x) * 3"))):
        path = tmp_path / "in" / f"student0{n}" / "tiny.py"
        path.parent.mkdir(parents=True)
        path.write_text(source)
    arguments = ["grade", str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    assert CliRunner().invoke(kata, arguments).exit_code == 0
    path.write_text(tiny.GOOD)
    (tmp_path / "in" / "student01" / "tiny.py").write_text("")
    done = CliRunner().invoke(kata, [*arguments, "--only", "student02", "--force", "--json"])
    told = json.loads(done.stdout)
    assert told["graded"] == 1
    [changed] = told["changed"]
    assert re.fullmatch(
        rf"student02, ch01_tiny: [\d.]+ before, now {tiny.MAXIMUM:g} of {tiny.MAXIMUM:g}", changed
    )
    assert [r["score"] for r in told["results"]] == [tiny.MAXIMUM] * 2
    again = CliRunner().invoke(kata, [*arguments, "--test", "test_double"])
    assert isinstance(again.exception, UsageError) and "Nobody failed test_double" in str(again.exception)
