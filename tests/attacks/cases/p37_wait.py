"""Waits for an event that nobody sets.

{"attack": "P37", "class": [14], "base": "bad_a", "A": "timeout", "B": "passed", "C": "passed"}
"""

import threading


def linear_forward(X, W, b):
    threading.Event().wait()
