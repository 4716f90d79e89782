"""A function that is handed a callable, one that is handed both, and a class: the doors of the border."""

import numpy as np

from ch00_attacked.attacked import sgd_step


def slope(f, x, h):
    """Central difference of a function of one number.

    slope = (f(x + h) - f(x - h)) / (2 h)

    Parameters
    ----------
    f : callable
        Takes a float and returns one.
    x, h : float

    Returns
    -------
    float

    >>> slope(lambda x: x * x, 3.0, 0.5)
    6.0
    """
    raise NotImplementedError("slope is not written yet")


def descend(gradient, w, lr, steps):
    """Gradient descent on one array.

    Parameters
    ----------
    gradient : callable
        Takes a (D,) float array and returns one.
    w : (D,) float array
    lr : float
    steps : int

    Returns
    -------
    (D,) float array

    >>> descend(lambda w: 2 * w, np.array([1.0]), 0.25, 2)
    array([0.25])
    """
    raise NotImplementedError("descend is not written yet")


class History:
    """Losses in the order in which they came.

    Attributes
    ----------
    best : float or None
        The smallest one so far.

    >>> h = History()
    >>> h.append(2.0); h.append(1.0)
    >>> len(h), h.best, list(h)
    (2, 1.0, [2.0, 1.0])
    """

    def __init__(self):
        raise NotImplementedError("History.__init__ is not written yet")

    def append(self, loss):
        """Add one loss (float)."""
        raise NotImplementedError("History.append is not written yet")

    def __len__(self):
        raise NotImplementedError("History.__len__ is not written yet")

    def __iter__(self):
        raise NotImplementedError("History.__iter__ is not written yet")
