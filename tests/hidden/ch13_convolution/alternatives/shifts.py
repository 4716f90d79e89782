"""One shifted image for each place inside the window; caches are functions or objects; layers compute by themselves."""

import itertools

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch06_layers.layers import Flatten, Layer

__all__ = ["Flatten"]


def conv_output_size(n, k, stride=1, pad=0):
    rest = n + 2 * pad - k
    if rest < 0 or k <= 0 or stride <= 0 or pad < 0:
        raise ValueError("sizes")
    return 1 + int(np.floor(rest / stride))


def pad2d(x, p):
    x = as_float(x)
    if p < 0:
        raise ValueError("p")
    N, C, H, W = x.shape
    out = np.zeros_like(x, shape=(N, C, H + 2 * p, W + 2 * p))
    out[:, :, p : H + p, p : W + p] = x
    return out


class _Windows:
    """Which slices of the padded image belong to the place (u, v) inside the window."""

    def __init__(self, shape, kh, kw, stride, pad):
        if len(shape) != 4:
            raise ValueError("axes")
        self.shape, self.pad, self.stride = shape, pad, stride
        self.rows = conv_output_size(shape[2], kh, stride, pad)
        self.columns = conv_output_size(shape[3], kw, stride, pad)
        self.places = list(itertools.product(range(kh), range(kw)))

    def __getitem__(self, place):
        (u, v), s = place, self.stride
        return np.s_[:, :, u : u + s * (self.rows - 1) + 1 : s, v : v + s * (self.columns - 1) + 1 : s]

    def inner(self, dxp):
        p = self.pad
        return (dxp[:, :, p:-p, p:-p] if p else dxp).copy()

    def empty(self, dtype):
        N, C, H, W = self.shape
        return np.zeros((N, C, H + 2 * self.pad, W + 2 * self.pad), dtype)


def conv2d_forward(x, w, b, stride=1, pad=0):
    x, w, b = as_float(x), as_float(w), as_float(b)
    if w.ndim != 4:
        raise ValueError("axes")
    at = _Windows(x.shape, w.shape[2], w.shape[3], stride, pad)
    if x.shape[1] != w.shape[1] or b.shape != (w.shape[0],):
        raise ValueError("channels")
    xp = pad2d(x, pad)
    out = sum(np.einsum("ncij,fc->nfij", xp[at[u, v]], w[:, :, u, v]) for u, v in at.places)
    out = out + b.reshape(1, -1, 1, 1)

    def backward(dout):
        if dout.shape != out.shape:
            raise ValueError("dout")
        dw, dxp = np.zeros(w.shape, np.result_type(dout, xp)), at.empty(np.result_type(dout, w))
        for u, v in at.places:
            dw[:, :, u, v] = np.einsum("nfij,ncij->fc", dout, xp[at[u, v]])
            dxp[at[u, v]] += np.einsum("nfij,fc->ncij", dout, w[:, :, u, v])
        return [at.inner(dxp), dw, np.einsum("nfij->f", dout)]

    return [out, backward]


def conv2d_backward(dout, cache):
    return cache(as_float(dout))


def im2col(x, kh, kw, stride=1, pad=0):
    x = as_float(x)
    at, xp = _Windows(x.shape, kh, kw, stride, pad), pad2d(x, pad)
    stack = np.stack([xp[at[place]] for place in at.places], axis=-1)  # (N, C, H', W', kh*kw)
    return np.moveaxis(stack, 1, 3).reshape(-1, x.shape[1] * kh * kw)


def col2im(cols, x_shape, kh, kw, stride=1, pad=0):
    cols = as_float(cols)
    at = _Windows(x_shape, kh, kw, stride, pad)
    stack = np.moveaxis(cols.reshape(x_shape[0], at.rows, at.columns, x_shape[1], kh * kw), 3, 1)
    dxp = at.empty(cols.dtype)
    for k, place in enumerate(at.places):
        dxp[at[place]] += stack[..., k]
    return at.inner(dxp)


