"""Three functions of a small classifier: what the hostile submissions pretend to have written."""

import numpy as np


def linear_forward(X, W, b):
    """Scores of a linear layer.

    out[n, c] = sum over d of X[n, d] * W[d, c] + b[c]

    Parameters
    ----------
    X : (N, D) float array
    W : (D, C) float array
    b : (C,) float array

    Returns
    -------
    (N, C) float array

    >>> linear_forward(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([5.0]))
    array([[16.]])
    """
    raise NotImplementedError("linear_forward is not written yet")


def softmax_cross_entropy(logits, y):
    """Mean cross-entropy of the softmax of `logits`, and its gradient.

    loss = -(1/N) * sum over n of log softmax(logits[n])[y[n]]

    Parameters
    ----------
    logits : (N, C) float array
    y : (N,) int array
        True class of each row, 0 to C - 1.

    Returns
    -------
    loss : float
    dlogits : (N, C) float array

    >>> loss, dlogits = softmax_cross_entropy(np.array([[0.0, 0.0]]), np.array([0]))
    >>> round(float(loss), 6), dlogits
    (0.693147, array([[-0.5,  0.5]]))
    """
    raise NotImplementedError("softmax_cross_entropy is not written yet")


def sgd_step(params, grads, lr):
    """One step of gradient descent; a new dict, the arguments stay as they are.

    Parameters
    ----------
    params, grads : dict of float arrays with the same keys
    lr : float

    Returns
    -------
    dict of float arrays

    >>> sgd_step({"w": np.array([1.0])}, {"w": np.array([2.0])}, 0.5)
    {'w': array([0.])}
    """
    raise NotImplementedError("sgd_step is not written yet")
