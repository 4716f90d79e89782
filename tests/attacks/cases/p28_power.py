"""Hangs in C code that looks at no signal: a power.

{"attack": "P28", "class": [14], "base": "bad_a", "A": "timeout|raised", "B": "passed", "C": "passed",
 "note": "MemoryError where the memory limit is met before the time limit; its verdict is `raised`."}
"""

def linear_forward(X, W, b):
    n = 10**9
    return 10 ** (10 * n) if n else 0
