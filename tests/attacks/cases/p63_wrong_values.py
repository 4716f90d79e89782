"""Hands f a text.

{"attack": "P63", "class": [17], "base": "good_1", "D": "raised|failed", "E": "raised|failed",
 "F": "passed"}
"""

def slope(f, x, h):
    return f("text")


def descend(gradient, w, lr, steps):
    return gradient({"w": w}) + gradient([[]])
