"""A history without end.

{"attack": "P64", "class": [14, 19], "base": "good_1", "D": "passed", "E": "passed",
 "F": "passed failed passed",
 "note": "More entries than the test wants are not waited for."}
"""

class History(History):
    def __iter__(self):
        while True:
            yield 0.0
