"""Right in the first call, wrong later: the first test of a group pays for the others.

{"attack": "P49", "class": [20], "base": "good", "A": "passed failed failed failed", "B": "passed",
 "C": "passed"}
"""

calls = []
right = linear_forward


def linear_forward(X, W, b):
    calls.append(1)
    return right(X, W, b) * (len(calls) == 1)
