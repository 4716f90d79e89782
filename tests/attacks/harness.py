"""Grades the hostile submissions by the real `grade_class` and watches what happens around it.

    python tests/attacks/harness.py [NAME ...]      grade these cases (all, without names); print the report as JSON

A case is never imported or executed here: its header is read as text, its code goes into a folder of submissions.
Between the hostile ones stand honest ones, before, after and at the same time.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import importlib.util
import json
import os
import re
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CASES = HERE / "cases"
BASES = HERE / "bases"
CHAPTER_OF = {"good_1": "ch01_visited", "bad_d": "ch01_visited", "forger_1": "ch01_visited"}
GROUPS = {"ch00_attacked": {"A": 4, "B": 4, "C": 2}, "ch01_visited": {"D": 3, "E": 2, "F": 3}}
GOOD = {"ch00_attacked": "good", "ch01_visited": "good_1"}
WORD = re.compile(r"nnkata-canary-([a-z]+)-0{16}")
JOBS = 2
FIRST_UID, UIDS = 61_184, 4_000  # of workers, where the grader is root
SPOTS = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/", "/autograder/results")  # where the cases try to write


@dataclass
class Case:
    """One hostile submission and what must become of it."""

    name: str
    title: str
    chapter: str
    expected: dict[str, list[set[str]]]  # group -> for each of its tests the verdicts that are right
    source: str | None = None  # None: `made` builds the folder
    made: Any = None
    level: str = "process"  # the isolation that it takes
    status: set[str] = field(default_factory=lambda: {"graded"})
    seconds: float = 40.0  # more than that is a hang: four times all limits, on a busy machine
    never: tuple[str, ...] = ()  # texts that no student may read
    note: str = ""


def cases() -> list[Case]:
    """Every case, from the headers of `cases/` and from `made.py`."""
    found = [read_case(path) for path in sorted(CASES.glob("*.py"))]
    spec = importlib.util.spec_from_file_location("attacks_made", HERE / "made.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for entry in module.MADE:
        case = _case(entry, entry["name"], entry["title"], "ch00_attacked")
        case.made = entry["make"]
        found.append(case)
    assert len({c.name for c in found}) == len(found)
    return found


def read_case(path: Path) -> Case:
    """A case from its header: one line of title, a dict, then the code; nothing of it is executed or parsed."""
    text = path.read_text(encoding="utf-8")
    _, header, code = text.split('"""', 2)
    title, _, facts = header.partition("\n")
    entry = ast.literal_eval(facts.strip())
    base = entry["base"]
    case = _case(entry, path.stem, title.strip(), CHAPTER_OF.get(base, "ch00_attacked"))
    case.source = (BASES / f"{base}.py").read_text(encoding="utf-8") + f"\n\n# {path.name}: {title}" + code
    return case


def _case(entry: dict[str, Any], name: str, title: str, chapter: str) -> Case:
    expected = {}
    for group, count in GROUPS[chapter].items():
        words = entry.get(group, "").split()
        words = words * count if len(words) == 1 else words
        assert len(words) in (0, count), f"{name}: {group} wants 1 or {count} verdicts"
        expected[group] = [set(word.split("|")) for word in words]
    return Case(
        name,
        title,
        chapter,
        expected,
        level=entry.get("level", "process"),
        status=set(entry.get("status", "graded").split("|")),
        seconds=entry.get("seconds", 40.0),
        never=tuple(entry.get("never", ())),
        note=entry.get("note", ""),
    )


@dataclass
class Report:
    """What happened. Lists of complaints are empty when all is well."""

    chapter: str
    level: str = ""
    seconds: float = 0.0
    results: dict[str, dict[str, Any]] = field(default_factory=dict)  # case -> the result, as in its JSON file
    good: list[dict[str, Any]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)  # of results
    canaries: dict[str, str] = field(default_factory=dict)
    survivors: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    signals: list[int] = field(default_factory=list)
    graders: int = 0  # trusted processes that there have been; more than JOBS: some died
    servers: int = 0  # and fork servers
    memory: dict[str, int] = field(default_factory=dict)  # after each case: the largest peak of a grader, in MB
    grown: int = 0  # MB
    pages: str = ""  # feedback of every student, as HTML
    log: list[str] = field(default_factory=list)


# the world around ------------------------------------------------------------------------------------------


