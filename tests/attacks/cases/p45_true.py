"""True in the place of numbers.

{"attack": "P45", "class": [18], "base": "good", "A": "failed", "B": "failed", "C": "passed"}
"""

def linear_forward(X, W, b):
    return np.ones((len(X), W.shape[1]), dtype=bool)


def softmax_cross_entropy(logits, y):
    return True, np.ones(logits.shape, dtype=bool)
