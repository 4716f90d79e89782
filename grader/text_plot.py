"""A matplotlib figure drawn with characters, for a terminal without a display.

Every panel becomes a canvas of Braille cells, 2 by 4 dots each. Lines, points, bars and contours are drawn where
matplotlib would put them, scales included; pictures become shades. Long texts inside a panel are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import click
import numpy as np

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # of a Braille cell, by row and column
SHADES = " ░▒▓█"
MARGIN = 9  # columns for the numbers of the y axis
SMALLEST = 24  # columns of a panel that still tells something


class Canvas:
    """Dots with colours, `columns` by `rows` characters."""

    def __init__(self, columns: int, rows: int):
        self.columns, self.rows = columns, rows
        self.dots = np.zeros((rows * 4, columns * 2), dtype=bool)
        self.colours: dict[tuple[int, int], Any] = {}
        self.shades: dict[tuple[int, int], str] = {}

    def point(self, x: float, y: float, colour: Any) -> None:
        """A dot at (x, y) in the unit square; outside of it nothing is drawn."""
        if 0 <= x <= 1 and 0 <= y <= 1:
            column = min(int(x * self.dots.shape[1]), self.dots.shape[1] - 1)
            row = min(int((1 - y) * self.dots.shape[0]), self.dots.shape[0] - 1)
            self.dots[row, column] = True
            self.colours[row // 4, column // 2] = colour

    def line(self, points: np.ndarray, colour: Any, dashed: bool = False) -> None:
        """Straight lines from point to point; nan interrupts them."""
        size = np.array([self.dots.shape[1], self.dots.shape[0]])
        for start, end in pairwise(points):
            if not (np.isfinite(start).all() and np.isfinite(end).all()):
                continue
            clipped = _clip(start, end)
            if clipped is None:
                continue
            start, end = clipped
            steps = int(np.abs((end - start) * size).max()) + 1
            for t in np.linspace(0, 1, steps + 1)[:: 3 if dashed else 1]:
                x, y = start + t * (end - start)
                self.point(x, y, colour)

    def text(self) -> Iterator[str]:
        """The canvas, row by row."""
        for row in range(self.rows):
            cells = []
            for column in range(self.columns):
                block = self.dots[row * 4 : row * 4 + 4, column * 2 : column * 2 + 2]
                bits = sum(DOTS[i][j] for i in range(4) for j in range(2) if block[i, j])
                if bits:
                    cells.append(click.style(chr(0x2800 + bits), fg=self.colours[row, column]))
                else:
                    cells.append(self.shades.get((row, column), " "))
            yield "".join(cells)


def _clip(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The part of a line that lies in the unit square (Liang and Barsky), or None."""
    low, high, step = 0.0, 1.0, end - start
    for axis in range(2):
        for p, q in ((-step[axis], start[axis]), (step[axis], 1 - start[axis])):
            if p == 0:
                if q < 0:
                    return None
            elif p < 0:
                low = max(low, q / p)
            else:
                high = min(high, q / p)
    return (start + low * step, start + high * step) if low <= high else None


