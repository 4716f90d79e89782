"""Chapter 12: regularization. Weight decay, dropout, early stopping.

Three ways to keep a network from learning its training rows by heart: pull the weights to zero a little at every
step, switch random neurons off, stop when the dev loss turns. Batch normalization is a bonus.
"""

from itertools import pairwise

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch06_layers.layers import Layer, Linear, ReLU, Sequential


def l2_penalty(Ws, lam):
    """Half the sum of all squared weights, times lam.

    penalty = (lam / 2) * sum over all arrays W in Ws, over all entries of W: W[i, j]**2

    Parameters
    ----------
    Ws : list of arrays of any shapes
        The weights of a network, no biases. May be empty. The arrays are not changed.
    lam : float >= 0
        The strength. It is not divided by a number of rows or weights.

    Returns
    -------
    float
        A Python float; 0.0 for an empty list.

    The 1/2 is there to cancel against the 2 of the derivative.

    >>> l2_penalty([np.array([[3.0]]), np.array([[1.0, -1.0]])], lam=0.5)
    2.75
    """
    Ws = [as_float(W) for W in Ws]
    ### BEGIN SOLUTION
    return float(lam / 2 * sum(np.sum(W**2) for W in Ws))
    ### END SOLUTION


def l2_grad(W, lam):
    """Gradient of l2_penalty([W], lam) for W.

    Parameters
    ----------
    W : array of any shape
        Not changed.
    lam : float >= 0

    Returns
    -------
    array of the shape of W
        A new array; float32 if W is, else float64.

    >>> l2_grad(np.array([[3.0, -1.0]]), lam=0.5)
    array([[ 1.5, -0.5]])
    """
    W = as_float(W)
    ### BEGIN SOLUTION
    return lam * W
    ### END SOLUTION


def add_weight_decay(model, lam):
    """Add the L2 penalty of all weights to the training of a model: its value and its gradient.

    Called between backward and step. The value is l2_penalty of all parameters with the name 'W', and to the
    gradient of each of them the gradient of the penalty is ADDED. Parameters of other names, 'b' first of all,
    are not punished: their gradients stay as they are.

    Parameters
    ----------
    model : Layer of chapter 06
        Nested to any depth; model.parameters() gives the pairs (layer, name). Only the gradients change.
    lam : float >= 0

    Returns
    -------
    float
        What is to be added to the loss, so that loss and gradient belong together.

    >>> layer = Linear(1, 1, np.random.default_rng(0))
    >>> layer.params["W"][...], layer.grads["W"][...] = 3.0, 10.0
    >>> add_weight_decay(layer, lam=0.5), layer.grads["W"]
    (2.25, array([[11.5]]))
    """
    ### BEGIN SOLUTION
    weights = [layer for layer, name in model.parameters() if name == "W"]
    for layer in weights:
        layer.grads["W"] += l2_grad(layer.params["W"], lam)
    return l2_penalty([layer.params["W"] for layer in weights], lam)
    ### END SOLUTION


def sgd_decay_step(w, g, lr, lam):
    """One step of gradient descent with weight decay.

    out[i] = w[i] - lr * lam * w[i] - lr * g[i]

    Parameters
    ----------
    w : array of any shape
        The weights.
    g : array of the shape of w
        Gradient of the loss without penalty. Neither w nor g is changed.
    lr, lam : floats >= 0
        Learning rate and strength of the decay.

    Returns
    -------
    array of the shape of w
        A new array; float32 if w and g are, else float64. With lam = 0 it is the plain step of chapter 02, with
        any lam the plain step along the gradient of loss and penalty together.

    Raises
    ------
    ValueError
        If w and g differ in shape (given).

    >>> sgd_decay_step(np.array([5.0]), np.array([4.0]), lr=0.5, lam=0.2)
    array([2.5])
    """
    w, g = as_float(w), as_float(g)
    if w.shape != g.shape:
        raise ValueError(f"w has shape {w.shape}, g has shape {g.shape}; they must be equal")
    ### BEGIN SOLUTION
    return (1 - lr * lam) * w - lr * g
    ### END SOLUTION


def l1_penalty(Ws, lam):
    """Sum of the absolute values of all weights, times lam.

    penalty = lam * sum over all arrays W in Ws, over all entries of W: |W[i, j]|

    Parameters
    ----------
    Ws : list of arrays of any shapes
        May be empty. The arrays are not changed.
    lam : float >= 0

    Returns
    -------
    float
        A Python float; 0.0 for an empty list. No 1/2 here.

    >>> l1_penalty([np.array([[3.0]]), np.array([[1.0, -1.0]])], lam=0.5)
    2.5
    """
    Ws = [as_float(W) for W in Ws]
    ### BEGIN SOLUTION
    return float(lam * sum(np.sum(np.abs(W)) for W in Ws))
    ### END SOLUTION


