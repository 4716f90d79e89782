"""A file that replaces its own built-ins.

{"attack": "P59", "class": [5], "base": "bad_a", "A": "raised|failed", "B": "raised|passed",
 "C": "raised|passed"}
"""

__builtins__ = {}


def linear_forward(X, W, b):
    return len(X)
