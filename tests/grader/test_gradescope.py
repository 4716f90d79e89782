"""Gradescope: the autograder.zip, unpacked and run as there, against honest, broken and hostile submissions."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from grader.classroom import grade_class, job_of
from grader.cli import kata
from grader.course import Course
from grader.errors import UsageError
from grader.gradescope.inner import LEAST_BYTES, worker_memory
from grader.gradescope.requirements import REQUIRED, pinned, pythons_of, wheels_in
from grader.gradescope.results import NO_GRADE, results_of, to_json
from grader.gradescope.settings import Settings
from grader.grading_process import open_engine
from grader.sandbox.server import MEMORY_BYTES
from grader.store import Store
from grader.submission import survey_one

sys.path.insert(0, str(Path(__file__).parent))
import tiny
import zips
from gradescope_place import GRADED, Place, export, metadata

REPOSITORY = Path(__file__).parents[2]
linux = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

LATER = '''
import numpy as np

from ch01_tiny.tiny import double


def quadruple(x):
    """Four times x."""
    ### BEGIN SOLUTION
    return double(double(x))
    ### END SOLUTION
'''
LATER_SUITE = '''
from grader import expect, points


@points(1.5, of="quadruple")
def test_quadruple(student, rng):
    """quadruple gives four times each entry"""
    x = rng.normal(size=3)
    expect("quadruple(x)", student.quadruple(x)).close_to([v + v + v + v for v in x.tolist()])


@points(1, of="quadruple", bonus=True)
def test_quadruple_of_a_list(student):
    """quadruple takes a list"""
    expect("quadruple([1.0])", student.quadruple([1.0])).close_to([4.0])
'''
LATER_GOOD = "from ch01_tiny.tiny import double\n\ndef quadruple(x):\n    return double(double(x))\n"
SECRET = "a secret of this term"

HALF = tiny.GOOD.replace("return float(s)", "return float(s) + 1.0")
HANGING = tiny.GOOD.replace("s = 0.0", "while True: pass")
SUBMISSIONS = {
    "half": HALF,
    "stub": "def double(x):\n    raise NotImplementedError\n",
    "hanging": HANGING,
    "crashing": tiny.GOOD.replace("s = 0.0", "import os; os._exit(0)"),
    "no Python": "def double(x:\n",
}


def make_course(root: Path) -> Course:
    course = tiny.make_course(
        root,
        {
            "ch01_tiny": (tiny.SOLUTION, tiny.SUITE),
            "ch02_later": (LATER, LATER_SUITE),
            "ch03_last": (tiny.SOLUTION, tiny.SUITE),
        },
    )
    tiny.write(root / "exercises" / "ch01_tiny" / "tiny.py", SUBMISSIONS["stub"])
    tiny.write(
        root / "exercises" / "ch02_later" / "later.py", "def quadruple(x):\n    raise NotImplementedError\n"
    )
    tiny.write(root / "exercises" / "ch03_last" / "README.md", "# Last\n")
    tiny.write(root / "tests" / "hidden" / "secret.txt", SECRET)
    tiny.write(root / "solutions" / "ch01_tiny" / "mistakes.py", "")
    return course


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return make_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def place(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The container of an assignment for ch01_tiny, as the options are by default."""
    folder = tmp_path_factory.mktemp("gradescope")
    return Place(folder / "auto grader", export(course.root, "ch01", folder / "autograder.zip"))


