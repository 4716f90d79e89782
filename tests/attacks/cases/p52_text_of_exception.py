"""An exception whose text cannot be had.

{"attack": "P52", "class": [25], "base": "bad_a", "A": "raised", "B": "raised", "C": "raised"}
"""

class Mute(Exception):
    def __str__(self):
        raise SystemExit(0)

    __repr__ = __str__


class Long(Exception):
    def __str__(self):
        return "\x1b[2J<script>" * 10**6


class NoText(Exception):
    def __str__(self):
        return 5


def linear_forward(X, W, b):
    raise Mute


def softmax_cross_entropy(logits, y):
    raise Long


def sgd_step(params, grads, lr):
    raise NoText
