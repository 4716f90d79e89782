"""Writes into its own memory until one is two.

{"attack": "P23", "class": [7], "base": "bad_a", "A": "failed|raised|protocol|crashed|timeout",
 "B": "passed|failed|raised|protocol|crashed|timeout",
 "C": "passed|failed|raised|protocol|crashed|timeout",
 "note": "What it breaks is its own process. None of A can be right, and the others at most honest."}
"""

import ctypes

ctypes.memset(id(7) + 24, 8, 1)
ctypes.memset(id(1) + 24, 2, 1)
