"""Functions that are no longer there.

{"attack": "P61", "class": [6], "base": "bad_a", "A": "unwritten", "B": "unwritten", "C": "unwritten"}
"""

del linear_forward, softmax_cross_entropy
globals().pop("sgd_step")
