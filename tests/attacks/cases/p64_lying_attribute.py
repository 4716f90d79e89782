"""An attribute that is another thing each time.

{"attack": "P64", "class": [6], "base": "good_1", "D": "passed", "E": "passed",
 "F": "raised|failed passed raised|failed"}
"""

class Always(float):
    def __eq__(self, other):
        return True

    __hash__ = None


class Lying(History):
    times = 0

    def __getattribute__(self, name):
        if name != "best":
            return super().__getattribute__(name)
        Lying.times += 1
        return (Always(0.0), object(), [], np.ma.masked)[Lying.times % 4]

    def append(self, loss):
        self.losses.append(loss)


History = Lying
