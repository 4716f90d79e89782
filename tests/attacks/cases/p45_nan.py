"""Everything is nan.

{"attack": "P45", "class": [18], "base": "bad_a", "A": "failed", "B": "failed", "C": "passed"}
"""

def linear_forward(X, W, b):
    return np.full((len(X), W.shape[1]), np.nan)


def softmax_cross_entropy(logits, y):
    return np.nan, np.full(logits.shape, np.nan)
