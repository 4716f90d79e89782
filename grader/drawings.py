"""Pictures of a student's own training runs, for staff: what a hidden test has seen anyway, kept small.

    draw_curve("Loss on two moons", {"training rows": losses, "dev rows": dev_losses})
    draw_region("Two moons", lambda points: scores(points) > 0, X, y)

A hidden test calls these before it judges. They never fail a test and never raise: what cannot be drawn is left out. Kept
are numbers only, few of them; they stand in the result and are drawn on the page for staff, never on a student's page, since
a curve is as good as a letter for carrying something out of the sandbox.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

MOST = 6  # drawings of a result
LINES = 4  # of a curve
POINTS = 120  # of a line
GRID = 40  # cells along each side of a region
SHOWN = 150  # points over a region
CLASSES = 10
TITLE = 120  # characters

_kept: list[dict[str, Any]] | None = None  # of the test that runs now; None: nobody collects


def begin() -> None:
    """Collect what the next test draws."""
    global _kept
    _kept = []


def taken(test: str) -> list[dict[str, Any]]:
    """What the test drew, with its id; afterwards nobody collects."""
    global _kept
    drawn, _kept = _kept or [], None
    return [{"test": test, **d} for d in drawn]


def draw_curve(title: str, lines: Mapping[str, Any]) -> None:
    """Keep one or several curves over the steps of a run.

    Parameters
    ----------
    title : what is drawn, the author's words.
    lines : name -> numbers, at most LINES of them. What is not finite leaves a gap; long lines are thinned out.
    """
    if _kept is None or len(_kept) >= MOST:
        return
    try:
        found = {str(name)[:TITLE]: _line(values) for name, values in list(lines.items())[:LINES]}
        found = {name: line for name, line in found.items() if line is not None}
        if found:
            steps = max(len(line[1]) for line in found.values() if line is not None)
            if steps > 1:
                _kept.append(
                    {
                        "kind": "curve",
                        "title": title[:TITLE],
                        "lines": [
                            {"name": name, "steps": line[0], "values": line[1]}
                            for name, line in found.items()
                            if line is not None
                        ],
                    }
                )
    except Exception:  # whatever a student's value is, it is no reason to lose the test
        return


def draw_region(title: str, answer: Callable[[Any], Any], X: Any, labels: Any) -> None:
    """Keep where in the plane a model answers what.

    Parameters
    ----------
    answer : (n, 2) points -> n classes 0, 1, ... (or booleans), computed on this side from the student's parameters.
    X, labels : the rows that it learned from; some of them are drawn over it.
    """
    if _kept is None or len(_kept) >= MOST:
        return
    try:
        rows = np.asarray(X, dtype=float)
        low, high = rows.min(axis=0), rows.max(axis=0)
        margin = 0.08 * (high - low) + 1e-6
        low, high = low - margin, high + margin
        side = (np.arange(GRID) + 0.5) / GRID
        xs, ys = low[0] + side * (high[0] - low[0]), high[1] - side * (high[1] - low[1])  # from the top down
        points = np.stack([np.tile(xs, GRID), np.repeat(ys, GRID)], axis=1)
        with np.errstate(all="ignore"):
            cells = _classes(answer(points), GRID * GRID)
        known = _classes(labels, len(rows))
        # Any other order may belong to the classes in turn.
        some = np.random.default_rng(0).permutation(len(rows))[:SHOWN]
        box = [*low, *high]
        if cells is None or known is None or rows.shape[1] != 2 or not np.all(np.isfinite(box)):
            return
        _kept.append(
            {
                "kind": "region",
                "title": title[:TITLE],
                "box": [_short(v) for v in box],
                "cells": ["".join(map(str, cells[n : n + GRID])) for n in range(0, GRID * GRID, GRID)],
                "points": [
                    [_short(x), _short(y), int(label)]
                    for (x, y), label in zip(rows[some], np.array(known)[some], strict=True)
                ],
            }
        )
    except Exception:
        return


def _line(values: Any) -> tuple[list[int], list[float | None]] | None:
    """(steps, values) of at most POINTS numbers; None if these are no numbers."""
    numbers = np.asarray(values)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iuf" or not 2 <= len(numbers) <= 10**6:
        return None
    places = np.unique(np.linspace(0, len(numbers) - 1, min(POINTS, len(numbers))).round().astype(int))
    kept = [_short(float(v)) if math.isfinite(v) and abs(v) < 1e100 else None for v in numbers[places]]
    return ([int(p) + 1 for p in places], kept) if any(v is not None for v in kept) else None


def _classes(answer: Any, count: int) -> list[int] | None:
    found = np.asarray(answer)
    if found.size != count or found.dtype.kind not in "biuf":
        return None
    found = found.reshape(count).astype(float)
    if not np.all(np.isfinite(found)) or np.any(found != np.round(found)):
        return None
    found = found - min(0.0, float(found.min()))  # labels of -1 and 1
    return [min(CLASSES - 1, int(v)) for v in found]


def _short(value: float) -> float:
    return float(f"{float(value):.4g}")
