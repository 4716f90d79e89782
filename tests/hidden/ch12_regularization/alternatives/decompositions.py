"""Norms, einsum and a singular value decomposition; binomial draws; the history of a watch kept as a list."""

from typing import NamedTuple

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch06_layers.layers import Layer, Linear, ReLU, Sequential

__all__ = ["Linear", "ReLU", "Sequential"]


class Dropped(NamedTuple):
    out: np.ndarray
    mask: np.ndarray


class Prediction(NamedTuple):
    mean: np.ndarray
    std: np.ndarray


def l2_penalty(Ws, lam):
    flat = np.concatenate([np.zeros(1), *(as_float(W).ravel() for W in Ws)])
    return lam * np.dot(flat, flat) / 2


def l2_grad(W, lam):
    return np.multiply(as_float(W), lam)


def add_weight_decay(model, lam):
    weights = [layer for layer, name in list(model.parameters()) if name == "W"]
    for layer in weights:
        layer.grads["W"] = layer.grads["W"] + lam * layer.params["W"]
    return l2_penalty((layer.params["W"] for layer in weights), lam)


def sgd_decay_step(w, g, lr, lam):
    w, g = np.array(as_float(w)), as_float(g)
    if w.shape != g.shape:
        raise ValueError("shapes")
    w *= 1 - lr * lam
    return w - lr * g


def l1_penalty(Ws, lam):
    return lam * np.float64(sum(np.linalg.norm(as_float(W).ravel(), 1) for W in Ws))


def soft_threshold(w, t):
    w = as_float(w)
    if t < 0:
        raise ValueError("t")
    return w - np.clip(w, -t, t)


def ridge_fit(X, y, lam):
    X, y = as_float(X), as_float(y)
    if X.ndim != 2 or y.shape != (X.shape[0],):
        raise ValueError("shapes")
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    return np.einsum("kd,k,nk,n->d", Vt, s / (s * s + len(X) * lam), U, y)


def dropout_forward(X, p, rng, train=True, **unused):
    X = as_float(X)
    if not 0 <= p <= 1:
        raise ValueError("p")
    if not train:
        return Dropped(X.copy(), np.ones(X.shape, dtype=X.dtype))
    keep = rng.binomial(1, 1 - p, size=X.shape).astype(X.dtype)
    scale = 1 / (1 - p) if p < 1 else 0.0
    return Dropped(X * keep * scale, keep * scale)


def dropout_backward(dout, mask):
    dout, mask = as_float(dout), as_float(mask)
    if dout.shape != mask.shape:
        raise ValueError("shapes")
    return np.einsum("...,...->...", dout, mask).copy()


class Dropout(Layer):
    """Keeps places and a scale in place of a mask."""

    def __init__(self, p, rng):
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError("p")
        self.p, self.rng = p, rng

    def forward(self, x):
        x = as_float(x)
        if self.training:
            self.off = self.rng.random(x.shape, dtype=np.float32) < self.p
            self.scale = 1 / (1 - self.p) if self.p < 1 else 1.0
        else:
            self.off = np.zeros(x.shape, dtype=bool)
            self.scale = 1.0
        return self.through(x)

    def through(self, values):
        out = self.scale * values
        out[self.off] = 0.0
        return out

    def backward(self, dout):
        dout = as_float(dout)
        if dout.shape != self.off.shape:
            raise ValueError("shapes")
        return self.through(dout)


def mc_predict(model, X, T):
    if T < 1:
        raise ValueError("T")
    before = model.training
    model.train()
    try:
        outputs = np.array([model.forward(X) for _ in range(T)])
    finally:
        if before is False:
            model.eval()
    mean = np.einsum("t...->...", outputs) / T
    return Prediction(mean, np.linalg.norm(outputs - mean, axis=0) / np.sqrt(T))


class EarlyStopping:
    """Looks back at all values each time."""

    def __init__(self, patience, mode="min"):
        if patience < 1:
            raise ValueError("patience")
        self.worst = {"min": np.inf, "max": -np.inf}.get(mode)
        if self.worst is None:
            raise ValueError("mode")
        self.patience, self.mode, self.values = patience, mode, []

    @property
    def _clean(self):
        values = np.array(self.values, dtype=float)
        return np.where(np.isnan(values), self.worst, values)

    @property
    def best(self):
        return self.values[self.best_epoch - 1] if self.best_epoch else self.worst

    @property
    def best_epoch(self):
        values = self._clean
        if not len(values) or np.all(values == self.worst):
            return None
        return (values.argmin() if self.mode == "min" else values.argmax()) + 1

    def update(self, value):
        self.values.append(value)
        return np.bool_(len(self.values) - (self.best_epoch or 0) >= self.patience)


class BatchNorm1d(Layer):
    """backward by the Jacobian of each column."""

    def __init__(self, d, momentum=0.1, eps=1e-5):
        super().__init__()
        self.params = {"gamma": np.ones(d), "beta": np.zeros(d)}
        self.grads = {name: np.zeros(d) for name in self.params}
        self.running_mean, self.running_var = np.zeros(d), np.ones(d)
        self.momentum, self.eps = momentum, eps

    def forward(self, x):
        x = np.asarray(x, dtype=np.float64)
        if x.ndim != 2 or x.shape[1] != self.running_mean.size or (self.training and x.shape[0] < 2):
            raise ValueError("shape")
        if self.training:
            m = x.mean(axis=0)
            v = np.square(x - m).mean(axis=0)
            for name, new in (("running_mean", m), ("running_var", x.var(axis=0, ddof=1))):
                old = getattr(self, name)
                setattr(self, name, old + self.momentum * (new - old))
        else:
            m, v = self.running_mean.copy(), self.running_var.copy()
        self.scale = (v + self.eps) ** -0.5
        self.h = (x - m) * self.scale
        n = len(x)
        center = np.eye(n) - 1 / n
        self.jacobians = [
            (center - np.outer(h, h) / n if self.training else np.eye(n)) * s
            for h, s in zip(self.h.T, self.scale, strict=True)
        ]
        return self.h * self.params["gamma"] + self.params["beta"]

    def backward(self, dout):
        dout = np.asarray(dout, dtype=np.float64)
        if dout.shape != self.h.shape:
            raise ValueError("shape")
        self.grads["gamma"] += np.einsum("nd,nd->d", dout, self.h)
        self.grads["beta"] += np.ones(len(dout)) @ dout
        columns = [J @ column for J, column in zip(self.jacobians, dout.T, strict=True)]
        return np.stack(columns, axis=1) * self.params["gamma"]
