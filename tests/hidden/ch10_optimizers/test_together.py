"""Hidden tests of ch10: everything together, on Iris and on the moons."""

import math
from pathlib import Path

import numpy as np

from grader import draw_curve, draw_region, expect, in_worker, points

DATA = Path(__file__).resolve().parents[3] / "exercises" / "data"  # read on this side; a worker has no files


@in_worker
def train_network(student, X, y, X_dev, y_dev, hidden, outputs, options):
    """Two layers with tanh, trained with the student's own dataset, loader, optimizer, meter and runner.

    Returns the parameters at the end, and what the runner has seen.
    """

    class Net:
        def __init__(self, rng):
            d = X.shape[1]
            self.params = {
                "V": rng.normal(size=(d, hidden)) * (2 / (d + hidden)) ** 0.5,
                "c": np.zeros(hidden),
                "W": rng.normal(size=(hidden, outputs)) * (2 / (hidden + outputs)) ** 0.5,
                "b": np.zeros(outputs),
            }
            self.grads = {name: np.zeros_like(value) for name, value in self.params.items()}
            self.training = True

        def forward(self, x):
            self.x = x
            self.h = np.tanh(x @ self.params["V"] + self.params["c"])
            return self.h @ self.params["W"] + self.params["b"]

        def backward(self, dout):
            dz = (dout @ self.params["W"].T) * (1 - self.h**2)
            self.grads["W"] += self.h.T @ dout
            self.grads["b"] += dout.sum(axis=0)
            self.grads["V"] += self.x.T @ dz
            self.grads["c"] += dz.sum(axis=0)
            return dz @ self.params["V"].T

        def sublayers(self):
            return []

        def parameters(self):
            return [(self, name) for name in self.params]

        def zero_grad(self):
            for grad in self.grads.values():
                grad[...] = 0.0

        def train(self):
            self.training = True

        def eval(self):
            self.training = False

    def loss_fn(scores, y):
        if outputs == 1:
            p = 1 / (1 + np.exp(-scores))
            return float(np.mean(np.logaddexp(0, scores) - y * scores)), (p - y) / len(y)
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        rows = np.arange(len(y))
        loss = -float(np.mean(np.log(p[rows, y])))
        p[rows, y] -= 1
        return loss, p / len(y)

    rng = np.random.default_rng(options["seed"])
    net = Net(rng)
    size = options["batch"]
    loader = student.DataLoader(student.ArrayDataset(X, y), size, shuffle=True, rng=rng)
    dev = student.DataLoader(student.ArrayDataset(X_dev, y_dev), size)
    opt = getattr(student, options["optimizer"])(net, **options["rates"])
    runner = student.RunnerV3(net, opt, loss_fn, student.AccuracyMeter())
    runner.train(loader, dev, options["epochs"], eval_every=options["every"])
    try:
        losses = [float(loss) for loss in runner.history["step_loss"]]
    except Exception:
        losses = []  # other tests judge the history
    return {"params": net.params, "score": float(runner.history["dev_score"][-1]), "losses": losses}


def accuracy_of(params, X, y):
    """Share of the rows that the network with these parameters has right."""
    V, c, W, b = (expect(f"the trained {n}", params[n]).array() for n in ("V", "c", "W", "b"))
    scores = np.tanh(X @ V + c) @ W + b
    predicted = (scores > 0).astype(int) if scores.shape[1] == 1 else scores.argmax(axis=1)
    return float(np.mean(predicted == y))


@points(1.5, of="RunnerV3", seconds=20)
def test_iris(student, rng):
    """a network 4-8-3 learns Iris with your loader, SGD, meter and runner"""
    with np.load(DATA / "iris.npz") as data:
        X, y = data["tenths"] / 10, data["y"].astype(np.int64)
    order = rng.permutation(150)
    fit, test = order[:100], order[100:]
    X = (X - X[fit].mean(axis=0)) / X[fit].std(axis=0)
    options = {"seed": int(rng.integers(2**31)), "batch": 16, "epochs": 100, "every": 100}
    options |= {"optimizer": "SGD", "rates": {"lr": 0.1}}
    got = train_network(student, X[fit], y[fit], X[test], y[test], 8, 3, options)
    draw_curve("Iris, 4-8-3 with SGD: loss before each step", {"batch loss": got["losses"]})
    # 1500 seeds: at least 0.94 on training rows, at least 0.88 on test rows
    on_test = accuracy_of(got["params"], X[test], y[test])
    expect("the accuracy on 100 training rows", accuracy_of(got["params"], X[fit], y[fit])).at_least(0.9)
    expect("the accuracy on 50 test rows", on_test).at_least(0.8)
    expect("the last dev score", got["score"]).close_to(on_test)


def two_moons(n, rng):
    """n points on two half circles, interleaved, with a little noise."""
    upper = np.arange(n) < n // 2
    angle = rng.uniform(0, math.pi, size=n)
    x = np.where(upper, np.cos(angle), 1 - np.cos(angle))
    height = np.where(upper, np.sin(angle), 0.5 - np.sin(angle))
    X = np.stack([x, height], axis=1) + 0.1 * rng.normal(size=(n, 2))
    return X, (~upper).astype(np.int64)[:, None]


@points(1, of="RunnerV3", seconds=20)
def test_moons_with_momentum(student, rng):
    """a network 2-16-1 bends around the moons with your Momentum, in 300 steps of all rows"""
    X, y = two_moons(300, rng)
    X_test, y_test = two_moons(200, rng)
    options = {"seed": int(rng.integers(2**31)), "batch": 300, "epochs": 300, "every": 300}
    options |= {"optimizer": "Momentum", "rates": {"lr": 0.5, "rho": 0.9}}
    got = train_network(student, X, y, X_test, y_test, 16, 1, options)
    draw_curve("Two moons with Momentum: loss before each step", {"batch loss": got["losses"]})

    def above(points):
        found = got["params"]
        return np.tanh(points @ found["V"] + found["c"]) @ found["W"] + found["b"] > 0

    draw_region("Two moons, the last parameters", above, X, y)
    # 400 seeds: at least 0.985; a straight border has 0.88
    expect("the accuracy on 200 test rows", accuracy_of(got["params"], X_test, y_test)).at_least(0.95)
