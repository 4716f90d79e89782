"""Chapter 08: initialization and symmetry. Two hidden units born equal stay equal.

Random numbers break the tie, and their scale decides whether a signal survives a deep network. A shape is a
tuple of sizes: (D_in, D_out) for a linear layer, (C_out, C_in, kh, kw) for the convolutions of chapter 13. All
new arrays are float64 and belong to the caller, who may write into them.
"""

from itertools import pairwise

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch03_activations.activations import leaky_relu, relu, sigmoid, tanh
from ch06_layers.layers import Linear

ACTIVATIONS = {"identity": as_float, "sigmoid": sigmoid, "tanh": tanh, "relu": relu, "leaky_relu": leaky_relu}


def init_zeros(shape):
    """An array of zeros: right for biases, wrong for the weights of a network with a hidden layer.

    Parameters
    ----------
    shape : tuple of ints
        Any number of axes.

    Returns
    -------
    array of that shape, float64
        A new one at each call.

    >>> init_zeros((2, 3))
    array([[0., 0., 0.],
           [0., 0., 0.]])
    """
    raise NotImplementedError("init_zeros is not written yet")


def init_constant(shape, c):
    """An array with the same number everywhere: the tie that no gradient breaks.

    Parameters
    ----------
    shape : tuple of ints
        Any number of axes.
    c : float or int

    Returns
    -------
    array of that shape, float64 (for an integer c too)
        A new one at each call; every entry has a place of its own in memory.

    >>> init_constant((2, 2), 3)
    array([[3., 3.],
           [3., 3.]])
    """
    raise NotImplementedError("init_constant is not written yet")


def init_normal(shape, std, rng):
    """Independent random numbers from a normal distribution with mean 0.

    Parameters
    ----------
    shape : tuple of ints
        Any number of axes.
    std : float >= 0
        The standard deviation, not the variance. 0 gives zeros.
    rng : np.random.Generator
        The only source of random numbers: the same seed gives the same array, a second call with the same rng
        goes on drawing from it.

    Returns
    -------
    array of that shape, float64

    >>> init_normal((2, 3), 0.0, np.random.default_rng(0)).shape
    (2, 3)
    """
    raise NotImplementedError("init_normal is not written yet")


def init_uniform(shape, low, high, rng):
    """Independent random numbers, all numbers between low and high equally likely.

    Parameters
    ----------
    shape : tuple of ints
        Any number of axes.
    low, high : float, low <= high
        No entry lies outside. For low = high every entry is that number.
    rng : np.random.Generator
        The only source of random numbers, as in init_normal.

    Returns
    -------
    array of that shape, float64

    The variance of U(low, high) is (high - low)^2 / 12, that of U(-a, a) is a^2 / 3.

    >>> init_uniform((1, 2), 4.0, 4.0, np.random.default_rng(0))
    array([[4., 4.]])
    """
    raise NotImplementedError("init_uniform is not written yet")


def fan_in_out(shape):
    """How many inputs feed one output, and how many outputs one input feeds.

    Parameters
    ----------
    shape : tuple of 2 or 4 ints
        (D_in, D_out), or (C_out, C_in, kh, kw): in a convolution the outputs come first.

    Returns
    -------
    fan_in, fan_out : ints
        D_in and D_out. For a convolution each output number sees a window of kh * kw places in every one of
        the C_in channels, and each input number is seen through kh * kw places of every one of the C_out
        kernels.

    Raises
    ------
    ValueError
        If shape has another length.

    >>> fan_in_out((784, 256))
    (784, 256)
    >>> fan_in_out((6, 1, 5, 5))
    (25, 150)

    PyTorch stores a linear layer as (D_out, D_in), so its fans of a 2-D shape are exchanged.
    """
    raise NotImplementedError("fan_in_out is not written yet")


def xavier_normal(shape, rng):
    """Weights from a normal distribution with mean 0, at the scale of Glorot and Bengio.

    standard deviation = sqrt(2 / (fan_in + fan_out))

    Parameters
    ----------
    shape : tuple of 2 or 4 ints
        As in fan_in_out, which has the fans.
    rng : np.random.Generator
        The only source of random numbers, as in init_normal.

    Returns
    -------
    array of that shape, float64

    A layer without activation multiplies the variance of its input by 2 fan_in / (fan_in + fan_out) on the
    average, so by 1 only if both fans are equal: a compromise between the way forward and the way back.

    >>> xavier_normal((2, 3), np.random.default_rng(0)).shape
    (2, 3)

    Source: Glorot and Bengio (2010).
    """
    raise NotImplementedError("xavier_normal is not written yet")


