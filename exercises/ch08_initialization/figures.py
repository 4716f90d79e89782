"""The figures of chapter 08, drawn from the chapter's functions."""

import numpy as np
from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, GREY, INK = "#1f4e79", "#d9822b", "#5b8c5a", "#9aa5b1", "#2b2b2b"


def _tidy(axes):
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.grid(color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)


def figure_scales(student):
    """The mean square of the activations behind each of 20 layers of 128 units, relative to that of the input.

    One network for each line. Only He keeps the scale of a relu network, only Xavier that of a linear one. With
    a standard deviation of 0.01 the signal is gone before layer 20; with 1, tanh holds it by saturating.
    """
    depth, width = 20, 128
    x = np.random.default_rng(0).normal(size=(64, width))
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for label, act, init, colour, line, marker in (
        ("no activation, Xavier", "identity", student.xavier_normal, GREEN, "-", "s"),
        ("tanh, std 1", "tanh", 1.0, INK, ":", "v"),
        ("relu, He", "relu", student.he_normal, BLUE, "-", "o"),
        ("tanh, Xavier", "tanh", student.xavier_normal, GREY, "-", "D"),
        ("relu, Xavier", "relu", student.xavier_normal, ORANGE, "-", "^"),
        ("tanh, std 0.01", "tanh", 0.01, INK, "--", "x"),
    ):
        scales = student.activation_scales([width] * (depth + 1), act, init, x, np.random.default_rng(1))
        scales = np.array([1.0, *(np.array(scales) / np.mean(x**2))])
        axes.plot(
            range(depth + 1), scales, color=colour, linestyle=line, marker=marker, markersize=4, label=label
        )
    axes.set_yscale("log")
    axes.set_ylim(1e-14, 30)
    axes.set_xticks(range(0, depth + 1, 4))
    axes.set_xlabel("layer", fontsize=9)
    axes.set_ylabel("mean square, input = 1", fontsize=9)
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    _tidy(axes)
    return figure


def figure_histograms(student):
    """The activations themselves behind layers 1, 5 and 10 of a tanh network with 128 units a layer.

    Weights too small: all values crowd at 0. Too large: nearly all stand at -1 or 1, where tanh is flat and no
    gradient passes. Xavier keeps them between. A constant gives the same value to all units of an example.
    Each panel has a scale of its own.
    """
    width, depth = 128, 10
    x = np.random.default_rng(0).normal(size=(64, width))
    inits = {
        "std 0.01": lambda shape, rng: student.init_normal(shape, 0.01, rng),
        "std 1": lambda shape, rng: student.init_normal(shape, 1.0, rng),
        "Xavier": student.xavier_normal,
        "constant 0.05": lambda shape, rng: student.init_constant(shape, 0.05),
    }
    figure = Figure(figsize=(8.4, 4.6), layout="constrained")
    grid = figure.subplots(3, len(inits), sharex=True)
    for column, (name, init) in enumerate(inits.items()):
        rng, h = np.random.default_rng(2), x
        shown = []
        for layer in range(1, depth + 1):
            h = np.tanh(h @ init((width, width), rng))
            if layer in (1, 5, 10):
                shown.append((layer, h))
        for axes, (layer, values) in zip(grid[:, column], shown, strict=True):
            shares, edges = np.histogram(values, bins=31, range=(-1, 1))
            axes.stairs(shares / values.size, edges, fill=True, color=BLUE)
            axes.set_ylim(0, None)
            axes.set_xticks([-1, 0, 1])
            axes.set_yticks([])
            _tidy(axes)
            if column == 0:
                axes.set_ylabel(f"layer {layer}\nshare", fontsize=9)
        grid[0, column].set_title(name, fontsize=10)
        grid[-1, column].set_xlabel("tanh output", fontsize=9)
    return figure


def figure_twins(student):
    """Weights from the second input to four hidden units, in 1500 steps of gradient descent on one problem.

    Born equal, they stay equal (left), though they learn. Dropout with probability 0.5 tells them apart, since
    each example drops other units (middle). Random numbers do it before the first step (right).
    """
    rng = np.random.default_rng(3)
    X = rng.normal(size=(60, 2))
    y = np.tanh(2 * X[:, :1] - X[:, 1:]) + 0.5 * np.sin(3 * X[:, 1:])
    starts = (
        ("all 0.5", student.init_constant((2, 4), 0.5), 0.0),
        ("all 0.5, dropout", student.init_constant((2, 4), 0.5), 0.5),
        ("Xavier", student.xavier_normal((2, 4), np.random.default_rng(5)), 0.0),
    )
    figure = Figure(figsize=(8.4, 3), layout="constrained")
    for axes, (title, W1, drop) in zip(figure.subplots(1, 3, sharey=True), starts, strict=True):
        W1, W2, seen = W1.copy(), student.init_constant((4, 1), 0.5), []
        for _ in range(1500):
            seen.append(W1[1].copy())
            keep = (rng.random((len(X), 4)) >= drop) / (1 - drop)
            A = np.tanh(X @ W1)
            dout = 2 * ((A * keep) @ W2 - y) / len(X)
            dZ = dout @ W2.T * keep * (1 - A**2)
            W1, W2 = W1 - 0.2 * X.T @ dZ, W2 - 0.2 * (A * keep).T @ dout
        for unit, (colour, line) in enumerate(((BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (INK, ":"))):
            label = f"unit {unit + 1}"
            axes.plot(
                range(0, 1500, 10),
                np.array(seen)[::10, unit],
                color=colour,
                linestyle=line,
                linewidth=2,
                label=label,
            )
        identical = student.hidden_units_identical(W1, tol=1e-9)
        axes.set_title(f"{title}\nunits {'identical' if identical else 'different'} at the end", fontsize=10)
        axes.set_xlabel("step", fontsize=9)
        _tidy(axes)
    figure.axes[0].set_ylabel("weight from input 2", fontsize=9)
    figure.axes[0].legend(fontsize=8, frameon=False)
    return figure
