"""Correct in another way: one class per operation, users counted before gradients flow, differences made of sums."""

from collections import deque, namedtuple
from math import copysign, exp, fabs, log, tanh

import numpy as np
from ch00_toolbox.toolbox import as_float

Two = namedtuple("Two", "dx dy")


def add_gate(x, y):
    return x - -y


def add_gate_backward(dout):
    return Two(dout, dout)


def mul_gate(x, y):
    return y * x


def mul_gate_backward(dout, x, y):
    return Two(dx=y * dout, dy=x * dout)


def max_gate(x, y):
    return y + (x - y) * (x >= y)


def max_gate_backward(dout, x, y):
    return tuple(np.where([x >= y, x < y], float(dout), 0.0))


def copy_gate_backward(*douts):
    return float(np.asarray(douts, dtype=float) @ np.ones(len(douts)))


def sigmoid_gate_backward(dout, out):
    d_exp = dout * -(out**2)  # inverse gate, add gate
    return -d_exp * (1.0 / out - 1.0) if out else 0.0  # exp gate, times -1


class Value:
    """A leaf; the subclasses are operations."""

    def __init__(self, data):
        self.data = data + 0.0
        self.grad = 0.0

    sources = ()
    locals = ()

    def __add__(self, other):
        return Sum(self, wrap(other))

    def __mul__(self, other):
        return Product(self, wrap(other))

    def __neg__(self):
        return Product(self, Value(-1))

    def __sub__(self, other):
        return Sum(self, -wrap(other))

    def __pow__(self, k):
        return Power(self, k)

    def __truediv__(self, other):
        return Product(self, Power(wrap(other), -1))

    def __radd__(self, number):
        return wrap(number) + self

    def __rmul__(self, number):
        return wrap(number) * self

    def __rsub__(self, number):
        return wrap(number) - self

    def __rtruediv__(self, number):
        return wrap(number) / self

    def exp(self):
        return Curve(self, exp(self.data), exp(self.data))

    def log(self):
        return Curve(self, log(self.data), 1 / self.data)

    def relu(self):
        return Curve(self, (self.data + fabs(self.data)) / 2, self.data > 0)

    def tanh(self):
        return Curve(self, tanh(self.data), 1 - tanh(self.data) ** 2)

    def sigmoid(self):
        e = exp(-fabs(self.data))
        return Curve(self, (1 if self.data >= 0 else e) / (1 + e), e / (1 + e) ** 2)

    def backward(self):
        nodes = topological_order(self)
        waiting = dict.fromkeys(nodes, 0.0)
        waiting[self] = 1.0
        while nodes:
            node = nodes.pop()
            for source, local in zip(node.sources, node.locals, strict=True):
                waiting[source] += local * waiting[node]
        for node, gradient in waiting.items():
            if node.sources or node is self:
                node.grad = gradient
            else:
                node.grad += gradient


class Sum(Value):
    def __init__(self, a, b):
        super().__init__(a.data + b.data)
        self.sources, self.locals = (a, b), (1.0, 1.0)


class Product(Value):
    def __init__(self, a, b):
        super().__init__(a.data * b.data)
        self.sources, self.locals = (a, b), (b.data, a.data)


class Power(Value):
    def __init__(self, a, k):
        if not isinstance(k, (int, float)):
            raise TypeError("the exponent is a number")
        super().__init__(a.data**k)
        self.sources, self.locals = (a,), (k * a.data ** (k - 1) if k else 0.0,)


class Curve(Value):
    def __init__(self, a, data, slope):
        super().__init__(data)
        self.sources, self.locals = (a,), (float(slope),)


def wrap(x):
    return x if isinstance(x, Value) else Value(x)


def topological_order(v):
    """Kahn: count the users of each node, then release those whose users are all listed."""
    users, todo = {v: 0}, deque([v])
    while todo:
        for source in todo.popleft().sources:
            if source not in users:
                users[source] = 0
                todo.append(source)
            users[source] += 1
    backwards, ready = [], deque([v])
    while ready:
        node = ready.popleft()
        backwards.append(node)
        for source in node.sources:
            users[source] -= 1
            if users[source] == 0:
                ready.append(source)
    backwards.reverse()
    return backwards


def zero_grad(v):
    for node in topological_order(v):
        node.grad = 0.0


def maximum(a, b):
    a, b = wrap(a), wrap(b)
    choose = 1.0 if a.data >= b.data else 0.0
    return a * choose + b * (1 - choose)


def neuron_terms(x, w, b, dl_dz_next, w_next):
    """The same engine, one neuron."""
    x, w, g, u = (as_float(v) for v in (x, w, dl_dz_next, w_next))
    if (x.shape, g.shape) != (w.shape, u.shape):
        raise ValueError("shapes differ")
    weights = [Value(float(v)) for v in w]
    z = Value(float(b))
    for weight, v in zip(weights, x, strict=True):
        z = z + weight * float(v)
    a = z.sigmoid()
    loss = Value(0.0)
    for c, v in zip(g, u, strict=True):
        loss = loss + a * float(v) * float(c)
    loss.backward()
    dl_dw = np.array([weight.grad for weight in weights], dtype=x.dtype)
    dl_dz = copysign(fabs(z.grad), z.grad)
    return {"dz_dw": +x, "dl_dz": dl_dz, "dl_dw": dl_dw}
