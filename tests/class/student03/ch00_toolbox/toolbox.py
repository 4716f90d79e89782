"""Chapter 00: the toolbox. Measure before you believe.

Six small functions that the other chapters lean on: a ruler for derivatives, labels as rows of zeros and
ones, and the share of right answers.
"""

import numpy as np


def as_float(x):
    """The given helper for the dtype rule of the whole kit: float32 stays float32, all else becomes float64.

    Parameters
    ----------
    x : array, nested list or number
        Integers and booleans are converted, nothing is rounded.

    Returns
    -------
    array
        float32 or float64, of the shape of x. A float array comes back as it is, not copied.

    >>> as_float([1, 2])
    array([1., 2.])
    """
    x = np.asarray(x)
    if x.dtype == np.float32 or x.dtype == np.float64:
        return x
    return x.astype(np.float64)


def numerical_gradient(f, x, h=1e-5):
    """Gradient of a number f(x) by central differences, one entry of x at a time.

    grad[i] = (f(x + h*e_i) - f(x - h*e_i)) / (2*h)

    i runs over the positions of all entries of x; e_i has the shape of x, 1 at position i and 0 elsewhere.

    Parameters
    ----------
    f : function, array -> number
        Is given float64 arrays of the shape of x that differ from x in one entry at most. Returns a Python
        float, a numpy scalar or a 0-d array.
    x : array of any shape, () included
        The place at which to differentiate. It may be float32 or integer: the steps are taken in float64 all
        the same. It is not changed at any time, not even while f runs, and may be read-only.
    h : float
        The step, in units of x.

    Returns
    -------
    array, float64, the shape of x
        The error is about h**2 times the third derivative of f, plus rounding of about 1e-16/h times f.

    Raises
    ------
    ValueError
        If f returns several numbers: they have no single slope, see numerical_gradient_array.
    Exception
        Whatever f raises is passed on.

    The gradient of the sum of squares is 2*x:

    >>> numerical_gradient(lambda v: np.sum(v**2), np.array([1.0, -2.0])).round(6)
    array([ 2., -4.])

    Source: CS231n, eval_numerical_gradient. That one changes the caller's own x while f is running.
    """
    x = np.asarray(x, dtype=np.float64)

    def value(i, step):
        moved = x.copy()
        moved[i] += step
        out = np.asarray(f(moved))
        if out.size != 1:
            raise ValueError(f"f returned an array of shape {out.shape}; it should return one number")
        return out.item()

    grad = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        grad[i] = (value(i, h) - value(i, -h)) / (2 * h)
    return grad


def numerical_gradient_array(f, x, dout, h=1e-5):
    """Gradient of the number sum(f(x) * dout) for an f that returns an array.

    grad[i] = sum over k of dout[k] * (f(x + h*e_i)[k] - f(x - h*e_i)[k]) / (2*h)

    i runs over the positions of x, k over those of f(x). dout[k] says how much entry k of the output counts;
    in later chapters it is the gradient that arrives from above.

    Parameters
    ----------
    f : function, array of the shape of x -> array of the shape of dout
        Is given float64 arrays. What it returns may be its argument or a view of it: a reshape is an f too.
    x : array of any shape
        Treated as in numerical_gradient: float64 steps, never changed.
    dout : array of the shape of f(x)
        Integers are allowed. It is not changed either.
    h : float
        The step, in units of x.

    Returns
    -------
    array, float64, the shape of x

    Raises
    ------
    ValueError
        If f(x) and dout differ in shape, also where numpy could broadcast one to the other.

    With f(v) = 3*v each entry of x counts three times its weight:

    >>> numerical_gradient_array(lambda v: 3 * v, np.array([0.0, 1.0]), np.array([1.0, -2.0])).round(6)
    array([ 3., -6.])

    Source: CS231n, eval_numerical_gradient_array, which does not look at the shapes.
    """
    raise NotImplementedError("numerical_gradient_array is not written yet")


