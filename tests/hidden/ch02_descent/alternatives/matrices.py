"""A column of ones, einsum, generators and complex numbers; named tuples and numpy scalars come back."""

from collections import OrderedDict, namedtuple

import numpy as np
from ch00_toolbox.toolbox import as_float

LossGrad = namedtuple("LossGrad", ["loss", "dw", "db"])


def _column(x, y):
    x, y = as_float(x), as_float(y)
    if x.ndim != 1:
        raise ValueError("x is (N,)")
    return x[:, None], y


def mse_1d(w, x, y):
    X, y = _column(x, y)
    return linreg_loss_grad(X, y, np.array([w], dtype=X.dtype), 0.0).loss


def mse_1d_grad(w, x, y):
    X, y = _column(x, y)
    return linreg_loss_grad(X, y, np.array([w], dtype=X.dtype), 0.0).dw[0].astype(np.float64)


def _places(grad_fn, w, lr, steps):
    yield w
    for _ in range(steps):
        grad = np.array(grad_fn(w), ndmin=0)
        if np.shape(grad) != np.shape(w):
            raise ValueError("the gradient does not fit")
        w = w - (lr * grad).astype(w.dtype)
        yield w


def gd(grad_fn, w0, lr, steps):
    return np.array(list(_places(grad_fn, np.array(as_float(w0)), lr, steps)))


def sgd_epochs(x, y, w0, lr, epochs):
    X, y = _column(x, y)
    if y.shape != X.shape[:1]:
        raise ValueError("y is (N,)")
    # w - 2 lr x (x w - y) is a straight line in w: factor and offset of each datum
    x = X[:, 0].astype(float)
    factor, offset = 1 - 2 * lr * x**2, 2 * lr * x * y
    history = np.full(1 + epochs * len(x), float(w0))
    for k, (m, c) in enumerate(zip(np.tile(factor, epochs), np.tile(offset, epochs), strict=True)):
        history[k + 1] = m * history[k] + c
    return history


def linreg_loss_grad(X, y, w, b):
    X, y, w = as_float(X), as_float(y), as_float(w)
    if X.ndim != 2 or y.shape != (X.shape[0],) or w.shape != (X.shape[1],):
        raise ValueError("shapes")
    Z = np.hstack([X, np.ones((len(X), 1), X.dtype)])
    residual = np.einsum("nd,d->n", Z, np.append(w, w.dtype.type(b))) - y
    gradient = np.einsum("nd,n->d", Z, residual) * (2 / len(Z))
    return LossGrad(np.float64(residual @ residual / len(Z)), gradient[:-1], np.float64(gradient[-1]))


def minibatches(n, batch_size, rng=None):
    if not batch_size >= 1:
        raise ValueError("batch_size")
    order = np.argsort(rng.random(n)) if rng is not None else np.arange(n, dtype=np.int32)
    return tuple(np.split(order, range(batch_size, n, batch_size)))


def loss_cost_total(per_sample):
    losses = 1 * as_float(per_sample)
    (n,) = losses.shape  # a ValueError if there is another number of axes
    if not n:
        raise ValueError("no losses")
    return OrderedDict(loss=losses, cost=np.float64(losses.mean()), total=np.float64(np.add.reduce(losses)))


def contour_tangent(grad):
    grad = as_float(grad)
    if grad.shape != (2,) or np.all(grad == 0):
        raise ValueError("grad")
    turned = 1j * complex(grad[0], grad[1])  # i turns by a quarter to the left
    turned /= abs(turned)
    return np.array([turned.real, turned.imag]).astype(grad.dtype)


def is_convex_on(f, a, b, n=41):
    a, b = as_float(a).astype(float), as_float(b).astype(float)
    if a.shape != b.shape or n <= 2:
        raise ValueError("a, b, n")
    weights = np.arange(n) / (n - 1)
    heights = np.array([np.asarray(f((1 - s) * a + s * b)).item() for s in weights], dtype=float)
    bends = np.diff(heights, 2)
    return np.min(bends) >= -2e-9 * np.abs(heights).max()
