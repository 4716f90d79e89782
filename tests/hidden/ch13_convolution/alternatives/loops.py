"""Plain loops over every index, dicts as caches, dtypes kept by hand."""

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch06_layers.layers import Flatten, Layer

__all__ = ["Flatten"]


def conv_output_size(n, k, stride=1, pad=0):
    if min(k, stride) < 1 or pad < 0 or n + 2 * pad < k:
        raise ValueError("no place for the window")
    count = 0
    start = 0
    while start + k <= n + 2 * pad:
        count += 1
        start += stride
    return count


def pad2d(x, p):
    x = as_float(x)
    if p < 0:
        raise ValueError("negative border")
    N, C, H, W = x.shape
    out = np.zeros((N, C, H + 2 * p, W + 2 * p), dtype=x.dtype)
    for n in range(N):
        for c in range(C):
            for i in range(H):
                for j in range(W):
                    out[n, c, i + p, j + p] = x[n, c, i, j]
    return out


def conv2d_forward(x, w, b, stride=1, pad=0):
    x, w, b = as_float(x), as_float(w), as_float(b)
    if x.ndim != 4 or w.ndim != 4 or b.ndim != 1:
        raise ValueError("axes")
    N, C, H, W = x.shape
    F, D, kh, kw = w.shape
    if C != D or len(b) != F:
        raise ValueError("channels")
    rows, columns = conv_output_size(H, kh, stride, pad), conv_output_size(W, kw, stride, pad)
    xp = pad2d(x, pad)
    out = np.zeros((N, F, rows, columns), dtype=np.result_type(x, w, b))
    for n in range(N):
        for f in range(F):
            for i in range(rows):
                for j in range(columns):
                    total = b[f]
                    for c in range(C):
                        for u in range(kh):
                            for v in range(kw):
                                total += xp[n, c, i * stride + u, j * stride + v] * w[f, c, u, v]
                    out[n, f, i, j] = total
    return out, {"x": x, "xp": xp, "w": w, "stride": stride, "pad": pad, "shape": out.shape}


def conv2d_backward(dout, cache):
    dout = as_float(dout)
    if dout.shape != cache["shape"]:
        raise ValueError("dout")
    xp, w, stride, pad = cache["xp"], cache["w"], cache["stride"], cache["pad"]
    kind = np.result_type(dout, xp, w)
    dxp, dw, db = np.zeros(xp.shape, kind), np.zeros(w.shape, kind), np.zeros(len(w), kind)
    for n in range(dout.shape[0]):
        for f in range(dout.shape[1]):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    d = dout[n, f, i, j]
                    db[f] += d
                    for c in range(w.shape[1]):
                        for u in range(w.shape[2]):
                            for v in range(w.shape[3]):
                                dxp[n, c, i * stride + u, j * stride + v] += d * w[f, c, u, v]
                                dw[f, c, u, v] += d * xp[n, c, i * stride + u, j * stride + v]
    H, W = cache["x"].shape[2:]
    return np.array(dxp[:, :, pad : pad + H, pad : pad + W]), dw, db


def im2col(x, kh, kw, stride=1, pad=0):
    xp = pad2d(x, pad)
    N, _, H, W = xp.shape
    rows = []
    for n in range(N):
        for i in range(0, H - kh + 1, stride):
            for j in range(0, W - kw + 1, stride):
                rows.append(xp[n, :, i : i + kh, j : j + kw].ravel())
    return np.array(rows)


def col2im(cols, x_shape, kh, kw, stride=1, pad=0):
    cols = as_float(cols)
    N, C, H, W = x_shape
    dxp = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=cols.dtype)
    r = 0
    for n in range(N):
        for i in range(0, H + 2 * pad - kh + 1, stride):
            for j in range(0, W + 2 * pad - kw + 1, stride):
                dxp[n, :, i : i + kh, j : j + kw] += cols[r].reshape(C, kh, kw)
                r += 1
    return np.array(dxp[:, :, pad : H + pad, pad : W + pad])


def maxpool2d_forward(x, k, stride=None):
    x = as_float(x)
    stride = stride or k
    N, C, H, W = x.shape
    rows, columns = conv_output_size(H, k, stride), conv_output_size(W, k, stride)
    out = np.zeros((N, C, rows, columns), dtype=x.dtype)
    places = {}
    for n in range(N):
        for c in range(C):
            for i in range(rows):
                for j in range(columns):
                    best = (i * stride, j * stride)
                    for h in range(i * stride, i * stride + k):
                        for w in range(j * stride, j * stride + k):
                            if x[n, c, h, w] > x[(n, c, *best)]:
                                best = (h, w)
                    out[n, c, i, j] = x[(n, c, *best)]
                    places[n, c, i, j] = (n, c, *best)
    return out, (x.shape, out.shape, places)


