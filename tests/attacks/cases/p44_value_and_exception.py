"""An answer with a value and with an exception.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(answer(b"\xc0", exc={"type": "ValueError", "kind": "raised", "text": ""}))
    leave()
