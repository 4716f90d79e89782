"""Plain loops over plain numbers; a loader with an iterator class; rng.shuffle and random keys for the order."""

import math

import numpy as np
from ch00_toolbox.toolbox import as_float


class ArrayDataset:
    def __init__(self, X, y):
        if len(X) != len(y):
            raise ValueError("lengths differ")
        self.inputs, self.targets = np.array(X), np.array(y)

    def __len__(self):
        return self.targets.shape[0]

    def __getitem__(self, index):
        if isinstance(index, slice):
            index = list(range(*index.indices(len(self))))
        elif not np.ndim(index):
            return self.inputs[index], self.targets[index]
        rows = [int(i) for i in index]
        return np.stack([self.inputs[i] for i in rows]), np.stack([self.targets[i] for i in rows])


class Pass:
    def __init__(self, loader):
        self.loader, self.rows = loader, list(range(len(loader.dataset)))
        if loader.shuffle:
            loader.rng.shuffle(self.rows)

    def __iter__(self):
        return self

    def __next__(self):
        size = self.loader.batch_size
        if not self.rows or (self.loader.drop_last and len(self.rows) < size):
            raise StopIteration
        now, self.rows = self.rows[:size], self.rows[size:]
        return self.loader.dataset[np.array(now)]


class DataLoader:
    def __init__(self, dataset, batch_size, shuffle=False, rng=None, drop_last=False):
        if batch_size < 1 or (shuffle and rng is None):
            raise ValueError("batch_size or rng")
        self.dataset, self.batch_size, self.shuffle = dataset, batch_size, shuffle
        self.rng, self.drop_last = rng, drop_last

    def __len__(self):
        round_it = math.floor if self.drop_last else math.ceil
        return round_it(len(self.dataset) / self.batch_size)

    def __iter__(self):
        return Pass(self)


def min_max_fit(X):
    X = as_float(X)
    columns = [[X[n, d] for n in range(X.shape[0])] for d in range(X.shape[1])]
    return np.array([min(c) for c in columns], X.dtype), np.array([max(c) for c in columns], X.dtype)


def _moved(X, start, span):
    out = np.empty(X.shape, np.result_type(X, start, span))
    for n in range(X.shape[0]):
        for d in range(X.shape[1]):
            out[n, d] = X[n, d] - start[d]
            if span[d] != 0:
                out[n, d] /= span[d]
    return out


def min_max_apply(X, lo, hi):
    X, lo, hi = as_float(X), as_float(lo), as_float(hi)
    return _moved(X, lo, hi - lo)


def standardize_fit(X):
    X = as_float(X)
    means, stds = [], []
    for column in X.T.tolist():
        mean = math.fsum(column) / len(column)
        means.append(mean)
        same = all(v == column[0] for v in column)
        stds.append(0.0 if same else math.sqrt(math.fsum((v - mean) ** 2 for v in column) / len(column)))
    return [np.array(means, dtype=X.dtype), np.array(stds, dtype=X.dtype)]


def standardize_apply(X, mean, std):
    return _moved(as_float(X), as_float(mean), as_float(std))


def split_indices(n, sizes, rng):
    if min(sizes, default=0) < 0 or sum(sizes) > n:
        raise ValueError("sizes")
    left = list(range(n))
    parts = []
    for size in sizes:
        part = []
        for _ in range(size):
            part.append(left.pop(int(rng.integers(len(left)))))
        parts.append(np.array(part, dtype=int))
    return tuple(parts)


class _Walker:
    """Visits every number of every parameter; memory is a dict of plain lists."""

    decay = 0.0

    def zero_grad(self):
        self.model.zero_grad()

    def step(self):
        self.steps = getattr(self, "steps", 0) + 1
        for k, (layer, name) in enumerate(self.model.parameters()):
            w, grad = layer.params[name], layer.grads[name]
            for place in np.ndindex(w.shape):
                g = float(grad[place]) + (self.weight_decay * float(w[place]) if name == "W" else 0.0)
                w[place] -= self.move(self.memory.setdefault((k, place), [0.0, 0.0]), g)


class SGD(_Walker):
    def __init__(self, model, lr, weight_decay=0.0):
        self.model, self.lr, self.weight_decay, self.memory = model, lr, weight_decay, {}

    def move(self, memory, g):
        return self.lr * g


