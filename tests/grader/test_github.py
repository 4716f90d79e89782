"""GitHub: workflows whose steps are run, and points that fit the formats of Classroom 50 and GitHub Classroom."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from grader.classroom import grade_class
from grader.cli import kata
from grader.course import Course
from grader.errors import GraderFailure, UsageError
from grader.github.points import Points, Submission, classroom50, of_result, reporter, whole_factor
from grader.github.visible import visible_points
from grader.github.workflows import KINDS, workflow
from grader.results import Result

sys.path.insert(0, str(Path(__file__).parent))
import synthetic
import tiny

REPOSITORY = Path(__file__).parents[2]
EXERCISES = REPOSITORY / "exercises"
linux = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
STAMP = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$"}
TEXT = {"type": "string", "minLength": 1}
WHOLE = {"type": "integer", "minimum": 0}

RESULT: dict[str, Any] = {  # of Classroom 50, classroom50/result/v1
    "type": "object",
    "additionalProperties": False,
    "required": [
        *("schema", "classroom", "assignment", "assignment_type", "owner", "submission", "commit", "release"),
        *("review", "datetime", "score", "max-score", "tests"),
    ],
    "properties": {
        "schema": {"const": "classroom50/result/v1"},
        **dict.fromkeys(("classroom", "assignment", "owner", "commit", "release", "review"), TEXT),
        "assignment_type": {"enum": ["individual", "group"]},
        "submission": {"type": "string", "pattern": "^submit/"},
        "datetime": STAMP,
        "graded_at": STAMP,
        "score": WHOLE,
        "max-score": WHOLE,
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["test-name", "passed", "score", "max-score"],
                "properties": {
                    "test-name": TEXT,
                    "passed": {"type": "boolean"},
                    "score": WHOLE,
                    "max-score": WHOLE,
                },
            },
        },
        "submitted_by": {
            "type": "object",
            "additionalProperties": False,
            "required": ["username"],
            "properties": {"username": TEXT, "id": {"type": ["integer", "null"]}},
        },
    },
}
REPORTER: dict[str, Any] = {  # what a grader step of GitHub Classroom gives out
    "type": "object",
    "additionalProperties": False,
    "required": ["version", "status", "max_score", "tests"],
    "properties": {
        "version": {"enum": [1, 3]},
        "status": {"enum": ["pass", "fail", "error"]},
        "max_score": WHOLE,
        "message": {"type": "string"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": [
                    "name",
                    "status",
                    "score",
                    "message",
                    "test_code",
                    "filename",
                    "line_no",
                    "duration",
                ],
                "properties": {
                    "name": TEXT,
                    "status": {"enum": ["pass", "fail", "error"]},
                    "score": WHOLE,
                    **{key: {"type": "string"} for key in ("message", "test_code", "filename")},
                    "line_no": WHOLE,
                    "duration": {"type": "number", "minimum": 0},
                },
            },
        },
    },
}
ABOUT = Submission(
    "nn", "losses", "student01", "submit/20261120T180000Z-abc1234", "https://x/c", "https://x/r"
)
VARIABLES = {
    "CLASSROOM": "nn",
    "ASSIGNMENT": "losses",
    "ASSIGNMENT_TYPE": "group",
    "OWNER": "student01",
    "SUBMISSION_TAG": "submit/20261120T180000Z-abc1234",
    "COMMIT_URL": "https://example.org/c",
    "RELEASE_URL": "https://example.org/r",
}


def as_result(points: Points) -> dict[str, Any]:
    """result.json, proved to fit its schema and the rules that no schema can say."""
    return checked_result(classroom50(points, ABOUT))


def checked_result(data: bytes) -> dict[str, Any]:
    found = json.loads(data)
    jsonschema.validate(found, RESULT)
    assert found["score"] <= found["max-score"]
    assert all(t["score"] <= t["max-score"] for t in found["tests"])
    assert isinstance(found, dict)
    return found


def as_reporter(text: str) -> dict[str, Any]:
    found = json.loads(base64.b64decode(text, validate=True))
    jsonschema.validate(found, REPORTER)
    assert isinstance(found, dict)
    return found


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(kata, [*map(str, arguments)])


def refused(*arguments: object, code: int = 2) -> str:
    done = invoke(*arguments)
    assert isinstance(done.exception, (UsageError, GraderFailure)), (done.output, done.exception)
    assert done.exception.exit_code == code
    return str(done.exception)


# points of a graded submission ---------------------------------------------------------------------------------------


def result_of(seed: int = 0, **changes: Any) -> Result:
    result: Result = synthetic.make_result("student01", "ch04_losses", seed=seed)
    for name, value in changes.items():
        setattr(result, name, value)
    return result


@given(st.lists(st.sampled_from([0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 0.1, 1 / 8]), max_size=20))
def test_points_become_whole_by_the_smallest_factor(values):
    """every point times the factor is whole, and no smaller factor of the list does it"""
    factor = whole_factor(values)
    assert all(abs(v * factor - round(v * factor)) < 1e-6 for v in values)
    if {0.25, 0.75} & set(values) and not {0.1, 1 / 8} & set(values):
        assert factor == 4


def test_scaled_points_keep_their_ratio():
    """score and maximum are those of the result times one factor; thirds, which no factor makes whole, round down"""
    result = result_of()
    for test, points in zip(result.tests, (0.25, 1.5, 2, 1, 3, 0.75), strict=False):
        test.max_points = points
        test.points = points if test.verdict == "passed" else 0.0
    result.add_up()
    found = as_result(of_result(result))
    assert result.score is not None
    assert found["score"] == pytest.approx(4 * result.score) and found["max-score"] == pytest.approx(
        4 * result.max_score
    )
    assert found["score"] == sum(t["score"] for t in found["tests"])
    told = as_reporter(reporter(of_result(result)))
    assert (sum(t["score"] for t in told["tests"]), told["max_score"]) == (found["score"], found["max-score"])
    for test in result.tests:
        test.max_points = test.points = 1 / 3
        test.verdict = "passed"
    found = as_result(of_result(result.add_up()))
    assert found["score"] == found["max-score"] == 333 * sum(not t.bonus for t in result.tests)


@pytest.mark.parametrize("seed", range(4))
def test_both_formats_hold_every_test_and_nothing_hidden(seed):
    """valid by their schemas; names, messages, no details; a bonus test is 0 of 0"""
    result = result_of(seed)
    for test in result.tests:
        test.detail = "expected SECRETVALUE"
    result.tests[0].title = "\x1b[31m\u202etitle \udcff"
    points = of_result(result)
    found, told = as_result(points), as_reporter(reporter(points))
    assert len(found["tests"]) == len(told["tests"]) == len(result.tests)
    assert [t["passed"] for t in found["tests"]] == [t.verdict == "passed" for t in result.tests]
    assert [t["status"] == "pass" for t in told["tests"]] == [t["passed"] for t in found["tests"]]
    assert "SECRETVALUE" not in json.dumps([found, told]) and "\\u001b" not in json.dumps(told)
    for test, entry in zip(result.tests, found["tests"], strict=True):
        assert not test.bonus or (entry["score"], entry["max-score"]) == (0, 0)


def test_what_has_no_tests_has_points_all_the_same():
    """missing and rejected: 0 of the maximum, and why; a mark by hand wins; a failure of ours is refused"""
    empty = synthetic.empty(result_of(), "rejected", "losses.py is not readable text.")
    points = of_result(empty)
    assert as_result(points)["tests"] == [] and as_result(points)["max-score"] == points.most > 0
    told = as_reporter(reporter(points))
    assert told["status"] == "error" and "not readable" in told["message"]
    by_hand = result_of(override={"score": 1.5, "reason": "oral", "by": "ta"})
    assert of_result(by_hand).score == int(1.5 * of_result(by_hand).factor)
    huge = of_result(result_of(override={"score": 1e6, "reason": "oral", "by": "ta"}))
    assert huge.score == huge.most
    with pytest.raises(GraderFailure, match="There are no points"):
        of_result(result_of(status="grader_error", score=None))


def test_the_time_is_that_of_the_commit():
    """datetime is the commit's in UTC, graded_at that of the grading; who pushed is told if it is known"""
    about = Submission(**{**vars(ABOUT), "handed_in": datetime.fromisoformat("2026-11-20T23:30:00+02:00")})
    about = Submission(**{**vars(about), "pushed_by": "student02", "pushed_by_id": 7})
    found = checked_result(classroom50(of_result(result_of()), about, datetime(2026, 12, 1, tzinfo=UTC)))
    assert (found["datetime"], found["graded_at"]) == ("2026-11-20T21:30:00Z", "2026-12-01T00:00:00Z")
    assert found["review"] == found["commit"] and found["submitted_by"] == {"username": "student02", "id": 7}


