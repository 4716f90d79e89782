"""Arrays of other dtypes: records, dates, text, long double.

{"attack": "P14", "class": [6], "base": "bad_a", "A": "raised", "B": "raised", "C": "raised"}
"""

def linear_forward(X, W, b):
    return np.zeros((len(X), W.shape[1]), dtype=[("x", "f8"), ("y", "O")])


def softmax_cross_entropy(logits, y):
    return np.datetime64("2020-01-01"), np.zeros(logits.shape, dtype="m8[s]")


def sgd_step(params, grads, lr):
    return {k: params[k].astype(np.longdouble) - lr * grads[k] for k in params}
