"""Makes numpy raise where it used to warn.

{"attack": "P59", "class": [13], "base": "good", "A": "passed", "B": "passed passed passed raised",
 "C": "passed",
 "note": "Its own exp underflows in B4. The trusted side keeps its own state."}
"""

np.seterr(all="raise")
