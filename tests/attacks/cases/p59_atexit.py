"""Speaks when its process ends.

{"attack": "P59", "class": [17], "base": "forger", "A": "failed", "B": "passed", "C": "passed"}
"""

import atexit

atexit.register(lambda: say(frame(msgpack.packb({"id": 0, "ok": None, "score": 100}))))
