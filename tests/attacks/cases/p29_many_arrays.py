"""Keeps 100 MB more with every call.

{"attack": "P29", "class": [14], "base": "bad_a", "A": "failed", "B": "passed|raised",
 "C": "passed|raised",
 "note": "It spends its own memory; where that is gone, its own later functions fail."}
"""

kept = []


def linear_forward(X, W, b):
    kept.append(np.zeros(13_000_000))
    return np.zeros((len(X), W.shape[1]))
