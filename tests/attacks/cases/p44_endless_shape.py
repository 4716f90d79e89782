"""An array of 2^39 times 2^39 entries.

{"attack": "P44", "class": [17, 19], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(answer(array("<f8", [1 << 39, 1 << 39], bytes(32))))
    leave()
