"""The figures of chapter 07, drawn from the chapter's functions."""

import numpy as np
from matplotlib.figure import Figure

BLUE, ORANGE, GREY, INK = "#1f4e79", "#d9822b", "#9aa5b1", "#2b2b2b"


def _points(axes, X, y, size=3.0):
    """Rows of two classes: circles and triangles."""
    for label, marker, color in ((0, "o", BLUE), (1, "^", ORANGE)):
        rows = X[y[:, 0] == label]
        axes.plot(
            rows[:, 0], rows[:, 1], marker, color=color, markersize=size, alpha=0.8, label=f"class {label}"
        )


def _plain(axes):
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)


def figure_bending(student):
    """The moon bends: the border of a 2-16-1 network with tanh after 1, 10, 100 and 1000 steps.

    300 points with noise 0.1, lr = 2. In the shaded part the score is above 0.
    """
    X, y = student.make_moons(300, 0.1, np.random.default_rng(0))
    model = student.network([2, 16, 1], np.random.default_rng(1))
    opt = student.BatchGD(model, 2.0)
    figure = Figure(figsize=(9, 2.9), layout="constrained")
    panels, done = figure.subplots(1, 4, sharey=True), 0
    for axes, steps in zip(panels, (1, 10, 100, 1000)):
        for _ in range(steps - done):
            student.train_step(model, student.bce_with_logits, opt, X, y)
        done = steps
        xx, yy, zz = student.decision_grid(model, (-1.5, 2.5), (-1.0, 1.5), 51)
        axes.contourf(xx, yy, zz, levels=[0, np.inf], colors=["#f6dfc3"])
        axes.contour(xx, yy, zz, levels=[0.0], colors=INK, linewidths=1.2)
        _points(axes, X[::3], y[::3], 2.4)
        right = student.accuracy(model.forward(X), y)
        axes.set_title(f"{steps} step{'s' * (steps > 1)}, {100 * right:.0f} % right", fontsize=9)
        axes.set_xlabel("x[n, 0]", fontsize=9)
        _plain(axes)
    panels[0].set_ylabel("x[n, 1]", fontsize=9)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return figure


def figure_curves(student):
    """What a Runner keeps: losses of training and dev rows, and the share of dev rows that are right.

    Only 20 training rows and noise 0.3: the training loss goes on falling, the dev loss turns. The vertical line
    is best_epoch.
    """
    rng = np.random.default_rng(5)
    X, y = student.make_moons(20, 0.3, rng)
    X_dev, y_dev = student.make_moons(100, 0.3, rng)
    model = student.network([2, 16, 1], rng)
    runner = student.Runner(model, student.BatchGD(model, 1.0), student.bce_with_logits, student.accuracy)
    runner.train(X, y, X_dev, y_dev, 1500)
    epochs = np.arange(1, 1501)
    figure = Figure(figsize=(8.4, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(epochs, runner.history["train_loss"], "--", color=BLUE, label="training rows")
    left.plot(epochs, runner.history["dev_loss"], color=ORANGE, label="dev rows")
    right.plot(epochs, runner.history["dev_score"], color=ORANGE, label="dev rows")
    left.set_ylabel("loss in nats", fontsize=9)
    right.set_ylabel("accuracy", fontsize=9)
    left.set_ylim(0, 1.1)
    right.set_ylim(0.4, 1.0)
    for axes in (left, right):
        axes.axvline(runner.best_epoch, color=GREY, linewidth=1)
        axes.set_xscale("log")
        axes.set_xlabel("epoch", fontsize=9)
        _plain(axes)
    left.legend(frameon=False, fontsize=9, loc="upper left")
    right.text(
        runner.best_epoch * 0.92,
        0.44,
        f"best_epoch {runner.best_epoch}",
        ha="right",
        fontsize=8,
        color="#555555",
    )
    return figure


def figure_luck(student):
    """More width needs less luck: the loss on XOR of 20 networks each with 2, 4 and 8 hidden units.

    tanh, lr = 1, 1000 steps of all four rows. The dotted line is log 2, the loss of knowing nothing.
    """
    X, y = student.make_xor()
    figure = Figure(figsize=(8.8, 3.1), layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    for axes, hidden in zip(panels, (2, 4, 8)):
        solved = 0
        for seed in range(20):
            model = student.network([2, hidden, 1], np.random.default_rng(seed))
            opt = student.BatchGD(model, 1.0)
            losses = [student.train_step(model, student.bce_with_logits, opt, X, y) for _ in range(1000)]
            good = losses[-1] < 0.05
            solved += good
            style = (
                {"color": BLUE, "linewidth": 0.8}
                if good
                else {"color": ORANGE, "linewidth": 1.6, "zorder": 3}
            )
            keep = np.unique(np.geomspace(1, 1000, 50).astype(int))
            axes.plot(keep, np.array(losses)[keep - 1], **style)
        axes.axhline(np.log(2), color=GREY, linestyle=":", linewidth=1.2)
        axes.set(xscale="log", yscale="log", ylim=(5e-4, 3))
        axes.set_title(f"2-{hidden}-1: {solved} of 20 solved", fontsize=10)
        axes.set_xlabel("step", fontsize=9)
        _plain(axes)
    panels[0].set_ylabel("loss in nats", fontsize=9)
    return figure
