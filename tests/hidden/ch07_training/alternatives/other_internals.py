"""New arrays instead of changed ones, judging by a copy of the model, named tuples, a snapshot as bytes."""

import contextlib
import copy
import io
from collections import defaultdict, namedtuple

import numpy as np
from ch00_toolbox.toolbox import accuracy
from ch04_losses.losses import bce_with_logits, softmax_cross_entropy

Data = namedtuple("Data", "X y")
Grid = namedtuple("Grid", "xx yy zz")
Judged = namedtuple("Judged", "loss score")


@contextlib.contextmanager
def evaluating(model):
    """A copy of the model in eval mode; the model itself is left alone."""
    twin = copy.deepcopy(model)
    twin.eval()
    yield twin


class BatchGD:
    def __init__(self, model, lr=0.1, *, name="gd"):
        self.model, self.lr, self.name = model, lr, name
        self.steps = 0

    def step(self):
        self.steps += 1
        moved = [
            (layer, name, layer.params[name] - self.lr * layer.grads[name])
            for layer, name in self.model.parameters()
        ]
        for layer, name, array in moved:
            layer.params[name] = array

    def zero_grad(self):
        for layer, name in self.model.parameters():
            layer.grads[name] = np.zeros_like(layer.grads[name])


def train_step(model, loss_fn, opt, X, y):
    opt.zero_grad()
    loss, dscores = loss_fn(model.forward(X), y)
    model.backward(dscores)
    opt.step()
    opt.zero_grad()
    return np.float64(loss)


def make_xor():
    X = np.array([divmod(k, 2) for k in range(4)], dtype=float)
    return Data(X, (X.sum(axis=1, keepdims=True) == 1).astype(float))


def make_moons(n, noise, rng):
    labels = np.arange(n) >= n // 2
    t = np.concatenate([np.linspace(0, np.pi, int(np.sum(labels == k))) for k in (False, True)])
    z = np.exp(1j * t)
    z = np.where(labels, 1 + 0.5j - z.real - 1j * z.imag, z)
    table = np.column_stack([z.real, z.imag, labels])
    rng.shuffle(table)
    table[:, :2] += rng.normal(0.0, noise, size=(n, 2))
    return Data(table[:, :2], table[:, 2:])


class Runner:
    def __init__(self, model, optimizer, loss_fn, metric):
        self.model, self.optimizer, self.loss_fn, self.metric = model, optimizer, loss_fn, metric
        self.history = defaultdict(list, train_loss=[], dev_loss=[], dev_score=[])
        self.best_loss, self.best_epoch = np.inf, None
        self.snapshot = b""

    def named(self):
        numbers = {}
        for layer, name in self.model.parameters():
            number = numbers.setdefault(id(layer), len(numbers))
            yield f"layer{number}.{name}", layer, name

    def evaluate(self, X, y):
        scores = self.predict(X)
        return Judged(np.float64(self.loss_fn(scores, y)[0]), np.float64(self.metric(scores, y)))

    def predict(self, X):
        with evaluating(self.model) as twin:
            return twin.forward(X)

    def train(self, X, y, X_dev, y_dev, epochs, log=None):
        for _ in range(epochs):
            self.model.train()
            self.optimizer.zero_grad()
            loss, dscores = self.loss_fn(self.model.forward(X), y)
            self.model.backward(dscores)
            self.optimizer.step()
            self.optimizer.zero_grad()
            judged = self.evaluate(X_dev, y_dev)
            for key, value in (("train_loss", loss), ("dev_loss", judged.loss), ("dev_score", judged.score)):
                self.history[key].append(float(value))
            if judged.loss < self.best_loss:
                self.best_loss, self.best_epoch = judged.loss, len(self.history["dev_loss"])
                file = io.BytesIO()
                self.save(file)
                self.snapshot = file.getvalue()
            if log is not None:
                log(len(self.history["dev_loss"]), loss, judged.loss)

    def load_best(self):
        if self.best_epoch is None:
            raise RuntimeError("there is no best model yet; train first")
        self.load(io.BytesIO(self.snapshot))

    def save(self, path):
        np.savez_compressed(path, **{key: layer.params[name] for key, layer, name in self.named()})

    def load(self, path):
        with np.load(path) as content:
            arrays = dict(content)
        for key, layer, name in self.named():
            if key not in arrays or arrays[key].shape != layer.params[name].shape:
                raise ValueError(f"the file has no array for {key}")
        for key, layer, name in self.named():
            layer.params[name][...] = arrays[key]


def decision_grid(model, xlim, ylim, n):
    xx, yy = np.meshgrid(np.linspace(*xlim, num=n), np.linspace(*ylim, num=n), indexing="ij")
    with evaluating(model) as twin:
        zz = twin.forward(np.column_stack([xx.ravel(), yy.ravel()]))
    return Grid(xx.T, yy.T, zz.reshape(n, n).T)


def overfits_tiny_batch(model_fn, X, y, steps=1000, lr=0.5, verbose=False):
    model = model_fn()
    loss_fn = {1: softmax_cross_entropy, 2: bce_with_logits}[np.ndim(y)]
    opt = BatchGD(model, lr)
    for _ in range(steps):
        with evaluating(model) as twin:
            if accuracy(twin.forward(X), y) == 1:
                break
        model.train()
        train_step(model, loss_fn, opt, X, y)
    with evaluating(model) as twin:
        return np.bool_(accuracy(twin.forward(X), y) == 1)
