"""What goes wrong in a classroom: a broken sandbox, a config without ours, marks by hand, lateness, results from elsewhere."""

from __future__ import annotations

import csv
import json
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="nbgrader is not installed: pip install 'nnkata[instructor]'")
sys.path.insert(0, str(Path(__file__).parent))
import zoo
from desk_of_nbgrader import HEAVY, ROOT, Desk

from grader.course import Course
from grader.nbgrader.leaks import leaks
from grader.results import Result

pytestmark = HEAVY
A = zoo.ASSIGNMENT
FULL = 50.75
CLASS = """
[chapters.ch04]
due = 2026-11-19T12:00:00Z
times = "nbgrader"
late = { percent_per_day = 10 }
[extensions]
student02 = { ch04 = 2026-11-21T12:00:00Z }
"""


@pytest.fixture
def desk(tmp_path: Path, made: Path) -> Iterator[Desk]:
    """A course with the released ch04; nobody has handed in anything."""
    desk = Desk(tmp_path / "desk")
    shutil.copytree(made, desk.root)
    yield desk
    desk.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    desk = Desk(tmp_path_factory.mktemp("made"))
    desk.init("ch04")
    desk.nbgrader("generate_assignment", A)
    desk.close()
    return desk.root


def hand_in(desk: Desk, when: str = "2026-11-19 12:00:00 UTC", **of: str) -> None:
    """student01='right', student02='stub' and so on."""
    release, right = desk.released(A, "losses"), zoo.solutions(Course(ROOT))
    kinds = {
        "right": zoo.solved(release, right),
        "stub": release,
        "half": zoo.solved(release, right, "softmax"),
    }
    zoo.hand_in(desk.root / "submitted", {student: kinds[kind] for student, kind in of.items()}, when)


def total(desk: Desk, student: str) -> float:
    return sum(score or 0.0 for score in desk.scores(A, "losses")[student].values())


def test_a_sandbox_that_does_not_start_leaves_old_scores(desk):
    """where the kernel refuses to seal, autograde ends with 1, says so, and every old score stays"""
    pytest.importorskip("pyseccomp", reason="pyseccomp is not installed: pip install 'nnkata[dev]'")
    hand_in(desk, student01="right", student02="half")
    desk.nbgrader("autograde", A)
    before = desk.scores(A, "losses")
    assert total(desk, "student01") == FULL
    shutil.rmtree(desk.root / "submitted")
    hand_in(desk, "2026-11-19 13:00:00 UTC", student01="stub", student02="right", student03="right")
    told = desk.nbgrader("autograde", A, code=1, NO_SECCOMP="1")
    assert "The sandbox does not work here" in told and "No grade was written" in told
    assert desk.scores(A, "losses")["student01"] == before["student01"]
    assert desk.scores(A, "losses")["student02"] == before["student02"]
    assert all(score is None for score in desk.scores(A, "losses")["student03"].values())
    desk.nbgrader("autograde", A, "--force")
    assert [total(desk, f"student0{n}") for n in (1, 2, 3)] == [0.0, FULL, FULL]


def test_a_config_without_ours_gives_nothing_and_says_why(desk):
    """stock nbgrader, with its kernel, on a right and an empty notebook: 0 for both, and the cell says what to do"""
    hand_in(desk, student01="right", student02="stub")
    (desk.root / "nbgrader_config.py").write_text("get_config().CourseDirectory.course_id = 'course'\n")
    desk.nbgrader("autograde", A)
    assert total(desk, "student01") == total(desk, "student02") == 0.0
    notebook = (desk.root / "autograded" / "student01" / A / "losses.ipynb").read_text()
    assert "the kit's grader is not configured here" in notebook
    told = desk.kata("nbgrader", "doctor", str(desk.root), code=3)
    assert "kata nbgrader init" in told


