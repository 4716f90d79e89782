"""The keyboard of a terminal, key by key, and the terminal as it was before, however a program ends."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

try:
    import termios
    import tty
except ImportError:  # Windows
    termios = tty = None  # type: ignore[assignment]

Press = Callable[[str], None]
STOPPING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Keyboard:
    """Single keys from the terminal, told from a thread; without a terminal it does nothing.

    press : is called with each key; an arrow or a function key comes as one string that begins with escape.
    woken : is called when the program continues after Ctrl-Z, or when the window has another size.

    Use it as a context manager, in the main thread: leaving it restores the terminal.
    """

    def __init__(self, press: Press, woken: Callable[[], None]):
        self.press = press
        self.woken = woken
        self.works = False
        self._saved: list[Any] | None = None
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Keyboard:
        try:
            terminal = sys.stdin is not None and sys.stdin.isatty()
        except ValueError:  # closed
            terminal = False
        if terminal and termios is not None:
            self.works = self._raw()
            reader = self._read_posix
        elif terminal:
            self.works, reader = True, self._read_windows
        if self.works:
            threading.Thread(target=reader, daemon=True).start()
        self._handle("SIGTSTP", self._pause)
        self._handle("SIGCONT", self._resume)
        self._handle("SIGWINCH", lambda *_: self.woken())
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()
        self._restore()

    def _handle(self, name: str, handler: Any) -> None:
        number = getattr(signal, name, None)
        if number is not None:
            self._handlers[number] = signal.signal(number, handler)

    def _raw(self) -> bool:
        """Keys one by one and unseen; Ctrl-C and Ctrl-Z go on being signals."""
        try:
            if os.tcgetpgrp(0) != os.getpgrp():
                return False  # in the background the keyboard belongs to somebody else
            saved = termios.tcgetattr(0)
            tty.setcbreak(0, termios.TCSANOW)
        except (termios.error, OSError):
            return False
        if self._saved is None:
            self._saved = saved
        return True

    def _restore(self) -> None:
        if self._saved is not None:
            # Writing to a terminal from the background would stop this process.
            before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            with contextlib.suppress(termios.error, OSError):
                termios.tcsetattr(0, termios.TCSADRAIN, self._saved)
            signal.signal(signal.SIGTTOU, before)

    def _pause(self, number: int, frame: FrameType | None) -> None:
        self._restore()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _resume(self, number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTSTP, self._pause)
        if self._saved is not None:
            self._raw()
        self.woken()

    def _read_posix(self) -> None:
        while True:
            try:
                data = os.read(0, 64)
            except InterruptedError:
                continue
            except OSError:
                return
            if not data:
                return
            text = data.decode("utf-8", "replace")
            for key in [text] if text.startswith("\x1b") else text:
                self.press(key)

    def _read_windows(self) -> None:
        import msvcrt

        while True:
            key = msvcrt.getwch()  # type: ignore[attr-defined]
            if key in ("\x00", "\xe0"):
                key = "\x1b" + msvcrt.getwch()  # type: ignore[attr-defined]
            self.press(key)


@contextlib.contextmanager
def stop_signals(stop: Callable[[int], None]) -> Any:
    """Ctrl-C, SIGTERM and a closed window call `stop` with the number of the signal, as long as this lasts."""
    numbers = [getattr(signal, name) for name in STOPPING if hasattr(signal, name)]
    numbers = [n for n in numbers if signal.getsignal(n) != signal.SIG_IGN]  # as nohup wishes
    before = {number: signal.signal(number, lambda n, _: stop(n)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
