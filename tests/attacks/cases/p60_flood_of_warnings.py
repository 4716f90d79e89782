"""A hundred thousand different warnings.

{"attack": "P60", "class": [14], "base": "bad_a", "A": "failed|timeout", "B": "passed", "C": "passed"}
"""

import warnings


def linear_forward(X, W, b):
    for i in range(20_000):
        warnings.warn(f"{i}" + "x" * 100)
    return np.zeros((len(X), W.shape[1]))
