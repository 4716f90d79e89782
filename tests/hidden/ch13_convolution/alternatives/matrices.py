"""Index arrays, one matrix product for all places, named tuples, scatter by np.add.at and np.bincount."""

from collections import namedtuple

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch06_layers.layers import Flatten, Layer

__all__ = ["Flatten"]

Forward = namedtuple("Forward", "out cache")
Gradients = namedtuple("Gradients", "dx dw db")
Kept = namedtuple("Kept", "cols w index shape out_shape")


def conv_output_size(n, k, stride=1, pad=0):
    if not (k >= 1 and stride >= 1 and pad >= 0 and k <= n + 2 * pad):
        raise ValueError((n, k, stride, pad))
    return np.arange(0, n + 2 * pad - k + 1, stride).size


def pad2d(x, p):
    x = as_float(x)
    if p < 0:
        raise ValueError(p)
    N, C, H, W = x.shape
    side, top = np.zeros((N, C, H, p), x.dtype), np.zeros((N, C, p, W + 2 * p), x.dtype)
    return np.concatenate([top, np.concatenate([side, x, side], axis=3), top], axis=2)


def _pixels(shape, kh, kw, stride, pad):
    """For every entry of im2col the number of its pixel in the flattened image, or the size for the border."""
    N, C, H, W = shape
    h = stride * np.arange(conv_output_size(H, kh, stride, pad))[:, None] + np.arange(kh) - pad
    w = stride * np.arange(conv_output_size(W, kw, stride, pad))[:, None] + np.arange(kw) - pad
    h, w = h[None, :, None, None, :, None], w[None, None, :, None, None, :]
    n, c = np.arange(N)[:, None, None, None, None, None], np.arange(C)[None, None, None, :, None, None]
    number = ((n * C + c) * H + h) * W + w
    inside = (h >= 0) & (h < H) & (w >= 0) & (w < W)
    return np.where(inside, number, N * C * H * W).reshape(-1, C * kh * kw)


def im2col(x, kh, kw, stride=1, pad=0):
    x = as_float(x)
    return np.append(x.ravel(), x.dtype.type(0))[_pixels(x.shape, kh, kw, stride, pad)]


def _scatter(values, index, shape):
    size = int(np.prod(shape))
    sums = np.bincount(index.ravel(), weights=values.ravel(), minlength=size + 1)[:size]
    return sums.reshape(shape).astype(values.dtype)


def col2im(cols, x_shape, kh, kw, stride=1, pad=0):
    cols = as_float(cols)
    return _scatter(cols, _pixels(x_shape, kh, kw, stride, pad), tuple(x_shape))


def conv2d_forward(x, w, b, stride=1, pad=0):
    x, w, b = as_float(x), as_float(w), as_float(b)
    if (x.ndim, w.ndim, b.ndim) != (4, 4, 1) or x.shape[1] != w.shape[1] or b.size != w.shape[0]:
        raise ValueError("shapes")
    F, _, kh, kw = w.shape
    N, _, H, W = x.shape
    size = conv_output_size(H, kh, stride, pad), conv_output_size(W, kw, stride, pad)
    cols = im2col(x, kh, kw, stride, pad)
    out = (cols @ w.reshape(F, -1).T + b).reshape(N, *size, F).transpose(0, 3, 1, 2)
    return Forward(out, Kept(cols, w, _pixels(x.shape, kh, kw, stride, pad), x.shape, out.shape))


def conv2d_backward(dout, cache):
    dout = as_float(dout)
    if dout.shape != cache.out_shape:
        raise ValueError("dout")
    F = len(cache.w)
    rows = dout.transpose(0, 2, 3, 1).reshape(-1, F)
    dw = (rows.T @ cache.cols).reshape(cache.w.shape)
    dx = _scatter(rows @ cache.w.reshape(F, -1), cache.index, cache.shape)
    return Gradients(dx, dw, rows.sum(axis=0))


def _channels_apart(x):
    if x.ndim != 4:
        raise ValueError("axes")
    return x.reshape(-1, 1, *x.shape[2:])


def maxpool2d_forward(x, k, stride=None):
    x = as_float(x)
    stride = k if stride is None else stride
    alone = _channels_apart(x)
    cols = im2col(alone, k, k, stride)
    best = np.argmax(cols, axis=1)
    rows = np.arange(len(cols))
    size = conv_output_size(x.shape[2], k, stride), conv_output_size(x.shape[3], k, stride)
    out = cols[rows, best].reshape(*x.shape[:2], *size)
    return Forward(out, (_pixels(alone.shape, k, k, stride, 0)[rows, best], x.shape, out.shape))


