"""Answers the question whether the file loads, by a list of problems that is none.

{"attack": "P43", "class": [17], "base": "forger", "A": "protocol", "B": "protocol", "C": "protocol"}
"""

say(answer(msgpack.packb({"problems": [{"type": "TypeError", "trace": 5, "line": 1}], "names": [], "loaded": True})))
leave()
