"""Chapter 06: layers. The chain rule for a whole batch at once.

Every layer has a forward and a backward, and a network is a list of layers. Batch first: an input is (N, D),
one row for each of N examples, and W is (D_in, D_out). Only the loss divides by N; nothing in this file does,
except two_layer_grads, which holds the loss inside.
"""

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch03_activations.activations import (
    leaky_relu,
    leaky_relu_backward,
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    tanh,
    tanh_backward,
)


def linear_forward(X, W, b):
    """Scores of a linear layer for a batch.

    Z[n, j] = b[j] + sum over i of X[n, i] * W[i, j]

    Parameters
    ----------
    X : (N, D_in) float array
        One row for each example; N = 1 and D_in = 1 are as good as any other number.
    W : (D_in, D_out) float array
        One column for each output.
    b : (D_out,) float array

    Returns
    -------
    (N, D_out) array
        A new array. float32 if all three are float32. The arguments are not changed.

    Raises
    ------
    ValueError
        If X or W does not have two axes, if their D_in differ, or if b is not exactly (D_out,). Nothing is
        broadcast: a b of shape (1,) is refused unless D_out is 1.

    >>> linear_forward(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([0.5]))
    array([[11.5]])

    PyTorch stores W as (D_out, D_in), lectures write W x for a column x: the same numbers, transposed.
    """
    X, W, b = as_float(X), as_float(W), as_float(b)
    ### BEGIN SOLUTION
    if X.ndim != 2 or W.ndim != 2 or X.shape[1] != W.shape[0] or b.shape != W.shape[1:]:
        raise ValueError(f"X {X.shape}, W {W.shape} and b {b.shape} do not fit together")
    return X @ W + b
    ### END SOLUTION


def linear_backward(dout, X, W):
    """Gradients of a linear layer, from the gradient of the loss with respect to its output Z.

    dX[n, i] = sum over j of dout[n, j] * W[i, j]
    dW[i, j] = sum over n of X[n, i] * dout[n, j]
    db[j]    = sum over n of dout[n, j]

    Parameters
    ----------
    dout : (N, D_out) float array
        dout[n, j] is the derivative of the loss with respect to Z[n, j]. If the loss is a mean over the
        batch, its 1/N is in dout already.
    X : (N, D_in) float array
        The input of the forward pass.
    W : (D_in, D_out) float array
        The weights of the forward pass.

    Returns
    -------
    dX, dW, db : new arrays of shapes (N, D_in), (D_in, D_out), (D_out,)
        Each has the shape of what it is the gradient of. float32 if all three arguments are float32. The
        arguments are not changed.

    Raises
    ------
    ValueError
        If X or W does not have two axes, if their D_in differ, or if dout is not exactly (N, D_out).

    >>> dX, dW, db = linear_backward(np.array([[1.0], [2.0]]), np.array([[5.0], [7.0]]), np.array([[3.0]]))
    >>> dW, db
    (array([[19.]]), array([3.]))
    """
    dout, X, W = as_float(dout), as_float(X), as_float(W)
    ### BEGIN SOLUTION
    if X.ndim != 2 or W.ndim != 2 or X.shape[1] != W.shape[0] or dout.shape != (X.shape[0], W.shape[1]):
        raise ValueError(f"dout {dout.shape}, X {X.shape} and W {W.shape} do not fit together")
    dX = dout @ W.T
    dW = X.T @ dout
    db = dout.sum(axis=0)
    return dX, dW, db
    ### END SOLUTION


