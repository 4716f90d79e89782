"""Stops every clock that Python has, and takes its time.

{"attack": "P62", "class": [24], "base": "bad_a", "A": "timeout failed failed failed", "B": "passed",
 "C": "passed"}
"""

import time

for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time", "monotonic_ns", "time_ns"):
    setattr(time, name, lambda: 0)


def linear_forward(X, W, b):
    if len(X) != 2:  # once is enough
        return np.zeros((len(X), W.shape[1]))
    for _ in range(10**12):
        pass
    return np.zeros((len(X), W.shape[1]))
