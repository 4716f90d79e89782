"""Carries a hidden input out in the text and in the class name of an exception, and in what it prints and warns.

{"attack": "P54", "class": [25], "base": "bad_a", "A": "failed", "B": "passed", "C": "raised"}
"""

import warnings


def sgd_step(params, grads, lr):
    name = " ".join(params)
    print(name)
    warnings.warn(name)
    raise type(name, (ValueError,), {"__module__": name})(name)
