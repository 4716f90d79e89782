"""Swallows the complaint of a trusted check and then behaves.

{"attack": "P63", "class": [17], "base": "good_1", "D": "passed passed failed", "E": "passed",
 "F": "passed",
 "note": "A check that failed inside of a callback has failed, whatever the student's code makes of "
         "the exception."}
"""

right = slope


def slope(f, x, h):
    try:
        f([1.0])
    except Exception:
        pass
    return right(f, x, h)
