"""From scores to losses: softmax, entropy, cross-entropy, and the losses that train a network.

Rows are examples. z and s are raw scores, p and q are probabilities, y holds class numbers or targets.
Logarithms are natural (nats). A loss sums over the outputs of an example and is the mean over the N examples;
it comes with its gradient, `(loss, gradient)`. No function changes what it is given. float32 in gives
float32 out, everything else is computed in float64.
"""

import numpy as np

from ch00_toolbox.toolbox import as_float


def sigmoid(z):
    """Given: the logistic function 1 / (1 + exp(-z)) of each entry, without overflow.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    return 0.5 * (1 + np.tanh(0.5 * z))


def check_labels(scores, y):
    """Given: raise ValueError unless y holds one class number for each row of scores.

    Class numbers are an integer array of shape (N,) with entries 0 to C - 1; scores is (N, C).

    >>> check_labels(np.zeros((2, 3)), np.array([0, 3]))
    Traceback (most recent call last):
    ValueError: labels run from 0 to 3, expected 0 to 2
    """
    y = np.asarray(y)
    rows, classes = scores.shape
    if y.shape != (rows,):
        raise ValueError(f"labels have shape {y.shape}, expected ({rows},): one class number for each row")
    if y.dtype.kind not in "iu":
        raise ValueError(f"labels are {y.dtype}, expected integers")
    if y.min() < 0 or y.max() >= classes:
        raise ValueError(f"labels run from {y.min()} to {y.max()}, expected 0 to {classes - 1}")


# Distributions out of scores -------------------------------------------------------------------------------


def softmax(z):
    """Turn each row of scores into a probability distribution.

    p[n, c] = exp(z[n, c]) / sum over k of exp(z[n, k])

    Parameters
    ----------
    z : (N, C) array
        Scores, one row for each example.

    Returns
    -------
    (N, C) array
        Every row sums to 1. Adding a constant to a row of z leaves its probabilities as they are.

    No overflow for any finite input up to 1e300 in size (float32: 1e38): no nan, no inf, no warning. A class
    far below the best of its row gets exactly 0.

    >>> softmax(np.array([[0.0, 0.0], [1000.0, 1000.0]]))
    array([[0.5, 0.5],
           [0.5, 0.5]])

    Source: Goodfellow, Bengio, Courville, Deep Learning, section 4.1.
    """
    z = as_float(z)
    weights = np.exp(z - z.max(axis=1, keepdims=True))  # the best class of each row weighs 1
    return weights / weights.sum(axis=1, keepdims=True)


def logsumexp(z):
    """Logarithm of the sum of exponentials of each row: a smooth maximum.

    out[n] = log(sum over c of exp(z[n, c]))

    Parameters
    ----------
    z : (N, C) array

    Returns
    -------
    (N,) array
        Between the largest score of the row and that score plus log(C).

    No overflow for any finite input up to 1e300 in size (float32: 1e38): no nan, no inf, no warning.

    >>> logsumexp(np.array([[0.0, 0.0], [1000.0, -1000.0]]))
    array([6.93147181e-01, 1.00000000e+03])

    Source: scipy.special.logsumexp; ours works on rows only.
    """
    z = as_float(z)
    top = z.max(axis=1)
    return top + np.log(np.exp(z - top[:, None]).sum(axis=1))


def log_softmax(z):
    """Logarithm of the softmax of each row, without ever forming the softmax.

    out[n, c] = z[n, c] - log(sum over k of exp(z[n, k]))

    Parameters
    ----------
    z : (N, C) array

    Returns
    -------
    (N, C) array
        In nats, at most 0.

    No overflow for any finite input up to 1e300 in size (float32: 1e38): no nan, no inf, no warning. A
    probability too small for a float still has its logarithm: the last entry below is not -inf.

    >>> log_softmax(np.array([[0.0, -1000.0]]))
    array([[    0., -1000.]])

    Source: scipy.special.log_softmax; ours works on rows only.
    """
    z = as_float(z)
    below = z - z.max(axis=1, keepdims=True)
    return below - np.log(np.exp(below).sum(axis=1, keepdims=True))


# Measures of distributions ---------------------------------------------------------------------------------


def cross_entropy(p, q):
    """Average surprise -log q at events that come from p.

    H(p, q) = -sum over c of p[c] * log(q[c])

    Parameters
    ----------
    p, q : (C,) or (N, C) arrays of one shape
        Distributions along the last axis: p the truth, q the belief.

    Returns
    -------
    number, or (N,) array
        In nats; the sum over the classes, one value for each distribution, no mean. At least 0, because
        -log q is. A class with p = 0 adds nothing, whatever q is (0 * log 0 = 0 here). inf, without a
        warning, if q is 0 where p > 0.

    Raises
    ------
    ValueError
        If the shapes differ; nothing is broadcast.

    >>> cross_entropy(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[0.5, 0.5], [0.5, 0.5]]))
    array([0.69314718, 0.69314718])

    Source: Goodfellow, Bengio, Courville, Deep Learning, section 3.13.
    """
    p, q = as_float(p), as_float(q)
    if p.shape != q.shape:
        raise ValueError(f"p has shape {p.shape}, q has shape {q.shape}; they must be equal")
    possible = np.where(p > 0, q, 1)  # log 1 = 0: what never happens adds nothing
    with np.errstate(divide="ignore"):
        return (p * -np.log(possible)).sum(axis=-1)


def entropy(p):
    """Uncertainty of a distribution: the average surprise of its own events.

    H(p) = -sum over c of p[c] * log(p[c])

    Parameters
    ----------
    p : (C,) or (N, C) array
        Distributions along the last axis.

    Returns
    -------
    number, or (N,) array
        In nats, one value for each distribution: 0 for a certain one, log(C) for the uniform one, never
        more. A class with p = 0 adds nothing (0 * log 0 = 0 here) and causes no warning.

    >>> entropy(np.array([[0.5, 0.5], [1.0, 0.0]]))
    array([0.69314718, 0.        ])

    Source: Shannon (1948), with the natural logarithm instead of log2.
    """
    p = as_float(p)
    return cross_entropy(p, p)


def kl_divergence(p, q):
    """Kullback-Leibler divergence: the extra surprise of believing q when p is true.

    KL(p || q) = sum over c of p[c] * log(p[c] / q[c])

    Parameters
    ----------
    p, q : (C,) or (N, C) arrays of one shape
        Distributions along the last axis. Probabilities both; torch's kl_div wants log q, and it wants q first.

    Returns
    -------
    number, or (N,) array
        In nats; the sum over the classes, one value for each distribution, no mean. At least 0, and 0 only
        for p = q. A class with p = 0 adds nothing. inf, without a warning, if q is 0 where p > 0, and only
        then: q = 1e-310 gives a finite value.

    Raises
    ------
    ValueError
        If the shapes differ; nothing is broadcast.

    >>> kl_divergence(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[0.5, 0.5], [0.5, 0.5]]))
    array([0.69314718, 0.        ])

    Source: Goodfellow, Bengio, Courville, Deep Learning, section 3.13.
    """
    p, q = as_float(p), as_float(q)
    return cross_entropy(p, q) - entropy(p)


# Losses: (loss, gradient for the first argument) -----------------------------------------------------------


def mse_loss(pred, target):
    """Squared error of each example, averaged over the batch.

    loss = (1/N) * sum over n, d of (pred[n, d] - target[n, d])**2

    Parameters
    ----------
    pred : (N, D) array
    target : (N, D) array
        Exactly the shape of pred.

    Returns
    -------
    loss : float
        In squared units of the target. Divided by N only; torch's MSELoss divides by N * D.
    dpred : (N, D) array
        Gradient of loss for pred, a new array.

    Raises
    ------
    ValueError
        If the shapes differ. (N,) and (N, 1) would broadcast to an (N, N) table.

    >>> mse_loss(np.array([[1.0], [3.0]]), np.array([[1.0], [1.0]]))
    (2.0, array([[0.],
           [2.]]))
    """
    pred = as_float(pred)
    target = np.asarray(target, dtype=pred.dtype)
    if pred.shape != target.shape:
        raise ValueError(f"pred has shape {pred.shape}, target has shape {target.shape}; they must be equal")
    error = pred - target
    return float((error**2).sum() / len(pred)), 2 * error / len(pred)


def mse_of_sigmoid_grad(z, y):
    """Gradient for z of the squared error of sigmoid(z), to compare it with `bce_with_logits`.

    loss = (1/N) * sum over n, k of (sigmoid(z[n, k]) - y[n, k])**2

    Parameters
    ----------
    z : (N, K) array
        Logits.
    y : (N, K) array
        Targets in [0, 1], exactly the shape of z.

    Returns
    -------
    (N, K) array
        Gradient of that loss for z. It fades where the sigmoid is flat, right or wrong: -9.1e-05 for
        z = -10, y = 1.

    Raises
    ------
    ValueError
        If the shapes differ.

    >>> mse_of_sigmoid_grad(np.array([[0.0]]), np.array([[1.0]]))
    array([[-0.25]])

    Source: Nielsen, Neural Networks and Deep Learning, chapter 3; his cost has a factor 1/2, ours has none.
    """
    z = as_float(z)
    y = np.asarray(y, dtype=z.dtype)
    if z.shape != y.shape:
        raise ValueError(f"z has shape {z.shape}, y has shape {y.shape}; they must be equal")
    a = sigmoid(z)
    return 2 * (a - y) * a * (1 - a) / len(z)


def bce_from_probs(p, y, eps=1e-12):
    """Binary cross-entropy of probabilities.

    loss = -(1/N) * sum over n, k of y[n, k] * log(p[n, k]) + (1 - y[n, k]) * log(1 - p[n, k])

    Parameters
    ----------
    p : (N, K) array
        Probabilities of class 1, usually K = 1. Before anything else they are clipped to [eps, 1 - eps].
    y : (N, K) array
        Targets in [0, 1] (0.3 is allowed), exactly the shape of p.
    eps : float
        Keeps p and 1 - p away from 0.

    Returns
    -------
    loss : float
        In nats.
    dp : (N, K) array
        The derivative of the formula at the clipped p. It is not set to 0 where p was clipped: a wrong
        certainty must still be pushed back.

    Finite for every p in [0, 1], 0 and 1 included, in float32 too (there 1 - 1e-12 rounds to 1).

    Raises
    ------
    ValueError
        If the shapes differ.

    >>> bce_from_probs(np.array([[0.5]]), np.array([[1.0]]))
    (0.6931471805599453, array([[-2.]]))

    Source: nndl, Neural Networks and Deep Learning: practice in Paddle, chapter 4. torch's BCELoss clamps
    the logarithm at -100 instead of clipping p.
    """
    p = as_float(p)
    y = np.asarray(y, dtype=p.dtype)
    if p.shape != y.shape:
        raise ValueError(f"p has shape {p.shape}, y has shape {y.shape}; they must be equal")
    p, q = np.clip(p, eps, 1 - eps), np.clip(1 - p, eps, 1 - eps)  # q = 1 - p, clipped by itself for float32
    loss = -(y * np.log(p) + (1 - y) * np.log(q))
    return float(loss.sum() / len(p)), ((1 - y) / q - y / p) / len(p)


def bce_with_logits(z, y):
    """Binary cross-entropy of logits: sigmoid and logarithm in one, so that neither can overflow.

    loss = -(1/N) * sum over n, k of y[n, k] * log(a[n, k]) + (1 - y[n, k]) * log(1 - a[n, k])
    with a = sigmoid(z)

    Parameters
    ----------
    z : (N, K) array
        Logits, usually K = 1.
    y : (N, K) array
        Targets in [0, 1] (0.3 is allowed), exactly the shape of z.

    Returns
    -------
    loss : float
        In nats, exact however large the logits: 1000.0 for z = 1000, y = 0. Nothing is clipped.
    dz : (N, K) array
        Gradient of loss for z.

    No overflow for any finite input up to 1e300 in size (float32: 1e38): no nan, no inf, no warning.

    Raises
    ------
    ValueError
        If the shapes differ.

    >>> bce_with_logits(np.array([[0.0], [1000.0]]), np.array([[1.0], [1.0]]))
    (0.34657359027997264, array([[-0.25],
           [ 0.  ]]))
    """
    z = as_float(z)
    y = np.asarray(y, dtype=z.dtype)
    if z.shape != y.shape:
        raise ValueError(f"z has shape {z.shape}, y has shape {y.shape}; they must be equal")
    loss = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))  # exp of a number <= 0 only
    return float(loss.sum() / len(z)), (sigmoid(z) - y) / len(z)


def softmax_cross_entropy(z, y):
    """Cross-entropy of the softmax of scores with the true classes, and its gradient.

    loss = -(1/N) * sum over n of log(softmax(z)[n, y[n]])
    dz[n, c] = (softmax(z)[n, c] - (1 if c == y[n] else 0)) / N

    Parameters
    ----------
    z : (N, C) array
        Scores, no softmax applied.
    y : (N,) int array
        True class of each row, 0 to C - 1.

    Returns
    -------
    loss : float
        In nats: log(C) when all scores are equal, never below 0.
    dz : (N, C) array
        Gradient of loss for z, a new array; every row sums to 0.

    No overflow for any finite input up to 1e300 in size (float32: 1e38): no nan, no inf, no warning.

    Raises
    ------
    ValueError
        If y is not a set of labels for z; `check_labels(z, y)` is given for that.

    >>> softmax_cross_entropy(np.array([[0.0, 0.0]]), np.array([1]))
    (0.6931471805599453, array([[ 0.5, -0.5]]))

    Source: CS231n, course notes on linear classification.
    """
    z = as_float(z)
    check_labels(z, y)
    rows = np.arange(len(z))
    log_p = log_softmax(z)
    loss = (-log_p[rows, y]).sum() / len(z)
    dz = np.exp(log_p)
    dz[rows, y] -= 1
    return float(loss), dz / len(z)


def svm_loss(s, y, delta=1.0):
    """Multiclass hinge loss: every wrong class should stay below the true one by at least delta.

    loss = (1/N) * sum over n, sum over j != y[n] of max(0, s[n, j] - s[n, y[n]] + delta)

    Parameters
    ----------
    s : (N, C) array
        Scores.
    y : (N,) int array
        True class of each row, 0 to C - 1.
    delta : float
        The margin, in units of the scores.

    Returns
    -------
    loss : float
        The sum over the wrong classes, the mean over the rows. torch's MultiMarginLoss divides by C as well.
    ds : (N, C) array
        Gradient of loss for s. At exactly the margin it is 0.

    Raises
    ------
    ValueError
        If y is not a set of labels for s; `check_labels(s, y)` is given for that.

    >>> svm_loss(np.array([[3.0, 2.5, 0.0]]), np.array([0]))
    (0.5, array([[-1.,  1.,  0.]]))

    Source: CS231n, course notes on linear classification.
    """
    s = as_float(s)
    check_labels(s, y)
    rows = np.arange(len(s))
    margins = s - s[rows, y][:, None] + delta
    margins[rows, y] = 0  # the true class is not compared with itself
    loss = np.maximum(margins, 0).sum() / len(s)
    ds = (margins > 0).astype(s.dtype)
    ds[rows, y] -= ds.sum(axis=1)
    return float(loss), ds / len(s)
