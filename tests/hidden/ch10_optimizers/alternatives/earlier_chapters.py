"""Built on earlier chapters (minibatches, accuracy); state in lists beside the parameters; a dataclass, deepcopy."""

import copy
from collections import namedtuple
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from ch00_toolbox.toolbox import accuracy, as_float
from ch02_descent.descent import minibatches

Example = namedtuple("Example", "X y")


class ArrayDataset:
    def __init__(self, X, y, name="data"):
        X, y = np.asarray(X), np.asarray(y)
        if X.shape[:1] != y.shape[:1]:
            raise ValueError("lengths differ")
        self.pairs, self.name = Example(X, y), name

    def __len__(self):
        return self.pairs.y.shape[0]

    def __getitem__(self, index):
        return Example(*(part[index] for part in self.pairs))


class DataLoader:
    def __init__(self, dataset, batch_size, shuffle=False, rng=None, drop_last=False):
        if batch_size < 1:
            raise ValueError("batch_size")
        if shuffle and rng is None:
            raise ValueError("rng")
        self.dataset, self.size, self.drop_last = dataset, batch_size, drop_last
        self.rng = rng if shuffle else None

    def __len__(self):
        n = len(self.dataset)
        return n // self.size if self.drop_last else (n + self.size - 1) // self.size

    def __iter__(self):
        rows = minibatches(len(self.dataset), self.size, self.rng)
        return iter([self.dataset[part] for part in rows[: len(self)]])


def _columns(X):
    X = as_float(X)
    if X.ndim != 2:
        raise ValueError("two axes expected")
    return X


def min_max_fit(X):
    X = np.sort(_columns(X), axis=0)
    return X[0].copy(), X[-1].copy()


def min_max_apply(X, lo, hi):
    X, lo, hi = map(as_float, (X, lo, hi))
    out = X - lo
    width = hi - lo
    np.divide(out, width, out=out, where=np.broadcast_to(width > 0, out.shape))
    return out


def standardize_fit(X):
    X = _columns(X)
    mean = np.einsum("nd->d", X) / X.dtype.type(len(X))
    deviation = X - mean
    std = np.sqrt(np.einsum("nd,nd->d", deviation, deviation) / X.dtype.type(len(X)))
    constant = X.max(axis=0) == X.min(axis=0)
    return np.where(constant, X[0], mean), np.where(constant, X.dtype.type(0), std)


def standardize_apply(X, mean, std):
    X, mean, std = map(as_float, (X, mean, std))
    safe = std.copy()
    safe[safe == 0] = 1
    return np.divide(np.subtract(X, mean), safe)


def split_indices(n, sizes, rng):
    if sum(sizes) > n or any(s < 0 for s in sizes):
        raise ValueError("sizes")
    order = np.argsort(rng.random(n))
    cuts = [0, *np.cumsum(sizes, dtype=int)]
    return [np.sort(order[a:b]) for a, b in pairwise(cuts)]


class Optimizer:
    """Remembers its state as a list of tuples of arrays, in the order of the parameters."""

    slots, weight_decay = 0, 0.0

    def __init__(self, model, lr):
        self.model, self.lr, self.count = model, lr, 0
        self.state = [
            [np.zeros_like(layer.params[name]) for _ in range(self.slots)]
            for layer, name in model.parameters()
        ]

    def zero_grad(self):
        self.model.zero_grad()

    def step(self):
        self.count += 1
        for (layer, name), state in zip(self.model.parameters(), self.state, strict=True):
            w, g = layer.params[name], np.array(layer.grads[name])
            if name == "W" and self.weight_decay:
                g += self.weight_decay * w
            np.subtract(w, self.change(g, *state), out=w)


class SGD(Optimizer):
    def __init__(self, model, lr, weight_decay=0.0):
        super().__init__(model, lr)
        self.weight_decay = weight_decay

    def change(self, g):
        return self.lr * g


class Momentum(Optimizer):
    slots = 1

    def __init__(self, model, lr, rho=0.9, weight_decay=0.0, nesterov=False):
        super().__init__(model, lr)
        self.rho, self.weight_decay = rho, weight_decay

    def change(self, g, v):
        v *= self.rho
        v += self.lr * g
        return v


class RMSProp(Optimizer):
    slots = 1

    def __init__(self, model, lr, decay=0.99, eps=1e-8):
        super().__init__(model, lr)
        self.decay, self.eps = decay, eps

    def change(self, g, s):
        s += (1 - self.decay) * (g * g - s)
        return self.lr * g / (np.sqrt(s) + self.eps)


class Adam(Optimizer):
    slots = 2

    def __init__(self, model, lr, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(model, lr)
        self.betas, self.eps = (beta1, beta2), eps

    def change(self, g, m, v):
        for average, beta, value in zip((m, v), self.betas, (g, g * g), strict=True):
            average *= beta
            average += (1 - beta) * value
        one, two = (1 - beta**self.count for beta in self.betas)
        return self.lr * (m / one) / (np.sqrt(v / two) + self.eps)


class AccuracyMeter:
    right = rows = 0

    def reset(self):
        self.right = self.rows = 0

    def update(self, scores, y):
        scores, y = np.asarray(scores), np.asarray(y)
        if len(scores):
            self.right += round(accuracy(scores, y) * len(y))
            self.rows += len(y)

    def accumulate(self):
        return np.float64(self.right) / max(self.rows, 1)


def _empty():
    return {name: [] for name in ("step_loss", "epoch_loss", "dev_epoch", "dev_loss", "dev_score", "extra")}


@dataclass
class RunnerV3:
    model: Any
    opt: Any
    loss_fn: Any
    metric: Any
    history: dict = field(default_factory=_empty)
    best_loss: float = np.inf
    best_epoch: int | None = None

    def evaluate(self, loader):
        before = self.model.training
        self.model.eval()
        self.metric.reset()
        total = np.zeros(2)
        for X, y in loader:
            scores = self.model.forward(X)
            total += np.array([self.loss_fn(scores, y)[0] * len(X), len(X)])
            self.metric.update(scores, y)
        if before:
            self.model.train()
        return total[0] / total[1], self.metric.accumulate()

    def _batch(self, X, y):
        loss, dscores = self.loss_fn(self.model.forward(X), y)
        self.model.backward(dscores)
        self.opt.step()
        self.model.zero_grad()
        return loss

    def train(self, loader, dev_loader, epochs, eval_every=1, log=None):
        self.model.zero_grad()
        for left in reversed(range(epochs)):
            self.model.train()
            pairs = [(self._batch(X, y), len(X)) for X, y in loader]
            losses, sizes = zip(*pairs, strict=True)
            self.history["step_loss"] += losses
            self.history["epoch_loss"] += [np.average(losses, weights=sizes)]
            epoch = len(self.history["epoch_loss"])
            if left == 0 or epoch % eval_every == 0:
                loss, score = self.evaluate(dev_loader)
                self.history["dev_epoch"] += [epoch]
                self.history["dev_loss"] += [loss]
                self.history["dev_score"] += [score]
                if loss < self.best_loss:
                    self.best_loss, self.best_epoch = loss, epoch
                    self.kept = [copy.deepcopy(layer.params) for layer in self._layers()]

    def _layers(self):
        return list(dict.fromkeys(layer for layer, _ in self.model.parameters()))

    def load_best(self):
        if self.best_epoch is None:
            raise RuntimeError("train first")
        for layer, params in zip(self._layers(), copy.deepcopy(self.kept), strict=True):
            layer.params.update(params)
