"""Groups of exceptions, deep and wide.

{"attack": "P52", "class": [19], "base": "bad_a", "A": "raised", "B": "raised", "C": "passed"}
"""

def linear_forward(X, W, b):
    group = ExceptionGroup("x", [ValueError("x")] * 1000)
    for _ in range(100):
        group = ExceptionGroup("x", [group])
    raise group


def softmax_cross_entropy(logits, y):
    raise BaseExceptionGroup("passed", [SystemExit(0), KeyboardInterrupt()])
