"""The text of a list that is a million deep.

{"attack": "P35", "class": [14], "base": "bad_a", "A": "crashed", "B": "passed", "C": "passed"}
"""

import sys

sys.setrecursionlimit(10**9)


def linear_forward(X, W, b):
    deep = []
    for _ in range(10**6):
        deep = [deep]
    return repr(deep)
