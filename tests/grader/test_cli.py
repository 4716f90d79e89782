"""The command line: help that teaches, one line for mistakes, strict exit codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli import COMMANDS, kata

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """Run `kata` as a person would, in a process of its own."""
    program = "from grader.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120", **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name):
    """every command has help with a sentence and an example of its own use"""
    result = CliRunner().invoke(kata, [name, "--help"])
    assert result.exit_code == 0
    assert len(result.output) > 150
    assert re.search(rf"kata {name}\b.*\n", result.output.split("Usage:", 1)[1].split("\n", 1)[1]), (
        "no example"
    )


def test_overview_lists_every_command():
    """kata --help names every command under whom it serves"""
    text = CliRunner().invoke(kata, ["--help"]).output
    for title in ("For students", "For instructors", "For authors"):
        assert title in text
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", text, re.MULTILINE)


def test_wrong_usage_is_one_line_and_exit_code_2(tmp_path):
    """a path, option or command that does not exist: exit code 2, the next step, no traceback"""
    out = str(tmp_path / "out")
    for arguments in (
        ["grade", str(tmp_path / "nothing"), "--out", out, "--course", str(ROOT)],
        ["grade", str(tmp_path), "--out", out, "--course", str(tmp_path)],
        ["grade", str(tmp_path), "--out", out, "--course", str(ROOT), "--chapter", "ch99"],
        ["frobnicate"],
        ["test", "--no-such-option"],
    ):
        done = run(*arguments, cwd=tmp_path)
        assert done.returncode == 2, (arguments, done.stderr)
        assert "Traceback" not in done.stderr
        assert done.stderr.strip()


def test_a_missing_extra_is_named(tmp_path):
    """without the grading packages `kata grade` says what to install, in one line"""
    (tmp_path / "sqlalchemy.py").write_text(
        "raise ModuleNotFoundError('no', name='sqlalchemy')", encoding="utf-8"
    )
    done = run(
        "grade", str(tmp_path), "--out", str(tmp_path / "out"), PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}"
    )
    assert done.returncode == 2
    assert "nnkata[grading]" in done.stderr and "Traceback" not in done.stderr


def test_no_colours_into_a_pipe(tmp_path):
    """output that is not a terminal holds no escape codes"""
    done = run("doctor", cwd=ROOT)
    assert "\x1b" not in done.stdout + done.stderr


def test_doctor_speaks_json():
    """kata doctor --json gives the level, the self-test and findings with next steps"""
    done = run("doctor", "--json", cwd=ROOT)
    told = json.loads(done.stdout)
    assert told["isolation"]["level"] in ("sealed+uid", "sealed", "process")
    assert {f["state"] for f in told["findings"]} <= {"ok", "missing", "note"}
    assert done.returncode == (3 if any(f["state"] == "missing" for f in told["findings"]) else 0)


# kata test, in a small workspace ----------------------------------------------------------------------------

STUB = '''import numpy as np


def double(x):
    """Twice x."""
    raise NotImplementedError("double is not written yet")


def halve(x):
    """Half of x."""
    raise NotImplementedError("halve is not written yet")
'''
CHECKS = '''import numpy as np
from grader import checks, expect


@checks("double")
def test_double(student):
    """double([1, 2]) is [2, 4]"""
    expect("double([1, 2])", student.double(np.array([1.0, 2.0]))).close_to([2.0, 4.0])


@checks("halve")
def test_halve(student):
    """halve([2, 4]) is [1, 2]"""
    expect("halve([2, 4])", student.halve(np.array([2.0, 4.0]))).close_to([1.0, 2.0])
'''


@pytest.fixture
def desk(tmp_path):
    """A workspace with one chapter of two functions."""
    chapter = tmp_path / "ch01_two"
    chapter.mkdir()
    (chapter / "two.py").write_text(STUB, encoding="utf-8")
    (chapter / "test_two.py").write_text(CHECKS, encoding="utf-8")
    return tmp_path


def write(desk: Path, name: str, body: str) -> None:
    """Write a function's body into the student's file."""
    path = desk / "ch01_two" / "two.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace(f'raise NotImplementedError("{name} is not written yet")', body), encoding="utf-8"
    )


def test_unwritten_functions_are_named_with_the_place_to_go(desk):
    """at the start everything is to do, and the next step names file and line"""
    done = run("test", cwd=desk)
    assert done.returncode == 1
    assert "todo  double, halve" in done.stdout
    assert "Next: double in ch01_two/two.py, line 6" in done.stdout


def test_a_solved_workspace_exits_0(desk):
    """when all visible tests pass the exit code is 0"""
    write(desk, "double", "return 2 * x")
    write(desk, "halve", "return x / 2")
    done = run("test", cwd=desk)
    assert done.returncode == 0, done.stdout
    assert "2 of 2 done" in done.stdout


def test_a_wrong_value_is_explained(desk):
    """a wrong function is shown with what it returned and what was expected, and the likely cause"""
    write(desk, "double", "return 4 * x")
    done = run("test", "double", cwd=desk)
    assert done.returncode == 1
    assert "exactly twice the right result" in done.stdout
    assert "[4. 8.]" in done.stdout and "[2. 4.]" in done.stdout
    assert "halve" not in done.stdout


def test_the_students_own_line_is_named(desk):
    """an exception is shown with the student's line and without the kit's insides"""
    write(desk, "double", "return np.ones((2, 3)) @ x")
    done = run("test", "double", cwd=desk)
    assert "ValueError in ch01_two/two.py, line 6" in done.stdout
    assert "servant" not in done.stdout


def test_a_file_that_does_not_load_is_said_once(desk):
    """a syntax error is one message with its line, not one for each test"""
    write(desk, "double", "return (x")
    done = run("test", cwd=desk)
    assert done.returncode == 1
    assert done.stdout.count("SyntaxError in ch01_two/two.py, line 6") == 1
    assert "Next: repair ch01_two/two.py, line 6" in done.stdout


def test_a_typo_gets_a_suggestion(desk):
    """an unknown function is answered with near names and exit code 2"""
    done = run("test", "duoble", cwd=desk)
    assert done.returncode == 2
    assert "Did you mean double" in done.stderr


def test_outside_a_workspace_the_next_step_is_given(tmp_path):
    """kata test without exercises says how to get them"""
    done = run("test", cwd=tmp_path)
    assert done.returncode == 2
    assert "kata start" in done.stderr


def test_an_endless_loop_ends(desk):
    """an endless loop is named as a time-out of that function"""
    write(desk, "double", "while True: pass")
    done = run("test", "double", cwd=desk)
    assert "double took longer than" in done.stdout


def test_plain_pytest_says_the_same(desk):
    """plain pytest shows the same sentence and no traceback of the kit"""
    write(desk, "double", "return 4 * x")
    plugins = [] if _installed() else ["-p", "grader.pytest_plugin"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugins],
        cwd=desk,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "exactly twice the right result" in done.stdout
    assert "halve is not written yet. Open ch01_two/two.py, line 11." in done.stdout
    assert "grader/" not in done.stdout


def _installed() -> bool:
    from importlib import metadata

    return any(e.name == "nnkata" for e in metadata.entry_points(group="pytest11"))


def test_plot_draws_from_the_students_own_functions(desk):
    """kata plot writes the pictures it can draw and names what is not written yet; exit code 1 then"""
    pytest.importorskip("matplotlib")
    (desk / "ch01_two" / "figures.py").write_text(
        """from matplotlib.figure import Figure


