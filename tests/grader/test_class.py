"""The sample class of `kata demo`, graded in the sandbox: every student gets what is deserved.

`python tests/grader/test_class.py` writes tests/class/expected.json anew; read the difference before committing.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from grader.classroom import grade_class
from grader.course import Course
from grader.results import Result
from grader.store import Store

pytest.importorskip("msgpack")
ROOT = Path(__file__).resolve().parents[2]
CLASS = ROOT / "tests" / "class"
EXPECTED = CLASS / "expected.json"
COURSE = Course(ROOT)


def grade(out: Path):
    students = sorted(p for p in CLASS.iterdir() if p.is_dir())
    return grade_class(students, out, course=COURSE, jobs=2)


def told(results: list[Result]) -> dict[str, dict]:
    """What the class should get: status, score, kinds of verdict and recognised mistakes."""
    return {
        f"{r.student}/{r.chapter}": {
            "status": r.status,
            "score": r.score,
            "max_score": r.max_score,
            "verdicts": sorted({t.verdict for t in r.tests}),
            "mistakes": sorted(
                {t.diagnosis.id for t in r.tests if t.diagnosis and ":" not in t.diagnosis.id}
            ),
        }
        for r in sorted(results, key=lambda r: (r.student, r.chapter))
    }


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The class, graded once: (output folder, summary, results)."""
    out = tmp_path_factory.mktemp("class")
    summary = grade(out)
    with Store(out, read_only=True) as store:
        return out, summary, list(store.results())


@pytest.mark.timeout(300)
def test_every_student_gets_the_expected_score(graded):
    """perfect, half done, mistaken, broken, hanging, hungry and cheating students get what is written down"""
    _, summary, results = graded
    assert summary.failures == []
    assert told(results) == json.loads(EXPECTED.read_text(encoding="utf-8"))


def test_right_solutions_in_other_clothes_get_full_marks(graded):
    """vectorised, in loops, with experiments left in the file: full marks"""
    _, _, results = graded
    for result in results:
        if result.student in ("student01", "student02") or (result.student, result.chapter) == (
            "student14",
            "ch04_losses",
        ):
            assert result.status == "missing" or result.score == result.max_score, result.student


def test_typical_mistakes_are_named(graded):
    """the forgotten mean, the one-sided difference, the missing maximum and the averaged bias gradient are named"""
    _, _, results = graded
    named = {(r.student, t.diagnosis.id) for r in results for t in r.tests if t.diagnosis}
    assert {
        ("student04", "M004"),
        ("student04", "M072"),
        ("student05", "M060"),
        ("student06", "M111"),
    } <= named


def test_results_are_valid_against_the_schema(graded):
    """every result file is strict JSON and fits the schema in the package"""
    jsonschema = pytest.importorskip("jsonschema")
    out, _, results = graded
    schema = json.loads((ROOT / "grader" / "result.schema.json").read_text(encoding="utf-8"))
    files = list((out / "results").rglob("*.json"))
    assert len(files) == len(results)
    for path in files:
        jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), schema)


def test_a_second_run_grades_nothing(graded):
    """what is graded is not graded again, and the stored results stay as they are"""
    out, _, results = graded
    again = grade(out)
    assert (again.graded, again.reused) == (0, len(results))


def test_messages_for_students_hold_no_numbers_of_the_suites(graded):
    """no message shows an array, an expected value or the text of an exception"""
    _, _, results = graded
    for result in results:
        for test in result.tests:
            assert "expected [" not in test.message
            assert "array(" not in test.message
            assert "returned [" not in test.message


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        grade(Path(folder))
        with Store(Path(folder), read_only=True) as store:
            EXPECTED.write_text(json.dumps(told(list(store.results())), indent=1) + "\n", encoding="utf-8")
    sys.exit(0)
