"""The whole way of an assignment through nbgrader's own commands, with a class that hands in what classes hand in."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="nbgrader is not installed: pip install 'nnkata[instructor]'")
sys.path.insert(0, str(Path(__file__).parent))
import zoo
from desk_of_nbgrader import HEAVY, ROOT, Desk

from grader.course import Course
from grader.nbgrader.leaks import leaks
from grader.nbgrader.source import exercise_score, points_of
from grader.notebook_build import source_of
from grader.results import Result

pytestmark = HEAVY
A = zoo.ASSIGNMENT
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,ch04_losses (77)
    Points Possible,,,,,50.75
"One, Student",1,student01,student01,A,
"Zero, Student",2,student02,student02,A,3
Stranger,99,nobody,nobody,A,
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A class of fifteen, autograded."""
    desk = Desk(tmp_path_factory.mktemp("cycle"))
    desk.init("ch04")
    desk.nbgrader("generate_assignment", A)
    desk.nbgrader("release_assignment", A)
    students = zoo.zoo(desk.released(A, "losses"), zoo.solutions(Course(ROOT)))
    zoo.hand_in(desk.root / "submitted", students)
    desk.log = desk.nbgrader("autograde", A)
    yield desk
    desk.close()


@pytest.fixture(scope="module")
def by_kata(desk: Desk) -> dict[str, Result]:
    """The same class through `kata grade`, into a folder of its own."""
    out = desk.home / "by-kata"
    desk.kata("grade", str(desk.root), "--out", str(out), "--chapter", "ch04", "-q", "--course", str(ROOT))
    return results_in(out)


def results_in(out: Path) -> dict[str, Result]:
    found = [Result.from_json(p.read_text()) for p in sorted((out / "results").rglob("*.json"))]
    return {r.student: r for r in found}


def test_everybody_is_graded_whatever_was_handed_in(desk):
    """fifteen notebooks, half of them mangled, give fifteen rows of scores and exit code 0"""
    scores = desk.scores(A, "losses")
    assert sorted(scores) == [f"student{n:02}" for n in range(1, 16)]
    assert all(score is not None for row in scores.values() for score in row.values())
    with desk.gradebook() as gradebook:
        assert not any(s.needs_manual_grade for s in gradebook.find_assignment(A).submissions)
    total = {student: sum(row.values()) for student, row in scores.items()}
    full = total["student01"]
    assert full == pytest.approx(50.75)
    # copied, edited metadata, all in one cell, no metadata, reversed
    assert {total[f"student{n:02}"] for n in (4, 6, 11, 12, 14)} == {full}
    # lost, syntax error, endless loop, os._exit: only that function's points
    points = scores["student01"]["softmax"]
    assert {total[f"student{n:02}"] for n in (5, 7, 8, 9)} == {full - points}
    assert total["student02"] == total["student13"] == total["student15"] == 0.0
    assert 0 < total["student03"] < full


def test_kata_grade_and_autograde_give_the_same_scores_test_by_test(desk, by_kata):
    """the same class through kata grade and through nbgrader autograde: every test, verdict and point is the same"""
    ours = results_in(desk.grades)
    assert len(by_kata) == 15 and ours.keys() == by_kata.keys()
    compared = 0
    for student, result in by_kata.items():
        mine = [(t.id, t.verdict, t.points, t.message) for t in ours[student].tests]
        assert mine == [(t.id, t.verdict, t.points, t.message) for t in result.tests], student
        compared += len(mine)
    assert compared > 500
    for student, row in desk.scores(A, "losses").items():
        for exercise, score in row.items():
            assert score == pytest.approx(exercise_score(by_kata[student].tests, exercise)[0]), (
                student,
                exercise,
            )


def test_each_test_of_a_grade_cell_is_told_with_its_points(desk, by_kata):
    """under each grade cell stand one number that nbgrader reads, and every test with title and points"""
    path = desk.root / "autograded" / "student10" / A / "losses.ipynb"
    cells = json.loads(path.read_text())["cells"]
    graded = [c for c in cells if c["metadata"].get("nbgrader", {}).get("grade")]
    assert len(graded) == 12
    for cell in graded:
        (output,) = cell["outputs"]
        assert output["output_type"] == "execute_result"
        exercise = cell["metadata"]["nbgrader"]["grade_id"]
        tests = [t for t in by_kata["student10"].tests if t.exercise == exercise]
        assert float("".join(output["data"]["text/plain"])) == pytest.approx(sum(t.points for t in tests))
        table = "".join(output["data"]["text/html"])
        assert table.count("<tr") == len(tests)
        for test in tests:
            assert f"{test.points:g} of {test.max_points:g}" in table
    assert all(c["outputs"] == [] for c in cells if c["cell_type"] == "code" and c not in graded)


def test_answers_and_comments(desk):
    """an answer cell is found again in what was pasted together, and a comment says what is wrong first"""
    with desk.gradebook() as gradebook:
        said = {
            student: gradebook.find_comment("softmax-answer", "losses", A, student).auto_comment
            for student in ("student01", "student02", "student08", "student13")
        }
    assert said["student01"] is None
    assert said["student02"] == "Not written yet."
    assert "limit" in said["student08"] or "long" in said["student08"]
    assert "losses.ipynb" in said["student13"]
    path = desk.root / "autograded" / "student12" / A / "losses.ipynb"
    cells = {
        c["metadata"].get("nbgrader", {}).get("grade_id"): c for c in json.loads(path.read_text())["cells"]
    }
    assert "def softmax" in "".join(cells["softmax-answer"]["source"])


