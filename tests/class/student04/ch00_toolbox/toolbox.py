"""One working copy that is moved and put back; numpy scalars as results; extra keywords; a different floor."""

import numpy as np


def as_float(x):
    x = np.asarray(x)
    return x if x.dtype.kind == "f" and x.itemsize in (4, 8) else np.array(x, float)


def _central(f, x, h, outputs):
    point = np.array(x, dtype=np.float64, order="C")
    flat = point.reshape(-1)
    slopes = []
    for k in range(flat.size):
        keep = flat[k]
        try:
            flat[k] = keep + h
            up = np.array(f(point), dtype=np.float64)
            flat[k] = keep - h
            down = np.array(f(point), dtype=np.float64)
        finally:
            flat[k] = keep
        if up.shape != outputs or down.shape != outputs:
            raise ValueError(f"f returned {up.shape}, wanted {outputs}")
        slopes.append((up - down) / (2.0 * h))
    return point.shape, slopes


def numerical_gradient(f, x, h=1e-5):
    x = np.array(x, dtype=np.float64)
    grad = np.zeros_like(x)
    base = f(x.copy())
    for i in np.ndindex(x.shape):
        moved = x.copy()
        moved[i] += h
        grad[i] = (f(moved) - base) / h
    return grad


def numerical_gradient_array(f, x, dout, h=1e-5):
    shape, columns = _central(f, x, h, np.shape(dout))
    return np.array([np.vdot(column, dout) for column in columns]).reshape(shape)


def relative_error(a, b):
    a, b = np.array(a, float), np.array(b, float)
    if a.shape != b.shape:
        raise ValueError("shapes")
    size = np.sqrt(np.vdot(a, a)) + np.sqrt(np.vdot(b, b))
    return np.sqrt(np.square(a - b).sum()) / np.maximum(size, 1e-12)


def gradient_check(f, x, analytic, h=1e-5, tol=1e-6):
    analytic = np.asarray(analytic)
    if analytic.shape != np.asarray(x).shape:
        return np.bool_(False)
    with np.errstate(all="ignore"):
        return np.less_equal(relative_error(analytic, numerical_gradient(f, x, h=h)), tol)


def one_hot(y, num_classes, dtype=np.float64):
    (n,) = y.shape  # any other number of axes is a ValueError
    if n and (y.min() < 0 or y.max() >= num_classes):
        raise ValueError("label out of range")
    out = np.zeros((n, num_classes), dtype)
    out[np.arange(n), y] = 1
    return out


def accuracy(scores, y):
    n, c = scores.shape
    if c == 1 and y.shape == (n, 1):
        return np.count_nonzero(np.logical_xor(scores <= 0, y.astype(bool))) / np.float64(n)
    if c > 1 and y.shape == (n,):
        return np.mean(np.argmax(scores, -1) == y)
    raise ValueError("shapes")
