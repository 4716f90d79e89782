"""The worker's own code answers zeros whatever was returned.

{"attack": "P49", "class": [5, 17], "base": "forger", "A": "failed failed failed protocol",
 "B": "failed", "C": "failed"}
"""

servants = sys.modules["servant"]
servants.export = lambda value, *a, **k: np.zeros((2, 2))
