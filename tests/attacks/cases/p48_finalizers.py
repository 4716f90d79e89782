"""Speaks when its objects are collected: __del__, weakref.finalize, callbacks of the garbage collector.

{"attack": "P48", "class": [17], "base": "forger", "A": "protocol", "B": "passed", "C": "passed"}
"""

import gc
import weakref


class Speaks:
    def __del__(self):
        say(frame(msgpack.packb({"id": 0, "ok": None})))


def linear_forward(X, W, b):
    weakref.finalize(Speaks(), lambda: None)
    gc.callbacks.append(lambda phase, info: None)
    gc.collect()
    return np.zeros((len(X), W.shape[1]))
