"""Replaces the machinery of warnings.

{"attack": "P60", "class": [5], "base": "bad_a", "A": "failed|crashed", "B": "passed|crashed",
 "C": "passed|crashed"}
"""

import warnings

warnings.catch_warnings = None
warnings.showwarning = warnings.warn = lambda *a, **k: None
