"""The figures of chapter 05, drawn with the chapter's gates and its Value."""

from matplotlib.figure import Figure

BLUE, ORANGE, GREY, INK = "#1f4e79", "#d9822b", "#9aa5b1", "#2b2b2b"
GREEN, RED = "#2f7d4f", "#b5323e"


def _number(x):
    """Short, with a true minus sign."""
    return f"{x:.4g}".replace("-", "\N{MINUS SIGN}")


def _canvas(axes, width, height):
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.set_aspect("equal")
    axes.axis("off")


def _gate(axes, x, y, text, size=13):
    axes.text(
        x,
        y,
        text,
        fontsize=size,
        color=INK,
        ha="center",
        va="center",
        zorder=3,
        bbox={"boxstyle": "circle,pad=0.35", "facecolor": "white", "edgecolor": BLUE, "linewidth": 1.5},
    )


def _wire(axes, start, end, value, grad, at=0.5, label=""):
    """An arrow with the forward value above it and the gradient below it."""
    (x0, y0), (x1, y1) = start, end
    arrow = {"arrowstyle": "->", "color": GREY, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 13}
    axes.annotate("", xy=end, xytext=start, arrowprops=arrow, zorder=1)
    x, y = x0 + at * (x1 - x0), y0 + at * (y1 - y0)
    slope = (y1 - y0) / (x1 - x0)
    lift = 0.12 + 0.12 * abs(slope)
    style = {"fontsize": 10, "ha": "center", "zorder": 4}
    axes.text(x, y + lift, _number(value), color=GREEN, va="bottom", **style)
    axes.text(x, y - lift, _number(grad), color=RED, va="top", style="italic", **style)
    if label:
        axes.text(x0 - 0.12, y0, label, fontsize=12, color=INK, ha="right", va="center", style="italic")


def _key(axes, x, y):
    axes.text(x, y, "above the wire: value, forward", fontsize=9, color=GREEN, ha="left", va="bottom")
    axes.text(x, y, "below: gradient, backward", fontsize=9, color=RED, ha="left", va="top", style="italic")


def figure_circuit(student):
    """The circuit f = 2 (x y + max(z, w)). Above each wire the value of the forward pass, below it the gradient."""
    x, y, z, w = (student.Value(v) for v in (3.0, -4.0, 2.0, -1.0))
    product, larger = x * y, student.maximum(z, w)
    total = product + larger
    f = 2 * total
    f.backward()
    figure = Figure(figsize=(7.2, 4.3), layout="constrained")
    axes = figure.subplots()
    _canvas(axes, 9.2, 5.6)
    times, larger_of, plus, double = (2.6, 4.3), (2.6, 1.3), (4.9, 2.8), (6.9, 2.8)
    for node, start, end, label in (
        (x, (0.6, 5.3), times, "x"),
        (y, (0.6, 3.3), times, "y"),
        (z, (0.6, 2.3), larger_of, "z"),
        (w, (0.6, 0.3), larger_of, "w"),
        (product, times, plus, ""),
        (larger, larger_of, plus, ""),
        (total, plus, double, ""),
        (f, double, (8.7, 2.8), ""),
    ):
        _wire(axes, start, end, node.data, node.grad, 0.36 if label else 0.55, label)
    for place, text in ((times, "×"), (larger_of, "max"), (plus, "+"), (double, "×2")):
        _gate(axes, *place, text, 13 if len(text) == 1 else 10)
    axes.text(8.5, 2.8, "f", fontsize=12, color=INK, ha="left", va="center", style="italic")
    _key(axes, 5.2, 0.7)
    return figure


def _card(axes, title, text, names, values):
    """One gate with its input wires, which have names, and its output wires: pairs (value, gradient)."""
    _canvas(axes, 4.4, 3.2)
    axes.set_title(title, fontsize=11, color=INK)
    middle, inputs, outputs = (2.2, 1.6), values[: len(names)], values[len(names) :]
    for name, (value, grad), y in zip(names, inputs, _heights(len(inputs)), strict=True):
        _wire(axes, (0.45, y), middle, value, grad, 0.4, name)
    for (value, grad), y in zip(outputs, _heights(len(outputs)), strict=True):
        _wire(axes, middle, (4.0, y), value, grad, 0.6)
    _gate(axes, *middle, text, 12 if len(text) < 3 else 9)