def xavier_uniform(shape, rng):
    """Weights from a uniform distribution with the mean and the variance of xavier_normal.

    U(-a, a),  a = sqrt(6 / (fan_in + fan_out))

    Parameters
    ----------
    shape : tuple of 2 or 4 ints
        As in fan_in_out.
    rng : np.random.Generator
        The only source of random numbers, as in init_normal.

    Returns
    -------
    array of that shape, float64
        No entry is larger than a in size.

    >>> xavier_uniform((2, 3), np.random.default_rng(0)).shape
    (2, 3)

    Source: Glorot and Bengio (2010), who proposed this one.
    """
    raise NotImplementedError("xavier_uniform is not written yet")


def he_normal(shape, rng):
    """Weights from a normal distribution with mean 0, at the scale for layers that end in a relu.

    standard deviation = sqrt(2 / fan_in)

    Parameters
    ----------
    shape : tuple of 2 or 4 ints
        As in fan_in_out.
    rng : np.random.Generator
        The only source of random numbers, as in init_normal.

    Returns
    -------
    array of that shape, float64

    The relu takes away half of the mean square, and the 2 makes up for it.

    >>> he_normal((2, 3), np.random.default_rng(0)).shape
    (2, 3)

    Source: He, Zhang, Ren and Sun (2015).
    """
    raise NotImplementedError("he_normal is not written yet")


def hidden_units_identical(W, tol=0):
    """Are all hidden units the same? Unit j is column j of W.

    True if |W[i, j] - W[i, k]| <= tol for every input i and every two units j and k.

    Parameters
    ----------
    W : (D, H) array, D >= 1, H >= 1
        Weights from D inputs to H hidden units. Not changed.
    tol : float >= 0
        How far two entries of a row may lie apart, this far included. 0 asks for exact equality.

    Returns
    -------
    bool
        True for a single unit. False if there are two units or more and any of the weights is nan, for nan is
        equal to nothing.

    >>> hidden_units_identical(np.array([[1.0, 1.0], [2.0, 2.0]]))
    True
    >>> hidden_units_identical(np.array([[1.0, 1.0], [2.0, 2.5]]))
    False
    """
    W = as_float(W)
    raise NotImplementedError("hidden_units_identical is not written yet")


def permute_hidden(W1, b1, W2, perm):
    """The same network with its hidden units in another order.

    Unit j of the new network is unit perm[j] of the old one. X -> f(X W1 + b1) W2 stays the same function for
    every activation f that treats each number alone.

    Parameters
    ----------
    W1 : (D, H) float array
        Weights into the hidden units. Not changed.
    b1 : (H,) float array
        Their biases. Not changed.
    W2 : (H, C) float array
        Weights out of the hidden units. Not changed.
    perm : sequence of H ints
        Each of 0 to H - 1 once; a list, a tuple or an array.

    Returns
    -------
    W1, b1, W2 : new arrays of the same shapes
        float32 arrays stay float32, others become float64. The output bias has nothing to do with the hidden
        units and is not asked for.

    Raises
    ------
    ValueError
        If perm is anything else: a number missing, twice or out of range (-1 counts from no end here).

    >>> W1, b1, W2 = np.array([[1.0, 2.0, 3.0]]), np.array([0.1, 0.2, 0.3]), np.array([[7.0], [8.0], [9.0]])
    >>> permute_hidden(W1, b1, W2, [2, 0, 1])[0]
    array([[3., 1., 2.]])
    """
    W1, b1, W2 = as_float(W1), as_float(b1), as_float(W2)
    raise NotImplementedError("permute_hidden is not written yet")


def activation_scales(widths, act, init, x, rng):
    """How large the activations of each layer are in a fresh network: the mean square, layer by layer.

    h[0] = x,   h[l] = f(h[l-1] @ W[l]) for l = 1 to L (no biases; f after the last layer too)
    scales[l-1] = mean of h[l]**2 over all N examples and all units

    Parameters
    ----------
    widths : sequence of L + 1 ints, L >= 1
        W[l] has shape (widths[l-1], widths[l]).
    act : str
        The activation f: 'identity', 'sigmoid', 'tanh', 'relu' or 'leaky_relu' (slope 0.01).
    init : where the weights come from
        Everything that Linear of chapter 06 knows: 'xavier', 'he', 'zeros', a float (the standard deviation of
        a normal distribution) or a callable (shape, rng) -> W, such as he_normal.
    x : (N, widths[0]) float array
        Not changed.
    rng : np.random.Generator
        The only source of random numbers. W[1] is drawn first, W[L] last, each by one draw of its whole shape.

    Returns
    -------
    list of L floats
        Python floats. To compare with the input, divide by np.mean(x**2).

    Raises
    ------
    ValueError
        If act is not one of the five names.

    >>> ones = lambda shape, rng: np.ones(shape)
    >>> activation_scales([2, 3, 1], "relu", ones, np.array([[1.0, 2.0]]), np.random.default_rng(0))
    [9.0, 81.0]

    ACTIVATIONS, at the top of this file, has the functions of chapter 03 under their names.
    """
    if act not in ACTIVATIONS:
        raise ValueError(f"act is {act!r}, expected one of {', '.join(ACTIVATIONS)}")
    raise NotImplementedError("activation_scales is not written yet")
