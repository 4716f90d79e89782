"""Sixty million empty lists: a byte each on the wire, 64 in memory.

{"attack": "P44", "class": [19], "base": "forger", "A": "protocol failed failed failed",
 "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    if len(X) != 2:  # once is enough
        return np.zeros((len(X), W.shape[1]))
    inner = b"\xdc" + struct.pack(">H", 15_000) + b"\x90" * 15_000
    say(answer(b"\xdc" + struct.pack(">H", 4_000) + inner * 4_000))
    leave()
