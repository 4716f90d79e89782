"""Closures and generators: state in local variables, orders as generators, statistics by percentiles and norms."""

import itertools

import numpy as np
from ch00_toolbox.toolbox import as_float


class ArrayDataset(tuple):
    """A pair of arrays that pretends to be a list of pairs."""

    __slots__ = ()

    def __new__(cls, X, y):
        X, y = np.array(X, copy=True), np.array(y, copy=True)
        if X.shape[0] != y.shape[0]:
            raise ValueError("lengths differ")
        return super().__new__(cls, (X, y))

    def __len__(self):
        return tuple.__getitem__(self, 1).shape[0]

    def __getitem__(self, index):
        X, y = tuple.__iter__(self)
        if isinstance(index, np.ndarray):
            return [X.take(index, axis=0), y.take(index, axis=0)]
        return [X[index], y[index]]


class DataLoader:
    def __init__(self, dataset, batch_size, shuffle=False, rng=None, drop_last=False, **unused):
        if batch_size < 1 or (shuffle and rng is None):
            raise ValueError("batch_size or rng")

        def rows():
            n = len(dataset)
            order = np.arange(n)
            if shuffle:
                order = rng.permuted(order)
            end = n - n % batch_size if drop_last else n
            return (order[i : min(i + batch_size, end)] for i in range(0, end, batch_size))

        self.rows = rows
        self.dataset = dataset
        self.full, self.rest = divmod(len(dataset), batch_size)
        self.drop_last = drop_last

    def __len__(self):
        return self.full if self.drop_last or not self.rest else self.full + 1

    def __iter__(self):
        return map(self.dataset.__getitem__, self.rows())


def min_max_fit(X):
    X = as_float(X)
    return np.minimum.reduce(X, axis=0), np.maximum.reduce(X, axis=0)


def min_max_apply(X, lo, hi):
    X, lo, hi = as_float(X), as_float(lo), as_float(hi)
    return (X - lo) / (hi - lo + (hi == lo))


def standardize_fit(X):
    X = as_float(X)
    center = X - X[0]  # exactly zero in constant columns
    shift = center.sum(axis=0) / len(X)
    std = np.linalg.norm(center - shift, axis=0) / np.sqrt(X.dtype.type(len(X)))
    return X[0] + shift, std


def standardize_apply(X, mean, std):
    X, mean, std = as_float(X), as_float(mean), as_float(std)
    return np.stack([(x - m) / s if s else x - m for x, m, s in zip(X.T, mean, std, strict=True)], axis=1)


def split_indices(n, sizes, rng):
    if sum(sizes) > n or any(s < 0 for s in sizes):
        raise ValueError("sizes")
    stream = iter(rng.choice(n, size=n, replace=False))
    return [np.fromiter(itertools.islice(stream, size), dtype=np.int32, count=size) for size in sizes]


def _decayed(layer, name, weight_decay):
    return layer.grads[name] + (name == "W") * weight_decay * layer.params[name]


class _Optimizer:
    def __init__(self, model, lr, begin, update):
        self.model, self.lr = model, lr
        memories = {}
        counter = itertools.count(1)

        def step():
            t = next(counter)
            for layer, name in self.model.parameters():
                memory = memories.get((id(layer), name), begin)
                memory, delta = update(layer, name, memory, t)
                memories[id(layer), name] = memory
                layer.params[name][...] += delta

        self.step = step

    def zero_grad(self):
        self.model.zero_grad()


class SGD(_Optimizer):
    def __init__(self, model, lr, weight_decay=0.0):
        def update(layer, name, memory, t):
            return None, -self.lr * _decayed(layer, name, weight_decay)

        super().__init__(model, lr, None, update)


class Momentum(_Optimizer):
    """With the velocity of CS231n: it points where the step goes."""

    def __init__(self, model, lr, rho=0.9, weight_decay=0.0):
        def update(layer, name, v, t):
            v = rho * v - self.lr * _decayed(layer, name, weight_decay)
            return v, v

        super().__init__(model, lr, 0.0, update)


