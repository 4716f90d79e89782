"""Right, but overwrites its arguments, and says so as it should.

{"attack": "P51", "class": [6], "base": "good", "A": "passed passed failed passed", "B": "passed",
 "C": "passed"}
"""

right = linear_forward


def linear_forward(X, W, b):
    result = right(X, W, b)
    X[...] = 0
    return result
