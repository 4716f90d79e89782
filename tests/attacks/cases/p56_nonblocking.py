"""Makes its connection non-blocking.

{"attack": "P56", "class": [17], "base": "bad_a", "A": "failed|crashed", "B": "passed|crashed",
 "C": "passed|crashed"}
"""

import os


def linear_forward(X, W, b):
    os.set_blocking(0, False)
    return np.zeros((len(X), W.shape[1]))