def soft_threshold(w, t):
    """Move every entry towards zero by t, and let it stay at zero when it gets there.

    out[i] = w[i] - t   where w[i] > t
             w[i] + t   where w[i] < -t
             0          elsewhere

    Parameters
    ----------
    w : array of any shape
        Not changed.
    t : float >= 0

    Returns
    -------
    array of the shape of w
        A new array; float32 if w is, else float64. The zeros are exact.

    It is the step that the L1 penalty asks for: the minimum over v of (1/2) * (v - w[i])**2 + t * |v|.

    Raises
    ------
    ValueError
        If t is negative (given).

    >>> soft_threshold(np.array([3.0, -0.5, -2.0]), t=1.0)
    array([ 2.,  0., -1.])
    """
    w = as_float(w)
    if t < 0:
        raise ValueError(f"t is {t}, expected at least 0")
    ### BEGIN SOLUTION
    return np.where(np.abs(w) <= t, w.dtype.type(0), w - t * np.sign(w))
    ### END SOLUTION


def ridge_fit(X, y, lam):
    """The weights of a linear model with squared error and L2 penalty, without any iteration.

    w minimises (1 / (2 * N)) * sum over n of (X[n] . w - y[n])**2 + (lam / 2) * sum over d of w[d]**2

    At the minimum the gradient of this for w is zero, which is D linear equations for the D weights.

    Parameters
    ----------
    X : (N, D) array
        D may be larger than N. There is no bias; add a column of ones if you want one.
    y : (N,) array
    lam : float > 0

    Returns
    -------
    (D,) array
        A new array; float32 if X and y are, else float64. X and y are not changed.

    Raises
    ------
    ValueError
        If X does not have two axes or y is not (N,) (given). A y of shape (N, 1) is refused.

    One row and one weight: (1/2) * (2 * w - 4)**2 + (4/2) * w**2 is lowest where 2 * (2 * w - 4) + 4 * w = 0:

    >>> ridge_fit(np.array([[2.0]]), np.array([4.0]), lam=4.0)
    array([1.])
    """
    X, y = as_float(X), as_float(y)
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X has shape {X.shape}, y has shape {y.shape}; expected (N, D) and (N,)")
    ### BEGIN SOLUTION
    n, d = X.shape
    A = X.T @ X / n + lam * np.eye(d, dtype=X.dtype)
    return np.linalg.solve(A, X.T @ y / n)
    ### END SOLUTION


def check_probability(p):
    """Given: raise ValueError unless p is a number in [0, 1]."""
    if not 0 <= p <= 1:
        raise ValueError(f"p is {p}, expected a number from 0 to 1")


def dropout_forward(X, p, rng, train=True):
    """Switch each entry off with probability p, scale up the others so that the expectation stays.

    out[i] = X[i] * mask[i],   mask[i] = 0 with probability p, else 1 / (1 - p); each entry by itself
    With train=False: out has the numbers of X, and mask is 1 everywhere.

    Parameters
    ----------
    X : array of any shape
        Finite numbers.
    p : float in [0, 1]
        Probability to DROP an entry. With p = 0 nothing is dropped; with p = 1 everything is 0, without nan and
        without a warning.
    rng : np.random.Generator
        The only source of random numbers; how it is used is left open. With train=False nothing is drawn and
        rng may be None.
    train : bool

    Returns
    -------
    out, mask : arrays of the shape of X
        New arrays, both of them in both modes; X is not changed. float32 if X is, else float64.

    Raises
    ------
    ValueError
        If p is not in [0, 1], nan included; also with train=False (given).

    >>> out, mask = dropout_forward(np.ones((2, 50)), 0.5, np.random.default_rng(0))
    >>> np.unique(out)
    array([0., 2.])

    Source: "inverted" dropout, as in d2l and PyTorch. In the notes of CS231n p is the probability to KEEP.
    """
    X = as_float(X)
    check_probability(p)
    ### BEGIN SOLUTION
    if not train:
        mask = np.ones_like(X)
    elif p == 1:
        mask = np.zeros_like(X)
    else:
        mask = (rng.random(X.shape) >= p).astype(X.dtype) / X.dtype.type(1 - p)
    return X * mask, mask
    ### END SOLUTION


def dropout_backward(dout, mask):
    """Gradient for the X of dropout_forward.

    Parameters
    ----------
    dout : array
        dout[i] is the derivative of the loss for out[i].
    mask : array of the shape of dout
        What dropout_forward returned with that out; the factor 1 / (1 - p) is inside.

    Returns
    -------
    array of the shape of dout
        A new array; float32 if both are, else float64. Neither argument is changed.

    Raises
    ------
    ValueError
        If the shapes differ (given).

    >>> dropout_backward(np.array([3.0, 5.0]), np.array([0.0, 2.0]))
    array([ 0., 10.])
    """
    dout, mask = as_float(dout), as_float(mask)
    if dout.shape != mask.shape:
        raise ValueError(f"dout has shape {dout.shape}, mask has shape {mask.shape}; they must be equal")
    ### BEGIN SOLUTION
    return dout * mask
    ### END SOLUTION


