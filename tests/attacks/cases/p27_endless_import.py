"""Never ends being imported.

{"attack": "P27", "class": [14], "base": "good", "seconds": 50, "A": "timeout", "B": "timeout",
 "C": "timeout"}
"""

while True:
    pass
