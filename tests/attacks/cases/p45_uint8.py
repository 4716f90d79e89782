"""Right values in a byte each.

{"attack": "P45", "class": [18], "base": "good", "A": "failed", "B": "failed", "C": "passed"}
"""

right_a, right_b = linear_forward, softmax_cross_entropy


def linear_forward(X, W, b):
    return right_a(X, W, b).astype(np.int64).astype(np.uint8)


def softmax_cross_entropy(logits, y):
    loss, d = right_b(logits, y)
    return np.uint8(int(loss) % 256), d.astype(np.int64).astype(np.uint8)