def test_what_classroom50_must_say_is_asked_for():
    """a missing name, a tag of another form and an unknown type are told"""
    points = of_result(result_of())
    for change, text in (
        ({"owner": "", "release": ""}, "did not say OWNER, RELEASE_URL"),
        ({"tag": "v1"}, "begins with submit/"),
        ({"kind": "team"}, "individual or group"),
    ):
        with pytest.raises(UsageError, match=text):
            classroom50(points, Submission(**{**vars(ABOUT), **change}))


# points of visible tests ---------------------------------------------------------------------------------------------


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A student's folder with chapter 0."""
    folder = tmp_path / "work"
    shutil.copytree(EXERCISES / "ch00_toolbox", folder / "ch00_toolbox")
    return folder


def test_visible_points_of_honest_and_broken_work(workspace):
    """all, none and some functions; a file that does not load, hangs or leaves has the same maximum"""
    module = workspace / "ch00_toolbox" / "toolbox.py"
    reference = (REPOSITORY / "solutions" / "ch00_toolbox" / "toolbox.py").read_text("utf-8")
    (workspace / "ch00_toolbox" / "toolbox.ipynb").unlink(missing_ok=True)
    none = visible_points(workspace, ["ch00"], EXERCISES)
    assert none.score == 0 and none.most == len(none.items) > 3
    for source, least, most in (
        (reference, none.most, none.most),
        ("import os\n" + reference + "\nos._exit(0)\n", 0, 0),
        ("def broken(:\n", 0, 0),
        ("", 0, 0),
    ):
        module.write_text(source, "utf-8")
        found = visible_points(workspace, ["toolbox"], EXERCISES)
        assert found.most == none.most and least <= found.score <= most
        as_result(found)
        as_reporter(reporter(found))
    module.unlink()
    assert visible_points(workspace, [], EXERCISES).score == 0


