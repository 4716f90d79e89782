"""Tries every number that could be an open file.

{"attack": "P24", "class": [9], "base": "bad_a", "A": "failed", "B": "passed", "C": "passed"}
"""

import os


def linear_forward(X, W, b):
    for fd in range(3, 1024):
        for attempt in (
            lambda: os.fstat(fd),
            lambda: os.read(fd, 1),
            lambda: os.write(fd, b"x"),
            lambda: os.lseek(fd, 0, 0),
            lambda: os.readlink(f"/proc/self/fd/{fd}"),
            lambda: os.dup(fd),
        ):
            try:
                attempt()
            except OSError:
                continue
            raise OverflowError("there is an open file")
    return np.zeros((len(X), W.shape[1]))
