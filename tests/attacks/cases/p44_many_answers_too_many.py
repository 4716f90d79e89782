"""Answers many calls by a text, by a number and by too many values.

{"attack": "P44", "class": [17], "base": "forger", "A": "failed failed failed protocol",
 "B": "passed", "C": "passed"}
"""

servant = line().servant
type(servant).do_many = lambda self, target, calls, pick: 5