class Layer:
    """What all layers have in common; every layer of the course is a kind of Layer.

    The interface of a layer, on which all later chapters rely:

    forward(x)      the output for the input x; keeps on the layer what backward will need
    backward(dout)  dout is the gradient of the loss with respect to the output of the LAST forward, and has
                    its shape (anything else is a ValueError). Returns the gradient with respect to the input,
                    and ADDS the gradients of the parameters to grads. May be called again for the same forward
    params          dict, name -> array: 'W' and 'b' in a linear layer, empty in a layer without parameters
    grads           dict with the same keys, arrays of the same shapes: zeros at first, then the sum over all
                    backward calls since the last zero_grad
    training        bool, True at first; dropout (ch12) behaves differently in training
    sublayers()     list of the layers that this one is directly made of, empty for most
    zero_grad(), train(), eval(), parameters()      see below

    Two layers share nothing: neither params nor grads nor what forward keeps. forward and backward change
    neither their argument nor the params. A layer may keep the arrays themselves, so change neither x nor the
    output in place between forward and backward. One layer object stands at one place of a network.
    """

    def __init__(self):
        self.params = {}
        self.grads = {}
        self.training = True

    def forward(self, x):
        """Output for the input x (given here only as a reminder; each kind of layer has its own)."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self, dout):
        """Gradient with respect to the input (given here only as a reminder)."""
        raise NotImplementedError(f"{type(self).__name__} has no backward")

    def sublayers(self):
        """The layers that this one is directly made of, in order: none, unless a subclass says otherwise."""
        return []

    def zero_grad(self):
        """Set every gradient to zero: those of this layer and of all layers inside it, at any depth.

        In place: the dict grads and the arrays in it remain the same objects, so that whoever holds one of
        them sees the zeros.

        >>> layer = Layer()
        >>> layer.params["b"] = np.array([1.0, 2.0])
        >>> layer.grads["b"] = np.array([3.0, 4.0])
        >>> layer.zero_grad()
        >>> layer.grads
        {'b': array([0., 0.])}
        """
        ### BEGIN SOLUTION
        for grad in self.grads.values():
            grad[...] = 0.0
        for layer in self.sublayers():
            layer.zero_grad()
        ### END SOLUTION

    def train(self):
        """Set training to True, here and in all layers inside, at any depth."""
        ### BEGIN SOLUTION
        self.training = True
        for layer in self.sublayers():
            layer.train()
        ### END SOLUTION

    def eval(self):
        """Set training to False, here and in all layers inside, at any depth."""
        ### BEGIN SOLUTION
        self.training = False
        for layer in self.sublayers():
            layer.eval()
        ### END SOLUTION

    def parameters(self):
        """All parameters as pairs (layer, name).

        The array is layer.params[name], its gradient layer.grads[name]. First this layer's own, then those of
        its sub-layers in order, each with all that is inside it; every parameter once. A generator or a list.
        Pairs and not arrays, so that an optimizer can also put a new array in the place of an old one.

        >>> layer = Layer()
        >>> layer.params["b"] = np.zeros(2)
        >>> [name for _, name in layer.parameters()]
        ['b']
        """
        ### BEGIN SOLUTION
        for name in self.params:
            yield self, name
        for layer in self.sublayers():
            yield from layer.parameters()
        ### END SOLUTION


class Linear(Layer):
    """A fully connected layer: Z = X W + b.

    Parameters
    ----------
    d_in, d_out : int
    rng : np.random.Generator
        The only source of random numbers. A second layer made with the same rng goes on drawing from it.
    init : where W comes from
        'xavier'  normal distribution, mean 0, standard deviation sqrt(2 / (d_in + d_out))
        'he'      normal distribution, mean 0, standard deviation sqrt(2 / d_in)
        'zeros'   all zero
        a float   normal distribution, mean 0, with this standard deviation
        callable  init(shape, rng) returns W, shape is the tuple (d_in, d_out); the layer keeps a copy
        Chapter 08 explains the first two. b is zero at first, whatever init is.
    bias : bool
        With False there is no b: params and grads have the key 'W' only.
    dtype : np.float64 or np.float32
        Of the parameters and of their gradients.

    params['W'] is (d_in, d_out), params['b'] is (d_out,). forward uses what stands in params at the time of
    the call: after layer.params['W'] = V it computes with V. Outputs and input gradients have the dtype of
    the parameters, whatever the dtype of x and dout.

    Raises
    ------
    ValueError
        If init is another string, or if init(shape, rng) has another shape.

    >>> layer = Linear(2, 1, np.random.default_rng(0), init="zeros")
    >>> layer.params
    {'W': array([[0.],
           [0.]]), 'b': array([0.])}
    >>> layer.params["W"] = np.array([[3.0], [4.0]])
    >>> layer.forward(np.array([[1.0, 2.0]]))
    array([[11.]])
    """

    def __init__(self, d_in, d_out, rng, init="xavier", bias=True, dtype=np.float64):
        super().__init__()
        ### BEGIN SOLUTION
        shape = (d_in, d_out)
        if callable(init):
            W = np.array(init(shape, rng), dtype=dtype)
        elif init == "zeros":
            W = np.zeros(shape, dtype=dtype)
        elif isinstance(init, str):
            stds = {"xavier": np.sqrt(2 / (d_in + d_out)), "he": np.sqrt(2 / d_in)}
            if init not in stds:
                raise ValueError(f"init is {init!r}, expected 'xavier', 'he', 'zeros', a float or a callable")
            W = rng.normal(0.0, stds[init], size=shape).astype(dtype)
        else:
            W = rng.normal(0.0, init, size=shape).astype(dtype)
        if W.shape != shape:
            raise ValueError(f"init returned shape {W.shape}, expected {shape}")
        self.params["W"] = W
        if bias:
            self.params["b"] = np.zeros(d_out, dtype=dtype)
        self.grads = {name: np.zeros_like(value) for name, value in self.params.items()}
        ### END SOLUTION

    def forward(self, x):
        """Scores (N, d_out) of a batch x (N, d_in).

        Raises
        ------
        ValueError
            If x is not (N, d_in). Images (N, C, H, W) go through Flatten first.
        """
        x = np.asarray(x, dtype=self.params["W"].dtype)
        ### BEGIN SOLUTION
        W = self.params["W"]
        b = self.params.get("b", np.zeros(W.shape[1], dtype=W.dtype))
        self.x = x
        return linear_forward(x, W, b)
        ### END SOLUTION

    def backward(self, dout):
        """Add the gradients of W and b to grads and return that of x, (N, d_in), for a dout of (N, d_out).

        Raises
        ------
        ValueError
            If dout has another shape than the output of the last forward.
        """
        dout = np.asarray(dout, dtype=self.params["W"].dtype)
        ### BEGIN SOLUTION
        dx, dW, db = linear_backward(dout, self.x, self.params["W"])
        self.grads["W"] += dW
        if "b" in self.grads:
            self.grads["b"] += db
        return dx
        ### END SOLUTION


class Sigmoid(Layer):
    """Logistic function of each entry, as a layer: any shape in, the same shape out. No parameters.

    The functions of chapter 03 do the arithmetic, keep float32 and refuse a dout of another shape; the layer
    remembers what they need.

    >>> layer = Sigmoid()
    >>> layer.forward(np.array([[0.0]]))
    array([[0.5]])
    >>> layer.backward(np.array([[2.0]]))
    array([[0.5]])
    """

    def forward(self, x):
        """sigmoid(x), entry by entry: a new array of the shape of x."""
        ### BEGIN SOLUTION
        self.out = sigmoid(x)
        return self.out
        ### END SOLUTION

    def backward(self, dout):
        """Gradient with respect to the x of the last forward: a new array of the shape of dout."""
        ### BEGIN SOLUTION
        return sigmoid_backward(dout, self.out)
        ### END SOLUTION


class Tanh(Layer):
    """Hyperbolic tangent of each entry, as a layer: any shape in, the same shape out. No parameters.

    >>> layer = Tanh()
    >>> layer.forward(np.array([[0.0]]))
    array([[0.]])
    >>> layer.backward(np.array([[2.0]]))
    array([[2.]])
    """

    def forward(self, x):
        """tanh(x), entry by entry: a new array of the shape of x."""
        ### BEGIN SOLUTION
        self.out = tanh(x)
        return self.out
        ### END SOLUTION

    def backward(self, dout):
        """Gradient with respect to the x of the last forward: a new array of the shape of dout."""
        ### BEGIN SOLUTION
        return tanh_backward(dout, self.out)
        ### END SOLUTION


class ReLU(Layer):
    """max(0, x) of each entry, as a layer: any shape in, the same shape out. No parameters.

    At x = 0 the derivative is 0, as in chapter 03.

    >>> layer = ReLU()
    >>> layer.forward(np.array([[-1.0, 3.0]]))
    array([[0., 3.]])
    >>> layer.backward(np.array([[5.0, 5.0]]))
    array([[0., 5.]])
    """

    def forward(self, x):
        """relu(x), entry by entry: a new array of the shape of x."""
        ### BEGIN SOLUTION
        self.x = x
        return relu(x)
        ### END SOLUTION

    def backward(self, dout):
        """Gradient with respect to the x of the last forward: a new array of the shape of dout."""
        ### BEGIN SOLUTION
        return relu_backward(dout, self.x)
        ### END SOLUTION


class LeakyReLU(Layer):
    """x where x > 0, else slope * x, as a layer: any shape in, the same shape out. No parameters.

    Parameters
    ----------
    slope : float
        Any finite number; each layer has its own. At x = 0 the derivative is slope, as in chapter 03.

    >>> layer = LeakyReLU(slope=0.5)
    >>> layer.forward(np.array([[-2.0, 3.0]]))
    array([[-1.,  3.]])
    >>> layer.backward(np.array([[4.0, 4.0]]))
    array([[2., 4.]])
    """

    def __init__(self, slope=0.01):
        super().__init__()
        self.slope = slope

    def forward(self, x):
        """leaky_relu(x) with this layer's slope: a new array of the shape of x."""
        ### BEGIN SOLUTION
        self.x = x
        return leaky_relu(x, self.slope)
        ### END SOLUTION

    def backward(self, dout):
        """Gradient with respect to the x of the last forward: a new array of the shape of dout."""
        ### BEGIN SOLUTION
        return leaky_relu_backward(dout, self.x, self.slope)
        ### END SOLUTION


