"""Keeps every argument it gets and changes it later.

{"attack": "P48", "class": [13], "base": "good", "A": "passed", "B": "passed", "C": "passed",
 "note": "Arguments are copies; what becomes of them changes nothing on the trusted side."}
"""

import gc

kept = []
right = linear_forward


def linear_forward(X, W, b):
    for array in kept:
        array[...] = np.nan
    result = right(X, W, b)
    kept.extend((X, W, b))
    gc.disable()
    return result
