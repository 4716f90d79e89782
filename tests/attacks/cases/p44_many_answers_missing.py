"""Answers many calls by an empty list.

{"attack": "P44", "class": [17], "base": "forger", "A": "failed failed failed protocol",
 "B": "passed", "C": "passed",
 "note": "A test that walks over the answers must not find nothing to complain about."}
"""

servant = line().servant
type(servant).do_many = lambda self, target, calls, pick: []
