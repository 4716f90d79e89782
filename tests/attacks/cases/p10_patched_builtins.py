"""Built-ins that lie: abs, len, isinstance, all, any, round.

{"attack": "P10", "class": [5], "base": "bad_a", "A": "failed|raised|protocol|crashed",
 "B": "passed|raised|protocol|crashed", "C": "passed|raised|protocol|crashed",
 "note": "The worker's own code uses them too. What it then says is nonsense, never more than the "
         "honest marks."}
"""

import builtins

builtins.abs = lambda *a: 0
builtins.isinstance = lambda *a: True
builtins.all = builtins.any = lambda *a: True
builtins.round = lambda *a: 0
builtins.len = lambda *a: 1
