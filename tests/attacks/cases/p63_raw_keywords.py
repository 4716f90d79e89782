"""Keyword names that are numbers.

{"attack": "P63", "class": [17], "base": "forger_1", "D": "raised|failed|protocol|crashed",
 "E": "passed|crashed passed", "F": "passed"}
"""

def slope(f, x, h):
    say(frame(msgpack.packb({"id": number(), "ask": 1, "kind": "call", "with": [[], {1: 2.0}]})))
    return f(x)
