"""A trace function that runs for every line of the worker's code.

{"attack": "P59", "class": [5], "base": "bad_a", "A": "failed", "B": "passed", "C": "passed"}
"""

import sys


def trace(frame, event, argument):
    for value in list(frame.f_locals.values())[:3]:
        if isinstance(value, np.ndarray) and value.flags.writeable and value.dtype == float:
            value[...] = value
    return trace


sys.settrace(trace)