def test_pregrade_grades_and_autograde_reads(desk):
    """after pregrade, autograde starts no grader; a .py file alone gets its notebook; a second pregrade does nothing"""
    hand_in(desk, student01="right", student02="stub")
    folder = desk.root / "submitted" / "student03" / A
    folder.mkdir(parents=True)
    (folder / "losses.py").write_text(Course(ROOT).chapter("ch04").solution)
    told = desk.kata("nbgrader", "pregrade", str(desk.root), A, "--jobs", "2")
    assert "3 graded, 0 graded already" in told and "student03: notebook made of losses.py" in told
    log = desk.nbgrader("autograde", A, NO_SECCOMP="1")  # it needs no sandbox any more
    assert "to grade" not in log
    assert [total(desk, f"student0{n}") for n in (1, 2, 3)] == [FULL, 0.0, FULL]
    assert "0 graded, 3 graded already" in desk.kata("nbgrader", "pregrade", str(desk.root), A)
    assert "Collect first" in desk.kata("nbgrader", "pregrade", str(desk.root), "ch05_layers", code=2)


def test_lateness_is_that_of_class_toml(desk):
    """due date, extension and ten percent a day; what is given by hand afterwards is worked out anew"""
    (desk.root / "class.toml").write_text(CLASS)
    late = "2026-11-20 18:00:00 UTC"  # two days begun
    hand_in(desk, late, student01="right", student02="right", student03="stub")
    desk.nbgrader("autograde", A)
    with desk.gradebook() as gradebook:
        submissions = {s.student.id: s for s in gradebook.find_assignment(A).submissions}
        assert submissions["student01"].late_submission_penalty == pytest.approx(FULL * 0.2)
        assert not submissions["student02"].late_submission_penalty
        assert str(submissions["student02"].duedate) == "2026-11-21 12:00:00"
        grade = gradebook.find_grade("softmax", "losses", A, "student03")
        grade.manual_score = 2.0
        gradebook.db.commit()
    assert marks(desk) == pytest.approx({"student01": FULL * 0.8, "student02": FULL, "student03": 1.6})
    desk.kata("export", "csv", str(desk.grades), "--out", "ours.csv", "--layout", "long")
    ours = {
        r["student"]: float(r["final"])
        for r in csv.DictReader((desk.home / "ours.csv").read_text().splitlines())
    }
    assert ours == pytest.approx({"student01": FULL * 0.8, "student02": FULL, "student03": 0.0})


def test_lateness_without_a_class_file(desk):
    """percent_per_day and at_most of the config; the due date is that of the gradebook"""
    with (desk.root / "nbgrader_config.py").open("a") as file:
        file.write("c = get_config()\nc.LatePenalty.percent_per_day = 20\nc.LatePenalty.at_most = 30\n")
    desk.nbgrader("db", "assignment", "add", A, "--duedate=2026-11-18 12:00:00 UTC")
    hand_in(desk, "2026-11-18 13:00:00 UTC", student01="right")
    hand_in(desk, "2026-11-21 13:00:00 UTC", student02="right")
    hand_in(desk, "2026-11-18 11:59:59 UTC", student03="right")
    desk.nbgrader("autograde", A)
    assert marks(desk) == pytest.approx({"student01": FULL * 0.8, "student02": FULL * 0.7, "student03": FULL})


def test_a_bundle_serves_as_the_kit(tmp_path):
    """kata nbgrader init with a bundle of kata pack: the config names the bundle, and nothing of it is in the course"""
    desk, course = Desk(tmp_path / "desk"), Course(ROOT)
    bundle = tmp_path / "course.zip"
    desk.kata("pack", "--out", str(bundle), "--course", str(ROOT))
    desk.kit = bundle
    desk.init("ch04")
    assert repr(str(bundle)) in (desk.root / "nbgrader_config.py").read_text()
    desk.nbgrader("generate_assignment", A)
    hand_in(desk, student01="half")
    desk.nbgrader("autograde", A)
    desk.close()
    assert 0 < total(desk, "student01") < FULL
    assert list(leaks(desk.root, course)) == []


def marks(desk: Desk) -> dict[str, float]:
    """Student -> final mark by `nbgrader export`."""
    desk.nbgrader("export", "--to", "grades.csv")
    rows = csv.DictReader((desk.root / "grades.csv").read_text().splitlines())
    return {r["student"]: float(r["final"]) for r in rows}


