"""Uses f as if it were a list.

{"attack": "P63", "class": [17], "base": "good_1", "D": "raised|failed", "E": "raised|failed",
 "F": "passed"}
"""

def slope(f, x, h):
    return f[0]


def descend(gradient, w, lr, steps):
    return gradient.weights @ w
