"""Ends its process inside linear_forward; the other functions are honest.

{"attack": "P02", "class": [1], "base": "bad_a", "A": "crashed", "B": "passed", "C": "passed"}
"""

import os


def linear_forward(X, W, b):
    os._exit(0)
