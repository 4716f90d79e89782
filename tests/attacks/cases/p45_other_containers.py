"""Right values in other containers: lists instead of arrays, a list instead of a pair, a dict of lists.

{"attack": "P45", "class": [18], "base": "good", "A": "failed", "B": "failed", "C": "failed"}
"""

right_a, right_b, right_c = linear_forward, softmax_cross_entropy, sgd_step


def linear_forward(X, W, b):
    return right_a(X, W, b).tolist()


def softmax_cross_entropy(logits, y):
    return [part.tolist() if isinstance(part, np.ndarray) else [part] for part in right_b(logits, y)]


def sgd_step(params, grads, lr):
    return {k: v.tolist() for k, v in right_c(params, grads, lr).items()}
