"""Closes its connection during a long import.

{"attack": "P56", "class": [17], "base": "bad_a", "A": "crashed", "B": "crashed", "C": "crashed",
 "note": "After a second and more: it must not be taken for one that used up its CPU time."}
"""

import os
import time

time.sleep(1.3)
os.close(0)
time.sleep(30)
