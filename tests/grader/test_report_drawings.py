"""Drawings of training runs: small, numbers only, for staff only, and never a reason to lose a test."""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from grader import draw_curve, draw_region, drawings
from grader.api import grade_submission
from grader.report import for_student, write_report
from grader.report.pictures import pictures
from grader.results import SCHEMA_PATH, Result
from grader.store import Store

_spec = importlib.util.spec_from_file_location("test_report", Path(__file__).with_name("test_report.py"))
test_report = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(test_report)
Page, make_result = test_report.Page, test_report.make_result
ROOT = Path(__file__).resolve().parents[2]


def drawn(act):
    drawings.begin()
    act()
    return drawings.taken("test_x")


def curve(values, name="loss"):
    return drawn(lambda: draw_curve("title", {name: values}))


def a_region():
    X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    [region] = drawn(
        lambda: draw_region("XOR", lambda p: (p[:, 0] > 0.5) != (p[:, 1] > 0.5), X, [0, 1, 1, 0])
    )
    return region


def test_nobody_collects_outside_of_grading():
    """a hidden test that pytest runs draws into nothing"""
    draw_curve("title", {"loss": [1, 2]})
    assert drawings.taken("x") == []


def test_a_curve_keeps_its_numbers():
    """a short line is kept as it is to four digits, with its steps counted from 1"""
    [found] = curve([1.0, 0.123456, 3])
    assert found == {
        "test": "test_x", "kind": "curve", "title": "title",
        "lines": [{"name": "loss", "steps": [1, 2, 3], "values": [1.0, 0.1235, 3.0]}],
    }  # fmt: skip


def test_a_long_curve_is_thinned():
    """of 100,000 steps some hundred are kept, the first and the last among them"""
    [found] = curve(np.arange(100_000) / 7)
    [line] = found["lines"]
    assert line["steps"][0] == 1 and line["steps"][-1] == 100_000
    assert len(line["steps"]) == len(line["values"]) == drawings.POINTS and len(json.dumps(found)) < 3000


def test_what_is_not_finite_leaves_a_gap():
    """nan and inf become null, so the result stays strict JSON"""
    [found] = curve([1.0, math.nan, math.inf, 1e300, 2.0])
    assert found["lines"][0]["values"] == [1.0, None, None, None, 2.0]
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(
    "values",
    [None, [], [1.0], "losses", [["a"]], [[1, 2], [3, 4]], [1, "x"], [1, [2]], object(), {"a": 1}, [math.nan] * 3, [1j, 2j], [10**400, 1]],
)  # fmt: skip
def test_what_cannot_be_drawn_is_left_out(values):
    """no value of a student's makes draw_curve raise"""
    assert curve(values) == []


def test_lines_that_cannot_be_drawn_do_not_spoil_others():
    """of a dict with accuracies beside the losses the losses are drawn"""
    [found] = drawn(lambda: draw_curve("t", {"loss": [2.0, 1.0], "accuracy": 0.9, 7: None}))
    assert [line["name"] for line in found["lines"]] == ["loss"]
    assert drawn(lambda: draw_curve("t", "no dict")) == []


def test_only_so_many_are_kept():
    """a test in a loop cannot fill the result"""
    assert len(drawn(lambda: [draw_curve("t", {"a": [1, 2]}) for _ in range(50)])) == drawings.MOST


def test_a_region_knows_where_what_is():
    """the rows of cells go from the top down, the box holds all points, the classes are digits"""
    found = a_region()
    cells, (x0, y0, x1, y1) = found["cells"], found["box"]
    assert len(cells) == drawings.GRID and {len(row) for row in cells} == {drawings.GRID}
    assert cells[0][0] == "1" and cells[0][-1] == "0" and cells[-1][0] == "0" and cells[-1][-1] == "1"
    assert all(x0 < x < x1 and y0 < y < y1 for x, y, _ in found["points"]) and len(found["points"]) == 4


def test_points_of_every_class_are_drawn():
    """rows whose classes alternate are not thinned to one class"""
    X = np.random.default_rng(0).normal(size=(600, 2))
    [found] = drawn(lambda: draw_region("t", lambda p: p[:, 0] > 0, X, np.arange(600) % 2))
    share = sum(label for *_, label in found["points"]) / len(found["points"])
    assert len(found["points"]) == drawings.SHOWN and 0.3 < share < 0.7


