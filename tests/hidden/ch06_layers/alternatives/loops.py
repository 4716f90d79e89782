"""Plain loops over plain numbers. The layers without parameters do not use the base class."""

import math

import numpy as np
from ch00_toolbox.toolbox import as_float


def _matrix(value):
    value = as_float(value)
    if len(value.shape) != 2:
        raise ValueError("two axes expected")
    return value


def linear_forward(X, W, b):
    X, W, b = _matrix(X), _matrix(W), as_float(b)
    N, D = X.shape
    if len(W) != D or b.shape != (W.shape[1],):
        raise ValueError("shapes do not fit")
    out = np.empty((N, W.shape[1]), dtype=np.result_type(X, W, b))
    for n in range(N):
        for j in range(W.shape[1]):
            out[n, j] = math.fsum([b[j], *(X[n, i] * W[i, j] for i in range(D))])
    return out


def linear_backward(dout, X, W):
    dout, X, W = _matrix(dout), _matrix(X), _matrix(W)
    if X.shape[1] != len(W) or dout.shape != (len(X), W.shape[1]):
        raise ValueError("shapes do not fit")
    kind = np.result_type(dout, X, W)
    dX, dW = np.zeros(X.shape, dtype=kind), np.zeros(W.shape, dtype=kind)
    db = np.zeros(W.shape[1], dtype=kind)
    for n in range(len(X)):
        for j in range(W.shape[1]):
            db[j] += dout[n, j]
            for i in range(len(W)):
                dX[n, i] += dout[n, j] * W[i, j]
                dW[i, j] += X[n, i] * dout[n, j]
    return [dX, dW, db]


class Layer:
    def __init__(self):
        self.params, self.grads, self.training = {}, {}, True

    def forward(self, x):
        raise NotImplementedError

    def backward(self, dout):
        raise NotImplementedError

    def sublayers(self):
        return []

    def zero_grad(self):
        for name in self.grads:
            for place in np.ndindex(self.grads[name].shape):
                self.grads[name][place] = 0
        for layer in self.sublayers():
            layer.zero_grad()

    def _switch(self, flag):
        self.training = flag
        for layer in self.sublayers():
            layer.train() if flag else layer.eval()

    def train(self):
        self._switch(True)

    def eval(self):
        self._switch(False)

    def parameters(self):
        found = [(self, name) for name in self.params]
        for layer in self.sublayers():
            found += list(layer.parameters())
        return found


class Linear(Layer):
    def __init__(self, d_in, d_out, rng, init="xavier", bias=True, dtype=np.float64):
        Layer.__init__(self)
        self.d_in, self.d_out, self.bias, self.init = d_in, d_out, bias, init
        W = np.zeros((d_in, d_out), dtype=dtype)
        if callable(init):
            given = np.asarray(init((d_in, d_out), rng))
            if given.shape != (d_in, d_out):
                raise ValueError("init gave another shape")
            W[:] = given
        else:
            if init == "xavier":
                std = math.sqrt(2 / (d_in + d_out))
            elif init == "he":
                std = math.sqrt(2 / d_in)
            elif init == "zeros":
                std = None
            elif isinstance(init, str):
                raise ValueError("unknown init")
            else:
                std = init
            if std is not None:
                for i in range(d_in):
                    for j in range(d_out):
                        W[i, j] = std * rng.standard_normal()
        self.params["W"] = W
        self.grads["W"] = 0 * W
        if bias:
            self.params["b"] = np.zeros((d_out,), dtype=dtype)
            self.grads["b"] = np.zeros((d_out,), dtype=dtype)

    def _cast(self, value):
        return np.array(value).astype(self.params["W"].dtype)

    def forward(self, x):
        self.last = self._cast(x)
        b = self.params["b"] if self.bias else self._cast([0.0] * self.d_out)
        return linear_forward(self.last, self.params["W"], b)

    def backward(self, dout):
        dx, *rest = linear_backward(self._cast(dout), self.last, self.params["W"])
        for name, more in zip(self.params, rest):
            self.grads[name] = self.grads[name] + more
        return dx


