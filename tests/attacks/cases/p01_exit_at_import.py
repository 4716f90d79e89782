"""Ends its process while it is imported.

{"attack": "P01", "class": [1], "base": "bad_a", "A": "crashed", "B": "crashed", "C": "crashed"}
"""

import os

os._exit(0)
