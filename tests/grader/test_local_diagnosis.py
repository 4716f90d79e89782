"""Diagnosis on the student's own machine: mistakes are recognised, and nothing can be read in the kit."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import chapters as helpers

from grader import local_diagnosis as local
from grader.local import load_chapter
from grader.local_diagnosis import Recogniser, digest_of
from grader.mistakes import load_catalogue
from grader.pack import plain_files
from grader.practice import practise
from grader.suite import visible_suite

WITH_FILE = sorted(n for n, c in helpers.CHAPTERS.items() if (c.visible_path.parent / local.FILE).is_file())

OWN_WORDS = """
import math
import numpy as np

def softmax(z):
    rows = [list(map(float, r)) for r in np.asarray(z)]
    top = max(max(r) for r in rows)
    bottom = math.fsum(math.exp(v - top) for r in rows for v in r)
    return np.array([[math.exp(v - top) / bottom for v in r] for r in rows])
"""
SENTENCE = "The whole array sums to 1 here; each row should."


@pytest.fixture
def workspace(tmp_path):
    for name in ("ch00_toolbox", "ch03_activations", "ch04_losses"):
        for path, data in plain_files(helpers.COURSE.exercises / name).items():
            target = tmp_path / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    (tmp_path / "conftest.py").write_bytes((helpers.COURSE.exercises / "conftest.py").read_bytes())
    return tmp_path


def recognised(workspace: Path, source: str) -> dict[str, str]:
    (workspace / "ch04_losses" / "losses.py").write_text(source, encoding="utf-8")
    return {e.name: e.recognised for e in practise(workspace, "softmax").exercises}


def test_a_mistake_in_own_words_is_recognised(workspace):
    """another program that answers as a catalogued mistake does gets its sentence"""
    assert recognised(workspace, OWN_WORDS) == {"softmax": SENTENCE}


@pytest.mark.parametrize(
    "source",
    [
        OWN_WORDS.replace("/ bottom", "/ bottom * 1.001"),
        OWN_WORDS.replace("v - top", "v"),
        OWN_WORDS.replace("def softmax", "def another"),
        OWN_WORDS + "\ndef softmax(:\n",
        "def softmax(z):\n    return None\n",
        "def softmax(z):\n    raise NotImplementedError\n",
    ],
)
def test_nearly_is_not_recognised(workspace, source):
    """a mistake with something else on top, an unwritten or a broken function get no sentence"""
    assert recognised(workspace, source) == {"softmax": ""}


def test_the_correct_program_is_not_recognised(workspace):
    """who passes is not told of mistakes"""
    assert recognised(workspace, helpers.CHAPTERS["ch04_losses"].solution) == {"softmax": ""}


def test_plain_pytest_says_the_same(workspace):
    """pytest ends with the sentence; with a part of the exercise's tests only, nothing is said"""
    (workspace / "ch04_losses" / "losses.py").write_text(OWN_WORDS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "ch04_losses"]
    if "nnkata" not in "".join(_entry_points()):
        command[3:3] = ["-p", "grader.pytest_plugin"]
    environment = {"PYTHONPATH": str(helpers.ROOT), "PATH": "/usr/bin:/bin"}
    everything = subprocess.run(
        command, cwd=workspace, env=environment, capture_output=True, text=True, check=False
    )
    assert f"softmax: {SENTENCE}" in everything.stdout and "mistakes recognised" in everything.stdout
    part = [*command, "-k", "test_softmax_of_each_row"]
    some = subprocess.run(part, cwd=workspace, env=environment, capture_output=True, text=True, check=False)
    assert "failed" in some.stdout and SENTENCE not in some.stdout


def _entry_points() -> list[str]:
    from importlib.metadata import entry_points

    return [e.name for e in entry_points(group="pytest11")]


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "[" * 100_000, '{"format": 3, "exercises": {"softmax": 3}}']
)
def test_a_damaged_file_costs_a_hint_only(workspace, damage):
    """without a readable diagnosis.json the tests run as ever"""
    (workspace / "ch04_losses" / local.FILE).write_text(damage, encoding="utf-8")
    assert recognised(workspace, OWN_WORDS) == {"softmax": ""}


