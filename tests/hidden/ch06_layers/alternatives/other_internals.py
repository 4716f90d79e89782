"""Named tuples, slots, dicts of another class, walks with a stack, ones as an extra feature for the bias."""

from collections import OrderedDict, namedtuple

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch03_activations.activations import sigmoid

Gradients = namedtuple("Gradients", "dX dW db")
Parameter = namedtuple("Parameter", "layer name")


def _with_ones(X):
    return np.concatenate([X, np.ones((len(X), 1), dtype=X.dtype)], axis=1)


def linear_forward(X, W, b):
    X, W, b = map(as_float, (X, W, b))
    for array, axes in ((X, 2), (W, 2), (b, 1)):
        if array.ndim != axes:
            raise ValueError(f"{axes} axes expected")
    if b.shape[0] != W.shape[1]:
        raise ValueError("b does not fit W")
    return np.matmul(_with_ones(X), np.vstack([W, b]))


def linear_backward(dout, X, W):
    dout, X, W = map(as_float, (dout, X, W))
    if not (dout.ndim == X.ndim == W.ndim == 2 and len(dout) == len(X)):
        raise ValueError("three matrices with as many rows in dout as in X expected")
    if (X.shape[1], dout.shape[1]) != W.shape:
        raise ValueError("W does not fit")
    both = np.tensordot(_with_ones(X), dout, axes=(0, 0))
    return Gradients(np.tensordot(dout, W, axes=(1, 1)), both[:-1].copy(), both[-1].copy())


class Layer:
    def __init__(self):
        self.params = OrderedDict()
        self.grads = OrderedDict()
        self.training = np.True_
        self.calls = 0

    def forward(self, x):
        raise NotImplementedError

    def backward(self, dout):
        raise NotImplementedError

    def sublayers(self):
        return ()

    def walk(self):
        """This layer and everything inside it, in order; strangers are asked for their sublayers as well."""
        todo = [self]
        while todo:
            layer = todo.pop()
            yield layer
            todo.extend(reversed(layer.sublayers()))

    def zero_grad(self):
        for layer in self.walk():
            if layer is not self and not isinstance(layer, Layer):
                layer.zero_grad()
                continue
            for grad in layer.grads.values():
                np.copyto(grad, 0)

    def train(self):
        for layer in self.walk():
            layer.training = True

    def eval(self):
        for layer in self.walk():
            layer.training = False

    def parameters(self):
        return tuple(Parameter(layer, name) for layer in self.walk() for name in layer.params)

    def __call__(self, x):
        return self.forward(x)

    def __repr__(self):
        return f"{type(self).__name__}()"


class Linear(Layer):
    def __init__(self, d_in, d_out, rng, init="xavier", bias=True, dtype=np.float64, name=None):
        super().__init__()
        self.name = name
        match init:
            case "xavier":
                W = rng.normal(0, (2 / (d_in + d_out)) ** 0.5, (d_in, d_out))
            case "he":
                W = rng.normal(0, (2 / d_in) ** 0.5, (d_in, d_out))
            case "zeros":
                W = np.zeros((d_in, d_out))
            case float() | int():
                W = rng.standard_normal((d_in, d_out)) * init
            case str():
                raise ValueError(init)
            case _:
                W = np.copy(init((d_in, d_out), rng))
                if W.shape != (d_in, d_out):
                    raise ValueError("init gave another shape")
        self.params["W"] = W.astype(dtype)
        if bias:
            self.params["b"] = np.zeros(d_out, dtype=dtype)
        for key, value in self.params.items():
            self.grads[key] = np.zeros_like(value)

    def forward(self, x):
        self.calls += 1
        W = self.params["W"]
        self.memory = {"x": np.array(x, dtype=W.dtype)}
        if "b" in self.params:
            return linear_forward(self.memory["x"], W, self.params["b"])
        if np.ndim(x) != 2 or np.shape(x)[1] != len(W):
            raise ValueError("x does not fit")
        return self.memory["x"] @ W

    def backward(self, dout):
        got = linear_backward(
            np.array(dout, dtype=self.params["W"].dtype), self.memory["x"], self.params["W"]
        )
        for name in self.grads:
            self.grads[name] += getattr(got, "d" + name)
        return got.dX


class _Entrywise(Layer):
    def _remember(self, x, derivative):
        self.memory = derivative.astype(as_float(x).dtype)

    def backward(self, dout):
        dout = as_float(dout)
        if dout.shape != self.memory.shape:
            raise ValueError("dout has another shape")
        return np.multiply(dout, self.memory)


class Sigmoid(_Entrywise):
    def forward(self, x):
        out = sigmoid(x)
        self._remember(x, out - out**2)
        return out


class Tanh(_Entrywise):
    def forward(self, x):
        x = as_float(x)
        self._remember(x, np.cosh(x) ** -2)
        return np.tanh(x)


class LeakyReLU(_Entrywise):
    def __init__(self, slope=0.01):
        super().__init__()
        self.slope = slope

    def forward(self, x):
        x = as_float(x)
        factor = np.full(x.shape, self.slope, dtype=x.dtype)
        factor[x > 0] = 1
        self._remember(x, factor)
        return x * factor


class ReLU(LeakyReLU):
    def __init__(self):
        super().__init__(slope=0.0)


class Flatten(Layer):
    def forward(self, x):
        x = np.asarray(x)
        self.before = x.shape
        self.after = (x.shape[0], int(np.prod(x.shape[1:], dtype=int)))
        return np.ascontiguousarray(x).reshape(self.after).copy()

    def backward(self, dout):
        dout = np.asarray(dout)
        if dout.shape != self.after:
            raise ValueError("dout has another shape")
        return np.ascontiguousarray(dout).reshape(self.before).copy()


class Sequential(Layer):
    def __init__(self, *layers):
        super().__init__()
        self.layers = list(layers)

    def __len__(self):
        return len(self.layers)

    def sublayers(self):
        return self.layers

    def forward(self, x):
        if not self.layers:
            return x
        first, *rest = self.layers
        return Sequential(*rest).forward(first.forward(x))

    def backward(self, dout):
        if not self.layers:
            return dout
        *rest, last = self.layers
        return Sequential(*rest).backward(last.backward(dout))


def two_layer_grads(X, y, W1, b1, W2, b2):
    X = as_float(X)
    one = Linear(*np.shape(W1), None, init="zeros", dtype=as_float(W1).dtype)
    two = Linear(*np.shape(W2), None, init="zeros", dtype=as_float(W2).dtype)
    for layer, W, b in ((one, W1, b1), (two, W2, b2)):
        layer.params.update(W=as_float(W), b=as_float(b))
    model = Sequential(one, Sigmoid(), two)
    scores = model.forward(X)
    scores = scores - scores.max(axis=1, keepdims=True)
    p = np.exp(scores)
    p /= p.sum(axis=1, keepdims=True)
    np.subtract.at(p, (np.arange(len(X)), y), 1)
    model.backward(p / len(X))
    return {"W1": one.grads["W"], "b1": one.grads["b"], "W2": two.grads["W"], "b2": two.grads["b"]}


def count_parameters(model):
    return sum(np.size(parameter.layer.params[parameter.name]) for parameter in model.parameters())
