"""Eight threads call f at the same time.

{"attack": "P63", "class": [17], "base": "good_1",
 "D": "passed|failed|raised|protocol|timeout|crashed", "E": "passed|protocol", "F": "passed|protocol",
 "note": "Their answers are mixed up among themselves. What counts is the value in the end."}
"""

import threading

right = slope


def slope(f, x, h):
    for _ in range(8):
        threading.Thread(target=lambda: [f(x) for _ in range(3)], daemon=True).start()
    return right(f, x, h)