class Flatten(Layer):
    """One row of numbers for each example: (N, ...) in, (N, D) out. No parameters.

    out[n] holds the entries of x[n], last axis fastest; D is their number, C*H*W for images (N, C, H, W).

    >>> layer = Flatten()
    >>> layer.forward(np.array([[[1, 2], [3, 4]]]))
    array([[1, 2, 3, 4]])
    >>> layer.backward(np.array([[5.0, 6.0, 7.0, 8.0]]))
    array([[[5., 6.],
            [7., 8.]]])
    """

    def forward(self, x):
        """The rows (N, D) of an x with N >= 1 examples; an x of (N, D) keeps its shape.

        The dtype stays, and the result may be a view of x.
        """
        x = np.asarray(x)
        ### BEGIN SOLUTION
        out = x.reshape(len(x), -1)
        self.shape_in, self.shape_out = x.shape, out.shape
        return out
        ### END SOLUTION

    def backward(self, dout):
        """The entries of dout (N, D) back at their places in the shape of x; may be a view of dout.

        Raises
        ------
        ValueError
            If dout is not exactly (N, D), even if it has the right number of entries.
        """
        dout = np.asarray(dout)
        ### BEGIN SOLUTION
        if dout.shape != self.shape_out:
            raise ValueError(f"dout has shape {dout.shape}, expected {self.shape_out}")
        return dout.reshape(self.shape_in)
        ### END SOLUTION


