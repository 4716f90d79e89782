"""A frame with bytes after its value.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    body = answer(b"\xc0")[8:] + b"\xc0\xc0"
    say(frame(body))
    leave()
