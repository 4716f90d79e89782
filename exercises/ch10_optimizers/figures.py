"""The figures of chapter 10, drawn from the chapter's functions."""

import numpy as np
from matplotlib.figure import Figure

BLUE, ORANGE, GREY, INK = "#1f4e79", "#d9822b", "#9aa5b1", "#2b2b2b"


def _tidy(axes):
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.grid(color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)


class _Weights:
    """A model with one parameter W."""

    def __init__(self, W):
        self.params, self.grads = {"W": np.array(W, dtype=float)}, {"W": np.zeros(np.shape(W))}

    def parameters(self):
        yield self, "W"


def _path(make, curvature, begin, steps):
    """Where an optimizer goes in the bowl sum(curvature * w^2) / 2."""
    model = _Weights(begin)
    opt = make(model)
    path = [model.params["W"].copy()]
    for _ in range(steps):
        model.grads["W"][...] = curvature * model.params["W"]
        opt.step()
        path.append(model.params["W"].copy())
    return np.array(path)


def figure_ravine(student):
    """A ravine, 30 times steeper across than along, and two paths of 40 steps with the same learning rate.

    Above: plain descent; from lr = 2/30 on it would climb out across, so it stays slow along. Below: momentum; pushes
    across cancel, pushes along add up. Right: the loss by step, logarithmic.
    """
    curvature, begin, steps = np.array([1.0, 30.0]), [-9.0, 1.6], 40
    paths = {
        "SGD": (_path(lambda m: student.SGD(m, lr=0.06), curvature, begin, steps), BLUE, "o"),
        "Momentum": (
            _path(lambda m: student.Momentum(m, lr=0.06, rho=0.7), curvature, begin, steps),
            ORANGE,
            "s",
        ),
    }
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=[1.5, 1])
    first, second, right = (figure.add_subplot(grid[place]) for place in ((0, 0), (1, 0), (slice(None), 1)))
    u, v = np.meshgrid(np.linspace(-10, 3, 131), np.linspace(-2, 2, 81))
    height = (curvature[0] * u**2 + curvature[1] * v**2) / 2
    names = {"SGD": "SGD, lr = 0.06", "Momentum": "Momentum, lr = 0.06, rho = 0.7"}
    for axes, (name, (path, colour, marker)) in zip((first, second), paths.items(), strict=True):
        axes.contour(u, v, height, levels=[0.5, 2, 5, 10, 20, 35, 55], colors=GREY, linewidths=0.7)
        axes.plot(path[:, 0], path[:, 1], color=colour, marker=marker, markersize=3, linewidth=1.2)
        axes.plot(0, 0, "+", color=INK, markersize=9)
        axes.set_title(names[name], fontsize=9)
        axes.set_ylabel("$w_2$", fontsize=9)
        axes.set_xlim(-10, 3)
        axes.tick_params(labelsize=8)
        loss = (curvature * path**2).sum(axis=1) / 2
        right.plot(loss, color=colour, marker=marker, markersize=3, linewidth=1.2, label=name)
    second.set_xlabel("$w_1$", fontsize=9)
    right.set_yscale("log")
    right.set_xlabel("step", fontsize=9)
    right.set_ylabel("loss", fontsize=9)
    right.legend(fontsize=8, frameon=False)
    _tidy(right)
    return figure


def figure_batches(student):
    """The gradient at one point, as each batch of an epoch sees it: batches of 1, of 16, and all 160 rows.

    A straight line is fitted to 160 noisy points; the arrows are the directions of the steps, minus the gradient
    for slope and intercept, on one scale. Larger batches agree better, and cost more for each step.
    """
    rng = np.random.default_rng(1)
    x = rng.normal(size=160)
    y = 1.5 * x + 0.5 + rng.normal(size=160)
    dataset = student.ArrayDataset(np.stack([x, np.ones(160)], axis=1), y)
    w = np.zeros(2)
    figure = Figure(figsize=(9, 3.3), layout="constrained")
    panels = figure.subplots(1, 3, sharex=True, sharey=True)
    for axes, size, colour in zip(panels, (1, 16, 160), (GREY, BLUE, ORANGE), strict=True):
        loader = student.DataLoader(dataset, size, shuffle=True, rng=np.random.default_rng(2))
        steps = np.array([-(rows.T @ (rows @ w - targets)) / len(targets) for rows, targets in loader])
        zero = np.zeros(len(steps))
        scale = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.006}
        axes.quiver(zero, zero, steps[:, 0], steps[:, 1], color=colour, **scale)
        axes.plot(0, 0, "o", color=INK, markersize=4)
        word = "step" if len(steps) == 1 else "steps"
        axes.set_title(f"B = {size}: {len(steps)} {word} in an epoch", fontsize=10)
        axes.set_xlim(-3, 12)
        axes.set_ylim(-6, 6)
        axes.set_xlabel("slope", fontsize=9)
        _tidy(axes)
    panels[0].set_ylabel("intercept", fontsize=9)
    return figure


def figure_iris(student):
    """Iris, 90 rows to train on, batches of 16. Left: the loss of each step and of each epoch. Right: 30 dev rows.

    The loss of a step jumps with its batch, the loss of the epoch does not. With 30 rows the accuracy moves in
    jumps of 1/30 and ties for many epochs; the dev loss still tells them apart. Dotted: the epoch that is kept.
    """
    runner, train, dev, _ = student.iris_pipeline(np.random.default_rng(24))
    runner.train(train, dev, 100)
    history = runner.history
    epochs = np.arange(1, 101)
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    steps = len(history["step_loss"]) // 100
    left.plot(
        1 + np.arange(len(history["step_loss"])),
        history["step_loss"],
        color=GREY,
        linewidth=0.8,
        label="loss of a step",
    )
    left.plot(
        epochs * steps,
        history["epoch_loss"],
        color=BLUE,
        linewidth=2,
        label="loss of the epoch, mean over rows",
    )
    left.set_xlabel("step", fontsize=9)
    left.set_ylabel("training loss", fontsize=9)
    left.set_ylim(bottom=0)
    left.legend(fontsize=8, frameon=False)
    right.plot(epochs, history["dev_score"], color=ORANGE, linewidth=2, label="dev accuracy")
    right.plot(epochs, history["dev_loss"], color=BLUE, linewidth=2, linestyle="--", label="dev loss")
    right.axvline(runner.best_epoch, color=INK, linewidth=1, linestyle=":", label="lowest dev loss")
    right.set_xlabel("epoch", fontsize=9)
    right.set_ylim(0, 1.15)
    right.legend(fontsize=8, frameon=False, loc="center right", bbox_to_anchor=(1.0, 0.6))
    _tidy(left)
    _tidy(right)
    return figure
