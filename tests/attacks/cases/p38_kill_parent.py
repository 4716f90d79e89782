"""Kills the process that made it.

{"attack": "P38", "class": [12], "base": "bad_a", "level": "sealed", "A": "raised", "B": "passed",
 "C": "passed"}
"""

import os


def linear_forward(X, W, b):
    os.kill(os.getppid(), 9)
    return np.zeros((len(X), W.shape[1]))
