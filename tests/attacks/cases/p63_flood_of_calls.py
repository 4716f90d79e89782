"""Calls f for ever.

{"attack": "P63", "class": [14], "base": "good_1", "D": "timeout", "E": "passed", "F": "passed"}
"""

def slope(f, x, h):
    while True:
        f(x)
