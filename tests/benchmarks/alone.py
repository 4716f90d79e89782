"""What grading a submission costs against its own computing, once everything is warm.

    python tests/benchmarks/alone.py [--rounds 5]

The class of grading.py without its loop and its hog, in blocks of six: each block is computed by the floor (the same checks as
plain asserts, in one process that stays), graded by one grading process (pipe, worker, limits, verdicts, all of it), and
computed by the floor again. Both are measured from outside. Blocks last half a second, so that a phase in which the machine is
slow meets both; the ratio of a block is ours to the mean of its two floors.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent)]

import grading  # noqa: E402
import submissions  # noqa: E402

from grader.classroom import Team  # noqa: E402
from grader.course import Course  # noqa: E402
from grader.jobs import Job  # noqa: E402
from grader.submission import Source  # noqa: E402

BLOCK = 6
FLOOR = """
import io, json, sys
import floor, submissions
asked, told = sys.stdin, sys.stdout
sys.stdin, sys.stdout = io.StringIO(), io.StringIO()  # what the students' own input() and print() meet
sources = submissions.sources()
for line in asked:
    print(json.dumps([floor.verdicts(sources[student]) for student in json.loads(line)]), file=told, flush=True)
"""

Verdicts = list[dict[str, bool]]  # of each submission, by check


def floor(process: subprocess.Popen[str], students: list[str]) -> Verdicts:
    """The verdicts of the process that runs FLOOR."""
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps(students) + "\n")
    process.stdin.flush()
    found: Verdicts = json.loads(process.stdout.readline())
    return found


def ours(team: Team, students: list[str], sources: dict[str, str]) -> Verdicts:
    """The verdicts of a grading process."""
    chapter = team.course.chapters[0].name
    jobs = [(Job(s, chapter, Source(sources[s], "0" * 64), {}, {}, "auto"), "") for s in students]
    tests = {result.student: result.tests for result, _, _ in team.grade(jobs)}
    return [{t.id.removeprefix("test_"): t.verdict == "passed" for t in tests[s]} for s in students]


def timed(grade: Callable[..., Verdicts], *given: object) -> tuple[float, Verdicts]:
    start = time.perf_counter()
    found = grade(*given)
    return time.perf_counter() - start, found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often the class is graded")
    rounds = parser.parse_args().rounds
    sources = dict(list(submissions.sources().items())[:38])
    course = Course(grading.COURSE)
    asserts = subprocess.Popen(
        [sys.executable, "-c", FLOOR],
        env=grading.ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    each: list[tuple[float, float]] = []  # seconds of a submission: floor, ours
    differ = 0
    with asserts, Team(course, list(course.chapters), 1, "sealed") as team:
        some = list(sources)[:3]
        floor(asserts, some), ours(team, some, sources)  # until both are warm
        for number in range(rounds):
            order = random.Random(number).sample(list(sources), len(sources))
            for start in range(0, len(order), BLOCK):
                block = order[start : start + BLOCK]
                before, verdicts = timed(floor, asserts, block)
                graded, found = timed(ours, team, block, sources)
                after, _ = timed(floor, asserts, block)
                each.append(((before + after) / 2 / len(block), graded / len(block)))
                differ += found != verdicts
        assert asserts.stdin is not None
        asserts.stdin.close()
    ratios = [graded / own for own, graded in each]
    low, middle, high = statistics.quantiles(ratios, n=4)
    own, graded = (statistics.median(seconds) for seconds in zip(*each, strict=True))
    print(
        f"{len(each)} blocks of {BLOCK}; a submission: floor {1e3 * own:.1f} ms, ours {1e3 * graded:.1f} ms"
    )
    print(f"ratio of these medians {graded / own:.3f} x")
    print(f"ratios of the blocks: median {middle:.3f} x, half of them between {low:.3f} and {high:.3f}")
    print(f"blocks whose verdicts differ: {differ}")


if __name__ == "__main__":
    main()
