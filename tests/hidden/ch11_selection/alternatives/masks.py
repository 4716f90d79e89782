"""Boolean masks, named tuples, a fold for each row, singular values."""

from collections import namedtuple

import numpy as np
from ch00_toolbox.toolbox import as_float

Fold = namedtuple("Fold", "train val")
Validation = namedtuple("Validation", "mean scores")
Point = namedtuple("Point", "n train val")


def poly_features(x, degree):
    x = as_float(x)
    if x.ndim != 1 or degree != abs(degree):
        raise ValueError("not a list of numbers")
    F = np.ones((x.size, degree + 1), dtype=x.dtype)
    F[:, 1:] = x[:, np.newaxis] / np.arange(1, degree + 1, dtype=x.dtype)
    return np.cumprod(F, axis=1, dtype=x.dtype)


def least_squares_fit(F, y):
    F, y = np.asarray(F, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if y.ndim != 1 or F.shape[0] != y.size:
        raise ValueError("rows")
    u, s, vt = np.linalg.svd(F, full_matrices=False)
    keep = s > s.max() * 1e-12
    return vt[keep].T @ ((u.T[keep] @ y) / s[keep])


def kfold_indices(n, k, rng):
    if not (1 < k < n + 1):
        raise ValueError("folds")
    fold_of = np.empty(n, dtype=int)
    fold_of[rng.permutation(n)] = np.arange(n) % k
    return [Fold(np.flatnonzero(fold_of != i), np.flatnonzero(fold_of == i)) for i in range(k)]


def cross_validate(fit, score, X, y, k, rng, verbose=False):
    if np.shape(X)[0] != np.shape(y)[0]:
        raise ValueError("rows and labels")
    scores = [score(fit(X[f.train], y[f.train]), X[f.val], y[f.val]) for f in kfold_indices(len(y), k, rng)]
    return Validation(np.float64(np.sum(scores) / len(scores)), scores)


def select_degree(x, y, degrees, k, rng):
    x, y = np.asarray(x), np.asarray(y)
    if x.shape != y.shape or not list(degrees):
        raise ValueError("candidates")
    folds = kfold_indices(x.size, k, rng)
    table = np.array(
        [
            [np.square(F[f.val] @ least_squares_fit(F[f.train], y[f.train]) - y[f.val]).mean() for f in folds]
            for F in (poly_features(x, d) for d in degrees)
        ]
    )
    return degrees[table.mean(axis=1).argmin()]


def learning_curve(fit, score, X, y, sizes, X_val, y_val):
    if min(sizes) < 1 or max(sizes) > len(X):
        raise ValueError("sizes")

    def at(n):
        model = fit(X[:n], y[:n])
        return Point(n, score(model, X[:n], y[:n]), score(model, X_val, y_val))

    return [at(n) for n in sizes]


def diagnose_fit(train_err, val_err, target):
    names = {
        (True, True): "underfit",
        (True, False): "underfit",
        (False, True): "overfit",
        (False, False): "good",
    }
    return names[bool(train_err > target), bool(val_err > max(target, 2 * train_err))]


def memorises(model_fn, X, y_random, steps=2000):
    model = model_fn()

    def knows():
        model.fit_step(X, y_random)
        return not np.any(model.predict(X) != y_random)

    return any(knows() for _ in range(steps))
