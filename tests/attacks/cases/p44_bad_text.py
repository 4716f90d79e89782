"""Text that is not UTF-8, and text that is too long.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(answer(b"\xa4\xff\xfe\xfd\xfc" if len(X) == 2 else msgpack.packb("x" * 100_000)))
    leave()
