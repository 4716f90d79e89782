"""Writes tracebacks of crashes, by the ways of faulthandler, and crashes.

{"attack": "P59", "class": [25], "base": "bad_a", "A": "crashed|raised", "B": "passed", "C": "passed"}
"""

import ctypes


def linear_forward(X, W, b):
    try:
        import faulthandler

        faulthandler.enable(file=1, all_threads=True)
        faulthandler.dump_traceback_later(0.01, repeat=True)
    except (ImportError, AttributeError, OSError, RuntimeError):
        pass
    ctypes.string_at(8)
