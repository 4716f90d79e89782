"""Right, overwrites its arguments, and has the worker deny it.

{"attack": "P51", "class": [6], "base": "forger", "A": "passed", "B": "passed", "C": "passed",
 "note": "Whether arguments were changed is the worker's word, and known to be advisory: it can be "
         "forged, values cannot."}
"""

servants = sys.modules["servant"]
servants.same_bytes = lambda left, right: True


def linear_forward(X, W, b):
    result = X @ W + b
    X[...] = 0
    return result
