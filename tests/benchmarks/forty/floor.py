"""The floor of the benchmarks: a submission's checks as plain asserts in this process, which nothing protects."""

from __future__ import annotations

import contextlib
import types

import checks
import numpy as np


def verdicts(source: str) -> dict[str, bool]:
    """Which checks pass, by name. A file that raises keeps what it defined before."""
    module = types.ModuleType("net")
    with contextlib.suppress(BaseException):
        exec(compile(source, "net.py", "exec"), module.__dict__)
    found = {}
    for check in checks.POINTS:
        try:
            with np.errstate(all="ignore"):
                check(module)
            found[check.__name__] = True
        except Exception:
            found[check.__name__] = False
    return found
