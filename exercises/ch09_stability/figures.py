"""The figures of chapter 09, drawn from the chapter's functions."""

import numpy as np
from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, GREY, INK = "#1f4e79", "#d9822b", "#5b8c5a", "#9aa5b1", "#2b2b2b"


def _tidy(axes):
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.grid(color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)


def _moons(rng, n=200, noise=0.1):
    t = np.pi * rng.random((n, 1))
    y = np.arange(n)[:, None] % 2
    X = np.where(y == 0, np.hstack([np.cos(t), np.sin(t)]), np.hstack([1 - np.cos(t), 0.5 - np.sin(t)]))
    return X + noise * rng.normal(size=X.shape), y.astype(float)


def _cross_entropy(scores, y):
    loss = np.sum(np.logaddexp(0.0, scores) - scores * y) / len(y)
    return float(loss), (np.exp(-np.logaddexp(0.0, -scores)) - y) / len(y)


def _median_norms(student, widths, act, init, bias=0.0, runs=15):
    """Gradient norm of each layer, the median over some networks."""
    norms = []
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        X, y = _moons(rng)
        model = student.deep_mlp(widths, act, init, rng)
        for layer, name in model.parameters():
            if name == "b":
                layer.params[name] = np.full(layer.params[name].shape, bias)
        norms.append(student.gradient_norms(model, _cross_entropy, X, y))
    return np.median(norms, axis=0)


