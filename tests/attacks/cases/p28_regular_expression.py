"""Hangs in C code that looks at no signal: a regular expression.

{"attack": "P28", "class": [14], "base": "bad_a", "A": "timeout", "B": "passed", "C": "passed"}
"""

import re


def linear_forward(X, W, b):
    return re.match(r"(a+)+$", "a" * 40 + "b")
