"""A large frame, one byte at a time.

{"attack": "P44", "class": [17], "base": "forger", "A": "timeout", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(struct.pack("<Q", 64 << 20))
    while True:
        say(b"\0")
