"""Asks for 10 GB and never touches them.

{"attack": "P29", "class": [14], "base": "bad_a", "A": "raised", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    return np.zeros(10 << 27)
