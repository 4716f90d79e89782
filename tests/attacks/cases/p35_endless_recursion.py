"""A function that calls itself for ever, without Python's own limit.

{"attack": "P35", "class": [14], "base": "bad_a", "A": "raised|crashed|timeout failed failed failed",
 "B": "passed", "C": "passed",
 "note": "Which limit comes first depends on the version of Python: memory, the C stack or time."}
"""

import sys

sys.setrecursionlimit(10**9)


def linear_forward(X, W, b):
    if len(X) != 2:  # once is enough
        return np.zeros((len(X), W.shape[1]))
    return linear_forward(X, W, b)
