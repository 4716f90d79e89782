"""A thread that does not let go of the interpreter's lock.

{"attack": "P46", "class": [14], "base": "bad_a", "A": "failed|timeout", "B": "passed|timeout",
 "C": "passed|timeout",
 "note": "It slows its own process down."}
"""

import sys
import threading

sys.setswitchinterval(0.05)


def spin():
    while True:
        pass


threading.Thread(target=spin, daemon=True).start()