class Dropout(Layer):
    """Dropout as a layer of chapter 06: any shape in, the same shape out. No parameters.

    While `training` is True every forward draws a new mask from rng. While it is False forward returns the
    numbers of x unchanged and draws nothing. backward belongs to the last forward, whatever mode that was in.

    Parameters
    ----------
    p : float in [0, 1]
        Probability to drop; may be changed later by setting the attribute p.
    rng : np.random.Generator
        Kept, not copied: two layers made with the same rng take turns in drawing from it.

    Raises
    ------
    ValueError
        If p is not in [0, 1] (given).

    >>> layer = Dropout(1.0, np.random.default_rng(0))
    >>> layer.forward(np.array([[3.0]]))
    array([[0.]])
    >>> layer.eval()
    >>> layer.forward(np.array([[3.0]]))
    array([[3.]])
    """

    def __init__(self, p, rng):
        super().__init__()
        check_probability(p)
        self.p = p
        self.rng = rng

    def forward(self, x):
        """x with entries switched off in training, x as it is otherwise: a new array; float32 stays float32."""
        ### BEGIN SOLUTION
        out, self.mask = dropout_forward(x, self.p, self.rng, train=self.training)
        return out
        ### END SOLUTION

    def backward(self, dout):
        """Gradient for the x of the last forward; a ValueError if dout has another shape than that x."""
        ### BEGIN SOLUTION
        return dropout_backward(dout, self.mask)
        ### END SOLUTION


def noisy_network(sizes, p, rng):
    """Given: linear layers of these sizes; after each hidden one a ReLU, then Dropout(p, rng).

    The same rng draws the weights and, in training, the masks.
    """
    layers = []
    for d_in, d_out in pairwise(sizes):
        layers += [Linear(d_in, d_out, rng, init="he"), ReLU(), Dropout(p, rng)]
    return Sequential(*layers[:-2])


def mc_predict(model, X, T):
    """Prediction with its uncertainty: T forward passes with dropout switched ON, and how much they differ.

    mean[n, c] = (1/T) * sum over t of out_t[n, c]
    std[n, c]  = sqrt((1/T) * sum over t of (out_t[n, c] - mean[n, c])**2)
    out_t is the output of the t-th forward pass of the whole X, in training mode.

    Parameters
    ----------
    model : Layer of chapter 06
        Afterwards model.training is what it was before, True or False. Parameters and gradients do not change.
        Each pass draws new masks.
    X : (N, ...) array
        Not changed.
    T : int >= 1

    Returns
    -------
    mean, std : arrays of the shape of one output
        Divided by T, not T - 1; with T = 1 std is 0.

    Raises
    ------
    ValueError
        If T is below 1 (given).

    Without dropout all passes are equal:

    >>> model = Linear(1, 1, np.random.default_rng(0), init="zeros")
    >>> mc_predict(model, np.array([[3.0]]), T=5)
    (array([[0.]]), array([[0.]]))

    Source: Gal and Ghahramani (2016), "Monte Carlo dropout".
    """
    if T < 1:
        raise ValueError(f"T is {T}, expected at least 1")
    ### BEGIN SOLUTION
    was_training = model.training
    model.train()
    outputs = np.stack([model.forward(X) for _ in range(T)])
    if not was_training:
        model.eval()
    return outputs.mean(axis=0), outputs.std(axis=0)
    ### END SOLUTION


class EarlyStopping:
    """Watches one number, epoch by epoch, and says when nothing has improved for a while.

    Parameters
    ----------
    patience : int >= 1
        Training should stop when this many updates IN A ROW brought no improvement.
    mode : 'min' or 'max'
        Whether lower is better, as for a loss, or higher, as for an accuracy.

    Attributes
    ----------
    best : float
        The best value so far; inf (with 'max' -inf) before the first improvement.
    best_epoch : int or None
        The number of the update that brought it. The first update has the number 1. None before the first
        improvement.

    Raises
    ------
    ValueError
        If patience is below 1 or mode is something else (given).

    >>> watch = EarlyStopping(patience=2)
    >>> [watch.update(loss) for loss in (0.9, 0.5, 0.6, 0.7)]
    [False, False, False, True]
    >>> watch.best, watch.best_epoch
    (0.5, 2)
    """

    def __init__(self, patience, mode="min"):
        if patience < 1:
            raise ValueError(f"patience is {patience}, expected at least 1")
        if mode not in ("min", "max"):
            raise ValueError(f"mode is {mode!r}, expected 'min' or 'max'")
        self.patience = patience
        self.mode = mode
        self.best = float("inf") if mode == "min" else -float("inf")
        self.best_epoch = None
        self.epoch = 0  # for update to count: updates so far
        self.waited = 0  # for update to count: updates without improvement

    def update(self, value):
        """Take the value of one more epoch and say whether training should stop.

        Parameters
        ----------
        value : float
            An improvement only if it is strictly better than best. nan is none, and an equal value is none.

        Returns
        -------
        bool
            A plain True or False. After a True it may be called again: the same rules go on, and an
            improvement begins the counting anew.
        """
        ### BEGIN SOLUTION
        self.epoch += 1
        better = value < self.best if self.mode == "min" else value > self.best
        if better:
            self.best, self.best_epoch = float(value), self.epoch
            self.waited = 0
        else:
            self.waited += 1
        return self.waited >= self.patience
        ### END SOLUTION


