"""A thread takes the questions off the socket, before the worker does.

{"attack": "P46", "class": [17], "base": "forger", "A": "failed|timeout|protocol|crashed",
 "B": "passed|timeout|protocol|crashed", "C": "passed|timeout|protocol|crashed"}
"""

import threading


def steal():
    while True:
        os.read(0, 1)


threading.Thread(target=steal, daemon=True).start()
