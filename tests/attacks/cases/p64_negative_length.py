"""A history of -1 losses, and one whose length is a text.

{"attack": "P64", "class": [19], "base": "good_1", "D": "passed", "E": "passed",
 "F": "raised passed raised"}
"""

class History(History):
    def __len__(self):
        return -1 if self.losses else "none"
