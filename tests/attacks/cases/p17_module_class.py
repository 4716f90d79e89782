"""A module whose missing names are functions that agree with everything.

{"attack": "P17", "class": [6], "base": "bad_a", "A": "unwritten", "B": "passed", "C": "passed",
 "note": "The name is gone from the module itself, and only what the file defines is called."}
"""

import sys
import types


class Mod(types.ModuleType):
    def __getattr__(self, name):
        return lambda *a, **k: True

    def __getattribute__(self, name):
        return types.ModuleType.__getattribute__(self, name)


sys.modules[__name__].__class__ = Mod
del linear_forward