class RMSProp(_Optimizer):
    def __init__(self, model, lr, decay=0.99, eps=1e-8):
        def update(layer, name, s, t):
            g = layer.grads[name]
            s = decay * s + (1 - decay) * np.square(g)
            return s, -self.lr * g / (s**0.5 + eps)

        super().__init__(model, lr, 0.0, update)


class Adam(_Optimizer):
    """The corrections moved into the learning rate and eps, as in section 2 of the paper."""

    def __init__(self, model, lr, beta1=0.9, beta2=0.999, eps=1e-8):
        def update(layer, name, memory, t):
            g = layer.grads[name]
            m = beta1 * memory[0] + (1 - beta1) * g
            v = beta2 * memory[1] + (1 - beta2) * g * g
            root = (1 - beta2**t) ** 0.5
            return (m, v), -self.lr * root / (1 - beta1**t) * m / (np.sqrt(v) + eps * root)

        super().__init__(model, lr, (0.0, 0.0), update)


class AccuracyMeter:
    def __init__(self):
        self.reset()

    def reset(self):
        self.table = np.zeros(2, dtype=int)  # wrong, right

    def update(self, scores, y):
        scores, y = np.asarray(scores), np.asarray(y)
        match scores.shape, y.shape:
            case (n, 1), (k, 1) if n == k:
                hits = (scores > 0)[:, 0] == (y[:, 0] != 0)
            case (n, c), (k,) if n == k and c > 1:
                hits = np.argmax(scores, axis=1) == y
            case _:
                raise ValueError("shapes do not go together")
        self.table += np.bincount(hits.astype(int), minlength=2)

    def accumulate(self):
        return float(self.table[1]) / float(self.table.sum() or 1)


class RunnerV3:
    def __init__(self, model, opt, loss_fn, metric):
        self.model, self.opt, self.loss_fn, self.metric = model, opt, loss_fn, metric
        self.history = {key: [] for key in ("step_loss", "epoch_loss", "dev_epoch", "dev_loss", "dev_score")}
        self.best_loss, self.best_epoch = float("inf"), None
        self._restore = None

    def evaluate(self, loader):
        training = self.model.training
        self.model.eval()
        self.metric.reset()
        try:
            parts = []
            for X, y in loader:
                scores = self.model.forward(X)
                parts.append((self.loss_fn(scores, y)[0], len(y)))
                self.metric.update(scores, y)
        finally:
            if training:
                self.model.train()
        losses, sizes = np.array(parts, dtype=float).T
        return float(losses @ sizes / sizes.sum()), self.metric.accumulate()

    def train(self, loader, dev_loader, epochs, eval_every=1):
        self.opt.zero_grad()
        history = self.history
        first = len(history["epoch_loss"]) + 1
        for epoch in range(first, first + epochs):
            sizes = []
            for X, y in loader:
                self.model.train()
                loss, dscores = self.loss_fn(self.model.forward(X), y)
                self.model.backward(dscores)
                self.opt.step()
                self.opt.zero_grad()
                history["step_loss"].append(float(loss))
                sizes.append(len(y))
            last = np.array(history["step_loss"][-len(sizes) :])
            history["epoch_loss"].append(float(last @ sizes / sum(sizes)))
            if epoch == first + epochs - 1 or not epoch % eval_every:
                loss, score = self.evaluate(dev_loader)
                history["dev_epoch"].append(epoch)
                history["dev_loss"].append(loss)
                history["dev_score"].append(score)
                if loss < self.best_loss:
                    self.best_loss, self.best_epoch = loss, epoch
                    self._restore = self._photograph()

    def _photograph(self):
        kept = [(layer, name, layer.params[name].copy()) for layer, name in self.model.parameters()]

        def restore():
            for layer, name, values in kept:
                np.copyto(layer.params[name], values)

        return restore

    def load_best(self):
        if self._restore is None:
            raise RuntimeError("train first")
        self._restore()