def figure_twice(student):
    "Twice."
    figure = Figure()
    figure.subplots().plot([0, 1], [student.double(0.0), student.double(1.0)])
    return figure


def figure_half(student):
    "Half."
    student.halve(1.0)
    return Figure()
""",
        encoding="utf-8",
    )
    write(desk, "double", "return 2 * x")
    done = run("plot", "ch01", cwd=desk)
    assert done.returncode == 1, done.stderr
    assert (desk / "plots" / "ch01" / "twice.png").is_file()
    assert "half: halve is not written yet" in done.stdout


# what a first student stumbled over -------------------------------------------------------------------------


def test_a_syntax_error_in_an_earlier_chapter_is_blamed_on_that_chapter(desk):
    """the file that does not parse is named, not the line that imports it"""
    (desk / "ch00_base").mkdir()
    (desk / "ch00_base" / "base.py").write_text("x = 1\ny = (2\n", encoding="utf-8")
    path = desk / "ch01_two" / "two.py"
    path.write_text("from ch00_base.base import x\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    done = run("test", cwd=desk)
    assert "SyntaxError in ch00_base/base.py, line 2 (imported by ch01_two/two.py)" in done.stdout
    assert "Next: repair ch00_base/base.py, line 2" in done.stdout


def test_an_endless_loop_outside_the_functions_ends(desk):
    """a file that never finishes loading is said once, after the limit"""
    path = desk / "ch01_two" / "two.py"
    path.write_text(path.read_text(encoding="utf-8") + "\nwhile True:\n    pass\n", encoding="utf-8")
    done = run("test", cwd=desk)
    assert done.returncode == 1
    assert "took longer than 5 s to load. Is there a loop outside the functions?" in done.stdout


def test_a_renamed_function_is_not_called_todo(desk):
    """a function that is not there any more is said to be missing"""
    path = desk / "ch01_two" / "two.py"
    path.write_text(path.read_text(encoding="utf-8").replace("def double", "def doubled"), encoding="utf-8")
    done = run("test", cwd=desk)
    assert "does not define double. Was it renamed or deleted?" in done.stdout
    assert "todo  halve" in done.stdout


def test_a_function_that_waits_for_another_is_not_called_todo(desk):
    """a written function that calls a stub says what it needs"""
    write(desk, "double", "return halve(4 * x)")
    done = run("test", "double", cwd=desk)
    assert "double needs halve, which is not written yet" in done.stdout


def test_a_missing_file_is_named(desk):
    """a deleted file is said to be missing, with the way to get it back"""
    (desk / "ch01_two" / "two.py").unlink()
    done = run("test", cwd=desk)
    assert "ch01_two/two.py is missing. kata update brings it back" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals")
def test_no_color_is_respected_on_a_terminal(desk):
    """on a terminal there are colours, with NO_COLOR none"""
    import pty

    def on_a_terminal(**env: str) -> bytes:
        ours, theirs = pty.openpty()
        everything = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", **env}
        program = [sys.executable, "-c", "from grader.cli import main; main()", "test"]
        process = subprocess.Popen(program, cwd=desk, env=everything, stdout=theirs, stderr=theirs)
        os.close(theirs)
        parts = []
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:
                break
            if not part:
                break
            parts.append(part)
        process.wait()
        os.close(ours)
        return b"".join(parts)

    environment = {"NO_COLOR": "1"}
    assert b"\x1b[" in on_a_terminal()
    assert b"\x1b[" not in on_a_terminal(**environment)
