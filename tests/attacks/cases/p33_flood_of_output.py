"""Writes 1 GB to its standard output; the functions are right.

{"attack": "P33", "class": [14], "base": "good", "A": "passed", "B": "passed", "C": "passed",
 "note": "What goes to the descriptors 1 and 2 is thrown away; printing costs nobody points."}
"""

import os

honest = linear_forward


def linear_forward(X, W, b):
    for _ in range(1024):
        try:
            os.write(1, b"A" * (1 << 20))
        except OSError:
            pass
    return honest(X, W, b)
