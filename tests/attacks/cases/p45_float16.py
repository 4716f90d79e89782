"""Right values with three digits.

{"attack": "P45", "class": [18], "base": "good", "A": "failed", "B": "failed", "C": "passed"}
"""

right_a, right_b = linear_forward, softmax_cross_entropy


def linear_forward(X, W, b):
    return right_a(X, W, b).astype(np.float16)


def softmax_cross_entropy(logits, y):
    loss, d = right_b(logits, y)
    return np.float16(loss), d.astype(np.float16)
