"""Activation functions, their derivatives, and what a network without them is worth.

Each function works entry by entry: any shape in, the same shape out. The `_backward` functions are the chain
rule at one gate. They take dout, the gradient of the loss with respect to the output, and return the gradient
with respect to the input z. Which array they need besides dout differs: sigmoid and tanh want their own
OUTPUT a, all others want their INPUT z.
"""

import numpy as np
from ch00_toolbox.toolbox import as_float


def float_pair(dout, saved):
    """Both as float arrays of one shape (given).

    Raises
    ------
    ValueError
        If the shapes differ; numpy would broadcast (N,) and (N, 1) to (N, N) without a word.
    """
    dout, saved = as_float(dout), as_float(saved)
    if dout.shape != saved.shape:
        raise ValueError(f"dout has shape {dout.shape}, the saved array {saved.shape}; they must agree")
    return dout, saved


def sigmoid(z):
    """Logistic function of each entry.

    out = 1 / (1 + exp(-z))

    Parameters
    ----------
    z : float array of any shape
        () included: a single number. Not changed; integers become float64, float32 stays float32.

    Returns
    -------
    array of the shape of z
        A new array, between 0 and 1, monotone in z. exp never overflows, however large |z| is: for |z| up to
        1e300 no RuntimeWarning, exactly 1 at z = 1000 and exactly 0 at z = -1000. Small values keep their
        digits: the result at z = -100 is exp(-100), not 0.

    >>> sigmoid(np.array([0.0, -1000.0]))
    array([0.5, 0. ])
    """
    z = as_float(z)
    ### BEGIN SOLUTION
    e = np.exp(-np.abs(z))  # in (0, 1]: the exponent is never positive
    return np.where(z >= 0, 1.0, e) / (1.0 + e)
    ### END SOLUTION


def sigmoid_backward(dout, a):
    """Gradient with respect to z of a = sigmoid(z).

    dz = dout * s'(z),   s'(z) = s(z) * (1 - s(z))   with s the logistic function

    Parameters
    ----------
    dout : float array of any shape
        Gradient of the loss with respect to a. Not changed.
    a : float array of the same shape
        The OUTPUT of sigmoid, not its input. Not changed.

    Returns
    -------
    array of the same shape
        A new array. The derivative lies between 0 and 0.25; it is 0 where a is 0 or 1, and small values of a keep
        their digits.

    Raises
    ------
    ValueError
        If the shapes differ (given).

    >>> sigmoid_backward(np.array([2.0]), np.array([0.5]))
    array([0.5])
    """
    dout, a = float_pair(dout, a)
    ### BEGIN SOLUTION
    return dout * a * (1.0 - a)
    ### END SOLUTION


def tanh(z):
    """Hyperbolic tangent of each entry.

    out = (exp(z) - exp(-z)) / (exp(z) + exp(-z)) = 2 * sigmoid(2 z) - 1

    Parameters
    ----------
    z : float array of any shape
        Not changed; integers become float64, float32 stays float32.

    Returns
    -------
    array of the shape of z
        A new array, between -1 and 1, odd and monotone in z. No overflow, no nan and no RuntimeWarning for
        |z| up to 1e300: exactly 1 at z = 1000.

    >>> tanh(np.array([0.0, -1000.0]))
    array([ 0., -1.])
    """
    z = as_float(z)
    ### BEGIN SOLUTION
    return np.tanh(z)
    ### END SOLUTION


def tanh_backward(dout, a):
    """Gradient with respect to z of a = tanh(z).

    dz = dout * tanh'(z),   tanh'(z) = 1 - tanh(z)^2

    Parameters
    ----------
    dout : float array of any shape
        Gradient of the loss with respect to a. Not changed.
    a : float array of the same shape
        The OUTPUT of tanh, not its input. Not changed.

    Returns
    -------
    array of the same shape
        A new array. The derivative lies between 0 and 1; it is 0 where a is -1 or 1.

    Raises
    ------
    ValueError
        If the shapes differ (given).

    >>> tanh_backward(np.array([4.0]), np.array([0.5]))
    array([3.])
    """
    dout, a = float_pair(dout, a)
    ### BEGIN SOLUTION
    return dout * (1.0 - a**2)
    ### END SOLUTION


