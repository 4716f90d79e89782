"""Whole numbers too large for any float.

{"attack": "P50", "class": [19], "base": "bad_a", "A": "failed", "B": "failed", "C": "failed"}
"""

def linear_forward(X, W, b):
    return 10**1200


def softmax_cross_entropy(logits, y):
    return -(10**1200), np.zeros(logits.shape)


def sgd_step(params, grads, lr):
    return {k: 2**63 for k in params}
