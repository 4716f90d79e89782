"""A list of 2^32 - 1 entries.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(answer(b"\xdd\xff\xff\xff\xff" + b"\xc0" * 1000))
    leave()
