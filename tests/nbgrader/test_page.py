"""grader/docs/nbgrader.md: every command, from top to bottom, in a class of three."""

from __future__ import annotations

import csv
import json
import re
import shlex
import sys
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="nbgrader is not installed: pip install 'nnkata[instructor]'")
sys.path.insert(0, str(Path(__file__).parent))
import zoo
from desk_of_nbgrader import HEAVY, ROOT, Desk

from grader.course import Course

pytestmark = HEAVY
A = zoo.ASSIGNMENT
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,ch04_losses (77)
    Points Possible,,,,,50.75
"One, Student",1,student01,student01,A,
"Two, Student",2,student02,student02,A,3
"""
MOODLE = """Identifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (grade)
Participant 101,Student One,one@example.org,Submitted,,50.75,-
Participant 102,Student Two,two@example.org,Submitted,,50.75,-
"""
CLASS = 'timezone = "UTC"\nroster = "roster.csv"\n[chapters.ch04]\ndue = 2099-11-20\n'
ROSTER = """id,name,email,moodle
student01,Student One,one@example.org,101
student02,Student Two,two@example.org,102
student03,Student Three,three@example.org,103
"""


def test_every_command_of_the_page_runs(tmp_path):
    """the page from top to bottom; what it promises of files and scores holds"""
    desk = Desk(tmp_path / "home", course="cs1")
    desk.root.mkdir()
    (desk.root / "class.toml").write_text(CLASS)
    (desk.root / "roster.csv").write_text(ROSTER)
    page = (ROOT / "grader" / "docs" / "nbgrader.md").read_text("utf-8")
    ran: list[str] = []
    where = desk.home
    for line in re.findall(r"^\$ (.*)$", page, re.MULTILINE):
        words = shlex.split(line.replace("/path/of/the/kit", str(ROOT)))
        ran.append(" ".join(words[: 3 if words[0] == "kata" else 2]))
        if words[0] == "cd":
            where = desk.home / words[1]
            continue
        prepare(desk, words)
        program = desk.kata if words[0] == "kata" else desk.nbgrader
        program(*words[1:], cwd=where)
        if words[2] == "init":
            with (desk.root / "nbgrader_config.py").open("a") as file:
                file.write(f"get_config().Exchange.root = {str(desk.exchange)!r}\n")
    assert Counter(ran) == Counter(
        ["cd cs1", *(f"kata nbgrader {w}" for w in ("init", "doctor", "pregrade", "import")),
         *(f"nbgrader {w}" for w in ("generate_assignment", "release_assignment", "collect", "autograde", "generate_feedback",
           "release_feedback", "zip_collect", "autograde", "export", "export", "export"))]
    )  # fmt: skip
    desk.close()
    rows = {r["student"]: r for r in csv.DictReader((desk.root / "grades.csv").read_text().splitlines())}
    assert {s: float(r["final"]) for s, r in rows.items() if r["final"]} == {
        "student01": 50.75, "student02": 50.75, "student03": 0.0,
    }  # fmt: skip
    assert rows["student01"]["name"] == "Student One"
    assert '"Two, Student",2,student02,student02,A,50.75' in (desk.root / "Grades-import.csv").read_text()
    graded = {
        r["Identifier"]: r["Grade"]
        for r in csv.DictReader((desk.root / "upload.csv").read_text("utf-8-sig").splitlines())
    }
    assert {k: float(v) for k, v in graded.items()} == {"Participant 101": 50.75, "Participant 102": 50.75}
    assert len(list((desk.exchange / "cs1" / "feedback").glob("*.html"))) == 2


def prepare(desk: Desk, words: list[str]) -> None:
    """What people do between the commands."""
    if words[1] == "collect":
        release, right = desk.released(A, "losses"), zoo.solutions(Course(ROOT))
        desk.submit("student01", A, {"losses.ipynb": json.dumps(zoo.solved(release, right))})
        desk.submit("student03", A, {"losses.ipynb": json.dumps(release)})
    elif words[1] == "zip_collect":
        folder = desk.root / "downloaded" / A / "archive" / "Student Two_102_assignsubmission_file_"
        folder.mkdir(parents=True)
        (folder / "losses.py").write_text(Course(ROOT).chapter("ch04").solution)
    elif "import" in words:
        out = str(desk.home / "results-of-ci")
        desk.kata("grade", str(desk.root), "--out", out, "--chapter", "ch04", "-q", "--course", str(ROOT))
    (desk.root / "Grades-export.csv").write_text(CANVAS)
    (desk.root / "worksheet.csv").write_text(MOODLE)
