"""An endless iterator of large arrays, where a pair belongs.

{"attack": "P53", "class": [19], "base": "bad_a", "A": "failed", "B": "failed", "C": "passed"}
"""

def softmax_cross_entropy(logits, y):
    while True:
        yield np.zeros(4_000_000)
