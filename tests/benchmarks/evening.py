"""What a student waits for: from a save to the verdict in `kata watch`, and `kata test` from nothing.

    python tests/benchmarks/evening.py [ROUNDS]

Everything is measured in one run, in turns, on a fresh workspace; the medians stand side by side. The save is measured
from the moment when the new file is in place until the new verdict has arrived at the terminal. What the tests of the
chapter take in the warm process is measured apart, since it is computing that no kit could save.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import pty
import re
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
KATA = "import sys; sys.argv[0] = 'kata'; from grader.cli import main; main()"
SECONDS = 30
ENVIRONMENT = os.environ | {"PYTHONPATH": str(REPOSITORY), "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "100"}


# Loading what is installed and loaded already would be an error.
INSTALLED = any(p.name == "nnkata" for p in importlib.metadata.entry_points(group="pytest11"))
PLUGIN = [] if INSTALLED else ["-p", "grader.pytest_plugin"]


def workspace(folder: Path) -> Path:
    """A fresh workspace, with chapter 04 solved."""
    run([sys.executable, "-c", KATA, "start", str(folder)], REPOSITORY)
    solved = (REPOSITORY / "solutions" / "ch04_losses" / "losses.py").read_text(encoding="utf-8")
    (folder / "ch04_losses" / "losses.py").write_text(solved, encoding="utf-8")
    return folder


def run(command: list[str], folder: Path) -> float:
    """Seconds that a command takes."""
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)
    seconds = time.perf_counter() - begun
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command} failed:\n{done.stdout}{done.stderr}")
    return seconds


@contextmanager
def terminal(arguments: list[str], folder: Path) -> Iterator[int]:
    """A program in a terminal of its own; gives the descriptor to read and write."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execve(sys.executable, [sys.executable, "-c", KATA, *arguments], ENVIRONMENT)
    try:
        yield terminal
    finally:
        os.write(terminal, b"q")
        os.waitpid(pid, 0)
        os.close(terminal)


def wait_for(terminal: int, pattern: bytes) -> float:
    """When what arrives at the terminal holds `pattern`."""
    seen = b""
    end = time.perf_counter() + SECONDS
    while not re.search(pattern, seen):
        if not select.select([terminal], [], [], max(0.0, end - time.perf_counter()))[0]:
            raise SystemExit(f"{pattern!r} never came. The terminal showed:\n{seen.decode(errors='replace')}")
        seen += os.read(terminal, 65536)
    return time.perf_counter()


def saves(folder: Path, rounds: int, *options: str) -> list[float]:
    """Seconds from a save to its verdict; every save has another mistake, which the verdict must name."""
    path = folder / "ch04_losses" / "losses.py"
    text = path.read_text(encoding="utf-8")
    seconds = []
    with terminal(["watch", "ch04", *options], folder) as screen:
        wait_for(screen, rb"12 of 12 done")
        for number in range(rounds):
            time.sleep(0.7)
            broken = text.replace(
                "def svm_loss(", f"def svm_loss(*_):\n    raise ValueError('save {number};')\n\n\ndef unused("
            )
            new = path.with_name("losses.tmp")
            new.write_text(broken, encoding="utf-8")
            new.replace(path)
            begun = time.perf_counter()
            seconds.append(wait_for(screen, rf"save {number};".encode()) - begun)
    path.write_text(text, encoding="utf-8")
    return seconds


def tests_alone(folder: Path, rounds: int) -> list[float]:
    """Seconds that the chapter's visible tests take in a process that has everything loaded."""
    code = (
        "import sys, time; from pathlib import Path; from grader.practice import Gathering, select\n"
        "from grader.collector import collect_and_run\n"
        "root, began = Path.cwd(), []\n"
        "def tell(event):\n"
        "    if event['event'] == 'collected': began.append(time.perf_counter())\n"
        "    if event['event'] == 'check': began.append(time.perf_counter())\n"
        f"for _ in range({rounds}):\n"
        "    began.clear(); collect_and_run(root, select(root, ['ch04']), tell)\n"
        "    print(began[-1] - began[0])\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    return [float(line) for line in done.stdout.split()][1:]


def row(name: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    middle, late = statistics.median(ordered), ordered[int(0.9 * (len(ordered) - 1))]
    print(f"{name:<58}{1000 * middle:>8.0f} ms{1000 * late:>10.0f} ms")


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="nnkata-evening-") as place:
        folder = workspace(Path(place) / "work")
        python = sys.executable
        cold: dict[str, list[str]] = {
            "kata test softmax": [python, "-c", KATA, "test", "softmax"],
            "python -m pytest ch04_losses/test_losses.py": [
                *(python, "-m", "pytest", "-q", *PLUGIN, "ch04_losses/test_losses.py")
            ],
            "python -m pytest ch04_losses/test_losses.py -k softmax": [
                *(python, "-m", "pytest", "-q", *PLUGIN, "ch04_losses/test_losses.py"),
                *("-k", "softmax and not log and not cross"),
            ],
            "kata test ch04": [python, "-c", KATA, "test", "ch04"],
            "import numpy, pytest": [python, "-c", "import numpy, pytest"],
        }
        times: dict[str, list[float]] = {name: [] for name in cold}
        for number in range(rounds + 1):
            for name, command in cold.items():
                seconds = run(command, folder)
                if number:  # the first one compiles
                    times[name].append(seconds)
        print(f"{rounds} rounds{'median':>61}{'9 of 10':>13}")
        print("chapter 04 solved, 26 visible tests, from nothing")
        for name, seconds_of in times.items():
            row("  " + name, seconds_of)
        print("kata watch, from the save to the verdict on the terminal")
        row("  forked run", saves(folder, rounds))
        row("  process started ahead (--no-fork)", saves(folder, rounds, "--no-fork"))
        row("  of which the tests themselves, everything loaded", tests_alone(folder, rounds))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rounds", nargs="?", type=int, default=15)
    main(parser.parse_args().rounds)
