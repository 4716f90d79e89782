"""Chapter 01: one neuron and the perceptron.

A neuron weighs its inputs and adds a bias: z = w . x + b. The points with z = 0 form a straight line (in D
dimensions a hyperplane), and the sign of z says on which side of it a point lies. Labels are +1 and -1 in the
whole chapter; a threshold unit of the last exercise answers 0 or 1.
"""

import numpy as np
from ch00_toolbox.toolbox import as_float


def rows_and_labels(X, y):
    """Points and labels as float arrays of one dtype (given). The values of the labels are not looked at.

    Raises
    ------
    ValueError
        If X is not (N, D) with N >= 1, or y is not (N,); numpy would broadcast (N, 1) without a word.
    """
    X, y = as_float(X), np.asarray(y)
    if X.ndim != 2 or len(X) == 0 or y.shape != X.shape[:1]:
        raise ValueError(f"X has shape {X.shape}, y has shape {y.shape}; expected (N, D) and (N,)")
    return X, y.astype(X.dtype)


def net_activation(X, w, b):
    """Net activation of one neuron for each row of X.

    z[n] = sum over d of w[d] * X[n, d] + b

    Parameters
    ----------
    X : (N, D) array
        One point for each row; N = 1 stays a batch of one. Not changed.
    w : (D,) array
        One weight for each input. Not changed.
    b : float

    Returns
    -------
    (N,) array
        float32 if X and w are float32; integers become float64.

    Raises
    ------
    ValueError
        If X does not have two axes, or w is not (D,). A w of shape (D, 1) is refused, too.

    3*1 - 1*2 + 0.5:

    >>> net_activation(np.array([[1.0, 2.0]]), np.array([3.0, -1.0]), 0.5)
    array([1.5])
    """
    X, w = as_float(X), as_float(w)
    raise NotImplementedError("net_activation is not written yet")


def perceptron_predict(X, w, b):
    """Class of each row of X: the side of the line on which it lies.

    out[n] = +1 if z[n] > 0, else -1,   with z the net activation

    Parameters
    ----------
    X : (N, D) array
    w : (D,) array
    b : float

    Returns
    -------
    (N,) int array
        Only +1 and -1. A point on the line itself, z[n] = 0, is -1.

    Raises
    ------
    ValueError
        As net_activation does.

    >>> perceptron_predict(np.array([[2.0], [0.0], [-2.0]]), np.array([1.0]), 0.0)
    array([ 1, -1, -1])
    """
    raise NotImplementedError("perceptron_predict is not written yet")


def perceptron_step(w, b, x, y):
    """Rosenblatt's rule for one example: learn from a mistake, else change nothing.

    If y * (w . x + b) <= 0:   w becomes w + y*x,   b becomes b + y.

    Parameters
    ----------
    w : (D,) array
        The weights so far. Not changed.
    b : float
    x : (D,) array
        One point. Not changed.
    y : number
        Its label, +1 or -1.

    Returns
    -------
    w : (D,) array
        A new array, also when nothing was learned: no memory is shared with the arguments. float32 if w and x
        are float32; integers become float64.
    b : float
    changed : bool
        True if the example was a mistake.

    Raises
    ------
    ValueError
        If y is neither +1 nor -1 (labels 0 and 1 belong to other chapters), or if w and x differ in shape
        (the latter is given).

    A point on the line, y * (w . x + b) = 0, counts as a mistake, on either side: with w = 0 and b = 0 every
    point lies on the line.

    >>> perceptron_step(np.array([1.0, 0.0]), 0.0, np.array([2.0, 3.0]), -1)
    (array([-1., -3.]), -1.0, True)
    """
    w, x, y = as_float(w), as_float(x), float(y)
    if w.ndim != 1 or w.shape != x.shape:
        raise ValueError(f"w has shape {w.shape}, x has shape {x.shape}; expected (D,) for both")
    raise NotImplementedError("perceptron_step is not written yet")


def perceptron_fit(X, y, max_epochs):
    """Repeat Rosenblatt's rule over all rows until an epoch passes without a mistake.

    One epoch visits each row once, in the given order: perceptron_step with x = X[n], for n = 0 to N - 1.

    Parameters
    ----------
    X : (N, D) array, N >= 1
        Not changed.
    y : (N,) array of labels +1 and -1
        Not changed.
    max_epochs : int, at least 1
        The budget: after so many epochs it ends in any case.

    Returns
    -------
    dict with the keys
        w : (D,) array, float32 if X is float32, else float64. It starts at 0.
        b : float. It starts at 0.
        updates : int, how many times an example changed the weights, in all epochs together.
        epochs : int, how many epochs were run, the last one without a mistake included.
        converged : bool, True only if the last epoch run had no mistake.

    Raises
    ------
    ValueError
        If a label is neither +1 nor -1, or for wrong shapes (the latter is given).

    Both rows are mistakes in the first epoch, as z = 0 for the first and z = -1 + 1 = 0 for the second:

    >>> found = perceptron_fit(np.array([[1.0], [-1.0]]), np.array([1, -1]), 10)
    >>> found["w"], found["b"], found["updates"], found["epochs"], found["converged"]
    (array([2.]), 0.0, 2, 2, True)

    Source: F. Rosenblatt, 1958. The bias is learned like a weight whose input is always 1.
    """
    X, y = rows_and_labels(X, y)
    raise NotImplementedError("perceptron_fit is not written yet")


