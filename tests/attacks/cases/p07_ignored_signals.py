"""Ignores every signal, starts timers and loops for ever.

{"attack": "P07", "class": [15], "base": "bad_a", "A": "timeout", "B": "passed", "C": "passed"}
"""

import signal


def linear_forward(X, W, b):
    for number in range(1, 32):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
        try:
            signal.setitimer(timer, 0.001, 0.001)
        except OSError:
            pass
    while True:
        pass
