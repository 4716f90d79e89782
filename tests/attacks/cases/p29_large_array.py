"""Asks for 8 GB and fills them.

{"attack": "P29", "class": [14], "base": "bad_a", "A": "raised", "B": "passed", "C": "passed",
 "note": "A MemoryError that Python could raise has the verdict `raised`, with the limit `memory`."}
"""

def linear_forward(X, W, b):
    return np.ones((1 << 30,))
