"""Every terminal: colours where they are seen, any width and encoding, help with examples, completion by Tab."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader import workspace
from grader.cli import COMMANDS, kata

ROOT = Path(__file__).resolve().parents[2]
RUN = [sys.executable, "-c", "import sys; sys.argv[0] = 'kata'; from grader.cli import main; main()"]
STUDENT = {
    "test": ["test", "ch00"], "status": ["status"], "next": ["next"], "hint": ["hint", "one_hot"], "doctor": ["doctor"],
    "reset": ["reset", "accuracy"], "submit": ["submit"], "update": ["update"], "start": ["start", "."], "help": ["--help"],
}  # fmt: skip


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Path:
    """A workspace with letters in it that few encodings know, and something written in it."""
    folder = tmp_path_factory.mktemp("terminals") / "arbeit-äλ²"
    workspace.start(folder, ROOT / "exercises")
    path = folder / "ch00_toolbox/toolbox.py"
    text = path.read_text(encoding="utf-8")
    stub = 'raise NotImplementedError("one_hot is not written yet")'
    assert stub in text
    written = text.replace(stub, 'print("λ² → ∂L", num_classes)\n    return np.eye(num_classes)[y - 1]  # ²')
    path.write_text(written, encoding="utf-8")
    return folder


def environment(**variables: str) -> dict[str, str]:
    dropped = ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "PYTHONIOENCODING", "NNKATA_COURSE")
    return {k: v for k, v in os.environ.items() if k not in dropped} | {"PYTHONPATH": str(ROOT)} | variables


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
@pytest.mark.parametrize("name", STUDENT)
def test_any_encoding_of_the_terminal(work, name, encoding):
    """no command of a student's ends with an error because the terminal lacks a letter"""
    done = subprocess.run(
        [*RUN, *STUDENT[name]], cwd=work, capture_output=True, check=False, timeout=60,
        env=environment(PYTHONIOENCODING=encoding, COLUMNS="40"),
    )  # fmt: skip
    # click takes a terminal that claims to be ASCII for one that was set up badly, and writes UTF-8.
    said = (done.stdout + done.stderr).decode("utf-8" if encoding == "ascii" else encoding)
    assert "Traceback" not in said and "codec" not in said
    assert done.returncode in ((0, 1) if name in ("test", "submit") else (0,)), said
    assert "\x1b" not in said
    if name == "test":
        assert "one_hot" in said and "Classes count from 0" in said


def in_terminal(arguments: list[str], cwd: Path, columns: int = 80, **variables: str) -> str:
    """What a command writes to a terminal of that width."""
    pty = pytest.importorskip("pty")
    import fcntl
    import struct
    import termios

    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(
        [*RUN, *arguments], cwd=cwd, stdin=child, stdout=child, stderr=child, env=environment(**variables)
    ) as process:
        os.close(child)
        said = b""
        while True:
            try:
                part = os.read(parent, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            said += part
        process.wait(60)
    os.close(parent)
    return said.decode("utf-8", "replace")


COLOUR = re.compile(r"\x1b\[\d+(?:;\d+)*m")


@pytest.mark.parametrize("name", ["test", "status", "doctor", "next"])
@pytest.mark.parametrize(
    "variables, coloured",
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_colours_where_they_are_seen(work, name, variables, coloured):
    """colours on a terminal, none with NO_COLOR or on a dumb one"""
    said = in_terminal(STUDENT[name], work, **variables)
    assert "Traceback" not in said
    if coloured and name in ("test", "doctor"):
        assert COLOUR.search(said)
    if not coloured:
        assert not COLOUR.search(said), said


@pytest.mark.parametrize("name", ["test", "status", "hint", "doctor", "submit", "start", "help"])
@pytest.mark.parametrize("columns", [20, 40, 200])
def test_any_width(work, name, columns):
    """narrow and wide terminals show the same words"""
    said = in_terminal(STUDENT[name], work, columns, TERM="dumb")
    assert "Traceback" not in said and said.strip()
    if name == "test":
        words = " ".join(said.split())
        assert "Classes count from 0" in words.replace(" -", "")


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_help_has_an_example(name):
    """kata COMMAND --help shows at least one line to copy, and every option is explained"""
    done = CliRunner().invoke(kata, [name, "--help"], catch_exceptions=False, terminal_width=80)
    assert done.exit_code == 0
    _, found, examples = done.output.partition("Example")
    assert found, done.output
    assert re.search(rf"^ *(?:.*&& )?kata {name}\b", examples, re.MULTILINE), done.output
    command = kata.get_command(None, name)  # type: ignore[arg-type]
    for option in command.params:
        if option.param_type_name == "option":
            assert option.help, f"--{option.name} says nothing"


# completion ------------------------------------------------------------------------------------------------------


def completed(work: Path, shell: str, *words: str) -> list[str]:
    """What a shell is offered for the last of these words."""
    variables = {"_KATA_COMPLETE": f"{shell}_complete", "COMP_WORDS": " ".join(["kata", *words])}
    variables["COMP_CWORD"] = words[-1] if shell == "fish" else str(len(words))
    done = subprocess.run(
        RUN, cwd=work, capture_output=True, text=True, check=False, timeout=60, env=environment(**variables)
    )
    assert "Traceback" not in done.stderr
    lines = done.stdout.splitlines()
    if shell == "bash":
        return [line.partition(",")[2] for line in lines if line]
    if shell == "zsh":
        return lines[1::3]
    return [line.partition(",")[2].partition("\t")[0] for line in lines if line]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_chapters_and_functions_are_completed(work, shell):
    """Tab offers commands, chapters of this workspace and functions of it"""
    assert {"submit", "start", "status"} <= set(completed(work, shell, "s"))
    assert {"ch00", "ch04"} <= set(completed(work, shell, "test", "ch"))
    assert completed(work, shell, "test", "ch04_l") == ["ch04_losses"]
    assert "softmax_cross_entropy" in completed(work, shell, "test", "softm")
    assert "softmax" in completed(work, shell, "reset", "softm")
    assert "softmax" in completed(work, shell, "hint", "softm")
    assert "ch06" in completed(work, shell, "submit", "ch04", "ch")
    assert completed(work, shell, "submit", "softm") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_outside_of_a_workspace_is_silent(tmp_path, shell):
    """where there is no workspace, Tab offers nothing and says nothing"""
    assert completed(tmp_path, shell, "test", "ch") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell(tmp_path, shell):
    """the script for a shell is printed, and a shell that is here can read it"""
    done = subprocess.run(
        RUN, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
        env=environment(_KATA_COMPLETE=f"{shell}_source"),
    )  # fmt: skip
    assert "kata" in done.stdout and not done.stderr
    program = shutil.which(shell)
    if program is not None:
        (tmp_path / "script").write_text(done.stdout)
        read = subprocess.run(
            [program, "-n", "script"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert read.returncode == 0, read.stderr


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_completes(work, tmp_path):
    """a real bash, with the line from kata --help, completes a function"""
    program = tmp_path / "kata"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{RUN[2]}" "$@"\n')
    program.chmod(0o755)
    script = (
        'eval "$(_KATA_COMPLETE=bash_source kata)"; COMP_WORDS=(kata test softmax_c); COMP_CWORD=2; '
        '_kata_completion kata; echo "${COMPREPLY[@]}"'
    )
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=work,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=environment(PATH=path),
    )
    assert done.stdout.split() == ["softmax_cross_entropy"], done.stdout + done.stderr
