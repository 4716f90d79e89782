"""A tuple of its own class whose entries depend on how one asks.

{"attack": "P15", "class": [6], "base": "bad_a", "A": "failed", "B": "failed", "C": "passed"}
"""

class T(tuple):
    def __getitem__(self, index):
        return 0.0

    def __len__(self):
        return 2

    def __iter__(self):
        return iter((0.0, np.zeros((2, 2))))


honest = softmax_cross_entropy


def softmax_cross_entropy(logits, y):
    return T((0.0, np.zeros(logits.shape)))
