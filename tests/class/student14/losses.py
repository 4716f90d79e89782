"""All arithmetic in float64 and cast back at the end; transposed thinking, extra options, lists for pairs."""

import numpy as np
from ch00_toolbox.toolbox import as_float


def _wide(a):
    """(float64 copy, dtype to return)."""
    a = as_float(a)
    return np.array(a, dtype=np.float64), a.dtype


def _stretch(z, axis=-1):
    top = np.max(z, axis=axis, keepdims=True)
    weights = np.exp(z - top)
    return top, weights, np.sum(weights, axis=axis, keepdims=True)


def softmax(z, axis=-1):
    z, kind = _wide(z)
    _, weights, total = _stretch(z, axis)
    weights /= total
    return weights.astype(kind)


def logsumexp(z, axis=-1):
    z, kind = _wide(z)
    top, _, total = _stretch(z, axis)
    return np.squeeze(top + np.log(total), axis=axis).astype(kind)


def log_softmax(z, axis=-1):
    z, kind = _wide(z)
    top, _, total = _stretch(z, axis)
    z -= top
    z -= np.log(total)
    return z.astype(kind)


def _times_log(p, q):
    with np.errstate(divide="ignore", invalid="ignore"):
        product = p * np.log(q)
    product[p == 0] = 0
    return product


def _pair(a, b):
    a, kind = _wide(a)
    b, _ = _wide(b)
    if a.shape != b.shape:
        raise ValueError(f"{a.shape} is not {b.shape}")
    return a, b, kind


def cross_entropy(p, q):
    p, q, kind = _pair(p, q)
    return (0.0 - _times_log(p, q).sum(axis=-1)).astype(kind)


def entropy(p):
    return cross_entropy(p, p)


def kl_divergence(p, q):
    p, q, kind = _pair(p, q)
    return (_times_log(p, p) - _times_log(p, q)).sum(axis=-1).astype(kind)


def mse_loss(pred, target, reduction="mean"):
    pred, target, kind = _pair(pred, target)
    n = pred.shape[0] if reduction == "mean" else 1
    return [float(np.linalg.norm(pred - target) ** 2 / n), ((pred - target) / (n / 2)).astype(kind)]


def _sigmoid(z):
    out = np.empty_like(z)
    above = z >= 0
    out[above] = 1 / (1 + np.exp(-z[above]))
    small = np.exp(z[~above])
    out[~above] = small / (1 + small)
    return out


def mse_of_sigmoid_grad(z, y):
    z, y, kind = _pair(z, y)
    a = _sigmoid(z)
    slope = a - a * a
    return ((a - y) * slope * 2 / z.shape[0]).astype(kind)


def bce_from_probs(p, y, eps=1e-12):
    p, y, kind = _pair(p, y)
    p = np.minimum(np.maximum(p, eps), 1 - eps)
    loss = np.where(
        y == 1, -np.log(p), np.where(y == 0, -np.log1p(-p), -y * np.log(p) - (1 - y) * np.log1p(-p))
    )
    return [np.float64(loss.sum() / p.shape[0]), (((1 - y) / (1 - p) - y / p) / p.shape[0]).astype(kind)]


def bce_with_logits(z, y, weight=1.0):
    z, y, kind = _pair(z, y)
    loss = weight * (np.logaddexp(0, z) - z * y)
    return [float(loss.sum() / z.shape[0]), (weight * (_sigmoid(z) - y) / z.shape[0]).astype(kind)]


def _check(scores, y):
    y = np.asarray(y)
    if y.ndim != 1 or len(y) != len(scores) or y.dtype.kind not in "iu":
        raise ValueError("labels")
    if np.any(y < 0) or np.any(y >= scores.shape[1]):
        raise ValueError("labels out of range")
    return y.astype(int)


def softmax_cross_entropy(z, y):
    z, kind = _wide(z)
    y = _check(z, y)
    columns = np.ascontiguousarray(z.T)
    columns -= columns.max(axis=0)
    weights = np.exp(columns)
    total = weights.sum(axis=0)
    loss = np.log(total) - np.take_along_axis(columns, y[None], axis=0)[0]
    truth = np.eye(len(columns))[:, y]
    return [loss.mean(), ((weights / total - truth).T / len(y)).astype(kind)]


def svm_loss(s, y, delta=1.0):
    s, kind = _wide(s)
    y = _check(s, y)
    n, classes = s.shape
    others = np.arange(classes)[None, :] != y[:, None]
    gap = (
        s - np.choose(y, s.T)[:, None] + delta if classes <= 32 else s - s[range(n), y].reshape(-1, 1) + delta
    )
    bad = others & (gap > 0)
    ds = bad / n
    np.subtract.at(ds, (np.arange(n), y), bad.sum(axis=1) / n)
    return [gap[bad].sum() / n, ds.astype(kind)]


import matplotlib.pyplot as plt

z = np.linspace(-3, 3, 50)[:, None]
plt.plot(z, softmax(np.hstack([z, -z])))
plt.show()
name = input("press return to train")
print("training", name)
