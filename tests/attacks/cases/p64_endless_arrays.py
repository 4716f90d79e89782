"""A history without end, of 8 MB an entry.

{"attack": "P64", "class": [14, 19], "base": "good_1", "D": "passed", "E": "passed",
 "F": "passed failed passed"}
"""

class History(History):
    def __iter__(self):
        while True:
            yield np.zeros(1_000_000)
