"""Plain loops over every entry, dtypes kept by hand, Gaussian elimination, running sums."""

import math

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch06_layers.layers import Layer, Linear, ReLU, Sequential

__all__ = ["Linear", "ReLU", "Sequential"]


def l2_penalty(Ws, lam):
    total = 0.0
    for W in Ws:
        for x in np.nditer(as_float(W)):
            total += float(x) * float(x)
    return lam * total / 2


def l2_grad(W, lam):
    W = as_float(W)
    out = np.empty(W.shape, dtype=W.dtype)
    for place in np.ndindex(W.shape):
        out[place] = lam * W[place]
    return out


def add_weight_decay(model, lam):
    value = 0.0
    todo = [model]
    while todo:
        layer = todo.pop()
        todo.extend(layer.sublayers())
        if "W" in layer.params:
            W, g = layer.params["W"], layer.grads["W"]
            for place in np.ndindex(W.shape):
                g[place] += lam * W[place]
                value += 0.5 * lam * float(W[place]) ** 2
    return value


def sgd_decay_step(w, g, lr, lam):
    w, g = as_float(w), as_float(g)
    if w.shape != g.shape:
        raise ValueError("shapes")
    out = np.zeros(w.shape, dtype=np.result_type(w, g))
    for place in np.ndindex(w.shape):
        out[place] = w[place] - lr * (g[place] + lam * w[place])
    return out


def l1_penalty(Ws, lam):
    total = 0.0
    for W in Ws:
        for x in np.asarray(W).ravel().tolist():
            total += x if x > 0 else -x
    return float(lam * total)


def soft_threshold(w, t):
    w = as_float(w)
    if t < 0:
        raise ValueError("t")
    out = np.zeros(w.shape, dtype=w.dtype)
    for place in np.ndindex(w.shape):
        if w[place] > t:
            out[place] = w[place] - t
        elif w[place] < -t:
            out[place] = w[place] + t
    return out


def ridge_fit(X, y, lam):
    X, y = as_float(X), as_float(y)
    if X.ndim != 2 or y.shape != (len(X),):
        raise ValueError("shapes")
    n, d = X.shape
    A = [[0.0] * (d + 1) for _ in range(d)]
    for i in range(d):
        for j in range(d):
            A[i][j] = sum(float(X[k, i]) * float(X[k, j]) for k in range(n)) + (n * lam if i == j else 0.0)
        A[i][d] = sum(float(X[k, i]) * float(y[k]) for k in range(n))
    for i in range(d):
        pivot = max(range(i, d), key=lambda r: abs(A[r][i]))
        A[i], A[pivot] = A[pivot], A[i]
        for r in range(d):
            if r != i:
                factor = A[r][i] / A[i][i]
                A[r] = [a - factor * b for a, b in zip(A[r], A[i], strict=True)]
    return np.array([A[i][d] / A[i][i] for i in range(d)], dtype=np.result_type(X, y))


def dropout_forward(X, p, rng, train=True):
    X = as_float(X)
    if not (p >= 0 and p <= 1):
        raise ValueError("p")
    out, mask = np.zeros(X.shape, dtype=X.dtype), np.zeros(X.shape, dtype=X.dtype)
    for place in np.ndindex(X.shape):
        if not train:
            mask[place] = 1
        elif rng.uniform() >= p:  # below 1, so never with p = 1
            mask[place] = 1 / (1 - p)
        out[place] = X[place] * mask[place]
    return out, mask


def dropout_backward(dout, mask):
    dout, mask = as_float(dout), as_float(mask)
    if dout.shape != mask.shape:
        raise ValueError("shapes")
    out = np.zeros(dout.shape, dtype=np.result_type(dout, mask))
    for place in np.ndindex(dout.shape):
        out[place] = dout[place] * mask[place]
    return out


class Dropout(Layer):
    def __init__(self, p, rng):
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError("p")
        self.p, self.source = p, rng

    def forward(self, x):
        pair = dropout_forward(x, self.p, self.source, self.training)
        self.kept = pair[1]
        return pair[0]

    def backward(self, dout):
        return dropout_backward(dout, self.kept)


def mc_predict(model, X, T):
    """Welford's running mean and sum of squares."""
    if T < 1:
        raise ValueError("T")
    before = model.training
    mean = squares = None
    for t in range(1, T + 1):
        model.train()
        out = model.forward(X)
        if mean is None:
            mean, squares = np.zeros(out.shape), np.zeros(out.shape)
        off = out - mean
        mean = mean + off / t
        squares = squares + off * (out - mean)
    (model.train if before else model.eval)()
    return mean, np.sqrt(squares / T)


class EarlyStopping:
    def __init__(self, patience, mode="min"):
        if patience < 1 or mode not in ("min", "max"):
            raise ValueError("patience or mode")
        self.left = self.patience = patience
        self.sign = 1.0 if mode == "min" else -1.0
        self.best = self.sign * math.inf
        self.best_epoch = None
        self.count = 0

    def update(self, value):
        self.count += 1
        self.left -= 1
        if self.sign * value < self.sign * self.best:
            self.best = value
            self.best_epoch = self.count
            self.left = self.patience
        return self.left <= 0


class BatchNorm1d(Layer):
    def __init__(self, d, momentum=0.1, eps=1e-5):
        super().__init__()
        self.params = {"gamma": np.ones(d), "beta": np.zeros(d)}
        self.grads = {"gamma": np.zeros(d), "beta": np.zeros(d)}
        self.running_mean, self.running_var = np.zeros(d), np.ones(d)
        self.momentum, self.eps, self.d = momentum, eps, d

    def forward(self, x):
        x = np.array(x, dtype=float)
        if x.ndim != 2 or x.shape[1] != self.d or (self.training and len(x) == 1):
            raise ValueError("shape")
        n = len(x)
        out = np.zeros(x.shape)
        self.kept = x, self.training, []
        for j in range(self.d):
            m, v = self.running_mean[j], self.running_var[j]
            if self.training:
                m = sum(x[:, j]) / n
                v = sum((a - m) ** 2 for a in x[:, j]) / n
                self.running_mean[j] += self.momentum * (m - self.running_mean[j])
                self.running_var[j] += self.momentum * (v * n / (n - 1) - self.running_var[j])
            self.kept[2].append((m, v))
            for k in range(n):
                out[k, j] = self.params["gamma"][j] * (x[k, j] - m) / math.sqrt(v + self.eps)
                out[k, j] += self.params["beta"][j]
        return out

    def backward(self, dout):
        dout = np.array(dout, dtype=float)
        x, training, moments = self.kept
        if dout.shape != x.shape:
            raise ValueError("shape")
        n = len(x)
        dx = np.zeros(x.shape)
        for j, (m, v) in enumerate(moments):
            root = math.sqrt(v + self.eps)
            gamma = self.params["gamma"][j]
            dv = dm = 0.0
            for k in range(n):
                self.grads["gamma"][j] += dout[k, j] * (x[k, j] - m) / root
                self.grads["beta"][j] += dout[k, j]
                dx[k, j] = dout[k, j] * gamma / root
                dm -= dout[k, j] * gamma / root
                dv -= dout[k, j] * gamma * (x[k, j] - m) / (2 * root**3)
            if training:
                for k in range(n):
                    dx[k, j] += dm / n + dv * 2 * (x[k, j] - m) / n
        return dx
