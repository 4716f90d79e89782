"""Ends by abort().

{"attack": "P35", "class": [14], "base": "bad_a", "A": "crashed", "B": "passed", "C": "passed"}
"""

import os


def linear_forward(X, W, b):
    os.abort()
