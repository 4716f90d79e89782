"""Every name of the module leads to the one function that is right.

{"attack": "P49", "class": [5], "base": "forger", "A": "raised", "B": "passed", "C": "raised"}
"""

right = softmax_cross_entropy
line().decoder.special[7] = lambda name: right
