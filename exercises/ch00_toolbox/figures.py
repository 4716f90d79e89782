"""Figures of chapter 00, drawn from a module with the chapter's functions."""

import numpy as np
from matplotlib.figure import Figure

BLUE, ORANGE, GREY = "#1f4e79", "#d9822b", "#8a8a8a"


def figure_secants(student):
    """Slopes of x**3 at 1 with h = 0.5: the secant between x - h and x + h is nearly parallel to the tangent."""
    h, x = 0.5, 1.0
    central = float(student.numerical_gradient(lambda v: np.sum(np.power(v, 3)), np.array([x]), h)[0])
    one_sided = ((x + h) ** 3 - x**3) / h
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.add_subplot()
    grid = np.linspace(0.1, 1.75, 100)
    axes.plot(grid, grid**3, color=GREY, linewidth=2.5, label="f(x) = x**3")
    left, right = x - h, x + h
    axes.plot([left, right], [left**3, right**3], "o-", color=BLUE, label=f"central: slope {central:.2f}")
    axes.plot([x, right], [x**3, right**3], "s--", color=ORANGE, label=f"one-sided: slope {one_sided:.2f}")
    near = np.array([0.55, 1.45])
    axes.plot(near, x**3 + 3 * (near - x), ":", color="black", label="tangent: slope 3.00")
    for place, name in ((left, "x - h"), (x, "x"), (right, "x + h")):
        axes.axvline(place, color="#dddddd", linewidth=1, zorder=0)
        axes.annotate(name, (place, 5.05), ha="center", va="bottom", fontsize=9, annotation_clip=False)
    axes.set(xlabel="x", ylabel="f(x)", xlim=(0.1, 1.75), ylim=(-0.5, 5.0))
    axes.legend(loc="upper left", edgecolor="none", framealpha=1.0, fontsize=9)
    return figure


def figure_step_size(student):
    """Error of the slope of sin against the step h, the median of 50 points: a V, and float64 reaches far deeper."""
    points = np.linspace(-3, 3, 50)
    steps = np.logspace(-12, 0, 49)

    def double(v):
        return np.sum(np.sin(v))

    def single(v):
        return np.sum(np.sin(np.asarray(v, dtype=np.float32)))

    def central(f, h):
        return [float(student.numerical_gradient(f, np.array([x]), h)[0]) for x in points]

    def one_sided(h):
        return (np.sin(points + h) - np.sin(points)) / h

    curves = (
        ("central, f in float32", ORANGE, "s", lambda h: central(single, h), steps > 3e-7),
        ("one-sided, f in float64", GREY, "^", one_sided, steps > 0),
        ("central, f in float64", BLUE, "o", lambda h: central(double, h), steps > 0),
    )
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot()
    for name, color, marker, slopes, shown in curves:
        errors = [np.median(np.abs(np.asarray(slopes(h)) - np.cos(points))) for h in steps[shown]]
        axes.loglog(steps[shown], errors, marker=marker, markersize=3.5, color=color, label=name)
    axes.axvline(1e-5, color="black", linewidth=1, linestyle=":")
    axes.annotate("h = 1e-5", (1.3e-5, 1.5e-12), fontsize=9)
    axes.set(xlabel="step h", ylabel="error of the slope (median)", xlim=(6e-13, 1.6), ylim=(1e-12, 3))
    axes.legend(loc="lower left", frameon=False, fontsize=9)
    return figure


def figure_broadcast(student):
    """Four right predictions. (4,) against (4, 1) compares each with each: a table of 16, half of it true."""
    scores = np.array([[2.0], [-1.0], [0.5], [-3.0]])
    y = np.array([[1], [0], [1], [0]])
    predicted = (scores > 0).astype(int)
    accuracy, table = float(student.accuracy(scores, y)), predicted[:, 0] == y
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 2))
    left.set_title(f"(4, 1) with (4, 1)\naccuracy {accuracy:.2f}", fontsize=10)
    right.set_title(f"(4,) with (4, 1)\nmean of 16 comparisons {table.mean():.2f}", fontsize=10)
    for axes, guesses in ((left, predicted), (right, np.tile(predicted[:, 0], (4, 1)))):
        hits = guesses == y
        axes.imshow(hits, cmap="Blues", vmin=-0.35, vmax=1.35)
        for (row, column), hit in np.ndenumerate(hits):
            text = f"{guesses[row, column]} {'=' if hit else '≠'} {y[row, 0]}"
            axes.text(column, row, text, ha="center", va="center", color="white" if hit else "black")
        axes.set_xticks([])
        axes.set_yticks(range(4))
        axes.set_yticklabels([f"row {n}" for n in range(4)])
        axes.set_xlabel("prediction and label")
    return figure
