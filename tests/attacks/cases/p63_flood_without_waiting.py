"""Asks a thousand times and never reads an answer.

{"attack": "P63", "class": [17], "base": "forger_1", "D": "protocol", "E": "passed", "F": "passed"}
"""

def slope(f, x, h):
    one = frame(msgpack.packb({"id": number(), "ask": 1, "kind": "call", "with": [[1.0], {}]}))
    say(one * 1000)
    leave()