def test_changed_visible_tests_do_not_count(workspace):
    """the test files are those of the installation, whatever stands in the checkout; links are not followed"""
    tests = workspace / "ch00_toolbox" / "test_toolbox.py"
    tests.write_text("def test_nothing():\n    pass\n", "utf-8")
    (workspace / "conftest.py").write_text("raise SystemExit(0)\n", "utf-8")
    honest = visible_points(workspace, ["ch00"], EXERCISES)
    assert honest.score == 0 and honest.most > 3
    module = workspace / "ch00_toolbox" / "toolbox.py"
    module.unlink()
    module.symlink_to(REPOSITORY / "solutions" / "ch00_toolbox" / "toolbox.py")
    assert visible_points(workspace, ["ch00"], EXERCISES).score == 0


def test_points_at_the_command_line(workspace, tmp_path, monkeypatch):
    """a step's output is appended to, result.json is whole; what is missing is told, nothing is written"""
    monkeypatch.chdir(workspace)
    for name in (*VARIABLES, "USERNAME", "REVIEW_URL", "GITHUB_ACTOR", "GITHUB_ACTOR_ID"):
        monkeypatch.delenv(name, raising=False)
    out = tmp_path / "output"
    out.write_text("other=1\n")
    done = invoke("github", "points", "ch00", "--as", "reporter", "--out", out)
    assert done.exit_code == 0, (done.output, done.exception)
    first, second = out.read_text().splitlines()
    assert first == "other=1" and as_reporter(second.removeprefix("result="))["status"] == "fail"
    result = tmp_path / "result.json"
    assert "CLASSROOM" in refused("github", "points", "ch00", "--as", "classroom50", "--out", result)
    assert not result.exists()
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GITHUB_ACTOR", "student01")
    monkeypatch.setenv("GITHUB_ACTOR_ID", "42")
    assert invoke("github", "points", "ch00", "--as", "classroom50", "--out", result).exit_code == 0
    found = checked_result(result.read_bytes())
    assert (found["assignment_type"], found["submitted_by"]["id"]) == ("group", 42)
    assert "There is no chapter 'ch99'" in refused("github", "points", "ch99", "--as", "reporter")
    (workspace / "ch00_toolbox" / "test_toolbox.py").unlink()
    monkeypatch.chdir(workspace / "ch00_toolbox")
    assert invoke("github", "points", "ch00", "--as", "reporter").exit_code == 0
    monkeypatch.chdir(tmp_path)
    assert "holds no chapters" in refused("github", "points", "--as", "reporter")
    assert "holds no grades" in refused("github", "points", "--as", "reporter", "--grades", tmp_path)


