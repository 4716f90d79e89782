"""Text where the digits of a number belong.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(answer(ext(4, b"0x10" if len(X) > 2 else b"__import__('os')")))
    leave()