def relative_error(a, b):
    """Distance of two arrays, measured by their own size.

    error = ||a - b|| / (||a|| + ||b|| + 1e-12),    ||v|| = sqrt(sum over all entries i of v[i]**2)

    Parameters
    ----------
    a, b : arrays of the same shape, any number of axes
        Integers are allowed; computed in float64.

    Returns
    -------
    float
        A Python float without a unit, from 0.0 (equal) to 1.0 (opposite, or one of them zero). Two arrays of
        zeros agree: 0.0. nan if either array holds a nan.

    Raises
    ------
    ValueError
        If the shapes differ, also where numpy could broadcast.

    The norms are 1, 3 and, of the difference, 2:

    >>> round(relative_error(np.array([1.0]), np.array([3.0])), 6)
    0.5

    CS231n takes the largest error of a single entry; there one entry near zero spoils a right gradient.
    """
    raise NotImplementedError("relative_error is not written yet")


def gradient_check(f, x, analytic, h=1e-5, tol=1e-6):
    """Say whether a gradient made by calculus agrees with the numerical one.

    True if the relative error of `analytic` and the central differences of f at x (step h) is at most tol.

    Parameters
    ----------
    f : function, array -> number
    x : array of any shape
    analytic : array
        The gradient to be judged. A right one has the shape of x.
    h : float
        The step of the central differences.
    tol : float
        The largest relative error that counts as agreement.

    Returns
    -------
    bool
        A Python bool. False, without an exception, if analytic has another shape than x, or if there is a nan
        or inf in it or in the numerical gradient.

    >>> gradient_check(lambda v: np.sum(v**2), np.array([1.0, -2.0]), np.array([2.0, -4.0]))
    True
    >>> gradient_check(lambda v: np.sum(v**2), np.array([1.0, -2.0]), np.array([2.0, 4.0]))
    False

    Source: CS231n, grad_check_sparse, which prints numbers and leaves the verdict to the reader.
    """
    raise NotImplementedError("gradient_check is not written yet")


def one_hot(y, num_classes):
    """Class labels as rows of zeros with a single one.

    out[n, c] = 1 if y[n] == c, else 0

    Parameters
    ----------
    y : (N,) int array
        Classes 0 to num_classes - 1.
    num_classes : int
        C, the number of columns, whether or not every class occurs in y.

    Returns
    -------
    (N, C) array, float64

    Raises
    ------
    ValueError
        If a label is below 0 or above C - 1, or if y does not have exactly one axis.

    >>> one_hot(np.array([1, 0]), 3)
    array([[0., 1., 0.],
           [1., 0., 0.]])
    """
    if y.ndim != 1:
        raise ValueError(f"y has shape {y.shape}, expected (N,)")
    if np.any((y < 0) | (y >= num_classes)):
        raise ValueError(f"labels must lie between 0 and {num_classes - 1}")
    return np.eye(num_classes)[y]


def accuracy(scores, y):
    """Share of the rows that are classified rightly.

    accuracy = (1/N) * (number of rows n whose predicted class is the label)

    Two forms, told apart by the shapes:

    - scores (N, C) with C >= 2, y (N,) of classes 0 to C - 1: the column with the highest score is predicted;
      of equal highest scores the first one counts.
    - scores (N, 1), y (N, 1) of labels 0 and 1: class 1 is predicted where the score is above 0, class 0
      where it is 0 or less. A score is no probability: 0 is its middle, not 0.5.

    Parameters
    ----------
    scores : (N, C) or (N, 1) array
        N >= 1, and N may be large: 35000 rows are no problem, while a table of 35000 x 35000 is one.
    y : (N,) or (N, 1) array

    Returns
    -------
    float
        A Python float in [0, 1].

    Raises
    ------
    ValueError
        For any other pair of shapes.

    Predicted are the columns 1 and 0, and only the first is right:

    >>> accuracy(np.array([[0.0, 2.0], [3.0, 1.0]]), np.array([1, 1]))
    0.5
    """
    if scores.ndim != 2 or scores.shape[1] == 0:
        raise ValueError(f"scores have shape {scores.shape}, expected (N, C)")
    n, columns = scores.shape
    if y.shape != ((n, 1) if columns == 1 else (n,)):
        raise ValueError(f"scores of shape {scores.shape} do not go with labels of shape {y.shape}")
    predicted = scores > 0 if columns == 1 else scores.argmax(axis=1)
    return float(np.mean(predicted == y))