def test_results_from_elsewhere_are_imported(desk):
    """kata nbgrader import: scores, comments, bonus and graded notebooks as autograde would have made them"""
    hand_in(desk, student01="right", student02="half")
    out = desk.home / "ci"
    desk.kata("grade", str(desk.root), "--out", str(out), "--chapter", "ch04", "-q", "--course", str(ROOT))
    path = next((out / "results" / "student02").glob("*.json"))
    result = Result.from_json(path.read_text())
    extra = next(t for t in result.tests if t.exercise == "softmax")
    result.tests.append(Result.from_json(path.read_text()).tests[result.tests.index(extra)])
    result.tests[-1].bonus, result.tests[-1].id = True, "test_more"
    path.write_text(result.to_json())
    broken = out / "results" / "student01" / "broken.json"
    broken.write_text("{")
    told = desk.kata("nbgrader", "import", str(desk.root), str(out))
    assert "2 results are in the gradebook" in told and "broken.json is no result of the kit" in told
    imported, comments = desk.scores(A, "losses"), said(desk)
    with desk.gradebook() as gradebook:
        assert gradebook.find_grade("softmax", "losses", A, "student02").extra_credit == extra.points > 0
    pages = {s: (desk.root / "autograded" / s / A / "losses.ipynb").read_text() for s in imported}
    desk.nbgrader("autograde", A, "--force")
    assert imported == desk.scores(A, "losses") and comments == said(desk)
    with desk.gradebook() as gradebook:
        assert gradebook.find_grade("softmax", "losses", A, "student02").extra_credit is None
    again = (desk.root / "autograded" / "student01" / A / "losses.ipynb").read_text()
    assert json.loads(pages["student01"])["cells"] == json.loads(again)["cells"]
    assert "generate_assignment" in desk.kata(
        "nbgrader", "import", str(desk.root), str(out), "--assignment", "ch05", code=2
    )


def said(desk: Desk) -> dict[tuple[str, str], str | None]:
    """(student, exercise) -> automatic comment."""
    with desk.gradebook() as gradebook:
        return {
            (s.student.id, c.name): c.auto_comment
            for s in gradebook.find_assignment(A).submissions
            for n in s.notebooks
            for c in n.comments
        }


def test_the_doctor_finds_what_would_leak(desk):
    """a hidden suite, a solution and a foreign notebook in source/ are named"""
    course = Course(ROOT)
    source = desk.root / "source" / A
    shutil.copyfile(next((course.hidden / A).glob("test_*.py")), source / "test_more.py")
    shutil.copyfile(ROOT / "solutions" / A / "losses.py", source / "losses.py")
    shutil.copyfile(source / "losses.ipynb", source / "other.ipynb")
    told = desk.kata("nbgrader", "doctor", str(desk.root), code=3)
    assert f"text of a hidden suite in source/{A}/test_more.py" in told
    assert f"source/{A}/losses.py would be released" in told
    assert f"{A}/other.ipynb: is no chapter" in told


@pytest.mark.parametrize("packed", [True, False])
def test_downloads_of_moodle_and_canvas(desk, packed):
    """zip_collect takes what a platform lets an instructor download; the latest of several counts"""
    release, right = desk.released(A, "losses"), zoo.solutions(Course(ROOT))
    good, stub = json.dumps(zoo.solved(release, right)), json.dumps(release)
    module = Course(ROOT).chapter("ch04").solution
    files = {
        "Student One_101_assignsubmission_file_/losses.ipynb": good,
        "Student Two_102_assignsubmission_file_/losses.py": module,
        "studentthree_33_933_losses.ipynb": stub,
        "studentthree_33_934_losses-1.ipynb": good,
        "readme.txt": "x",
    }
    archive = desk.root / "downloaded" / A / "archive"
    archive.mkdir(parents=True)
    if packed:
        with zipfile.ZipFile(archive / "all.zip", "w") as opened:
            for name, text in files.items():
                opened.writestr(name, text)
    else:
        for name, text in files.items():
            (archive / name).parent.mkdir(exist_ok=True)
            (archive / name).write_text(text)
    desk.nbgrader("zip_collect", A)
    desk.nbgrader("autograde", A)
    scores = desk.scores(A, "losses")
    assert len(scores) == 3 and {total(desk, s) for s in scores} == {FULL}
    by_kata = desk.home / "by-kata"
    download = archive / "all.zip" if packed else archive
    desk.kata("grade", str(download), "--out", str(by_kata), "--chapter", "ch04", "-q", "--course", str(ROOT))
    results = [Result.from_json(p.read_text()) for p in (by_kata / "results").rglob("*.json")]
    assert {r.student for r in results} == scores.keys()
