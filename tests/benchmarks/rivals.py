"""The same class graded by us, by nbgrader, by Otter, and by one process of pytest or unittest per submission.

    python -m venv rivals && rivals/bin/pip install nbgrader 'otter-grader[grading]' numpy
    python tests/benchmarks/rivals.py --venv rivals [--rounds 3] [--students 32] [--otter 6] [--jobs 1]

Every way runs the twelve checks of forty/checks.py on the same submissions: the 32 of the benchmark class that import (the
crashing ones get other points from systems that import them). Each round runs all ways one after the other, so that
whatever else the machine does meets all of them; medians of the rounds and their ratios to `kata grade` are printed, for
the wall time and for the CPU time, which a busy machine changes less, and verdicts that differ from those of the floor. A rival that is not in `--venv` is left out, with the reason.

nbgrader: the stock `nbgrader autograde`, one call for the class, on an assignment that `nbgrader generate_assignment` made.
Otter: one `otter run` per submission, on the first `--otter` submissions only: it takes some seconds for each.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent)]

import grading  # noqa: E402
import submissions  # noqa: E402

Verdicts = dict[str, dict[str, bool]]  # student -> check -> passed
CHECKS = (grading.COURSE / "checks.py").read_text("utf-8")
NAMES = re.findall(r"^def (\w+)\(m\)", CHECKS, re.MULTILINE)
ASSIGNMENT = "hw"
HEAD = "import numpy as np\n"
NBGRADER_GRADES = """
import json
from nbgrader.api import Gradebook
found = {}
with Gradebook("sqlite:///gradebook.db") as book:
    for submission in book.assignment_submissions("hw"):
        grades = [g for n in submission.notebooks for g in n.grades]
        found[submission.student.id] = {g.name: g.auto_score == g.max_score for g in grades}
print(json.dumps(found))
"""
OTTER_TEST = """
from otter.test_files import test_case

OK_FORMAT = False
name = "{name}"
points = 1

@test_case(points=1, hidden=False)
def test_{name}(env):
    import types
    import checks
    checks.{name}(types.SimpleNamespace(**env))
"""


class Absent(Exception):
    """A rival that cannot run here, and why."""


@dataclass
class Way:
    """One way to grade, and what it took."""

    name: str
    run: Callable[[list[Path]], Verdicts]
    most: int | None = None  # submissions of a round; None: all
    seconds: list[float] = field(default_factory=list)  # per submission, as are the next
    cpu: list[float] = field(default_factory=list)
    verdicts: Verdicts = field(default_factory=dict)

    def round(self, files: list[Path]) -> None:
        files = files[: self.most]
        start, before = time.perf_counter(), cpu_of_children()
        self.verdicts = self.run(files)
        self.seconds.append((time.perf_counter() - start) / len(files))
        self.cpu.append((cpu_of_children() - before) / len(files))


def cpu_of_children() -> float:
    """CPU time of every process that was started from here and has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def student_of(file: Path) -> str:
    return file.parents[1].name


# one process per submission ------------------------------------------------------------------------------------


def one_each(command: Callable[[Path], list[str]], read: Callable[[str], dict[str, bool]], jobs: int):
    """A way that starts a process for each submission, in the folder of its net.py."""

    def grade(file: Path) -> tuple[str, dict[str, bool]]:
        done = subprocess.run(
            command(file),
            cwd=file.parent,
            env=grading.ENVIRONMENT,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=600,
        )
        return student_of(file), read(done.stdout)

    def run(files: list[Path]) -> Verdicts:
        with ThreadPoolExecutor(jobs) as pool:
            return dict(pool.map(grade, files))

    return run


def passed_in_pytest(output: str) -> dict[str, bool]:
    found = re.findall(r"^(PASSED|FAILED|ERROR) \S+\[(\w+)\]", output, re.MULTILINE)
    return {name: verdict == "PASSED" for verdict, name in found}


def passed_in_unittest(output: str) -> dict[str, bool]:
    wrong = " ".join(json.loads(output.splitlines()[-1]))
    return {name: f"test_{name} " not in wrong for name in NAMES}