def maxpool2d_forward(x, k, stride=None):
    x = as_float(x)
    at = _Windows(x.shape, k, k, k if stride is None else stride, 0)
    out = np.full((*x.shape[:2], at.rows, at.columns), -np.inf, dtype=x.dtype)
    for place in at.places:
        out = np.maximum(out, x[at[place]])
    masks, free = [], np.ones(out.shape, bool)
    for place in at.places:
        hit = free & (x[at[place]] == out)
        masks.append(hit)
        free &= ~hit
    return out, (at, masks)


def maxpool2d_backward(dout, cache):
    dout = as_float(dout)
    at, masks = cache
    if dout.shape != masks[0].shape:
        raise ValueError("dout")
    dx = at.empty(dout.dtype)
    for place, mask in zip(at.places, masks, strict=True):
        dx[at[place]] += dout * mask
    return dx


def avgpool2d_forward(x, k, stride=None, pad=0):
    x = as_float(x)
    at = _Windows(x.shape, k, k, k if stride is None else stride, pad)
    xp = pad2d(x, pad)
    return sum(xp[at[place]] for place in at.places) / k**2, at


def avgpool2d_backward(dout, cache):
    dout, at = as_float(dout), cache
    if dout.shape != (*at.shape[:2], at.rows, at.columns):
        raise ValueError("dout")
    dxp = at.empty(dout.dtype)
    for place in at.places:
        dxp[at[place]] += dout
    return at.inner(dxp) / len(at.places)


def conv_parameters(c_in, c_out, k):
    return dense_parameters(c_in * k * k, c_out)


def dense_parameters(d_in, d_out):
    return d_in * d_out + d_out


def conv_multiplications(c_in, c_out, k, h_out, w_out):
    return (dense_parameters(c_in * k * k, c_out) - c_out) * h_out * w_out


def receptive_field(kernels, strides=None):
    if strides is not None and len(strides) != len(kernels):
        raise ValueError("lengths")
    if len(kernels) == 0:
        return 1
    rest = receptive_field(kernels[1:], None if strides is None else strides[1:])
    return (rest - 1) * (1 if strides is None else strides[0]) + kernels[0]


class Conv2d(Layer):
    def __init__(self, c_in, c_out, k, rng, stride=1, pad=0, init="he", dtype=np.float64, name=None):
        super().__init__()
        self.name, self.stride, self.pad = name, stride, pad
        shape = (c_out, c_in, k, k)
        match init:
            case "he":
                W = rng.normal(0, (2 / (c_in * k**2)) ** 0.5, shape)
            case "xavier":
                W = rng.normal(0, (2 / ((c_in + c_out) * k**2)) ** 0.5, shape)
            case "zeros":
                W = np.zeros(shape)
            case str():
                raise ValueError(init)
            case _:
                W = init(shape, rng) if callable(init) else rng.normal(0, init, shape)
        if np.shape(W) != shape:
            raise ValueError("init")
        self.params.update(W=np.array(W, dtype=dtype), b=np.zeros((c_out,), dtype=dtype))
        self.grads.update(W=np.zeros(shape, dtype), b=np.zeros((c_out,), dtype))

    def forward(self, x):
        self.x = np.array(x, dtype=self.params["W"].dtype)
        out, self.way_back = conv2d_forward(
            self.x, np.array(self.params["W"]), self.params["b"], stride=self.stride, pad=self.pad
        )
        return out

    def backward(self, dout):
        dx, dw, db = self.way_back(np.asarray(dout, dtype=self.params["W"].dtype))
        self.grads["W"] += dw
        self.grads["b"] += db
        return dx


class _Pool(Layer):
    def forward(self, x):
        out, self.cache = self.there(x)
        return out

    def backward(self, dout):
        return self.back(dout, self.cache)


class MaxPool2d(_Pool):
    back = staticmethod(maxpool2d_backward)

    def __init__(self, k, stride=None):
        super().__init__()
        self.there = lambda x: maxpool2d_forward(x, k, stride)


class AvgPool2d(_Pool):
    back = staticmethod(avgpool2d_backward)

    def __init__(self, k, stride=None, pad=0):
        super().__init__()
        self.there = lambda x: avgpool2d_forward(x, k, stride, pad)
