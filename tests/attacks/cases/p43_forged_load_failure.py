"""Says that it did not load, with a problem that cannot be described.

{"attack": "P43", "class": [17], "base": "forger", "A": "protocol", "B": "protocol", "C": "protocol"}
"""

say(answer(msgpack.packb({"problems": [{"trace": [1, 2, 3]}], "names": [], "loaded": False})))
leave()
