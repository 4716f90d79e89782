"""Hangs in C code that looks at no signal: a power.

{"attack": "P28", "class": [14], "base": "bad_a", "A": "timeout|raised failed failed failed",
 "B": "passed", "C": "passed",
 "note": "MemoryError where the memory limit is met before the time limit; its verdict is `raised`."}
"""

def linear_forward(X, W, b):
    if len(X) != 2:  # once is enough
        return np.zeros((len(X), W.shape[1]))
    n = 10**9
    return 10 ** (10 * n) if n else 0
