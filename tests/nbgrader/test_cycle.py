"""One assignment of three students through nbgrader's own commands: from the source notebook to the feedback."""

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
from desk_of_nbgrader import ROOT, Desk

from grader import Grader
from grader.course import Course
from grader.nbgrader.leaks import hidden_lines, leaks
from grader.nbgrader.source import exercise_score
from grader.notebook_build import source_of

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux"),
]

A = zoo.ASSIGNMENT
STUDENTS = ["student01", "student02", "student03"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """All is right in student01's notebook, student02 hands in losses.py alone, student03's cells are mangled."""
    desk = Desk(tmp_path_factory.mktemp("cycle"))
    desk.init("ch04")
    desk.nbgrader("generate_assignment", A)
    desk.nbgrader("release_assignment", A)
    course = Course(ROOT)
    right = zoo.solutions(course)
    notebooks = zoo.zoo(desk.released(A, "losses"), right)
    text = course.chapter("ch04").stub_path.read_text()
    three = {
        "student01": ("losses.ipynb", json.dumps(notebooks["student01"])),
        "student02": ("losses.py", text + "\n\n" + right["softmax"] + "\n"),
        "student03": ("losses.ipynb", json.dumps(notebooks["student10"])),
    }
    for student, (name, content) in three.items():
        desk.submit(student, A, {name: content})
    desk.nbgrader("collect", A)
    desk.log = desk.nbgrader("autograde", A)
    desk.nbgrader("generate_feedback", A)
    desk.nbgrader("release_feedback", A)
    desk.nbgrader("export", "--to", "grades.csv")
    yield desk
    desk.close()


def test_the_config_has_two_lines(tmp_path, desk):
    """kata nbgrader init writes a config of two lines, and a second call changes nothing"""
    config = (desk.root / "nbgrader_config.py").read_text().split("get_config().Exchange")[0]
    assert len(config.splitlines()) == 2 and "configure(get_config()" in config
    before = {p: p.read_bytes() for p in desk.root.rglob("*") if p.is_file()}
    assert "0 files written" in desk.kata(
        "nbgrader", "init", str(desk.root), "--chapter", "ch04", "--course", str(ROOT)
    )
    assert before == {p: p.read_bytes() for p in desk.root.rglob("*") if p.is_file()}


def test_the_release_has_the_stubs_of_the_py_file_and_no_solution(desk):
    """the released notebook put together is the stub, byte for byte"""
    notebook = desk.released(A, "losses")
    for cell in notebook["cells"]:
        cell["source"] = [cell["source"]]
    assert source_of(notebook) == (ROOT / "exercises" / A / "losses.py").read_text()


def test_the_scores_are_those_of_our_grader(desk):
    """each grade cell has the points of its exercise's tests, with partial credit, however it was handed in"""
    scores = desk.scores(A, "losses")
    assert sorted(scores) == STUDENTS
    with Grader(ROOT, ["ch04"]) as grader:
        for student in STUDENTS:
            folder = desk.root / "submitted" / student / A
            file = folder / ("losses.py" if student == "student02" else "losses.ipynb")
            result = grader.grade(file, "ch04", student=student)
            expected = {name: exercise_score(result.tests, name)[0] for name in scores[student]}
            assert scores[student] == pytest.approx(expected), student
    assert sum(scores["student01"].values()) == pytest.approx(50.75)
    assert scores["student02"]["softmax"] == scores["student01"]["softmax"]
    assert sum(scores["student02"].values()) == scores["student02"]["softmax"]
    assert 0 < sum(scores["student03"].values()) < 50.75


def test_the_export_has_every_student(desk):
    """nbgrader export writes our table, one line each"""
    rows = list(csv.DictReader((desk.root / "grades.csv").read_text().splitlines()))
    assert [r["student"] for r in rows] == STUDENTS
    assert next(float(r["final"]) for r in rows) == 50.75


def test_no_line_of_a_hidden_suite_is_in_any_file(desk):
    """course directory, exchange and gradebook hold no hidden test, in no spelling; planted ones are found"""
    course = Course(ROOT)
    files = [p for folder in (desk.root, desk.exchange) for p in folder.rglob("*") if p.is_file()]
    assert {"gradebook.db", "losses.html", "grades.csv", "losses.ipynb"} <= {p.name for p in files}
    assert [*leaks(desk.root, course), *leaks(desk.exchange, course)] == []
    lines = hidden_lines(course)
    assert len(lines) > 500
    suite = next((course.hidden / A).glob("test_*.py")).read_text()
    notebook = json.dumps({"source": suite.splitlines(keepends=True)})
    page = "<pre>" + suite.replace("&", "&amp;").replace("<", "&lt;").replace("(", "<b>(</b>") + "</pre>"
    for spelling in (suite, notebook, json.dumps(suite), page):
        assert lines.first_in(b"\0\xff" + spelling.encode()) is not None


def test_feedback_comes_back_through_the_exchange(desk):
    """each of the three gets a page of his own"""
    assert len(list((desk.exchange / "course" / "feedback").glob("*.html"))) == 3
    page = (desk.root / "feedback" / "student02" / A / "losses.html").read_text()
    assert "Not written yet." in page and "nnkata-result" in page
