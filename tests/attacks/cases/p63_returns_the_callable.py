"""Returns f itself, and a handle of its own that leads to f.

{"attack": "P63", "class": [6], "base": "good_1", "D": "failed", "E": "raised|failed", "F": "passed"}
"""

def slope(f, x, h):
    return f


def descend(gradient, w, lr, steps):
    return [gradient, lambda v: gradient(v)]
