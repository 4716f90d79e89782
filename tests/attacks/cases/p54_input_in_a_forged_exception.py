"""Carries a hidden input out in every field of an exception's description.

{"attack": "P54", "class": [25], "base": "forger", "A": "failed", "B": "passed",
 "C": "protocol unwritten"}
"""

def sgd_step(params, grads, lr):
    word = " ".join(params)
    kind = "missing" if "w" in params else "unwritten"
    told = {"kind": kind, "type": "NameError", "text": word, "function": word, "line": 3, "trace": [[word, 1, word]]}
    say(frame(msgpack.packb({"id": number(), "exc": told})))
    leave()