def maxpool2d_backward(dout, cache):
    dout = as_float(dout)
    x_shape, out_shape, places = cache
    if dout.shape != out_shape:
        raise ValueError("dout")
    dx = np.zeros(x_shape, dtype=dout.dtype)
    for index, place in places.items():
        dx[place] += dout[index]
    return dx


def avgpool2d_forward(x, k, stride=None, pad=0):
    x = as_float(x)
    stride = stride or k
    N, C, H, W = x.shape
    rows, columns = conv_output_size(H, k, stride, pad), conv_output_size(W, k, stride, pad)
    xp = pad2d(x, pad)
    out = np.zeros((N, C, rows, columns), dtype=x.dtype)
    for n in range(N):
        for c in range(C):
            for i in range(rows):
                for j in range(columns):
                    total = 0.0
                    for u in range(k):
                        for v in range(k):
                            total += float(xp[n, c, i * stride + u, j * stride + v])
                    out[n, c, i, j] = total / (k * k)
    return out, [x.shape, out.shape, k, stride, pad]


def avgpool2d_backward(dout, cache):
    dout = as_float(dout)
    x_shape, out_shape, k, stride, pad = cache
    if dout.shape != tuple(out_shape):
        raise ValueError("dout")
    N, C, H, W = x_shape
    dxp = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=dout.dtype)
    for n in range(N):
        for c in range(C):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    dxp[n, c, i * stride : i * stride + k, j * stride : j * stride + k] += (
                        dout[n, c, i, j] / k / k
                    )
    return np.array(dxp[:, :, pad : pad + H, pad : pad + W])


def conv_parameters(c_in, c_out, k):
    weights = biases = 0
    for _ in range(c_out):
        weights += c_in * k**2
        biases += 1
    return weights + biases


def dense_parameters(d_in, d_out):
    return sum(d_in + 1 for _ in range(d_out))


def conv_multiplications(c_in, c_out, k, h_out, w_out):
    return int(np.prod([c_in, c_out, k, k, h_out, w_out]))


def receptive_field(kernels, strides=None):
    if strides is None:
        strides = [1 for _ in kernels]
    if len(kernels) != len(strides):
        raise ValueError("lengths")
    size, jump = 1, 1
    for i in range(len(kernels)):
        size += (kernels[i] - 1) * jump
        jump *= strides[i]
    return size


class Conv2d(Layer):
    def __init__(self, c_in, c_out, k, rng, stride=1, pad=0, init="he", dtype=np.float64):
        super().__init__()
        self.options = (stride, pad)
        shape = (c_out, c_in, k, k)
        if callable(init):
            W = np.array(init(shape, rng)).astype(dtype)
            if W.shape != shape:
                raise ValueError("init")
        elif isinstance(init, str):
            if init not in ("he", "xavier", "zeros"):
                raise ValueError("init")
            fan = {"he": c_in, "xavier": c_in + c_out}.get(init, 1) * k * k
            W = np.zeros(shape, dtype)
            if init != "zeros":
                for place in np.ndindex(shape):
                    W[place] = rng.standard_normal() * (2 / fan) ** 0.5
        else:
            W = (init * rng.standard_normal(shape)).astype(dtype)
        self.params["W"], self.params["b"] = W, np.zeros(c_out, dtype)
        self.grads["W"], self.grads["b"] = np.zeros(shape, dtype), np.zeros(c_out, dtype)

    def forward(self, x):
        x = np.asarray(x, dtype=self.params["W"].dtype)
        result = conv2d_forward(x, self.params["W"], self.params["b"], *self.options)
        self.kept = result[1]
        return result[0]

    def backward(self, dout):
        dx, *rest = conv2d_backward(np.asarray(dout, dtype=self.params["W"].dtype), self.kept)
        for name, grad in zip(("W", "b"), rest, strict=True):
            self.grads[name] = self.grads[name] + grad
        return dx


class MaxPool2d(Layer):
    def __init__(self, k, stride=None):
        super().__init__()
        self.size, self.step = k, stride

    def forward(self, x):
        out, self.kept = maxpool2d_forward(x, self.size, self.step)
        return out

    def backward(self, dout):
        return maxpool2d_backward(dout, self.kept)


class AvgPool2d(Layer):
    def __init__(self, k, stride=None, pad=0):
        super().__init__()
        self.options = {"k": k, "stride": stride, "pad": pad}

    def forward(self, x):
        out, self.kept = avgpool2d_forward(x, **self.options)
        return out

    def backward(self, dout):
        return avgpool2d_backward(dout, self.kept)
