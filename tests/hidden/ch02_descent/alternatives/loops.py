"""Plain loops over numbers."""

import math

import numpy as np


def floats(x):
    x = np.asarray(x)
    return x if x.dtype in (np.float32, np.float64) else x.astype(float)


def pairs(x, y):
    x, y = floats(x), floats(y)
    if x.ndim != 1 or y.ndim != 1 or len(x) != len(y):
        raise ValueError("x and y must be (N,)")
    return list(zip(x.tolist(), y.tolist(), strict=True))


def mse_1d(w, x, y):
    total = 0.0
    data = pairs(x, y)
    for a, t in data:
        total += (w * a - t) ** 2
    return total / len(data)


def mse_1d_grad(w, x, y):
    data = pairs(x, y)
    return sum(2 * a * (w * a - t) for a, t in data) / len(data)


def gd(grad_fn, w0, lr, steps):
    start = floats(w0)
    w = start.copy()
    places = [w.copy()]
    for _ in range(steps):
        grad = np.asarray(grad_fn(w.copy()))
        if grad.shape != start.shape:
            raise ValueError("the gradient has another shape")
        new = w.copy()
        for i in np.ndindex(start.shape):
            new[i] = w[i] - lr * grad[i]
        w = new
        places.append(w)
    return np.stack(places)


def sgd_epochs(x, y, w0, lr, epochs):
    data, w = pairs(x, y), float(w0)
    history = [w]
    for _ in range(epochs):
        for a, t in data:
            w = w - lr * 2 * a * (w * a - t)
            history.append(w)
    return np.array(history)


def linreg_loss_grad(X, y, w, b):
    X, y, w = floats(X), floats(y), floats(w)
    if X.ndim != 2 or y.ndim != 1 or w.ndim != 1:
        raise ValueError("axes")
    N, D = X.shape
    if len(y) != N or len(w) != D:
        raise ValueError("lengths")
    loss, dw, db = 0.0, [0.0] * D, 0.0
    for n in range(N):
        p = b
        for d in range(D):
            p += float(X[n, d]) * float(w[d])
        error = p - float(y[n])
        loss += error * error / N
        for d in range(D):
            dw[d] += 2 * error * float(X[n, d]) / N
        db += 2 * error / N
    return loss, np.array(dw, dtype=np.result_type(X, y, w)), db


def minibatches(n, batch_size, rng=None):
    if batch_size <= 0:
        raise ValueError("batch_size")
    rows = list(range(n))
    if rng is not None:  # Fisher and Yates
        for i in range(n - 1, 0, -1):
            j = int(rng.integers(0, i + 1))
            rows[i], rows[j] = rows[j], rows[i]
    batches = []
    while rows:
        batches.append(np.array(rows[:batch_size]))
        rows = rows[batch_size:]
    return batches


def loss_cost_total(per_sample):
    losses = floats(per_sample)
    if losses.ndim != 1 or losses.size < 1:
        raise ValueError("per_sample")
    total = math.fsum(losses)
    return {"total": total, "cost": total / len(losses), "loss": np.array(losses), "count": len(losses)}


def contour_tangent(grad):
    grad = floats(grad)
    if grad.shape != (2,):
        raise ValueError("grad is (2,)")
    length = math.hypot(grad[0], grad[1])
    if length == 0:
        raise ValueError("flat")
    return np.array([-grad[1] / length, grad[0] / length], dtype=grad.dtype)


def is_convex_on(f, a, b, n=41):
    a, b = np.array(a, float), np.array(b, float)
    if a.shape != b.shape:
        raise ValueError("a and b")
    if n < 3:
        raise ValueError("n")
    heights = [float(f(a + (b - a) * (k / (n - 1)))) for k in range(n)]
    if any(math.isnan(h) for h in heights):
        return False
    slack = 1e-9 * max(abs(h) for h in heights)
    for i in range(n):  # every point against every chord around it
        for k in range(i + 2, n):
            for j in range(i + 1, k):
                s = (j - i) / (k - i)
                if heights[j] > (1 - s) * heights[i] + s * heights[k] + slack:
                    return False
    return True
