"""An object that claims to be an array.

{"attack": "P17", "class": [6], "base": "bad_a", "A": "raised", "B": "passed", "C": "passed"}
"""

class Claims:
    __class__ = np.ndarray
    dtype, shape, ndim, size = np.dtype("f8"), (2, 2), 2, 4

    def tobytes(self):
        return bytes(32)


def linear_forward(X, W, b):
    return Claims()