# workflows -----------------------------------------------------------------------------------------------------------

WORDS = {
    "install": "nnkata==0.1.0",
    "chapters": "ch04",
    "chapter": "ch04",
    "release": "course",
    "sha": "0" * 64,
}
WORKFLOWS = [kind for kind, (name, _) in KINDS.items() if name.endswith(".yml")]


def parsed(text: str) -> dict[str, Any]:
    found = yaml.safe_load(text)
    assert isinstance(found, dict)
    found["on"] = found.pop(True)  # YAML 1.1 reads the word so; GitHub does not
    return found


def steps_of(flow: dict[str, Any]) -> list[dict[str, Any]]:
    (job,) = flow["jobs"].values()
    steps: list[dict[str, Any]] = job["steps"]
    return steps


@pytest.mark.parametrize("kind", WORKFLOWS)
def test_workflows_are_sound(kind):
    """YAML of the right form, the fewest permissions, a time limit, no expression inside a script, no credentials left"""
    flow = parsed(workflow(kind, **WORDS))
    (job,) = flow["jobs"].values()
    assert flow["on"] and job["runs-on"] == "ubuntu-latest" and 0 < job["timeout-minutes"] <= 360
    assert flow["permissions"]["contents"] == "read"
    assert set(flow["permissions"]) <= (
        {"contents", "checks", "actions"} if kind == "classroom" else {"contents"}
    )
    for step in job["steps"]:
        assert ("uses" in step) != ("run" in step)
        assert "${{" not in step.get("run", "") and "@" not in step.get("run", "").replace("$GITHUB", "")
        assert "uses" not in step or re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step["uses"])
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
        if "run" in step:
            assert subprocess.run(["bash", "-n"], input=step["run"], text=True).returncode == 0


def test_no_secret_in_a_students_repository():
    """what goes to students names no secret, no bundle and no hidden test; hidden tests only in a private repository"""
    for kind in ("tests", "classroom", "classroom50"):
        text = workflow(kind, **WORDS)
        assert not re.search(r"secrets\.|course\.zip|kata grade|token", text)
    grading = parsed(workflow("grading", **WORDS))
    assert grading["jobs"]["grade"]["if"] == "github.event.repository.private"
    assert list(grading["on"]) == ["workflow_dispatch"]


def test_the_reporter_finds_the_output():
    """runners of the reporter, id of the step and name of the variable belong together"""
    steps = steps_of(parsed(workflow("classroom", **WORDS)))
    grader, report = steps[-2:]
    assert report["with"]["runners"] == grader["id"]
    assert report["env"] == {
        f"{grader['id'].upper()}_RESULTS": f"${{{{ steps.{grader['id']}.outputs.result }}}}"
    }


