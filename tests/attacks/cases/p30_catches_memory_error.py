"""Fills the memory with small texts and goes on after MemoryError.

{"attack": "P30", "class": [14], "base": "bad_a", "A": "raised|memory|timeout|crashed",
 "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    kept = []
    while True:
        try:
            kept.append("x" * 1000 + str(len(kept)))
        except MemoryError:
            continue
