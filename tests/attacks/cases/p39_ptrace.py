"""Attaches to its parent and to the grader as a debugger.

{"attack": "P39", "class": [12], "base": "bad_a", "level": "sealed", "A": "raised", "B": "passed",
 "C": "passed"}
"""

import ctypes
import os


def linear_forward(X, W, b):
    library = ctypes.CDLL(None, use_errno=True)
    for pid in (os.getppid(), int("@GRADER@")):
        for request in (16, 0x4206):  # ATTACH, SEIZE
            if library.ptrace(request, pid, 0, 0) == 0:
                return np.zeros((len(X), W.shape[1]))
    raise OSError(ctypes.get_errno(), "refused")
