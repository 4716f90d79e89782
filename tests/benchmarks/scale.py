"""What size costs: memory over 10,000 submissions, two processes against one, a class with an endless loop.

    python tests/benchmarks/scale.py memory [--count 10000] [--jobs 2]
    python tests/benchmarks/scale.py throughput [--count 200] [--rounds 3] [--quiet 5]
    python tests/benchmarks/scale.py class [--jobs 2] [--rounds 3]

memory: a chapter of two functions and three tests, `--count` submissions, each a little different, through `kata grade`.
Resident memory of the process that keeps the grades, and of the grading processes, is sampled while it runs; the table
shows it by tenths of the class. Must hold: below 300 MB, and flat.

throughput: `--count` submissions of the benchmark class (forty/) with `--jobs 1` and `--jobs 2`, interleaved. Besides
the wall time the CPU time of each part is added up, which does not depend on what else the machine does: two processes on
two cores cannot be faster than their work plus that of the main process, shared by two. `--quiet` repeats a round, so often
at most, while other programs use more than a tenth of a core.

class: the 32 ordinary submissions alone, then with six that crash at import, one endless loop and one that asks for 2 GB.
What the loop may cost is the limits that were really hit, shared over the processes.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent / "grader"), str(HERE), str(HERE / "forty")]

import grading  # noqa: E402
import submissions  # noqa: E402
import tiny  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
PARTS = ("main", "grading", "sandbox")
LIMIT_MB = 300
KATA = "from grader.cli import main; main()"


@dataclass
class Run:
    """One `kata grade`, watched."""

    seconds: float = 0.0
    rate: float = 0.0  # submissions per second, from the first tenth to the last
    cpu: dict[str, float] = field(default_factory=dict)  # by part, in seconds
    each: dict[str, float] = field(
        default_factory=dict
    )  # the same per submission, from the first tenth to the last
    others: float = 0.0  # cores that other programs used meanwhile
    samples: list[tuple[int, float, float]] = field(
        default_factory=list
    )  # results so far, MB of main, of one grading
    peak: float = 0.0  # MB of main, as the kernel counts it


def stat_of(pid: int) -> list[str]:
    """What /proc tells about a process, from its state on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def descendants(root: int) -> dict[int, str]:
    """pid -> part, of a run; workers are left out, their time is their fork server's when they are reaped."""
    parents: dict[int, int] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parents[int(entry)] = int(stat_of(int(entry))[1])
            except (OSError, IndexError):
                continue
    depth = {root: 0}
    for _ in PARTS[1:]:
        depth |= {
            pid: depth[parent] + 1 for pid, parent in parents.items() if parent in depth and pid not in depth
        }
    return {pid: PARTS[d] for pid, d in depth.items()}


def busy_jiffies() -> int:
    """What all programs of the machine have used so far."""
    user, nice, system, _, _, irq, soft, *_ = map(
        int, Path("/proc/stat").read_text().split("\n")[0].split()[1:]
    )
    return user + nice + system + irq + soft


class Watch(threading.Thread):
    """Samples a run until it ends."""

    def __init__(self, pid: int, run: Run):
        super().__init__(daemon=True)
        self.pid = pid
        self.run_ = run
        self.done = 0
        self.over = threading.Event()
        self.cpu: dict[int, tuple[str, float]] = {}
        self.marks: list[tuple[int, float, dict[str, float]]] = []  # results so far, when, CPU time by part

    def run(self) -> None:
        while not self.over.wait(0.1):
            self.look()

    def look(self) -> None:
        sizes: dict[str, float] = {}
        for pid, part in descendants(self.pid).items():
            try:
                found = stat_of(pid)
                # With the time of its children that were reaped: the workers.
                used = sum(map(int, found[11:15] if part == "sandbox" else found[11:13])) / TICK
                sizes[part] = max(sizes.get(part, 0.0), int(found[21]) * PAGE / 1e6)
                if part == "main":
                    peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
                    self.run_.peak = max(self.run_.peak, int(peak[1]) * 1024 / 1e6 if peak else 0.0)
            except (OSError, IndexError, ValueError):
                continue
            self.cpu[pid] = (part, used)
        if "main" in sizes:
            if not self.marks or self.marks[-1][0] != self.done:
                self.marks.append((self.done, time.perf_counter(), self.by_part()))
            self.run_.samples.append((self.done, sizes["main"], sizes.get("grading", 0.0)))

    def by_part(self) -> dict[str, float]:
        found = dict.fromkeys(PARTS, 0.0)
        for part, used in self.cpu.values():
            found[part] += used
        return found


