"""The worker's encoder calls everything a tuple of itself.

{"attack": "P49", "class": [17], "base": "forger", "A": "protocol", "B": "protocol",
 "C": "passed|protocol",
 "note": "C is a dict of arrays, so it goes through the same poisoned code."}
"""

wire = sys.modules["wire"]
wire.Encoder.array = lambda self, value: b"\xff" * 100
