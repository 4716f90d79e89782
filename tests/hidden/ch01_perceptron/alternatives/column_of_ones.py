"""The bias as the weight of a column of ones; einsum; named tuples; numpy scalars."""

from collections import OrderedDict, namedtuple

import numpy as np
from ch00_toolbox.toolbox import as_float

Step = namedtuple("Step", "w b changed")
Network = namedtuple("Network", "W1 b1 w2 b2")


def _with_ones(X):
    X = as_float(X)
    if X.ndim != 2:
        raise ValueError(f"X has {X.ndim} axes")
    return np.concatenate([X, np.ones((len(X), 1), dtype=X.dtype)], axis=1)


def _labels(X, y):
    y = np.asarray(y)
    if y.shape != (len(X),) or set(np.unique(y).tolist()) - {-1, 1}:
        raise ValueError("labels must be -1 or +1, one for each row")
    return y.astype(int).tolist()


def net_activation(X, w, b):
    w = as_float(w)
    if w.ndim != 1:
        raise ValueError("w must have one axis")
    return np.einsum("nd,d->n", _with_ones(X), np.append(w, w.dtype.type(b)))


def perceptron_predict(X, w, b):
    return 2 * (net_activation(X, w, b) > 0).astype(np.int32) - 1


def perceptron_step(w, b, x, y):
    w, x = as_float(w), as_float(x)
    if w.shape != x.shape:
        raise ValueError("w and x")
    if abs(y) != 1:
        raise ValueError("y")
    y = int(y)
    wrong = y * (np.sum(w * x) + b) <= 0
    return Step(w + y * x if wrong else +w, np.float64(b + wrong * y), wrong)


def _descend(X, y, max_epochs, lr):
    Z = _with_ones(X)
    labels = _labels(Z, y)
    theta = np.zeros(Z.shape[1], dtype=Z.dtype)
    steps = [0]
    for _ in range(max_epochs):
        moved = 0
        for z, label in zip(Z, labels, strict=True):
            if np.dot(theta, z) * label <= 0:
                theta = theta + lr * label * z
                moved += 1
        steps.append(moved)
        if not moved:
            break
    return OrderedDict(
        converged=steps[-1] == 0,
        epochs=np.int64(len(steps) - 1),
        updates=np.sum(steps),
        b=theta[-1],
        w=theta[:-1],
        theta=theta,
    )


def perceptron_fit(X, y, max_epochs):
    return _descend(X, y, max_epochs, 1)


def perceptron_sgd_fit(X, y, max_epochs, lr=1.0, theta0=None):
    return _descend(X, y, max_epochs, lr)


def novikoff_bound(X, y, w_star, b_star):
    Z, line = _with_ones(X), np.append(np.asarray(w_star, float), b_star)
    gamma = (Z @ (line / np.linalg.norm(line)) * np.asarray(y)).min()
    if gamma <= 0:
        raise ValueError("the line does not separate")
    return np.float64(np.square(np.linalg.norm(Z, axis=1).max() / gamma))


def xor_two_layer():
    return Network(np.array([[-2, 3], [-2, 3]]), np.array([3, -1]), np.array([1, 1]), -1)  # NAND, OR, AND
