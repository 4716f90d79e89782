"""Plain Python: lists, loops, math. No vectorised arithmetic."""

import math

import numpy as np


def as_float(x):
    x = np.asarray(x)
    return x if x.dtype in (np.float32, np.float64) else x.astype(float)


def numerical_gradient(f, x, h=1e-5):
    shape = np.shape(x)
    entries = [float(v) for v in np.asarray(x).flatten().tolist()]

    def call(values):
        out = f(np.array(values, dtype=float).reshape(shape))
        if np.shape(out) != ():
            raise ValueError("one number, please")
        return float(out)

    slopes = []
    for i, v in enumerate(entries):
        up = call([*entries[:i], v + h, *entries[i + 1 :]])
        down = call([*entries[:i], v - h, *entries[i + 1 :]])
        slopes.append((up - down) / h / 2)
    return np.array(slopes, dtype=float).reshape(shape)


def numerical_gradient_array(f, x, dout, h=1e-5):
    weights = [float(w) for w in np.asarray(dout).flatten().tolist()]

    def total(v):
        out = np.asarray(f(v))
        if out.shape != np.shape(dout):
            raise ValueError("shapes")
        return math.fsum(w * float(o) for w, o in zip(weights, out.flatten().tolist(), strict=True))

    return numerical_gradient(total, x, h)


def relative_error(a, b):
    if np.shape(a) != np.shape(b):
        raise ValueError("shapes")
    a = [float(v) for v in np.asarray(a).flatten()]
    b = [float(v) for v in np.asarray(b).flatten()]
    top = bottom_a = bottom_b = 0.0
    for u, v in zip(a, b, strict=True):
        top += (u - v) ** 2
        bottom_a += u * u
        bottom_b += v * v
    return math.sqrt(top) / (math.sqrt(bottom_a) + math.sqrt(bottom_b) + 1e-12)


def gradient_check(f, x, analytic, h=1e-5, tol=1e-6):
    if np.asarray(analytic).shape != np.asarray(x).shape:
        return False
    if not all(math.isfinite(v) for v in np.asarray(analytic, dtype=float).flatten()):
        return False
    error = relative_error(analytic, numerical_gradient(f, x, h))
    if math.isnan(error):
        return False
    return error <= tol


def one_hot(y, num_classes):
    if len(np.shape(y)) != 1:
        raise ValueError("one axis")
    rows = []
    for label in y:
        if int(label) not in range(num_classes):
            raise ValueError("label")
        rows.append([1.0 if c == label else 0.0 for c in range(num_classes)])
    return np.array(rows)


def accuracy(scores, y):
    shape = np.shape(scores)
    if len(shape) != 2:
        raise ValueError("scores")
    hits = 0
    if shape[1] == 1:
        if np.shape(y) != shape:
            raise ValueError("y")
        for n in range(shape[0]):
            hits += int((scores[n, 0] > 0) == bool(y[n, 0]))
    else:
        if np.shape(y) != shape[:1]:
            raise ValueError("y")
        for n in range(shape[0]):
            row = scores[n].tolist()
            hits += int(row.index(max(row)) == y[n])
    return hits / shape[0]