class Listeners:
    """TCP, UDP, a unix path and an abstract name; whoever knocks is remembered."""

    def __init__(self, folder: Path):
        self.heard: list[str] = []
        self.path = str(folder / "listener")
        self.abstract = f"nnkata-listener-{secrets.token_hex(6)}"
        self._sockets = [
            socket.socket(socket.AF_INET, socket.SOCK_STREAM),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
            socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
            socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        ]
        tcp, udp, path, abstract = self._sockets
        tcp.bind(("127.0.0.1", 0))
        udp.bind(("127.0.0.1", 0))
        path.bind(self.path)
        os.chmod(self.path, 0o777)
        abstract.bind("\0" + self.abstract)
        self.tcp, self.udp = tcp.getsockname()[1], udp.getsockname()[1]
        for listening in (tcp, path, abstract):
            listening.listen()
        for each in self._sockets:
            each.settimeout(0.2)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._listen, args=(s,), daemon=True) for s in self._sockets]
        for thread in self._threads:
            thread.start()

    def _listen(self, listening: socket.socket) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                if listening.type == socket.SOCK_DGRAM:
                    self.heard.append(f"UDP: {listening.recvfrom(100)!r}")
                else:
                    connection, _ = listening.accept()
                    self.heard.append(f"{listening.family.name}: a connection")
                    connection.close()

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for each in self._sockets:
            each.close()


def parents() -> dict[int, int]:
    """pid -> pid of the parent, of everything that runs."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{entry}/stat", "rb") as file:
                found[int(entry)] = int(file.read().rpartition(b")")[2].split()[1])
    return found


def command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def peak_memory(pid: int) -> int:
    """Largest resident size so far, in MB."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        return int(re.findall(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[0]) >> 10
    return 0


def snapshot(*folders: Path) -> dict[str, str]:
    """Every file below some folders: its kind, mode, size, time and content."""
    found = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if "__pycache__" in path.parts:
                continue
            info = path.lstat()
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else ""
            found[str(path)] = f"{info.st_mode:o} {info.st_size} {info.st_mtime_ns} {content}"
    return found


def left_behind() -> set[str]:
    """Files with the name that all cases give to what they try to make."""
    found = set()
    for spot in (*SPOTS, os.getcwd(), str(Path.home())):
        with contextlib.suppress(OSError):
            found |= {f"{spot}/{name}" for name in os.listdir(spot) if "nnkata_attack" in name}
    return found


# one run ---------------------------------------------------------------------------------------------------


