"""Every formula entry by entry, in plain Python; numpy only holds the results."""

import math

import numpy as np
from ch00_toolbox.toolbox import as_float


def _rows(a):
    return [[float(v) for v in row] for row in a]


def _logsumexp_of(row):
    top = max(row)
    return top + math.log(sum(math.exp(v - top) for v in row))


def softmax(z):
    z = as_float(z)
    out = []
    for row in _rows(z):
        top = max(row)
        weights = [math.exp(v - top) for v in row]
        out.append([w / sum(weights) for w in weights])
    return np.array(out, dtype=z.dtype)


def logsumexp(z):
    z = as_float(z)
    return np.array([_logsumexp_of(row) for row in _rows(z)], dtype=z.dtype)


def log_softmax(z):
    z = as_float(z)
    out = []
    for row in _rows(z):
        whole = _logsumexp_of(row)
        out.append([v - whole for v in row])
    return np.array(out, dtype=z.dtype)


def _each(p, q, one):
    p, q = as_float(p), as_float(q)
    if p.shape != q.shape:
        raise ValueError("the shapes differ")
    if p.ndim == 1:
        return p.dtype.type(one([float(v) for v in p], [float(v) for v in q]))
    return np.array([one(a, b) for a, b in zip(_rows(p), _rows(q))], dtype=p.dtype)


def cross_entropy(p, q):
    def one(a, b):
        total = 0.0
        for u, v in zip(a, b):
            if u != 0:
                total += math.inf if v == 0 else -u * math.log(v)
        return total

    return _each(p, q, one)


def entropy(p):
    return _each(p, p, lambda a, _: sum(-u * math.log(u) for u in a if u != 0) + 0.0)


def kl_divergence(p, q):
    def one(a, b):
        total = 0.0
        for u, v in zip(a, b):
            if u != 0:
                total += math.inf if v == 0 else u * (math.log(u) - math.log(v))
        return total

    return _each(p, q, one)


def _pairs(a, b):
    a = as_float(a)
    b = np.asarray(b)
    if a.shape != b.shape:
        raise ValueError("the shapes differ")
    return (
        a,
        np.ndindex(a.shape),
        [[float(v) for v in row] for row in a],
        [[float(v) for v in row] for row in b],
    )


def mse_loss(pred, target):
    pred, places, a, b = _pairs(pred, target)
    n, loss, grad = len(a), 0.0, np.zeros_like(pred, order="C")
    for i, j in places:
        loss += (a[i][j] - b[i][j]) ** 2 / n
        grad[i, j] = 2 * (a[i][j] - b[i][j]) / n
    return loss, grad


def _sigmoid_of(v):
    if v >= 0:
        return 1 / (1 + math.exp(-v))
    return math.exp(v) / (1 + math.exp(v))


def mse_of_sigmoid_grad(z, y):
    z, places, a, b = _pairs(z, y)
    grad = np.zeros_like(z, order="C")
    for i, j in places:
        s = _sigmoid_of(a[i][j])
        grad[i, j] = 2 * (s - b[i][j]) * s * (1 - s) / len(a)
    return grad


def bce_from_probs(p, y, eps=1e-12):
    p, places, a, b = _pairs(p, y)
    n, loss, grad = len(a), 0.0, np.zeros_like(p, order="C")
    for i, j in places:
        u = min(max(a[i][j], eps), 1 - eps)
        loss -= (b[i][j] * math.log(u) + (1 - b[i][j]) * math.log(1 - u)) / n
        grad[i, j] = (u - b[i][j]) / (u * (1 - u)) / n
    return loss, grad


def bce_with_logits(z, y):
    z, places, a, b = _pairs(z, y)
    n, loss, grad = len(a), 0.0, np.zeros_like(z, order="C")
    for i, j in places:
        v, t = a[i][j], b[i][j]
        if v >= 0:
            loss += ((1 - t) * v + math.log1p(math.exp(-v))) / n
        else:
            loss += (-t * v + math.log1p(math.exp(v))) / n
        grad[i, j] = (_sigmoid_of(v) - t) / n
    return loss, grad


def _labels(z, y):
    if np.shape(y) != (len(z),):
        raise ValueError("one label for each row")
    for label in y:
        if not isinstance(label, (int, np.integer)) or not 0 <= label < len(z[0]):
            raise ValueError("labels are class numbers")
    return [int(label) for label in y]


def softmax_cross_entropy(z, y):
    z = as_float(z)
    y = _labels(z, y)
    loss, grad = 0.0, softmax(z)
    for i, row in enumerate(_rows(z)):
        loss += (_logsumexp_of(row) - row[y[i]]) / len(y)
        grad[i, y[i]] -= 1
    return loss, grad / len(y)


def svm_loss(s, y, delta=1.0):
    s = as_float(s)
    y = _labels(s, y)
    loss, grad = 0.0, np.zeros(s.shape, dtype=s.dtype)
    for i, row in enumerate(_rows(s)):
        for j, score in enumerate(row):
            margin = score - row[y[i]] + delta
            if j != y[i] and margin > 0:
                loss += margin / len(y)
                grad[i, j] += 1 / len(y)
                grad[i, y[i]] -= 1 / len(y)
    return loss, grad
