"""Says that it is ready, once more.

{"attack": "P43", "class": [17], "base": "forger", "A": "protocol", "B": "protocol", "C": "protocol"}
"""

say(frame(msgpack.packb({"ready": os.getpid(), "uid": 0})))
