"""Answers the question whether the file loads; where a text belongs stands an array.

{"attack": "P43", "class": [17], "base": "forger", "A": "protocol|crashed", "B": "protocol|crashed",
 "C": "protocol|crashed"}
"""

strange = array("<f8", [3], bytes(24))
packed = b"\x83\xa4type" + strange + b"\xa6import" + strange + b"\xa4line" + strange
say(answer(b"\x82\xa8problems\x91" + packed + b"\xa6loaded\xc3"))
leave()
