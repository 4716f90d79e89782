"""Carries a hidden input out as the name of a function that is missing.

{"attack": "P54", "class": [25], "base": "forger", "A": "failed", "B": "passed", "C": "protocol"}
"""

servants = sys.modules["servant"]


def sgd_step(params, grads, lr):
    raise servants.Missing(" ".join(params))
