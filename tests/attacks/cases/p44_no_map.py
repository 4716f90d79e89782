"""A frame that is no map: a list, a number, nothing at all.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(frame(msgpack.packb({1: [number()], 2: number(), 4: None}.get(len(X), "ok"))))
    leave()
