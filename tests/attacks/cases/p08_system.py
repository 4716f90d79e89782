"""Starts a shell by os.system, which answers by a number instead of an exception.

{"attack": "P08", "class": [1], "base": "bad_a", "level": "sealed", "A": "failed", "B": "passed",
 "C": "passed"}
"""

import os


def linear_forward(X, W, b):
    if os.system("touch /tmp/nnkata_attack_pwned") == 0:
        raise SystemError("a shell ran")
    return np.zeros((len(X), W.shape[1]))
