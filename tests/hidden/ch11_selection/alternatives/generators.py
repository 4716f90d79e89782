"""Small helpers and classes; features by outer power and gamma, fit by QR or by the rows."""

import math

import numpy as np
from ch00_toolbox.toolbox import as_float


class Folds:
    def __init__(self, n, k, rng):
        if k > n or k < 2:
            raise ValueError(f"{k} folds of {n}")
        self.parts = [p.tolist() for p in np.array_split(np.arange(n)[rng.permutation(n)], k)]

    def pairs(self):
        everything = set().union(*self.parts)
        for part in self.parts:
            yield np.array(sorted(everything - set(part))), np.array(part)


def poly_features(x, degree):
    x = as_float(x)
    if len(x.shape) != 1:
        raise ValueError("one axis")
    if degree < 0:
        raise ValueError("degree")
    scale = np.array([1 / math.gamma(i + 1) for i in range(degree + 1)], dtype=x.dtype)
    return np.einsum("ni,i->ni", np.vander(x, degree + 1, increasing=True).astype(x.dtype), scale)


def least_squares_fit(F, y):
    F, y = np.asarray(F, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if F.ndim != 2 or y.ndim != 1 or F.shape[0] != y.shape[0]:
        raise ValueError("shapes")
    w, *_ = np.linalg.lstsq(F, y, rcond=None)
    return w


def kfold_indices(n, k, rng):
    return list(Folds(n, k, rng).pairs())


def cross_validate(fit, score, X, y, k, rng):
    if len(X) - len(y):
        raise ValueError("lengths")
    scores = []
    total = 0.0
    for train, val in kfold_indices(len(y), k, rng):
        scores.append(float(score(fit(np.take(X, train, 0), np.take(y, train, 0)), X[val], y[val])))
        total += scores[-1]
    return total / len(scores), scores


def select_degree(x, y, degrees, k, rng):
    if len(x) != len(y):
        raise ValueError("lengths")
    folds = kfold_indices(len(x), k, rng)

    def error(degree):
        F = poly_features(x, degree)
        parts = [y[val] - F[val] @ least_squares_fit(F[train], y[train]) for train, val in folds]
        return sum(float(r @ r) / r.size for r in parts)

    return min(degrees, key=error)


def learning_curve(fit, score, X, y, sizes, X_val, y_val):
    for n in sizes:
        if n not in range(1, len(X) + 1):
            raise ValueError(n)
    models = [fit(X[:n], y[:n]) for n in sizes]
    return [
        (int(n), float(score(m, X[:n], y[:n])), float(score(m, X_val, y_val))) for n, m in zip(sizes, models)
    ]


def diagnose_fit(train_err, val_err, target):
    if target < train_err:
        return "underfit"
    too_high = val_err > target
    wide = val_err / 2 > train_err
    return "overfit" if too_high and wide else "good"


def memorises(model_fn, X, y_random, steps=2000):
    model = model_fn()
    for _ in range(steps):
        model.fit_step(X, y_random)
        if (np.asarray(model.predict(X)) == np.asarray(y_random)).all():
            return True
    return False
