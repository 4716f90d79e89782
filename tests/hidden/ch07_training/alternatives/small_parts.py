"""Many small functions; the best parameters as a dict of dicts, files with one flat row of numbers for each layer."""

import numpy as np
from ch00_toolbox.toolbox import accuracy, as_float
from ch04_losses import losses


def arrays_of(model):
    return [layer.params[name] for layer, name in model.parameters()]


def copies_of(model):
    return [np.copy(array) for array in arrays_of(model)]


def fill(model, arrays):
    for (layer, name), array in zip(model.parameters(), arrays, strict=True):
        layer.params[name] = np.array(array, dtype=layer.params[name].dtype)


def layers_of(model):
    yield model
    for layer in model.sublayers():
        yield from layers_of(layer)


def looking(model, look):
    """What look() gives while every layer is in eval mode."""
    modes = [(layer, layer.training) for layer in layers_of(model)]
    for layer, _ in modes:
        layer.eval()
    result = look()
    for layer, mode in modes:  # the outer ones first, for theirs reach those inside
        {True: layer.train, False: layer.eval}[bool(mode)]()
    return result


class Optimizer:
    def __init__(self, model, lr):
        self.model, self.lr = model, lr

    def zero_grad(self):
        self.model.zero_grad()


class BatchGD(Optimizer):
    def step(self):
        for layer, name in list(self.model.parameters()):
            np.subtract(layer.params[name], self.lr * layer.grads[name], out=layer.params[name])


def train_step(model, loss_fn, opt, X, y):
    loss, upstream = loss_fn(model.forward(X), y)
    model.backward(upstream)
    opt.step()
    model.zero_grad()
    opt.zero_grad()
    return float(loss)


def make_xor():
    bits = (np.arange(4)[:, None] >> np.array([1, 0])) & 1
    return [bits.astype(float), np.logical_xor(bits[:, :1], bits[:, 1:]).astype(float)]


def half_circle(k):
    angles = np.arange(k) * np.pi / (k - 1)
    return np.array([np.cos(angles), np.sin(angles)]).T


def make_moons(n, noise, rng):
    places = rng.permutation(n)
    X, y = np.empty((n, 2)), np.empty((n, 1))
    first = places[: n // 2]
    second = places[n // 2 :]
    X[first], y[first] = half_circle(len(first)), 0.0
    X[second], y[second] = np.array([1.0, 0.5]) - half_circle(len(second)), 1.0
    for d in range(2):
        X[:, d] += rng.standard_normal(n) * noise
    return X, y


class Runner:
    def __init__(self, model, optimizer, loss_fn, metric):
        self.model, self.optimizer, self.loss_fn, self.metric = model, optimizer, loss_fn, metric
        self.records = []
        self.best_epoch = None
        self.kept = None

    @property
    def history(self):
        return {
            name: [r[k] for r in self.records]
            for k, name in enumerate(("train_loss", "dev_loss", "dev_score"))
        }

    @property
    def best_loss(self):
        return self.records[self.best_epoch - 1][1] if self.best_epoch else float("inf")

    def predict(self, X):
        return looking(self.model, lambda: self.model.forward(X))

    def evaluate(self, X, y):
        scores = self.predict(X)
        return [float(self.loss_fn(scores, y)[0]), float(self.metric(scores, y))]

    def train(self, X, y, X_dev, y_dev, epochs, log=None):
        self.optimizer.zero_grad()
        for _ in range(epochs):
            self.model.train()
            before = train_step(self.model, self.loss_fn, self.optimizer, X, y)
            best = self.best_loss
            self.records.append((before, *self.evaluate(X_dev, y_dev)))
            if self.records[-1][1] < best:
                self.best_epoch, self.kept = len(self.records), copies_of(self.model)
            if log is not None:
                log(len(self.records), *self.records[-1][:2])

    def load_best(self):
        if self.best_epoch is None:
            raise RuntimeError("there is no best model yet; train first")
        fill(self.model, self.kept)

    def save(self, path):
        extra = {"best_loss": np.array(self.best_loss)}
        np.savez(path, **extra, **{str(k): array for k, array in enumerate(arrays_of(self.model))})

    def load(self, path):
        with np.load(path) as content:
            arrays = [content[str(k)] for k in range(len(content.files) - 1)]
        if [np.shape(a) for a in arrays] != [np.shape(a) for a in arrays_of(self.model)]:
            raise ValueError("these are the parameters of another model")
        fill(self.model, arrays)


def decision_grid(model, xlim, ylim, n):
    xs, ys = (np.linspace(low, high, n) for low, high in (xlim, ylim))
    xx, yy = np.broadcast_arrays(xs[None, :], ys[:, None])
    rows = [looking(model, lambda y=y: model.forward(np.array([xs, np.full(n, y)]).T)[:, 0]) for y in ys]
    return xx, yy, np.array(rows)


def overfits_tiny_batch(model_fn, X, y, steps=1000, lr=0.5):
    model = model_fn()
    opt = BatchGD(model, lr)
    loss_fn = losses.bce_with_logits if as_float(y).ndim > 1 else losses.softmax_cross_entropy
    model.train()
    for _ in range(steps):
        train_step(model, loss_fn, opt, X, y)
    return looking(model, lambda: bool(accuracy(model.forward(X), y) >= 1))
