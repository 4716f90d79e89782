"""Correct in another way: nodes are numbered as they are made, numpy scalars inside, a heap on the way back."""

import heapq
import itertools

import numpy as np
from ch00_toolbox.toolbox import as_float

COUNTER = itertools.count()


def add_gate(x, y):
    return np.add(x, y)


def add_gate_backward(dout):
    return np.float64(dout), np.float64(dout)


def mul_gate(x, y):
    return np.multiply(x, y)


def mul_gate_backward(dout, x, y):
    return np.float64(dout) * y, np.float64(dout) * x


def max_gate(x, y):
    return np.maximum(x, y)


def max_gate_backward(dout, x, y):
    first = np.float64(x >= y)
    return first * dout, (1 - first) * dout


def copy_gate_backward(*douts):
    return np.sum(douts)


def sigmoid_gate_backward(dout, out):
    return np.float64(dout) * out * (1 - out)


class Value:
    __slots__ = ("data", "edges", "grad", "number")

    def __init__(self, data, edges=()):
        self.data = np.float64(data)
        self.grad = np.float64(0.0)
        self.edges = {}  # source -> local derivative; equal sources are merged
        for source, local in edges:
            if isinstance(source, Value):
                self.edges[source] = self.edges.get(source, 0.0) + local
        self.number = next(COUNTER)

    def __add__(self, other):
        return Value(self.data + data_of(other), [(self, 1), (other, 1)])

    def __mul__(self, other):
        return Value(self.data * data_of(other), [(self, data_of(other)), (other, self.data)])

    def __sub__(self, other):
        return Value(self.data - data_of(other), [(self, 1), (other, -1)])

    def __truediv__(self, other):
        x, y = self.data, np.float64(data_of(other))
        return Value(x / y, [(self, 1 / y), (other, -x / y**2)])

    def __radd__(self, other):
        return self.__add__(other)

    def __rmul__(self, other):
        return self.__mul__(other)

    def __rsub__(self, other):
        return Value(other).__sub__(self)

    def __rtruediv__(self, other):
        return Value(other).__truediv__(self)

    def __neg__(self):
        return 0 - self

    def __pow__(self, k):
        if isinstance(k, Value):
            raise TypeError("k is a number")
        local = k * np.power(self.data, float(k - 1)) if k else 0.0
        return Value(np.power(self.data, float(k)), [(self, local)])

    def exp(self):
        return Value(np.exp(self.data), [(self, np.exp(self.data))])

    def log(self):
        if not self.data > 0:
            raise ValueError("log of a number that is not positive")
        return Value(np.log(self.data), [(self, 1 / self.data)])

    def relu(self):
        return Value(np.maximum(self.data, 0), [(self, np.heaviside(self.data, 0.0))])

    def tanh(self):
        out = np.tanh(self.data)
        return Value(out, [(self, 1 - out**2)])

    def sigmoid(self):
        out = 0.5 + 0.5 * np.tanh(0.5 * self.data)
        return Value(out, [(self, out * (1 - out))])

    def backward(self):
        gradient, heap = {self: np.float64(1.0)}, [(-self.number, self)]
        while heap:
            _, node = heapq.heappop(heap)  # the youngest first: all its users have been here
            if node.edges or node is self:
                node.grad = gradient[node]
            else:
                node.grad = node.grad + gradient[node]
            for source, local in node.edges.items():
                if source not in gradient:
                    gradient[source] = np.float64(0.0)
                    heapq.heappush(heap, (-source.number, source))
                gradient[source] += local * gradient[node]


def data_of(x):
    return x.data if isinstance(x, Value) else x


def topological_order(v):
    found, layer = {v}, [v]
    while layer:
        layer = [source for node in layer for source in node.edges if source not in found]
        found.update(layer)
    return sorted(found, key=lambda node: node.number)


def zero_grad(v):
    for node in topological_order(v):
        node.grad = np.float64(0.0)


def maximum(a, b):
    x, y = data_of(a), data_of(b)
    return Value(max(x, y), [(a, float(x >= y)), (b, float(x < y))])


def neuron_terms(x, w, b, dl_dz_next, w_next, activation=None):
    x, w, g, u = (as_float(v) for v in (x, w, dl_dz_next, w_next))
    if x.shape != w.shape or g.shape != u.shape:
        raise ValueError("shapes differ")
    z = np.einsum("d,d->", x, w) + x.dtype.type(b)
    slope = 0.25 * (1 - np.tanh(z / 2) ** 2)
    dl_dz = slope * np.einsum("k,k->", u, g)
    return {"dz_dw": np.array(x), "dl_dz": dl_dz, "dl_dw": np.multiply(x, dl_dz)}
