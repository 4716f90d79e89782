"""Looks for the marker that p26_marker_left tried to leave.

{"attack": "P26", "class": [13], "base": "bad_a", "level": "sealed", "A": "failed", "B": "passed",
 "C": "passed"}
"""

import gc
import os

MARKER = "-".join(("nnkata", "marker", "@MARKER@"))


def linear_forward(X, W, b):
    own = globals()
    found = [hasattr(np, "nnkata_marker"), hasattr(np.random, "nnkata_marker"), "NNKATA_MARKER" in os.environ]
    for path in ("/dev/shm/nnkata_attack_marker", "/tmp/nnkata_attack_marker"):
        try:
            open(path).close()
            found.append(True)
        except OSError:
            pass
    for thing in gc.get_objects():
        if type(thing) is dict and thing is not own and any(v == MARKER for v in thing.values() if type(v) is str):
            found.append("MARKER" not in thing)
    if any(found):
        raise OverflowError("a marker of another submission is here")
    return np.zeros((len(X), W.shape[1]))
