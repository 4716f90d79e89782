"""The result file: its schema, strict JSON, and the mark that counts."""

from __future__ import annotations

import importlib.util
import json
import math
from dataclasses import fields
from pathlib import Path

import jsonschema
import pytest

from grader.results import LEVELS, SCHEMA, SCHEMA_PATH, STATUSES, VERDICTS, Diagnosis, Result, TestResult

_spec = importlib.util.spec_from_file_location("synthetic", Path(__file__).with_name("synthetic.py"))
synthetic = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(synthetic)

SCHEMA_JSON = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA_JSON)


def errors(result_or_dict):
    data = result_or_dict if isinstance(result_or_dict, dict) else json.loads(result_or_dict.to_json())
    return [error.message for error in VALIDATOR.iter_errors(data)]


def test_schema_is_valid():
    """the schema is a JSON Schema of draft 2020-12"""
    jsonschema.Draft202012Validator.check_schema(SCHEMA_JSON)


def test_schema_and_dataclasses_name_the_same_things():
    """the schema has exactly the fields and words of grader/results.py, and all but the later `identity` and `drawings` are required"""
    test = SCHEMA_JSON["$defs"]["test"]
    diagnosis = test["properties"]["diagnosis"]["oneOf"][1]
    for part, dataclass in ((SCHEMA_JSON, Result), (test, TestResult), (diagnosis, Diagnosis)):
        names = {field.name for field in fields(dataclass)}
        assert set(part["properties"]) == set(part["required"]) | (names & {"identity", "drawings"}) == names
        assert part["additionalProperties"] is False
    assert SCHEMA_JSON["properties"]["schema"]["const"] == SCHEMA
    assert tuple(test["properties"]["verdict"]["enum"]) == VERDICTS
    assert tuple(SCHEMA_JSON["properties"]["status"]["enum"]) == STATUSES
    assert tuple(SCHEMA_JSON["properties"]["isolation"]["properties"]["level"]["enum"]) == LEVELS


def test_results_of_a_class_are_valid_and_come_back_equal():
    """every result of a class obeys the schema, and reading its JSON gives an equal result"""
    results = synthetic.make_class(seed=5)
    assert {r.status for r in results} == set(STATUSES)
    assert {t.verdict for r in results for t in r.tests} == set(VERDICTS)
    for result in results:
        assert errors(result) == []
        assert Result.from_json(result.to_json()) == result


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused(number):
    """NaN and infinity never reach a file"""
    with pytest.raises(ValueError, match="JSON compliant"):
        synthetic.make_result(seconds=number).to_json()
    result = synthetic.make_result()
    result.tests[0].points = number
    with pytest.raises(ValueError, match="JSON compliant"):
        result.to_json()


BROKEN = {
    "unknown key": lambda d: d.update(extra=1),
    "missing key": lambda d: d.pop("override"),
    "other schema": lambda d: d.update(schema="nnkata/result/v2"),
    "unknown status": lambda d: d.update(status="fine"),
    "graded without a score": lambda d: d.update(score=None),
    "negative score": lambda d: d.update(score=-1),
    "score as text": lambda d: d.update(score="12"),
    "unknown level": lambda d: d["isolation"].update(level="none"),
    "short hash": lambda d: d["suite"].update(sha256="abc"),
    "upper-case hash": lambda d: d["submission"].update(sha256="A" * 64),
    "unknown key of a file": lambda d: d["submission"]["files"][0].update(path="/x"),
    "local time": lambda d: d.update(started="2025-03-14 09:26"),
    "override without a reason": lambda d: d.update(override={"score": 1, "by": "ta"}),
    "unknown prerequisites": lambda d: d.update(prerequisites="both"),
    "unknown verdict": lambda d: d["tests"][0].update(verdict="pass"),
    "unknown key of a test": lambda d: d["tests"][0].update(source="def test(): ..."),
    "bonus as number": lambda d: d["tests"][0].update(bonus=1),
    "diagnosis as text": lambda d: d["tests"][0].update(diagnosis="M040"),
    "test without id": lambda d: d["tests"][0].update(id=""),
}


@pytest.mark.parametrize("name", BROKEN)
def test_schema_refuses(name):
    """the schema is strict: an unknown key, word or form is an error"""
    data = synthetic.make_result().to_dict()
    assert errors(data) == []
    BROKEN[name](data)
    assert errors(data)


def test_empty_hash_is_allowed():
    """where there was nothing to hash, the hash is empty"""
    result = synthetic.make_result()
    result.submission["sha256"] = result.suite["sha256"] = ""
    assert errors(result) == []


def test_bonus_is_counted_apart():
    """add_up leaves the bonus out of score and max_score, and final adds it"""
    tests = [
        synthetic.make_test("a", "f", "t", "passed", points=2),
        synthetic.make_test("b", "f", "t", "failed", points=3),
        synthetic.make_test("c", "f", "t", "passed", points=1.5),
    ]
    tests[2].bonus = True
    result = synthetic.make_result(tests=tests).add_up()
    assert (result.score, result.max_score, result.bonus, result.final) == (2, 5, 1.5, 3.5)


def test_override_is_the_mark():
    """a mark by hand replaces score and bonus, also where nothing could be graded"""
    result = synthetic.make_result(override={"score": 4, "reason": "oral exam", "by": "ta"})
    assert result.final == 4.0 and errors(result) == []
    result = synthetic.make_result(status="rejected", score=None)
    assert result.final is None and errors(result) == []
