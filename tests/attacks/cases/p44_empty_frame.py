"""A frame of no bytes.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(struct.pack("<Q", 0))
    leave()