def relu(z):
    """Rectified linear unit of each entry.

    out = z where z > 0, else 0

    Parameters
    ----------
    z : float array of any shape
        Not changed; integers become float64, float32 stays float32.

    Returns
    -------
    array of the shape of z
        A new array.

    >>> relu(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])
    """
    z = as_float(z)
    ### BEGIN SOLUTION
    return np.maximum(z, 0.0)
    ### END SOLUTION


def relu_backward(dout, z):
    """Gradient with respect to z of relu(z).

    dz = dout where z > 0, else 0

    Parameters
    ----------
    dout : float array of any shape
        Gradient of the loss with respect to the output. Not changed: another branch of the network may
        need it.
    z : float array of the same shape
        The INPUT of relu. Not changed.

    Returns
    -------
    array of the same shape
        A new array.

    Raises
    ------
    ValueError
        If the shapes differ (given).

    At z = 0 relu has no derivative; this course takes 0 there, as PyTorch does.

    >>> relu_backward(np.array([5.0, 5.0, -5.0]), np.array([-1.0, 0.0, 2.0]))
    array([ 0.,  0., -5.])
    """
    dout, z = float_pair(dout, z)
    ### BEGIN SOLUTION
    return np.where(z > 0, dout, 0.0)
    ### END SOLUTION


def leaky_relu(z, slope=0.01):
    """ReLU that lets a little of the negative side through.

    out = z where z > 0, else slope * z

    Parameters
    ----------
    z : float array of any shape
        Not changed; integers become float64, float32 stays float32.
    slope : float
        Slope for z <= 0; any finite number, 0, 1 and values above 1 included.

    Returns
    -------
    array of the shape of z
        A new array.

    >>> leaky_relu(np.array([-2.0, 0.0, 3.0]), slope=0.5)
    array([-1.,  0.,  3.])
    """
    z = as_float(z)
    ### BEGIN SOLUTION
    return np.maximum(z, 0.0) + slope * np.minimum(z, 0.0)
    ### END SOLUTION


def leaky_relu_backward(dout, z, slope=0.01):
    """Gradient with respect to z of leaky_relu(z, slope).

    dz = dout where z > 0, else slope * dout

    Parameters
    ----------
    dout : float array of any shape
        Gradient of the loss with respect to the output. Not changed.
    z : float array of the same shape
        The INPUT of leaky_relu. Not changed.
    slope : float
        As in leaky_relu; any finite number.

    Returns
    -------
    array of the same shape
        A new array.

    Raises
    ------
    ValueError
        If the shapes differ (given).

    At z = 0 the derivative is slope, as PyTorch has it: 0 belongs to the left branch.

    >>> leaky_relu_backward(np.array([6.0, 6.0, -6.0]), np.array([-1.0, 0.0, 2.0]), slope=0.5)
    array([ 3.,  3., -6.])
    """
    dout, z = float_pair(dout, z)
    ### BEGIN SOLUTION
    return np.where(z > 0, dout, slope * dout)
    ### END SOLUTION


def collapse_linear(Ws, bs):
    """One linear layer that does what a stack of linear layers without activations does.

    With h[0] = X and h[k+1] = h[k] @ Ws[k] + bs[k], the last h equals X @ W + b for every X.

    Parameters
    ----------
    Ws : list of K float arrays, K >= 1
        Ws[k] has shape (D[k], D[k+1]). Not changed.
    bs : list of K float arrays
        bs[k] has shape (D[k+1],). Not changed.

    Returns
    -------
    W, b : new arrays of shapes (D[0], D[K]) and (D[K],)
        float64; float32 if all the arrays are float32. For K = 1 copies of the only layer.

    Raises
    ------
    ValueError
        If there is no layer, or the lists differ in length (given).

    >>> W, b = collapse_linear([np.array([[2.0]]), np.array([[3.0]])], [np.array([1.0]), np.array([-1.0])])
    >>> W, b
    (array([[6.]]), array([2.]))
    """
    if len(Ws) == 0 or len(Ws) != len(bs):
        raise ValueError(f"expected as many biases as weights and at least one: {len(Ws)} and {len(bs)}")
    Ws, bs = [as_float(W) for W in Ws], [as_float(b) for b in bs]
    ### BEGIN SOLUTION
    W, b = Ws[0].copy(), bs[0].copy()
    for W_next, b_next in zip(Ws[1:], bs[1:], strict=True):
        W, b = W @ W_next, b @ W_next + b_next
    return W, b
    ### END SOLUTION


