"""sys.exit(0) inside linear_forward.

{"attack": "P03", "class": [1], "base": "bad_a", "A": "raised", "B": "passed", "C": "passed"}
"""

import sys


def linear_forward(X, W, b):
    sys.exit(0)