def test_a_second_run_reads_and_a_mark_by_hand_stays(desk):
    """autograde --force grades nothing again, keeps a mark by hand and asks to look at it"""
    with desk.gradebook() as gradebook:
        grade = gradebook.find_grade("softmax", "losses", A, "student02")
        grade.manual_score = 1.5
        gradebook.db.commit()
    told = desk.nbgrader("autograde", A, "--student=student02", "--force")
    assert "to grade" in desk.log and "to grade" not in told
    with desk.gradebook() as gradebook:
        grade = gradebook.find_grade("softmax", "losses", A, "student02")
        assert (grade.auto_score, grade.manual_score, grade.score, grade.needs_manual_grade) == (
            0.0,
            1.5,
            1.5,
            True,
        )
        grade.manual_score = None
        grade.needs_manual_grade = False
        gradebook.db.commit()


def test_no_line_of_a_hidden_suite_is_in_any_file_after_the_full_cycle(desk):
    """generate, release, collect, autograde, feedback, export: no file under the course directory holds a hidden test"""
    (desk.root / "submitted" / "student03" / A / "submission_secret.txt").unlink()
    (desk.root / "autograded" / "student03" / A / "submission_secret.txt").unlink()
    desk.nbgrader("generate_feedback", A)
    told = desk.nbgrader("release_feedback", A)
    assert "student03" in "".join(line for line in told.splitlines() if "through the exchange" in line)
    assert len(list((desk.exchange / "course" / "feedback").glob("*.html"))) == 14
    desk.nbgrader("export", "--to", "grades.csv")
    course = Course(ROOT)
    assert [*leaks(desk.root, course), *leaks(desk.exchange, course)] == []


def test_feedback_has_no_script_of_a_student(desk):
    """markdown, raw cells, outputs, metadata, exception texts: nothing of a student's becomes markup"""
    from bs4 import BeautifulSoup

    page = desk.root / "feedback" / "student10" / A / "losses.html"
    soup = BeautifulSoup(page.read_text(), "html.parser")
    assert "ValueError" in soup.get_text()
    scripts = [s for s in soup.find_all("script") if "pwned" in s.get_text()]
    handlers = [(t.name, a) for t in soup.find_all(True) for a in t.attrs if a.lower().startswith("on")]
    links = [
        t for t in soup.find_all(True) for a in ("href", "src") if str(t.get(a, "")).startswith("javascript")
    ]
    assert scripts == [] and handlers == [] and links == []
    assert "pwned" not in str(soup.head)


def test_a_csv_that_no_spreadsheet_runs(desk):
    """names with commas and formulas stay in their column"""
    desk.nbgrader("db", "student", "add", "student01", "--first-name==cmd()", "--last-name=Two, Names")
    desk.nbgrader("export", "--to", "grades.csv")
    rows = {
        r["student"]: r for r in csv.DictReader((desk.root / "grades.csv").read_text("utf-8").splitlines())
    }
    assert len(rows) == 15
    assert rows["student01"]["name"] == "'=cmd() Two, Names"
    assert float(rows["student01"]["final"]) == 50.75 and float(rows["student02"]["final"]) == 0


def test_canvas_gets_its_own_file_filled(desk):
    """the exported gradebook file comes back with one column filled and a stranger's row untouched"""
    (desk.root / "canvas.csv").write_text(CANVAS)
    told = desk.nbgrader(
        "export", "--exporter", "grader.nbgrader.export.CanvasExport", "--CanvasExport.into=canvas.csv", "--to", "filled.csv"
    )  # fmt: skip
    lines = (desk.root / "filled.csv").read_text().splitlines()
    assert lines[2] == '"One, Student",1,student01,student01,A,50.75'
    assert lines[3] == '"Zero, Student",2,student02,student02,A,0'
    assert lines[4] == "Stranger,99,nobody,nobody,A," and "Stranger" in told
    told = desk.nbgrader("export", "--exporter", "grader.nbgrader.export.CanvasExport", code=2)
    assert "--CanvasExport.into=FILE" in told and "Traceback" not in told


def test_the_doctor_finds_nothing_wrong_here(desk):
    """kata nbgrader doctor: config, version, sandbox, separation, source notebooks"""
    told = desk.kata("nbgrader", "doctor", str(desk.root))
    assert "missing" not in told
    for words in (
        "uses our grader",
        "sealed",
        "no hidden test in the course directory",
        "12 exercises, 50.75 points",
    ):
        assert words in told


def test_every_chapter_becomes_an_assignment(tmp_path):
    """kata nbgrader init without --chapter: each released notebook is the stub, points are those of the suite"""
    every = Desk(tmp_path / "all")
    every.init()
    course = Course(ROOT)
    points = points_of(course, course.graded_chapters)
    for chapter in course.graded_chapters:
        every.nbgrader("generate_assignment", chapter.name)
        notebook = every.released(chapter.name, chapter.module)
        for cell in notebook["cells"]:
            cell["source"] = [cell["source"]]
        assert source_of(notebook) == chapter.stub_path.read_text(), chapter.name
    with every.gradebook() as gradebook:
        found = {a.name: a.max_score for a in gradebook.assignments}
    every.close()
    assert found == pytest.approx({name: sum(of.values()) for name, of in points.items()})
    assert list(leaks(every.root, course)) == []
