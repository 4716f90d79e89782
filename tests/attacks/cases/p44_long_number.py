"""A whole number of a million digits.

{"attack": "P44", "class": [17, 19], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(answer(ext(4, b"9" * 10**6)))
    leave()