class BatchNorm1d(Layer):
    """Bonus. Gives every column mean 0 and variance 1 within the batch, then a scale and a shift of its own.

    In training: m[d] = (1/N) * sum over n of x[n, d],   v[d] = (1/N) * sum over n of (x[n, d] - m[d])**2
    Otherwise:   m = running_mean, v = running_var
    out[n, d] = gamma[d] * (x[n, d] - m[d]) / sqrt(v[d] + eps) + beta[d]

    Each forward in training also moves the running statistics, no other forward does:
    running_mean = (1 - momentum) * running_mean + momentum * m
    running_var  = (1 - momentum) * running_var + momentum * v * N / (N - 1)

    Parameters
    ----------
    d : int
    momentum : float
        The share of the NEW value. (Elsewhere it is the share of the old one.)
    eps : float
        Inside of the root.

    params['gamma'] (d,) are ones at first, params['beta'] (d,) zeros; grads has both names. running_mean (d,)
    are zeros at first, running_var (d,) ones; they are attributes, not parameters. All are float64, as are
    outputs and gradients, whatever the dtype of x.

    The running variance takes N - 1 where the batch itself is divided by N: PyTorch does so, and so do we.

    >>> layer = BatchNorm1d(1, eps=0.0)
    >>> layer.forward(np.array([[1.0], [3.0]]))
    array([[-1.],
           [ 1.]])
    >>> layer.running_mean, layer.running_var
    (array([0.2]), array([1.1]))
    """

    def __init__(self, d, momentum=0.1, eps=1e-5):
        super().__init__()
        self.params = {"gamma": np.ones(d), "beta": np.zeros(d)}
        self.grads = {"gamma": np.zeros(d), "beta": np.zeros(d)}
        self.running_mean, self.running_var = np.zeros(d), np.ones(d)
        self.momentum, self.eps = momentum, eps

    def forward(self, x):
        """Normalized columns of x, (N, d): a new array.

        Raises
        ------
        ValueError
            If x is not (N, d), or N is 1 in training: one row has no variance (given).
        """
        x = np.asarray(x, dtype=self.params["gamma"].dtype)
        if x.ndim != 2 or x.shape[1:] != self.running_mean.shape or len(x) < 1 + self.training:
            raise ValueError(
                f"x has shape {x.shape}, expected {self.running_mean.shape[0]} columns and enough rows"
            )
        ### BEGIN SOLUTION
        if self.training:
            n = len(x)
            m, v = x.mean(axis=0), x.var(axis=0)
            self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * m
            self.running_var = (1 - self.momentum) * self.running_var + self.momentum * v * n / (n - 1)
        else:
            m, v = self.running_mean, self.running_var
        self.by_batch = self.training
        self.std = np.sqrt(v + self.eps)
        self.x_hat = (x - m) / self.std
        return self.params["gamma"] * self.x_hat + self.params["beta"]
        ### END SOLUTION

    def backward(self, dout):
        """Add the gradients of gamma and beta to grads and return that of x, for the last forward.

        After a forward in training m and v depend on every row of x; after another one they are constants.

        Raises
        ------
        ValueError
            If dout has another shape than the x of the last forward.
        """
        dout = np.asarray(dout, dtype=self.params["gamma"].dtype)
        ### BEGIN SOLUTION
        if dout.shape != self.x_hat.shape:
            raise ValueError(f"dout has shape {dout.shape}, expected {self.x_hat.shape}")
        self.grads["gamma"] += (dout * self.x_hat).sum(axis=0)
        self.grads["beta"] += dout.sum(axis=0)
        dx_hat = dout * self.params["gamma"]
        if self.by_batch:
            dx_hat = dx_hat - dx_hat.mean(axis=0) - self.x_hat * (dx_hat * self.x_hat).mean(axis=0)
        return dx_hat / self.std
        ### END SOLUTION