@pytest.fixture(scope="module")
def later(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The same for ch02_later, which needs ch01_tiny."""
    folder = tmp_path_factory.mktemp("later")
    return Place(
        folder / "autograder", export(course.root, "later", folder / "autograder.zip", "--bonus", "cap")
    )


@pytest.fixture(scope="module")
def near(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., dict[str, Any]]]:
    """Grades in this process, without a container: the same steps as there."""
    chapter = course.chapter("ch01")
    folders = (tmp_path_factory.mktemp("near") / str(n) for n in itertools.count())
    with open_engine(course, [chapter]) as engine:
        engine.prepare(chapter.name)

        def grade(
            files: dict[str, str | bytes], settings: Settings | None = None, about: Any = None
        ) -> dict[str, Any]:
            folder = next(folders)
            folder.mkdir()
            for name, data in files.items():
                tiny.write(folder / name, "")
                (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
            job = job_of(survey_one(folder, chapter, "submission", course.chapters), "auto")
            result, log = engine.grade(job)
            assert not log
            found = json.loads(
                to_json(results_of(result, settings or Settings(chapter.name, ()), about or {}))
            )
            jsonschema.validate(found, GRADED)
            assert isinstance(found, dict)
            return found

        yield grade


def points_of(found: dict[str, Any]) -> dict[str, tuple[float, str]]:
    return {t["extra_data"]["id"]: (t["score"], t["extra_data"]["verdict"]) for t in found["tests"]}


def refused(*arguments: object) -> str:
    done = CliRunner().invoke(kata, ["export", "gradescope", *map(str, arguments)])
    assert isinstance(done.exception, UsageError), (done.output, done.exception)
    return str(done.exception)


# the zip file --------------------------------------------------------------------------------------------------------


def test_the_zip_holds_what_the_chapter_needs_and_no_more(course, tmp_path):
    """two programs at the top, the chapter's suite, earlier solutions; no later chapter, no other suite, no caches"""
    first = export(course.root, "ch02", tmp_path / "one.zip").read_bytes()
    assert first == export(course.root, "later", tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        names = set(archive.namelist())
        for program in ("setup.sh", "run_autograder"):
            assert archive.read(program).startswith(b"#!/usr/bin/env bash\n")
            assert archive.getinfo(program).external_attr >> 16 & 0o111
            assert b"@" not in re.sub(rb'"\$@"', b"", archive.read(program))
        inner = zipfile.ZipFile(io.BytesIO(archive.read("course.zip")))
        assert set(inner.namelist()) == {
            "exercises/ch02_later/later.py",
            "solutions/ch01_tiny/tiny.py",
            "solutions/ch02_later/later.py",
            "tests/hidden/ch02_later/test_later.py",
            "tests/hidden/secret.txt",
        }
        assert inner.read("tests/hidden/secret.txt").decode().strip() == SECRET
        required = archive.read("requirements.txt").decode().splitlines()
        pins = archive.read("constraints.txt").decode().splitlines()
    assert {"setup.sh", "run_autograder", "settings.json", "package/grader/api.py"} <= names
    assert not [
        n for n in names if "__pycache__" in n or n.endswith(".pyc") or "package/grader/exercises" in n
    ]
    assert required == list(REQUIRED)
    assert all(re.fullmatch(r"[a-z0-9.-]+==\S+", p) for p in pins) and any(
        p.startswith("numpy==") for p in pins
    )


def test_the_secret_of_a_variable_travels(course, tmp_path, monkeypatch):
    """random inputs are those of the instructor's machine, also where NNKATA_SECRET gives them"""
    monkeypatch.setenv("NNKATA_SECRET", "another one")
    with zipfile.ZipFile(export(course.root, "ch01", tmp_path / "a.zip")) as archive:
        data = archive.read("course.zip")
    with zipfile.ZipFile(io.BytesIO(data)) as inner:
        assert inner.read("tests/hidden/secret.txt") == b"another one"


def test_what_is_required_is_what_pyproject_says():
    """the requirements on Gradescope are those of the package and of its extra `grading`, but for terminals"""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = {*project["dependencies"], *project["optional-dependencies"]["grading"]}
    assert {r for r in wanted if not r.startswith(("rich", "watchfiles", "pytest-timeout"))} == set(REQUIRED)


def test_the_programs_are_valid_shell(place):
    """bash reads both programs without complaint"""
    for name in ("setup.sh", "run_autograder"):
        assert subprocess.run(["bash", "-n", place.source / name]).returncode == 0


def test_wrong_options_are_told_in_one_line(course, tmp_path):
    """unknown chapter, chapter without suite, a file that exists, folders without wheels"""
    tiny.write(course.root / "solutions" / "ch04_bare" / "bare.py", tiny.SOLUTION)
    try:
        where = ("--course", course.root, "--out", tmp_path / "a.zip")
        assert "There is no chapter 'ch09'" in refused("ch09", *where)
        assert "ch04_bare has no hidden suite" in refused("ch04", *where)
        (tmp_path / "a.zip").write_text("mine")
        assert "--force" in refused("ch01", *where)
        assert (tmp_path / "a.zip").read_text() == "mine"
        assert "is not a folder. Fill one with: python -m pip download" in refused(
            "ch01", *where, "--wheels", tmp_path / "none"
        )
        assert "cannot be read" in refused("ch01", *where, "--class", tmp_path / "class.toml")
    finally:
        shutil.rmtree(course.root / "solutions" / "ch04_bare")


def test_wheels_are_checked_before_they_are_packed(tmp_path):
    """a wheel that is missing, for another system or there twice is told by its name, with what to do"""
    pins = [pin.partition("==")[::2] for pin in pinned(list(REQUIRED))]
    for name, version in pins:
        (tmp_path / f"{name.replace('-', '_')}-{version}-py3-none-any.whl").touch()
    assert len(wheels_in(tmp_path, list(REQUIRED))) == len(pins)
    numpy = next(tmp_path.glob("numpy-*"))
    numpy.rename(tmp_path / "numpy-2.4.6-cp311-cp311-macosx_14_0_arm64.whl")
    with pytest.raises(
        UsageError, match=r"no wheel for Linux of numpy\. Get all of them with: python -m pip download"
    ):
        wheels_in(tmp_path, list(REQUIRED))
    for version in ("2.0.0", "2.1.0"):
        (tmp_path / f"numpy-{version}-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl").touch()
    with pytest.raises(UsageError, match="holds numpy twice"):
        wheels_in(tmp_path, list(REQUIRED))
    (tmp_path / "numpy-2.1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl").unlink()
    assert pythons_of(wheels_in(tmp_path, list(REQUIRED))) == ["3.11"]
    with pytest.raises(UsageError, match="no wheel for Linux of tzdata"):
        wheels_in(tmp_path, [*REQUIRED, "tzdata"])
    old = next(tmp_path.glob("msgpack-*"))
    old.rename(tmp_path / "msgpack-1.1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl")
    with pytest.raises(UsageError, match=r"for Python 3\.11 and 3\.12"):
        wheels_in(tmp_path, list(REQUIRED))


# grading -------------------------------------------------------------------------------------------------------------


@linux
@pytest.mark.timeout(300)
def test_scores_per_test_are_those_of_kata_grade(course, place, tmp_path):
    """good, half right, hanging, crashing, greedy and broken submissions: the same points and verdicts test by test"""
    folder = tiny.hand_in(tmp_path / "class", **{k.replace(" ", "_"): v for k, v in SUBMISSIONS.items()})
    tiny.write(folder / "notebook" / "tiny.ipynb", zips.notebook(tiny.GOOD))
    grade_class([folder], tmp_path / "grades", course=course, chapters=[course.chapter("ch01")], jobs=2)
    with Store(tmp_path / "grades", read_only=True) as store:
        results = {r.student: r for r in store.results()}
    assert len(results) == len(SUBMISSIONS) + 1
    seen = set()
    for student, result in results.items():
        files = {p.name: p.read_bytes() for p in (folder / student).iterdir()}
        found = place.grade(files)
        assert points_of(found) == {t.id: (t.points, t.verdict) for t in result.tests}, student
        assert found["score"] == result.final, student
        assert found["extra_data"]["nnkata"]["suite"] == result.suite
        seen |= {verdict for _, verdict in points_of(found).values()}
    assert {"passed", "failed", "raised", "unwritten", "timeout", "crashed", "skipped"} <= seen


@linux
def test_a_real_chapter_and_a_real_class(tmp_path):
    """ch04 of this course: the sample class gets the points of kata grade, test by test, here and there"""
    course = Course(REPOSITORY)
    place = Place(tmp_path / "autograder", export(REPOSITORY, "ch04", tmp_path / "autograder.zip"))
    students = [f"student0{n}" for n in (2, 5)]
    for student in students:
        shutil.copytree(REPOSITORY / "tests" / "class" / student, tmp_path / "class" / student)
    chapter = course.chapter("ch04")
    grade_class([tmp_path / "class"], tmp_path / "grades", course=course, chapters=[chapter], jobs=1)
    with Store(tmp_path / "grades", read_only=True) as store:
        for result in store.results():
            folder = tmp_path / "class" / result.student
            files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
            found = place.grade(files)
            assert points_of(found) == {t.id: (t.points, t.verdict) for t in result.tests}
            assert (found["score"], result.status) == (result.final, "graded")
            messages = [t.message for t in result.tests if t.verdict != "passed"]
            shown = [t["output"] for t in found["tests"] if t["status"] == "failed"]
            assert len(shown) == len(messages) and all(m in s for m, s in zip(messages, shown))


@linux
def test_partial_credit_and_what_a_test_looks_like(place):
    """a test has name, number, points of its maximum, status, exercise and words; all as plain text"""
    found = place.grade({"tiny.py": HALF})
    assert found["score"] == 3.0 and found["output"] == "3 of 5 points, 2 of 3 tests pass."
    assert {found[k] for k in ("output_format", "test_output_format", "test_name_format")} == {"text"}
    passed, _, failed = found["tests"]
    assert {
        k: passed[k] for k in ("name", "number", "score", "max_score", "status", "visibility", "tags")
    } == {
        "name": "double: double gives twice each entry",
        "number": "1.1",
        "score": 2.0,
        "max_score": 2.0,
        "status": "passed",
        "visibility": "visible",
        "tags": ["double"],
    }
    assert (failed["number"], failed["score"], failed["max_score"], failed["status"]) == (
        "2.1",
        0.0,
        2.0,
        "failed",
    )
    assert failed["output"].startswith("Wrong result.\n") and "output" not in passed
    assert "Isolation: sealed" in place.said


@linux
def test_nothing_hidden_is_shown(near):
    """no expected value, no input, no test source; no text or class name of an exception; no escape sequences"""
    made = "import numpy as np\nmade = type('Le' + 'ak', (ValueError,), {})\n"
    raising = made + tiny.GOOD.replace("s = 0.0", "raise made('x is %r \\x1b[31m' % (x,))")
    raising = raising.replace("np.asarray(x) + x", "np.full((4, 3), 123.456789)")
    found = near({"tiny.py": raising})
    text = json.dumps(found)
    assert points_of(found)["test_total"] == (0.0, "raised")
    assert not re.search(r"Leak|x is \[|x is array|\\u001b|rng|close_to|tolist|secret", text)
    assert SECRET not in text


@linux
def test_bonus_and_earlier_chapters(later):
    """bonus is a test without a maximum; --bonus cap limits the total; the earlier chapter is the reference's"""
    found = later.grade({"later.py": LATER_GOOD})
    bonus = found["tests"][1]
    assert (bonus["score"], bonus["max_score"], bonus["name"][-8:]) == (1.0, 0.0, " (bonus)")
    assert found["score"] == 1.5 and found["extra_data"]["nnkata"]["bonus"] == 1.0
    assert found["extra_data"]["nnkata"]["prerequisites"] == "reference"
    own = LATER_GOOD.replace("import double", "import twice").replace("double(double", "twice(twice")
    files = {"work/ch02_later/later.py": own, "work/ch01_tiny/tiny.py": tiny.GOOD + "\ntwice = double\n"}
    found = later.grade(files)
    assert found["score"] == 1.5 and found["extra_data"]["nnkata"]["prerequisites"] == "own"


@linux
def test_files_of_other_names(near, place):
    """what students hand in under other names, in folders and in zip files counts, and is told"""
    cases: list[tuple[dict[str, str | bytes], str]] = [
        ({"tiny (1).py": tiny.GOOD}, ""),
        ({"student01_tiny.py": tiny.GOOD}, ""),
        ({"homework.py": tiny.GOOD}, "homework.py counts as tiny.py"),
        ({"My Work.ipynb": zips.notebook(tiny.GOOD)}, "My Work.ipynb counts as tiny.py"),
        ({"work.zip": zips.zipped({"course/ch01_tiny/tiny.py": tiny.GOOD, "later.py": LATER_GOOD})}, ""),
        ({"old/tiny.py": SUBMISSIONS["stub"], "new/tiny.py": tiny.GOOD, "later.py": "x"}, ""),
        ({"old/tiny.py": tiny.GOOD, "new/tiny.py": tiny.GOOD}, "new/tiny.py counts. More than one file"),
        (
            {"a.py": tiny.GOOD, "tiny.py": tiny.GOOD, "numpy.py": "1/0", "test_tiny.py": "1/0"},
            "Not looked at",
        ),
    ]
    for files, note in cases:
        found = near(files)
        assert found["score"] == 5.0 and note in found["output"], (files, found["output"])
    assert place.grade({"My Work.ipynb": zips.notebook(tiny.GOOD), "numpy.py/x": "1/0"})["score"] == 5.0


@linux
def test_nothing_to_grade(near, place):
    """nothing, another chapter's file, several of no name, a broken zip and a link: 0 points, and why"""
    assert near({})["score"] == 0
    cases: list[tuple[dict[str, str | bytes], str]] = [
        ({"later.py": LATER_GOOD}, "Hand in tiny.py or tiny.ipynb."),
        ({"work.zip": b"PK no zip at all"}, "work.zip is not a readable zip file"),
        ({"a.py": "x = 1\n", "b.py": "x = 1\n"}, "Not looked at: a.py, b.py"),
        ({"tiny.ipynb": "{}"}, "tiny.ipynb"),
        ({"tiny.py": b"\xff\xfe\x00\xd8"}, "not readable text"),
    ]
    for files, why in cases:
        found = near(files)
        assert found["score"] == 0 and found["tests"] == [] and why in found["output"], found["output"]
    place.hand_in({})
    (place.root / "submission" / "tiny.py").symlink_to(place.source / "course.zip")
    found = place.run()
    assert found["score"] == 0 and "is a symbolic link" in found["output"]


# hostile submissions and failures of ours -------------------------------------------------------------------------


FORGING = """
import sys
forged = '{"score": 100, "tests": [{"score": 100}]}'
print(forged)
for where in ("results/results.json", "/autograder/results/results.json", "WHERE/results/results.json"):
    try:
        open(where, "w").write(forged)
    except BaseException:
        pass
try:
    import os
    for n in range(3, 40):
        try:
            os.write(n, forged.encode())
        except OSError:
            pass
    if os.fork() == 0:
        import time
        for _ in range(50):
            time.sleep(0.1)
            open("WHERE/results/results.json", "w").write(forged)
except BaseException:
    pass
"""


@linux
def test_a_submission_cannot_forge_its_results(place):
    """printing JSON, writing to results.json and to every open descriptor changes no point"""
    forging = FORGING.replace("WHERE", str(place.root)) + HALF
    assert place.grade({"tiny.py": forging, "results.json": '{"score": 100}'})["score"] == 3.0


def copied(place: Place, to: Path) -> Place:
    """Another container of the same image."""
    other = object.__new__(Place)
    shutil.copytree(place.root, to, symlinks=True)
    other.root, other.source, other.program = to, to / "source", to / "run_autograder"
    for path in to.glob("nnkata/venv/lib/python*/site-packages/nnkata.pth"):
        path.write_text(path.read_text().replace(str(place.root), str(to)))
    return other


@linux
def test_a_failure_of_ours_gives_words_and_no_score(place, tmp_path):
    """damaged bundle, settings, environment or submission folder: results.json without a score"""
    broken = copied(place, tmp_path / "broken")
    broken.hand_in({"tiny.py": tiny.GOOD})
    whole = (broken.source / "course.zip").read_bytes()
    (broken.source / "course.zip").write_bytes(whole[:100])
    found = broken.run(3)
    assert found["output"] == NO_GRADE and "score" not in found
    assert "No grade" in broken.said and "cannot be unpacked" in broken.said
    (broken.source / "course.zip").write_bytes(whole)
    (broken.root / "submission").rename(broken.root / "gone")
    broken.run(3)
    (broken.source / "settings.json").write_bytes(b"{")
    broken.run(3)
    shutil.rmtree(broken.root / "nnkata")
    assert broken.run(127)["output"] == NO_GRADE


@linux
def test_the_time_limit_of_the_assignment_is_kept(place, tmp_path):
    """shortly before Gradescope would stop us we stop ourselves, with words and without a score"""
    slow = copied(place, tmp_path / "slow")
    settings = json.loads((slow.source / "settings.json").read_text())
    (slow.source / "settings.json").write_text(json.dumps(settings | {"minutes": 33 / 60}))
    slow.hand_in({"tiny.py": "while True:\n    pass\n"})
    assert "score" not in slow.run(3)
    assert "The time limit of the assignment is near: stopped after" in slow.said


@linux
def test_without_a_seal_nothing_is_graded_unless_that_was_allowed(place, tmp_path):
    """no system call filter: no score; with --allow-isolation process a score, and staff are told, students are not"""
    open_place = copied(place, tmp_path / "open")
    shutil.rmtree(open_place.source / "package" / "grader" / "sandbox" / "filters")
    open_place.hand_in({"tiny.py": tiny.GOOD})
    assert "score" not in open_place.run(3)
    assert "cannot be sealed off" in open_place.said
    settings = json.loads((open_place.source / "settings.json").read_text())
    (open_place.source / "settings.json").write_text(json.dumps(settings | {"allow_isolation": "process"}))
    found = open_place.run()
    assert found["score"] == 5.0 and "NOT protected" in open_place.said
    assert found["extra_data"]["nnkata"]["isolation"]["level"] == "process"
    assert "isolation" not in found["output"] and found["stdout_visibility"] == "hidden"
    if os.getuid() == 0:  # then even this student's process is another user's, and can write nothing of ours
        open_place.hand_in({"tiny.py": FORGING.replace("WHERE", str(open_place.root)) + HALF})
        assert open_place.run()["score"] in (0.0, 3.0)
        assert open_place.results(graded=True)["score"] in (0.0, 3.0)


def test_a_worker_takes_no_more_than_a_small_container_has(tmp_path):
    """in 768 MiB a worker gets 512 MiB, in a large container what it has elsewhere; unreadable limits do not matter"""
    file = tmp_path / "memory.max"
    for text, wanted in (
        (str(768 << 20), 512 << 20),
        (str(8 << 30), MEMORY_BYTES),
        (str(256 << 20), LEAST_BYTES),
        ("max\n", MEMORY_BYTES),
        ("9223372036854771712", MEMORY_BYTES),
    ):
        file.write_text(text)
        assert worker_memory((str(file), str(tmp_path / "none"))) == min(wanted, worker_memory(()))


# options -------------------------------------------------------------------------------------------------------------


@linux
def test_visibility_is_as_the_options_say(course, tmp_path):
    """--tests for every test, --score for the whole; standard output is always for staff alone"""
    archive = export(
        course.root, "ch01", tmp_path / "a.zip", "--tests", "after_due_date", "--score", "after_published"
    )
    found = Place(tmp_path / "a", archive).grade({"tiny.py": HALF})
    assert {t["visibility"] for t in found["tests"]} == {"after_due_date"}
    assert (found["visibility"], found["stdout_visibility"]) == ("after_published", "hidden")


CLASS = """
timezone = "Europe/Berlin"
roster = "roster.csv"

[late]
percent_per_day = 10
grace = "15 min"

[chapters.ch01]
due = 2026-11-20T18:00:00

[extensions.student02]
ch01 = "2 days"

[extensions.student03]
ch01 = "excused"

[extensions.student04]
ch01 = "1 day"
"""
ROSTER = "id,name,email\nstudent01,One,student01@example.org\nstudent02,Two,Student02@example.org\nstudent03,Three,student03@example.org\nstudent04,Four,\n"


@linux
def test_the_late_policy_of_the_class_file(course, near, tmp_path):
    """due date, extensions by email, excuses and grace; without a due date of ours Gradescope's counts; no roster travels"""
    (tmp_path / "roster.csv").write_text(ROSTER)
    (tmp_path / "class.toml").write_text(CLASS)
    options = (
        "ch01",
        "--course",
        course.root,
        "--class",
        tmp_path / "class.toml",
        "--out",
        tmp_path / "a.zip",
    )
    done = CliRunner().invoke(kata, ["export", "gradescope", *map(str, options)])
    assert done.exit_code == 0 and "student04" in done.output
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        text = archive.read("settings.json").decode()
        assert "tzdata" in archive.read("requirements.txt").decode()
    assert "student01" not in text
    settings = Settings.from_json(text)

    def score(who: int, when: str) -> tuple[float, str]:
        users = [{"email": f"student0{who}@example.org", "id": who, "name": "x"}]
        found = near({"tiny.py": tiny.GOOD}, settings, metadata(created_at=when, users=users))
        assert sum(t["score"] for t in found["tests"]) == 5.0
        return found["score"], found["output"]

    assert score(1, "2026-11-20T17:59:00+01:00")[0] == 5.0
    assert score(1, "2026-11-20T18:10:00+01:00")[0] == 5.0
    late = score(1, "2026-11-21T19:00:00.123+01:00")
    assert late[0] == 4.0 and "Late by 1 day 1 h: 20 % off (1 points)." in late[1]
    assert score(2, "2026-11-22T09:30:00-08:00")[0] == 4.5
    assert score(2, "2026-11-22T17:00:00Z")[0] == 5.0
    excused = score(3, "2026-12-24T18:00:00Z")
    assert excused[0] == 5.0 and "Excused" in excused[1]
    found = near({"tiny.py": tiny.GOOD}, settings, {"users": []})
    assert found["score"] == 5.0 and "Not checked for lateness" in found["output"]
    users: list[dict[str, Any]] = [{"email": f"student0{n}@example.org"} for n in (1, 2)]
    group = metadata(created_at="2026-11-22T17:00:00Z", users=users)
    assert near({"tiny.py": tiny.GOOD}, settings, group)["score"] == 5.0
    assert settings.late is not None
    settings = replace(settings, late={**settings.late, "due": None})
    assert score(1, "2026-11-20T23:30:00-08:00")[0] == 4.5
    users = [{"email": "z@example.org", "assignment": {"due_date": "2026-11-21T23:00:00-08:00"}}]
    own = metadata(created_at="2026-11-20T23:30:00-08:00", users=users)
    assert near({"tiny.py": tiny.GOOD}, settings, own)["score"] == 5.0
    place = Place(tmp_path / "a", tmp_path / "a.zip")
    place.tell(metadata(created_at="2026-11-21T19:00:00.123+01:00"))
    assert place.grade({"tiny.py": tiny.GOOD})["score"] == 4.0


@linux
def test_without_a_class_file_lateness_is_left_to_gradescope(near, place):
    """late work keeps its score; unreadable metadata does not matter"""
    found = near({"tiny.py": tiny.GOOD}, None, metadata(created_at="2027-01-01T00:00:00Z"))
    assert found["score"] == 5.0 and "ate" not in found["output"]
    place.hand_in({"tiny.py": tiny.GOOD})
    (place.root / "submission_metadata.json").write_bytes(b"\xff{")
    assert place.run()["score"] == 5.0
    place.tell(metadata())


# the real thing ------------------------------------------------------------------------------------------------------


def set_up(place: Place, **variables: str) -> str:
    environment = {**os.environ, "NNKATA_AUTOGRADER": str(place.root), **variables}
    done = subprocess.run(
        [str(place.source / "setup.sh")], env=environment, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The reference passes here. Isolation: sealed" in done.stdout, done.stdout + done.stderr
    return done.stdout + done.stderr


def page_commands() -> list[str]:
    page = (REPOSITORY / "grader" / "docs" / "gradescope.md").read_text("utf-8")
    return re.findall(r"^\$ (.*)$", page, re.MULTILINE)


def test_every_export_of_the_page_runs(tmp_path, monkeypatch):
    """the kata commands of grader/docs/gradescope.md, with the files that they speak of"""
    monkeypatch.setenv("NNKATA_COURSE", str(REPOSITORY))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "roster.csv").write_text(ROSTER)
    (tmp_path / "class.toml").write_text(CLASS)
    (tmp_path / "wheels").mkdir()
    for name, _, version in (pin.partition("==") for pin in pinned(list(REQUIRED))):
        (tmp_path / "wheels" / f"{name.replace('-', '_')}-{version}-py3-none-any.whl").touch()
    commands = [c for c in page_commands() if c.startswith("kata ")]
    assert len(commands) == 5
    for command in commands:
        done = CliRunner().invoke(kata, shlex.split(command)[1:])
        assert done.exit_code == 0, (command, done.output, done.exception)


@linux
@pytest.mark.heavy
@pytest.mark.timeout(1800)
def test_setup_installs_from_an_index_and_from_wheels(course, tmp_path):
    """setup.sh makes a new environment with pip, then again from wheels alone; both grade"""
    place = Place(tmp_path / "a", export(course.root, "ch01", tmp_path / "a.zip"), install=False)
    if subprocess.run(
        [sys.executable, "-m", "pip", "download", "--no-deps", "-d", tmp_path / "x", "click"]
    ).returncode:
        pytest.skip("no package index here")
    set_up(place)
    assert place.grade({"tiny.py": HALF})["score"] == 3.0
    mode = (place.source / "course.zip").stat().st_mode
    assert mode & 0o077 == 0
    wheels = tmp_path / "wheels"
    told = refused("ch01", "--course", course.root, "--out", tmp_path / "b.zip", "--wheels", wheels)
    command = shlex.split(told.partition("Fill one with: ")[2])
    assert command[:4] == ["python", "-m", "pip", "download"]
    subprocess.run([sys.executable, *command[1:]], check=True, capture_output=True)
    place = Place(
        tmp_path / "b", export(course.root, "ch01", tmp_path / "b.zip", "--wheels", wheels), install=False
    )
    set_up(place, PIP_INDEX_URL="http://127.0.0.1:9/", PIP_RETRIES="0")
    assert place.grade({"tiny.py": HALF})["score"] == 3.0
    digest = hashlib.sha256((tmp_path / "b.zip").read_bytes()).hexdigest()
    assert digest != hashlib.sha256((tmp_path / "a.zip").read_bytes()).hexdigest()


@linux
@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_the_trial_of_the_page_runs(tmp_path):
    """the last commands of the page, in one shell: a real chapter, set up by pip, graded"""
    commands = page_commands()
    commands = commands[-7:]
    assert commands[0].startswith("kata export") and commands[-1].startswith("cat ")
    shutil.copy(REPOSITORY / "solutions" / "ch04_losses" / "losses.py", tmp_path)
    start = f"kata() {{ {shlex.quote(sys.executable)} -c 'from grader.cli import main; main()' \"$@\"; }}"
    python = f'python() {{ {shlex.quote(sys.executable)} "$@"; }}'
    environment = {**os.environ, "NNKATA_COURSE": str(REPOSITORY), "PYTHONPATH": str(REPOSITORY)}
    script = "\n".join(["set -e", start, python, *commands])
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    if done.returncode and "No matching distribution" in done.stderr:
        pytest.skip("no package index here")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "trial" / "results" / "results.json").read_text())
    jsonschema.validate(found, GRADED)
    assert found["score"] == 50.75
