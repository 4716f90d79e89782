"""A small workspace and a terminal, for the tests of what a student uses: two chapters, quick to run."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

from grader import workspace

ROOT = Path(__file__).resolve().parents[2]
KATA = "import sys; sys.argv[0] = 'kata'; from grader.cli import main; main()"
CLEAR = "\x1b[H\x1b[2J"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
SECONDS = 20  # that anything may take

STUBS = {
    "ch00_small": '''"""Chapter 00: numbers."""

import numpy as np


def double(x):
    """Twice a number.

    out = 2 * x
    """
    raise NotImplementedError("double is not written yet")


def total(v):
    """The sum of an array."""
    raise NotImplementedError("total is not written yet")
''',
    "ch01_more": '''"""Chapter 01: more numbers."""

import numpy as np
from ch00_small.small import double


def fourfold(x):
    """Four times a number."""
    raise NotImplementedError("fourfold is not written yet")
''',
}
TESTS = {
    "ch00_small": '''"""Visible tests."""

import numpy as np
from grader import checks, expect


@checks("double")
def test_two(student):
    """twice 2 is 4"""
    expect("double(2.0)", student.double(2.0)).close_to(4.0)


@checks("double")
def test_minus(student):
    """twice -1 is -2"""
    expect("double(-1.0)", student.double(-1.0)).close_to(-2.0)


@checks("total")
def test_total(student):
    """1 + 2 + 3 is 6"""
    expect("total([1, 2, 3])", student.total(np.array([1.0, 2.0, 3.0]))).close_to(6.0)
''',
    "ch01_more": '''"""Visible tests."""

from grader import checks, expect


@checks("fourfold")
def test_four(student):
    """four times 2 is 8"""
    expect("fourfold(2.0)", student.fourfold(2.0)).close_to(8.0)
''',
}
HINTS = """### Hints for `{name}`

<details><summary>Hint 1: a question</summary>

What is one {name}?
It goes on here.

</details>
<details><summary>Hint 2: a direction</summary>

Think of **plus**.

</details>
<details><summary>Hint 3: nearly the line</summary>

```python
x + x
```

</details>
"""
RIGHT = {
    "double": "return 2.0 * x",
    "total": "return float(np.sum(v))",
    "fourfold": "return double(double(x))",
}


def make_workspace(folder: Path) -> Path:
    """A workspace of two chapters, as `kata start` makes it."""
    kit = folder / "kit"
    for chapter, stub in STUBS.items():
        names = re.findall(r"^def (\w+)", stub, re.MULTILINE)
        files = {f"{chapter[5:]}.py": stub, f"test_{chapter[5:]}.py": TESTS[chapter]}
        files["README.md"] = f"# {chapter}\n\n## Hints\n\n" + "\n".join(HINTS.format(name=n) for n in names)
        for name, text in files.items():
            path = kit / chapter / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    (kit / "conftest.py").write_bytes((ROOT / "exercises" / "conftest.py").read_bytes())
    return workspace.start(folder / "work", kit).folder


def file_of(work: Path, chapter: str) -> Path:
    return work / chapter / f"{chapter[5:]}.py"


def solved(chapter: str, **bodies: str) -> str:
    """The text of a chapter with everything right, but the functions named, which get other bodies."""
    text = STUBS[chapter]
    for name, body in (RIGHT | bodies).items():
        stub = f'raise NotImplementedError("{name} is not written yet")'
        text = text.replace(stub, body.replace("\n", "\n    "))
    return text


def save(work: Path, chapter: str, text: str) -> None:
    """Save as most editors do: a new file that takes the place of the old one."""
    path = file_of(work, chapter)
    new = path.with_name(f".{path.name}.swp~")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def environment(**more: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100", "LINES": "40", "TERM": "xterm"} | more


def kata(work: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder."""
    command = [sys.executable, "-c", KATA, *arguments]
    return subprocess.run(
        command, cwd=work, env=environment(**more), capture_output=True, text=True, timeout=100, check=False
    )


def left_behind(work: Path) -> list[int]:
    """Processes that work for a workspace."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:
            continue
        if b"grader.practice_child" in words and str(work).encode() in words:
            found.append(int(path.parent.name))
    return found


class Terminal:
    """`kata` in a terminal of its own."""

    def __init__(self, folder: Path, *arguments: str, **more: str):
        self.text = ""
        self.status: int | None = None
        # The shell in between is the one whose terminal is looked at afterwards.
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(sys.executable, [sys.executable, "-c", KATA, *arguments], environment(**more))
        self.before = termios.tcgetattr(self.fd)

    @property
    def screen(self) -> str:
        """What is on the screen now, without colours."""
        return COLOURS.sub("", self.text.rpartition(CLEAR)[2]).replace("\r\n", "\n")

    def wait(self, words: str, seconds: float = SECONDS) -> str:
        """Read until the screen holds `words`, and all of it is there; gives the screen."""
        end = time.monotonic() + seconds
        while words not in self.screen or "q quit" not in self.screen:
            left = end - time.monotonic()
            assert left > 0, f"{words!r} is not on the screen:\n{self.screen}"
            self.read(left)
        return self.screen

    def read(self, seconds: float) -> None:
        """Read what comes within some time, and at least once if something comes."""
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                self.text += os.read(self.fd, 65536).decode("utf-8", "replace")
            except OSError:  # the other end is closed
                time.sleep(0.02)

    def rest(self, seconds: float) -> str:
        """Read for some time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(end - time.monotonic())
        return self.screen

    def press(self, keys: str) -> None:
        os.write(self.fd, keys.encode())

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def ended(self) -> int:
        """Exit code, once it has ended."""
        end = time.monotonic() + SECONDS
        while self.status is None:
            assert time.monotonic() < end, f"it goes on:\n{self.screen}"
            self.read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def close(self) -> None:
        if self.status is None:
            self.signal(signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)
