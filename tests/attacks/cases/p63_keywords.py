"""Hostile keyword names.

{"attack": "P63", "class": [17], "base": "bad_d", "D": "failed", "E": "passed", "F": "passed"}
"""

def slope(f, x, h):
    for words in (
        {"self": 1}, {"": 1}, {"__class__": 1}, {"not an identifier": 1}, {"x": 1, "x ": 2}, {"out": x},
        {"\ud800": 1}, {"a" * 10_000: 1}, dict.fromkeys(map(str, range(900))),
    ):
        try:
            f(**words)
        except Exception:
            pass
    return 0.0
