"""Figures of chapter 01, drawn from a module with the chapter's functions."""

import numpy as np
from matplotlib.figure import Figure

BLUE, ORANGE, GREY, INK = "#1f4e79", "#d9822b", "#8a8a8a", "#2b2b2b"
PLUS_SIDE, MINUS_SIDE = "#c9dcee", "#ffffff"
CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def _marks(axes, X, y):
    """Points of class +1 as squares with a plus, of class -1 as circles with a minus."""
    for point, label in zip(X, y, strict=True):
        color, shape, sign = (BLUE, "s", "+") if label > 0 else (ORANGE, "o", "-")
        axes.plot(
            *point, shape, markersize=12, markerfacecolor="white", markeredgecolor=color, markeredgewidth=1.6
        )
        axes.annotate(sign.replace("-", "\u2212"), point, ha="center", va="center", fontsize=10, color=INK)


def _sides(axes, height, low, high, points=161):
    """Shade where height(points) is positive."""
    side = np.linspace(low, high, points)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    z = np.asarray(height(grid), dtype=float).reshape(len(side), -1)
    axes.contourf(side, side, z, levels=[-1e6, 0.0, 1e6], colors=[MINUS_SIDE, PLUS_SIDE])


def _line(axes, w, b, low, high, **style):
    """The points with w . x + b = 0 inside the square."""
    ends = np.array([low - 1.0, high + 1.0])
    if abs(w[1]) > abs(w[0]):
        axes.plot(ends, -(w[0] * ends + b) / w[1], **style)
    else:
        axes.plot(-(w[1] * ends + b) / w[0], ends, **style)
    axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")


def figure_moves(student):
    """The three points of the handout: the line after each of the five mistakes, the +1 side shaded.

    The thick ring marks the point that was the mistake; the dashed line is the line before it.
    """
    X, y = np.array([[1.0, 1.0], [0.0, 3.0], [1.0, 2.0]]), np.array([1, -1, 1])
    low, high = -1.5, 3.7
    w, b, panels = np.zeros(2), 0.0, []
    for n in (0, 1, 2) * 3:
        before = (w, b)
        w, b, changed = student.perceptron_step(w, b, X[n], y[n])
        if changed:
            panels.append((n, before, w, b))
    figure = Figure(figsize=(10, 2.7), layout="constrained")
    grid = figure.subplots(1, len(panels), sharey=True)
    for k, (axes, (n, (w_old, b_old), w, b)) in enumerate(zip(grid, panels, strict=True)):
        _sides(axes, lambda points, w=w, b=b: student.net_activation(points, w, b), low, high, 21)
        if w_old.any():
            _line(axes, w_old, b_old, low, high, color=GREY, linestyle="--", linewidth=1.2)
        _line(axes, w, b, low, high, color=INK, linewidth=2)
        axes.plot(*X[n], "o", markersize=21, markerfacecolor="none", markeredgecolor=INK, markeredgewidth=1.8)
        _marks(axes, X, y)
        axes.set_title(f"{k + 1}: w = [{w[0]:g}, {w[1]:g}], b = {b:g}", fontsize=9)
        axes.set_xlabel("$x_1$", fontsize=9)
        axes.tick_params(labelsize=8)
        axes.set_xticks([-1, 0, 1, 2, 3])
    grid[0].set_ylabel("$x_2$", fontsize=9)
    return figure


def figure_xor(student):
    """XOR. Left, one line that is right for three corners; no line is right for all four. Right, a network of two
    layers: the hidden units draw two lines, and the output joins their sides. Shaded: the answer is 1."""
    y = np.array([-1, 1, 1, -1])
    w, b = np.array([1.0, 1.0]), -0.5
    share = np.mean(np.asarray(student.perceptron_predict(CORNERS, w, b)) == y)
    W1, b1, w2, b2 = student.xor_two_layer()

    def network(points):
        hidden = (points @ W1 + b1 > 0).astype(float)
        return np.where(hidden @ w2 + b2 > 0, 1, -1)

    right = np.mean(network(CORNERS) == y)
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    low, high = -0.6, 1.6
    _sides(panels[0], lambda points: student.net_activation(points, w, b), low, high, 21)
    _line(panels[0], w, b, low, high, color=INK, linewidth=2)
    _sides(panels[1], network, low, high)
    for j, style in enumerate(("-", "--")):
        _line(
            panels[1],
            W1[:, j],
            b1[j],
            low,
            high,
            color=INK,
            linewidth=2,
            linestyle=style,
            label=f"hidden unit {j}",
        )
    panels[1].legend(loc="upper right", fontsize=8, framealpha=1.0, edgecolor="none")
    for axes, title in zip(
        panels, (f"one neuron: {share:.2f} right", f"two layers: {right:.2f} right"), strict=True
    ):
        for corner, label in zip(CORNERS, y, strict=True):
            color, shape = (BLUE, "s") if label > 0 else (ORANGE, "o")
            axes.plot(
                *corner,
                shape,
                markersize=14,
                markerfacecolor="white",
                markeredgecolor=color,
                markeredgewidth=1.6,
            )
            axes.annotate(str(int(label > 0)), corner, ha="center", va="center", fontsize=9, color=INK)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("$x_1$", fontsize=9)
        axes.set_xticks([0, 1])
        axes.set_yticks([0, 1])
        axes.tick_params(labelsize=8)
    panels[0].set_ylabel("$x_2$", fontsize=9)
    return figure


def figure_bound(student):
    """Updates as a share of Novikoff's bound, for 500 random sets of 100 points that keep a distance of 0.1 from the
    line that labels them. The bound is computed from that line."""
    shares = []
    for seed in range(500):
        rng = np.random.default_rng(seed)
        angle, b = rng.uniform(0, 2 * np.pi), rng.uniform(-0.5, 0.5)
        w = np.array([np.cos(angle), np.sin(angle)])
        X = rng.uniform(-1, 1, size=(600, 2))
        X = X[np.abs(X @ w + b) >= 0.1][:100]
        y = np.where(X @ w + b > 0, 1, -1)
        found = student.perceptron_fit(X, y, 200)
        shares.append(found["updates"] / student.novikoff_bound(X, y, w, b))
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.hist(shares, bins=np.arange(0, 1.0001, 0.01), color=BLUE, edgecolor="white", linewidth=0.4)
    axes.axvline(1.0, color=ORANGE, linewidth=2)
    axes.annotate(
        "the bound", (0.985, 0.9), xycoords=("data", "axes fraction"), ha="right", fontsize=9, color=INK
    )
    top = max(shares)
    axes.annotate(
        f"largest of 500: {top:.2f}",
        (top, 1),
        xytext=(top + 0.03, 0.35),
        textcoords=("data", "axes fraction"),
        arrowprops={"arrowstyle": "-", "color": GREY},
        fontsize=9,
        color=INK,
    )
    axes.set_xlim(0, 1.03)
    axes.set_xlabel("updates / bound", fontsize=9)
    axes.set_ylabel("number of sets", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    return figure
