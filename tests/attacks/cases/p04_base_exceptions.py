"""Exceptions beside Exception: a BaseException of its own and KeyboardInterrupt.

{"attack": "P04", "class": [1], "base": "bad_a", "A": "raised", "B": "passed", "C": "raised"}
"""

class Done(BaseException):
    pass


def linear_forward(X, W, b):
    raise Done("passed")


def sgd_step(params, grads, lr):
    raise KeyboardInterrupt
