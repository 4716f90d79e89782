"""The figures of chapter 13, drawn from the chapter's functions."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

BLUE, ORANGE, GREY, INK = "#1f4e79", "#d9822b", "#9aa5b1", "#2b2b2b"

# A picture of a 7, 12 x 12, made for this chapter.
SEVEN = """
............
.##########.
.##########.
.........##.
........##..
.......##...
......##....
.....##.....
.....##.....
.....##.....
.....##.....
............
"""


def _picture():
    rows = SEVEN.split()
    return np.array([[1.0 if mark == "#" else 0.0 for mark in row] for row in rows])[None, None]


def _table(axes, numbers, title, shade=None):
    """A small grid of numbers; cells in `shade` are marked, NaN stays empty."""
    rows, columns = numbers.shape
    for i, j in np.ndindex(rows, columns):
        marked = shade is not None and shade[i, j]
        axes.add_patch(
            Rectangle((j, i), 1, 1, facecolor="#f6d5b0" if marked else "white", edgecolor=GREY, linewidth=0.8)
        )
        if np.isfinite(numbers[i, j]):
            axes.text(
                j + 0.5, i + 0.5, f"{numbers[i, j]:g}", ha="center", va="center", fontsize=11, color=INK
            )
    axes.set_xlim(-0.05, columns + 0.05)
    axes.set_ylim(rows + 0.05, -0.05)
    axes.set_aspect("equal")
    axes.axis("off")
    axes.set_title(title, fontsize=9, color=INK)


def figure_window(student):
    """Four frames: the window moves over the image, and each place gives one number of the map.

    The kernel has the rows 0 1 and 2 3. At the first place: 1*0 + 2*1 + 4*2 + 5*3 = 25.
    """
    image, kernel = np.arange(1.0, 10.0).reshape(3, 3), np.array([[0.0, 1.0], [2.0, 3.0]])
    out, _ = student.conv2d_forward(image[None, None], kernel[None, None], np.zeros(1))
    figure = Figure(figsize=(8.4, 3.9), layout="constrained")
    grid = figure.subplots(2, 5, height_ratios=[3, 2])
    _table(grid[0, 0], kernel, "kernel")
    grid[1, 0].axis("off")
    seen = np.full((2, 2), np.nan)
    for frame, (i, j) in enumerate(np.ndindex(2, 2), start=1):
        under = np.zeros((3, 3), bool)
        under[i : i + 2, j : j + 2] = True
        seen[i, j] = out[0, 0, i, j]
        here = np.zeros((2, 2), bool)
        here[i, j] = True
        _table(grid[0, frame], image, f"image, place ({i}, {j})", under)
        _table(grid[1, frame], seen.copy(), "map", here)
    return figure


def figure_edges(student):
    """A picture and two maps of it. The kernel -1 1 answers where something changes from left to right.

    Its transpose does the same from top to bottom. Ink is 1 and paper 0. Blue (+1): ink begins, orange (-1): ink
    ends, white: no change. After relu only the blue remains.
    """
    picture, none = _picture(), np.zeros(1)
    across = np.array([[[[-1.0, 1.0]]]])
    maps = [
        picture,
        student.conv2d_forward(picture, across, none)[0],
        student.conv2d_forward(picture, across.transpose(0, 1, 3, 2), none)[0],
    ]
    titles = ["picture, 12 x 12", "kernel -1 1: 12 x 11", "the same kernel upright: 11 x 12"]
    figure = Figure(figsize=(8.4, 3.1), layout="constrained")
    panels = figure.subplots(1, 3)
    signed = LinearSegmentedColormap.from_list("signed", [ORANGE, "white", BLUE])
    for axes, values, title in zip(panels, maps, titles, strict=True):
        kind = "Greys" if values is picture else signed
        low = 0 if values is picture else -1
        axes.pcolormesh(values[0, 0], cmap=kind, vmin=low, vmax=1, edgecolors="#e6e6e6", linewidth=0.4)
        for (i, j), value in np.ndenumerate(values[0, 0]):
            if values is not picture and value != 0:
                sign = "+" if value > 0 else "\N{MINUS SIGN}"
                axes.text(j + 0.5, i + 0.5, sign, ha="center", va="center", fontsize=8, color="white")
        axes.invert_yaxis()
        axes.set_aspect("equal")
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_title(title, fontsize=9)
    return figure


def figure_parameters(student):
    """Parameters that turn an 8 x 8 image into 576 numbers: all connected, or 16 kernels of 3 x 3.

    Both layers give 16 maps of 6 x 6. The scale is logarithmic.
    """
    names = [
        "fully connected, 64 to 576",
        "one 3 x 3 kernel for each of 576 places",
        "16 kernels of 3 x 3, shared",
    ]
    side = student.conv_output_size(8, 3)
    counts = [
        student.dense_parameters(64, 16 * side**2),
        16 * side**2 * student.conv_parameters(1, 1, 3),
        student.conv_parameters(1, 16, 3),
    ]
    figure = Figure(figsize=(7.4, 2.3), layout="constrained")
    axes = figure.subplots()
    bars = axes.barh(range(3), counts, color=[GREY, BLUE, ORANGE], height=0.6)
    for bar, count in zip(bars, counts, strict=True):
        axes.text(count * 1.15, bar.get_y() + 0.3, f"{count:,}".replace(",", " "), va="center", fontsize=9)
    axes.set_yticks(range(3), names, fontsize=9)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(50, 200_000)
    axes.set_xlabel("parameters", fontsize=9)
    axes.tick_params(labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def figure_field(student):
    """How many pixels of a line one number at the end depends on, by the number of layers.

    Layers of one size add k - 1 each. A pooling of 2 with stride 2 after every second convolution doubles the
    steps of all that follows.
    """
    depth = 8
    stacks = {
        "3 x 3, stride 1": ([3] * depth, [1] * depth, BLUE, "o"),
        "5 x 5, stride 1": ([5] * depth, [1] * depth, GREY, "s"),
        "two 3 x 3, then pooling of 2, and again": ([3, 3, 2] * 3, [1, 1, 2] * 3, ORANGE, "^"),
    }
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    layers = np.arange(depth + 1)
    for name, (kernels, strides, colour, marker) in stacks.items():
        sizes = [student.receptive_field(kernels[:n], strides[:n]) for n in layers]
        axes.plot(layers, sizes, color=colour, marker=marker, markersize=5, linewidth=1.6, label=name)
    axes.set_xlabel("layers", fontsize=9)
    axes.set_ylabel("receptive field (pixels)", fontsize=9)
    axes.set_xticks(layers)
    axes.tick_params(labelsize=8)
    axes.grid(color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, loc="upper left", frameon=False)
    return figure
