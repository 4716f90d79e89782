"""An array of objects.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(answer(array("|O", [2, 2], bytes(32))))
    leave()
