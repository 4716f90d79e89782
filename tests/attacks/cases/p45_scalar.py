"""A single number where arrays belong.

{"attack": "P45", "class": [18], "base": "bad_a", "A": "failed", "B": "failed", "C": "failed"}
"""

def linear_forward(X, W, b):
    return 0.0


def softmax_cross_entropy(logits, y):
    return 0.0, 0.0


def sgd_step(params, grads, lr):
    return {k: 0.0 for k in params}
