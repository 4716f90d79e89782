"""Sleeps for days.

{"attack": "P37", "class": [14], "base": "bad_a", "A": "timeout", "B": "passed", "C": "passed"}
"""

import time


def linear_forward(X, W, b):
    time.sleep(10**6)
