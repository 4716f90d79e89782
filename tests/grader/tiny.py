"""Small students and small courses for the tests of the engine; none of the real chapters is needed."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from grader.course import Course
from grader.sandbox.channel import Limit, WorkerChannel
from grader.sandbox.inside.servant import Servant
from grader.sandbox.server import ForkServer
from grader.student import LocalChannel, Student

MODULE = "ch01_tiny.tiny"
FILE = "ch01_tiny/tiny.py"
KINDS = ("local", "worker")


class Near:
    """Students in this process."""

    kind = "local"

    def __init__(self) -> None:
        self.servants: list[Servant] = []

    def student(self, source: str, seconds: float = 5.0) -> Student:
        servant = Servant(propagate=(KeyboardInterrupt,))
        servant.load({MODULE: textwrap.dedent(source)}, {MODULE: FILE}, MODULE, tolerant=False)
        self.servants.append(servant)
        assert not servant.problems, servant.problems
        return Student(LocalChannel(servant))

    def close(self) -> None:
        for servant in self.servants:
            servant.unload()


class Far:
    """Students in sandboxed workers of one fork server."""

    kind = "worker"

    def __init__(self, server: ForkServer) -> None:
        self.server = server
        self.channels: list[WorkerChannel] = []

    def channel(self, source: str, seconds: float = 5.0) -> WorkerChannel:
        channel = WorkerChannel(self.server)
        self.channels.append(channel)
        channel.begin(Limit(10.0, "10 s for loading the file"))
        told = channel.load({MODULE: textwrap.dedent(source)}, {MODULE: FILE}, MODULE)
        assert told["problems"] == [] and told["loaded"] is True, told
        channel.begin(Limit(seconds, f"{seconds:g} s for one test"))
        return channel

    def student(self, source: str, seconds: float = 5.0) -> Student:
        return Student(self.channel(source, seconds))

    def close(self) -> None:
        for channel in self.channels:
            channel.close()


def channel_of(student: Student) -> Any:
    return object.__getattribute__(student, "_channel")


# courses ---------------------------------------------------------------------------------------------------

SOLUTION = '''
import numpy as np


def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2.0 * np.asarray(x)
    ### END SOLUTION


def total(x):
    """The sum of all entries."""
    ### BEGIN SOLUTION
    return float(np.sum(x))
    ### END SOLUTION
'''

SUITE = '''
import numpy as np

from grader import battery, expect, points


@points(2, of="double")
def test_double(student, rng):
    """double gives twice each entry"""
    x = rng.normal(size=(4, 3))
    expect("double(x)", student.double(x)).close_to([[v + v for v in row] for row in x.tolist()])


@points(1, of="double", needs="test_double")
def test_double_leaves_x_alone(student):
    """double does not change x"""
    battery.leaves_arguments_alone("double(x)", student.double, np.ones(3))


@points(2, of="total")
def test_total(student, rng):
    """total adds all entries"""
    x = rng.normal(size=5)
    expect("total(x)", student.total(x)).close_to(sum(x.tolist()))
'''

GOOD = """
import numpy as np

def double(x):
    return np.asarray(x) + x

def total(x):
    s = 0.0
    for v in x:
        s += v
    return float(s)
"""

MAXIMUM = 5.0  # points of SUITE


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def make_course(root: Path, chapters: dict[str, tuple[str, str]] | None = None) -> Course:
    """A course: chapter name -> (solution, hidden suite); an empty suite is no suite."""
    (root / "tests" / "hidden").mkdir(parents=True, exist_ok=True)
    (root / "exercises").mkdir(exist_ok=True)
    for name, (solution, suite) in (chapters or {"ch01_tiny": (SOLUTION, SUITE)}).items():
        write(root / "solutions" / name / f"{name[5:]}.py", solution)
        if suite:
            write(root / "tests" / "hidden" / name / f"test_{name[5:]}.py", suite)
    return Course(root)


def hand_in(folder: Path, **students: str) -> Path:
    """One folder per student, each with tiny.py."""
    for name, source in students.items():
        write(folder / name / "tiny.py", source)
    return folder
