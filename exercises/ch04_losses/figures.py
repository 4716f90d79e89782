"""Figures of chapter 04, drawn from a module with the chapter's functions."""

import numpy as np
from matplotlib.figure import Figure

BLUE, ORANGE, GREY, INK = "#1f4e79", "#d9822b", "#8a8a8a", "#2b2b2b"


def figure_margin(student):
    """Two classes: the loss against the lead of the true score. The SVM is content from 1 on, cross-entropy never is."""
    lead = np.linspace(-3, 5, 161)
    y = np.array([0])
    hinge = [student.svm_loss(np.array([[m, 0.0]]), y)[0] for m in lead]
    entropy = [student.softmax_cross_entropy(np.array([[m, 0.0]]), y)[0] for m in lead]
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(lead, entropy, color=BLUE, linewidth=2, label="cross-entropy")
    axes.plot(lead, hinge, "--", color=ORANGE, linewidth=2, label="SVM, delta = 1")
    axes.axvline(0, color="#dddddd", linewidth=1, zorder=0)
    axes.annotate("wrong class ahead", (-0.12, 3.85), ha="right", fontsize=9, color=GREY)
    axes.annotate("true class ahead", (0.12, 3.85), ha="left", fontsize=9, color=GREY)
    still = student.softmax_cross_entropy(np.array([[3.0, 0.0]]), y)[0]
    axes.annotate(
        f"at a lead of 3: SVM 0, cross-entropy {still:.3f}",
        (3.0, still),
        xytext=(4.85, 1.0),
        ha="right",
        fontsize=9,
        arrowprops={"arrowstyle": "-", "color": GREY},
    )
    axes.set(xlabel="lead of the true score, s[y] - s[j]", ylabel="loss", xlim=(-3, 5), ylim=(-0.1, 4.1))
    axes.legend(loc="center right", frameon=False, fontsize=9)
    return figure


def figure_slopes(student):
    """Gradient for the logit z when the truth is y = 1. A sure and wrong neuron is on the left."""
    z = np.linspace(-10, 10, 201)[:, None]
    y = np.ones_like(z)
    squares = student.mse_of_sigmoid_grad(z, y) * len(z)  # each point as a batch of its own
    entropy = student.bce_with_logits(z, y)[1] * len(z)
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(z, entropy, color=BLUE, linewidth=2, label="bce_with_logits")
    axes.plot(z, squares, "--", color=ORANGE, linewidth=2, label="mse_of_sigmoid_grad")
    axes.axvspan(-10, -5, color="#f0f0f0", zorder=0, linewidth=0)
    axes.annotate("sure and wrong:\nsquared error\nhardly moves it", (-9.8, -0.4), fontsize=9, color=INK)
    axes.axhline(0, color="#dddddd", linewidth=1, zorder=0)
    axes.set(xlabel="logit z, truth y = 1", ylabel="gradient for z", xlim=(-10, 10), ylim=(-1.08, 0.1))
    axes.legend(loc="lower right", frameon=False, fontsize=9)
    return figure


def figure_entropy(student):
    """Entropy of every distribution over three classes, in nats: 0 in the corners, log 3 in the middle."""
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])
    steps = 60
    p = np.array([[i, j, steps - i - j] for i in range(steps + 1) for j in range(steps + 1 - i)]) / steps
    x, height = (p @ corners).T
    uniform = np.full((1, 3), 1 / 3)
    top = float(student.entropy(uniform)[0])
    figure = Figure(figsize=(6.0, 4.6), layout="constrained")
    axes = figure.add_subplot()
    drawn = axes.tricontourf(x, height, student.entropy(p), levels=np.linspace(0, 1.1, 12), cmap="Blues")
    axes.plot(*np.vstack([corners, corners[:1]]).T, color=GREY, linewidth=1)
    axes.plot(*(uniform @ corners).T, "o", color=ORANGE, markersize=7)
    axes.annotate(
        f"(1/3, 1/3, 1/3)\nlog 3 = {top:.4f}",
        (uniform @ corners)[0],
        xytext=(0, -12),
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=9,
        color="white",
    )
    names = (("(1, 0, 0)", -0.02, "top"), ("(0, 1, 0)", -0.02, "top"), ("(0, 0, 1)", 0.02, "bottom"))
    for corner, (name, off, side) in zip(corners, names, strict=True):
        axes.annotate(name, (corner[0], corner[1] + off), ha="center", va=side, fontsize=9)
    figure.colorbar(drawn, ax=axes, shrink=0.8, label="entropy in nats")
    axes.set(xlim=(-0.12, 1.12), ylim=(-0.1, 0.98), aspect="equal")
    axes.axis("off")
    return figure
