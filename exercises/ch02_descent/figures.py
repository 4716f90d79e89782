"""Figures of chapter 02, drawn from a module with the chapter's functions."""

import numpy as np
from matplotlib.figure import Figure

BLUE, ORANGE, GREY, INK = "#1f4e79", "#d9822b", "#8a8a8a", "#2b2b2b"
W_RANGE, B_RANGE = (-1.6, 4.6), (-2.6, 3.6)


def _rows():
    """Twenty rows of y = 2x - 0.5 with noise; as x is not centred, the contour lines are tilted ellipses."""
    rng = np.random.default_rng(3)
    x = rng.uniform(-0.7, 1.7, size=20)
    return x[:, None], 2 * x - 0.5 + 0.9 * rng.normal(size=20)


def _loss_table(student, X, y, w, b):
    return np.array([[student.linreg_loss_grad(X, y, np.array([u]), float(v))[0] for u in w] for v in b])


def _gradient(student, X, y):
    """Gradient of the loss for the pair (w, b) as one array."""

    def grad(place):
        _, dw, db = student.linreg_loss_grad(X, y, place[:1], float(place[1]))
        return np.array([dw[0], db])

    return grad


def _contours(axes, w, b, loss):
    axes.contour(
        w,
        b,
        loss,
        levels=loss.min() + np.array([0.1, 0.5, 1.5, 3, 5, 8, 12, 17, 23]),
        colors=GREY,
        linewidths=0.8,
    )
    axes.set_xlabel("w", fontsize=9)
    axes.tick_params(labelsize=8)


def figure_surface(student):
    """The loss of a line for every choice of w and b, and gradient descent on it: from the side and from above.

    From above: along the tangent (dashed) the loss stays, along the gradient (arrow) it grows, and the walk
    goes the other way.
    """
    X, y = _rows()
    w, b = np.linspace(*W_RANGE, 61), np.linspace(*B_RANGE, 61)
    loss = _loss_table(student, X, y, w, b)
    grad = _gradient(student, X, y)
    path = student.gd(grad, np.array([-0.5, 2.3]), 0.12, 40)
    heights = [student.linreg_loss_grad(X, y, p[:1], float(p[1]))[0] for p in path]
    figure = Figure(figsize=(9, 4), layout="constrained")
    side = figure.add_subplot(1, 2, 1, projection="3d")
    side.plot_surface(*np.meshgrid(w, b), loss, cmap="Blues", alpha=0.75, rcount=12, ccount=12, linewidth=0)
    side.plot(path[:, 0], path[:, 1], np.array(heights) + 0.6, "o-", color=ORANGE, markersize=3, zorder=10)
    side.set_xlabel("w", fontsize=9)
    side.set_ylabel("b", fontsize=9)
    side.set_zlabel("loss", fontsize=9)
    side.tick_params(labelsize=7)
    side.view_init(elev=38, azim=-58)
    above = figure.add_subplot(1, 2, 2)
    _contours(above, w, b, loss)
    above.set_ylabel("b", fontsize=9)
    above.plot(path[:, 0], path[:, 1], "o-", color=ORANGE, markersize=3.5, label="gradient descent")
    here = path[0]
    up = grad(here)
    along = student.contour_tangent(up)
    up = 0.8 * up / np.linalg.norm(up)
    above.annotate("", here + up, here, arrowprops={"arrowstyle": "->", "color": BLUE, "linewidth": 2})
    above.plot([], [], "-", color=BLUE, linewidth=2, label="gradient (direction)")
    ends = np.array([here - 0.9 * along, here + 0.9 * along])
    above.plot(ends[:, 0], ends[:, 1], "--", color=INK, linewidth=1.4, label="tangent of the contour line")
    above.set(xlim=W_RANGE, ylim=B_RANGE, aspect="equal")
    above.legend(loc="lower right", fontsize=8, framealpha=1.0, edgecolor="none")
    return figure


