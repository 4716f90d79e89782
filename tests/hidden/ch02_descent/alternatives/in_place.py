"""In-place arithmetic on copies, functions built on each other, extra optional arguments."""

import numpy as np


def to_float(x, copy=False):
    x = np.array(x) if copy else np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(np.float64)


def check(condition, text):
    if not condition:
        raise ValueError(text)


def errors(w, x, y):
    x, y = to_float(x), to_float(y)
    check(x.ndim == 1 and x.shape == y.shape, "x and y must be (N,) and (N,)")
    out = x * w
    out -= y
    return out


def mse_1d(w, x, y, reduce=np.mean):
    return float(reduce(errors(w, x, y) ** 2))


def mse_1d_grad(w, x, y):
    e = errors(w, x, y)
    e *= to_float(x)
    return 2.0 * e.sum().item() / e.size


def gd(grad_fn, w0, lr, steps, callback=None):
    w = to_float(w0, copy=True)
    history = np.zeros((1 + steps, *w.shape), w.dtype)
    history[0, ...] = w
    step = 0
    while step < steps:
        g = np.asarray(grad_fn(history[step, ...]))
        check(g.shape == w.shape, "shape of the gradient")
        w = history[step, ...] - lr * g
        step += 1
        history[step, ...] = w
        if callback:
            callback(w)
    return history


def sgd_epochs(x, y, w0, lr, epochs):
    errors(0.0, x, y)  # looks at the shapes
    N, t = len(x), [0]

    def grad(w):
        n = t[0] % N
        t[0] += 1
        return mse_1d_grad(float(w), x[n : n + 1], y[n : n + 1])

    return gd(grad, np.array(float(w0)), lr, epochs * N)


def linreg_loss_grad(X, y, w, b):
    X, y, w = to_float(X), to_float(y), to_float(w)
    check(X.ndim == 2, "X")
    check(w.shape == X.shape[1:], "w")
    check(y.shape == X.shape[:1], "y")
    e = X.dot(w)
    e += b
    e -= y
    loss = float(np.dot(e, e)) / len(e)
    e *= 2 / len(e)
    return [loss, (X * e[:, np.newaxis]).sum(0), float(e.sum())]


def minibatches(n, batch_size, rng=None):
    check(batch_size > 0, "batch_size")
    order = np.arange(n)
    if rng:
        rng.shuffle(order)
    return [np.array(order[i : i + batch_size]) for i in range(0, n, batch_size)]


def loss_cost_total(per_sample):
    losses = to_float(per_sample, copy=True)
    check(losses.ndim == 1 and losses.size > 0, "per_sample")
    result = dict.fromkeys(("loss", "cost", "total"), losses)
    result["total"] = float(np.sum(losses))
    result["cost"] = result["total"] / losses.size
    return result


def contour_tangent(grad):
    grad = to_float(grad)
    check(grad.shape == (2,) and (grad[0] != 0 or grad[1] != 0), "grad")
    turn = np.array([[0, -1], [1, 0]], dtype=grad.dtype)
    t = turn @ grad
    t /= np.sqrt((t * t).sum())
    return t


def is_convex_on(f, a, b, n=41):
    check(np.shape(a) == np.shape(b) and n >= 3, "a, b or n")
    points = np.linspace(np.array(a, float), np.array(b, float), n)
    values = [float(f(p)) for p in points]
    limit = 1e-9 * max(map(abs, values))
    for left, here, right in zip(values, values[1:], values[2:], strict=False):
        if not here <= (left + right) / 2 + limit:
            return False
    return True
