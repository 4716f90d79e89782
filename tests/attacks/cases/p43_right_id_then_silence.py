"""Answers in the worker's place, quite correctly, and then keeps the worker busy.

{"attack": "P43", "class": [17], "base": "forger", "A": "failed timeout failed timeout",
 "B": "passed", "C": "passed",
 "note": "A forged answer of the right form is an answer, and its value is compared. The next "
         "question finds nobody."}
"""

def linear_forward(X, W, b):
    say(answer(array("<f8", [len(X), W.shape[1]], bytes(8 * len(X) * W.shape[1]))))
    time.sleep(30)
