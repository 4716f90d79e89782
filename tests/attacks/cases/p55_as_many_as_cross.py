"""As many objects as may cross in one answer, again and again.

{"attack": "P55", "class": [19], "base": "bad_a", "A": "failed|raised", "B": "passed", "C": "passed"}
"""

class Thing:
    __slots__ = ()


def linear_forward(X, W, b):
    return [Thing() for _ in range(6_000)]
