"""Exceptions that lie about their class, their traceback, their module and their name.

{"attack": "P52", "class": [25], "base": "bad_a", "A": "raised|crashed", "B": "raised", "C": "raised"}
"""

class Lies(Exception):
    @property
    def __traceback__(self):
        raise ValueError("no traceback")

    @property
    def __class__(self):
        return KeyboardInterrupt


class Named(Exception):
    __module__ = "builtins"


Named.__name__ = "<img src=x onerror=alert(1)>"
Named.__qualname__ = "AssertionError"


class Meta(type):
    @property
    def __mro__(cls):
        return ()

    @property
    def __name__(cls):
        return "passed"


class Odd(Exception, metaclass=Meta):
    pass


def linear_forward(X, W, b):
    raise Lies


def softmax_cross_entropy(logits, y):
    raise Named("passed")


def sgd_step(params, grads, lr):
    raise Odd("passed")
