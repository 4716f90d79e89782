"""Figures of chapter 11, drawn from a module with the chapter's functions."""

import numpy as np
from matplotlib.figure import Figure

BLUE, ORANGE, GREY = "#1f4e79", "#d9822b", "#8a8a8a"
COEFFICIENTS = (5.0, 1.2, -3.4, 5.6)


def truth(x):
    a, b, c, d = COEFFICIENTS
    return a + b * x + c * x**2 / 2 + d * x**3 / 6


def sample(seed, n, noise=2.0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-3, 3, size=n)
    return x, truth(x) + rng.normal(scale=noise, size=n)


def figure_fits(student):
    """Twelve noisy points and three polynomials: too simple, right, too rich."""
    figure = Figure(figsize=(9, 2.9), layout="constrained")
    x, y = sample(3, 12)
    grid = np.linspace(-3, 3, 301)
    for axis, degree in zip(figure.subplots(1, 3, sharey=True), (1, 3, 11)):
        w = student.least_squares_fit(student.poly_features(x, degree), y)
        axis.plot(grid, truth(grid), color=GREY, lw=1.2, ls="--", label="truth")
        axis.plot(grid, student.poly_features(grid, degree) @ w, color=BLUE, lw=2, label="fit")
        axis.plot(x, y, "o", color=ORANGE, ms=5, label="data")
        error = np.mean((student.poly_features(x, degree) @ w - y) ** 2)
        axis.set(title=f"degree {degree}, training error {error:.2g}", xlabel="x", ylim=(-45, 35))
        axis.spines[["top", "right"]].set_visible(False)
        axis.title.set_fontsize(10)
    figure.axes[0].set_ylabel("y")
    figure.axes[0].legend(frameon=False, fontsize=9, loc="lower right")
    return figure


def figure_degrees(student):
    """Training error always falls; validation error turns (median of 30 data sets of 25 points, 5 folds)."""
    degrees = list(range(1, 11))
    train, val = [], []
    for seed in range(30):
        x, y = sample(seed, 25)
        folds = student.kfold_indices(len(x), 5, np.random.default_rng(seed))
        train.append([])
        val.append([])
        for degree in degrees:
            F = student.poly_features(x, degree)
            w = student.least_squares_fit(F, y)
            train[-1].append(np.mean((F @ w - y) ** 2))
            errors = [np.mean((F[v] @ student.least_squares_fit(F[t], y[t]) - y[v]) ** 2) for t, v in folds]
            val[-1].append(np.mean(errors))
    figure = Figure(figsize=(6, 3.4), layout="constrained")
    axis = figure.subplots()
    axis.semilogy(degrees, np.median(val, axis=0), "o-", color=ORANGE, lw=2, label="validation error")
    axis.semilogy(degrees, np.median(train, axis=0), "s--", color=BLUE, lw=2, label="training error")
    axis.axvline(3, color=GREY, lw=1, ls=":")
    axis.annotate("true degree", (3.1, axis.get_ylim()[1] * 0.5), color=GREY, fontsize=9)
    axis.set(xlabel="degree of the polynomial", ylabel="mean squared error", xticks=degrees)
    axis.legend(frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
    return figure


def figure_curves(student):
    """Learning curves: a line stays bad with any amount of data, degree 9 needs data (median of 30)."""
    figure = Figure(figsize=(8.5, 3.2), layout="constrained")
    sizes = [12, 16, 24, 40, 80, 160]
    for axis, degree in zip(figure.subplots(1, 2, sharey=True), (1, 9)):

        def fit(x, y, degree=degree):
            return student.least_squares_fit(student.poly_features(x, degree), y)

        def score(w, x, y, degree=degree):
            return float(np.mean((student.poly_features(x, degree) @ w - y) ** 2))

        runs = []
        for seed in range(30):
            x, y = sample(seed, 160)
            runs.append(student.learning_curve(fit, score, x, y, sizes, *sample(1000 + seed, 200)))
        table = np.median(np.array(runs, dtype=float), axis=0)
        axis.loglog(table[:, 0], table[:, 2], "o-", color=ORANGE, lw=2, label="validation error")
        axis.loglog(table[:, 0], table[:, 1], "s--", color=BLUE, lw=2, label="training error")
        axis.axhline(4, color=GREY, lw=1, ls=":")
        axis.annotate("noise", (sizes[0], 4.3), color=GREY, fontsize=9)
        axis.set(title=f"degree {degree}", xlabel="training examples")
        axis.set_xticks(sizes, [str(n) for n in sizes])
        axis.minorticks_off()
        axis.spines[["top", "right"]].set_visible(False)
    figure.axes[0].set_ylabel("mean squared error")
    figure.axes[1].legend(frameon=False)
    return figure
