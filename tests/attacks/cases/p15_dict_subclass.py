"""A dict of its own class with another __getitem__; its real entries are right.

{"attack": "P15", "class": [6], "base": "bad_a", "A": "failed", "B": "passed", "C": "passed",
 "note": "A kind of dict is copied into a plain one, and that is compared. Its entries are honest "
         "here."}
"""

class D(dict):
    def __getitem__(self, key):
        return 0.0


honest = sgd_step


def sgd_step(params, grads, lr):
    return D(honest(params, grads, lr))
