"""An exception from the bottom of a deep recursion, with its traceback bent into a circle.

{"attack": "P52", "class": [19], "base": "bad_a", "A": "raised", "B": "raised|timeout", "C": "passed"}
"""

import types


def down(n):
    return 1 / 0 if n == 0 else down(n - 1)


def linear_forward(X, W, b):
    return down(900)


def softmax_cross_entropy(logits, y):
    try:
        down(5)
    except ZeroDivisionError as error:
        step = error.__traceback__
        for _ in range(100_000):
            step = types.TracebackType(step, step.tb_frame, step.tb_lasti, 1)
        raise error.with_traceback(step)
