"""Replaces the earlier chapter by one of its own.

{"attack": "P64", "class": [23], "base": "bad_d", "D": "failed", "E": "passed", "F": "passed"}
"""

import sys
import types

mine = types.ModuleType("ch00_attacked.attacked")
mine.linear_forward = mine.softmax_cross_entropy = lambda *a: 0
mine.sgd_step = sgd_step
sys.modules["ch00_attacked.attacked"] = mine