def output_activation(task):
    """Name of the function that turns the last scores of a network into its prediction.

    Parameters
    ----------
    task : str
        'binary' (one probability), 'multiclass' (C probabilities that sum to 1) or 'regression' (any real
        number).

    Returns
    -------
    str
        'sigmoid', 'softmax', 'relu', 'tanh' or 'identity', whichever fits the task.

    Raises
    ------
    ValueError
        If task is not one of the three, spelt exactly so.
    """
    ### BEGIN SOLUTION
    names = {"binary": "sigmoid", "multiclass": "softmax", "regression": "identity"}
    if task not in names:
        raise ValueError(f"task is {task!r}, expected one of {', '.join(names)}")
    return names[task]
    ### END SOLUTION


# Stretch: five more, with their derivatives. All of these are bonus points.


def elu(z, alpha=1.0):
    """Exponential linear unit of each entry (bonus).

    out = z where z > 0, else alpha * (exp(z) - 1)

    Parameters
    ----------
    z : float array of any shape
        Not changed; integers become float64, float32 stays float32.
    alpha : float > 0
        The curve levels off at -alpha.

    Returns
    -------
    array of the shape of z
        A new array. No overflow and no RuntimeWarning for |z| up to 1e300.

    >>> elu(np.array([-1000.0, 0.0, 3.0]), alpha=2.0)
    array([-2.,  0.,  3.])
    """
    z = as_float(z)
    ### BEGIN SOLUTION
    return np.maximum(z, 0.0) + alpha * np.expm1(np.minimum(z, 0.0))
    ### END SOLUTION


def elu_backward(dout, z, alpha=1.0):
    """Gradient with respect to z of elu(z, alpha) (bonus).

    dz = dout where z > 0, else dout * alpha * exp(z)

    Parameters
    ----------
    dout : float array of any shape
        Gradient of the loss with respect to the output. Not changed.
    z : float array of the same shape
        The INPUT of elu. Not changed.
    alpha : float > 0
        As in elu.

    Returns
    -------
    array of the same shape
        A new array. No overflow and no RuntimeWarning for |z| up to 1e300.

    Raises
    ------
    ValueError
        If the shapes differ (given).

    At z = 0 the derivative is alpha, as PyTorch has it: 0 belongs to the left branch. For alpha = 1 there is
    no kink.

    >>> elu_backward(np.array([5.0, 5.0]), np.array([0.0, 1.0]), alpha=2.0)
    array([10.,  5.])
    """
    dout, z = float_pair(dout, z)
    ### BEGIN SOLUTION
    return dout * np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0.0)))
    ### END SOLUTION


def softplus(z):
    """Smooth relative of ReLU (bonus).

    out = log(1 + exp(z))

    Parameters
    ----------
    z : float array of any shape
        Not changed; integers become float64, float32 stays float32.

    Returns
    -------
    array of the shape of z
        A new array, natural logarithm. No overflow and no RuntimeWarning for |z| up to 1e300: exactly z at
        z = 1000. Small values keep their digits: the result at z = -100 is exp(-100), not 0.

    >>> softplus(np.array([0.0, 1000.0]))
    array([6.93147181e-01, 1.00000000e+03])
    """
    z = as_float(z)
    ### BEGIN SOLUTION
    return np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))
    ### END SOLUTION


def softplus_backward(dout, z):
    """Gradient with respect to z of softplus(z) (bonus).

    dz = dout * softplus'(z), where softplus' is a function of this chapter.

    Parameters
    ----------
    dout : float array of any shape
        Gradient of the loss with respect to the output. Not changed.
    z : float array of the same shape
        The INPUT of softplus. Not changed.

    Returns
    -------
    array of the same shape
        A new array. No overflow and no RuntimeWarning for |z| up to 1e300.

    Raises
    ------
    ValueError
        If the shapes differ (given).

    >>> softplus_backward(np.array([4.0]), np.array([0.0]))
    array([2.])
    """
    dout, z = float_pair(dout, z)
    ### BEGIN SOLUTION
    return dout * sigmoid(z)
    ### END SOLUTION


def swish(z, beta=1.0):
    """A ReLU that closes softly; with beta = 1 also called SiLU (bonus).

    out = z * s(beta * z)   with s the logistic function

    Parameters
    ----------
    z : float array of any shape
        Not changed; integers become float64, float32 stays float32.
    beta : float >= 0
        0 gives z / 2; the larger beta, the closer to relu.

    Returns
    -------
    array of the shape of z
        A new array. Not monotone: it dips below 0 left of the origin. No overflow and no RuntimeWarning for
        |z| up to 1e300 at beta = 1.

    >>> swish(np.array([0.0, 1000.0]))
    array([   0., 1000.])
    """
    z = as_float(z)
    ### BEGIN SOLUTION
    return z * sigmoid(beta * z)
    ### END SOLUTION


