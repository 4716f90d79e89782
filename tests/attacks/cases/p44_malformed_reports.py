"""Reports about warnings and prints that are none.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    strange = {1: {"warnings": 5}, 2: {"warnings": [["a", "b"]]}, 4: {"seen": 3}}
    say(answer(b"\xc0", **strange.get(len(X), {"warnings": [[1, 2, 3]]})))
    leave()
