"""Looks for tests and solutions in every folder it can think of.

{"attack": "P19", "class": [9], "base": "bad_a", "level": "sealed", "A": "failed", "B": "passed",
 "C": "passed",
 "note": "A file that can be opened is an OverflowError, so the verdict would be `raised`."}
"""

import glob
import os
import pathlib


def linear_forward(X, W, b):
    for root in ("/", ".", "..", "~", "/autograder", "/tmp", "/opt", "@CWD@", "@COURSE@"):
        root = os.path.expanduser(root)
        found = glob.glob(f"{root}/*") + [p for p, _, _ in os.walk(root)][1:]
        try:
            found += list(map(str, pathlib.Path(root).iterdir()))
        except OSError:
            pass
        if found:
            raise OverflowError("a folder can be listed")
    for path in ("@CWD@/notes.txt", "@COURSE@/solutions/ch00_attacked/attacked.py", "/etc/passwd", "/proc/self/maps"):
        try:
            open(path).read()
        except OSError:
            continue
        raise OverflowError("a file can be read")
    return np.zeros((len(X), W.shape[1]))
