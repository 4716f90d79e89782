"""A million objects in one list.

{"attack": "P55", "class": [19], "base": "bad_a", "A": "raised|timeout", "B": "passed", "C": "passed"}
"""

class Thing:
    __slots__ = ()


def linear_forward(X, W, b):
    return [Thing() for _ in range(10**6)]
