"""Plain Python: lists and loops, numpy for the least squares alone."""

import numpy as np


def poly_features(x, degree):
    x = np.asarray(x)
    if x.dtype not in (np.float32, np.float64):
        x = x.astype(float)
    if x.ndim != 1 or degree < 0:
        raise ValueError("x must be one row of numbers")
    rows = []
    for v in x:
        row, term = [], 1.0
        for i in range(degree + 1):
            row.append(term)
            term = term * float(v) / (i + 1)
        rows.append(row)
    return np.array(rows, dtype=x.dtype).reshape(len(x), degree + 1)


def least_squares_fit(F, y):
    F, y = np.array(F, dtype=float), np.array(y, dtype=float)
    if F.ndim != 2 or y.ndim != 1 or len(F) != len(y):
        raise ValueError("shapes")
    return np.linalg.pinv(F) @ y


def kfold_indices(n, k, rng):
    if k < 2 or k > n:
        raise ValueError("k")
    order = [int(i) for i in rng.permutation(n)]
    small, extra = divmod(n, k)
    folds, start = [], 0
    for i in range(k):
        end = start + small + (1 if i < extra else 0)
        folds.append((np.array(order[:start] + order[end:]), np.array(order[start:end])))
        start = end
    return folds


def cross_validate(fit, score, X, y, k, rng):
    if len(X) != len(y):
        raise ValueError("lengths")
    scores = []
    for train, val in kfold_indices(len(X), k, rng):
        model = fit(np.array([X[i] for i in train]), np.array([y[i] for i in train]))
        scores.append(score(model, np.array([X[i] for i in val]), np.array([y[i] for i in val])))
    return float(np.mean(scores)), [float(s) for s in scores]


def select_degree(x, y, degrees, k, rng):
    if not len(degrees) or len(x) != len(y):
        raise ValueError("nothing to choose")
    folds = kfold_indices(len(x), k, rng)
    best, winner = None, None
    for degree in degrees:
        total = 0.0
        for train, val in folds:
            w = least_squares_fit(poly_features(np.asarray(x)[train], degree), np.asarray(y)[train])
            guesses = poly_features(np.asarray(x)[val], degree) @ w
            total += sum((g - t) ** 2 for g, t in zip(guesses, np.asarray(y)[val])) / len(val)
        if best is None or total < best:
            best, winner = total, degree
    return winner


def learning_curve(fit, score, X, y, sizes, X_val, y_val):
    curve = []
    for n in sizes:
        if n < 1 or n > len(X):
            raise ValueError("size")
        model = fit(X[:n], y[:n])
        curve.append((n, float(score(model, X[:n], y[:n])), float(score(model, X_val, y_val))))
    return curve


def diagnose_fit(train_err, val_err, target):
    if train_err <= target:
        if val_err <= target or val_err <= 2 * train_err:
            return "good"
        return "overfit"
    return "underfit"


def memorises(model_fn, X, y_random, steps=2000):
    model, step = model_fn(), 0
    while step < steps:
        model.fit_step(X, y_random)
        guesses = model.predict(X)
        if all(int(g) == int(t) for g, t in zip(guesses, y_random)):
            return True
        step += 1
    return False
