"""Plain loops over numbers, numpy only where an array has to come out."""

import numpy as np


def floats(x):
    x = np.asarray(x)
    return x if x.dtype in (np.float32, np.float64) else x.astype(float)


def net_activation(X, w, b):
    X, w = floats(X), floats(w)
    if X.ndim != 2 or w.ndim != 1:
        raise ValueError("X must be (N, D) and w (D,)")
    if X.shape[1] != len(w):
        raise ValueError("X and w have different numbers of inputs")
    z = np.zeros(len(X), dtype=np.result_type(X, w))
    for n in range(len(X)):
        total = b
        for d in range(len(w)):
            total = total + w[d] * X[n, d]
        z[n] = total
    return z


def perceptron_predict(X, w, b):
    classes = []
    for z in net_activation(X, w, b):
        if z > 0:
            classes.append(1)
        else:
            classes.append(-1)
    return np.array(classes)


def perceptron_step(w, b, x, y):
    w, x = floats(w), floats(x)
    if w.shape != x.shape or w.ndim != 1:
        raise ValueError("w and x must be (D,)")
    if y != 1 and y != -1:
        raise ValueError("the label must be 1 or -1")
    z = b
    for weight, value in zip(w, x, strict=True):
        z = z + weight * value
    new = np.array(list(w), dtype=np.result_type(w, x))
    if y * z > 0:
        return new, b, False
    for d in range(len(new)):
        if y > 0:
            new[d] += x[d]
        else:
            new[d] -= x[d]
    return new, float(b) + (1 if y > 0 else -1), True


def perceptron_fit(X, y, max_epochs):
    X = floats(X)
    labels = np.asarray(y)
    if labels.ndim != 1 or X.ndim != 2 or len(labels) != len(X):
        raise ValueError("shapes")
    for label in labels:
        if label not in (1, -1):
            raise ValueError("labels")
    w = np.zeros(X.shape[1], dtype=X.dtype)
    b = 0.0
    updates = epochs = 0
    converged = False
    while epochs < max_epochs and not converged:
        epochs += 1
        converged = True
        for n in range(len(X)):
            w, b, changed = perceptron_step(w, b, X[n], labels[n])
            if changed:
                updates += 1
                converged = False
    return {"w": w, "b": b, "updates": updates, "epochs": epochs, "converged": converged}


def perceptron_sgd_fit(X, y, max_epochs, lr=1.0):
    X = floats(X)
    if np.ndim(y) != 1 or len(y) != len(X):
        raise ValueError("shapes")
    labels = [float(label) for label in np.asarray(y)]
    if any(abs(label) != 1 for label in labels):
        raise ValueError("labels")
    w, b = [0.0] * X.shape[1], 0.0
    updates = 0
    for epoch in range(max_epochs):
        still = True
        for n, label in enumerate(labels):
            z = b + sum(w[d] * float(X[n, d]) for d in range(len(w)))
            loss = max(0.0, -label * z)
            slope = -label if loss > 0 or z == 0 else 0.0  # dL/dz
            if slope != 0:
                w = [w[d] - lr * slope * float(X[n, d]) for d in range(len(w))]
                b = b - lr * slope
                updates += 1
                still = False
        if still:
            return {
                "w": np.array(w, X.dtype),
                "b": b,
                "updates": updates,
                "epochs": epoch + 1,
                "converged": True,
            }
    return {"w": np.array(w, X.dtype), "b": b, "updates": updates, "epochs": max_epochs, "converged": False}


def novikoff_bound(X, y, w_star, b_star):
    X, w = floats(X), [float(v) for v in w_star]
    longest, smallest = 0.0, float("inf")
    for x, label in zip(X, y, strict=True):
        longest = max(longest, sum(float(v) ** 2 for v in x) + 1)
        smallest = min(
            smallest, float(label) * (sum(a * float(v) for a, v in zip(w, x, strict=True)) + b_star)
        )
    if not smallest > 0:
        raise ValueError("not separated")
    gamma = smallest / (sum(v * v for v in w) + b_star**2) ** 0.5
    return float(longest / gamma**2)


def xor_two_layer():
    W1 = np.array([[1.0, -1.0], [-1.0, 1.0]])  # x1 without x2, x2 without x1
    return W1, np.array([0.0, 0.0]), np.array([1.0, 1.0]), 0.0
