"""A frame of 2^62 bytes is announced.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(struct.pack("<Q", 1 << 62))
    leave()
