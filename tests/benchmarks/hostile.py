"""A class of 300 of which a third is hostile or broken: what do the others pay?

    python tests/benchmarks/hostile.py

Grades 200 honest submissions alone, then the same with 100 attacks of tests/attacks among them, and checks that every
student has a result and that honest ones have the same. Prints both times and the time that the attacks used up
themselves (their limits), shared over the processes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[0] / "attacks")]

import harness  # noqa: E402

from grader.classroom import grade_class  # noqa: E402
from grader.course import Course  # noqa: E402

JOBS = 2


def graded(paths: list[Path], out: Path, course: Course) -> tuple[float, dict[str, dict]]:
    """(seconds, result by student)."""
    started = time.perf_counter()
    grade_class(paths, out, course=course, chapters=[course.chapter("ch00")], jobs=JOBS)
    seconds = time.perf_counter() - started
    found = [json.loads(p.read_text("utf-8")) for p in out.glob("results/*/*.json")]
    return seconds, {r["student"]: r for r in found}


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    course = Course(harness.HERE)
    chosen = [c for c in harness.cases() if c.chapter == "ch00_attacked"][:100]
    bases = {path.stem: path.read_text("utf-8") for path in harness.BASES.glob("*.py")}
    words = {
        "@TCP@": "9",
        "@UDP@": "9",
        "@UNIX@": "/nowhere",
        "@COURSE@": "/nowhere",
        "@ABSTRACT@": "none",
        "@GRADER@": "1",
    }
    words |= {"@CWD@": "/nowhere", "@MARKER@": "marker"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for n in range(200):
            path = folder / "honest" / f"honest{n:03}" / "ch00_attacked" / "attacked.py"
            path.parent.mkdir(parents=True)
            path.write_text(bases["good"] + f"\n# {n}\n", "utf-8")
        for n, case in enumerate(chosen):
            student = folder / "hostile" / f"hostile{n:03}"
            if case.made is not None:
                case.made(student, bases["good"], bases["bad_a"])
                continue
            source = case.source or ""
            for word, value in words.items():
                source = source.replace(word, value)
            path = student / "ch00_attacked" / "attacked.py"
            path.parent.mkdir(parents=True)
            path.write_text(source, "utf-8")
        alone, honest = graded([folder / "honest"], folder / "alone", course)
        together, everybody = graded([folder / "honest", folder / "hostile"], folder / "together", course)
        hostile = {s: r for s, r in everybody.items() if s.startswith("hostile")}
        own = sum(r["seconds"] for r in hostile.values())
        same = all(
            [(t["id"], t["verdict"]) for t in everybody[s]["tests"]]
            == [(t["id"], t["verdict"]) for t in r["tests"]]
            for s, r in honest.items()
        )
        print(f"{len(honest)} honest alone            {alone:7.1f} s")
        print(f"with {len(hostile)} hostile among them {together:7.1f} s")
        print(f"the hostile ones themselves  {own:7.1f} s, shared over {JOBS} processes {own / JOBS:.1f} s")
        print(f"results {len(everybody)} of 300; honest ones the same as alone: {same}")


if __name__ == "__main__":
    main()