class _Entrywise:
    """No Layer, but all that a Layer has."""

    def __init__(self):
        self.params = {}
        self.grads = {}
        self.training = True

    def sublayers(self):
        return ()

    def parameters(self):
        return []

    def zero_grad(self):
        pass

    def train(self):
        self.training = True
        return self

    def eval(self):
        self.training = False
        return self

    def forward(self, x):
        x = as_float(x)
        out, self.slopes = np.empty_like(x), np.empty_like(x)
        for place in np.ndindex(x.shape):
            value, slope = self.curve(float(x[place]))
            out[place], self.slopes[place] = value, slope
        return out

    def backward(self, dout):
        dout = as_float(dout)
        if dout.shape != self.slopes.shape:
            raise ValueError("dout has another shape")
        dx = np.empty_like(dout)
        for place in np.ndindex(dout.shape):
            dx[place] = dout[place] * self.slopes[place]
        return dx


class Sigmoid(_Entrywise):
    def curve(self, z):
        a = 1 / (1 + math.exp(-z)) if z > 0 else math.exp(z) / (1 + math.exp(z))
        return a, a * (1 - a)


class Tanh(_Entrywise):
    def curve(self, z):
        return math.tanh(z), 1 - math.tanh(z) ** 2


class ReLU(_Entrywise):
    def curve(self, z):
        return (z, 1.0) if z > 0 else (0.0, 0.0)


class LeakyReLU(_Entrywise):
    def __init__(self, slope=0.01):
        _Entrywise.__init__(self)
        self.slope = slope

    def curve(self, z):
        return (z, 1.0) if z > 0 else (self.slope * z, self.slope)


class Flatten(_Entrywise):
    def forward(self, x):
        x = np.asarray(x)
        self.shape = x.shape
        size = math.prod(x.shape[1:])
        out = np.zeros((len(x), size), dtype=x.dtype)
        for n in range(len(x)):
            for k, place in enumerate(np.ndindex(x.shape[1:])):
                out[n, k] = x[(n, *place)]
        return out

    def backward(self, dout):
        dout = np.asarray(dout)
        if dout.shape != (self.shape[0], math.prod(self.shape[1:])):
            raise ValueError("dout has another shape")
        dx = np.zeros(self.shape, dtype=dout.dtype)
        for n in range(len(dx)):
            for k, place in enumerate(np.ndindex(self.shape[1:])):
                dx[(n, *place)] = dout[n, k]
        return dx


class Sequential(Layer):
    def __init__(self, *layers):
        Layer.__init__(self)
        self.layers = layers

    def sublayers(self):
        return list(self.layers)

    def forward(self, x):
        k = 0
        while k < len(self.layers):
            x = self.layers[k].forward(x)
            k += 1
        return x

    def backward(self, dout):
        for k in range(len(self.layers) - 1, -1, -1):
            dout = self.layers[k].backward(dout)
        return dout


def two_layer_grads(X, y, W1, b1, W2, b2):
    X, W1, b1, W2, b2 = [as_float(a) for a in (X, W1, b1, W2, b2)]
    kind = np.result_type(X, W1, b1, W2, b2)
    N, H, C = len(X), len(b1), len(b2)
    grads = {"W1": W1 * 0, "b1": b1 * 0, "W2": W2 * 0, "b2": b2 * 0}
    grads = {name: grad.astype(kind) for name, grad in grads.items()}
    for n in range(N):
        hidden = []
        for h in range(H):
            z = sum(float(X[n, d]) * float(W1[d, h]) for d in range(X.shape[1])) + float(b1[h])
            hidden.append(1 / (1 + math.exp(-z)))
        scores = [sum(hidden[h] * float(W2[h, c]) for h in range(H)) + float(b2[c]) for c in range(C)]
        top = max(scores)
        powers = [math.exp(s - top) for s in scores]
        for c in range(C):
            delta = (powers[c] / sum(powers) - (c == y[n])) / N
            grads["b2"][c] += delta
            for h in range(H):
                grads["W2"][h, c] += hidden[h] * delta
                back = delta * W2[h, c] * hidden[h] * (1 - hidden[h])
                grads["b1"][h] += back
                for d in range(X.shape[1]):
                    grads["W1"][d, h] += X[n, d] * back
    return grads


def count_parameters(model):
    total = 0
    for layer, name in model.parameters():
        count = 1
        for length in layer.params[name].shape:
            count *= length
        total += count
    return total
