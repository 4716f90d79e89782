"""Signals the grader by every call there is.

{"attack": "P38", "class": [12], "base": "bad_a", "level": "sealed", "A": "failed", "B": "passed",
 "C": "passed"}
"""

import ctypes
import os
import signal

GRADER = int("@GRADER@")
call = ctypes.CDLL(None, use_errno=True).syscall


def by_number(number, *arguments):
    if call(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def linear_forward(X, W, b):
    for attempt in (
        lambda: os.kill(GRADER, signal.SIGUSR1),
        lambda: os.kill(GRADER, 0),
        lambda: os.killpg(0, signal.SIGTERM),
        lambda: os.kill(-1, signal.SIGUSR1),
        lambda: os.pidfd_open(GRADER),
        lambda: signal.raise_signal(signal.SIGUSR1),
        lambda: by_number(200, GRADER, signal.SIGUSR1),  # tkill
        lambda: by_number(234, GRADER, GRADER, signal.SIGUSR1),  # tgkill
        lambda: by_number(129, GRADER, signal.SIGUSR1, 0),  # rt_sigqueueinfo
        lambda: by_number(424, 1, signal.SIGUSR1, 0, 0),  # pidfd_send_signal
    ):
        try:
            attempt()
        except OSError:
            continue
        raise OverflowError("a signal was sent")
    return np.zeros((len(X), W.shape[1]))
