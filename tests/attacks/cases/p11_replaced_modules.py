"""Puts fakes in the place of numpy, wire, msgpack and json.

{"attack": "P11", "class": [5], "base": "bad_a", "A": "failed|raised|protocol|crashed",
 "B": "passed|raised|protocol|crashed", "C": "passed|raised|protocol|crashed"}
"""

import sys
import types


class Fake(types.ModuleType):
    def __getattr__(self, name):
        return lambda *a, **k: True


for name in ("numpy", "wire", "msgpack", "json", "servant", "worker"):
    sys.modules[name] = Fake(name)
