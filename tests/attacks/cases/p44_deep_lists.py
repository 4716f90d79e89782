"""Lists within lists, a million deep.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(answer(b"\x91" * 10**6 + b"\xc0"))
    leave()
