"""An array whose dtype is a list, and one whose dtype is a structure.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(answer(array([["a", "<f8"]] if len(X) > 2 else "(2,2)<f8", [2, 2], bytes(32))))
    leave()
