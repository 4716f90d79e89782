"""Reads, truncates and maps the file behind its standard output.

{"attack": "P24", "class": [9], "base": "bad_a", "A": "failed", "B": "passed", "C": "passed"}
"""

import mmap
import os


def linear_forward(X, W, b):
    for attempt in (
        lambda: os.read(1, 10) and None,
        lambda: os.ftruncate(1, 0),
        lambda: os.fchmod(1, 0o777),
        lambda: os.fchown(1, 0, 0),
        lambda: mmap.mmap(1, 4096),
        lambda: os.sendfile(1, 0, None, 10),
        lambda: os.copy_file_range(0, 1, 10),
        lambda: os.open("x", os.O_RDONLY, dir_fd=1),
    ):
        try:
            attempt()
        except (OSError, ValueError, AttributeError):
            continue
        raise OverflowError("something can be done with the standard output")
    return np.zeros((len(X), W.shape[1]))
