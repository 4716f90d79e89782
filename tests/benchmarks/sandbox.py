"""What the sandbox costs: one call, one worker, one submission.

    python tests/benchmarks/sandbox.py [CHAPTER] [--submissions 50]

Prints medians from one run; compare ratios, not seconds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "grader"))

import chapters as helpers

from grader.grade import Submission, grade_in_sandbox
from grader.grading_process import open_engine
from grader.sandbox.channel import Limit, WorkerChannel
from grader.student import Student

SOURCE = "import numpy as np\n\n\ndef relu(x):\n    return np.maximum(x, 0)\n\n\ndef one():\n    return 1\n"


def median_ms(action: Callable[[], object], rounds: int) -> float:
    """Median time of an action in milliseconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("chapter", nargs="?", default="ch04")
    parser.add_argument("--submissions", type=int, default=50)
    chosen = parser.parse_args()
    chapter = helpers.COURSE.chapter(chosen.chapter)
    with open_engine(helpers.COURSE, [chapter]) as engine:
        channel = WorkerChannel(engine.server)
        channel.begin(Limit(60.0, "60 s for the benchmark"))
        channel.load({"ch00_small.small": SOURCE}, {"ch00_small.small": "small.py"}, "ch00_small.small")
        student, x = Student(channel), np.arange(100.0)
        print(f"call without arguments      {median_ms(student.one, 2000):8.3f} ms")
        print(f"call with 100 floats        {median_ms(lambda: student.relu(x), 2000):8.3f} ms")
        channel.close()
        print(
            f"worker, from fork to reaped {median_ms(lambda: WorkerChannel(engine.server).close(), 50):8.3f} ms"
        )
        limits = engine.prepare(chapter.name)
        suite = engine.suites[chapter.name]
        reference = helpers.reference_of(chapter)
        alone = median_ms(lambda: [suite.run(t, reference) for t in suite.tests], 10)
        submission = Submission("student01", chapter, chapter.solution)
        boxed = median_ms(
            lambda: grade_in_sandbox(engine.server, suite, submission, limits, "reference"),
            chosen.submissions,
        )
        print(f"{chapter.short}, {len(suite.tests)} tests in process {alone:8.1f} ms")
        print(f"{chapter.short}, sandboxed           {boxed:8.1f} ms   ratio {boxed / alone:.2f}")


if __name__ == "__main__":
    main()
