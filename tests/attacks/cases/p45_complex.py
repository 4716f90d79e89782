"""Right values as complex numbers.

{"attack": "P45", "class": [18], "base": "good", "A": "failed", "B": "failed", "C": "passed"}
"""

right_a, right_b = linear_forward, softmax_cross_entropy


def linear_forward(X, W, b):
    return right_a(X, W, b) + 0j


def softmax_cross_entropy(logits, y):
    loss, d = right_b(logits, y)
    return complex(loss), d + 0j
