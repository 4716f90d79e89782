"""Five hundred threads that spin.

{"attack": "P32", "class": [14], "base": "bad_a", "A": "failed|raised|timeout", "B": "passed",
 "C": "passed",
 "note": "B and C are served by a fresh worker, without the threads."}
"""

import threading
import time


def spin():
    while True:
        pass


def linear_forward(X, W, b):
    for _ in range(500):
        threading.Thread(target=spin, daemon=True).start()
    time.sleep(60)
    return np.zeros((len(X), W.shape[1]))
