"""The figures of chapter 06, drawn from the chapter's functions and layers."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

BLUE, ORANGE, GREY, INK = "#1f4e79", "#d9822b", "#9aa5b1", "#2b2b2b"
PALE_BLUE, PALE_ORANGE = "#d5e3f0", "#f0b877"


def _matrix(axes, x, y, shape, name, color):
    """A matrix of unit cells, centred at height y, with its name above and its shape below; returns its right edge."""
    rows, columns = shape if len(shape) == 2 else (1, shape[0])
    top = y + rows / 2
    for i in range(rows):
        for j in range(columns):
            axes.add_patch(
                Rectangle((x + j, top - i - 1), 1, 1, facecolor=color, edgecolor="white", linewidth=1)
            )
    axes.add_patch(Rectangle((x, top - rows), columns, rows, fill=False, edgecolor=INK, linewidth=1))
    text = f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
    axes.text(x + columns / 2, top + 0.25, name, ha="center", va="bottom", fontsize=11, color=INK)
    axes.text(x + columns / 2, top - rows - 0.25, text, ha="center", va="top", fontsize=8, color="#555555")
    return x + columns


def _sign(axes, x, y, text):
    """A sign between two matrices; returns where the next matrix begins."""
    axes.text(x + 0.9, y, text, ha="center", va="center", fontsize=18 if text == "·" else 12, color=INK)
    return x + 1.8


def figure_shapes(student):
    """The matrices of one linear layer, N = 5, D_in = 3, D_out = 2. Pale blue: values; orange: gradients.

    dZ, the gradient that arrives from above, is called dout in the code.
    """
    X, W, b = np.ones((5, 3)), np.ones((3, 2)), np.ones(2)
    Z = student.linear_forward(X, W, b)
    dX, dW, db = student.linear_backward(np.ones_like(Z), X, W)
    figure = Figure(figsize=(8.6, 5.0), layout="constrained")
    axes = figure.subplots()
    B, O = PALE_BLUE, PALE_ORANGE
    equations = [
        (1, 13, [(Z, "Z", B), "=", (X, "X", B), "·", (W, "W", B), "+", (b, "b", B)]),
        (20, 13, [(db, "db", O), "= column sums of", (Z, "dZ", O)]),
        (1, 3.5, [(dX, "dX", O), "=", (Z, "dZ", O), "·", (W.T, "Wᵀ", B)]),
        (20, 3.5, [(dW, "dW", O), "=", (X.T, "Xᵀ", B), "·", (Z, "dZ", O)]),
    ]
    for x, y, parts in equations:
        for part in parts:
            if isinstance(part, str):
                if len(part) > 1:
                    axes.text(x + 2.9, y, part, ha="center", va="center", fontsize=9, color=INK)
                    x += 5.8
                else:
                    x = _sign(axes, x, y, part)
            else:
                array, name, color = part
                x = _matrix(axes, x, y, np.shape(array), name, color)
    axes.text(1, 17.6, "forward", fontsize=10, color=BLUE, fontweight="bold")
    axes.text(20, 17.6, "backward", fontsize=10, color=ORANGE, fontweight="bold")
    axes.text(1, 8.3, "backward", fontsize=10, color=ORANGE, fontweight="bold")
    axes.text(20, 8.3, "backward", fontsize=10, color=ORANGE, fontweight="bold")
    axes.set(xlim=(0, 36), ylim=(-0.6, 18.6), aspect="equal")
    axes.axis("off")
    return figure


def figure_histograms(student):
    """Outputs of five Tanh layers of width 100 and the gradients that arrive there, for two scales of W.

    The numbers are standard deviations. With weights of half the size both signals halve at every layer.
    """
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    grid = figure.subplots(2, 5, sharex="row")
    x = np.random.default_rng(0).normal(size=(200, 100))
    top = np.random.default_rng(1).normal(size=(200, 100))
    styles = (
        ("xavier", "W with std 0.1 (Xavier)", {"histtype": "stepfilled", "color": "#a9c4de"}, BLUE, 0.9),
        (0.05, "W with std 0.05", {"histtype": "step", "color": ORANGE, "linewidth": 1.6}, ORANGE, 0.78),
    )
    for init, label, style, color, height in styles:
        rng = np.random.default_rng(2)
        linears = [student.Linear(100, 100, rng, init=init) for _ in range(5)]
        tanhs = [student.Tanh() for _ in range(5)]
        outputs, gradients, h, d = [], [], x, top
        for linear, tanh in zip(linears, tanhs, strict=True):
            h = tanh.forward(linear.forward(h))
            outputs.append(h)
        for linear, tanh in zip(reversed(linears), reversed(tanhs), strict=True):
            gradients.insert(0, d)
            d = linear.backward(tanh.backward(d))
        for row, (arrays, edge) in enumerate(((outputs, 1.0), (gradients, 3.5))):
            for axes, values in zip(grid[row], arrays, strict=True):
                bins = np.linspace(-edge, edge, 31)
                axes.hist(np.clip(values, -edge, edge).ravel(), bins=bins, label=label, **style)
                axes.text(
                    0.03,
                    height,
                    f"{values.std():.2f}",
                    transform=axes.transAxes,
                    fontsize=8,
                    color=color,
                    fontweight="bold",
                )
    for k, axes in enumerate(grid[0]):
        axes.set_title(f"layer {k + 1}", fontsize=10)
    for axes in grid.ravel():
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.set_yticks([])
        axes.set_ylim(0, 1.4 * axes.get_ylim()[1])
        axes.tick_params(labelsize=8)
    grid[0, 0].set_ylabel("output", fontsize=9)
    grid[1, 0].set_ylabel("gradient", fontsize=9)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return figure


def _moons(n, rng):
    """Two half circles of n points each, slightly noisy, and their classes as (2 n, 1)."""
    t = np.linspace(0, np.pi, n)
    upper, lower = np.c_[np.cos(t), np.sin(t)], np.c_[1 - np.cos(t), 0.5 - np.sin(t)]
    points = np.concatenate([upper, lower]) + 0.1 * rng.normal(size=(2 * n, 2))
    return points, np.repeat([[0.0], [1.0]], n, axis=0)


def figure_features(student):
    """What a hidden layer is for: the two moons as they come in, and as the last hidden layer hands them on.

    A trained 2-8-2-1 network. The line is the same border in both pictures; on the right it is straight.
    """
    rng = np.random.default_rng(3)
    x, y = _moons(100, rng)
    hidden = student.Sequential(
        student.Linear(2, 8, rng), student.Tanh(), student.Linear(8, 2, rng), student.Tanh()
    )
    last = student.Linear(2, 1, rng)
    model = student.Sequential(hidden, last)
    for _ in range(3000):
        p = 1 / (1 + np.exp(-model.forward(x)))
        model.backward((p - y) / len(x))
        for layer, name in model.parameters():
            layer.params[name] = layer.params[name] - 0.5 * layer.grads[name]
        model.zero_grad()
    right = int(np.sum((model.forward(x) > 0) == (y > 0.5)))
    features = hidden.forward(x)
    figure = Figure(figsize=(8.4, 3.9), layout="constrained")
    before, after = figure.subplots(1, 2)
    for axes, places in ((before, x), (after, features)):
        for label, marker, color in ((0, "o", BLUE), (1, "^", ORANGE)):
            chosen = places[y[:, 0] == label]
            axes.plot(*chosen.T, marker, color=color, markersize=4, label=f"class {label}", alpha=0.85)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
    across, up = np.meshgrid(np.linspace(-1.6, 2.6, 121), np.linspace(-1.0, 1.5, 101))
    scores = model.forward(np.c_[across.ravel(), up.ravel()]).reshape(across.shape)
    before.contour(across, up, scores, levels=[0.0], colors=INK, linewidths=1.2)
    across, up = np.meshgrid(np.linspace(-1.15, 1.15, 61), np.linspace(-1.15, 1.15, 61))
    scores = last.forward(np.c_[across.ravel(), up.ravel()]).reshape(across.shape)
    after.contour(across, up, scores, levels=[0.0], colors=INK, linewidths=1.2)
    before.set_title(f"the input, {right} of {len(x)} on the right side", fontsize=10)
    after.set_title("the output of the last hidden layer", fontsize=10)
    before.set_xlabel("x[n, 0]", fontsize=9)
    before.set_ylabel("x[n, 1]", fontsize=9)
    after.set_xlabel("h[n, 0]", fontsize=9)
    after.set_ylabel("h[n, 1]", fontsize=9)
    handles, labels = before.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return figure
