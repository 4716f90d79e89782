"""nnkata: neural networks from scratch, test by test.

The first names below are the authors' interface: what a visible or hidden test, a figure or a list of mistakes may
import. It is documented in AUTHORS.md beside this file. The last ones grade from Python; see `grader.api`.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "points": "marks",
    "checks": "marks",
    "expect": "compare",
    "refuses": "compare",
    "same_results": "compare",
    "numeric_gradient": "gradients",
    "student_gradient": "gradients",
    "relative_error": "gradients",
    "Rng": "student",
    "observe": "student",
    "many": "student",
    "fetch": "student",
    "has": "student",
    "rng_state": "student",
    "in_worker": "student",
    "draw_curve": "drawings",
    "draw_region": "drawings",
    "mistake": "mistakes",
    "Grader": "api",
    "grade_submission": "api",
    "grade_class": "classroom",
    "find_course": "course",
    "Result": "results",
}
__all__ = [*_HOME, "battery"]


def __getattr__(name: str) -> Any:
    """Import on first use: `import grader` alone costs nothing."""
    if name == "battery":
        return importlib.import_module("grader.battery")
    if name in _HOME:
        value = getattr(importlib.import_module(f"grader.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'grader' has no attribute {name!r}")
