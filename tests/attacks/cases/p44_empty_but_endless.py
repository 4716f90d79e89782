"""Arrays without entries and with endless axes.

{"attack": "P44", "class": [17, 19], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(answer(array("<f8", [0] + [1 << 26] * 15, b"")))
    leave()
