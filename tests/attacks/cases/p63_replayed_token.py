"""Causes an exception on the trusted side and raises it later, in its own name.

{"attack": "P63", "class": [17], "base": "good_1", "D": "raised|failed", "E": "raised|failed",
 "F": "passed"}
"""

kept = []


def slope(f, x, h):
    try:
        f(None, None)
    except Exception as error:
        kept.append(error)
    raise kept[0]


def descend(gradient, w, lr, steps):
    raise kept[0]