class Sequential(Layer):
    """Layers one after the other; itself a layer, so that a network can be a part of another one.

    Parameters
    ----------
    *layers : anything with the interface of Layer
        Kept in the list `layers`, in order. The layers themselves, not copies. Without any, forward and
        backward return what they are given.

    Its own params and grads are empty; the parameters belong to the layers inside. zero_grad, train, eval and
    parameters reach them through sublayers(); nothing of that has to be written again.

    >>> model = Sequential(ReLU(), LeakyReLU(slope=0.5))
    >>> model.forward(np.array([[-2.0, 3.0]]))
    array([[0., 3.]])
    >>> model.backward(np.array([[8.0, 8.0]]))
    array([[0., 8.]])
    """

    def __init__(self, *layers):
        super().__init__()
        self.layers = list(layers)

    def sublayers(self):
        """The list of the layers, in order."""
        ### BEGIN SOLUTION
        return self.layers
        ### END SOLUTION

    def forward(self, x):
        """The output of the last layer, when the input of each is the output of the one before it."""
        ### BEGIN SOLUTION
        for layer in self.layers:
            x = layer.forward(x)
        return x
        ### END SOLUTION

    def backward(self, dout):
        """Gradient with respect to x, from the gradient dout with respect to the output of the last layer.

        backward of each layer is called exactly once.
        """
        ### BEGIN SOLUTION
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout
        ### END SOLUTION


