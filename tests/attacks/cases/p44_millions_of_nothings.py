"""Sixty million times None in lists of legal length.

{"attack": "P44", "class": [19], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    inner = b"\xdc" + struct.pack(">H", 15_000) + b"\xc0" * 15_000
    say(answer(b"\xdc" + struct.pack(">H", 4_000) + inner * 4_000))
    leave()