@pytest.mark.parametrize(
    "answer", [lambda p: None, lambda p: p, lambda p: 1 / 0, lambda p: np.full(len(p), math.nan), lambda p: "x" * len(p), lambda p: p[:, 0]]
)  # fmt: skip
def test_an_answer_that_is_no_class_is_left_out(answer):
    """a model that answers with something else, or raises, draws nothing"""
    X = np.eye(2)
    assert drawn(lambda: draw_region("t", answer, X, [0, 1])) == []


# --- on the page ------------------------------------------------------------------------------------------


def test_only_staff_see_drawings(tmp_path):
    """the page for staff has the figures with words for who cannot see them; no student's page and no copy has them"""
    [line] = curve([3.0, 2.0, 1.0])
    result = make_result(drawings=[line, a_region()])
    with Store(tmp_path) as store:
        store.save(result, "key")
        write_report(store, "Course", tmp_path)
        assert next(store.results()).drawings == [line, a_region()]
    staff = Page(tmp_path / "report" / "student01" / "ch04_losses.html")
    labels = [e[1]["aria-label"] for e in staff.all("svg", role="img")]
    assert labels == ["title. loss: 3 to 1.", "XOR. 2 regions."]
    feedback = (tmp_path / "feedback" / "student01" / "ch04_losses.html").read_text("utf-8")
    assert "picture" not in feedback.partition("</style>")[2] and "XOR" not in feedback
    assert for_student(result).drawings == [] and len(result.drawings) == 2


def test_markup_in_a_drawing_is_text():
    """a title or the name of a line that is markup stands there as text"""
    evil = "<script>alert(1)</script>\"'"
    [line] = drawn(lambda: draw_curve(evil, {evil: [1, 2]}))
    html = str(pictures([line], {"test_x": evil}))
    assert "<script>" not in html and html.count("&lt;script&gt;") == 5 and "\"'" not in html


@pytest.mark.parametrize(
    "broken",
    [
        {}, {"kind": "curve"}, {"kind": "curve", "title": "t", "lines": []},
        {"kind": "curve", "title": "t", "lines": [{"name": "a", "steps": [1, 2], "values": ["x", "<script>"]}]},
        {"kind": "curve", "title": "t", "lines": [{"name": "a", "steps": [1], "values": [1e308]}, {"name": "b", "steps": [2], "values": [-1e308]}]},
        {"kind": "region", "title": "t", "box": [0, 0, 0, 0], "cells": ["01"], "points": [[0, 0, 0]]},
        {"kind": "region", "title": "t", "box": [0, 0, 1, 1], "cells": ["<b>"], "points": []},
    ],
)  # fmt: skip
def test_a_broken_drawing_is_left_out(broken):
    """a result that somebody wrote by hand does not stop the report, and its drawing makes no markup"""
    html = str(pictures([broken], {}))
    assert ("<script>" not in html and "<b>t" in html) or html == ""


@pytest.mark.parametrize("values", [[1, 1], [0, 0], [-5, -5], [1e-9, 1e9], [-1e-12, 1e12], [5, None, 5]])
def test_every_scale_can_be_drawn(values):
    """equal, tiny, huge and negative values all get an axis with at least one number"""
    line = {
        "kind": "curve",
        "title": "t",
        "lines": [{"name": "a", "steps": list(range(1, len(values) + 1)), "values": values}],
    }
    html = str(pictures([line], {}))
    assert html.count('class="grid"') >= 1 and "nan" not in html and "inf" not in html


def test_a_result_with_drawings_fits_its_schema():
    """the schema of results knows both kinds"""
    [line] = curve([1.0, math.nan, 2.0])
    result = make_result(drawings=[line, a_region()])
    data = json.loads(result.to_json())
    jsonschema.validate(data, json.loads(SCHEMA_PATH.read_text()))
    assert Result.from_dict(data).drawings == result.drawings
    del data["drawings"]  # of an older version
    jsonschema.validate(data, json.loads(SCHEMA_PATH.read_text()))
    assert Result.from_dict(data).drawings == []


def test_grading_draws_a_students_own_run():
    """grading chapter 9 keeps the loss of the student's run; where the clipping does nothing the loss is not finite"""
    source = (ROOT / "solutions" / "ch09_stability" / "stability.py").read_text()
    good = grade_submission(source, "ch09", course=ROOT, allow_isolation="process")
    [line] = [d for d in good.drawings if d["kind"] == "curve"]
    assert (
        line["lines"][0]["name"] == "loss" and line["lines"][0]["values"][-1] < line["lines"][0]["values"][0]
    )
    jsonschema.validate(json.loads(good.to_json()), json.loads(SCHEMA_PATH.read_text()))
