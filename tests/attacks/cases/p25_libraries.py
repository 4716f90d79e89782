"""Looks for the answer in modules outside of the list.

{"attack": "P25", "class": [21], "base": "bad_a", "A": "raised", "B": "passed", "C": "passed"}
"""

def linear_forward(X, W, b):
    import scipy.linalg

    return scipy.linalg.blas.dgemm(1.0, X, W) + b
