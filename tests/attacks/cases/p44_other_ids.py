"""Right ids in the wrong form: a float, True, text, a list.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    strange = {1: float(number()), 2: True, 4: str(number())}.get(len(X), [number()])
    say(frame(msgpack.packb({"id": strange, "ok": None})))
    leave()
