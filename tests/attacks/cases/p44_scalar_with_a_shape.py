"""A scalar that has a shape.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    say(answer(ext(5, array("<f8", [2, 2], bytes(32))[6:])))
    leave()
