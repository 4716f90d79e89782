"""A list that holds itself.

{"attack": "P50", "class": [19], "base": "bad_a", "A": "raised|crashed", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    tail = []
    tail.append(tail)
    return tail
