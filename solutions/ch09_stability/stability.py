"""Chapter 09: vanishing, exploding, dying. A deep gradient is a product, and products go to 0 or to infinity.

Tools to see it (gradient norms per layer, dead units) and one cure (clipping). Weights and layers come from
chapter 06, the loss functions from chapter 04.
"""

from itertools import pairwise

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch06_layers.layers import LeakyReLU, Linear, ReLU, Sequential, Sigmoid, Tanh

ACTIVATION_LAYERS = {"sigmoid": Sigmoid, "tanh": Tanh, "relu": ReLU, "leaky_relu": LeakyReLU}


def product_of_gaussians(k, d, sigma, rng):
    """The product of k independent random matrices, a model of a gradient on its way through k linear layers.

    P = M[1] @ M[2] @ ... @ M[k],   every entry of every M normal with mean 0 and standard deviation sigma

    Parameters
    ----------
    k : int >= 0
        How many matrices; the product of none is the identity matrix.
    d : int >= 1
        Each matrix is (d, d).
    sigma : float > 0
        Standard deviation of the entries, not their variance.
    rng : np.random.Generator
        The only source of random numbers.

    Returns
    -------
    (d, d) array, float64

    The mean of P[i, j]^2 over many draws is d^(k-1) * sigma^(2k).

    >>> product_of_gaussians(0, 2, 1.0, np.random.default_rng(0))
    array([[1., 0.],
           [0., 1.]])

    Source: Dive into Deep Learning, 5.4, with k = 100, d = 4, sigma = 1.
    """
    ### BEGIN SOLUTION
    P = np.eye(d)
    for _ in range(k):
        P = P @ rng.normal(0.0, sigma, size=(d, d))
    return P
    ### END SOLUTION


def gradient_norms(model, loss_fn, X, y):
    """Size of the gradient of each weight matrix, for one batch: where in the network does it vanish?

    norms[l] = sqrt(sum over i, j of dW[i, j]**2),   dW the gradient of the loss for the l-th 'W' of the model

    Parameters
    ----------
    model : Layer of chapter 06 of any kind, nested to any depth
        Its grads may hold anything from before; that does not count.
    loss_fn : function (scores, y) -> (loss, dscores)
        As in chapter 04. It is called once.
    X : array, the input of the model
        Not changed.
    y : array, what loss_fn takes as targets
        Passed on as it is.

    Returns
    -------
    list of Python floats
        One for each parameter with the name 'W', in the order of model.parameters(): from the input to the
        output. Biases do not count. Of dW, not of W.

    Afterwards all grads of the model are zero, those of the biases too. Its parameters and its training flag
    are as they were.

    >>> layer = Linear(2, 1, np.random.default_rng(0))
    >>> mean_of_scores = lambda scores, y: (np.mean(scores), np.full(scores.shape, 1 / len(scores)))
    >>> gradient_norms(layer, mean_of_scores, np.array([[3.0, 4.0]]), None)
    [5.0]
    """
    ### BEGIN SOLUTION
    model.zero_grad()
    _, dscores = loss_fn(model.forward(X), y)
    model.backward(dscores)
    norms = [
        float(np.sqrt(np.sum(layer.grads[name] ** 2))) for layer, name in model.parameters() if name == "W"
    ]
    model.zero_grad()
    return norms
    ### END SOLUTION


def dead_units(activations):
    """Which hidden units are silent for every example?

    dead[j] is True if activations[n, j] == 0 for all n

    Parameters
    ----------
    activations : (N, H) array, N >= 1
        Outputs of a layer for a batch, one column for each unit. Not changed.

    Returns
    -------
    (H,) array of bools
        Exactly zero counts (-0.0 is zero), small does not; nan is not zero.

    A relu unit that is dead on all training data gets no gradient and will not come back by training. With
    few examples a unit may look dead by chance.

    >>> dead_units(np.array([[0.0, 0.0, 2.0], [0.0, 3.0, 1.0]]))
    array([ True, False, False])
    """
    ### BEGIN SOLUTION
    return np.all(np.asarray(activations) == 0, axis=0)
    ### END SOLUTION


