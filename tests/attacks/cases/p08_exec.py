"""Becomes another program.

{"attack": "P08", "class": [1], "base": "bad_a", "level": "sealed", "A": "raised", "B": "passed",
 "C": "passed"}
"""

import os


def linear_forward(X, W, b):
    os.execv("/bin/true", ["true"])
