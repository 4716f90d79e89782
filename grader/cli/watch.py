"""`kata watch`: runs the chapter you work on whenever you save it."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from typing import TYPE_CHECKING

import click

from grader.cli.complete import chapters_here
from grader.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.practice import Practice
    from grader.watch import Watcher

KEYS = {
    "r": "run",
    "h": "hint",
    "n": "next",
    "l": "list",
    "p": "plot",
    "q": "quit",
}  # -> text watch.key.<word>
CLEAR = "\x1b[H\x1b[2J"


@click.command(
    epilog="""\b
Examples:
  kata watch           the chapter you worked on last; saving another one goes there
  kata watch ch04      this chapter, whatever else is saved
  kata watch --no-fork a fresh process for every run, as on Windows and macOS

\b
Keys: r run, h one more hint, n next thing to do (or next chapter), l list of chapters,
p plot, q quit. Any other key goes back to the results. Without a terminal results are
printed one after the other."""
)
@click.argument("chapter", required=False, metavar="[CHAPTER]", shell_complete=chapters_here)
@click.option("--no-fork", is_flag=True, help="Start a fresh process for every run instead of forking.")
def watch(chapter: str | None, no_fork: bool) -> int:
    """Run a chapter whenever you save it, and say what to do next."""
    from grader.practice import chapter_here, practice_root
    from grader.practice_runs import NO_FORK
    from grader.terminal import Keyboard, stop_signals
    from grader.watch import Watcher, first_chapter

    if no_fork:
        os.environ[NO_FORK] = "1"
    root = practice_root()
    here = chapter_here(root)
    first = first_chapter(root, chapter, here)
    screen = Screen()
    watcher = Watcher(root, first, screen, fixed=bool(chapter or here))
    watcher.key = lambda key: screen.press(watcher, key)  # type: ignore[method-assign]
    keyboard = Keyboard(lambda key: watcher.post("key", key), lambda: watcher.post("redraw"))
    with stop_signals(lambda number: watcher.post("stop", number)), keyboard:
        screen.keys = keyboard.works
        watcher.watch()
        screen.leave()
    return 0 if watcher.signal is None else 128 + watcher.signal


class Screen:
    """What a person sees of a watcher: the results, or an answer to a key."""

    def __init__(self) -> None:
        self.terminal = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self.keys = False
        self.page: list[str] | None = None  # the answer to a key, until another one
        self._page_of: object = None  # the run that was on the screen before it
        self._printed: object = None  # the run that was printed last, where nothing can be drawn over

    # keys ----------------------------------------------------------------------------------------------------

    def press(self, watcher: Watcher, key: str) -> None:
        """Do what a key means."""
        key = key.lower()
        before, self.page, self._page_of = self.page, None, watcher.found
        if key == "q" or key in ("\x03", "\x04"):
            watcher.quit = True
            return
        if key == "r":
            watcher.start_run()
        elif key == "h":
            self.page = self._hint(watcher)
        elif key == "n":
            self._next(watcher)
        elif key == "l":
            self.page = self._list(watcher)
        elif key == "p":
            self._plot(watcher)
        elif before is None:
            return
        self.draw(watcher)

    def _hint(self, watcher: Watcher) -> list[str]:
        from grader.cli.hint import hint_lines
        from grader.errors import UsageError
        from grader.hints import find_hints

        exercise = watcher.found.to_do if watcher.found else None
        if exercise is None:
            return [say("watch.nothing-left" if watcher.found else "watch.wait")]
        try:
            hinted = find_hints(watcher.root, exercise.name, exercise.chapter)
        except UsageError as error:
            return [str(error)]
        shown = min(watcher.progress.hints_shown(exercise.name) + 1, len(hinted.hints))
        watcher.progress.reveal_hint(exercise.name, shown)
        watcher.progress.save()
        return list(hint_lines(hinted, shown, watching=True))

    def _next(self, watcher: Watcher) -> None:
        from grader.cli.next import next_lines
        from grader.practice import practice_chapters

        found = watcher.found
        if found is None or found.to_do is not None or found.errors:
            self.page = (
                list(next_lines(watcher.root, watcher.chapter, found)) if found else [say("watch.wait")]
            )
            return
        names = [c.name for c in practice_chapters(watcher.root)]
        after = names[names.index(watcher.chapter) + 1 :] if watcher.chapter in names else names
        unfinished = {s.name for s in watcher.progress.chapters() if not s.finished}
        goal = next((n for n in (*after, *names) if n in unfinished and n != watcher.chapter), None)
        if goal is None:
            self.page = [say("watch.all-chapters-pass")]
        else:
            watcher.go_to(goal)

    def _list(self, watcher: Watcher) -> list[str]:
        from grader.cli.status import table_lines

        watcher.progress.forget_hashes()
        return list(table_lines(watcher.progress.chapters(), watcher.chapter))

    def _plot(self, watcher: Watcher) -> None:
        self.page = [say("watch.drawing", chapter=watcher.chapter)]
        page = self.page

        def done(lines: list[str]) -> None:
            if self.page is page:
                self.page = lines
                self.draw(watcher)

        def work() -> None:
            from grader.cli.plot import plot_apart

            watcher.post("call", done, plot_apart(watcher.root, watcher.chapter, self._width()))

        threading.Thread(target=work, daemon=True).start()

    # drawing -------------------------------------------------------------------------------------------------

    def draw(self, watcher: Watcher) -> None:
        """Show everything anew; without a terminal, print each run once."""
        if not self.terminal:
            if watcher.problem or (watcher.found is not None and watcher.found is not self._printed):
                self._printed = watcher.found
                click.echo("\n".join([*results_lines(watcher, self._width()), ""]))
                sys.stdout.flush()
            return
        if watcher.found is not self._page_of:
            self.page = None  # there are new results
        from grader.cli.results import wrapped

        width = self._width()
        lines = self.page if self.page is not None else list(results_lines(watcher, width))
        lines = [part for line in lines for part in wrapped(line, width)]
        click.echo(CLEAR + "\n".join([*lines, "", self._bottom(watcher)]), nl=False)
        sys.stdout.flush()

    def leave(self) -> None:
        """The last line; what was shown stays."""
        if self.terminal:
            click.echo("")

    @staticmethod
    def _width() -> int:
        return max(30, shutil.get_terminal_size().columns)

    def _bottom(self, watcher: Watcher) -> str:
        if not self.keys:
            return click.style(say("watch.no-keys"), dim=True)
        keys = "  ".join(
            click.style(key, bold=True) + click.style(" " + say(f"watch.key.{word}"), dim=True)
            for key, word in KEYS.items()
        )
        return keys if self.page is None else keys + click.style("  " + say("watch.key.back"), dim=True)


def results_lines(watcher: Watcher, width: int = 80) -> Iterator[str]:
    """What was found in the chapter: what passes, the first failure, the next thing to do."""
    from grader.cli.results import bar, clean, failure_lines, row, waiting

    found, chapter = watcher.found, watcher.chapter
    head = click.style(chapter, bold=True)
    if watcher.problem:
        yield head
        yield click.style(clean(watcher.problem), fg="red")
        return
    running = ""
    if watcher.running:
        running = click.style("  " + say("results.running", what=watcher.running), fg="yellow")
    if found is None:
        yield head + (running or click.style("  " + say("watch.loading"), dim=True))
        return
    exercises = found.of(chapter)
    done = [e.name for e in exercises if e.done]
    took = click.style(f"  {time.strftime('%H:%M:%S')}", dim=True)
    count = say("results.done", done=len(done), total=len(exercises))
    yield f"{head}  {bar(len(done), len(exercises))}  {count}{running or took}"
    for error in found.errors:
        yield click.style(clean(error), fg="red")
    broken = found.broken.get(chapter)
    if broken is not None:
        yield ""
        yield "  " + click.style(clean(broken.message), fg="red")
        yield from ("    " + line for line in clean(broken.detail).splitlines())
    else:
        rows = {"ok": ("green", done), "wrong": ("red", [e.name for e in exercises if e.wrong])}
        rows |= {word: ("yellow", names) for word, names in waiting(exercises).items()}
        for word, (colour, names) in rows.items():
            if names:
                yield row(word, colour, ", ".join(names))
        first = next((e for e in exercises if e.wrong), None)
        if first is not None:
            yield ""
            yield from failure_lines(first)
    yield ""
    yield from _next_lines(found, chapter)


def _next_lines(found: Practice, chapter: str) -> Iterator[str]:
    from grader.cli.results import next_line

    if found.all_done:
        yield click.style(say("watch.chapter-passes", chapter=chapter), fg="green", bold=True)
        yield say("watch.hidden-checks-more")
        yield say("watch.next-chapter")
    else:
        yield click.style(next_line(found, watching=True), bold=True)
