"""Never reads its questions.

{"attack": "P56", "class": [14], "base": "forger", "A": "timeout", "B": "timeout", "C": "timeout",
 "note": "The first question waits for its whole limit, the others of a function that hung for less."}
"""

mine = line()
type(mine).read = lambda self: time.sleep(60)