def planted_course(folder: Path, canaries: dict[str, str]) -> Path:
    """A copy of the mini-course in which every word to be looked for is unique."""
    root = folder / "course"
    for part in ("exercises", "solutions", "tests"):
        shutil.copytree(HERE / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    for path in root.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        path.write_text(WORD.sub(lambda m: canaries[m[1]], text), encoding="utf-8")
    for path in (root / "solutions").rglob("*.py"):
        path.write_text(path.read_text(encoding="utf-8") + f"\n# {canaries['solution']}\n", encoding="utf-8")
    return root


def run(folder: Path, chosen: Sequence[Case]) -> Report:
    """Grade some cases of one chapter in `folder` and report.

    folder : empty, on a disk; everything is planted below it. It is opened to all users, so that nothing but
        the sandbox keeps a submission out.
    """
    folder.chmod(0o755)
    from grader.classroom import grade_class
    from grader.course import Course

    (chapter,) = {c.chapter for c in chosen}
    report = Report(chapter)
    kinds = ("expected", "input", "solution", "student", "environment", "file", "temporary")
    report.canaries = {kind: f"nnkata-canary-{kind}-{secrets.token_hex(8)}" for kind in kinds}
    root = planted_course(folder, report.canaries)
    here = folder / "grader works here"
    here.mkdir()
    (here / "notes.txt").write_text(report.canaries["file"] + "\n")
    temporary = Path(f"/tmp/nnkata_canary_{secrets.token_hex(6)}.txt")
    temporary.write_text(report.canaries["temporary"] + "\n")
    listeners = Listeners(folder)
    words = {
        "@TCP@": str(listeners.tcp), "@UDP@": str(listeners.udp), "@UNIX@": listeners.path, "@COURSE@": str(root),
        "@ABSTRACT@": listeners.abstract, "@GRADER@": str(os.getpid()), "@CWD@": str(here), "@MARKER@": secrets.token_hex(8),
    }  # fmt: skip
    submissions = folder / "submissions"
    names = hand_in(submissions, chosen, words, report.canaries["student"])
    before, litter = snapshot(root, submissions, here), left_behind()
    out = folder / "grades"
    watch = Watch(report)
    environment, cwd = dict(os.environ), os.getcwd()
    handler = None
    if threading.current_thread() is threading.main_thread():
        handler = signal.signal(signal.SIGUSR1, lambda number, _: report.signals.append(number))
    os.environ["NNKATA_ATTACK_CANARY"] = report.canaries["environment"]
    os.chdir(here)
    started = time.monotonic()
    try:
        course = Course(root)
        summary = grade_class(
            [submissions], out, course=course, chapters=[course.chapter(chapter)], jobs=JOBS, on_result=watch
        )
        report.log = [log for _, _, log in summary.failures]
        report.level = summary.isolation.level if summary.isolation else ""
    finally:
        report.seconds = round(time.monotonic() - started, 1)
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(environment)
        listeners.close()
        if handler is not None:
            signal.signal(signal.SIGUSR1, handler)
    watch.finish()
    report.heard = listeners.heard
    after = snapshot(root, submissions, here)
    report.changed = sorted(p for p in before.keys() | after.keys() if before.get(p) != after.get(p))
    report.changed += sorted(left_behind() - litter)
    if temporary.read_text() != report.canaries["temporary"] + "\n":
        report.changed.append(str(temporary))
    temporary.unlink()
    collect(report, out, names)
    return report


def hand_in(submissions: Path, chosen: Sequence[Case], words: dict[str, str], canary: str) -> dict[str, str]:
    """Write the folders of all students; returns student -> case ("" for an honest one)."""
    chapter = chosen[0].chapter
    bases = {path.stem: path.read_text(encoding="utf-8") for path in BASES.glob("*.py")}
    good = bases[GOOD[chapter]] + f"\n\nMINE = {canary!r}  # nobody else's business\n"
    names: dict[str, str] = {}

    def file_of(student: str) -> Path:
        path = submissions / student / chapter / f"{chapter[5:]}.py"
        path.parent.mkdir(parents=True)
        return path

    for i, case in enumerate(chosen):
        student = f"{i:03} {case.name}"
        names[student] = case.name
        if case.made is not None:
            case.made(submissions / student, bases["good"], bases["bad_a"])
        else:
            source = case.source or ""
            for word, value in words.items():
                source = source.replace(word, value)
            file_of(student).write_text(source, encoding="utf-8")
        names[f"{i:03} {case.name[:40]} honest"] = ""
        file_of(f"{i:03} {case.name[:40]} honest").write_text(good, encoding="utf-8")
    return names


class Watch:
    """Looks at the processes each time a result has arrived."""

    def __init__(self, report: Report):
        self.report = report
        self.graders: set[int] = set()
        self.zygotes: set[int] = set()
        self.peaks: dict[int, int] = {}
        self.first: dict[int, int] = {}

    def __call__(self, result: Any, done: int, total: int) -> None:
        if result.student.endswith("honest"):
            return
        table = parents()
        mine = {p for p, parent in table.items() if parent == os.getpid()}
        zygotes = {p for p, parent in table.items() if parent in mine and "zygote.py" in command(p)}
        self.zygotes |= zygotes
        graders = {table[p] for p in zygotes}
        self.graders |= graders
        workers = {p for p, parent in table.items() if parent in zygotes}
        deeper = {p for p, parent in table.items() if parent in workers}
        # Each process has the worker that it uses and the next one, which waits for its submission.
        if len(workers) > 2 * JOBS or deeper:
            time.sleep(0.5)
            alive = parents()
            if len(workers & alive.keys()) > 2 * JOBS or deeper & alive.keys():
                told = f"{len(workers)} workers, {len(deeper)} children of theirs"
                self.report.survivors.append(f"{result.student}: {told}")
        for pid in graders:
            peak = peak_memory(pid)
            self.first.setdefault(pid, peak)
            self.peaks[pid] = max(peak, self.peaks.get(pid, 0))
        self.report.memory[result.student] = max(self.peaks.values(), default=0)

    def finish(self) -> None:
        """All graders have ended; whatever is left of theirs one second later is a survivor."""
        time.sleep(1.0)
        self.report.graders, self.report.servers = len(self.graders), len(self.zygotes)
        self.report.grown = max((self.peaks[p] - self.first[p] for p in self.peaks), default=0)
        for pid, parent in parents().items():
            words = command(pid)
            with contextlib.suppress(OSError, IndexError):
                user = os.stat(f"/proc/{pid}").st_uid
                state = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0]
                ours = "zygote.py" in words and any(f'"parent": {grader},' in words for grader in self.graders)
                orphan = parent == 1 and FIRST_UID <= user < FIRST_UID + UIDS
                if state != "Z" and (pid in self.zygotes or ours or orphan):
                    self.report.survivors.append(f"process {pid} of user {user}: {words[:80]}")


