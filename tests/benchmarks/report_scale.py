"""The database, the report and an export of a course as large as they come: 10,000 students in 15 chapters.

    python tests/benchmarks/report_scale.py                       10,000 students, some 8 GB of disk for a while
    python tests/benchmarks/report_scale.py --students 1000
    python tests/benchmarks/report_scale.py --no-pages            without the two pages of each result
    python tests/benchmarks/report_scale.py --keep DIR            leave the folder; used again if it is there

The results are synthetic: the chapters and exercises of the course, three tests for each exercise, verdicts, diagnoses
and marks by hand from a seed. Each step runs in a process of its own; its wall time and its peak memory are printed. At the
end the page is opened in Chromium, if there is one, and filtered, sorted and turned with real events.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from grader.course import find_course  # noqa: E402
from grader.results import Diagnosis, Result, TestResult  # noqa: E402
from grader.store import Store  # noqa: E402

KINDS = 40  # different results of a chapter; students share them
NAME = "@@NAME@@"
VERDICTS = ("failed",) * 6 + ("raised", "raised", "unwritten", "skipped", "skipped", "timeout", "crashed")
LIMIT_MB = 300


def kinds_of(chapter: str, exercises: tuple[str, ...], rng: random.Random) -> list[Result]:
    """Results of a chapter as they occur, from very good to very bad."""
    found = []
    for kind in range(KINDS):
        skill = 1 - kind / KINDS * 0.9
        tests = []
        for exercise in exercises:
            good = rng.random() < skill
            for number in range(3):
                passed = good or rng.random() < skill * 0.5
                verdict = "passed" if passed else rng.choice(VERDICTS)
                mistake = rng.randrange(4)
                tests.append(
                    TestResult(
                        f"test_{chapter[5:]}.py::test_{exercise}_{number}", exercise,
                        f"{exercise} does what its docstring says on random inputs of kind {number}",
                        1.0 if passed else 0.0, 1.0, False, verdict,
                        message="" if passed else f"{exercise}(z): 7 of 15 entries differ, the largest by 0.5.",
                        detail="" if passed else "expected array([0.25, 0.75, 0.5])\ngot array([0.1, 0.2, 0.3])\n" * 3,
                        diagnosis=Diagnosis(f"{exercise}_{mistake}", f"{exercise} forgets step {mistake} of the formula.")
                        if verdict == "failed" else None,
                        seconds=0.0125,
                    )
                )  # fmt: skip
        found.append(
            Result(
                NAME, chapter, "graded",
                {"sha256": "0" * 64, "files": [{"name": f"{chapter[5:]}.py", "size": 4000, "sha256": "0" * 64}], "kind": "py"},
                {"sha256": "1" * 64}, {"python": "3.11.7", "numpy": "2.1.0", "nnkata": "0.1.0", "platform": "linux-x86_64"},
                {"level": "sealed", "missing": []}, "reference", started="2025-03-14T09:26:53Z", seconds=0.4, tests=tests,
            ).add_up()
        )  # fmt: skip
    return found


def make(folder: Path, students: int) -> None:
    """Write the folder as `kata grade` leaves it, without waiting for the disk each time."""
    rng = random.Random(8)
    with Store(folder):
        pass  # makes the tables
    db = sqlite3.connect(folder / "grades.db")
    db.execute("PRAGMA synchronous = OFF")
    names = [f"student{n:05}" for n in range(1, students + 1)]
    skill = {name: min(KINDS - 1, max(0, int(rng.gauss(KINDS * 0.35, KINDS * 0.25)))) for name in names}
    for name in names:
        (folder / "results" / name).mkdir(parents=True, exist_ok=True)
    db.executemany("INSERT INTO students VALUES (?, ?)", [(n, n) for n in names])
    course = find_course(None, ROOT)
    for chapter in course.graded_chapters:
        kinds = kinds_of(chapter.name, chapter.exercises, rng)
        texts = [k.to_json() for k in kinds]
        for name in names:
            kind = min(KINDS - 1, max(0, skill[name] + rng.randrange(-4, 5)))
            result, text, override = kinds[kind], texts[kind].replace(NAME, name), None
            if rng.random() < 0.005:
                by_hand = {"score": 5.0, "reason": "oral exam", "by": "staff01"}
                data = json.loads(text) | {"override": by_hand}
                text, override = json.dumps(data, indent=1) + "\n", json.dumps(by_hand)
            path = folder / "results" / name / f"{chapter.name}.json"
            path.write_text(text)
            info = path.stat()
            db.execute(
                f"INSERT INTO results VALUES ({', '.join('?' * 16)})",
                (name, chapter.name, "key", "graded", result.score, result.max_score, 0.0, 5.0 if override else result.score,
                 override, "reference", "sealed", 0.4, result.started, info.st_size, info.st_mtime_ns, text),
            )  # fmt: skip
            db.executemany(
                "INSERT INTO tests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (name, chapter.name, n, t.id, t.exercise, t.verdict, t.points, t.max_points, False,
                     t.diagnosis and t.diagnosis.id, t.seconds)
                    for n, t in enumerate(result.tests)
                ],
            )  # fmt: skip
        db.commit()
    db.close()


# --- the steps, each in a process of its own -----------------------------------------------------------------


def step_open(folder: Path) -> str:
    with Store(folder, read_only=True) as store:
        return f"{len(store.keys()):,} results known"


def step_read(folder: Path) -> str:
    with Store(folder, read_only=True) as store:
        return f"{sum(1 for _ in store.results()):,} results read"


def step_index(folder: Path) -> str:
    from grader.report import write_report

    with Store(folder, read_only=True) as store:
        path = write_report(store, "Scale", folder, pages=False, order=_order())
    return f"index.html of {path.stat().st_size / 1e6:.1f} MB"


def step_pages(folder: Path) -> str:
    from grader.report import write_report

    with Store(folder, read_only=True) as store:
        write_report(store, "Scale", folder, order=_order())
        count = len(store.keys())
    return f"{2 * count:,} pages"


def step_csv(folder: Path) -> str:
    return _kata("export", "csv", str(folder), "--force", "--out", str(folder / "marks.csv"))


def step_wide(folder: Path) -> str:
    return _kata(
        "export", "csv", str(folder), "--layout", "wide", "--force", "--out", str(folder / "wide.csv")
    )


def _kata(*arguments: str) -> str:
    from click.testing import CliRunner

    from grader.cli import kata

    done = CliRunner().invoke(kata, list(arguments), catch_exceptions=False, standalone_mode=False)
    return done.stdout.strip().rpartition(": ")[2]


def _order():  # type: ignore[no-untyped-def]
    course = find_course(None, ROOT)
    return lambda chapter: course.chapter(chapter).exercises


def run(name: str, folder: Path) -> None:
    """Run a step and print its wall time, processor time and peak memory."""
    started = time.perf_counter()
    told = globals()[f"step_{name}"](folder)
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = used.ru_maxrss / 1024
    over = "" if peak < LIMIT_MB else f"  OVER {LIMIT_MB} MB"
    print(
        f"{name:<22}{seconds:8.1f} s {used.ru_utime + used.ru_stime:8.1f} s cpu {peak:8.0f} MB  {told}{over}",
        flush=True,
    )


CHROME = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
IN_PAGE = """async () => {
  const times = {};
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  async function measure(name, act) {
    const started = performance.now();
    act();
    await frame();
    times[name] = performance.now() - started;
  }
  const type = (text) => { const f = document.getElementById("filter"); f.value = text; f.dispatchEvent(new Event("input")); };
  const choose = (id, value) => { const s = document.getElementById(id); s.value = value; s.dispatchEvent(new Event("change")); };
  await measure("filter by a name", () => type("student0777"));
  await measure("clear the filter", () => type(""));
  await measure("sort by the total", () => document.querySelector("#class th.total button").click());
  await measure("next page", () => document.querySelector("button[aria-label='Next page']").click());
  await measure("filter by a mistake", () => choose("group", String(document.getElementById("group").options.length - 2)));
  await measure("everybody again", () => choose("group", "-1"));
  await measure("heat map of a chapter", () => choose("heat-chapter", "4"));
  await measure("250 rows", () => choose("size", "250"));
  return times;
}"""


def browse(page: Path) -> None:
    """Open the page and use it."""
    program = next(filter(None, map(shutil.which, CHROME)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        program = None
    if program is None:
        print("No Chromium, or no playwright: the page was not opened.")
        return
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        tab = browser.new_page()
        errors: list[str] = []
        tab.on("console", lambda m: errors.append(m.text))
        tab.on("pageerror", lambda e: errors.append(str(e)))
        started = time.perf_counter()
        tab.goto(page.as_uri())
        tab.wait_for_selector("#class tbody tr")
        print(f"{'open in Chromium':<26}{1000 * (time.perf_counter() - started):8.0f} ms")
        for name, milliseconds in tab.evaluate(IN_PAGE).items():
            print(f"  {name:<24}{milliseconds:8.0f} ms")
        heap = tab.evaluate("performance.memory ? performance.memory.usedJSHeapSize / 1e6 : 0")
        print(f"  {'memory of the script':<24}{heap:8.0f} MB")
        print(f"  errors on the console: {len(errors)} {errors[:3] if errors else ''}")
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--students", type=int, default=10_000)
    parser.add_argument("--no-pages", action="store_true", help="leave the pages of the results out")
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        run(given.step, given.keep)
        return
    scratch = given.keep or Path(tempfile.mkdtemp(prefix="nnkata-scale-"))
    try:
        if not (scratch / "grades.db").is_file():
            started = time.perf_counter()
            make(scratch, given.students)
            print(f"made {given.students:,} students in {time.perf_counter() - started:.0f} s", flush=True)
        steps = ["open", "read", "index", *([] if given.no_pages else ["pages", "pages"]), "csv", "wide"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        for step in steps:
            command = [sys.executable, __file__, "--step", step, "--keep", str(scratch)]
            subprocess.run(command, check=True, env=environment)
        browse((scratch / "report" / "index.html").resolve())
    finally:
        if given.keep is None:
            shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
