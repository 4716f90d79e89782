"""Takes nearly the whole limit with every call.

{"attack": "P62", "class": [24], "base": "good", "A": "passed passed|timeout passed timeout|passed",
 "B": "passed", "C": "passed",
 "note": "Slow is not wrong. A2 and A4 call three times."}
"""

import time

right = linear_forward


def linear_forward(X, W, b):
    end = time.monotonic() + 0.25
    while time.monotonic() < end:
        pass
    return right(X, W, b)
