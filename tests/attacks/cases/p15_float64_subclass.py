"""A loss of a class made from numpy's float64, which says it is numpy's.

{"attack": "P15", "class": [6], "base": "bad_a", "A": "failed", "B": "raised|failed|protocol",
 "C": "passed",
 "note": "A class that claims to be numpy's own travels by its value, and its value is compared."}
"""

class F(np.float64):
    def __eq__(self, other):
        return True

    __le__ = __ge__ = __eq__
    __hash__ = None


F.__module__ = "numpy"
F.__name__ = F.__qualname__ = "float64"


def softmax_cross_entropy(logits, y):
    return F(0.0), np.zeros(logits.shape)
