"""An array with -1 rows.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(answer(array("<f8", [-1, -4], bytes(32))))
    leave()