def test_rounding_does_not_matter_and_differences_do():
    """the digest of answers is the same up to rounding, and tells shape, kind, nan and the fifth digit apart"""
    x = np.array([[0.1, -2.5], [1e-17, 0.3]])
    same = digest_of([("call f", x)])
    assert digest_of([("call f", x * (1 + 1e-13))]) == same
    assert digest_of([("call f", x + np.array([[0, 0], [3e-17, 0]]))]) == same
    others = [
        x * 1.001,
        x.ravel(),
        x.astype(int),
        np.where(x > 1, np.nan, x) + 0.0,
        -x,
        [x],
        (x,),
        None,
        "x",
        3,
        True,
    ]
    others += [np.array([[0.1, -2.5], [np.nan, 0.3]]), np.array([[0.1, -2.5], [np.inf, 0.3]]), x + 1e-4]
    others += [{"a": x}, {"b": x}, 10**40, 3 + 4j]
    digests = {
        digest_of([("call f", v)]) for v in others if not (isinstance(v, np.ndarray) and np.array_equal(v, x))
    }
    assert same not in digests
    assert digest_of([("call g", x)]) != same
    for exact in (1.0, 0.9999999999999, 1.0000000000001):  # around a power of two
        assert digest_of([("c", np.array([exact, 0.3]))]) == digest_of([("c", np.array([1.0, 0.3]))])


@pytest.mark.parametrize("name", WITH_FILE)
def test_every_mistake_that_the_visible_tests_tell_apart_is_recognised(name):
    """on fresh runs of the mistakes, at least 95 % of those that behave like no two others get their sentence"""
    chapter = helpers.CHAPTERS[name]
    folder = chapter.visible_path.parent
    told = json.loads((folder / local.FILE).read_text(encoding="utf-8"))["exercises"]
    wrong = tellable = said = 0
    for exercise, (tests, known) in local.behaviours(chapter).items():
        keys = [local.key_of(told[exercise]["salt"], exercise, seen) for _, seen in known]
        for (mistake, seen), key in zip(known, keys, strict=True):
            if not any(v in local.WRONG for v in seen.verdicts.values()):
                continue
            wrong += 1
            if keys.count(key) > local.AT_MOST:
                continue
            tellable += 1
            assert sorted(tests) == told[exercise]["tests"]
            said += mistake.text in (
                Recogniser._named(exercise, told[exercise], told[exercise]["salt"], seen) or ""
            )
    assert tellable >= 0.6 * wrong
    assert said >= 0.95 * tellable


@pytest.mark.parametrize("name", WITH_FILE)
def test_no_correct_program_is_recognised(name):
    """reference and alternatives, also if one of their exercises breaks, get no sentence for the others"""
    chapter = helpers.CHAPTERS[name]
    with visible_suite(chapter) as suite:
        for path in [chapter.solution_path, *chapter.alternatives]:
            loaded = load_chapter(helpers.COURSE.solutions, name, path)
            recogniser = Recogniser()
            for test in suite.tests:
                loaded.student._channel.log = []
                raised, _ = suite.run(test, loaded.student)
                log = loaded.student._channel.log
                verdict = "passed" if raised is None else "failed"
                assert (
                    recogniser.note(chapter.visible_path.parent, test.mark.of, test.id, verdict, log) is None
                )


def test_nothing_can_be_read_in_the_kit():
    """neither sentences nor ids of mistakes stand in any file that students get"""
    kit = plain_files(helpers.COURSE.exercises)
    text = "\n".join(data.decode("utf-8", "replace") for data in kit.values())
    flat = re.sub(r"\s+", " ", text)
    for chapter in helpers.CHAPTERS.values():
        for wrong in load_catalogue(chapter).mistakes:
            assert len(wrong.text) < 40 or wrong.text not in flat, wrong.id
            assert f'"{wrong.id}"' not in text


@pytest.mark.parametrize("name", WITH_FILE)
def test_only_hashes_and_ciphers_are_kept(name):
    """diagnosis.json holds test names, salts, tags and base64 text, no number and no array"""
    found = json.loads((helpers.CHAPTERS[name].visible_path.parent / local.FILE).read_text(encoding="utf-8"))
    assert set(found) == {"format", "made_of", "exercises"}
    for exercise in found["exercises"].values():
        assert set(exercise) == {"tests", "salt", "known"}
        assert all(re.fullmatch(r"[0-9a-f]{32}", tag) for tag in exercise["known"])
        assert all(re.fullmatch(r"[A-Za-z0-9+/=]+", sealed) for sealed in exercise["known"].values())
