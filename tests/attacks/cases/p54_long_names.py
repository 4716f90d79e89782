"""A function name of a hundred thousand letters, in a traceback.

{"attack": "P54", "class": [26], "base": "bad_a", "A": "raised", "B": "passed", "C": "passed"}
"""

space = {}
exec("def " + "a" * 100_000 + "():\n    raise ValueError", space)
long = [v for k, v in space.items() if k.startswith("aaa")][0]


def linear_forward(X, W, b):
    long()
