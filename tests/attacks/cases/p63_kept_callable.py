"""Keeps the f of one test and calls it in the next.

{"attack": "P63", "class": [13], "base": "good_1", "D": "passed raised raised", "E": "passed",
 "F": "passed"}
"""

kept = []


def slope(f, x, h):
    kept.append(f)
    g = kept[0]
    return (g(x + h) - g(x - h)) / (2 * h)
