"""Returns an array of objects that are equal to everything.

{"attack": "P14", "class": [6], "base": "bad_a", "A": "raised", "B": "passed", "C": "passed"}
"""

class Always:
    def __eq__(self, other):
        return True

    __le__ = __ge__ = __eq__
    __hash__ = None

    def __sub__(self, other):
        return 0


def linear_forward(X, W, b):
    return np.full((len(X), W.shape[1]), Always(), dtype=object)
