"""Raises exceptions that claim to have begun on the trusted side.

{"attack": "P63", "class": [17], "base": "forger_1", "D": "raised", "E": "passed", "F": "passed"}
"""

def slope(f, x, h):
    error = ValueError("passed")
    error.nnkata_token = 10**6 if h > 0.3 else True
    raise error
