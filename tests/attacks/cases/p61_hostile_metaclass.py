"""An object whose class has no names that are texts.

{"attack": "P61", "class": [6], "base": "bad_a", "A": "raised|protocol|crashed", "B": "passed",
 "C": "passed"}
"""

class Text(str):
    def __getitem__(self, index):
        return 5


class Meta(type):
    def mro(cls):
        return [cls, *super().mro()[1:]]

    @property
    def __module__(cls):
        return "builtins"

    @property
    def __name__(cls):
        return Text("x" * 10**6)


class Odd(metaclass=Meta):
    pass


def linear_forward(X, W, b):
    return Odd()
