"""Chapter 02: loss surfaces and gradient descent.

A loss says how bad a choice of parameters is; its gradient says which way is up. Gradient descent walks the
other way, by all data at once, by one datum or by a few at a time.
"""

import numpy as np
from ch00_toolbox.toolbox import as_float


def float_vectors(x, y):
    """Both as float arrays with one axis and of one length (given).

    Raises
    ------
    ValueError
        If they are not (N,) and (N,) with N >= 1; numpy would broadcast (N,) and (N, 1) to (N, N).
    """
    x, y = as_float(x), as_float(y)
    if x.ndim != 1 or len(x) == 0 or x.shape != y.shape:
        raise ValueError(f"x has shape {x.shape}, y has shape {y.shape}; expected (N,) for both")
    return x, y


def mse_1d(w, x, y):
    """Mean squared error of the line through the origin with slope w.

    loss = (1/N) * sum over n of (w*x[n] - y[n])**2

    Parameters
    ----------
    w : number
    x : (N,) array, N >= 1
        Integers are allowed. Not changed.
    y : (N,) array
        The targets. Not changed.

    Returns
    -------
    float
        A Python float, in units of y squared.

    Raises
    ------
    ValueError
        If x and y are not (N,) and (N,) (given).

    The errors are -1 and -2:

    >>> mse_1d(1.0, np.array([1.0, 2.0]), np.array([2.0, 4.0]))
    2.5
    """
    x, y = float_vectors(x, y)
    ### BEGIN SOLUTION
    return float(np.mean((w * x - y) ** 2))
    ### END SOLUTION


def mse_1d_grad(w, x, y):
    """Derivative of mse_1d with respect to w.

    grad = (1/N) * sum over n of 2*x[n]*(w*x[n] - y[n])

    Parameters
    ----------
    w : number
    x, y : (N,) arrays, N >= 1
        Not changed.

    Returns
    -------
    float
        A Python float. Negative where a larger w would be better.

    Raises
    ------
    ValueError
        If x and y are not (N,) and (N,) (given).

    (2*1*(-1) + 2*2*(-2)) / 2:

    >>> mse_1d_grad(1.0, np.array([1.0, 2.0]), np.array([2.0, 4.0]))
    -5.0

    Where a loss is written with a factor 1/2, the 2 is gone; this one has none.
    """
    x, y = float_vectors(x, y)
    ### BEGIN SOLUTION
    return float(np.mean(2 * x * (w * x - y)))
    ### END SOLUTION


def gd(grad_fn, w0, lr, steps):
    """Gradient descent: so many steps of length lr against the gradient.

    history[0] = w0,   history[t+1] = history[t] - lr * grad_fn(history[t])

    Parameters
    ----------
    grad_fn : function
        Is called once for each step, with the parameters of that moment: an array of the shape of w0 (for a
        number w0 a number or a 0-d array). Returns the gradient, of the same shape.
    w0 : array of any shape, or number
        Where the walk begins. Not changed, also if grad_fn raises; integers become float64.
    lr : float
        The learning rate.
    steps : int >= 0

    Returns
    -------
    (steps + 1, ...) array
        Every place visited, w0 included; ... is the shape of w0, so a number w0 gives (steps + 1,). A new
        array: float32 if w0 is a float32 array, else float64.

    Raises
    ------
    ValueError
        If grad_fn returns another shape than that of w0, also where numpy could broadcast it.

    The gradient of w**2 is 2*w; each of these steps takes half of w away:

    >>> gd(lambda w: 2 * w, 1.0, 0.25, 3)
    array([1.   , 0.5  , 0.25 , 0.125])

    A step length lr that is too large makes no error: the numbers grow.
    """
    ### BEGIN SOLUTION
    w = as_float(w0)
    history = np.empty((steps + 1, *w.shape), dtype=w.dtype)
    history[0] = w
    for t in range(steps):
        grad = np.asarray(grad_fn(history[t].copy()))
        if grad.shape != w.shape:
            raise ValueError(f"the gradient has shape {grad.shape}, the parameters {w.shape}")
        history[t + 1] = history[t] - lr * grad
    return history
    ### END SOLUTION


