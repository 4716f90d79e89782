"""A header, and then nothing.

{"attack": "P44", "class": [17], "base": "forger", "A": "timeout", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(struct.pack("<Q", 1000))
    time.sleep(30)
