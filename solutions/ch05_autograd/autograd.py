"""Computation graphs: single gates by hand, then an engine that differentiates any program of numbers.

A gate computes one number from one or two others. On the way back it is handed dout, the derivative of the
final result with respect to its own output, and gives each input dout times its local derivative. The gates
below do that for floats; `Value` records the gates of a whole computation and goes back through all of them.
Only neuron_terms works on arrays.
"""

import math

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch03_activations.activations import sigmoid


def add_gate(x, y):
    """Sum of two numbers.

    out = x + y

    Parameters
    ----------
    x, y : float

    Returns
    -------
    float

    >>> add_gate(-2.0, 5.0)
    3.0
    """
    ### BEGIN SOLUTION
    return x + y
    ### END SOLUTION


def add_gate_backward(dout):
    """Gradients for the two inputs of an add gate.

    dx = dout * (d out / d x),   dy = dout * (d out / d y)   with out = x + y

    Parameters
    ----------
    dout : float
        Derivative of the final result with respect to the output of the gate.

    Returns
    -------
    dx, dy : float
        A pair. The inputs themselves are not needed.

    >>> add_gate_backward(-4.0)
    (-4.0, -4.0)
    """
    ### BEGIN SOLUTION
    return dout, dout
    ### END SOLUTION


def mul_gate(x, y):
    """Product of two numbers.

    out = x * y

    Parameters
    ----------
    x, y : float

    Returns
    -------
    float

    >>> mul_gate(3.0, -4.0)
    -12.0
    """
    ### BEGIN SOLUTION
    return x * y
    ### END SOLUTION


def mul_gate_backward(dout, x, y):
    """Gradients for the two inputs of a mul gate.

    dx = dout * (d out / d x),   dy = dout * (d out / d y)   with out = x * y

    Parameters
    ----------
    dout : float
        Derivative of the final result with respect to the output of the gate.
    x, y : float
        The inputs that the gate had.

    Returns
    -------
    dx, dy : float
        A pair. Right for inputs that are 0 as well.

    >>> mul_gate_backward(2.0, 3.0, -4.0)
    (-8.0, 6.0)
    """
    ### BEGIN SOLUTION
    return dout * y, dout * x
    ### END SOLUTION


def max_gate(x, y):
    """The larger of two numbers.

    out = x where x >= y, else y

    Parameters
    ----------
    x, y : float

    Returns
    -------
    float

    >>> max_gate(2.0, -1.0)
    2.0
    """
    ### BEGIN SOLUTION
    return x if x >= y else y
    ### END SOLUTION


def max_gate_backward(dout, x, y):
    """Gradients for the two inputs of a max gate.

    dx = dout * (d out / d x),   dy = dout * (d out / d y)   with out = max(x, y)

    Parameters
    ----------
    dout : float
        Derivative of the final result with respect to the output of the gate.
    x, y : float
        The inputs that the gate had.

    Returns
    -------
    dx, dy : float
        A pair; one of the two is 0.

    At x = y there is no derivative; this course lets the first input, x, be the winner, as in max pooling.

    >>> max_gate_backward(5.0, 2.0, -1.0)
    (5.0, 0.0)
    """
    ### BEGIN SOLUTION
    return (dout, 0.0) if x >= y else (0.0, dout)
    ### END SOLUTION


def copy_gate_backward(*douts):
    """Gradient for a number that has several users.

    The copy gate hands x on to K users: out[1] = ... = out[K] = x. The final result depends on x through
    every one of them:

    dx = d L(out[1], ..., out[K]) / d x   when   douts[k] = d L / d out[k]

    Parameters
    ----------
    *douts : K floats
        One gradient from each user, as separate arguments; K >= 0.

    Returns
    -------
    float
        0.0 if there is no user.

    >>> copy_gate_backward(5.0, -2.0)
    3.0
    """
    ### BEGIN SOLUTION
    return float(sum(douts))
    ### END SOLUTION


def sigmoid_gate_backward(dout, out):
    """Gradient for the input of a sigmoid gate: four small gates taken as one.

    dz = dout * (d out / d z)   with out = 1 / (1 + exp(-z))

    Parameters
    ----------
    dout : float
        Derivative of the final result with respect to the output of the gate.
    out : float
        The OUTPUT of the gate, from 0 to 1. Nothing else is needed, as chapter 03 found.

    Returns
    -------
    float
        0 where out is 0 or 1.

    >>> sigmoid_gate_backward(2.0, 0.5)
    0.5
    """
    ### BEGIN SOLUTION
    return dout * out * (1.0 - out)
    ### END SOLUTION


def as_value(x):
    """x itself if it is a Value, else a new Value that holds the number x (given)."""
    return x if isinstance(x, Value) else Value(x)


