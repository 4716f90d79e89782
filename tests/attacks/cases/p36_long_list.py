"""Returns a list of a million numbers.

{"attack": "P36", "class": [19], "base": "bad_a", "A": "raised", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    return list(range(10**6))
