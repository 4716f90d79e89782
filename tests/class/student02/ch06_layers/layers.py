"""einsum, and closures instead of caches: forward leaves a function behind that goes back."""

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch03_activations import activations


def linear_forward(X, W, b, *, order="ni,ij->nj"):
    X, W, b = as_float(X), as_float(W), as_float(b)
    if (X.ndim, W.ndim, b.ndim) != (2, 2, 1) or (X.shape[1], b.shape[0]) != W.shape:
        raise ValueError("shapes do not fit")
    return np.einsum(order, X, W) + b


def linear_backward(dout, X, W):
    dout, X, W = as_float(dout), as_float(X), as_float(W)
    if not dout.ndim == X.ndim == W.ndim == 2:
        raise ValueError("matrices expected")
    if dout.shape + X.shape != (len(X), W.shape[1], len(dout), W.shape[0]):
        raise ValueError("shapes do not fit")
    dX = np.einsum("nj,ij->ni", dout, W)
    dW = np.einsum("ni,nj->ij", X, dout)
    return dX, dW, np.einsum("nj->j", dout)


class Layer:
    params: dict
    grads: dict
    training = True

    def __init__(self):
        self.params, self.grads = {}, {}

    def forward(self, x):
        raise NotImplementedError

    def backward(self, dout):
        return self.back(dout)

    def sublayers(self):
        return []

    def family(self):
        """This layer and its direct sub-layers."""
        return [self, *self.sublayers()]

    def zero_grad(self):
        for grad in self.grads.values():
            grad.fill(0)
        for layer in self.sublayers():
            layer.zero_grad()

    def train(self, mode=True):
        self.training = mode
        for layer in self.sublayers():
            if mode:
                layer.train()
            else:
                layer.eval()

    def eval(self):
        self.train(False)

    def parameters(self):
        yield from zip([self] * len(self.params), self.params)
        for layer in self.sublayers():
            yield from layer.parameters()


class Linear(Layer):
    def __init__(self, d_in, d_out, rng, init="xavier", bias=True, dtype=np.float64):
        super().__init__()
        fixed = {
            "xavier": lambda s, r: r.normal(size=s) * np.sqrt(2 / sum(s)),
            "he": lambda s, r: r.normal(size=s) * np.sqrt(2 / s[0]),
            "zeros": lambda s, r: np.zeros(s),
        }
        if isinstance(init, float):
            make = lambda s, r: r.normal(scale=init, size=s)  # noqa: E731
        elif isinstance(init, str):
            if init not in fixed:
                raise ValueError(init)
            make = fixed[init]
        else:
            make = init
        W = np.array(make((d_in, d_out), rng), dtype=dtype)
        if W.shape != (d_in, d_out):
            raise ValueError("init gave another shape")
        self.params = {"b": np.zeros(d_out, dtype), "W": W} if bias else {"W": W}
        self.grads = {k: np.zeros(v.shape, v.dtype) for k, v in self.params.items()}

    def forward(self, x):
        W = self.params["W"]
        x = np.asarray(x).astype(W.dtype)
        out = linear_forward(x, W, self.params.get("b", W[0] * 0))

        def back(dout):
            dx, dW, db = linear_backward(np.asarray(dout).astype(W.dtype), x, W)
            for name, more in (("W", dW), ("b", db)):
                if name in self.grads:
                    np.add(self.grads[name], more, out=self.grads[name])
            return dx

        self.back = back
        return out


class _Curve(Layer):
    """An activation that is made of a function and its backward; `of_output` says what backward wants."""

    of_output = False
    name = ""

    def options(self):
        return {}

    def forward(self, x):
        out = getattr(activations, self.name)(x, **self.options())
        saved = np.array(out if self.of_output else x)
        self.back = lambda dout: getattr(activations, self.name + "_backward")(dout, saved, **self.options())
        return out


class Sigmoid(_Curve):
    name, of_output = "sigmoid", True


class Tanh(_Curve):
    name, of_output = "tanh", True


class ReLU(_Curve):
    name = "relu"


class LeakyReLU(_Curve):
    name = "leaky_relu"

    def __init__(self, slope=0.01):
        super().__init__()
        self.slope = slope

    def options(self):
        return {"slope": self.slope}


class Flatten(Layer):
    def forward(self, x):
        x = np.array(x)
        out = np.stack([row.ravel() for row in x])

        def back(dout):
            if np.shape(dout) != out.shape:
                raise ValueError("dout has another shape")
            return np.stack([np.reshape(row, x.shape[1:]) for row in dout])

        self.back = back
        return out


class Sequential(Layer):
    def __init__(self, *layers):
        super().__init__()
        self.layers = [*layers]

    def sublayers(self):
        return list(self.layers)

    def forward(self, x):
        way_back = []
        for layer in self.layers:
            x = layer.forward(x)
            way_back.insert(0, layer)

        def back(dout):
            for layer in way_back:
                dout = layer.backward(dout)
            return dout

        self.back = back
        return x


def two_layer_grads(X, y, W1, b1, W2, b2):
    X, W1, b1, W2, b2 = map(as_float, (X, W1, b1, W2, b2))
    y = np.asarray(y)
    Z1 = np.einsum("nd,dh->nh", X, W1) + b1
    A1 = activations.sigmoid(Z1)
    S = np.einsum("nh,hc->nc", A1, W2) + b2
    S = S - S.max(axis=1)[:, None]
    log_p = S - np.log(np.exp(S).sum(axis=1))[:, None]
    hit = (y[:, None] == np.arange(S.shape[1])).astype(S.dtype)
    dS = (np.exp(log_p) - hit) / S.dtype.type(len(y))
    dZ1 = activations.sigmoid_backward(np.einsum("nc,hc->nh", dS, W2), A1)
    return {
        "b2": np.einsum("nc->c", dS),
        "W2": np.einsum("nh,nc->hc", A1, dS),
        "b1": np.einsum("nh->h", dZ1),
        "W1": np.einsum("nd,nh->dh", X, dZ1),
    }


def count_parameters(model):
    return int(np.sum([np.size(layer.params[name]) for layer, name in model.parameters()], dtype=int))
