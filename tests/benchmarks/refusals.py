"""False refusals: are correct solutions ever refused, whatever the random inputs?

    python tests/benchmarks/refusals.py [CHAPTER]... [--seeds 100]

Runs the reference and every alternative of a chapter under many course secrets, in this process, and prints how
often which test refused. Exit code 1 if any did. All chapters with 100 seeds take some minutes.
"""

from __future__ import annotations

import argparse
import collections
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "grader"))

import chapters as helpers


def refusals(name: str, seeds: int) -> tuple[int, collections.Counter[str]]:
    """(runs, refusals by program and test) of one chapter."""
    chapter = helpers.CHAPTERS[name]
    runs, refused = 0, collections.Counter()
    with helpers.suite_of(chapter) as suite:
        for path in (None, *chapter.alternatives):
            program = path.stem if path else "reference"
            # Not before its turn: each brings its own copies of earlier chapters, and the last one's are imported.
            student = helpers.module_student(chapter, path) if path else helpers.reference_of(chapter)
            for seed in range(seeds):
                suite.secret = f"seed {seed}"
                runs += 1
                for test, verdict in helpers.verdicts(suite, student).items():
                    if verdict != "passed":
                        refused[f"{program} {test}: {verdict[:100]}"] += 1
    return runs, refused


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER")
    parser.add_argument("--seeds", type=int, default=100)
    chosen = parser.parse_args()
    names = [helpers.COURSE.chapter(n).name for n in chosen.chapters] or sorted(helpers.CHAPTERS)
    worst = 0
    for name in names:
        started = time.monotonic()
        runs, refused = refusals(name, chosen.seeds)
        worst = max(worst, sum(refused.values()))
        print(
            f"{name}: {runs} runs, {sum(refused.values())} refusals, {time.monotonic() - started:.0f} s",
            flush=True,
        )
        for what, count in refused.most_common(10):
            print(f"  {count:4d}  {what}")
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())
