"""Changes the garbage collector, the memory limits of Python and the recursion limit.

{"attack": "P59", "class": [5], "base": "bad_a", "A": "failed", "B": "passed", "C": "passed"}
"""

import gc
import sys

gc.disable()
gc.set_threshold(1)
sys.setrecursionlimit(200)
sys.set_int_max_str_digits(0)
sys.dont_write_bytecode = False
