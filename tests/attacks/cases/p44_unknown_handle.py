"""A handle of an object that it never gave, with a number that is none.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol|raised|crashed", "B": "passed",
 "C": "passed",
 "note": "A handle that means nothing in the worker ends the worker when it is asked for."}
"""

def linear_forward(X, W, b):
    number_of_handle = {1: -1, 2: 10**6, 4: "1", 5: 0}.get(len(X), 2**63)
    say(answer(ext(6, msgpack.packb([number_of_handle, "ndarray"]))))
    leave()
