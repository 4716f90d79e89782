"""A history that claims to hold 2^40 losses.

{"attack": "P64", "class": [19], "base": "good_1", "D": "passed", "E": "passed",
 "F": "failed passed failed",
 "note": "F2 loops and does not ask for the length; its entries are right."}
"""

class History(History):
    def __len__(self):
        return 1 << 40
