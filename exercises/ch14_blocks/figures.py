"""The figures of chapter 14, drawn from the chapter's functions."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

BLUE, ORANGE, GREY, INK = "#1f4e79", "#d9822b", "#9aa5b1", "#2b2b2b"


def _box(axes, x, y, text, colour="white", width=1.7):
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - 0.3),
            width,
            0.6,
            boxstyle="round,pad=0.05",
            facecolor=colour,
            edgecolor=INK,
            linewidth=0.9,
        )
    )
    axes.text(x, y, text, ha="center", va="center", fontsize=9, color=INK)


def _arrow(axes, start, end):
    axes.annotate("", xy=end, xytext=start, arrowprops={"arrowstyle": "->", "color": GREY, "linewidth": 1.2})


def figure_inception(student):
    """The four branches of the Inception block with their channels; the sum 88 is that of the student's block."""
    out = student.Inception(10, np.random.default_rng(0)).forward(np.zeros((1, 10, 4, 4)))
    figure = Figure(figsize=(8.4, 4.6), layout="constrained")
    axes = figure.subplots()
    branches = [
        [("1x1, 16", 4.1)],
        [("1x1, 16", 4.1), ("5x5, 24", 2.6)],
        [("1x1, 16", 4.4), ("3x3, 24", 3.3), ("3x3, 24", 2.2)],
        [("average 3x3", 4.1), ("1x1, 24", 2.6)],
    ]
    _box(axes, 4.5, 5.6, "x: 10 channels", "#dce6f0", 2.4)
    _box(axes, 4.5, 0.8, f"joined: {out.shape[1]} channels", "#f6d5b0", 2.8)
    for x, branch in zip((0.9, 3.3, 5.7, 8.1), branches, strict=True):
        before = (4.5, 5.22)
        for text, y in branch:
            _box(axes, x, y, text)
            _arrow(axes, before, (x, y + 0.38))
            before = (x, y - 0.38)
        _arrow(axes, before, (4.5, 1.2))
    axes.set_xlim(-0.2, 9.2)
    axes.set_ylim(0.3, 6.1)
    axes.axis("off")
    return figure


def figure_gradient_roads(student):
    """The gradient that is left after so many layers, with and without the way around, for three sizes of weights."""
    depths = [1, 2, 5, 10, 20, 30, 40, 50]
    figure = Figure(figsize=(7.2, 3.9), layout="constrained")
    axes = figure.subplots()
    for scale, colour in ((0.1, GREY), (0.2, BLUE), (0.5, ORANGE)):
        for residual, style in ((True, "-"), (False, "--")):
            norms = [
                np.median(
                    [
                        student.residual_gradient_norm(d, scale, residual, np.random.default_rng(s))
                        for s in range(7)
                    ]
                )
                for d in depths
            ]
            name = "with the way around" if residual else "plain"
            axes.semilogy(
                depths, norms, style, color=colour, marker="o", markersize=3, label=f"{name}, scale {scale}"
            )
    axes.set_xlabel("layers")
    axes.set_ylabel("norm of the gradient, 1 at the end")
    axes.set_ylim(1e-55, 1e5)
    axes.legend(fontsize=8, frameon=False, loc="lower left")
    return figure


def figure_memory(student):
    """Where the memory of the whole network goes, for a batch of 256 in float32."""
    rng = np.random.default_rng(0)
    net = student.Sequential(
        *(student.Conv2d(1, 10, 5, rng), student.MaxPool2d(2), student.Inception(10, rng)),
        *(student.Conv2d(88, 20, 5, rng), student.MaxPool2d(2), student.Inception(20, rng)),
        *(student.Flatten(), student.Linear(1408, 10, rng)),
    )
    shapes = student.shape_trace(net, (1, 28, 28))
    names = ["input", "conv", "pool", "Inception", "conv", "pool", "Inception", "Flatten", "Linear"]
    figure = Figure(figsize=(7.2, 3.4), layout="constrained")
    axes = figure.subplots()
    sizes = [student.activation_bytes([shape], 256) / 2**20 for shape in shapes]
    axes.bar(range(len(sizes)), sizes, color=BLUE)
    labels = [f"{name}\n{'x'.join(map(str, shape))}" for name, shape in zip(names, shapes, strict=True)]
    axes.set_xticks(range(len(sizes)), labels, fontsize=7)
    axes.set_ylabel("MiB for 256 images")
    training, prediction = (student.activation_bytes(shapes, 256, training=t) / 2**20 for t in (True, False))
    axes.set_title(
        f"training keeps all: {training:.1f} MiB; prediction two neighbours: {prediction:.1f} MiB", fontsize=9
    )
    return figure


def _digits_run(student):
    with np.load(Path(__file__).parents[1] / "data" / "digits.npz") as data:
        X, y = data["pixels"].astype(np.float32).reshape(-1, 1, 8, 8) / 16, data["y"].astype(np.int64)
    order = np.random.default_rng(0).permutation(len(X))
    train, test = order[:1347], order[1347:]
    model = student.SmallCNN(np.random.default_rng(1))
    found = student.train_digits(model, X[train], y[train], X[test], y[test], np.random.default_rng(2))
    return model, found, X[test], y[test]


def figure_digits(student):
    """SmallCNN on 450 unseen digits: the confusion matrix, and pictures that it got wrong."""
    model, found, X, y = _digits_run(student)
    model.eval()
    guess = model.forward(X).argmax(axis=1)
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (y, guess), 1)
    figure = Figure(figsize=(8.4, 4.0), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1.2, 1])
    axes = left.subplots()
    axes.imshow(np.minimum(counts, 10), cmap="Blues")
    for i, j in zip(*np.nonzero(counts), strict=True):
        axes.text(
            j,
            i,
            counts[i, j],
            ha="center",
            va="center",
            fontsize=7,
            color="white" if counts[i, j] > 5 else INK,
        )
    axes.set_xticks(range(10))
    axes.set_yticks(range(10))
    axes.set_xlabel("answer")
    axes.set_ylabel("truth")
    axes.set_title(f"{100 * found['test_accuracy']:.1f} % of {len(y)} right", fontsize=9)
    wrong = np.nonzero(guess != y)[0][:9]
    for cell, n in zip(right.subplots(3, 3).flat, [*wrong, *[None] * (9 - len(wrong))], strict=True):
        cell.axis("off")
        if n is not None:
            cell.imshow(X[n, 0], cmap="gray_r", vmin=0, vmax=1)
            cell.set_title(f"{y[n]}, taken for {guess[n]}", fontsize=8)
    return figure


def figure_kernels(student):
    """The eight kernels of the first layer, before and after training."""
    before = student.SmallCNN(np.random.default_rng(1)).layers[0].params["W"]
    model, *_ = _digits_run(student)
    after = model.layers[0].params["W"]
    figure = Figure(figsize=(7.2, 2.4), layout="constrained")
    grid = figure.subplots(2, 8)
    limit = max(float(np.abs(before).max()), float(np.abs(after).max()))
    for row, kernels, name in ((0, before, "before"), (1, after, "after")):
        for k in range(8):
            grid[row, k].imshow(kernels[k, 0], cmap="RdBu", vmin=-limit, vmax=limit)
            grid[row, k].set_xticks([])
            grid[row, k].set_yticks([])
        grid[row, 0].set_ylabel(name, fontsize=9)
    return figure