def kata_grade(folder: Path, course: Path, out: Path, jobs: int) -> Run:
    """Grade a folder and watch it."""
    options = ["--out", str(out), "--course", str(course), "--jobs", str(jobs)]
    run, started, before = Run(), time.perf_counter(), busy_jiffies()
    process = subprocess.Popen(
        [sys.executable, "-c", KATA, "grade", str(folder), *options],
        env=grading.ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    watch = Watch(process.pid, run)
    watch.start()
    assert process.stderr is not None
    told = []
    for line in process.stderr:
        told.append(line)
        if found := re.match(r"grading: (\d+) of", line):
            watch.done = int(found[1])
    watch.over.set()
    watch.join()
    code = process.wait()
    if code:
        raise SystemExit(f"kata grade ended with {code}: {''.join(told)}")
    run.seconds = time.perf_counter() - started
    run.cpu = watch.by_part()
    # The processes end after the last result: its mark may be missing, the ones before it are enough.
    marks = [m for m in watch.marks if m[0] > 0]
    if len(marks) > 2:
        (from_done, from_time, from_cpu), (to_done, to_time, to_cpu) = marks[0], marks[-2]
        run.rate = (to_done - from_done) / (to_time - from_time)
        run.each = {part: (to_cpu[part] - from_cpu[part]) / (to_done - from_done) for part in PARTS}
    run.others = max(0.0, (busy_jiffies() - before) / TICK - sum(run.cpu.values())) / run.seconds
    return run


def memory(chosen: argparse.Namespace, work: Path) -> None:
    course = tiny.make_course(work / "course")
    for n in range(chosen.count):
        # Another program every time, not only another comment.
        source = tiny.GOOD + f"\n\ndef unused_{n}(x):\n    return x + {n}\n"
        tiny.write(work / "class" / f"student{n:05}" / "tiny.py", source)
    run = kata_grade(work / "class", course.root, work / "out", chosen.jobs)
    print(
        f"{chosen.count} submissions, {chosen.jobs} processes: {run.seconds:.0f} s, CPU per submission {show(run.each)}"
    )
    print("results so far   main MB   a grading process MB")
    for tenth in sorted({done for done, _, _ in run.samples}):
        main = [m for done, m, _ in run.samples if done == tenth]
        other = [g for done, _, g in run.samples if done == tenth]
        print(f"{tenth:14} {statistics.median(main):9.0f} {statistics.median(other):12.0f}")
    last = max(done for done, _, _ in run.samples)
    while_grading = [m for done, m, _ in run.samples if 0 < done < last]
    growth = (
        statistics.median(while_grading[-20:]) - statistics.median(while_grading[:20])
        if while_grading
        else 0.0
    )
    print(
        f"peak of the main process {run.peak:.0f} MB (limit {LIMIT_MB}), growth while grading {growth:+.1f} MB"
    )


def throughput(chosen: argparse.Namespace, work: Path) -> None:
    ordinary = list(submissions.sources().values())[:32]
    students = {f"student{n:04}": f"{ordinary[n % 32]}\n# {n}\n" for n in range(chosen.count)}
    submissions.write(work / "class", students)
    runs: dict[int, list[Run]] = {1: [], 2: []}
    for number in range(chosen.rounds):
        for jobs, found in runs.items():
            for attempt in range(1 + chosen.quiet):
                out = work / f"out-{number}-{jobs}-{attempt}"
                run = kata_grade(work / "class", grading.COURSE, out, jobs)
                if run.others < 0.1:
                    break
            found.append(run)
    print(f"{chosen.count} submissions, medians of {chosen.rounds} rounds")
    each = {}
    for jobs, found in runs.items():
        seconds, rate, others = (
            statistics.median(getattr(r, n) for r in found) for n in ("seconds", "rate", "others")
        )
        each[jobs] = {part: statistics.median(r.each.get(part, 0.0) for r in found) for part in PARTS}
        whole = {part: statistics.median(r.cpu.get(part, 0.0) for r in found) for part in PARTS}
        print(
            f"--jobs {jobs}: {seconds:.2f} s in all, {rate:.2f} a second while grading; others used {others:.2f} cores"
        )
        print(
            f"    CPU per submission while grading: {show(each[jobs])}; start and report included: ", end=""
        )
        print(show({part: used / chosen.count for part, used in whole.items()}))
    while_grading = statistics.median(r.rate for r in runs[2]) / statistics.median(r.rate for r in runs[1])
    in_all = statistics.median(r.seconds for r in runs[1]) / statistics.median(r.seconds for r in runs[2])
    print(
        f"throughput of two against one: {while_grading:.2f} x while grading, {in_all:.2f} x from start to report"
    )
    # One process works while the main process stores: its wall time is its own work. Two share two cores with it.
    bound = 2 * (each[1]["grading"] + each[1]["sandbox"]) / max(sum(each[2].values()), 1e-9)
    print(f"what two idle cores allow by CPU time: {bound:.2f} x")


def show(cpu: dict[str, float]) -> str:
    """CPU time by part, for people."""
    return ", ".join(f"{part} {1e3 * cpu[part]:.1f} ms" for part in PARTS)


def hanging_class(chosen: argparse.Namespace, work: Path) -> None:
    everybody = submissions.sources()
    ordinary = dict(list(everybody.items())[:32])
    submissions.write(work / "ordinary", ordinary)
    submissions.write(work / "all", everybody)
    alone, together = [], []
    hit: Counter[str] = Counter()
    limits: list[float] = []
    for number in range(chosen.rounds):
        alone.append(
            kata_grade(work / "ordinary", grading.COURSE, work / f"alone-{number}", chosen.jobs).seconds
        )
        out = work / f"together-{number}"
        together.append(kata_grade(work / "all", grading.COURSE, out, chosen.jobs).seconds)
        results = [json.loads(p.read_text("utf-8")) for p in out.glob("results/*/*.json")]
        assert len(results) == 40 and all(r["status"] == "graded" for r in results)
        late = [(r["student"], t) for r in results for t in r["tests"] if t["verdict"] == "timeout"]
        waited = [(s, t) for s, t in late if (t["seconds"] or 0) > 0.05]
        limits.append(sum(t["seconds"] for _, t in waited))
        hit = Counter(f"{s} {t['exercise']}: {t['limit']}" for s, t in waited)
        print(
            f"round {number + 1}: 32 in {alone[-1]:.2f} s, 40 in {together[-1]:.2f} s, limits {limits[-1]:.2f} s"
        )
    base, whole, waits = map(statistics.median, (alone, together, limits))
    print(
        f"32 alone {base:.2f} s; all 40 {whole:.2f} s, {chosen.jobs} processes, medians of {chosen.rounds} rounds"
    )
    print(f"limits really hit {waits:.2f} s, shared {waits / chosen.jobs:.2f} s: {dict(hit)}")
    share = 8 / 32 * base
    print(
        f"beyond the 32 and the limits: {whole - base - waits / chosen.jobs:+.2f} s (8 more submissions at the same cost: {share:.2f} s)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["memory", "throughput", "class"])
    parser.add_argument("--count", type=int, help="submissions; 10,000 for memory, 200 for throughput")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quiet", type=int, default=0, help="repeat a disturbed round so often at most")
    chosen = parser.parse_args()
    chosen.count = chosen.count or {"memory": 10_000, "throughput": 200, "class": 40}[chosen.what]
    with tempfile.TemporaryDirectory() as name:
        {"memory": memory, "throughput": throughput, "class": hanging_class}[chosen.what](chosen, Path(name))


if __name__ == "__main__":
    main()
