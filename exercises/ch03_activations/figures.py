"""The figures of chapter 03, drawn from the chapter's functions."""

import numpy as np
from matplotlib.figure import Figure

BLUE, ORANGE, GREY, INK = "#1f4e79", "#d9822b", "#9aa5b1", "#2b2b2b"


def _tidy(axes):
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.grid(color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)


def figure_curves(student):
    """The four activations (above) and their derivatives (below), the lower row on one scale.

    The dot is the value that this course takes at a kink.
    """
    z = np.linspace(-6, 6, 481)
    ones = np.ones_like(z)
    curves = {
        "sigmoid": (student.sigmoid(z), student.sigmoid_backward(ones, student.sigmoid(z))),
        "tanh": (student.tanh(z), student.tanh_backward(ones, student.tanh(z))),
        "relu": (student.relu(z), student.relu_backward(ones, z)),
        "leaky_relu, slope 0.1": (student.leaky_relu(z, 0.1), student.leaky_relu_backward(ones, z, 0.1)),
    }
    figure = Figure(figsize=(9, 4.4), layout="constrained")
    grid = figure.subplots(2, 4, sharex=True)
    for column, (name, (value, slope)) in enumerate(curves.items()):
        above, below = grid[:, column]
        above.plot(z, value, color=BLUE, linewidth=2)
        above.set_title(name, fontsize=10)
        slope = np.where(np.abs(np.diff(slope, append=slope[-1])) > 0.5, np.nan, slope)  # a jump is no line
        below.plot(z, slope, color=ORANGE, linewidth=2)
        below.set_ylim(-0.08, 1.12)
        below.set_xlabel("z", fontsize=9)
        if np.isnan(slope).any():  # the convention at the kink
            at_zero = student.relu_backward if name == "relu" else student.leaky_relu_backward
            slope_at_zero = at_zero(np.ones(1), np.zeros(1), *([0.1] if name != "relu" else []))
            below.plot(0, slope_at_zero[0], "o", color=ORANGE, markersize=5)
        for axes in (above, below):
            _tidy(axes)
            axes.set_xticks([-5, 0, 5])
    grid[0, 0].set_ylabel("output a", fontsize=9)
    grid[1, 0].set_ylabel("derivative da/dz", fontsize=9)
    grid[1, 0].axhline(0.25, color=GREY, linewidth=1, linestyle="--")
    grid[1, 0].text(-6, 0.3, "at most 0.25", fontsize=8, color=INK)
    return figure


def figure_ruler(student):
    """The product of the derivatives of k activations, one per layer; weights are left out.

    Dashed: the best sigmoid can do, 0.25 to the power k. Bands: the middle half of 2000 random paths with z
    from a standard normal distribution. A relu path is either open, product 1, or closed, product 0.
    """
    depth, paths = 20, 2000
    z = np.random.default_rng(0).normal(size=(paths, depth))
    ones = np.ones_like(z)
    k = np.arange(1, depth + 1)
    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(
        k, np.ones(depth), color=INK, linewidth=1.5, marker="s", markersize=3, label="relu, open path: 1"
    )
    for name, slope, colour, marker in (
        ("tanh", student.tanh_backward(ones, student.tanh(z)), ORANGE, "^"),
        ("sigmoid", student.sigmoid_backward(ones, student.sigmoid(z)), BLUE, "o"),
    ):
        low, middle, high = np.quantile(np.cumprod(slope, axis=1), [0.25, 0.5, 0.75], axis=0)
        axes.fill_between(k, low, high, color=colour, alpha=0.25, linewidth=0)
        axes.plot(
            k, middle, color=colour, marker=marker, markersize=4, label=f"{name}, middle of random paths"
        )
    steepest = float(student.sigmoid_backward(np.ones(1), student.sigmoid(np.zeros(1)))[0])
    axes.plot(k, steepest**k, color=BLUE, linestyle="--", linewidth=1, label="sigmoid, at best: $0.25^k$")
    axes.set_yscale("log")
    axes.set_xticks([1, 5, 10, 15, 20])
    axes.set_xlabel("number of layers k", fontsize=9)
    axes.set_ylabel("product of k derivatives", fontsize=9)
    axes.legend(fontsize=8, loc="lower left", frameon=False)
    _tidy(axes)
    return figure


def figure_xor(student):
    """The same weights without (left) and with (right) relu after the first layer, on the four points of XOR.

    Shaded: the output is above 0.5, so the answer is 1. Thin lines: equal output. Left, two layers are one,
    and its border is one straight line; one corner is always on the wrong side. Right, the bend makes a
    strip.
    """
    W1, b1 = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, -1.0])
    W2, b2 = np.array([[1.0], [-2.0]]), np.array([0.0])
    side = np.linspace(-0.5, 1.5, 41)
    X = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    W, b = student.collapse_linear([W1, W2], [b1, b2])
    without = (X @ W + b).reshape(len(side), -1)
    bent = (student.relu(X @ W1 + b1) @ W2 + b2).reshape(len(side), -1)
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, output, title in zip(panels, (without, bent), ("without activation", "with relu"), strict=True):
        axes.contourf(side, side, output, levels=[0.5, 9.0], colors=["#bcd3e8"])
        levels = [0.25, 0.5, 0.75, 1.5, 2.0, 2.5]
        lines = axes.contour(side, side, output, levels=levels, colors=GREY, linewidths=0.7)
        axes.clabel(lines, levels=[level for level in (0.25, 1.5, 2.5) if level in lines.levels], fontsize=7)
        axes.contour(side, side, output, levels=[0.5], colors=BLUE, linewidths=2)
        for x, y in ((0, 0), (0, 1), (1, 0), (1, 1)):
            shape = "o" if x != y else "s"
            axes.plot(x, y, shape, markersize=12, markerfacecolor="white", markeredgecolor=INK)
            axes.annotate(str(int(x != y)), (x, y), ha="center", va="center", fontsize=8, color=INK)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("$x_1$", fontsize=9)
        axes.set_aspect("equal")
        axes.set_xticks([0, 1])
        axes.set_yticks([0, 1])
        axes.tick_params(labelsize=8)
    panels[0].set_ylabel("$x_2$", fontsize=9)
    return figure
