"""Closes its connection and goes on living.

{"attack": "P56", "class": [17], "base": "bad_a", "A": "crashed", "B": "passed", "C": "passed"}
"""

import os
import time


def linear_forward(X, W, b):
    os.close(0)
    time.sleep(30)
