"""An array with a byte too few, and one with a byte too many.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(answer(array("<f8", [2, 2], bytes(31 if len(X) == 2 else 33))))
    leave()