def two_layer_grads(X, y, W1, b1, W2, b2):
    """All gradients of a network with one hidden layer, by hand and without classes.

    Forward:   Z1 = X W1 + b1,   A1 = sigmoid(Z1),   S = A1 W2 + b2 (no activation: raw scores)
    Loss:      L = -(1/N) * sum over n of log p[n, y[n]]
               p[n, c] = exp(S[n, c]) / (sum over k of exp(S[n, k]))
    Its start: dL/dS[n, c] = (p[n, c] - (1 if c == y[n] else 0)) / N     (chapter 04 derives it)

    From dL/dS go back with the chain rule; every gradient is taken at the weights that were passed in.

    Parameters
    ----------
    X : (N, D) float array
    y : (N,) int array
        Classes 0 to C - 1.
    W1, b1 : (D, H) and (H,) float arrays
    W2, b2 : (H, C) and (C,) float arrays

    Returns
    -------
    dict
        The gradients of L under the keys 'W1', 'b1', 'W2', 'b2', each of the shape of its parameter. Right
        for scores in the thousands too: no overflow in exp. float32 if all arguments but y are float32. The
        arguments are not changed.

    Raises
    ------
    ValueError
        If y is not one label for each row of X (given).

    With all weights zero, two classes and one example of class 0, p is (0.5, 0.5):

    >>> X, W1, W2 = np.array([[2.0]]), np.zeros((1, 1)), np.zeros((1, 2))
    >>> two_layer_grads(X, np.array([0]), W1, np.zeros(1), W2, np.zeros(2))["b2"]
    array([-0.5,  0.5])

    Source: NNDL, equations 4.16 to 4.23, with a sigmoid at the end where this network has softmax.
    """
    X, W1, b1, W2, b2 = as_float(X), as_float(W1), as_float(b1), as_float(W2), as_float(b2)
    y = np.asarray(y)
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X {X.shape} needs one label for each row, y has shape {y.shape}")
    ### BEGIN SOLUTION
    A1 = sigmoid(X @ W1 + b1)  # (N, H)
    S = A1 @ W2 + b2  # (N, C)
    e = np.exp(S - S.max(axis=1, keepdims=True))
    dS = e / e.sum(axis=1, keepdims=True)  # p
    dS[np.arange(len(y)), y] -= 1.0
    dS /= len(y)
    dZ1 = (dS @ W2.T) * A1 * (1.0 - A1)  # (N, H)
    return {"W1": X.T @ dZ1, "b1": dZ1.sum(axis=0), "W2": A1.T @ dS, "b2": dS.sum(axis=0)}
    ### END SOLUTION


def count_parameters(model):
    """How many numbers a network learns: the entries of all its parameters, biases included.

    Parameters
    ----------
    model : Layer of any kind
        Nested to any depth. It is not changed.

    Returns
    -------
    int
        0 for a layer without parameters.

    A layer from 2 to 3 has 2*3 weights and 3 biases:

    >>> count_parameters(Linear(2, 3, np.random.default_rng(0)))
    9
    """
    ### BEGIN SOLUTION
    return sum(layer.params[name].size for layer, name in model.parameters())
    ### END SOLUTION
