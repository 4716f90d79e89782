"""Profile and trace hooks that rewrite what functions of the worker see.

{"attack": "P11", "class": [5], "base": "bad_a", "A": "failed", "B": "passed", "C": "passed"}
"""

import sys
import threading


def spy(frame, event, argument):
    for name in ("expected", "want", "solution"):
        if name in frame.f_locals:
            raise ZeroDivisionError("found")
    return spy


sys.setprofile(spy)
sys.settrace(spy)
threading.settrace(spy)
