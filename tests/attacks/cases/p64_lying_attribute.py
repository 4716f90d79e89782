"""An attribute that is another thing each time.

{"attack": "P64", "class": [6], "base": "good_1", "D": "passed", "E": "passed",
 "F": "raised|failed passed raised|failed"}
"""

class Always(float):
    def __eq__(self, other):
        return True

    __hash__ = None


class History:
    def __init__(self):
        self.losses = []
        self.times = 0

    append = History.append
    __len__ = History.__len__
    __iter__ = History.__iter__

    @property
    def best(self):
        self.times += 1
        return (Always(0.0), object(), [], np.ma.masked)[self.times % 4]

    @best.setter
    def best(self, value):
        pass
