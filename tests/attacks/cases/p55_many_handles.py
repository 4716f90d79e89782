"""A million objects in one list.

{"attack": "P55", "class": [19], "base": "bad_a", "A": "raised|timeout failed failed failed",
 "B": "passed", "C": "passed"}
"""

class Thing:
    __slots__ = ()


def linear_forward(X, W, b):
    if len(X) != 2:  # once is enough
        return np.zeros((len(X), W.shape[1]))
    return [Thing() for _ in range(10**6)]
