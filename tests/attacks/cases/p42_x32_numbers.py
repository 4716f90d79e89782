"""System calls by the numbers of the x32 architecture.

{"attack": "P42", "class": [16], "base": "bad_a", "level": "sealed", "A": "crashed|failed",
 "B": "passed", "C": "passed",
 "note": "Killed by the filter where the kernel knows x32, refused elsewhere."}
"""

import ctypes


def linear_forward(X, W, b):
    library = ctypes.CDLL(None, use_errno=True)
    if library.syscall(0x40000000 + 2, b"/etc/passwd", 0) >= 0:
        raise OverflowError("a file was opened")
    return np.zeros((len(X), W.shape[1]))
