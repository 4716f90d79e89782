"""An iterator that is a dict.

{"attack": "P64", "class": [17], "base": "forger_1", "D": "passed", "E": "passed",
 "F": "passed protocol|failed|raised|crashed passed"}
"""

servants = sys.modules["servant"]
servants.Servant.do_iter = lambda self, target: {"a": 1}
