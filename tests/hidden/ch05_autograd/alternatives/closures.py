"""Correct in another way: every node carries a function that hands its gradient on; lists and loops."""

import math
from itertools import zip_longest

import numpy as np


def add_gate(x, y):
    return math.fsum([x, y])


def add_gate_backward(dout):
    return [1.0 * dout] * 2


def mul_gate(x, y):
    return float(x) * float(y)


def mul_gate_backward(dout, x, y):
    return tuple(dout * other for other in (y, x))


def max_gate(x, y):
    return max(x, y)


def max_gate_backward(dout, x, y):
    if y > x:
        return 0, dout
    return dout, 0


def copy_gate_backward(*douts):
    dx = 0.0
    for dout in douts:
        dx += dout
    return dx


def sigmoid_gate_backward(dout, out):
    return (out - out**2) * dout


class Value:
    def __init__(self, data, parents=(), label=""):
        self.data, self.grad, self.label = float(data), 0.0, label
        self.parents = list(parents)
        self.hand_on = None

    def node(self, data, *parents):
        return Value(data, [p for p in parents if isinstance(p, Value)])

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = self.node(self.data + other.data, self, other)

        def hand_on():
            self.grad += out.grad
            other.grad += out.grad

        out.hand_on = hand_on
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        x, y = self.data, other.data
        out = self.node(x * y, self, other)

        def hand_on():
            self.grad += y * out.grad
            other.grad += x * out.grad

        out.hand_on = hand_on
        return out

    __radd__, __rmul__ = __add__, __mul__

    def __pow__(self, k):
        if isinstance(k, Value):
            raise TypeError("a number, please")
        return self.chain(self.data**k, 0.0 if k == 0 else k * self.data ** (k - 1))

    def chain(self, data, slope):
        """A node with one input."""
        out = self.node(data, self)

        def hand_on():
            self.grad += slope * out.grad

        out.hand_on = hand_on
        return out

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return -self + other

    def __truediv__(self, other):
        return self * (other**-1)

    def __rtruediv__(self, other):
        return other * self**-1

    def exp(self):
        return self.chain(math.exp(self.data), math.exp(self.data))

    def log(self):
        return self.chain(math.log(self.data), 1 / self.data)

    def relu(self):
        return self.chain(self.data * (self.data > 0), self.data > 0)

    def tanh(self):
        return self.chain(math.tanh(self.data), (1 - math.tanh(self.data)) * (1 + math.tanh(self.data)))

    def sigmoid(self):
        s = 1 / (1 + math.exp(-self.data)) if self.data > 0 else 1 - 1 / (1 + math.exp(self.data))
        return self.chain(s, s * (1 - s))

    def backward(self):
        nodes = topological_order(self)
        for node in nodes:
            if node.hand_on is not None:
                node.grad = 0.0
        self.grad = 1.0
        for node in nodes[::-1]:
            if node.hand_on is not None:
                node.hand_on()


def topological_order(v):
    order, seen = [], {id(v)}
    path = [(v, iter(v.parents))]
    while path:
        node, rest = path[-1]
        for parent in rest:
            if id(parent) not in seen:
                seen.add(id(parent))
                path.append((parent, iter(parent.parents)))
                break
        else:
            order.append(node)
            path.pop()
    return order


def zero_grad(v):
    seen, todo = {v}, [v]
    while todo:
        node = todo.pop()
        node.grad = 0.0
        for parent in node.parents:
            if parent not in seen:
                seen.add(parent)
                todo.append(parent)


def maximum(a, b):
    a = a if isinstance(a, Value) else Value(a)
    b = b if isinstance(b, Value) else Value(b)
    if b.data > a.data:
        return b.chain(b.data, 1.0) + a.chain(0.0, 0.0)
    return a.chain(a.data, 1.0) + b.chain(0.0, 0.0)


def neuron_terms(x, w, b, dl_dz_next, w_next):
    arrays = [np.asarray(v) for v in (x, w, dl_dz_next, w_next)]
    kind = np.float32 if all(v.dtype == np.float32 for v in arrays) else np.float64
    z, total = float(b), 0.0
    for x_d, w_d in zip_longest(arrays[0].tolist(), arrays[1].tolist()):
        if x_d is None or w_d is None:
            raise ValueError("x and w differ")
        z += x_d * w_d
    for g, u in zip_longest(arrays[2].tolist(), arrays[3].tolist()):
        if g is None or u is None:
            raise ValueError("dl_dz_next and w_next differ")
        total += g * u
    e = math.exp(-abs(z))
    dl_dz = e / (1 + e) ** 2 * total
    return {
        "dl_dz": dl_dz,
        "dz_dw": np.array(arrays[0], dtype=kind),
        "dl_dw": np.array([dl_dz * v for v in arrays[0].tolist()], dtype=kind),
        "z": z,
    }
