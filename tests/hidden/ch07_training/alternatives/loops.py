"""One number at a time: loops for steps, moons and grids, lists for everything that is remembered."""

import math

import numpy as np
from ch04_losses.losses import bce_with_logits, softmax_cross_entropy


class BatchGD:
    def __init__(self, model, lr):
        self.model = model
        self.lr = lr

    def step(self):
        for layer, name in self.model.parameters():
            w, g = layer.params[name], layer.grads[name]
            for place in np.ndindex(w.shape):
                w[place] = w[place] - self.lr * g[place]

    def zero_grad(self):
        for layer, name in self.model.parameters():
            grad = layer.grads[name]
            for place in np.ndindex(grad.shape):
                grad[place] = 0


def train_step(model, loss_fn, opt, X, y):
    scores = model.forward(X)
    result = loss_fn(scores, y)
    model.backward(result[1])
    opt.step()
    opt.zero_grad()
    return result[0]


def make_xor():
    X, y = np.zeros((4, 2)), np.zeros((4, 1))
    for a in (0, 1):
        for b in (0, 1):
            X[2 * a + b] = a, b
            y[2 * a + b] = a ^ b
    return X, y


def make_moons(n, noise, rng):
    rows = []
    first, second = n // 2, n - n // 2
    for k in range(first):
        t = math.pi * k / (first - 1)
        rows.append((math.cos(t) + noise * rng.normal(), math.sin(t) + noise * rng.normal(), 0.0))
    for k in range(second):
        t = math.pi * k / (second - 1)
        rows.append((1 - math.cos(t) + noise * rng.normal(), 0.5 - math.sin(t) + noise * rng.normal(), 1.0))
    for i in range(n - 1, 0, -1):
        j = int(rng.integers(i + 1))
        rows[i], rows[j] = rows[j], rows[i]
    table = np.array(rows)
    return table[:, :2].copy(), table[:, 2:].copy()


class Runner:
    def __init__(self, model, optimizer, loss_fn, metric):
        self.model = model
        self.optimizer = optimizer
        self.loss_fn = loss_fn
        self.metric = metric
        self.history = {"train_loss": [], "dev_loss": [], "dev_score": []}
        self.best_loss = math.inf
        self.best_epoch = None
        self.best = []

    def evaluate(self, X, y):
        before = self.model.training
        self.model.eval()
        scores = self.model.forward(X)
        loss, _ = self.loss_fn(scores, y)
        score = self.metric(scores, y)
        if before:
            self.model.train()
        return float(loss), float(score)

    def predict(self, X):
        before = self.model.training
        self.model.eval()
        scores = [self.model.forward(X[n : n + 1])[0] for n in range(len(X))]
        if before:
            self.model.train()
        return np.array(scores)

    def train(self, X, y, X_dev, y_dev, epochs, log=None):
        self.optimizer.zero_grad()
        epoch = len(self.history["train_loss"])
        while epochs > 0:
            epochs -= 1
            epoch += 1
            self.model.train()
            self.history["train_loss"].append(train_step(self.model, self.loss_fn, self.optimizer, X, y))
            loss, score = self.evaluate(X_dev, y_dev)
            self.history["dev_loss"].append(loss)
            self.history["dev_score"].append(score)
            if loss < self.best_loss:
                self.best_loss = loss
                self.best_epoch = epoch
                self.best = []
                for layer, name in self.model.parameters():
                    self.best.append(np.array(layer.params[name]))
            if log:
                log(epoch, self.history["train_loss"][-1], loss)

    def load_best(self):
        if self.best_epoch is None:
            raise RuntimeError("there is no best model yet; train first")
        self._put(self.best)

    def save(self, path):
        np.savez(path, *[layer.params[name] for layer, name in self.model.parameters()])

    def load(self, path):
        content = np.load(path)
        self._put([content[f"arr_{k}"] for k in range(len(content.files))])

    def _put(self, arrays):
        places = list(self.model.parameters())
        if len(places) != len(arrays):
            raise ValueError("another number of parameters")
        for (layer, name), array in zip(places, arrays):
            if layer.params[name].shape != array.shape:
                raise ValueError("another shape")
        for (layer, name), array in zip(places, arrays):
            for place in np.ndindex(array.shape):
                layer.params[name][place] = array[place]


def decision_grid(model, xlim, ylim, n):
    xx, yy, zz = np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n))
    before = model.training
    model.eval()
    for i in range(n):
        for j in range(n):
            xx[i, j] = xlim[0] + (xlim[1] - xlim[0]) * j / (n - 1)
            yy[i, j] = ylim[0] + (ylim[1] - ylim[0]) * i / (n - 1)
            zz[i, j] = model.forward(np.array([[xx[i, j], yy[i, j]]]))[0, 0]
    if before:
        model.train()
    return xx, yy, zz


def overfits_tiny_batch(model_fn, X, y, steps=1000, lr=0.5):
    model = model_fn()
    opt = BatchGD(model, lr)
    model.train()
    for _ in range(steps):
        if y.ndim == 1:
            train_step(model, softmax_cross_entropy, opt, X, y)
        else:
            train_step(model, bce_with_logits, opt, X, y)
    model.eval()
    scores = model.forward(X)
    for n in range(len(X)):
        if y.ndim == 1:
            predicted, label = int(np.argmax(scores[n])), int(y[n])
        else:
            predicted, label = int(scores[n, 0] > 0), int(y[n, 0])
        if predicted != label:
            return False
    return True
