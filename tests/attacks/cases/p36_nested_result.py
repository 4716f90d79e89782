"""Returns a large array inside of as many tuples as may cross.

{"attack": "P36", "class": [19], "base": "bad_a",
 "A": "failed|raised|protocol|timeout failed failed failed", "B": "passed", "C": "passed",
 "note": "Every level copies the bytes once more, in the worker too, so time may be up first."}
"""

def linear_forward(X, W, b):
    if len(X) != 2:  # once is enough
        return np.zeros((len(X), W.shape[1]))
    value = np.zeros(7_500_000)
    for _ in range(12):
        value = (value,)
    return value
