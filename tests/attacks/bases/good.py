"""GOOD: all three functions are right."""

import numpy as np


def linear_forward(X, W, b):
    return X @ W + b


def softmax_cross_entropy(logits, y):
    z = logits - logits.max(1, keepdims=True)
    e = np.exp(z)
    total = e.sum(1, keepdims=True)
    n = len(y)
    d = e / total
    d[np.arange(n), y] -= 1
    return (np.log(total[:, 0]) - z[np.arange(n), y]).mean(), d / n


def sgd_step(params, grads, lr):
    return {k: params[k] - lr * grads[k] for k in params}
