"""Reads at address 0.

{"attack": "P35", "class": [14], "base": "bad_a", "A": "crashed", "B": "passed", "C": "passed"}
"""

import ctypes


def linear_forward(X, W, b):
    return ctypes.string_at(0)
