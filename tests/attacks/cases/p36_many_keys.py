"""Returns a dict of a hundred thousand keys.

{"attack": "P36", "class": [19], "base": "bad_a", "A": "raised", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    return {str(i): i for i in range(10**5)}
