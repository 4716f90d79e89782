"""Hands the gradient an array that blows up when it is broadcast.

{"attack": "P63", "class": [19], "base": "good_1", "D": "passed",
 "E": "failed|raised|protocol|timeout", "F": "passed"}
"""

def descend(gradient, w, lr, steps):
    return gradient(np.zeros((8_000_000, 1)))
