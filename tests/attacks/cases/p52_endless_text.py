"""An exception whose text never ends.

{"attack": "P52", "class": [14], "base": "bad_a", "A": "timeout", "B": "passed", "C": "passed"}
"""

class Endless(Exception):
    def __str__(self):
        while True:
            pass


def linear_forward(X, W, b):
    raise Endless
