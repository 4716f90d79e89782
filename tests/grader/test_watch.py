"""`kata watch` in a terminal: every save is run, nothing a program does can hurt it, the terminal comes back."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import desk
from desk import save, solved

from grader.watch import Watcher, first_chapter

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pty")


@pytest.fixture
def work(tmp_path):
    return desk.make_workspace(tmp_path)


@pytest.fixture
def watching(work):
    """watching(*arguments) starts `kata watch`; it is ended with the test."""
    terminals = []

    def start(*arguments: str, folder: Path | None = None, **more: str) -> desk.Terminal:
        terminals.append(desk.Terminal(folder or work, "watch", *arguments, **more))
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


def test_first_run_shows_what_to_do(work, watching):
    """the first screen names the chapter, what is not written, the next thing with its line, and the keys"""
    screen = watching().wait("Next:")
    assert "ch00_small" in screen and "0 of 2 done" in screen
    assert "todo  double, total" in screen
    assert "Next: double in ch00_small/small.py, line 11." in screen
    assert "r run  h hint  n next  l list  p plot  q quit" in screen


def test_a_save_is_run_and_explained(work, watching):
    """after a save the screen shows what passes and the first failure in words, not the one after it"""
    terminal = watching()
    terminal.wait("0 of 2 done")
    save(work, "ch00_small", solved("ch00_small", double="return x", total="return 7.0"))
    screen = terminal.wait("wrong double, total")
    assert "twice 2 is 4" in screen and "wrong double  (0 of 2 checks pass)" in screen
    assert "1 + 2 + 3 is 6" not in screen
    save(work, "ch00_small", solved("ch00_small", double="return 2.0 * x", total="return 7.0"))
    screen = terminal.wait("1 of 2 done")
    assert "ok    double" in screen and "1 + 2 + 3 is 6" in screen
    save(work, "ch00_small", solved("ch00_small"))
    assert "All visible tests of ch00_small pass." in terminal.wait("2 of 2 done")


@pytest.mark.parametrize("option", ["", "--no-fork"])
def test_a_program_that_ends_python_costs_itself_only(work, watching, option):
    """os._exit, a crash in compiled code and a swallowed print are told; the other functions are run all the same"""
    terminal = watching(*[option] * bool(option))
    terminal.wait("0 of 2 done")
    save(work, "ch00_small", solved("ch00_small", double="import os; print('x'); os._exit(3)"))
    screen = terminal.wait("1 of 2 done")
    assert "ended Python (exit code 3) while double was running" in screen
    save(work, "ch00_small", solved("ch00_small", double="import ctypes\nctypes.string_at(0)"))
    screen = terminal.wait("SIGSEGV")
    assert "ok    total" in screen
    assert "small.py, line 12: ctypes.string_at(0)" in screen
    save(work, "ch00_small", solved("ch00_small"))
    terminal.wait("2 of 2 done")


@pytest.mark.parametrize("option", ["", "--no-fork"])
def test_an_endless_loop_is_stopped_at_its_line(work, watching, option):
    """a loop is shown as running while keys go on working, and then it is told in which line it was"""
    terminal = watching(*[option] * bool(option))
    terminal.wait("0 of 2 done")
    save(work, "ch00_small", solved("ch00_small", double="while True:\n    x = x + 1"))
    terminal.wait("running double")
    terminal.press("l")
    terminal.wait("0 of 3 functions")
    screen = terminal.wait("1 of 2 done")
    assert "double took longer than 5 s." in screen
    assert "ch00_small/small.py, line 11: while True:" in screen or "line 12: x = x + 1" in screen


def test_a_save_gives_up_a_run_that_hangs(work, watching):
    """nobody waits for an endless loop that is repaired already"""
    terminal = watching()
    terminal.wait("0 of 2 done")
    save(work, "ch00_small", solved("ch00_small", double="while True: pass"))
    terminal.wait("running double")
    begun = time.monotonic()
    save(work, "ch00_small", solved("ch00_small"))
    terminal.wait("2 of 2 done")
    assert time.monotonic() - begun < 3


def test_what_is_started_is_ended(work, watching):
    """a process that a function starts does not outlive its run"""
    terminal = watching()
    terminal.wait("0 of 2 done")
    pid_file = work / "pid"
    body = (
        "import subprocess, sys\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(pid_file)!r}, 'w').write(str(p.pid))\nreturn 2.0 * x"
    )
    save(work, "ch00_small", solved("ch00_small", double=body))
    terminal.wait("2 of 2 done")
    pid = int(pid_file.read_text())
    end = time.monotonic() + 5
    while _alive(pid):
        assert time.monotonic() < end
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_what_is_printed_does_not_touch_the_screen(work, watching):
    """prints, also past Python, reach the screen as text of a failure or not at all; control characters never"""
    terminal = watching()
    terminal.wait("0 of 2 done")
    body = "import os\nprint('\\x1b[2Jgone\\x07')\nos.write(1, b'raw\\x1b[2J')\nos.write(2, b'raw')\nreturn x"
    save(work, "ch00_small", solved("ch00_small", double=body))
    screen = terminal.wait("wrong double")
    screen = terminal.rest(0.3)
    assert "it printed:" in screen and "?[2Jgone?" in screen
    assert "raw" not in terminal.text and "\x07" not in terminal.text


def test_a_syntax_error_names_its_line(work, watching):
    """a file that does not parse is one message with its line"""
    terminal = watching()
    terminal.wait("0 of 2 done")
    save(work, "ch00_small", solved("ch00_small") + "\ndef broken(:\n    pass\n")
    screen = terminal.wait("SyntaxError")
    line = solved("ch00_small").count("\n") + 2
    assert f"Next: repair ch00_small/small.py, line {line}, then save it." in screen


def test_half_written_and_missing_files_can_wait(work, watching):
    """an empty file that an editor is about to fill is no verdict; a deleted one is, after a moment"""
    terminal = watching()
    terminal.wait("0 of 2 done")
    path = desk.file_of(work, "ch00_small")
    shown = len(terminal.text)
    path.write_text("", encoding="utf-8")
    terminal.rest(0.1)
    path.write_text(solved("ch00_small"), encoding="utf-8")
    terminal.wait("2 of 2 done")
    assert "does not define" not in terminal.text[shown:]
    path.unlink()
    assert "kata update" in terminal.wait("small.py is missing")
    save(work, "ch00_small", solved("ch00_small"))
    terminal.wait("2 of 2 done")


def test_of_quick_saves_the_last_one_counts(work, watching):
    """twenty saves within a second end with the verdict on the last"""
    terminal = watching()
    terminal.wait("0 of 2 done")
    for number in range(20):
        save(work, "ch00_small", solved("ch00_small", double=f"raise ValueError('save {number}')"))
        terminal.read(0.02)
    save(work, "ch00_small", solved("ch00_small", total="raise ValueError('the last')"))
    terminal.wait("the last")
    screen = terminal.rest(0.5)
    assert "the last" in screen and "1 of 2 done" in screen


def test_it_goes_where_one_works(work, watching):
    """saving another chapter goes there; with a chapter named, or in its folder, it stays"""
    terminal = watching()
    terminal.wait("0 of 2 done")
    save(work, "ch01_more", solved("ch01_more"))
    assert "ch01_more" in terminal.wait("0 of 1 done")
    for arguments, folder in ((("ch00",), work), ((), work / "ch00_small")):
        fixed = watching(*arguments, folder=folder)
        fixed.wait("0 of 2 done")
        save(work, "ch01_more", solved("ch01_more") + "\n")
        assert "ch01_more" not in fixed.rest(0.6)


def test_an_earlier_chapter_is_part_of_the_run(work, watching):
    """with a chapter named, saving one that it imports runs it again"""
    save(work, "ch01_more", solved("ch01_more"))
    terminal = watching("ch01")
    terminal.wait("0 of 1 done")
    save(work, "ch00_small", solved("ch00_small"))
    terminal.wait("1 of 1 done")


def test_keys(work, watching):
    """h reveals hint after hint, n shows the docstring and then goes on, l lists, r runs, other keys go back"""
    terminal = watching()
    terminal.wait("Next:")
    terminal.press("h")
    assert "Hint 2" not in terminal.wait("What is one double? It goes on here.")
    terminal.press("h")
    assert "Think of plus." in terminal.wait("Hint 2: a direction")
    terminal.press("\x1b[A")
    terminal.wait("todo  double, total")
    terminal.press("n")
    assert "out = 2 * x" in terminal.wait("double(x)")
    terminal.press("l")
    assert "> ch00_small" in terminal.wait("0 of 3 functions")
    save(work, "ch00_small", solved("ch00_small"))
    terminal.wait("2 of 2 done")
    terminal.press("n")
    terminal.wait("ch01_more")
    assert "todo  fourfold" in terminal.wait("Next:")
    terminal.press("q")
    assert terminal.ended() == 0
    assert "2  double" not in terminal.text
    assert "1 more: kata hint double" in desk.kata(work, "hint", "double", "--again").stdout


@pytest.mark.parametrize(
    "how, code", [("q", 0), (signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
@pytest.mark.parametrize("busy", [False, True])
def test_the_terminal_comes_back(work, watching, how, code, busy):
    """however it is ended, idle or in a run that hangs: the terminal is as before, and no process is left"""
    if busy:
        save(work, "ch00_small", solved("ch00_small", double="while True: pass"))
    terminal = watching()
    terminal.wait("running double" if busy else "Next:")
    assert not termios.tcgetattr(terminal.fd)[3] & termios.ICANON
    if how == "q":
        terminal.press("q")
    else:
        terminal.signal(how)
    assert terminal.ended() == code
    assert termios.tcgetattr(terminal.fd) == terminal.before
    assert desk.left_behind(work) == []


def test_ctrl_z_gives_the_terminal_back_for_a_while(work, watching):
    """a stopped watcher leaves the terminal as it was; continued, it goes on"""
    terminal = watching()
    terminal.wait("Next:")
    terminal.signal(signal.SIGTSTP)
    end = time.monotonic() + 5
    while termios.tcgetattr(terminal.fd) != terminal.before:
        assert time.monotonic() < end
        time.sleep(0.02)
    terminal.signal(signal.SIGCONT)
    save(work, "ch00_small", solved("ch00_small"))
    terminal.wait("2 of 2 done")
    assert not termios.tcgetattr(terminal.fd)[3] & termios.ICANON


def test_a_killed_watcher_leaves_nothing(work, watching):
    """the process with the tests loaded goes when the watcher is killed"""
    terminal = watching()
    terminal.wait("Next:")
    assert desk.left_behind(work)
    terminal.signal(signal.SIGKILL)
    terminal.ended()
    end = time.monotonic() + 5
    while desk.left_behind(work):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_loaded_process_is_replaced_when_it_dies(work, watching):
    """if the process with the tests loaded is killed, the next save is run all the same"""
    terminal = watching()
    terminal.wait("Next:")
    for pid in desk.left_behind(work):
        os.kill(pid, signal.SIGKILL)
    save(work, "ch00_small", solved("ch00_small"))
    terminal.wait("2 of 2 done")


def test_new_visible_tests_are_used(work, watching):
    """a changed test file is loaded again"""
    save(work, "ch00_small", solved("ch00_small"))
    terminal = watching()
    terminal.wait("2 of 2 done")
    tests = work / "ch00_small" / "test_small.py"
    tests.write_text(tests.read_text().replace("1 + 2 + 3 is 6", "one and so on").replace("(6.0)", "(7.0)"))
    assert "one and so on" in terminal.wait("1 of 2 done")
    tests.write_text("def broken(:\n")
    assert "test_small.py" in terminal.wait("Next: put the test files back")


def test_without_a_terminal_results_are_printed(work):
    """in a pipe each run is printed once, keys are not asked for, and Ctrl-C ends it with 130"""
    command = [sys.executable, "-c", desk.KATA, "watch"]
    process = subprocess.Popen(
        command, cwd=work, env=desk.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(process.stdout))
    reader.start()
    try:
        for text, words in ((None, "0 of 2 done"), (solved("ch00_small"), "2 of 2 done")):
            if text:
                save(work, "ch00_small", text)
            end = time.monotonic() + desk.SECONDS
            while not any(words in line for line in lines):
                assert time.monotonic() < end, lines
                time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(desk.SECONDS) == 130
        reader.join()
        process.stdout.close()
    assert not any("\x1b" in line or "q quit" in line for line in lines)
    assert sum("2 of 2 done" in line for line in lines) == 1


class _View:
    """Remembers how many functions were done each time the screen was drawn."""

    def __init__(self) -> None:
        self.done: list[int] = []

    def draw(self, watcher: Watcher) -> None:
        if watcher.found is not None:
            self.done.append(sum(e.done for e in watcher.found.exercises))


def test_files_are_looked_at_where_no_events_arrive(work, monkeypatch):
    """on a network drive, where nothing tells of a save, it is noticed within seconds"""
    monkeypatch.setattr(Watcher, "_events_of_files", lambda self: None)
    view = _View()
    watcher = Watcher(work, "ch00_small", view)
    thread = threading.Thread(target=watcher.watch)
    thread.start()
    try:
        for text, done in ((None, 0), (solved("ch00_small"), 2)):
            if text:
                save(work, "ch00_small", text)
            end = time.monotonic() + desk.SECONDS
            while done not in view.done:
                assert time.monotonic() < end
                time.sleep(0.05)
    finally:
        watcher.post("stop", 15)
        thread.join()


def test_where_it_begins(work):
    """the chapter named, the folder one is in, the one worked on last, else the first that is not done"""
    assert first_chapter(work, "1", None) == "ch01_more"
    assert first_chapter(work, None, "ch01_more") == "ch01_more"
    assert first_chapter(work, None, None) == "ch00_small"
    save(work, "ch00_small", solved("ch00_small"))
    desk.kata(work, "test", "ch00")
    assert first_chapter(work, None, None) == "ch01_more"
    assert "Did you mean more" in desk.kata(work, "watch", "mroe").stderr