def figure_norms(student):
    """Norm of the gradient of each W, the median of 15 networks on two moons.

    Left: 10 hidden layers of 32 units. Sigmoid loses six powers of ten on the way back; relu with tiny weights has
    the same small gradient everywhere. Right: the net of NNDL's demonstration, 2-3-3-3-3-1. With weights of
    std 0.01 and biases of 1 relu loses nearly as much as sigmoid; with a proper start it loses little.
    """
    figure = Figure(figsize=(9.2, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    deep, small = [2, *[32] * 10, 1], [2, 3, 3, 3, 3, 1]
    plans = (
        (left, deep, "relu, He", "relu", "he", 0.0, BLUE, "-", "o"),
        (left, deep, "tanh, Xavier", "tanh", "xavier", 0.0, GREEN, "-", "s"),
        (left, deep, "sigmoid, Xavier", "sigmoid", "xavier", 0.0, ORANGE, "-", "^"),
        (left, deep, "relu, std 0.01", "relu", 0.01, 0.0, INK, "--", "x"),
        (right, small, "relu, He, b = 0", "relu", "he", 0.0, BLUE, "-", "o"),
        (right, small, "sigmoid, Xavier, b = 0", "sigmoid", "xavier", 0.0, ORANGE, "-", "^"),
        (right, small, "relu, std 0.01, b = 1", "relu", 0.01, 1.0, BLUE, "--", "o"),
        (right, small, "sigmoid, std 0.01, b = 1", "sigmoid", 0.01, 1.0, ORANGE, "--", "^"),
    )
    for axes, widths, label, act, init, bias, colour, line, marker in plans:
        norms = _median_norms(student, widths, act, init, bias)
        numbers = range(1, len(norms) + 1)
        axes.plot(numbers, norms, color=colour, linestyle=line, marker=marker, markersize=4, label=label)
    for axes, title in ((left, "10 hidden layers of 32 units"), (right, "4 hidden layers of 3 units")):
        axes.set_yscale("log")
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("Linear layer, from the input to the output", fontsize=9)
        axes.legend(fontsize=8, frameon=False)
        _tidy(axes)
    left.set_ylim(1e-17, 10)
    left.legend(fontsize=8, frameon=False, loc="center right", bbox_to_anchor=(1, 0.35))
    right.set_xticks([1, 2, 3, 4, 5])
    left.set_ylabel("norm of dW", fontsize=9)
    return figure


def figure_products(student):
    """The largest entry of a product of k random 4 by 4 matrices; three products for each sigma.

    sigma = 1 explodes, sigma = 0.1 vanishes. sigma = 1/sqrt(4) keeps the mean square, but the mean is carried by
    few huge products: the usual one vanishes as well.
    """
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.subplots()
    ks = [1, 2, 3, 5, 8, 12, 18, 25, 33, 42, 52, 63, 75, 88, 100]
    for sigma, label, colour, line in (
        (1.0, "sigma = 1", ORANGE, "-"),
        (0.5, "sigma = 1/2", GREEN, "--"),
        (0.1, "sigma = 0.1", BLUE, "-."),
    ):
        for seed in range(3):
            largest = [
                np.abs(student.product_of_gaussians(k, 4, sigma, np.random.default_rng(seed))).max()
                for k in ks
            ]
            axes.plot(
                ks, largest, color=colour, linestyle=line, linewidth=1.5, label=label if seed == 0 else None
            )
    axes.set_yscale("log")
    axes.set_xlabel("number of matrices k", fontsize=9)
    axes.set_ylabel("largest entry of the product", fontsize=9)
    axes.legend(fontsize=8, frameon=False, loc="lower left")
    _tidy(axes)
    return figure


def figure_dead(student):
    """Dead relu units (dark) of a 2-16-1 network on two moons, step by step of gradient descent.

    With learning rate 1 all units live. Larger steps push units to a place where they are silent for all 200
    points, and none of them comes back. Units are sorted by the time of their death.
    """
    figure = Figure(figsize=(8.4, 3.2), layout="constrained")
    for axes, lr in zip(figure.subplots(1, 3, sharey=True), (1.0, 5.0, 10.0), strict=True):
        rng = np.random.default_rng(4)
        X, y = _moons(rng)
        W1, b1, W2, b2 = rng.normal(size=(2, 16)), np.zeros(16), 0.35 * rng.normal(size=(16, 1)), np.zeros(1)
        rows = []
        for _ in range(60):
            Z = X @ W1 + b1
            A = np.maximum(Z, 0.0)
            rows.append(student.dead_units(A))
            _, dout = _cross_entropy(A @ W2 + b2, y)
            dZ = dout @ W2.T * (Z > 0)
            W2, b2 = W2 - lr * A.T @ dout, b2 - lr * dout.sum(axis=0)
            W1, b1 = W1 - lr * X.T @ dZ, b1 - lr * dZ.sum(axis=0)
        dead = np.array(rows).T
        dead = dead[np.argsort(-dead.sum(axis=1), kind="stable")]
        axes.pcolormesh(np.arange(61), np.arange(17), dead, cmap="Greys", vmin=0, vmax=1.6, rasterized=True)
        axes.set_title(f"learning rate {lr:g}\n{int(dead[:, -1].sum())} of 16 dead at the end", fontsize=10)
        axes.set_xlabel("step", fontsize=9)
        axes.set_yticks([0.5, 15.5], ["1", "16"])
        axes.tick_params(labelsize=8)
    figure.axes[0].set_ylabel("unit", fontsize=9)
    return figure


def figure_clipping(student):
    """Loss of a deep linear network (8 layers of 16 units, std 0.45, learning rate 0.05), with and without clipping.

    Without it the loss leaves the picture in the first step. Clipped to the norm 1, the same network learns, slowly.
    Below, the norm before clipping; the dotted line is the limit, and every one of these gradients was shortened.
    """
    rng = np.random.default_rng(0)
    start = [0.45 * rng.normal(size=(16, 16)) for _ in range(8)]
    X, Y = rng.normal(size=(32, 16)), rng.normal(size=(32, 16))
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    for label, max_norm, colour, line in (
        ("not clipped", np.inf, ORANGE, "--"),
        ("norm at most 1", 1.0, BLUE, "-"),
    ):
        Ws, losses, norms = start, [], []
        for _ in range(200):
            hs = [X]
            for W in Ws:
                hs.append(hs[-1] @ W)
            d = 2 * (hs[-1] - Y) / len(X)
            losses.append(np.sum((hs[-1] - Y) ** 2) / len(X))
            grads = []
            for h, W in zip(hs[-2::-1], Ws[::-1], strict=True):
                grads.insert(0, h.T @ d)
                d = d @ W.T
            clipped, total = student.clip_by_norm(grads, max_norm)
            norms.append(total)
            if losses[-1] > 1e30:
                break
            Ws = [W - 0.05 * g for W, g in zip(Ws, clipped, strict=True)]
        above.plot(losses, color=colour, linestyle=line, linewidth=2, label=label)
        below.plot(norms, color=colour, linestyle=line, linewidth=2, label=label)
    above.set_ylabel("loss", fontsize=9)
    below.set_ylabel("norm before clipping", fontsize=9)
    below.axhline(1.0, color=INK, linewidth=1, linestyle=":")
    below.set_xlabel("step", fontsize=9)
    above.legend(fontsize=8, frameon=False, loc="upper right")
    for axes, top in ((above, 1e8), (below, 1e8)):
        axes.set_yscale("log")
        axes.set_ylim(1e-1, top)
        _tidy(axes)
    return figure
