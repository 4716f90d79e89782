"""Empties the dict of its own module while it is being graded.

{"attack": "P61", "class": [6], "base": "bad_a", "A": "failed unwritten unwritten unwritten",
 "B": "unwritten", "C": "unwritten"}
"""

zeros = np.zeros


def linear_forward(X, W, b):
    result = zeros((len(X), W.shape[1]))
    globals().clear()
    return result