def maxpool2d_backward(dout, cache):
    dout = as_float(dout)
    pixels, shape, out_shape = cache
    if dout.shape != out_shape:
        raise ValueError("dout")
    dx = np.zeros(shape, dout.dtype).ravel()
    np.add.at(dx, pixels, dout.ravel())
    return dx.reshape(shape)


def avgpool2d_forward(x, k, stride=None, pad=0):
    x = as_float(x)
    stride = k if stride is None else stride
    alone = _channels_apart(x)
    size = conv_output_size(x.shape[2], k, stride, pad), conv_output_size(x.shape[3], k, stride, pad)
    out = im2col(alone, k, k, stride, pad).sum(axis=1) / (k * k)
    return Forward(out.reshape(*x.shape[:2], *size), (x.shape, size, k, stride, pad))


def avgpool2d_backward(dout, cache):
    dout = as_float(dout)
    shape, size, k, stride, pad = cache
    if dout.shape != (*shape[:2], *size):
        raise ValueError("dout")
    N, C, H, W = shape
    cols = np.repeat(dout.reshape(-1, 1) / (k * k), k * k, axis=1)
    return col2im(cols, (N * C, 1, H, W), k, k, stride, pad).reshape(shape)


def conv_parameters(c_in, c_out, k):
    return np.int64(c_in) * c_out * k * k + c_out


def dense_parameters(d_in, d_out):
    return (d_in + 1) * d_out


def conv_multiplications(c_in, c_out, k, h_out, w_out):
    return math_prod(c_in, c_out, k, k, h_out, w_out)


def math_prod(*factors):
    product = 1
    for factor in factors:
        product *= factor
    return product


def receptive_field(kernels, strides=None):
    if strides is None:
        strides = np.ones(len(kernels), int)
    if len(kernels) != len(strides):
        raise ValueError("lengths")
    jumps = np.cumprod([1, *strides])[:-1]
    return 1 + int(np.sum((np.array(kernels, int) - 1) * jumps[: len(kernels)]))


class Conv2d(Layer):
    def __init__(self, c_in, c_out, k, rng, stride=1, pad=0, init="he", dtype=np.float64):
        super().__init__()
        self._stride, self._pad = stride, pad
        shape = (c_out, c_in, k, k)
        rules = {
            "he": lambda s, r: np.sqrt(2 / (c_in * k * k)) * r.normal(size=s),
            "xavier": lambda s, r: np.sqrt(2 / (c_in * k * k + c_out * k * k)) * r.normal(size=s),
            "zeros": lambda s, r: np.zeros(s),
        }
        if isinstance(init, str):
            if init not in rules:
                raise ValueError(init)
            make = rules[init]
        elif callable(init):
            make = init
        else:
            make = lambda s, r: r.normal(scale=init, size=s)  # noqa: E731
        self.params["b"] = np.zeros(c_out, dtype=dtype)
        self.params["W"] = np.array(make(shape, rng), dtype=dtype)
        if self.params["W"].shape != shape:
            raise ValueError("init")
        for name, value in self.params.items():
            self.grads[name] = value * 0

    def forward(self, x):
        x = np.asarray(x, dtype=self.params["W"].dtype)
        self._made = conv2d_forward(x, self.params["W"], self.params["b"], self._stride, self._pad)
        return self._made.out.copy()

    def backward(self, dout):
        grads = conv2d_backward(np.asarray(dout, self.params["W"].dtype), self._made.cache)
        np.add(self.grads["W"], grads.dw, out=self.grads["W"])
        np.add(self.grads["b"], grads.db, out=self.grads["b"])
        return grads.dx


class MaxPool2d(Layer):
    def __init__(self, k, stride=None):
        super().__init__()
        self._options = (k, stride)

    def forward(self, x):
        self._made = maxpool2d_forward(x, *self._options)
        return self._made.out

    def backward(self, dout):
        return maxpool2d_backward(dout, self._made.cache)


class AvgPool2d(Layer):
    def __init__(self, k, stride=None, pad=0):
        super().__init__()
        self._options = (k, stride, pad)

    def forward(self, x):
        self._made = avgpool2d_forward(x, *self._options)
        return self._made.out

    def backward(self, dout):
        return avgpool2d_backward(dout, self._made.cache)
