"""An extension type of msgpack's own: a time.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(answer(b"\xd6\xff\0\0\0\1"))
    leave()
