"""Carries a hidden input out in the name of a function.

{"attack": "P54", "class": [25], "base": "bad_a", "A": "failed", "B": "passed", "C": "raised"}
"""

def fail():
    raise ValueError


def sgd_step(params, grads, lr):
    name = " ".join(params)
    fail.__code__ = fail.__code__.replace(co_name=name, co_qualname=name)
    fail()
