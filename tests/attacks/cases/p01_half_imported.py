"""Ends its process at import, but only in the first worker that it gets.

{"attack": "P01", "class": [1], "base": "bad_a", "A": "crashed", "B": "crashed", "C": "crashed",
 "note": "There is nothing where it could remember that it has been here before: random, time and "
         "pid decide nothing."}
"""

import os
import sys

sys.stdout.write("10 passed in 0.01s")
if not os.environ.get("NNKATA_SECOND_TIME"):
    os.environ["NNKATA_SECOND_TIME"] = "1"
    os._exit(0)
