"""Waits for input that never comes.

{"attack": "P37", "class": [14], "base": "bad_a", "A": "raised", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    return input("> ")
