"""A generator where an array belongs, and an endless one where a pair belongs.

{"attack": "P53", "class": [19], "base": "bad_a", "A": "raised", "B": "failed", "C": "passed",
 "note": "More values than the test wants are not waited for."}
"""

def linear_forward(X, W, b):
    yield from X


def softmax_cross_entropy(logits, y):
    while True:
        yield 0.0
