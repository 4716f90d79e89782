"""Lengths that are no lengths: a number of a thousand digits.

{"attack": "P64", "class": [17], "base": "forger_1", "D": "passed", "E": "passed",
 "F": "failed|protocol passed failed|protocol",
 "note": "F2 loops and does not ask for the length."}
"""

servants = sys.modules["servant"]
servants.Servant.do_len = lambda self, target: 10**1000
