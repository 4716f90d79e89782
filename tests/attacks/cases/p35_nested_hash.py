"""The hash of a tuple that is a million deep: the stack of C ends first.

{"attack": "P35", "class": [14], "base": "bad_a", "A": "crashed", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    deep = ()
    for _ in range(10**6):
        deep = (deep,)
    return hash(deep)
