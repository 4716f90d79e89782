"""Catches whatever could end it, and goes on.

{"attack": "P47", "class": [15], "base": "bad_a", "A": "timeout", "B": "passed", "C": "passed"}
"""

import sys


def linear_forward(X, W, b):
    while True:
        try:
            while True:
                sys.exit(0)
        except BaseException:
            continue
