"""Hands f an object whose arithmetic calls f again.

{"attack": "P63", "class": [14], "base": "good_1", "D": "raised|failed|timeout|protocol|crashed",
 "E": "passed", "F": "passed"}
"""

class Again:
    def __init__(self, f):
        self.f = f

    def __mul__(self, other):
        return self.f(Again(self.f))

    __rmul__ = __pow__ = __add__ = __radd__ = __mul__

    def __float__(self):
        return self.f(Again(self.f))


def slope(f, x, h):
    return f(Again(f))
