"""Names of functions that belong to something else: a number, a class, an object.

{"attack": "P61", "class": [6], "base": "bad_a", "A": "raised", "B": "raised", "C": "raised|failed"}
"""

linear_forward = 5


class softmax_cross_entropy:
    def __init__(self, logits, y):
        self.loss = 0.0


class Called:
    def __call__(self, *args):
        return self

    def __getattr__(self, name):
        return self

    def __iter__(self):
        return iter(())


sgd_step = Called()
