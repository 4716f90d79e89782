"""How far a student is: the results of the last runs, kept in the workspace and honest about what has changed since.

`.nnkata/progress.json` holds, for every exercise, how many of its visible tests passed and a hash of everything that
the result depends on: the chapter's file or notebook, the visible tests, and the earlier chapters that it imports.
A result whose hash is another one now is *stale*. A chapter that still is what `kata start` copied needs no run.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.files import write_atomically
from grader.practice import Practice, Selection, exercise_names, practice_chapters, tests_of
from grader.practice_runs import Watch, practise_apart

FILE = Path(".nnkata") / "progress.json"
MANIFEST = ".nnkata.json"
FORMAT = 1
# Also inside a notebook's JSON, and in a text that does not parse. One chapter too many does no harm.
IMPORTED = re.compile(r"\b(?:from|import)\s+(ch\d\d_[a-z][a-z0-9_]*)")
STATES = ("done", "wrong", "waits", "todo")


@dataclass
class Standing:
    """How one exercise stands: `state` is one of `STATES`, or "unknown" before its tests were run."""

    name: str
    state: str = "unknown"
    passed: int = 0
    checks: int = 0
    stale: bool = True


@dataclass
class ChapterStanding:
    """How one chapter stands. `broken` says why its file does not load, if it does not."""

    name: str
    exercises: list[Standing] = field(default_factory=list)
    broken: str = ""

    @property
    def done(self) -> int:
        return sum(e.state == "done" and not e.stale for e in self.exercises)

    @property
    def finished(self) -> bool:
        return bool(self.exercises) and self.done == len(self.exercises)

    @property
    def stale(self) -> bool:
        """Whether a run would tell more than is known."""
        return any(e.stale for e in self.exercises)

    @property
    def passed(self) -> int:
        return sum(e.passed for e in self.exercises if not e.stale)

    @property
    def checks(self) -> int:
        return sum(e.checks for e in self.exercises)


class Progress:
    """The progress of one workspace, read once. Outside a workspace nothing is kept.

    A file that is missing or damaged means that nothing is known yet; the next run finds out anew.
    """

    def __init__(self, root: Path):
        self.root = root
        self.kept = (root / MANIFEST).is_file()
        self._shipped: dict[str, str] | None = None
        self._hashes: dict[str, str] = {}
        self._changed: dict[str, Any] = {"chapters": {}, "hints": {}}
        self._data = self._read()

    # what is known -----------------------------------------------------------------------------------------

    def chapter(self, name: str) -> ChapterStanding:
        """How a chapter stands, as far as that is known without a run."""
        known = self._data["chapters"].get(name, {})
        results = known.get("exercises", {})
        standing = ChapterStanding(name, broken="")
        now = self.hash_of(name)
        untouched = self._is_untouched(name)
        for exercise in exercise_names(tests_of(self.root / name)):
            found = results.get(exercise)
            if untouched:
                standing.exercises.append(Standing(exercise, "todo", stale=False))
            elif isinstance(found, dict) and found.get("state") in STATES:
                stale = found.get("hash") != now
                passed, checks = _count(found.get("passed")), _count(found.get("checks"))
                standing.exercises.append(Standing(exercise, found["state"], passed, checks, stale))
            else:
                standing.exercises.append(Standing(exercise))
        broken = known.get("broken")
        if isinstance(broken, dict) and broken.get("hash") == now:
            standing.broken = str(broken.get("message", ""))
        return standing

    def chapters(self) -> list[ChapterStanding]:
        """Every chapter of the workspace, in course order."""
        return [self.chapter(folder.name) for folder in practice_chapters(self.root)]

    @property
    def last(self) -> str | None:
        """The chapter that was worked on last."""
        name = self._data.get("last")
        return name if isinstance(name, str) and tests_of(self.root / name).is_file() else None

    def hints_shown(self, exercise: str) -> int:
        """How many hints of an exercise were revealed."""
        return _count(self._data["hints"].get(exercise))

    def hash_of(self, chapter: str) -> str:
        """A hash of all that the results of a chapter's visible tests depend on."""
        if chapter not in self._hashes:
            hashed = hashlib.sha256()
            for path in depends_on(self.root, chapter):
                name = path.relative_to(self.root).as_posix()
                hashed.update(f"{name}\0{_sha256(path)}\0".encode())
            self._hashes[chapter] = hashed.hexdigest()
        return self._hashes[chapter]

    def _is_untouched(self, chapter: str) -> bool:
        """Whether the student's files of a chapter are those that were shipped: every function is a stub."""
        files = [self.root / chapter / f"{chapter[5:]}{suffix}" for suffix in (".py", ".ipynb")]
        there = [f for f in files if f.is_file()]
        if not there or not files[0].is_file():
            return False
        shipped = self._shipped_hashes()
        return all(shipped.get(f.relative_to(self.root).as_posix()) == _sha256(f) for f in there)

    def _shipped_hashes(self) -> dict[str, str]:
        if self._shipped is None:
            self._shipped = {}
            if self.kept:
                with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
                    files = json.loads((self.root / MANIFEST).read_text(encoding="utf-8"))["files"]
                    self._shipped = {name: shipped["sha256"] for name, shipped in files.items()}
        return self._shipped

    # what is new -------------------------------------------------------------------------------------------

    def note(self, found: Practice, hashes: dict[str, str] | None = None, last: bool = True) -> None:
        """Take in the results of a run.

        hashes : `hash_of` each chapter when the run began, where the files may have changed since.
        last : if it was one chapter, that is what is worked on.
        """
        for chapter in found.chapters:
            now = (hashes or {}).get(chapter) or self.hash_of(chapter)
            entry = self._changed["chapters"].setdefault(chapter, {"exercises": {}, "broken": None})
            for exercise in found.of(chapter):
                state = (
                    "done"
                    if exercise.done
                    else "wrong"
                    if exercise.wrong
                    else "todo"
                    if exercise.unwritten
                    else "waits"
                )
                passed = sum(c.passed for c in exercise.checks)
                entry["exercises"][exercise.name] = {
                    "state": state,
                    "passed": passed,
                    "checks": len(exercise.checks),
                    "hash": now,
                }
            broken = found.broken.get(chapter)
            entry["broken"] = {"message": broken.message, "hash": now} if broken is not None else None
        if last and len(found.chapters) == 1:
            self._changed["last"] = found.chapters[0]
        self._merge(self._data)

    def reveal_hint(self, exercise: str, count: int) -> None:
        """Remember that `count` hints of an exercise were shown."""
        self._changed["hints"][exercise] = max(count, self.hints_shown(exercise))
        self._merge(self._data)

    def save(self) -> bool:
        """Write what is new, on top of what other commands have written meanwhile. False if it cannot be kept."""
        if not self.kept:
            return False
        self._data = self._merge(self._read())
        text = (
            json.dumps({"format": FORMAT, **self._data}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        )
        try:
            write_atomically(self.root / FILE, text.encode("utf-8", "backslashreplace"))
        except OSError:
            return False
        self._changed = {"chapters": {}, "hints": {}}
        return True

    def forget_hashes(self) -> None:
        """Look at the files again; for a process that lives while they change."""
        self._hashes.clear()

    def _merge(self, data: dict[str, Any]) -> dict[str, Any]:
        for chapter, new in self._changed["chapters"].items():
            old = data["chapters"].setdefault(chapter, {"exercises": {}, "broken": None})
            old["exercises"] |= new["exercises"]
            old["broken"] = new["broken"]
        data["hints"] |= self._changed["hints"]
        if "last" in self._changed:
            data["last"] = self._changed["last"]
        return data

    def _read(self) -> dict[str, Any]:
        data: Any = None
        if self.kept:
            with contextlib.suppress(OSError, ValueError, RecursionError):
                data = json.loads((self.root / FILE).read_text(encoding="utf-8"))
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            data = {}
        chapters, hints = data.get("chapters"), data.get("hints")
        return {
            "chapters": {n: c for n, c in chapters.items() if _is_entry(c)}
            if isinstance(chapters, dict)
            else {},
            "hints": hints if isinstance(hints, dict) else {},
            "last": data.get("last"),
        }


def run_and_keep(root: Path, chosen: Selection, watch: Watch | None = None, last: bool = True) -> Practice:
    """Run visible tests apart (see `grader.practice_runs`) and keep what was found, if this is a workspace."""
    progress = Progress(root)
    hashes = {f.parent.name: progress.hash_of(f.parent.name) for f in chosen.files}
    found = practise_apart(root, chosen, watch)
    progress.note(found, hashes, last)
    progress.save()
    return found


def depends_on(root: Path, chapter: str) -> list[Path]:
    """The files that the results of a chapter depend on, those of earlier chapters included; only what is there."""
    files: list[Path] = []
    todo, seen = [chapter], set()
    while todo:
        name = todo.pop(0)
        if name in seen:
            continue
        seen.add(name)
        folder = root / name
        own = [folder / f"{name[5:]}.py", folder / f"{name[5:]}.ipynb"]
        beside = [tests_of(folder), root / "conftest.py"] if name == chapter else []
        files += [f for f in (*own, *beside) if f.is_file()]
        for path in own:
            todo += IMPORTED.findall(_text(path))
    return files


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _is_entry(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("exercises"), dict)


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value >= 0 else 0
