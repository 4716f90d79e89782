"""`kata override`: marks by hand with reasons, found, kept and taken back."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from grader.class_file.record import update_record
from grader.cli import kata
from grader.errors import UsageError
from grader.results import SCHEMA_PATH
from grader.store import Store

sys.path.insert(0, str(Path(__file__).parent))
import synthetic


@pytest.fixture
def grades(tmp_path: Path) -> Path:
    out = tmp_path / "grades"
    with Store(out) as store:
        for student in ("student01", "student02", "Älva, =1+1", "Student02"):
            for chapter in ("ch03_activations", "ch04_losses"):
                store.save(synthetic.make_result(student, chapter), f"key {student}")
    return out


def override(*arguments: object) -> Result:
    return CliRunner().invoke(kata, ["override", *map(str, arguments)])


def stored(out: Path, student: str, chapter: str = "ch04_losses") -> dict:
    with Store(out, read_only=True) as store:
        assert store.key_of(student, chapter) == f"key {student}"
        return json.loads(store.path_of(student, chapter).read_text("utf-8"))


@pytest.mark.parametrize("chapter", ["ch04", "losses", "ch04_losses"])
@pytest.mark.parametrize("student", ["student01", "Älva, =1+1"])
def test_a_mark_by_hand_is_kept_and_taken_back(grades, student, chapter):
    """score, reason and author are stored, valid by the schema; --remove brings the graded mark back"""
    before = stored(grades, student)
    done = override(grades, student, chapter, "7.5", "--reason", " oral, exam\nlong ", "--by", "ta")
    assert done.exit_code == 0, done.output
    assert "7.5 of" in done.output
    now = stored(grades, student)
    jsonschema.validate(now, json.loads(SCHEMA_PATH.read_text("utf-8")))
    assert now["override"] == {"score": 7.5, "reason": "oral, exam\nlong", "by": "ta"}
    assert {**now, "override": None} == before
    assert "7.5" in (grades / "grades.csv").read_text("utf-8")
    assert override(grades, student, chapter, "--remove").exit_code == 0
    assert stored(grades, student) == before


def test_it_survives_grading_again(grades):
    """a new result of the same student keeps the mark by hand"""
    assert override(grades, "student01", "ch04", "1", "--reason", "r").exit_code == 0
    with Store(grades) as store:
        store.save(synthetic.make_result("student01", "ch04_losses", seed=3), "key student01")
    assert stored(grades, "student01")["override"]["score"] == 1.0


def test_only_the_one_result_changes(grades):
    """other students and chapters stay as they are"""
    others = [("student01", "ch03_activations"), ("student02", "ch04_losses"), ("Student02", "ch04_losses")]
    before = [stored(grades, *o) for o in others]
    assert override(grades, "student01", "ch04", "1", "--reason", "r").exit_code == 0
    assert [stored(grades, *o) for o in others] == before


def test_the_roster_knows_the_student_by_name(grades, tmp_path):
    """a name or email of the roster finds the result"""
    (tmp_path / "roster.csv").write_text("id,name,email\nstudent01,Student One,one@example.org\n", "utf-8")
    (tmp_path / "class.toml").write_text('roster = "roster.csv"\n', "utf-8")
    update_record(grades, tmp_path / "class.toml", [], {})
    assert override(grades, "one@example.org", "ch04", "2", "--reason", "r").exit_code == 0
    assert stored(grades, "student01")["override"]["score"] == 2.0


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["studnt01", "ch04", "1", "--reason", "r"], "Did you mean student01"),
        (["STUDENT02", "ch04", "1", "--reason", "r"], "may be"),
        (["student01", "ch09", "1", "--reason", "r"], "Graded: ch03_activations, ch04_losses"),
        (["student01", "ch04", "1"], "Why?"),
        (["student01", "ch04", "1", "--reason", "  "], "Why?"),
        (["student01", "ch04", "--reason", "r"], "Which mark?"),
        (["student01", "ch04", "nan", "--reason", "r"], "is no mark"),
        (["student01", "ch04", "inf", "--reason", "r"], "is no mark"),
        (["student01", "ch04", "--remove"], "has no mark by hand"),
        (["student01", "ch04", "3", "--remove"], "neither SCORE nor"),
    ],
)
def test_wrong_usage_changes_nothing(grades, arguments, part):
    """one clear line, exit code 2, every result as it was"""
    before = {p: p.read_bytes() for p in (grades / "results").rglob("*.json")}
    done = override(grades, *arguments)
    assert isinstance(done.exception, UsageError) and part in str(done.exception)
    assert {p: p.read_bytes() for p in (grades / "results").rglob("*.json")} == before


def test_a_folder_without_grades_does_not_become_one(tmp_path):
    """a misspelt folder is not made"""
    done = override(tmp_path / "grads", "student01", "ch04", "1", "--reason", "r")
    assert isinstance(done.exception, UsageError) and "holds no grades" in str(done.exception)
    assert not (tmp_path / "grads").exists()


def test_negative_marks_are_refused(grades):
    """a mark is 0 or more; -1 after -- is a score, not an option"""
    done = override("--reason", "r", "--", grades, "student01", "ch04", "-1")
    assert isinstance(done.exception, UsageError) and "0 or more" in str(done.exception)