def environment(programs: Path, home: Path) -> dict[str, str]:
    """Of a rival: its own Python, no settings of ours."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    path = f"{programs}{os.pathsep}{kept['PATH']}"
    return {**kept, "HOME": str(home), "PATH": path, "OPENBLAS_NUM_THREADS": "1"}


# nbgrader ----------------------------------------------------------------------------------------------------------


def cell(kind: str, source: str, **metadata: object) -> dict:
    made: dict = {"cell_type": kind, "metadata": metadata, "source": source}
    return made | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def notebook(cells: list[dict]) -> dict:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 4}


def marked(name: str, source: str, **more: object) -> dict:
    told = {"grade_id": name, "grade": False, "locked": False, "solution": False, "task": False, **more}
    return cell("code", source, nbgrader={**told, "schema_version": 3})


class Nbgrader:
    """A course of nbgrader: made and generated once, a fresh copy for every round."""

    def __init__(self, venv: Path, work: Path, jobs: int):
        self.bin = venv / "bin"
        if not (self.bin / "nbgrader").exists():
            raise Absent(f"there is no nbgrader in {venv}")
        self.course = work / "nbgrader"
        self.home = work
        solution = HEAD + "### BEGIN SOLUTION\n" + submissions.REFERENCE + "### END SOLUTION\n"
        cells = [marked("solution", solution, solution=True), marked("checks", CHECKS, locked=True)]
        for name in NAMES:
            # The student's functions and the checks live in one namespace, as nbgrader has it.
            source = f"### BEGIN HIDDEN TESTS\n{name}(__import__('__main__'))\n### END HIDDEN TESTS\n"
            cells.append(marked(name, source, grade=True, locked=True, points=1))
        self._write(Path("source"), notebook(cells))
        config = (
            'c = get_config()\nc.CourseDirectory.course_id = "benchmark"\nc.ExecutePreprocessor.timeout = 5\n'
        )
        (self.course / "nbgrader_config.py").write_text(config)
        self._call(self.course, "generate_assignment", ASSIGNMENT)
        self.release = json.loads(
            (self.course / "release" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").read_text("utf-8")
        )

    def _write(self, folder: Path, content: dict) -> None:
        path = self.course / folder / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), "utf-8")

    def _call(self, course: Path, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.bin / "nbgrader"), *arguments],
            cwd=course,
            env=environment(self.bin, self.home),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            raise Absent(f"nbgrader {arguments[0]} failed: {done.stderr.strip().splitlines()[-1]}")

    def prepare(self, files: list[Path]) -> None:
        """Hand everything in; not timed."""
        for file in files:
            handed = json.loads(json.dumps(self.release))
            handed["cells"][0]["source"] = file.read_text("utf-8")
            self._write(Path("submitted") / student_of(file), handed)

    def __call__(self, files: list[Path]) -> Verdicts:
        self._call(self.course, "autograde", ASSIGNMENT, "--force")
        told = subprocess.run(
            [str(self.bin / "python"), "-c", NBGRADER_GRADES],
            cwd=self.course,
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(told.stdout)


# Otter -----------------------------------------------------------------------------------------------------------


class Otter:
    """An autograder.zip with one test file per check, and one `otter run` per submission."""

    def __init__(self, venv: Path, work: Path, jobs: int):
        self.bin = venv / "bin"
        if not (self.bin / "otter").exists():
            raise Absent(f"there is no otter in {venv}")
        self.folder = self.home = work / "otter"
        self.jobs = jobs
        tests = self.folder / "tests"
        tests.mkdir(parents=True)
        for name in NAMES:
            (tests / f"{name}.py").write_text(OTTER_TEST.format(name=name), "utf-8")
        (self.folder / "checks.py").write_text(CHECKS, "utf-8")
        done = self._call(
            "generate", "-t", "tests", "-o", "autograder.zip", "--no-config", "--no-requirements", "--no-environment",
            "checks.py",
        )  # fmt: skip
        if done.returncode:
            raise Absent(f"otter generate failed: {done.stderr.strip().splitlines()[-1]}")

    def _call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.bin / "otter"), *arguments],
            cwd=self.folder,
            env=environment(self.bin, self.home),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def prepare(self, files: list[Path]) -> None:
        for file in files:
            path = self.folder / f"{student_of(file)}.ipynb"
            path.write_text(json.dumps(notebook([cell("code", file.read_text("utf-8"))])), "utf-8")
            (self.folder / f"out-{student_of(file)}").mkdir()

    def __call__(self, files: list[Path]) -> Verdicts:
        def grade(file: Path) -> tuple[str, dict[str, bool]]:
            student = student_of(file)
            done = self._call(
                "run", "-a", "autograder.zip", "-o", f"out-{student}", "--no-logo", f"{student}.ipynb"
            )
            results = self.folder / f"out-{student}" / "results.json"
            if not results.is_file():
                raise Absent(
                    f"otter run gave no results: {(done.stderr or done.stdout).strip().splitlines()[-1]}"
                )
            told = json.loads(results.read_text("utf-8"))["tests"]
            results.unlink()
            scores = {t["name"].split(" ")[0]: t.get("score", 0) == t.get("max_score") for t in told}
            return student, {name: passed for name, passed in scores.items() if name in NAMES}

        with ThreadPoolExecutor(self.jobs) as pool:
            return dict(pool.map(grade, files))


# the run -----------------------------------------------------------------------------------------------------------


def ways(chosen: argparse.Namespace, files: list[Path], work: Path) -> list[Way]:
    """The ways that can run here; the floor first, then ours."""
    jobs = chosen.jobs
    pytest = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-rA",
        "-p",
        "no:cacheprovider",
        "-p",
        "pytest_timeout",
        "test_net.py",
    ]
    unittest = [sys.executable, "-c", grading.UNITTEST]
    found = [
        Way("floor: plain asserts, one process", lambda f: grading.floor(f, jobs, work)),
        Way("kata grade", lambda f: grading.ours(f, jobs, work)),
        Way("unittest per submission", one_each(lambda _: unittest, passed_in_unittest, jobs)),
        Way("pytest per submission", one_each(lambda _: pytest, passed_in_pytest, jobs)),
    ]
    for name, rival, most in (("nbgrader autograde", Nbgrader, None), ("otter run", Otter, chosen.otter)):
        try:
            if chosen.venv is None:
                raise Absent("name an environment with --venv")
            if most == 0:
                raise Absent("by wish")
            made = rival(chosen.venv.resolve(), work, jobs)
            made.prepare(files[:most])
            found.append(Way(name, made, most))
        except Absent as reason:
            print(f"{name}: left out, {reason}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--venv", type=Path, help="environment with nbgrader and otter-grader")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--students", type=int, default=32, help="how many of the 32, evenly chosen")
    parser.add_argument("--otter", type=int, default=6, help="so many of them by Otter; 0: none")
    parser.add_argument("--jobs", type=int, default=1, help="at once; nbgrader has no such thing")
    chosen = parser.parse_args()
    everybody = list(submissions.sources().items())[:32]
    count = min(chosen.students, 32)
    students = dict(everybody[i * 32 // count] for i in range(count))
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        submissions.write(work / "class", students)
        files = sorted((work / "class").glob("*/ch01_net/net.py"))
        for file in files:
            (file.parent / "test_net.py").write_text(grading.PYTEST)
        running = ways(chosen, files, work)
        for _ in range(chosen.rounds):
            for way in list(running):
                try:
                    way.round(files)
                except Absent as reason:
                    print(f"{way.name}: left out, {reason}")
                    running.remove(way)
    report(running, len(files), chosen)


def report(running: list[Way], count: int, chosen: argparse.Namespace) -> None:
    """The table: milliseconds per submission, ratios to us, verdicts that differ."""
    floor, ours = running[0], running[1]
    wall, cpu = statistics.median(ours.seconds), statistics.median(ours.cpu)
    print(
        f"{count} submissions, {chosen.jobs} at a time, medians of {chosen.rounds} rounds, start-up of each way included"
    )
    print(
        f"{'':34} {'wall, ms each':>14} {'x ours':>7} {'in rounds':>13} {'CPU, ms each':>14} {'x ours':>7}  other verdicts"
    )
    for way in running:
        middle, used = statistics.median(way.seconds), statistics.median(way.cpu)
        pairs = [theirs / own for theirs, own in zip(way.seconds, ours.seconds)]
        differ = [
            f"{student}: {check}"
            for student, checks in way.verdicts.items()
            for check in NAMES
            if checks.get(check) != floor.verdicts[student][check]
        ]
        few = f" ({way.most} submissions)" if way.most and way.most < count else ""
        print(
            f"{way.name:34} {1e3 * middle:14.1f} {middle / wall:7.2f} {min(pairs):6.2f}-{max(pairs):<6.2f}"
            f" {1e3 * used:14.1f} {used / cpu:7.2f}  {len(differ)}{few}"
        )
        for line in differ[:5]:
            print(f"    {line}")


if __name__ == "__main__":
    main()
