"""Writes a complete answer to every open descriptor while it is imported.

{"attack": "P43", "class": [17], "base": "forger", "A": "protocol", "B": "protocol", "C": "protocol"}
"""

for fd in range(0, 64):
    try:
        os.write(fd, frame(msgpack.packb({"id": 0, "ok": [[0.0, 0.0], [0.0, 0.0]]})))
    except OSError:
        pass