def swish_backward(dout, z, beta=1.0):
    """Gradient with respect to z of swish(z, beta) (bonus).

    dz = dout * swish'(z); find the derivative with the product rule.

    Parameters
    ----------
    dout : float array of any shape
        Gradient of the loss with respect to the output. Not changed.
    z : float array of the same shape
        The INPUT of swish. Not changed.
    beta : float >= 0
        As in swish; a constant here.

    Returns
    -------
    array of the same shape
        A new array. Right to 6 digits and without a RuntimeWarning for |z| up to 1e4.

    Raises
    ------
    ValueError
        If the shapes differ (given).

    >>> swish_backward(np.array([4.0]), np.array([0.0]))
    array([2.])
    """
    dout, z = float_pair(dout, z)
    ### BEGIN SOLUTION
    s = sigmoid(beta * z)
    return dout * (s + beta * z * s * (1.0 - s))
    ### END SOLUTION


def hard_sigmoid(z):
    """Three straight pieces in place of the logistic function (bonus).

    out = 0 where z <= -2, 1 where z >= 2, else 0.25 * z + 0.5

    Parameters
    ----------
    z : float array of any shape
        Not changed; integers become float64, float32 stays float32.

    Returns
    -------
    array of the shape of z
        A new array, between 0 and 1.

    The middle piece is the tangent of the logistic function at 0, as in NNDL chapter 4. PyTorch and Keras 3
    have the slope 1/6 and the kinks at -3 and 3, Keras 2 has 0.2 and 2.5.

    >>> hard_sigmoid(np.array([-3.0, 1.0, 3.0]))
    array([0.  , 0.75, 1.  ])
    """
    z = as_float(z)
    ### BEGIN SOLUTION
    return 0.25 * np.clip(z, -2.0, 2.0) + 0.5
    ### END SOLUTION


def hard_sigmoid_backward(dout, z):
    """Gradient with respect to z of hard_sigmoid(z) (bonus).

    dz = 0.25 * dout where -2 < z < 2, else 0

    Parameters
    ----------
    dout : float array of any shape
        Gradient of the loss with respect to the output. Not changed.
    z : float array of the same shape
        The INPUT of hard_sigmoid. Not changed.

    Returns
    -------
    array of the same shape
        A new array.

    Raises
    ------
    ValueError
        If the shapes differ (given).

    At the two kinks, z = -2 and z = 2, the derivative is 0.

    >>> hard_sigmoid_backward(np.array([4.0, 4.0]), np.array([0.0, 2.0]))
    array([1., 0.])
    """
    dout, z = float_pair(dout, z)
    ### BEGIN SOLUTION
    return np.where(np.abs(z) < 2, 0.25 * dout, 0.0)
    ### END SOLUTION


def hard_tanh(z):
    """Three straight pieces in place of tanh (bonus).

    out = -1 where z <= -1, 1 where z >= 1, else z

    Parameters
    ----------
    z : float array of any shape
        Not changed; integers become float64, float32 stays float32.

    Returns
    -------
    array of the shape of z
        A new array, between -1 and 1.

    >>> hard_tanh(np.array([-3.0, 0.5, 3.0]))
    array([-1. ,  0.5,  1. ])
    """
    z = as_float(z)
    ### BEGIN SOLUTION
    return np.clip(z, -1.0, 1.0)
    ### END SOLUTION


def hard_tanh_backward(dout, z):
    """Gradient with respect to z of hard_tanh(z) (bonus).

    dz = dout where -1 < z < 1, else 0

    Parameters
    ----------
    dout : float array of any shape
        Gradient of the loss with respect to the output. Not changed.
    z : float array of the same shape
        The INPUT of hard_tanh. Not changed.

    Returns
    -------
    array of the same shape
        A new array.

    Raises
    ------
    ValueError
        If the shapes differ (given).

    At the two kinks, z = -1 and z = 1, the derivative is 0.

    >>> hard_tanh_backward(np.array([4.0, 4.0]), np.array([0.5, 1.0]))
    array([4., 0.])
    """
    dout, z = float_pair(dout, z)
    ### BEGIN SOLUTION
    return np.where(np.abs(z) < 1, dout, 0.0)
    ### END SOLUTION