def sgd_epochs(x, y, w0, lr, epochs):
    """Gradient descent on mse_1d with one datum at a time.

    Step k of an epoch, n = 0 to N - 1 in the given order, uses the loss of datum n alone,
    (w*x[n] - y[n])**2, at the w that the step before has left.

    Parameters
    ----------
    x, y : (N,) arrays, N >= 1
        Not changed.
    w0 : number
        Where the walk begins.
    lr : float
        The learning rate.
    epochs : int >= 0
        How many times all data are visited.

    Returns
    -------
    (epochs * N + 1,) array, float64
        w before the first step and after every single one; entry k*N is w after k epochs.

    Raises
    ------
    ValueError
        If x and y are not (N,) and (N,) (given).

    The first gradient is 2*1*(1 - 2) = -2, the second, at w = 1.2, is 2*2*(2.4 - 4) = -6.4:

    >>> sgd_epochs(np.array([1.0, 2.0]), np.array([2.0, 4.0]), 1.0, 0.1, 1)
    array([1.  , 1.2 , 1.84])
    """
    x, y = float_vectors(x, y)
    ### BEGIN SOLUTION
    history = [float(w0)]
    for _ in range(epochs):
        for n in range(len(x)):
            w = history[-1]
            history.append(w - lr * mse_1d_grad(w, x[n : n + 1], y[n : n + 1]))
    return np.array(history)
    ### END SOLUTION


def linreg_loss_grad(X, y, w, b):
    """Mean squared error of a linear model, and its gradient.

    p[n] = sum over d of X[n, d]*w[d] + b
    loss = (1/N) * sum over n of (p[n] - y[n])**2

    Parameters
    ----------
    X : (N, D) array, N >= 1
        Not changed.
    y : (N,) array
        The targets. Not changed.
    w : (D,) array
        Not changed.
    b : float

    Returns
    -------
    loss : float
        A Python float: the mean over the rows, without a factor 1/2.
    dw : (D,) array
        dw[d] = d loss / d w[d]. float32 if X, y and w are float32; integers become float64.
    db : float
        A Python float, d loss / d b.

    Raises
    ------
    ValueError
        If X does not have two axes, y is not (N,) or w is not (D,). Refused are also shapes that numpy could
        broadcast, such as y of shape (N, 1), (1,) or ().

    The predictions are 1 and 2, the errors -2 and -3:

    >>> linreg_loss_grad(np.array([[1.0], [2.0]]), np.array([3.0, 5.0]), np.array([1.0]), 0.0)
    (6.5, array([-8.]), -5.0)
    """
    X, y, w = as_float(X), as_float(y), as_float(w)
    ### BEGIN SOLUTION
    if X.ndim != 2 or y.shape != X.shape[:1] or w.shape != X.shape[1:]:
        raise ValueError(f"shapes {X.shape}, {y.shape} and {w.shape}; expected (N, D), (N,) and (D,)")
    error = X @ w + b - y  # (N,)
    return float(np.mean(error**2)), 2 * X.T @ error / len(X), float(2 * np.mean(error))
    ### END SOLUTION


def minibatches(n, batch_size, rng=None):
    """Row numbers 0 to n - 1, dealt out into batches: one epoch.

    Parameters
    ----------
    n : int >= 1
        How many rows there are.
    batch_size : int >= 1
        Rows of a batch. May be larger than n: then there is one batch, of n rows.
    rng : np.random.Generator or None
        None: the rows in order. Else in an order drawn from rng, each order equally likely; every call draws
        a new one. No other source of randomness is used.

    Returns
    -------
    list of int arrays
        Each row number is in exactly one batch, once. All batches have batch_size entries but the last, which
        holds what is left over: it may be smaller, it is never empty, and it is kept.

    Raises
    ------
    ValueError
        If batch_size is below 1.

    >>> minibatches(5, 2)
    [array([0, 1]), array([2, 3]), array([4])]
    """
    ### BEGIN SOLUTION
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, expected at least 1")
    order = np.arange(n) if rng is None else rng.permutation(n)
    return [order[start : start + batch_size] for start in range(0, n, batch_size)]
    ### END SOLUTION


