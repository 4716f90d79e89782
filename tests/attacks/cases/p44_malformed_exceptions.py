"""Exceptions whose description is none.

{"attack": "P44", "class": [17], "base": "forger", "A": "protocol|raised|crashed",
 "B": "passed|crashed passed passed passed", "C": "passed",
 "note": "A field of the wrong type is left out or ends the worker; neither is a pass or our "
         "failure."}
"""

def linear_forward(X, W, b):
    strange = {
        1: {"type": ["ValueError"], "kind": ["raised"], "text": [1], "line": "x", "function": {}},
        2: {"type": "KeyboardInterrupt", "kind": "passed", "trace": [[1, 2]]},
        4: {"type": "SystemExit", "kind": "missing", "token": 10**9, "trace": 7},
    }.get(len(X), "ValueError")
    say(frame(msgpack.packb({"id": number(), "exc": strange})))
    leave()
