"""The worker's decoder no longer decodes.

{"attack": "P49", "class": [17], "base": "forger", "A": "crashed", "B": "crashed", "C": "crashed"}
"""

wire = sys.modules["wire"]
wire.Decoder.unpack = lambda self, body: {}