def collect(report: Report, out: Path, names: dict[str, str]) -> None:
    """Read back what grading wrote, and make the feedback pages from it."""
    from grader.store import Store

    report.files = sorted(str(p.relative_to(out)) for p in (out / "results").rglob("*") if p.is_file())
    with Store(out, read_only=True) as store:
        for student, case in names.items():
            path = store.path_of(student, report.chapter)
            data = json.loads(path.read_text("utf-8")) if path.is_file() else {"status": "grader_error", "tests": []}
            if case:
                report.results[case] = data
            else:
                report.good.append({k: data.get(k) for k in ("student", "status", "score", "max_score")})
    report.pages = feedback_pages(out)


def feedback_pages(out: Path) -> str:
    """The pages that students get, in one text."""
    from grader.report import write_report
    from grader.store import Store

    with Store(out, read_only=True) as store:
        write_report(store, "Attacks", out)
    return "\n".join(p.read_text("utf-8") for p in sorted((out / "feedback").rglob("*.html")))


# what must hold --------------------------------------------------------------------------------------------


def seen_by_student(result: dict[str, Any]) -> str:
    """Everything of a result that its student may read."""
    parts = list(result.get("notes", []))
    for test in result["tests"]:
        parts += [test["title"], test["message"], test["limit"] or ""]
        parts += [test["diagnosis"]["text"], test["diagnosis"]["id"]] if test["diagnosis"] else []
    return "\n".join(parts)


def verdicts(case: Case, result: dict[str, Any]) -> dict[str, list[str]]:
    """group -> verdicts of its tests, in order."""
    return {
        group: [t["verdict"] for t in result["tests"] if t["id"].startswith(f"test_{group.lower()}")]
        for group in case.expected
    }


def complaints(case: Case, report: Report) -> list[str]:
    """What is wrong with the result of one case; [] if nothing is."""
    result = report.results[case.name]
    found = []
    if result["status"] not in case.status:
        found.append(f"status {result['status']}, expected {' or '.join(sorted(case.status))}")
    if result["status"] == "graded":
        got = verdicts(case, result)
        for group, wanted in case.expected.items():
            wrong = len(got[group]) != len(wanted) or any(g not in w for g, w in zip(got[group], wanted, strict=False))
            if wrong:
                right = " ".join("|".join(sorted(w)) for w in wanted)
                messages = [t["message"] for t in result["tests"] if t["id"].startswith(f"test_{group.lower()}")]
                found.append(f"{group}: {' '.join(got[group])}, expected {right} {messages}")
        points = 10.0 * sum(v == "passed" for group in got.values() for v in group)
        if result["score"] != points:
            found.append(f"score {result['score']}, expected {points}")
        if len(result["tests"]) != sum(GROUPS[case.chapter].values()):
            found.append(f"{len(result['tests'])} tests")
    elif result.get("score"):
        found.append(f"score {result['score']} without being graded")
    if result.get("seconds", 0) > case.seconds:
        found.append(f"took {result['seconds']} s, at most {case.seconds} s")
    text = seen_by_student(result)
    found += [f"a student reads {word!r}" for word in (*report.canaries.values(), *case.never) if word in text]
    # Staff may read what was expected and given, in `detail`; these nobody.
    secret = [word for kind, word in report.canaries.items() if kind not in ("expected", "input")]
    whole = json.dumps(result, ensure_ascii=False)
    found += [f"{word!r} got out" for word in secret if word in whole]
    for test in result["tests"]:
        if len(test["message"]) > 600 or len(test["detail"]) > 5000:
            found.append(f"{test['id']}: {len(test['message'])} characters of message, {len(test['detail'])} of detail")
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]", test["message"]):
            found.append(f"{test['id']}: control characters in {test['message']!r}")
    return found


def main(names: list[str]) -> None:
    sys.path.insert(0, str(HERE.parents[1]))
    chosen = [c for c in cases() if not names or any(c.name.startswith(n) for n in names)]
    reports = []
    for chapter in GROUPS:
        here = [c for c in chosen if c.chapter == chapter]
        if here:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                report = run(Path(folder), here)
                told = {c.name: complaints(c, report) for c in here}
                reports.append({**asdict(report), "complaints": {k: v for k, v in told.items() if v}})
    json.dump(reports, sys.stdout, indent=1)


if __name__ == "__main__":
    main(sys.argv[1:])
