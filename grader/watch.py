"""`kata watch` without its screen: what has been saved, what runs, what was found.

The watcher itself never runs a line of a student's. A second process has numpy, pytest and the chapter's tests loaded
(`grader.practice_child`) and forks a third one for every run; where there is no fork, the second runs once and the next
one is started ahead of time. Everything that happens, keys included, arrives in one queue.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from pathlib import Path
from typing import Any, Protocol

from grader.errors import GraderFailure, UsageError
from grader.practice import Practice, practice_chapters, tests_of
from grader.practice_runs import Attempt, has_fork
from grader.practice_warm import Warm
from grader.progress import Progress, depends_on
from grader.texts import say

STEP = 5  # ms in which events of the file system are gathered
POLL = 1.0  # seconds after which the files are looked at anyway: on network drives and in WSL no events may arrive
SETTLE = 0.2  # seconds that an empty or missing file has to come back, while an editor saves it
SAME = 0.5  # seconds within which saving the same text again is the same save
SLOW = 0.3  # seconds after which a run is shown as running
FAILURES = 3  # starts in a row that may fail
Stamp = tuple[int, int, int]


class View(Protocol):
    """What shows the state of a watcher to a person."""

    def draw(self, watcher: Watcher) -> None:
        """Show everything anew."""


class Watcher:
    """Runs a chapter when it is saved.

    chapter : the chapter to begin with.
    fixed : stay with it, whatever is saved; otherwise go to the chapter that is saved.
    fork : fork the runs; False where that is not possible.
    """

    def __init__(self, root: Path, chapter: str, view: View, fixed: bool = False, fork: bool | None = None):
        self.root, self.chapter, self.view, self.fixed = root, chapter, view, fixed
        self.fork = has_fork() if fork is None else fork
        self.progress = Progress(root)
        self.found: Practice | None = None  # the last complete run
        self.seconds = 0.0  # that it took
        self.problem = ""  # why nothing can be run
        self.events: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self.signal: int | None = None
        self.quit = False
        self._stop = threading.Event()
        self._stamps: dict[Path, Stamp] = {}
        self._hash = ""
        self._hashed = 0.0  # when the text that is run was last saved
        self._due: float | None = None
        self._attempt: Attempt | None = None
        self._run = 0
        self._live = False  # whether events belong to the run that was asked for
        self._begun = 0.0
        self._shown_slow = False
        self._starts = 0
        self._warm: Warm

    # what others ask -----------------------------------------------------------------------------------------

    @property
    def running(self) -> str | None:
        """What is being run, if that takes long enough to be shown."""
        if self._attempt is None or not self._shown_slow:
            return None
        current = self._attempt.current
        return current["exercise"] if current else self.chapter

    def post(self, *event: Any) -> None:
        """Put an event into the queue; from any thread or signal handler."""
        self.events.put(event)

    def key(self, key: str) -> None:
        """Called with every key; the screen decides what it means."""

    # the loop ------------------------------------------------------------------------------------------------

    def watch(self) -> None:
        """Work until `quit` or a signal."""
        self._warm = Warm(self.root, self.chapter, self.events.put, self.fork)
        threading.Thread(target=self._events_of_files, daemon=True).start()
        try:
            self._stamps = self._look()
            self.start_run()
            self.view.draw(self)
            while not self.quit and self.signal is None:
                self._step()
        finally:
            self._stop.set()
            self._warm.close()

    def _step(self) -> None:
        now = time.monotonic()
        wait = POLL if self._attempt is None or self._shown_slow else SLOW
        if self._due is not None:
            wait = min(wait, max(0.0, self._due - now))
        try:
            event = self.events.get(timeout=wait)
        except queue.Empty:
            self._check_files()
        else:
            getattr(self, f"_on_{event[0]}")(*event[1:])
        now = time.monotonic()
        if self._due is not None and now >= self._due:
            self._due = None
            self._rerun()
        if self._attempt is not None and not self._shown_slow and now - self._begun > SLOW:
            self._shown_slow = True
            self.view.draw(self)

    def _on_stop(self, number: int) -> None:
        self.signal = number

    def _on_key(self, key: str) -> None:
        self.key(key)

    def _on_redraw(self) -> None:
        self.view.draw(self)

    def _on_call(self, function: Any, *arguments: Any) -> None:
        function(*arguments)

    def _on_files(self) -> None:
        self._check_files()

    # files ---------------------------------------------------------------------------------------------------

    def _events_of_files(self) -> None:
        """In a thread: tell when something in a chapter's folder has changed."""
        try:
            import watchfiles

            folders = [str(f) for f in practice_chapters(self.root)]
            options: dict[str, Any] = {
                "step": STEP,
                "debounce": 50,
                "recursive": False,
                "watch_filter": None,
            }
            for _ in watchfiles.watch(*folders, stop_event=self._stop, raise_interrupt=False, **options):
                self.post("files")
        except Exception:
            return  # too many watches, a folder that went away: the files are looked at every second all the same

    def _look(self) -> dict[Path, Stamp]:
        """When each file that matters was saved."""
        files = {self.root / "conftest.py", tests_of(self.root / self.chapter)}
        for folder in practice_chapters(self.root):
            files |= {folder / f"{folder.name[5:]}.py", folder / f"{folder.name[5:]}.ipynb"}
        stamps = {}
        for path in files:
            with contextlib.suppress(OSError):
                info = path.stat()
                stamps[path] = (info.st_mtime_ns, info.st_size, info.st_ino)
        return stamps

    def _check_files(self) -> None:
        before, self._stamps = self._stamps, self._look()
        changed = {p for p in before.keys() | self._stamps.keys() if before.get(p) != self._stamps.get(p)}
        if not changed:
            return
        if changed & {self.root / "conftest.py", tests_of(self.root / self.chapter)}:
            self._cancel()
            self._warm.renew()  # it has the old tests loaded
            self._due = time.monotonic()
        own = {p for p in changed if p.suffix in (".py", ".ipynb") and not p.name.startswith("test_")}
        own.discard(self.root / "conftest.py")
        elsewhere = [p for p in sorted(own) if p.parent.name != self.chapter and p in self._stamps]
        if elsewhere and not self.fixed and not any(p.parent.name == self.chapter for p in own):
            self.go_to(elsewhere[-1].parent.name)
        elif own & self._own() or own & {*depends_on(self.root, self.chapter)}:
            late = any(self._size(p) == 0 for p in own)
            self._due = time.monotonic() + (SETTLE if late else 0)

    def _own(self) -> set[Path]:
        folder = self.root / self.chapter
        return {folder / f"{self.chapter[5:]}.py", folder / f"{self.chapter[5:]}.ipynb"}

    def _size(self, path: Path) -> int:
        stamp = self._stamps.get(path)
        return stamp[1] if stamp else 0

    # runs ----------------------------------------------------------------------------------------------------

    def go_to(self, chapter: str) -> None:
        """Work on another chapter."""
        if chapter != self.chapter:
            self._cancel()
            self._warm.close()
            self.chapter, self.found, self._starts = chapter, None, 0
            self._warm = Warm(self.root, chapter, self.events.put, self.fork)
            self._stamps = self._look()
        self.start_run()
        self.view.draw(self)

    def _rerun(self) -> None:
        """Run again after a save, unless it is the same save still."""
        self.progress.forget_hashes()
        now = time.monotonic()
        same = self.progress.hash_of(self.chapter) == self._hash and now - self._hashed < SAME
        if not same or (self._attempt is None and self.found is None):
            self.start_run(look=False)

    def start_run(self, look: bool = True) -> None:
        """Run the chapter now; a run that is under way is given up. `look`: at what the files hold now."""
        self._cancel()
        if look:
            self.progress.forget_hashes()
        self._hash, self._hashed = self.progress.hash_of(self.chapter), time.monotonic()
        self.problem = ""
        self._attempt = Attempt(self.root, self._warm.trace)
        self._begun, self._shown_slow = time.monotonic(), False
        self._ask()

    def _ask(self) -> None:
        assert self._attempt is not None
        self._run += 1
        self._live = False
        self._warm.ask(self._attempt.request(self._run))

    def _cancel(self) -> None:
        if self._attempt is not None:
            self._attempt, self._live = None, False
            self._warm.stop_run()

    def _on_child(self, number: int, event: dict[str, Any]) -> None:
        if number != self._warm.number:
            return
        kind = event["event"]
        if kind == "ready":
            self._warm.ready, self._starts = True, 0
        elif kind == "child":
            self._live = event["run"] == self._run and self._attempt is not None
            if self._warm.fork:
                self._warm.began(event["pid"])
            if not self._live:
                self._warm.stop_run()
        elif kind == "ended":
            self._warm.began(None)
            if event["run"] == self._run and self._attempt is not None:
                self._died(event["status"])
        elif self._live and self._attempt is not None:
            self._attempt.note(event)
            if kind == "finished":
                self._finish()
            elif kind == "running" and self._shown_slow:
                self.view.draw(self)

    def _on_gone(self, number: int, status: int) -> None:
        if number != self._warm.number:
            return
        used = self._warm.ready
        if not used:
            self._starts += 1
        if self._starts >= FAILURES:
            self._attempt = None
            self.problem = say("watch.cannot-run", chapter=self.chapter, why=self._warm.why())
            self.view.draw(self)
            return
        self._warm.renew()
        if self._attempt is not None:
            self._died(status)

    def _died(self, status: int) -> None:
        """A process ended that was to run the tests: with them, or before it had begun."""
        if self._live:
            self._over(status)
        else:
            self._ask()

    def _over(self, status: int) -> None:
        """A run did not survive a test: note it and go on with the others."""
        assert self._attempt is not None
        self._live = False
        try:
            self._attempt.ended(status)
        except GraderFailure as failure:
            self._attempt = None
            self.problem = str(failure)
            self.view.draw(self)
        else:
            self._ask()

    def _finish(self) -> None:
        assert self._attempt is not None
        self.found, self._attempt, self._live = self._attempt.result, None, False
        self.seconds = time.monotonic() - self._begun
        self.view.draw(self)
        self.progress.note(self.found, {self.chapter: self._hash})
        self.progress.save()


def first_chapter(root: Path, wanted: str | None, here: str | None) -> str:
    """The chapter to begin with: the one asked for, the folder one is in, or where there is something to do.

    Raises
    ------
    UsageError
        If there is no such chapter, or it has no visible tests.
    """
    from grader.practice import chapter_of

    if wanted:
        folder = chapter_of(root, wanted)
        if not tests_of(folder).is_file():
            raise UsageError(say("watch.no-tests", chapter=folder.name))
        return folder.name
    if here:
        return here
    progress = Progress(root)
    standings = progress.chapters()
    last = next((s for s in standings if s.name == progress.last and not s.finished), None)
    return (last or next((s for s in standings if not s.finished), standings[-1])).name