def _heights(count):
    return (1.6,) if count == 1 else (2.6, 0.6)


def figure_gates(student):
    """Four gates and what each does to the gradient that comes from the right.

    add: a distributor. mul: a switcher. max: a router. copy: an adder.
    """
    x, y, dout = 3.0, -4.0, 2.0
    figure = Figure(figsize=(7.2, 5.2), layout="constrained")
    panels = figure.subplots(2, 2).ravel()
    for axes, title, text, out, (dx, dy) in (
        (panels[0], "add distributes", "+", student.add_gate(x, y), student.add_gate_backward(dout)),
        (panels[1], "mul switches", "×", student.mul_gate(x, y), student.mul_gate_backward(dout, x, y)),
        (panels[2], "max routes", "max", student.max_gate(x, y), student.max_gate_backward(dout, x, y)),
    ):
        _card(axes, title, text, ("x", "y"), [(x, dx), (y, dy), (out, dout)])
    first, second = 2.0, 5.0
    grad = student.copy_gate_backward(first, second)
    _card(panels[3], "copy adds", "copy", ("x",), [(x, grad), (x, first), (x, second)])
    return figure


def figure_fork(student):
    """Left: y = 3x has two users, and hands on 3 times its gradient when both have delivered: 3 (2 + 5) = 21.

    Right: n doublings v = v + v. The derivative counts the paths from v to x, since every local derivative is 1;
    the list of nodes stays short. A backward that walks every path does the upper line's work.
    """
    x = student.Value(2.0)
    y = 3 * x
    left, right = 2 * y, 5 * y
    c = left + right
    c.backward()
    figure = Figure(figsize=(9, 3.3), layout="constrained")
    graph, axes = figure.subplots(1, 2, width_ratios=(1.7, 1))
    _canvas(graph, 10.4, 4.4)
    three, fork, two, five, plus = (2.0, 2.2), (4.0, 2.2), (6.2, 3.6), (6.2, 0.8), (8.2, 2.2)
    _wire(graph, (0.5, 2.2), three, x.data, x.grad, 0.4, "x")
    _wire(graph, three, fork, y.data, y.grad, 0.6)
    _wire(graph, fork, two, y.data, 2.0 * left.grad, 0.5)
    _wire(graph, fork, five, y.data, 5.0 * right.grad, 0.5)
    _wire(graph, two, plus, left.data, left.grad, 0.5)
    _wire(graph, five, plus, right.data, right.grad, 0.5)
    _wire(graph, plus, (10.0, 2.2), c.data, c.grad, 0.55)
    for place, text in ((three, "×3"), (fork, "y"), (two, "×2"), (five, "×5"), (plus, "+")):
        _gate(graph, *place, text, 11 if len(text) > 1 else 13)
    graph.text(9.7, 2.2, "c", fontsize=12, color=INK, ha="left", va="center", style="italic")

    counts = range(0, 41, 4)
    paths, nodes = [], []
    for count in counts:
        leaf = v = student.Value(1.0)
        for _ in range(count):
            v = v + v
        v.backward()
        paths.append(leaf.grad)
        nodes.append(len(student.topological_order(v)))
    axes.plot(counts, paths, color=ORANGE, marker="^", markersize=5, linewidth=1.5, label="paths from v to x")
    axes.plot(counts, nodes, color=BLUE, marker="o", markersize=4, linewidth=1.5, label="nodes")
    axes.set_yscale("log")
    axes.set_xticks([0, 10, 20, 30, 40])
    axes.set_xlabel("doublings n", fontsize=9)
    axes.set_ylabel("how many", fontsize=9)
    axes.legend(fontsize=8, frameon=False, loc="upper left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.grid(color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure
