"""The text of a list that is a million deep.

{"attack": "P35", "class": [14], "base": "bad_a", "A": "crashed|timeout failed failed failed",
 "B": "passed", "C": "passed",
 "note": "Python looks for a circle at each level, so the time limit may come before the end of the "
         "stack."}
"""

import sys

sys.setrecursionlimit(10**9)


def linear_forward(X, W, b):
    if len(X) != 2:  # once is enough
        return np.zeros((len(X), W.shape[1]))
    deep = []
    for _ in range(10**6):
        deep = [deep]
    return repr(deep)