def clip_by_value(grads, limit):
    """Cut every entry of every gradient to the range from -limit to limit, each for itself.

    out[k][i] = the number between -limit and limit that is nearest to grads[k][i]

    Parameters
    ----------
    grads : list of arrays, each of any shape
        Neither the list nor the arrays are changed. May be empty.
    limit : float > 0
        np.inf clips nothing.

    Returns
    -------
    list of new arrays of the same shapes
        float32 arrays stay float32, others become float64. A nan stays nan: it is a warning that must not be
        hidden.

    In general the direction of the gradient changes.

    >>> clip_by_value([np.array([3.0, -4.0, 0.5])], 1.0)
    [array([ 1. , -1. ,  0.5])]
    """
    grads = [as_float(g) for g in grads]
    ### BEGIN SOLUTION
    return [np.clip(g, -limit, limit) for g in grads]
    ### END SOLUTION


def clip_by_norm(grads, max_norm):
    """Shorten the gradient to a given length if it is longer, and keep its direction.

    total_norm = sqrt(sum over all arrays k and all entries i of grads[k][i]**2)
    out[k] = grads[k] * min(1, max_norm / total_norm)

    One norm for all arrays together: they are one long vector, cut into pieces.

    Parameters
    ----------
    grads : list of arrays, each of any shape
        Neither the list nor the arrays are changed. May be empty.
    max_norm : float > 0
        np.inf clips nothing.

    Returns
    -------
    clipped : list of new arrays of the same shapes
        float32 arrays stay float32, others become float64. Equal to grads if total_norm <= max_norm; gradients
        of zeros give zeros, without a warning.
    total_norm : float
        A Python float, the norm BEFORE clipping; 0.0 for an empty list. nan if any entry is nan, inf if any is
        inf and none is nan; such an entry is nan or inf in clipped too: a broken gradient must not look sound.

    >>> clip_by_norm([np.array([3.0, 4.0])], 1.0)
    ([array([0.6, 0.8])], 5.0)

    Source: Pascanu, Mikolov and Bengio (2013). PyTorch divides by total_norm + 1e-6, which is accepted here.
    """
    grads = [as_float(g) for g in grads]
    ### BEGIN SOLUTION
    total_norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    if total_norm <= max_norm:
        return [g.copy() for g in grads], total_norm
    return [g * (max_norm / total_norm) for g in grads], total_norm
    ### END SOLUTION


def deep_mlp(widths, act, init, rng):
    """A multilayer perceptron of any depth.

    Linear(D0, D1), activation, Linear(D1, D2), activation, ..., Linear(D[L-1], D[L])

    Parameters
    ----------
    widths : sequence of L + 1 ints, L >= 1
        Input D0, hidden layers, output.
    act : str
        'identity', 'sigmoid', 'tanh', 'relu' or 'leaky_relu' (slope 0.01), after every Linear but the last: the
        network ends in raw scores. 'identity' means no activation at all.
    init : str, float or callable
        Handed to every Linear as it is: 'xavier', 'he', 'zeros', a standard deviation, or (shape, rng) -> W.
    rng : np.random.Generator
        The only source of random numbers. The layers are made in order, the first one draws first.

    Returns
    -------
    Sequential
        Biases are zero. Every activation is an object of its own, for it remembers its own input.

    Raises
    ------
    ValueError
        If act is not one of the five names.

    >>> deep_mlp([2, 3, 1], "tanh", "zeros", np.random.default_rng(0)).forward(np.array([[1.0, 2.0]]))
    array([[0.]])

    ACTIVATION_LAYERS, at the top of this file, has the layers of chapter 06 under their names.
    """
    if act != "identity" and act not in ACTIVATION_LAYERS:
        raise ValueError(f"act is {act!r}, expected 'identity' or one of {', '.join(ACTIVATION_LAYERS)}")
    ### BEGIN SOLUTION
    layers = []
    for d_in, d_out in pairwise(widths):
        layers.append(Linear(d_in, d_out, rng, init=init))
        if act != "identity":
            layers.append(ACTIVATION_LAYERS[act]())
    if act != "identity":
        layers.pop()  # raw scores at the end
    return Sequential(*layers)
    ### END SOLUTION
