"""An answer with neither a value nor an exception.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(frame(msgpack.packb({"id": number()})))
    leave()