class Momentum(_Walker):
    def __init__(self, model, lr, rho=0.9, weight_decay=0.0):
        self.model, self.lr, self.rho, self.weight_decay, self.memory = model, lr, rho, weight_decay, {}

    def move(self, memory, g):
        memory[0] = self.rho * memory[0] + self.lr * g
        return memory[0]


class RMSProp(_Walker):
    def __init__(self, model, lr, decay=0.99, eps=1e-8):
        self.model, self.lr, self.decay, self.eps = model, lr, decay, eps
        self.weight_decay, self.memory = 0.0, {}

    def move(self, memory, g):
        memory[0] = self.decay * memory[0] + (1 - self.decay) * g * g
        return self.lr * g / (math.sqrt(memory[0]) + self.eps)


class Adam(_Walker):
    def __init__(self, model, lr, beta1=0.9, beta2=0.999, eps=1e-8):
        self.model, self.lr, self.beta1, self.beta2, self.eps = model, lr, beta1, beta2, eps
        self.weight_decay, self.memory = 0.0, {}

    def move(self, memory, g):
        memory[0] += (1 - self.beta1) * (g - memory[0])
        memory[1] += (1 - self.beta2) * (g * g - memory[1])
        m_hat = memory[0] / (1 - self.beta1**self.steps)
        v_hat = memory[1] / (1 - self.beta2**self.steps)
        return self.lr * m_hat / (math.sqrt(v_hat) + self.eps)


class AccuracyMeter:
    def __init__(self):
        self.seen = []

    def reset(self):
        self.seen = []

    def update(self, scores, y):
        scores, y = np.asarray(scores), np.asarray(y)
        if len(scores.shape) != 2:
            raise ValueError("scores")
        n, c = scores.shape
        if y.shape != ((n, 1) if c == 1 else (n,)):
            raise ValueError("y")
        for n in range(len(y)):
            row = scores[n].tolist()
            if len(row) == 1:
                self.seen.append(bool(y[n, 0] == (row[0] > 0)))
            else:
                self.seen.append(row.index(max(row)) == y[n])

    def accumulate(self):
        return sum(self.seen) / len(self.seen) if self.seen else 0.0


class RunnerV3:
    def __init__(self, model, opt, loss_fn, metric):
        self.model, self.opt, self.loss_fn, self.metric = model, opt, loss_fn, metric
        names = ("step_loss", "epoch_loss", "dev_epoch", "dev_loss", "dev_score")
        self.history = {name: [] for name in names}
        self.best_loss, self.best_epoch, self.epoch = math.inf, None, 0

    def evaluate(self, loader):
        mode = self.model.training
        self.model.eval()
        self.metric.reset()
        batches = list(loader)  # all dev rows at once
        X, y = (np.concatenate([batch[part] for batch in batches]) for part in (0, 1))
        scores = self.model.forward(X)
        self.metric.update(scores, y)
        (self.model.train if mode else self.model.eval)()
        return float(self.loss_fn(scores, y)[0]), self.metric.accumulate()

    def train(self, loader, dev_loader, epochs, eval_every=1):
        last = self.epoch + epochs
        while self.epoch < last:
            self.epoch += 1
            losses = []
            for X, y in loader:
                self.model.train()
                self.model.zero_grad()
                loss, dscores = self.loss_fn(self.model.forward(X), y)
                self.model.backward(dscores)
                self.opt.step()
                self.history["step_loss"].append(float(loss))
                losses += [float(loss)] * len(y)
            self.history["epoch_loss"].append(math.fsum(losses) / len(losses))
            if self.epoch % eval_every and self.epoch != last:
                continue
            loss, score = self.evaluate(dev_loader)
            for name, value in zip(("dev_epoch", "dev_loss", "dev_score"), (self.epoch, loss, score)):
                self.history[name].append(value)
            if loss < self.best_loss:
                self.best_loss, self.best_epoch = loss, self.epoch
                self.saved = [layer.params[name].tolist() for layer, name in self.model.parameters()]

    def load_best(self):
        if self.best_epoch is None:
            raise RuntimeError("nothing there")
        for (layer, name), values in zip(self.model.parameters(), self.saved):
            layer.params[name] = np.array(values, dtype=layer.params[name].dtype)
