"""A thread goes on talking after the function has returned.

{"attack": "P46", "class": [17], "base": "forger", "A": "failed|protocol", "B": "passed|protocol",
 "C": "passed|protocol",
 "note": "When the thread gets its turn is chance. Unasked bytes end the worker; they cost points "
         "and never bring any."}
"""

import threading


def talk():
    for _ in range(100):
        time.sleep(0.002)
        say(frame(msgpack.packb({"id": 1, "ok": None})))


def linear_forward(X, W, b):
    threading.Thread(target=talk, daemon=True).start()
    return np.zeros((len(X), W.shape[1]))
