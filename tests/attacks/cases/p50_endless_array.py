"""A view of one number that claims to have 2^40 entries.

{"attack": "P50", "class": [19], "base": "bad_a", "A": "raised", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    return np.broadcast_to(np.zeros(1), (1 << 40,))
