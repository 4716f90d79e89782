"""The figures of chapter 12, drawn from the chapter's functions."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, GREY, INK = "#1f4e79", "#d9822b", "#6a9f58", "#9aa5b1", "#2b2b2b"


def _tidy(axes):
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.grid(color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)


def figure_decay(student):
    """20 rows, 200 weights: loss by epoch without and with weight decay, and the length of the weights.

    Without decay (left) the training loss falls to nothing and the test loss stays where it was: learned by heart. With
    lam = 3 (middle) the training loss ends higher and the test loss follows it down. Right: the length of w.
    """
    rng = np.random.default_rng(0)
    X, X_test = rng.normal(size=(20, 200)), rng.normal(size=(100, 200))
    y, y_test = (x @ np.full(200, 0.01) + 0.05 + 0.01 * rng.normal(size=len(x)) for x in (X, X_test))
    begin = rng.normal(size=200)
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    middle.sharey(left)
    for axes, lam, colour, line in ((left, 0.0, ORANGE, "--"), (middle, 3.0, BLUE, "-")):
        w, b, seen = begin.copy(), np.zeros(1), []
        for _ in range(100):
            errors = [np.mean((x @ w + b - t) ** 2) / 2 for x, t in ((X, y), (X_test, y_test))]
            seen.append([*errors, np.linalg.norm(w)])
            for rows in rng.permutation(20).reshape(4, 5):
                error = X[rows] @ w + b - y[rows]
                w = student.sgd_decay_step(w, X[rows].T @ error / 5, 0.003, lam)
                b = b - 0.003 * error.mean()
        train, test, length = np.transpose(seen)
        axes.plot(train, color=INK, linewidth=1.4, linestyle=":", label="20 training rows")
        axes.plot(test, color=colour, linewidth=2, linestyle=line, label="100 test rows")
        axes.set_yscale("log")
        axes.set_title(f"lam = {lam:g}", fontsize=10)
        axes.legend(fontsize=8, frameon=False, loc="lower left")
        right.plot(length, color=colour, linewidth=2, linestyle=line, label=f"lam = {lam:g}")
    left.set_ylabel("loss", fontsize=9)
    right.set_title("length of w", fontsize=10)
    right.set_ylim(bottom=0)
    right.legend(fontsize=8, frameon=False, loc="upper right", bbox_to_anchor=(1.0, 0.82))
    for axes in (left, middle, right):
        axes.set_xlabel("epoch", fontsize=9)
        _tidy(axes)
    return figure


def figure_balls(student):
    """The best weights on a budget. Grey: lines of equal loss of a model with two weights; dots: the minimum of loss and
    penalty for growing lam, from the cross towards zero.

    Left: L2, computed by ridge_fit. The balls are round, so both weights shrink and none vanishes. Right: L1, computed by
    soft_threshold. The balls have corners on the axes, and there a weight is exactly zero.
    """
    X, y = np.array([[1.0, 0.55], [0.0, 0.85]]) * 2**0.5, np.array([1.35, 0.5]) * 2**0.5
    best = np.linalg.solve(X, y)
    lams = np.geomspace(0.02, 2.5, 18)
    round_path = np.array([student.ridge_fit(X, y, float(lam)) for lam in lams])
    sharp_path = []
    for lam in lams:
        w = best.copy()
        for _ in range(400):
            w = student.soft_threshold(w - 0.5 * X.T @ (X @ w - y) / 2, 0.5 * float(lam))
        sharp_path.append(w)
    u, v = np.meshgrid(np.linspace(-0.6, 1.7, 160), np.linspace(-0.6, 1.25, 140))
    loss = sum((row[0] * u + row[1] * v - t) ** 2 for row, t in zip(X, y, strict=True)) / 4
    angle = np.linspace(0, 2 * np.pi, 200)
    figure = Figure(figsize=(9, 3.9), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, path, colour, name in (
        (panels[0], round_path, BLUE, "L2: lam/2 times the sum of squares"),
        (panels[1], np.array(sharp_path), ORANGE, "L1: lam times the sum of absolute values"),
    ):
        axes.contour(u, v, loss, levels=[0.01, 0.05, 0.13, 0.27, 0.5, 0.85], colors=GREY, linewidths=0.8)
        for w in path[[6, 10, 13]]:
            if colour == BLUE:
                axes.plot(*np.hypot(*w) * np.array([np.cos(angle), np.sin(angle)]), color=INK, linewidth=0.8)
            else:
                size = np.abs(w).sum()
                axes.plot([size, 0, -size, 0, size], [0, size, 0, -size, 0], color=INK, linewidth=0.8)
        axes.plot(path[:, 0], path[:, 1], color=colour, linewidth=1.4, marker="o", markersize=4)
        axes.plot(*best, "x", color=INK, markersize=8)
        axes.axhline(0, color=INK, linewidth=0.6)
        axes.axvline(0, color=INK, linewidth=0.6)
        axes.set_title(name, fontsize=10)
        axes.set_xlabel("$w_1$", fontsize=9)
        axes.set_xlim(-0.6, 1.7)
        axes.set_ylim(-0.6, 1.25)
        axes.set_aspect("equal")
        _tidy(axes)
    panels[0].set_ylabel("$w_2$", fontsize=9)
    return figure


def figure_thinned(student):
    """One network, and what three forward passes in training make of it: dropout with p = 0.4 on the five hidden units.

    Units that were drawn are gone with all their connections, for this pass and for its backward. The others count
    1 / (1 - p) = 1.67 times.
    """
    rng = np.random.default_rng(101)
    masks = [np.ones(5)]
    while len(masks) < 4:
        _, mask = student.dropout_forward(np.ones((1, 5)), 0.4, rng)
        if 1 <= np.count_nonzero(mask) <= 4:
            masks.append(mask[0])
    figure = Figure(figsize=(9, 2.9), layout="constrained")
    panels = figure.subplots(1, 4)
    for number, (axes, mask) in enumerate(zip(panels, masks, strict=True)):
        layers = [
            [(i - 1.5, 0) for i in range(4)],
            [(i - 2.0, 1) for i in range(5)],
            [(i - 1.0, 2) for i in range(3)],
        ]
        alive = [np.ones(4), mask, np.ones(3)]
        for below in range(2):
            for i, (x0, y0) in enumerate(layers[below]):
                for j, (x1, y1) in enumerate(layers[below + 1]):
                    if alive[below][i] and alive[below + 1][j]:
                        axes.plot([x0, x1], [y0, y1], color=GREY, linewidth=0.7, zorder=1)
        for level, row in enumerate(layers):
            for i, (x, y) in enumerate(row):
                on = alive[level][i] > 0
                face = (BLUE if level == 1 else "#ffffff") if on else "#ffffff"
                axes.scatter(
                    x,
                    y,
                    s=190,
                    color=face,
                    edgecolors=INK if on else GREY,
                    linestyles="-" if on else ":",
                    zorder=2,
                )
                ink = "#ffffff" if level == 1 and on else INK if on else GREY
                name = f"{'xho'[level]}$_{i + 1}$"
                axes.text(x, y, name, ha="center", va="center", fontsize=7.5, color=ink, zorder=3)
        axes.set_title("the network" if number == 0 else f"forward {number}", fontsize=10)
        axes.set_xlim(-2.5, 2.5)
        axes.set_ylim(-0.35, 2.35)
        axes.axis("off")
    return figure


def _digits(rng):
    """400 digits to train on, 40 % of them with a random label; 300 such digits as dev set; 1000 clean test digits."""
    with np.load(Path(__file__).resolve().parents[1] / "data" / "digits.npz") as data:
        X, y = data["pixels"].reshape(-1, 64) / 16, data["y"].astype(np.int64)
    order = rng.permutation(len(X))
    labels = np.where(rng.random(len(X)) < 0.4, rng.integers(0, 10, size=len(X)), y)
    fit, dev, test = order[:400], order[400:700], order[700:1700]
    return (X[fit], labels[fit]), (X[dev], labels[dev]), (X[test], y[test])


def _loss(model, X, y):
    """Mean loss of softmax scores and its gradient, accuracy."""
    scores = model.forward(X)
    shifted = scores - scores.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(y))
    dscores = np.exp(logs)
    dscores[rows, y] -= 1
    return -logs[rows, y].mean(), dscores / len(y), np.mean(scores.argmax(axis=1) == y)


def _train(student, sets, p, lam, steps=150):
    """Full-batch training with momentum; train accuracy, dev loss and test accuracy after each step."""
    model = student.noisy_network([64, 64, 10], p, np.random.default_rng(1))
    speed, seen = {}, []
    for _ in range(steps):
        model.train()
        model.zero_grad()
        model.backward(_loss(model, *sets[0])[1])
        student.add_weight_decay(model, lam)
        for layer, name in model.parameters():
            key = id(layer), name
            speed[key] = 0.9 * speed.get(key, 0.0) + 0.5 * layer.grads[name]
            layer.params[name] -= speed[key]
        model.eval()
        seen.append([_loss(model, *sets[0])[2], _loss(model, *sets[1])[0], _loss(model, *sets[2])[2]])
    return np.array(seen)


def figure_labels(student):
    """400 digits, 40 % of them with a random label. Left: how many of these labels, wrong ones included, the network
    repeats. Middle: how many of 1000 clean digits it has right. Right: the dev loss without decay and dropout.

    Without help the network learns the wrong labels by heart, and forgets what it knew. Right: the epoch whose model
    early stopping keeps, and the one in which it says stop, with a patience of 20.
    """
    sets = _digits(np.random.default_rng(3))
    runs = {
        "plain": (_train(student, sets, 0.0, 0.0), INK, ":"),
        "dropout, p = 0.5": (_train(student, sets, 0.5, 0.0), ORANGE, "--"),
        "weight decay, lam = 0.01": (_train(student, sets, 0.0, 0.01), BLUE, "-"),
    }
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    epochs = np.arange(1, 151)
    for name, (seen, colour, line) in runs.items():
        for axes, column in ((left, 0), (middle, 2)):
            axes.plot(epochs, seen[:, column], color=colour, linewidth=1.8, linestyle=line, label=name)
            axes.set_ylim(0, 1.02)
    left.set_title("accuracy on the given labels", fontsize=10)
    middle.set_title("accuracy on clean digits", fontsize=10)
    middle.legend(fontsize=8, frameon=False, loc="lower right")
    watch = student.EarlyStopping(patience=20)
    dev = runs["plain"][0][:, 1]
    stopped = next((epoch for epoch, value in enumerate(dev, 1) if watch.update(float(value))), len(dev))
    right.plot(epochs, dev, color=INK, linewidth=1.8, label="dev loss, plain")
    right.axvline(
        watch.best_epoch, color=GREEN, linewidth=1.6, linestyle="-", label=f"best: epoch {watch.best_epoch}"
    )
    right.axvline(stopped, color=GREY, linewidth=1.6, linestyle="--", label=f"stop: epoch {stopped}")
    right.set_title("early stopping", fontsize=10)
    right.set_ylim(bottom=0)
    right.legend(fontsize=8, frameon=False, loc="lower right")
    for axes in (left, middle, right):
        axes.set_xlabel("epoch", fontsize=9)
        _tidy(axes)
    return figure


def figure_band(student):
    """MC dropout: a network that has seen the dots only, and how far 200 predictions with dropout differ.

    Band: mean plus and minus two standard deviations. It is narrow where there were rows, wide in the gap and outside;
    but outside it is not wide enough for the truth, which is dashed.
    """
    rng = np.random.default_rng(2)
    x = np.concatenate([rng.uniform(-2.2, -0.6, size=30), rng.uniform(0.9, 2.2, size=30)])[:, None]
    y = np.sin(2 * x) + 0.1 * rng.normal(size=x.shape)
    model = student.noisy_network([1, 64, 64, 1], 0.1, np.random.default_rng(4))
    m, v = {}, {}
    for step in range(1, 2501):  # Adam of chapter 10
        model.zero_grad()
        model.backward((model.forward(x) - y) / len(x))
        for layer, name in model.parameters():
            g, key = layer.grads[name], (id(layer), name)
            m[key] = 0.9 * m.get(key, 0.0) + 0.1 * g
            v[key] = 0.999 * v.get(key, 0.0) + 0.001 * g * g
            slope = m[key] / (1 - 0.9**step)
            layer.params[name] -= 0.003 * slope / (np.sqrt(v[key] / (1 - 0.999**step)) + 1e-8)
    model.eval()
    grid = np.linspace(-4, 4, 161)[:, None]
    mean, std = student.mc_predict(model, grid, 200)
    figure = Figure(figsize=(9, 3.3), layout="constrained")
    axes = figure.subplots()
    low, high = (mean + sign * 2 * std for sign in (-1, 1))
    axes.fill_between(grid[:, 0], low[:, 0], high[:, 0], color=BLUE, alpha=0.22, linewidth=0, label="± 2 std")
    axes.plot(grid, mean, color=BLUE, linewidth=2, label="mean of 200 passes")
    axes.plot(grid, np.sin(2 * grid), color=INK, linewidth=1, linestyle="--", label="sin(2x)")
    axes.plot(x, y, "o", color=ORANGE, markersize=4, label="60 training rows")
    axes.set_xlabel("x", fontsize=9)
    axes.set_ylabel("y", fontsize=9)
    axes.legend(fontsize=8, frameon=False, ncols=2, loc="upper center")
    _tidy(axes)
    return figure
