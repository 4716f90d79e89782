"""Steps of an iterator that are no steps.

{"attack": "P64", "class": [17], "base": "forger_1", "D": "passed", "E": "passed",
 "F": "passed protocol|failed|raised passed"}
"""

servants = sys.modules["servant"]
servants.Servant.do_next = lambda self, target: 5
