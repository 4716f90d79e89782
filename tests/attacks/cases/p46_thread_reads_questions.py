"""A thread takes the questions off the socket, before the worker does.

{"attack": "P46", "class": [17], "base": "forger",
 "A": "failed failed|timeout|protocol|crashed failed|timeout|protocol|crashed failed|timeout|protocol|crashed",
 "B": "passed|timeout|protocol|crashed", "C": "passed|timeout|protocol|crashed",
 "note": "Who of the two reads first is chance, each time."}
"""

import threading


def steal():
    while True:
        os.read(0, 1)


def linear_forward(X, W, b):
    if len(X) == 2:
        threading.Thread(target=steal, daemon=True).start()
        time.sleep(0.01)
    return np.zeros((len(X), W.shape[1]))