def as_lines(name: str, figure: Any, width: int) -> Iterator[str]:
    """A figure as lines of text, panel below panel.

    Parameters
    ----------
    name : what stands above it.
    figure : of matplotlib, drawn or not.
    width : columns of the terminal.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure).draw()  # so that limits, ticks and places are known
    columns = max(SMALLEST, width - MARGIN - 1)
    yield click.style(name, bold=True)
    for panel in figure.axes:
        if panel.get_visible() and panel.get_label() != "<colorbar>":
            yield from _panel(panel, columns)
            yield ""


def _panel(panel: Any, columns: int) -> Iterator[str]:
    rows = max(6, min(14, columns // 5))
    canvas = Canvas(columns, rows)
    to_unit = panel.transAxes.inverted()
    legend: dict[str, Any] = {}
    for image in panel.images:
        _shade(canvas, image)
    for collection in panel.collections:
        _draw_collection(canvas, collection, to_unit)
    for patch in panel.patches:
        colour = _rgb(patch.get_facecolor() if patch.get_fill() else patch.get_edgecolor())
        path = patch.get_path().transformed(patch.get_transform() + to_unit)
        for piece in path.to_polygons(closed_only=False):
            canvas.line(np.asarray(piece), colour)
        _name(legend, patch, colour)
    for line in panel.lines:
        colour = _rgb(line.get_color())
        points = to_unit.transform(
            line.get_transform().transform(np.column_stack(line.get_data()).astype(float))
        )
        if line.get_linestyle() not in ("None", "none", "", " "):
            canvas.line(points, colour, dashed=line.get_linestyle() in ("--", ":", "-."))
        if line.get_marker() not in ("None", "none", "", " ", None):
            for x, y in points[np.isfinite(points).all(axis=1)]:
                canvas.point(x, y, colour)
        _name(legend, line, colour)
    if panel.get_title():
        yield " " * MARGIN + click.style(_one_line(panel.get_title()), bold=True)
    yield from _framed(panel, canvas, columns, rows)
    names = "   ".join(click.style("⠒⠒ ", fg=colour) + text for text, colour in legend.items())
    if names:
        yield " " * MARGIN + names


def _framed(panel: Any, canvas: Canvas, columns: int, rows: int) -> Iterator[str]:
    """The canvas with the limits of both axes, and what they are called."""
    top, bottom = (_number(v) for v in reversed(panel.get_ylim()))
    for row, text in enumerate(canvas.text()):
        number = top if row == 0 else bottom if row == rows - 1 else ""
        yield f"{number:>{MARGIN - 1}}│{text}"
    left, right = (_number(v) for v in panel.get_xlim())
    label = _one_line(panel.get_xlabel())[: max(0, columns - len(left) - len(right) - 2)]
    yield " " * MARGIN + left + label.center(columns - len(left) - len(right)) + right
    if panel.get_ylabel():
        yield " " * MARGIN + click.style(f"upwards: {_one_line(panel.get_ylabel())}", dim=True)


def _draw_collection(canvas: Canvas, collection: Any, to_unit: Any) -> None:
    """Points of a scatter plot; lines and outlines of contours, bands and meshes of triangles."""
    colours = collection.get_facecolor() if len(collection.get_facecolor()) else collection.get_edgecolor()
    offsets: Any = np.ma.filled(np.ma.asarray(collection.get_offsets(), dtype=float), np.nan)
    scattered = len(offsets) > 1 or (len(offsets) == 1 and np.any(offsets))
    if scattered:
        points = to_unit.transform(collection.get_offset_transform().transform(offsets))
        for i, (x, y) in enumerate(points):
            canvas.point(x, y, _rgb(colours[i % len(colours)]) if len(colours) else None)
        return
    edges = collection.get_edgecolor()
    for i, path in enumerate(collection.get_paths()):
        some = edges if len(edges) else colours
        colour = _rgb(some[i % len(some)]) if len(some) else None
        for piece in path.transformed(collection.get_transform() + to_unit).to_polygons(closed_only=False):
            canvas.line(np.asarray(piece), colour)


def _shade(canvas: Canvas, image: Any) -> None:
    """A picture as shades of grey."""
    data: Any = np.ma.filled(np.ma.asarray(image.get_array(), dtype=float), np.nan)
    if data.ndim == 3:
        data = data[..., :3].mean(axis=2)
    low, high = np.nanmin(data), np.nanmax(data)
    scale = (data - low) / (high - low) if high > low else np.zeros_like(data)
    for row in range(canvas.rows):
        for column in range(canvas.columns):
            value = scale[row * data.shape[0] // canvas.rows, column * data.shape[1] // canvas.columns]
            canvas.shades[row, column] = (
                SHADES[int(value * (len(SHADES) - 1) + 0.5)] if value == value else " "
            )


def _name(legend: dict[str, Any], artist: Any, colour: Any) -> None:
    label = str(artist.get_label())
    if label and not label.startswith("_"):
        legend[_one_line(label)] = colour


def _rgb(colour: Any) -> tuple[int, int, int] | None:
    """A colour of matplotlib for a terminal; None, the terminal's own, for black and white, which might be unseen."""
    from matplotlib.colors import to_rgb

    if isinstance(colour, str) and colour.lower() in ("none", ""):
        return None
    red, green, blue = (round(255 * part) for part in to_rgb(colour))
    return None if max(red, green, blue) < 64 or min(red, green, blue) > 224 else (red, green, blue)


def _number(value: float) -> str:
    return f"{value:.3g}"


def _one_line(text: str) -> str:
    return " ".join(text.replace("$", "").split())
