"""An exception that is its own cause, and one with ten thousand causes.

{"attack": "P52", "class": [19], "base": "bad_a", "A": "raised", "B": "raised", "C": "passed"}
"""

def linear_forward(X, W, b):
    error = ValueError("me")
    other = ValueError("you")
    error.__cause__, other.__cause__ = other, error
    error.__context__, other.__context__ = other, error
    raise error


def softmax_cross_entropy(logits, y):
    last = ValueError("first")
    for i in range(10_000):
        error = ValueError(str(i))
        error.__cause__ = last
        last = error
    raise last
