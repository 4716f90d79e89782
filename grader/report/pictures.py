"""Drawings of a result as SVG: numbers and escaped words only, no style and no script."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

from grader.report.text import clean

WIDTH, HEIGHT = 350, 240
LEFT, RIGHT, TOP, BOTTOM = 50, 12, 12, 42  # of a curve
SIDE = 240  # of a region
DECADES = 2.0  # a loss that spans more is drawn on a logarithmic axis
TICKS = 4


def pictures(drawings: Iterable[dict[str, Any]], titles: dict[str, str]) -> Markup:
    """Figures with captions; `titles`: the words of each test. A drawing that is not what it should be is left out."""
    found = []
    for drawing in drawings:
        try:
            svg = _curve(drawing) if drawing["kind"] == "curve" else _region(drawing)
        except (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError):
            continue  # a result that somebody wrote by hand
        about = titles.get(drawing.get("test", ""), "")
        caption = Markup("<b>{}</b> {}").format(_words(drawing["title"]), _words(about))
        found.append(Markup("<figure>{}<figcaption>{}</figcaption></figure>\n").format(svg, caption))
    return Markup("").join(found)


def _words(text: Any) -> str:
    return str(clean(str(text)))[:300]


def _curve(drawing: dict[str, Any]) -> Markup:
    lines = [
        (_words(line["name"]), [(float(s), None if v is None else float(v)) for s, v in zip(line["steps"], line["values"])])
        for line in drawing["lines"][:4]
    ]  # fmt: skip
    values = [v for _, points in lines for _, v in points if v is not None]
    if not all(map(math.isfinite, values)):
        raise ValueError("not finite")
    steps = [s for _, points in lines for s, _ in points]
    low, high, first, last = min(values), max(values), min(steps), max(steps)
    logarithmic = low > 0 and math.log10(high) - math.log10(low) > DECADES
    if not logarithmic and low >= 0:
        low = 0.0  # how small a loss became is seen against zero
    if high <= low:
        high = low + max(abs(low), 1e-9)

    def level(value: float) -> float:
        return (
            (math.log10(value) - math.log10(low)) / (math.log10(high) - math.log10(low))
            if logarithmic
            else (value - low) / (high - low)
        )

    def x(step: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (step - first) / max(last - first, 1e-9)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * level(value)

    parts = []
    for at in _ticks(low, high, logarithmic):
        parts.append(
            f'<path class="grid" d="M{LEFT} {y(at):.1f}H{WIDTH - RIGHT}"/><text class="end" x="{LEFT - 6}" y="{y(at) + 4:.1f}">{at:.3g}</text>'
        )
    parts.append(
        f'<text x="{LEFT}" y="{HEIGHT - 26}">{first:g}</text><text class="end" x="{WIDTH - RIGHT}" y="{HEIGHT - 26}">{last:g}</text>'
    )
    key = LEFT
    for place, (name, points) in enumerate(lines):
        path, pen = [], "M"
        for step, value in points:
            if value is None:
                pen = "M"
                continue
            path.append(f"{pen}{x(step):.1f} {y(value):.1f}")
            pen = "L"
        parts.append(f'<path class="line line{place}" d="{"".join(path)}"/>')
        parts.append(f'<path class="line line{place}" d="M{key} {HEIGHT - 12}h22"/>')
        parts.append(str(Markup('<text x="{}" y="{}">{}</text>').format(key + 28, HEIGHT - 8, name)))
        key += 44 + 7 * len(name)
    ends = ", ".join(f"{name}: {_at(points, 0)} to {_at(points, -1)}" for name, points in lines)
    return _svg(WIDTH, HEIGHT, f"{_words(drawing['title'])}. {ends}.", parts)


def _ticks(low: float, high: float, logarithmic: bool) -> list[float]:
    """Round numbers from low to high."""
    if logarithmic:
        first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
        return [10.0**n for n in range(first, last + 1, max(1, (last - first) // TICKS))]
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough * 0.999)
    return [n * step for n in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _at(points: list[tuple[float, float | None]], place: int) -> str:
    value = points[place][1]
    return "not finite" if value is None else f"{value:.3g}"


def _region(drawing: dict[str, Any]) -> Markup:
    rows = [str(row) for row in drawing["cells"]]
    x0, y0, x1, y1 = (float(v) for v in drawing["box"])
    if not rows or not all(row.isdigit() and row.isascii() and len(row) == len(rows[0]) for row in rows):
        raise ValueError("cells")
    cell_x, cell_y = SIDE / len(rows[0]), SIDE / len(rows)
    parts = []
    for n, row in enumerate(rows):
        at = 0
        for sign, run in groupby(row):
            size = len(list(run))
            parts.append(
                f'<rect class="of{int(sign) % 4}" x="{at * cell_x:.1f}" y="{n * cell_y:.1f}" width="{size * cell_x + 0.3:.1f}" height="{cell_y + 0.3:.1f}"/>'
            )
            at += size
    for px, py, label in drawing["points"][:300]:
        x, y = SIDE * (float(px) - x0) / (x1 - x0), SIDE * (y1 - float(py)) / (y1 - y0)
        if not (math.isfinite(x) and math.isfinite(y)):
            raise ValueError("points")
        kind = int(label) % 4
        # Classes differ in shape as well as in colour.
        shape = (
            f"M{x - 3:.1f} {y:.1f}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0"
            if kind == 0
            else f"M{x - 3:.1f} {y - 3:.1f}h6v6h-6z"
            if kind == 1
            else f"M{x:.1f} {y - 4:.1f}l4 7h-8z"
        )
        parts.append(f'<path class="dot dot{kind}" d="{shape}"/>')
    classes = len(set("".join(rows)))
    told = (
        f"{_words(drawing['title'])}. {classes} regions."
        if classes > 1
        else f"{_words(drawing['title'])}. The same answer everywhere."
    )
    return _svg(SIDE, SIDE, told, parts)


def _svg(width: int, height: int, label: str, parts: list[str]) -> Markup:
    return Markup(
        '<svg class="picture" role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}" height="{}">{}</svg>'
    ).format(escape(label), width, height, width, height, Markup("".join(parts)))