def test_words_that_could_change_a_workflow_are_refused(tmp_path):
    """quotes, line breaks, expressions and colons do not get in"""
    for word in ('x"; rm -rf /', "x\n  - run: y", "${{ secrets.X }}", "a: b", "$(id)", "`id`", "x #"):
        with pytest.raises(UsageError, match="cannot stand in a workflow"):
            workflow("tests", **{**WORDS, "install": word})
        with pytest.raises(UsageError):
            workflow("tests", **{**WORDS, "chapters": word})
    assert 'pip install "./nnkata-0.1.0-py3-none-any.whl"' in workflow(
        "tests", **{**WORDS, "install": "./nnkata-0.1.0-py3-none-any.whl"}
    )
    assert "Which course?" in refused("github", "workflow", "grading", "--out", tmp_path)
    assert invoke("github", "workflow", "tests", "--out", tmp_path).exit_code == 0
    assert "--force" in refused("github", "workflow", "tests", "--out", tmp_path)
    assert invoke("github", "workflow", "tests", "--out", tmp_path, "--force").exit_code == 0


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder for PATH: `kata` of this tree, and a `gh` that knows one release."""
    folder = tmp_path / "programs"
    tree = shlex.quote(str(REPOSITORY))
    python = shlex.quote(sys.executable)
    write_program(
        folder / "kata", f"PYTHONPATH={tree} exec {python} -c 'from grader.cli import main; main()' \"$@\""
    )
    write_program(
        folder / "gh",
        '[ "$1 $2 $3" = "release download course" ] && [ -n "$GH_TOKEN" ] && cp "$RELEASED" "${@: -2:1}"',
    )
    return folder


def write_program(path: Path, line: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/usr/bin/env bash\n{line}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def run_steps(steps: list[dict[str, Any]], place: Path, programs: Path, **variables: str) -> Iterator[Any]:
    """Run the scripts of some steps as GitHub does, but for the installation."""
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(place), **variables}
    for step in steps:
        if "run" in step and step["name"] != "Install":
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            own = {k: variables.get(k, "x") for k in step.get("env", {})}
            yield subprocess.run(
                command, cwd=place, env=environment | own, capture_output=True, text=True, timeout=110
            )


def test_the_steps_in_a_students_repository(workspace, programs, tmp_path):
    """the visible tests fail with exit code 1 as they should; the points of the classroom reach the output"""
    output = tmp_path / "output"
    flows = {
        k: steps_of(parsed(workflow(k, **{**WORDS, "chapters": "ch00"}))) for k in ("tests", "classroom")
    }
    (done,) = run_steps(flows["tests"], workspace, programs)
    assert done.returncode == 1, done.stderr
    (done,) = run_steps(flows["classroom"], workspace, programs, GITHUB_OUTPUT=str(output))
    assert done.returncode == 0, done.stderr
    assert as_reporter(output.read_text().strip().removeprefix("result="))["status"] == "fail"


def repository(path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        tiny.write(path / name, text)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C", str(path)]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "work"]):
        subprocess.run([*git, *command], check=True)


@linux
def test_grading_the_class_in_a_private_repository(programs, tmp_path):
    """the steps clone every student, refuse another bundle, grade in the sandbox and leave the folder of kata grade"""
    course: Course = tiny.make_course(tmp_path / "course")
    place = tmp_path / "grading"
    place.mkdir()
    bundle = tmp_path / "course.zip"
    assert invoke("pack", "--course", course.root, "--out", bundle).exit_code == 0
    done = invoke("github", "workflow", "grading", "--out", place, "--bundle", bundle, "--chapter", "ch01")
    assert done.exit_code == 0, (done.output, done.exception)
    flow = parsed((place / ".github" / "workflows" / "kata-grading.yml").read_text())
    assert flow["on"]["workflow_dispatch"]["inputs"]["chapter"]["default"] == "ch01"
    steps = steps_of(flow)
    repository(tmp_path / "hub" / "school" / "good", {"ch01_tiny/tiny.py": tiny.GOOD, "conftest.py": "1/0\n"})
    repository(tmp_path / "hub" / "school" / "half", {"tiny.py": tiny.GOOD.replace("float(s)", "0.0")})
    (place / "students.txt").write_text(
        "# the class\n\nstudent01 school/good\nstudent02 school/half\nstudent03 school/none"
    )
    variables = {
        "RELEASED": str(bundle),
        "GITHUB_SERVER_URL": f"file://{tmp_path / 'hub'}",
        "CHAPTER": "ch01",
    }
    done_steps = list(run_steps(steps, place, programs, **variables))
    assert [d.returncode for d in done_steps] == [0, 0, 0], [d.stderr for d in done_steps]
    assert "::warning::No repository school/none of student03." in done_steps[1].stdout
    assert not list((place / "submissions").rglob(".git"))
    with (place / "grades" / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        marks = {row["student"]: (row["status"], row["final"]) for row in csv.DictReader(file)}
    assert marks == {"student01": ("graded", "5"), "student02": ("graded", "3"), "student03": ("missing", "")}
    assert (place / "grades" / "report" / "index.html").is_file()
    sha256 = hashlib.sha256(bundle.read_bytes()).hexdigest()
    assert sha256 in (place / ".github" / "workflows" / "kata-grading.yml").read_text()
    bundle.write_bytes(bundle.read_bytes() + b"x")
    assert next(run_steps(steps, place, programs, **variables)).returncode != 0
    for line in ("../x school/good", "student01 school/good; id", "student01 --upload-pack=x/y", "student01"):
        (place / "students.txt").write_text(line)
        fetch = [s for s in steps if s.get("name") == "Get the submissions"]
        assert next(run_steps(fetch, place, programs, **variables)).returncode == 2, line


# the page for instructors --------------------------------------------------------------------------------------------


@linux
def test_every_command_of_the_page_runs(tmp_path, monkeypatch):
    """grader/docs/github.md from top to bottom, with this course and a workspace of a student"""
    page = (REPOSITORY / "grader" / "docs" / "github.md").read_text("utf-8")
    commands = re.findall(r"^\$ (kata .*)$", page, re.MULTILINE)
    assert len(commands) == 10
    monkeypatch.setenv("NNKATA_COURSE", str(REPOSITORY))
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    shutil.copytree(EXERCISES / "ch04_losses", tmp_path / "ch04_losses")
    shutil.copytree(REPOSITORY / "tests" / "class" / "student02", tmp_path / "submissions" / "student01")
    shutil.copytree(REPOSITORY / "tests" / "class" / "student05", tmp_path / "submissions" / "student02")
    monkeypatch.chdir(tmp_path)
    for command in commands:
        done = invoke(*shlex.split(command)[1:])
        assert done.exit_code == 0, (command, done.output, done.exception)
    found = checked_result((tmp_path / "result.json").read_bytes())
    assert found["max-score"] == 406
    lines = (tmp_path / "step-output.txt").read_text().splitlines()
    assert [as_reporter(line.removeprefix("result="))["max_score"] for line in lines] == [12, 406]
    assert (tmp_path / "classroom" / "autograders" / "losses" / "autograder.py").is_file()


@linux
def test_points_are_those_of_kata_grade(tmp_path):
    """result.json of a graded submission holds every test's points times one factor"""
    course = tiny.make_course(tmp_path / "course")
    folder = tiny.hand_in(
        tmp_path / "class", student01=tiny.GOOD, student02=tiny.GOOD.replace("float(s)", "0.0")
    )
    grade_class([folder], tmp_path / "grades", course=course, jobs=1)
    arguments = ("github", "points", "--as", "reporter", "--grades", tmp_path / "grades")
    assert "2 results fit" in refused(*arguments)
    done = invoke(*arguments, "--student", "student02", "--out", tmp_path / "out")
    assert done.exit_code == 0, (done.output, done.exception)
    told = as_reporter((tmp_path / "out").read_text().strip().removeprefix("result="))
    assert ([t["score"] for t in told["tests"]], told["max_score"]) == ([2, 1, 0], 5)
    assert "no result fits" in refused(*arguments, "--student", "nobody")


@linux
@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_the_autograder_of_classroom50_installs_itself_and_grades(workspace, tmp_path):
    """autograder.py in a folder with the wheel, run in a checkout as Classroom 50 runs it, writes a valid result.json"""
    if subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", tmp_path, "click"]
    ).returncode:
        pytest.skip("no package index here")
    bundle = tmp_path / "bundle"
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(bundle),
        str(REPOSITORY),
    ]
    subprocess.run(build, check=True, capture_output=True)
    done = invoke("github", "workflow", "classroom50", "--chapter", "ch00", "--out", bundle)
    assert done.exit_code == 0, (done.output, done.exception)
    environment = {**os.environ, **VARIABLES, "CLASSROOM50_BUNDLE_DIR": str(bundle), "PYTHONPATH": ""}
    ran = subprocess.run(
        [sys.executable, str(bundle / "autograder.py")],
        cwd=workspace,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = checked_result((workspace / "result.json").read_bytes())
    assert found["score"] == 0 and found["max-score"] == len(found["tests"]) > 3
