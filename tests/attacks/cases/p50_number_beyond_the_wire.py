"""A whole number of thirty thousand bits.

{"attack": "P50", "class": [19], "base": "bad_a", "A": "raised", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    return 1 << 30_000
