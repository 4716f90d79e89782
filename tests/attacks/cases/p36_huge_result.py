"""Returns 200 MB.

{"attack": "P36", "class": [19], "base": "bad_a", "A": "raised", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    return np.zeros(25_000_000)