class Value:
    """A number that remembers how it was computed.

    `Value(3.0)` is a leaf. Arithmetic with values gives new values, the inner nodes of a graph that grows
    while you compute. `v.backward()` then fills in d v / d node for every node that v was computed from.

    Parameters
    ----------
    data : number
        Kept as a Python float in `.data`.
    inputs : pairs (node, local)
        What this value was computed from, and the derivative of this value with respect to that node: a
        number, known once the value is computed. Empty for a leaf.

    The number in `.grad` is 0.0 at first. The attribute `inputs` is a proposal (given): you may record the
    graph in another way. Tests use `.data`, `.grad`, the operations and the functions below, nothing else.

    What holds for every operation:

    - `+ - * /` have a Value on one side at least. A number on the other side (int, float, numpy scalar) is a
      constant: `as_value` makes a leaf of it. Both `a - 1` and `1 - a` work.
    - The result is a new Value. No operation changes its operands.
    - An operation may consist of several nodes; a - b may be a + (-1) * b.
    - What backward needs is recorded when the operation is computed. Assigning to `.data` of a leaf later, as
      a step of gradient descent does, changes no other value and no gradient of a graph made before.

    >>> a, b = Value(2.0), Value(-3.0)
    >>> y = a * b + a
    >>> y.backward()
    >>> y, a, b
    (Value(-4.0, grad=1.0), Value(2.0, grad=-2.0), Value(-3.0, grad=2.0))
    """

    __array_ufunc__ = None  # given: np.float64(2.0) * v asks v as well

    def __init__(self, data, inputs=()):
        self.data = float(data)
        self.grad = 0.0
        self.inputs = tuple(inputs)

    def __repr__(self):
        return f"Value({self.data}, grad={self.grad})"

    def __add__(self, other):
        """self + other."""
        other = as_value(other)
        ### BEGIN SOLUTION
        return Value(self.data + other.data, [(self, 1.0), (other, 1.0)])
        ### END SOLUTION

    def __sub__(self, other):
        """self - other."""
        other = as_value(other)
        ### BEGIN SOLUTION
        return Value(self.data - other.data, [(self, 1.0), (other, -1.0)])
        ### END SOLUTION

    def __mul__(self, other):
        """self * other."""
        other = as_value(other)
        ### BEGIN SOLUTION
        return Value(self.data * other.data, [(self, other.data), (other, self.data)])
        ### END SOLUTION

    def __truediv__(self, other):
        """self / other."""
        other = as_value(other)
        ### BEGIN SOLUTION
        out = self.data / other.data
        return Value(out, [(self, 1.0 / other.data), (other, -out / other.data)])
        ### END SOLUTION

    def __pow__(self, k):
        """self to the power k, for a constant k (int or float, no Value).

        The data may be negative or 0 if k is a whole number >= 0, and negative if k is a whole number < 0.
        For k = 0 the result is 1 and its derivative 0, at data 0 as well.

        Raises
        ------
        TypeError
            If k is a Value (given).
        """
        if isinstance(k, Value):
            raise TypeError("the exponent must be a number, not a Value")
        ### BEGIN SOLUTION
        local = k * self.data ** (k - 1) if k != 0 else 0.0
        return Value(self.data**k, [(self, local)])
        ### END SOLUTION

    def __neg__(self):
        """-self."""
        ### BEGIN SOLUTION
        return Value(-self.data, [(self, -1.0)])
        ### END SOLUTION

    def __radd__(self, number):
        """number + self: Python asks here when the left operand is a number."""
        ### BEGIN SOLUTION
        return self + number
        ### END SOLUTION

    def __rsub__(self, number):
        """number - self."""
        ### BEGIN SOLUTION
        return as_value(number) - self
        ### END SOLUTION

    def __rmul__(self, number):
        """number * self."""
        ### BEGIN SOLUTION
        return self * number
        ### END SOLUTION

    def __rtruediv__(self, number):
        """number / self."""
        ### BEGIN SOLUTION
        return as_value(number) / self
        ### END SOLUTION

    def exp(self):
        """e to the power self."""
        ### BEGIN SOLUTION
        out = math.exp(self.data)
        return Value(out, [(self, out)])
        ### END SOLUTION

    def log(self):
        """Natural logarithm of self.

        Raises
        ------
        ValueError
            If the data is 0 or negative.
        """
        ### BEGIN SOLUTION
        return Value(math.log(self.data), [(self, 1.0 / self.data)])
        ### END SOLUTION

    def relu(self):
        """self where it is positive, else 0. At 0 the derivative is 0, as in chapter 03."""
        ### BEGIN SOLUTION
        return Value(max(self.data, 0.0), [(self, 1.0 if self.data > 0 else 0.0)])
        ### END SOLUTION

    def tanh(self):
        """Hyperbolic tangent of self, right for data up to 1e300 in size."""
        ### BEGIN SOLUTION
        out = math.tanh(self.data)
        return Value(out, [(self, 1.0 - out * out)])
        ### END SOLUTION

    def sigmoid(self):
        """1 / (1 + exp(-self)), right for data up to 1e300 in size. The function of chapter 03 is imported."""
        ### BEGIN SOLUTION
        out = float(sigmoid(self.data))
        return Value(out, [(self, out * (1.0 - out))])
        ### END SOLUTION

    def backward(self):
        """Differentiate self with respect to every node that it was computed from.

        leaf.grad += d self / d leaf     for every leaf: gradients add up until zero_grad
        node.grad  = d self / d node     for every inner node, whatever stood there before
        self.grad  = 1.0

        A node that self was not computed from keeps its grad. Each node hands its gradient on once, after all
        its users have handed in theirs: the time grows with the number of nodes, not of paths. Chains of
        50 000 nodes work, without recursion.

        >>> x = Value(3.0)
        >>> y = x * x
        >>> y.backward()
        >>> y.backward()
        >>> x.grad, y.grad
        (12.0, 1.0)
        """
        ### BEGIN SOLUTION
        order = topological_order(self)
        for node in order:
            if node.inputs:
                node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for source, local in node.inputs:
                source.grad += node.grad * local
        ### END SOLUTION


