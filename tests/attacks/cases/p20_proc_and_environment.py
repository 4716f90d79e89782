"""Reads the environment, the command line and the memory of every process that it can see.

{"attack": "P20", "class": [9], "base": "bad_a", "level": "sealed", "A": "failed", "B": "passed",
 "C": "passed"}
"""

import os
import sys

for pid in (os.getppid(), os.getpid(), int("@GRADER@"), 1):
    for name in ("environ", "cmdline", "maps", "mem", "status", "cwd", "fd"):
        for reader in (lambda p: open(p, "rb").read(100), os.readlink, os.listdir):
            try:
                reader(f"/proc/{pid}/{name}")
            except OSError:
                continue
            os._exit(1)


def linear_forward(X, W, b):
    if os.environ or any("nnkata" in a or "/" in a for a in sys.argv):
        raise OverflowError("something of the grader is there")
    return np.zeros((len(X), W.shape[1]))
