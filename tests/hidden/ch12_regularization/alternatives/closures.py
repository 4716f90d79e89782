"""What backward needs in a closure, generators that send and receive, the dual form of ridge regression."""

import functools
import math

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch06_layers.layers import Layer, Linear, ReLU, Sequential

__all__ = ["Linear", "ReLU", "Sequential"]


def _each(Ws, f):
    return math.fsum(math.fsum(f(float(x)) for x in np.asarray(W).flat) for W in Ws)


def l2_penalty(Ws, lam):
    return lam * 0.5 * _each(Ws, lambda x: x * x)


def l2_grad(W, lam):
    W = as_float(W)
    return (W + W) * (lam / 2)


def add_weight_decay(model, lam):
    def visit(layer):
        for name, W in layer.params.items():
            if name == "W":
                layer.grads[name][...] += sgd_decay_step(np.zeros_like(W), -lam * W, 1.0, 0.0)
                yield lam / 2 * float(np.vdot(W, W))
        for inside in layer.sublayers():
            yield from visit(inside)

    return float(sum(visit(model)))


def sgd_decay_step(w, g, lr, lam):
    w, g = as_float(w), as_float(g)
    if w.shape != g.shape:
        raise ValueError("shapes")
    return w - lr * (l2_grad(w, lam) + g)


def l1_penalty(Ws, lam):
    return lam * _each(Ws, abs)


def soft_threshold(w, t):
    w = as_float(w)
    if t < 0:
        raise ValueError("t")
    return np.maximum(w - t, 0) + np.minimum(w + t, 0) if t else w.copy()


def ridge_fit(X, y, lam):
    """N equations for N unknowns: w is a sum of rows."""
    X, y = as_float(X), as_float(y)
    if X.ndim != 2 or y.ndim != 1 or len(X) != len(y):
        raise ValueError("shapes")
    K = X @ X.T
    K[np.diag_indices(len(X))] += len(X) * lam
    w = X.T @ np.linalg.solve(K, y)
    residual = X.T @ (y - X @ w) / len(X) - lam * w  # one refinement, for very weak penalties
    A = X.T @ X / len(X) + lam * np.eye(X.shape[1], dtype=X.dtype)
    return w + np.linalg.solve(A, residual)


def dropout_forward(X, p, rng, train=True):
    X = as_float(X)
    if not 0 <= p <= 1:
        raise ValueError("p")
    values = np.array([0, 1 / (1 - p)] if p < 1 else [0, 0], dtype=X.dtype)
    if train:
        mask = rng.choice(values, size=X.shape, p=[p, 1 - p])
    else:
        mask = np.full_like(X, 1, subok=False)
    return [X * mask, mask]


def dropout_backward(dout, mask):
    dout, mask = as_float(dout), as_float(mask)
    if dout.shape != mask.shape:
        raise ValueError("shapes")
    return np.where(mask == 0, 0 * dout, dout * mask)


class Dropout(Layer):
    """p of the layer is read anew in each forward; backward is made by forward."""

    def __init__(self, p, rng):
        super().__init__()
        dropout_forward(np.zeros(0), p, None, train=False)
        self.p, self.draw = p, functools.partial(dropout_forward, rng=rng)

    def forward(self, x):
        out, mask = self.draw(X=x, p=self.p, train=self.training)
        self._back = functools.partial(dropout_backward, mask=mask)
        return out

    def backward(self, dout):
        return self._back(dout)


def mc_predict(model, X, T):
    """Puts the mode of every layer back by itself."""
    if T < 1:
        raise ValueError("T")

    def everything(layer):
        return [layer, *(deeper for inside in layer.sublayers() for deeper in everything(inside))]

    modes = [(layer, layer.training) for layer in everything(model)]
    model.train()
    outputs = [model.forward(X) for _ in range(T)]
    for layer, mode in modes:
        layer.training = mode
    mean = functools.reduce(np.add, outputs) / T
    return mean, np.sqrt(functools.reduce(np.add, [(out - mean) ** 2 for out in outputs]) / T)


class EarlyStopping:
    def __init__(self, patience, mode="min"):
        if patience < 1 or mode not in ("min", "max"):
            raise ValueError("patience or mode")
        self.best, self.best_epoch = math.inf if mode == "min" else -math.inf, None
        self.watcher = self.watch(patience, 1 if mode == "min" else -1)
        next(self.watcher)

    def watch(self, patience, sign):
        last = epoch = 0
        stop = None
        while True:
            value = yield stop
            epoch += 1
            if (value - self.best) * sign < 0:
                self.best, self.best_epoch, last = value, epoch, epoch
            stop = epoch >= last + patience

    def update(self, value):
        return self.watcher.send(value)


class BatchNorm1d(Layer):
    """backward through the steps of the computation, one after the other."""

    def __init__(self, d, momentum=0.1, eps=1e-5):
        super().__init__()
        self.params["gamma"], self.params["beta"] = np.ones(d), np.zeros(d)
        self.grads["gamma"], self.grads["beta"] = np.zeros(d), np.zeros(d)
        self.running_mean, self.running_var = np.zeros(d), np.ones(d)
        self.momentum, self.eps, self.extra = momentum, eps, "unused"

    def forward(self, x):
        x = np.asarray(x, dtype=np.float64)
        if x.shape != (len(x), len(self.running_mean)) or (self.training and len(x) == 1):
            raise ValueError("shape")
        if self.training:
            self.running_mean, self.running_var, run = self._train(x)
        else:
            run = self._constant(x)
        centered, std, back = run
        gamma = self.params["gamma"]
        hat = centered / std

        def backward(dout):
            if dout.shape != x.shape:
                raise ValueError("shape")
            self.grads["gamma"] = self.grads["gamma"] + np.sum(dout * hat, axis=0)
            self.grads["beta"] = self.grads["beta"] + np.sum(dout, axis=0)
            return back(dout * gamma)

        self._backward = backward
        return gamma * hat + self.params["beta"]

    def _train(self, x):
        keep, n = 1 - self.momentum, len(x)
        mean = np.sum(x, axis=0) / n
        centered = x - mean
        var = np.sum(centered**2, axis=0) / n
        std = np.sqrt(var + self.eps)

        def back(dhat):
            dstd = -np.sum(dhat * centered, axis=0) / std**2
            dvar = dstd / (2 * std)
            dcentered = dhat / std + 2 * centered * dvar / n
            return dcentered - dcentered.mean(axis=0)

        unbiased = np.sum(centered**2, axis=0) / (n - 1)
        new_mean = keep * self.running_mean + self.momentum * mean
        new_var = keep * self.running_var + self.momentum * unbiased
        return new_mean, new_var, (centered, std, back)

    def _constant(self, x):
        std = np.sqrt(self.running_var + self.eps)
        return x - self.running_mean, std, lambda dhat: dhat / std

    def backward(self, dout):
        return self._backward(np.asarray(dout, dtype=np.float64))
