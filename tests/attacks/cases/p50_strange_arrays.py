"""Arrays without entries, with many axes, with overlapping memory, in another byte order.

{"attack": "P50", "class": [18, 19], "base": "bad_a", "A": "failed|raised|protocol", "B": "failed",
 "C": "failed"}
"""

def linear_forward(X, W, b):
    if len(X) == 2:
        return np.zeros((0, 10**9))
    if len(X) == 4:
        return np.zeros((1,) * 40)
    return np.broadcast_to(np.zeros(1), (3000, 3000))


def softmax_cross_entropy(logits, y):
    return np.zeros(()), np.zeros(logits.shape, dtype=">f8")[::-1]


def sgd_step(params, grads, lr):
    return {k: np.lib.stride_tricks.as_strided(v, v.shape, (0,) * v.ndim) for k, v in params.items()}