def perceptron_sgd_fit(X, y, max_epochs, lr=1.0):
    """Gradient descent with batch size 1 on the perceptron loss.

    L_n(w, b) = max(0, -y[n] * (w . X[n] + b))

    For n = 0 to N - 1, epoch after epoch:   w becomes w - lr * dL_n/dw,   b becomes b - lr * dL_n/db.

    Parameters
    ----------
    X : (N, D) array, N >= 1
        Not changed.
    y : (N,) array of labels +1 and -1
        Not changed.
    max_epochs : int, at least 1
        The budget.
    lr : float > 0
        The learning rate.

    Returns
    -------
    dict with the keys
        w : (D,) array, float32 if X is float32, else float64. It starts at 0.
        b : float. It starts at 0.
        updates : int, how many of the gradients were not those of the flat side.
        epochs : int, how many epochs were run.
        converged : bool, True only if every gradient of the last epoch run was that of the flat side.

    It ends after the first epoch without an update, at the latest after max_epochs.

    Raises
    ------
    ValueError
        If a label is neither +1 nor -1, or for wrong shapes (the latter is given).

    At the kink, y[n] * (w . X[n] + b) = 0, the loss has no derivative; take the one of the sloped side, where
    the product is negative. On the flat side both derivatives are 0.

    >>> found = perceptron_sgd_fit(np.array([[1.0], [-1.0]]), np.array([1, -1]), 10, lr=0.5)
    >>> found["w"], found["b"], found["updates"], found["epochs"], found["converged"]
    (array([1.]), 0.0, 2, 2, True)
    """
    X, y = rows_and_labels(X, y)
    raise NotImplementedError("perceptron_sgd_fit is not written yet")


def novikoff_bound(X, y, w_star, b_star):
    """Largest number of updates that perceptron_fit can need on these rows, known from one separating line.

    bound = (R / gamma)**2
    R     = max over n of the length of [X[n], 1]
    gamma = min over n of y[n] * (w_star . X[n] + b_star) / (length of [w_star, b_star])

    [X[n], 1] has D + 1 entries: the point, and the input 1 of the bias. The length of v is
    sqrt(sum over i of v[i]**2).

    Parameters
    ----------
    X : (N, D) array, N >= 1
        Not changed.
    y : (N,) array of labels +1 and -1
    w_star : (D,) array
        Weights of a line that classifies every row rightly; need not be those that perceptron_fit finds.
        Integers become float64.
    b_star : float

    Returns
    -------
    float
        A Python float, in general no integer. The same for w_star, b_star and for 10*w_star, 10*b_star.

    Raises
    ------
    ValueError
        If the line does not separate the rows, that is gamma <= 0; a row on the line is enough. Also for
        wrong shapes of X and y (given).

    R = sqrt(3**2 + 1), gamma = min(6, 4) / 2 = 2, (R / gamma)**2 = 10 / 4:

    >>> round(novikoff_bound(np.array([[3.0], [-2.0]]), np.array([1, -1]), np.array([2.0]), 0.0), 6)
    2.5

    Source: A. Novikoff, 1962, for a perceptron without bias; the column of ones brings the bias in.
    """
    X, y = rows_and_labels(X, y)
    raise NotImplementedError("novikoff_bound is not written yet")


def xor_two_layer():
    """Weights of a two-layer network of threshold units that computes XOR, found by hand.

    h[j] = 1 if sum over i of x[i] * W1[i, j] + b1[j] > 0, else 0      for the two hidden units j = 0, 1
    out  = 1 if sum over j of h[j] * w2[j] + b2 > 0, else 0

    For the inputs x = (0, 0), (0, 1), (1, 0), (1, 1) the output is 0, 1, 1, 0.

    Returns
    -------
    W1 : (2, 2) float array
        Column j belongs to hidden unit j.
    b1 : (2,) float array
    w2 : (2,) float array
    b2 : float

    Any numbers will do that solve it; new arrays in each call. One way: let one hidden unit compute OR and the
    other AND, and think about how to join them.

    >>> [np.shape(part) for part in xor_two_layer()]
    [(2, 2), (2,), (2,), ()]
    """
    raise NotImplementedError("xor_two_layer is not written yet")
