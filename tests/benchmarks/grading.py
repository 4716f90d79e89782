"""What grading a class costs: our engine, its floor, and the ways of other systems, in one run.

    python tests/benchmarks/grading.py [--rounds 3] [--jobs 1] [--all]

The class: 7 functions, 12 checks, 40 submissions (20 right, 12 partly wrong, 6 that crash at import, a loop, a 2 GB hog).
The ways: the same checks as plain asserts in one process (the floor: no isolation, no limits); `kata grade`; one
`python -m pytest` per submission; one unittest process per submission, as Gradescope scripts do it. Rounds are
interleaved; medians and ratios to the floor are printed, of the whole command, start-up and report included (a submission
alone: alone.py). `--all` adds the loop and the hog (5 s limit where there is one). nbgrader and otter live in environments of their
own: see rivals.py.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
COURSE = HERE / "forty"
sys.path[:0] = [str(HERE.parents[1]), str(COURSE)]

import submissions  # noqa: E402

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(HERE.parents[1]), str(COURSE)]),
    "OPENBLAS_NUM_THREADS": "1",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # the other plugins of this environment would make pytest look slow
}

FLOOR = """
import json, sys
import floor
found = {path.split("/")[-3]: floor.verdicts(open(path).read()) for path in sys.argv[1:]}
print("\\n" + json.dumps(found))
"""

PYTEST = """
import checks, net, pytest

@pytest.mark.parametrize("check", checks.POINTS, ids=lambda c: c.__name__)
@pytest.mark.timeout(5)
def test(check):
    check(net)
"""

UNITTEST = """
import json, sys, unittest
import checks, net

class Test(unittest.TestCase):
    pass

for check in checks.POINTS:
    setattr(Test, "test_" + check.__name__, lambda self, check=check: check(net))

result = unittest.TextTestRunner(stream=open("/dev/null", "w")).run(unittest.defaultTestLoader.loadTestsFromTestCase(Test))
print(json.dumps(sorted(str(t) for t, _ in result.failures + result.errors)))
"""


def floor(files: list[Path], jobs: int, work: Path) -> dict[str, dict[str, bool]]:
    """Everything in one process and by hand; nothing is safe."""
    parts = [files[i::jobs] for i in range(jobs)]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", FLOOR, *map(str, part)],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )
        for part in parts
    ]
    found: dict[str, dict[str, bool]] = {}
    for process in running:
        found.update(json.loads(process.communicate()[0].splitlines()[-1]))
    return found


def ours(files: list[Path], jobs: int, work: Path) -> dict[str, dict[str, bool]]:
    """`kata grade`, as it is called by an instructor, report and feedback pages included."""
    out = Path(tempfile.mkdtemp(dir=work))
    command = [sys.executable, "-c", "from grader.cli import main; main()", "grade", str(files[0].parents[2])]
    subprocess.run(
        [*command, "--out", str(out), "--course", str(COURSE), "--jobs", str(jobs)],
        env=ENVIRONMENT,
        check=True,
        capture_output=True,
    )
    found = {}
    for path in out.glob("results/*/*.json"):
        result = json.loads(path.read_text("utf-8"))
        found[result["student"]] = {
            t["id"].removeprefix("test_"): t["verdict"] == "passed" for t in result["tests"]
        }
    return found


def each(command: list[str], files: list[Path], jobs: int, work: Path) -> dict[str, dict[str, bool]]:
    """One process per submission, `jobs` at a time, started in a folder with the submission as net.py."""

    def run(file: Path) -> None:
        subprocess.run(
            command,
            cwd=file.parent,
            env=ENVIRONMENT,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=600,
        )

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(run, files))
    return {}


def pytest_each(files: list[Path], jobs: int, work: Path) -> dict[str, dict[str, bool]]:
    for file in files:
        (file.parent / "test_net.py").write_text(PYTEST)
    return each(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "pytest_timeout",
            "test_net.py",
        ],
        files,
        jobs,
        work,
    )


def unittest_each(files: list[Path], jobs: int, work: Path) -> dict[str, dict[str, bool]]:
    return each([sys.executable, "-c", UNITTEST], files, jobs, work)


WAYS: dict[str, Callable[[list[Path], int, Path], dict[str, dict[str, bool]]]] = {
    "floor: plain asserts, one process": floor,
    "kata grade": ours,
    "unittest per submission": unittest_each,
    "pytest per submission": pytest_each,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--all", action="store_true", help="with the endless loop and the memory hog; kata grade only"
    )
    parser.add_argument("--quick", action="store_true", help="the floor and kata grade only")
    parser.add_argument("--copies", type=int, default=1, help="so many times the class")
    chosen = parser.parse_args()
    students = submissions.sources()
    if not chosen.all:
        students = dict(list(students.items())[:38])
    students = {
        f"{s}{'' if c == 0 else f'-{c}'}": t for c in range(chosen.copies) for s, t in students.items()
    }
    ways = {n: w for n, w in WAYS.items() if not chosen.quick or n.startswith(("floor", "kata"))}
    if chosen.all:
        ways = {"kata grade": ours}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    verdicts: dict[str, dict[str, dict[str, bool]]] = {}
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        submissions.write(work / "class", students)
        files = sorted((work / "class").glob("*/ch01_net/net.py"))
        for _ in range(chosen.rounds):
            for way, grade in ways.items():
                start = time.perf_counter()
                found = grade(files, chosen.jobs, work)
                seconds[way].append(time.perf_counter() - start)
                if found:
                    verdicts[way] = found
    base = statistics.median(next(iter(seconds.values())))
    print(f"{len(students)} submissions, {chosen.jobs} at a time, medians of {chosen.rounds} rounds")
    for way, times in seconds.items():
        middle = statistics.median(times)
        print(
            f"{way:36} {middle:7.2f} s  {middle / base:6.2f} x  {1e3 * middle / len(students):7.1f} ms each  ({min(times):.2f}-{max(times):.2f})"
        )
    if len(verdicts) == 2:
        one, other = verdicts.values()
        differ = [f"{s}: {c}" for s in one for c in one[s] if one[s][c] != other[s][c]]
        print(f"verdicts that differ between floor and kata grade: {len(differ)} {differ[:10]}")


if __name__ == "__main__":
    main()