def topological_order(v):
    """All nodes of the graph of v, each one after the nodes that it was computed from.

    Parameters
    ----------
    v : Value

    Returns
    -------
    list of Value
        v and everything that it was computed from, directly or not, every node exactly once; v is the last.
        Other nodes, such as users of v, are not in it. Several orders are right.

    The nodes are not changed; a second call gives an order again. Chains of 50 000 nodes work (Python allows
    about 1000 nested calls), and the time grows with the number of nodes, not of paths.

    >>> a = Value(2.0)
    >>> b = a * a
    >>> y = b + a
    >>> [node.data for node in topological_order(y)]
    [2.0, 4.0, 6.0]
    """
    ### BEGIN SOLUTION
    order, seen, stack = [], set(), [(v, False)]
    while stack:
        node, inputs_are_listed = stack.pop()
        if inputs_are_listed:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))  # comes up again when all above it is done
            stack.extend((source, False) for source, _ in node.inputs)
    return order
    ### END SOLUTION


def zero_grad(v):
    """Set grad to 0.0 in the whole graph of v: v itself, inner nodes and leaves.

    Parameters
    ----------
    v : Value

    Other nodes keep their grad, and no data changes. As for topological_order, long chains work and the time
    grows with the number of nodes. Returns nothing.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> zero_grad(y)
    >>> x.grad, y.grad
    (0.0, 0.0)
    """
    ### BEGIN SOLUTION
    for node in topological_order(v):
        node.grad = 0.0
    ### END SOLUTION


def maximum(a, b):
    """The larger of two values, as a new Value of the graph.

    out = a where a.data >= b.data, else b

    Parameters
    ----------
    a, b : Value or number
        A number is a constant.

    Returns
    -------
    Value
        Not a or b itself. Its gradient goes to the winner alone; of two equal ones the first, a, wins.

    >>> a, b = Value(2.0), Value(7.0)
    >>> y = maximum(a, b) * 10
    >>> y.backward()
    >>> y.data, a.grad, b.grad
    (70.0, 0.0, 10.0)
    """
    a, b = as_value(a), as_value(b)
    ### BEGIN SOLUTION
    winner = a if a.data >= b.data else b
    return Value(winner.data, [(a, 1.0 if winner is a else 0.0), (b, 0.0 if winner is a else 1.0)])
    ### END SOLUTION


def neuron_terms(x, w, b, dl_dz_next, w_next):
    """The three derivatives that make up the gradient of one neuron's weights.

    The neuron: z = (sum over d of x[d] * w[d]) + b,   a = 1 / (1 + exp(-z)).
    It feeds K neurons of the next layer: z_next[k] = ... + w_next[k] * a + ...

    dz_dw[d] = d z / d w[d]                                      known on the way forward
    dl_dz    = s'(z) * sum over k of w_next[k] * dl_dz_next[k]   known on the way back; s'(z) = a * (1 - a)
    dl_dw[d] = dl_dz * dz_dw[d]

    Parameters
    ----------
    x, w : (D,) float arrays
        Inputs of the neuron and its weights.
    b : float
    dl_dz_next : (K,) float array
        Derivatives of the loss l with respect to z_next.
    w_next : (K,) float array
        Weights from this neuron to the K next ones.

    Returns
    -------
    dict
        'dz_dw' (D,) array, 'dl_dz' float, 'dl_dw' (D,) array. New arrays; the arguments are not changed. Right
        for z in the thousands. If all arrays given are float32, so are the two; integers become float64.

    Raises
    ------
    ValueError
        If x and w, or dl_dz_next and w_next, differ in shape (given).

    >>> terms = neuron_terms(np.array([8.0]), np.array([0.0]), 0.0, np.array([3.0, -1.0]), np.array([1.0, 2.0]))
    >>> terms
    {'dz_dw': array([8.]), 'dl_dz': 0.25, 'dl_dw': array([2.])}
    """
    x, w, dl_dz_next, w_next = as_float(x), as_float(w), as_float(dl_dz_next), as_float(w_next)
    if x.shape != w.shape or dl_dz_next.shape != w_next.shape:
        raise ValueError(f"shapes {x.shape} and {w.shape}, {dl_dz_next.shape} and {w_next.shape} must agree")
    ### BEGIN SOLUTION
    a = sigmoid(np.dot(x, w) + b)
    dl_dz = float(a * (1.0 - a) * np.dot(w_next, dl_dz_next))
    return {"dz_dw": x.copy(), "dl_dz": dl_dz, "dl_dw": dl_dz * x}
    ### END SOLUTION
