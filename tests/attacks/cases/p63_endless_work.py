"""Has the trusted side work in its stead, for long.

{"attack": "P63", "class": [14, 19], "base": "good_1", "D": "raised timeout|failed raised",
 "E": "passed", "F": "passed",
 "note": "What a test hands out may be called with anything. D1 and D3 hand out functions, which "
         "have no public names."}
"""

def slope(f, x, h):
    return f.sum_up_to(3_000_000)
