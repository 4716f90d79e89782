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
    ### BEGIN SOLUTION
    return (f(x + h) - f(x - h)) / (2 * h)
    ### END SOLUTION


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
    ### BEGIN SOLUTION
    for _ in range(steps):
        w = sgd_step({"w": w}, {"w": gradient(w)}, lr)["w"]
    return w
    ### END SOLUTION


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
        ### BEGIN SOLUTION
        self.losses = []
        self.best = None
        ### END SOLUTION

    def append(self, loss):
        """Add one loss (float)."""
        ### BEGIN SOLUTION
        self.losses.append(loss)
        self.best = loss if self.best is None else min(self.best, loss)
        ### END SOLUTION

    def __len__(self):
        ### BEGIN SOLUTION
        return len(self.losses)
        ### END SOLUTION

    def __iter__(self):
        ### BEGIN SOLUTION
        return iter(self.losses)
        ### END SOLUTION
