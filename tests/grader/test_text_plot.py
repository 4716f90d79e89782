"""Figures in characters: dots stand where matplotlib would put them."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import desk

pytest.importorskip("matplotlib")
from matplotlib.figure import Figure

from grader.text_plot import as_lines

FIGURES = '''"""Figures."""

import numpy as np
from matplotlib.figure import Figure


def figure_line(student):
    """A line."""
    figure = Figure()
    figure.subplots().plot([0, 1], [0, student.double(1.0)], label="twice")
    return figure


def figure_sum(student):
    """A sum."""
    figure = Figure()
    figure.subplots().plot([student.total(np.ones(3))] * 2)
    return figure
'''


def rows(figure: Figure, width: int = 60) -> list[str]:
    """The canvas rows of a figure with one panel, without colours and numbers."""
    lines = [click.unstyle(line) for line in as_lines("name", figure, width)]
    return [line.partition("│")[2] for line in lines if "│" in line]


def dots(rows: list[str]) -> np.ndarray:
    """Which characters hold something, top row first."""
    return np.array([[c not in " \u2800" for c in row] for row in rows])


def test_a_rising_line_rises():
    """a straight line from corner to corner is in every column, further up to the right"""
    figure = Figure()
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1])
    axes.set(xlim=(0, 1), ylim=(0, 1))
    there = dots(rows(figure))
    assert there.any(axis=0).all()
    heights = there.argmax(axis=0)
    assert heights[0] == len(there) - 1 and heights[-1] == 0
    assert (np.diff(heights) <= 0).all()


def test_scales_and_limits_are_those_of_the_figure():
    """on a logarithmic scale 10 is halfway from 1 to 100; what lies outside of the limits is not drawn"""
    figure = Figure()
    axes = figure.subplots()
    axes.plot([0.5], [10.0], "o")
    axes.plot([5.0], [10.0], "o")
    axes.set(xlim=(0, 1), ylim=(1, 100), yscale="log")
    there = dots(rows(figure))
    (row,), (column,) = there.nonzero()
    assert abs(row - len(there) / 2) <= 1 and abs(column - there.shape[1] / 2) <= 1


def test_gaps_stay_gaps():
    """nan interrupts a line, and a scatter plot has as many dots as points"""
    figure = Figure()
    left, right = figure.subplots(1, 2)
    left.plot([0, 1, 2, 3], [1, np.nan, np.nan, 1])
    assert not dots(rows(figure)[: len(rows(figure)) // 2]).any()
    right.scatter([0, 1, 2], [0, 5, 9])
    assert dots(rows(figure)).sum() == 3


def test_all_that_the_chapters_draw_can_be_drawn():
    """bars, histograms, contours, pictures, arrows, bands and empty panels give lines no wider than asked for"""
    figure = Figure(figsize=(9, 9))
    panels = figure.subplots(3, 3).ravel()
    x = np.linspace(-1, 1, 20)
    grid = x[:, None] ** 2 + x**2
    panels[0].bar(["a", "b"], [1, 2])
    panels[1].hist(x, label="values")
    panels[2].contourf(x, x, grid)
    panels[3].imshow(grid)
    panels[4].quiver(x, x, x, x)
    panels[5].fill_between(x, x, x**2)
    panels[6].pcolormesh(grid)
    panels[7].axvspan(0, 1)
    lines = [click.unstyle(line) for line in as_lines("all", figure, 70)]
    assert max(map(len, lines)) <= 70 and "█" in "".join(lines)
    assert sum("│" in line for line in lines) == 9 * 12
    assert any("values" in line for line in lines)


def test_kata_plot_in_characters(tmp_path):
    """kata plot --text draws from the student's functions, names what is left out, and still writes the files"""
    work = desk.make_workspace(tmp_path)
    (work / "ch00_small" / "figures.py").write_text(FIGURES)
    desk.save(work, "ch00_small", desk.STUBS["ch00_small"].replace(*_double()))
    done = desk.kata(work / "ch00_small", "plot", "--text")
    assert done.returncode == 1
    assert "│" in done.stdout and "twice" in done.stdout
    assert "left out  sum" in done.stdout
    assert (work / "plots" / "ch00" / "line.png").is_file()
    assert "│" not in desk.kata(work, "plot", "ch00").stdout
    assert desk.kata(work, "plot").returncode == 2


def _double() -> tuple[str, str]:
    return 'raise NotImplementedError("double is not written yet")', desk.RIGHT["double"]