def loss_cost_total(per_sample):
    """Three numbers that are all called "the loss" somewhere.

    cost = (1/N) * sum over n of per_sample[n],   total = sum over n of per_sample[n]

    Parameters
    ----------
    per_sample : (N,) array, N >= 1
        The loss of each example by itself. Not changed.

    Returns
    -------
    dict with the keys
        loss : (N,) array, a new one: the losses as they came, float32 or else float64.
        cost : float, the mean over the examples.
        total : float, the sum over the examples.

    Raises
    ------
    ValueError
        If per_sample does not have exactly one axis, or no entry.

    >>> loss_cost_total(np.array([1.0, 3.0]))
    {'loss': array([1., 3.]), 'cost': 2.0, 'total': 4.0}

    In this course "the loss" of a batch is the cost: the mean.
    """
    per_sample = as_float(per_sample)
    ### BEGIN SOLUTION
    if per_sample.ndim != 1 or len(per_sample) == 0:
        raise ValueError(f"per_sample has shape {per_sample.shape}, expected (N,) with N >= 1")
    return {"loss": per_sample.copy(), "cost": float(per_sample.mean()), "total": float(per_sample.sum())}
    ### END SOLUTION


def contour_tangent(grad):
    """Direction of the contour line at a point of the plane, given the gradient (f_1, f_2) there.

    t = (-f_2, f_1) / sqrt(f_1**2 + f_2**2)

    Along t the function does not change to first order: t and the gradient are perpendicular. The gradient
    itself is the normal of the contour line and points to larger values. t is the gradient, made one unit long
    and turned by a quarter to the left.

    Parameters
    ----------
    grad : (2,) array
        The partial derivatives f_1 and f_2. Not changed.

    Returns
    -------
    (2,) array
        A new array, one unit long. float32 stays float32, integers become float64.

    Raises
    ------
    ValueError
        If the gradient is (0, 0), where no direction is marked, or if grad is not (2,).

    >>> contour_tangent(np.array([3.0, 4.0]))
    array([-0.8,  0.6])
    """
    grad = as_float(grad)
    ### BEGIN SOLUTION
    if grad.shape != (2,) or not grad.any():
        raise ValueError(f"expected two partial derivatives that are not both 0, got {grad}")
    return np.array([-grad[1], grad[0]]) / np.linalg.norm(grad)
    ### END SOLUTION


def is_convex_on(f, a, b, n=41):
    """Say whether f looks convex on the straight piece from a to b, at n points.

    p[k] = a + (k / (n-1)) * (b - a),   k = 0 to n - 1

    Jensen's inequality for each three neighbours, k = 1 to n - 2:

    f(p[k]) <= (f(p[k-1]) + f(p[k+1])) / 2

    At points of equal distance this is the same as: none of the n points of the curve lies above the chord of
    any two others, one to its left and one to its right.

    Parameters
    ----------
    f : function, array -> number
        Is given float64 arrays of the shape of a (0-d arrays or numbers if a is a number).
    a, b : arrays of one shape, or numbers
        The two ends. Not changed; integers become float64.
    n : int >= 3
        How many points, both ends included.

    Returns
    -------
    bool
        A Python bool. False if the left side exceeds the right anywhere by more than 1e-9 times the largest
        |f(p[k])|; so much is allowed for rounding, and a straight line is convex. False also if f gives nan.

    Raises
    ------
    ValueError
        If a and b differ in shape, or n is below 3.

    >>> is_convex_on(lambda v: np.sum(v**2), -1.0, 2.0)
    True
    >>> is_convex_on(lambda v: np.sum(v**3), -1.0, 2.0)
    False

    True is no proof: other points, or another piece, may tell otherwise. False is one.
    """
    ### BEGIN SOLUTION
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape or n < 3:
        raise ValueError(f"a has shape {a.shape}, b has shape {b.shape}, n is {n}")
    values = np.array([float(f(a + k / (n - 1) * (b - a))) for k in range(n)])
    above_the_chord = values[1:-1] - (values[:-2] + values[2:]) / 2  # three neighbours each
    return bool(np.all(above_the_chord <= 1e-9 * np.abs(values).max()))
    ### END SOLUTION
