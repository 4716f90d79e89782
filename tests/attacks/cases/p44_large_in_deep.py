"""60 MB inside of fifteen tuples: each level of the decoder could copy them.

{"attack": "P44", "class": [19], "base": "forger", "A": "protocol|failed|timeout|crashed",
 "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    value = array("<f8", [7_500_000], bytes(60_000_000))
    for _ in range(12):
        value = ext(3, b"\x91" + value)
    say(answer(value))
    leave()
