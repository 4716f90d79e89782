"""A neuron as an object, in-place arithmetic on its own arrays, sgd_fit by scaling the perceptron."""

import numpy as np


class Neuron:
    def __init__(self, w, b):
        w = np.asarray(w)
        self.w = np.array(w, dtype=w.dtype if w.dtype.kind == "f" else float)
        self.b = b

    def activation(self, X):
        X = np.asarray(X)
        X = X if X.dtype.kind == "f" else X.astype(float)
        if X.shape[1:] != self.w.shape or X.ndim != 2:
            raise ValueError("X (N, D), w (D,)")
        return np.dot(X, self.w) + self.b

    def predict(self, X):
        out = np.full(len(X), -1)
        out[self.activation(X) > 0] = 1
        return out

    def learn(self, x, y):
        """Whether it had to."""
        if y * y != 1:
            raise ValueError("labels are 1 and -1")
        if y * self.activation(x[None])[0] > 0:
            return False
        self.w += x if y > 0 else -x
        self.b += y
        return True


def net_activation(X, w, b):
    return Neuron(w, b).activation(X)


def perceptron_predict(X, w, b):
    return Neuron(w, b).predict(X)


def perceptron_step(w, b, x, y):
    neuron, x = Neuron(w, b), np.asarray(x)
    if x.ndim != 1:
        raise ValueError("x is (D,)")
    changed = neuron.learn(x, y)
    return [neuron.w, neuron.b, changed]


def perceptron_fit(X, y, max_epochs):
    X, y = np.asarray(X), np.asarray(y)
    if y.ndim != 1 or len(y) != len(X):
        raise ValueError("y is (N,)")
    neuron = Neuron(np.zeros(X.shape[1], X.dtype), 0)
    counts = []
    while len(counts) < max_epochs and (not counts or counts[-1]):
        counts.append(sum([neuron.learn(x, label) for x, label in zip(X, y, strict=True)]))
    return {
        "w": neuron.w,
        "b": float(neuron.b),
        "updates": sum(counts),
        "epochs": len(counts),
        "converged": counts[-1] == 0,
    }


def perceptron_sgd_fit(X, y, max_epochs, lr=1.0):
    # Every step is lr times that of the perceptron, and the sign of the activation does not see the factor.
    found = perceptron_fit(X, y, max_epochs)
    found["w"] *= lr
    found["b"] *= lr
    return found


def novikoff_bound(X, y, w_star, b_star):
    X, y, w_star = np.array(X, float), np.asarray(y), np.asarray(w_star, float)
    if y.shape != (len(X),) or X.ndim != 2:
        raise ValueError("shapes")
    margins = np.array([label * (x @ w_star + b_star) for x, label in zip(X, y.astype(float), strict=True)])
    if np.any(margins <= 0):
        raise ValueError("not separated")
    return float(max(x @ x + 1 for x in X) * (w_star @ w_star + b_star**2) / margins.min() ** 2)


def xor_two_layer():
    # x1 + x2 is 0, 1 or 2: one unit asks for more than a half, the other one for less than one and a half.
    W1 = np.array([[4.0, -4.0], [4.0, -4.0]])
    return [W1, np.array([-2.0, 6.0]), np.array([1.0, 1.0]), np.float64(-1.5)]