def figure_paths(student):
    """Three walks with the same learning rate through the same 20 rows, ten epochs each: all rows for a step
    (10 steps), five rows (40 steps), one row (200 steps). The cross is the lowest place.
    """
    X, y = _rows()
    w, b = np.linspace(*W_RANGE, 49), np.linspace(*B_RANGE, 49)
    loss = _loss_table(student, X, y, w, b)
    best = np.linalg.lstsq(np.hstack([X, np.ones_like(X)]), y, rcond=None)[0]
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    for axes, size in zip(panels, (20, 5, 1), strict=True):
        rng = np.random.default_rng(1)
        place = np.array([-1.0, 2.8])
        path = [place]
        for _ in range(10):
            for rows in student.minibatches(len(X), size, rng):
                place = place - 0.12 * _gradient(student, X[rows], y[rows])(place)
                path.append(place)
        path = np.array(path)
        _contours(axes, w, b, loss)
        axes.plot(path[:, 0], path[:, 1], "o-", color=ORANGE, markersize=2.5, linewidth=1)
        axes.plot(*best, "x", color=INK, markersize=9, markeredgewidth=2)
        what = {20: "all rows", 5: "five rows", 1: "one row"}[size]
        axes.set_title(f"{what}: {len(path) - 1} steps", fontsize=10)
        axes.set(xlim=W_RANGE, ylim=B_RANGE, aspect="equal")
    panels[0].set_ylabel("b", fontsize=9)
    return figure


def figure_rates(student):
    """The three data x = 1, 2, 3 and y = 2x: the loss after each step of gradient descent from w = 1, by learning
    rate. Above 2 / (28/3) = 0.214 every step overshoots by more than it repairs.
    """
    x = np.array([1.0, 2.0, 3.0])
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    for lr, color, marker, what in (
        (0.01, GREY, "s", "too small"),
        (0.05, BLUE, "o", "right"),
        (0.2, ORANGE, "^", "swings"),
        (0.22, INK, "v", "too large"),
    ):
        history = student.gd(lambda w: student.mse_1d_grad(float(w), x, 2 * x), 1.0, lr, 24)
        losses = [student.mse_1d(float(w), x, 2 * x) for w in history]
        axes.semilogy(
            losses, color=color, marker=marker, markersize=4, linewidth=1.4, label=f"lr = {lr}: {what}"
        )
    axes.set_ylim(1e-9, 1e3)
    axes.set_xlabel("step", fontsize=9)
    axes.set_ylabel("loss", fontsize=9)
    axes.tick_params(labelsize=8)
    axes.legend(loc="lower left", fontsize=9, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def figure_convex(student):
    """One datum with target 1, from w = -6 to 6. Left, the squared error of a linear model: every chord lies above
    the curve. Right, the squared error after a sigmoid: in the middle (diamond) the long chord lies above the
    curve as well, further left it does not, and the short chord lies below the curve all along.
    """
    w = np.linspace(-6, 6, 121)
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    panels = figure.subplots(1, 2)
    curves = (
        ("(w - 1)**2", lambda v: (v - 1) ** 2, (-5.0, 2.0)),
        ("(sigmoid(w) - 1)**2", lambda v: (1 / (1 + np.exp(-v)) - 1) ** 2, (-5.0, -0.5)),
    )
    for axes, (name, f, short) in zip(panels, curves, strict=True):
        verdict = student.is_convex_on(f, -6.0, 6.0)
        axes.plot(w, f(w), color=BLUE, linewidth=2, label="loss")
        axes.plot([-6, 6], [f(-6.0), f(6.0)], "o--", color=GREY, markersize=4, label="chord from end to end")
        axes.plot(0, (f(-6.0) + f(6.0)) / 2, "D", color=GREY, markersize=6, label="its middle")
        axes.plot(
            short, [f(short[0]), f(short[1])], "s-", color=ORANGE, markersize=4, label="a shorter chord"
        )
        axes.set_title(f"{name}: {'convex' if verdict else 'not convex'}", fontsize=10)
        axes.set_ylim(top=1.4 * f(-6.0))
        axes.set_xlabel("w", fontsize=9)
        axes.tick_params(labelsize=8)
        axes.legend(loc="upper right", fontsize=8, frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("loss", fontsize=9)
    return figure
