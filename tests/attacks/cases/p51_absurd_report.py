"""Reports that arguments were changed that do not exist.

{"attack": "P51", "class": [17], "base": "forger", "A": "failed failed failed|protocol failed",
 "B": "passed", "C": "passed"}
"""

servants = sys.modules["servant"]
servants.Servant.observed_call = lambda self, target, args, kwargs: (
    target(*args, **kwargs), False,
    {"modified": [10**30, "x" * 1000, -1], "shares": [[], {}], "global_random": "yes", "values": "expected"},
)
