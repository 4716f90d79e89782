"""The parts of the nbgrader face that need no course directory: clean cells, safe HTML, source notebooks."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parent))
import zoo

from grader.cli import kata
from grader.course import Course
from grader.errors import UsageError
from grader.nbgrader import cells, configure, html, source
from grader.nbgrader.config import Settings
from grader.nbgrader.leaks import Lines, squeezed
from grader.results import Result, TestResult

ROOT = zoo.ROOT
LIMIT = 20 << 20


def wanted(*names: str) -> list[cells.SourceCell]:
    """An answer cell and a grade cell for each name, as the gradebook has them."""
    found = []
    for name in names:
        answer = f"def {name}(x):\n    raise NotImplementedError"
        found.append(cells.SourceCell(f"{name}-answer", "code", answer, "1", False, False, True, False, None))
        found.append(cells.SourceCell(name, "code", f"# {name}", "2", True, True, False, False, 2.0))
    return found


def code(text: Any, grade_id: str | None = None, **more: Any) -> dict[str, Any]:
    metadata = {"nbgrader": {"grade_id": grade_id}} if grade_id else {}
    return {"cell_type": "code", "metadata": metadata, "source": text, **more}


def clean(*found: Any) -> list[dict[str, Any]]:
    data = json.dumps({"cells": list(found), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    cleaned: list[dict[str, Any]] = cells.cleaned(data, LIMIT)["cells"]
    return cleaned


def ids(found: list[dict[str, Any]]) -> list[str | None]:
    return [c["metadata"].get("nbgrader", {}).get("grade_id") for c in found]


A = "def a(x):\n    return x"


@pytest.mark.parametrize(
    "handed_in, of_a",
    [
        ([code(A, "a-answer"), code("# a", "a")], A),
        (
            [code(A, "a-answer"), code(A + " + 1", "a-answer"), code("# a", "a")],
            A + " + 1",
        ),  # copied, then edited
        (
            [code(A, "a-answer"), code("print(1)", "a-answer"), code("# a", "a")],
            A,
        ),  # copied, something else written
        ([code(A), code("# b", "b"), code("# b", "b")], A),  # metadata lost, grade cell copied
        ([code("x = 1\n" + A)], "x = 1\n" + A),
        ([{**code(A, "a-answer"), "cell_type": "markdown"}], A),
        ([code("1000.0", "a"), code(A, "a-answer")], A),
        ([code([A], "a-answer", outputs="no list", id=7)], A),
        ([None, 3, code(A, "a-answer")], A),
        ([], cells.MISSING.format(name="a")),
    ],
)
def test_whatever_happened_each_cell_is_there_once(handed_in, of_a):
    """copied, lost, retyped and damaged cells: every cell of the source once, locked text restored"""
    found = clean(*handed_in)
    cells.normalized(found, wanted("a", "b"))
    named = [n for n in ids(found) if n]
    assert sorted(named) == ["a", "a-answer", "b", "b-answer"]
    by_id = {n: c for n, c in zip(ids(found), found, strict=True) if n}
    assert by_id["a"]["source"] == "# a" and by_id["a"]["metadata"]["nbgrader"]["points"] == 2.0
    assert by_id["a-answer"]["cell_type"] == "code" and by_id["a-answer"]["source"] == of_a
    assert by_id["a-answer"]["metadata"]["nbgrader"]["solution"] is True
    assert len({c["id"] for c in found}) == len(found)
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed: pip install 'nnkata[dev]'")
    nbformat.validate(
        {"cells": found, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, relax_add_props=False
    )


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"cells": 3}', b"\xff\xfe", b"[" * 100_000, b"null", b"{}"]
)
def test_a_file_that_is_no_notebook_becomes_one_that_says_so(data):
    """damaged files are shown as one cell with a sentence, or as nothing"""
    made = cells.cleaned(data, LIMIT)
    assert made["nbformat"] == 4
    assert all(c["cell_type"] == "markdown" and c["source"].startswith("This file ") for c in made["cells"])
    assert "larger than" in cells.cleaned(b"x" * 11, 10)["cells"][0]["source"]


@pytest.mark.parametrize(
    "text",
    [
        zoo.SCRIPT,
        "<script>alert(1)</script>",
        "<svg onload=alert(1)>",
        "<a href='java\tscript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<img src='data:image/svg+xml;base64,PHN2Zy8+'>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<form action=//x><input type=submit></form>",
        "<style>@import '//x'</style><div style='background:url(//x)'>",
        "<math><mtext></p><img src=x onerror=alert(1)>",
    ],
)
def test_no_markup_of_a_student_can_run(text):
    """scripts, handlers, frames, forms, styles and addresses that run are gone; the text of it may stay"""
    pytest.importorskip("bleach", reason="bleach is not installed; it comes with nbgrader")
    bs4 = pytest.importorskip("bs4", reason="bs4 is not installed; it comes with nbgrader")
    soup = bs4.BeautifulSoup(html.safe_html(text), "html.parser")
    assert not soup.find_all(["script", "svg", "iframe", "form", "style", "math", "object", "embed"])
    for tag in soup.find_all(True):
        for name, value in tag.attrs.items():
            assert not name.lower().startswith("on") and name not in ("style", "srcdoc", "action")
            assert (
                not str(value)
                .lower()
                .replace("\t", "")
                .startswith(("javascript:", "data:text", "data:image/svg"))
            )


def test_plain_markdown_stays():
    """tables, code, pictures and links survive"""
    pytest.importorskip("bleach", reason="bleach is not installed; it comes with nbgrader")
    text = '<p><strong>a</strong> <code>b</code> <a href="https://x.org">c</a></p><table><tr><td colspan="2">d</td></tr></table>'
    made = html.safe_html(text)
    for piece in ("<strong>a</strong>", "<code>b</code>", 'href="https://x.org"', 'colspan="2"'):
        assert piece in made


def result_with(message: str, title: str) -> Result:
    empty: dict[str, Any] = {"submission": {}, "suite": {}, "environment": {}, "isolation": {}}
    result = Result(student="student01", chapter="ch04_losses", status="graded", **empty)
    result.notes = [message]
    result.tests = [
        TestResult(
            id="t",
            exercise="a",
            title=title,
            verdict="raised",
            points=0.0,
            max_points=2.0,
            bonus=False,
            message=message,
        ),
        TestResult(
            id="u", exercise="a", title="more", verdict="passed", points=1.0, max_points=1.0, bonus=True
        ),
    ]
    return result


def test_the_table_escapes_whatever_a_student_wrote():
    """messages, titles and notes are text; backticks become code"""
    bad = zoo.SCRIPT + " `x<y`"
    table = html.result_table(result_with(bad, bad), "a", notes=True)
    assert "<script" not in table and "<img" not in table and "<code>x&lt;y</code>" in table
    assert "0 of 2" in table and "Bonus: 1" in table and table.count("<tr") == 2
    assert source.exercise_score(result_with("", "").tests, "a") == (0.0, 2.0, 1.0)


def test_the_source_notebook_has_a_grade_cell_after_each_answer():
    """one answer cell and one locked grade cell for each exercise with hidden tests; the same bytes each time"""
    course = Course(ROOT)
    chapter = course.chapter("ch04")
    points = source.points_of(course, [chapter])[chapter.name]
    notebook = source.source_notebook(chapter, points)
    graded = [c["metadata"]["nbgrader"] for c in notebook["cells"] if "nbgrader" in c["metadata"]]
    assert [g["grade_id"] for g in graded] == [
        i for name in chapter.exercises for i in (f"{name}-answer", name)
    ]
    assert sum(g.get("points", 0.0) for g in graded) == pytest.approx(50.75)
    assert all(g["locked"] == g["grade"] != g["solution"] for g in graded)
    assert notebook == source.source_notebook(chapter, copy.deepcopy(points))


def test_a_grade_cell_fails_where_nothing_is_configured():
    """what a grade cell imports is silent for students and fails under an autograde that is not ours"""
    program = "import grader.nbgrader.graded_by_the_kit"
    for told, code in (("", 0), ("autograde", 1)):
        done = subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONPATH": str(ROOT), "NBGRADER_EXECUTION": told},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code and ("not configured here" in done.stderr) == bool(code)


def test_grades_never_lie_in_the_course_directory(tmp_path):
    """configure refuses a folder of grades inside, and knows its defaults"""
    traitlets = pytest.importorskip("traitlets.config", reason="traitlets comes with nbgrader")
    config, file = traitlets.Config(), tmp_path / "cs1" / "nbgrader_config.py"
    with pytest.raises(
        SystemExit, match="lies inside the course directory"
    ):  # an Exception traitlets would pass over
        configure(config, file, grades="grades")
    with pytest.raises(SystemExit, match="prerequisites is auto, reference or own"):
        configure(config, file, prerequisites="all")
    assert config == traitlets.Config()
    configure(config, file, kit=ROOT)
    settings = Settings.of(config)
    assert settings.grades == tmp_path / "cs1-grades" and settings.course().root == ROOT
    assert config.CourseDirectory.course_id == "cs1"
    with pytest.raises(UsageError, match="does not use the kit's configuration"):
        Settings.of(traitlets.Config())


def test_code_is_found_in_every_spelling():
    """a line of code in JSON, in HTML with a tag around every word, between other bytes"""
    line = 'assert student.softmax([[1.0, 2.0]]) == {"a": x < 3}, "b"'
    lines = Lines([line])
    marked = "".join(f"<b>{c}</b>" for c in line.replace("<", "&lt;").split(" "))
    for text in (
        line,
        json.dumps([line + "\n"]),
        json.dumps(json.dumps(line)),
        marked,
        line.replace(" ", "  "),
    ):
        assert lines.first_in(b"\xff..." + text.encode()) == squeezed(line)
    assert lines.first_in(line[:40].encode()) is None


def test_without_nbgrader_one_line_says_what_to_install(tmp_path, monkeypatch):
    """every command of kata nbgrader; nothing is written"""
    monkeypatch.setitem(sys.modules, "nbgrader", None)
    out = str(tmp_path / "cs1")
    for words in (["init", out], ["pregrade", out, "ch04_losses"], ["import", out, str(tmp_path)]):
        done = CliRunner().invoke(kata, ["nbgrader", *words])
        assert isinstance(done.exception, UsageError), (words, done.output)
        assert "pip install 'nnkata[instructor]'" in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_course_directory_is_told(tmp_path, monkeypatch):
    """a folder without config, with a broken one, with a foreign one, a full folder: one line each, nothing written"""
    pytest.importorskip("nbgrader", reason="nbgrader is not installed: pip install 'nnkata[instructor]'")
    monkeypatch.chdir(tmp_path)
    for name, text in (("empty", None), ("broken", "1 +"), ("foreign", "c = get_config()\n"), ("full", None)):
        (tmp_path / name).mkdir()
        if text is not None:
            (tmp_path / name / "nbgrader_config.py").write_text(text)
    (tmp_path / "full" / "letter.txt").write_text("x")
    before = sorted(tmp_path.rglob("*"))
    cases = {
        ("pregrade", "nowhere", "ch04"): "Make one: kata nbgrader init nowhere",
        ("pregrade", "empty", "ch04"): "Make one: kata nbgrader init empty",
        ("pregrade", "broken", "ch04"): "nbgrader_config.py: SyntaxError",
        ("pregrade", "foreign", "ch04"): "does not use the kit's configuration",
        ("import", "foreign", "full"): "does not use the kit's configuration",
        ("init", "foreign", "--chapter", "ch04", "--course", str(ROOT)): "is there and is not ours",
        ("init", "full", "--chapter", "ch04", "--course", str(ROOT)): "Name a new folder",
        ("init", "a b", "--chapter", "ch04", "--course", str(ROOT)): "--name NAME",
        ("init", "full/letter.txt", "--course", str(ROOT)): "is a file",
    }
    for words, told in cases.items():
        done = CliRunner().invoke(kata, ["nbgrader", *words])
        assert done.exit_code != 0 and told in f"{done.output} {done.exception}", (
            words,
            done.output,
            done.exception,
        )
        assert "\n" not in str(done.exception).strip() or "Add these lines" in str(done.exception)
    assert before == sorted(tmp_path.rglob("*"))
