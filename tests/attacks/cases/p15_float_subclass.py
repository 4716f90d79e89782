"""A loss of a class of its own that is equal to everything.

{"attack": "P15", "class": [6], "base": "bad_a", "A": "failed", "B": "raised raised failed raised",
 "C": "passed",
 "note": "B3 asks for the gradient alone, and that is wrong."}
"""

class F(float):
    def __eq__(self, other):
        return True

    __le__ = __ge__ = __eq__
    __hash__ = None

    def __sub__(self, other):
        return 0.0


def softmax_cross_entropy(logits, y):
    return F(0.0), np.zeros(logits.shape)
