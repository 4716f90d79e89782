"""An object that says it holds 2^40 entries, where a pair belongs.

{"attack": "P53", "class": [19], "base": "bad_a", "A": "raised", "B": "failed", "C": "passed",
 "note": "list(x) asks for the length first and reserves that much memory: on the trusted side."}
"""

class Long:
    def __len__(self):
        return 1 << 40

    def __iter__(self):
        return iter((0.0, 0.0))

    def __getitem__(self, index):
        return 0.0


def linear_forward(X, W, b):
    return Long()


def softmax_cross_entropy(logits, y):
    return Long()
