"""Asks an HTTP server.

{"attack": "P41", "class": [11], "base": "bad_a", "level": "sealed", "A": "raised", "B": "passed",
 "C": "passed"}
"""

def linear_forward(X, W, b):
    import http.client

    http.client.HTTPConnection("127.0.0.1", int("@TCP@")).request("GET", "/solution")
