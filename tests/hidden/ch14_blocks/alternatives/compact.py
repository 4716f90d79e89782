"""The shortest way: np.split, struct, Sequential branches, a subclass of the optimizer's model."""

import gzip
import io
import os
import struct
from itertools import pairwise
from math import prod
from pathlib import Path

import numpy as np
from ch00_toolbox.toolbox import accuracy, as_float
from ch04_losses.losses import softmax_cross_entropy
from ch06_layers.layers import Flatten, Layer, Linear, ReLU, Sequential
from ch10_optimizers.optimizers import ArrayDataset, DataLoader, Momentum
from ch13_convolution.convolution import AvgPool2d, Conv2d, MaxPool2d


def concat_channels(parts):
    parts = list(map(as_float, parts))
    if not parts or {p.ndim for p in parts} != {4}:
        raise ValueError("parts of four axes are wanted")
    return np.hstack(parts)


def concat_channels_backward(dout, sizes):
    dout = as_float(dout)
    if np.sum(sizes) != np.shape(dout)[1]:
        raise ValueError("sizes")
    return tuple(np.ascontiguousarray(p) + 0 for p in np.split(dout, np.cumsum(sizes)[:-1], axis=1))


class Inception(Layer):
    WIDTHS = 16, 24, 24, 24

    def __init__(self, c_in, rng, dtype=np.float64):
        super().__init__()

        def conv(a, b, k):
            return Conv2d(a, b, k, rng, pad=k // 2, dtype=dtype)

        self.ways = (
            conv(c_in, 16, 1),
            Sequential(conv(c_in, 16, 1), conv(16, 24, 5)),
            Sequential(conv(c_in, 16, 1), conv(16, 24, 3), conv(24, 24, 3)),
            Sequential(AvgPool2d(3, stride=1, pad=1), conv(c_in, 24, 1)),
        )

    def sublayers(self):
        return list(self.ways)

    def forward(self, x):
        return np.concatenate([way.forward(x) for way in self.ways], 1)

    def backward(self, dout):
        return sum(way.backward(d) for way, d in zip(self.ways, concat_channels_backward(dout, self.WIDTHS)))


class ResidualBlock(Sequential):
    def __init__(self, c, rng, dtype=np.float64):
        super().__init__(
            Conv2d(c, c, 3, rng, 1, 1, "he", dtype), ReLU(), Conv2d(c, c, 3, rng, 1, 1, "he", dtype)
        )
        self.last = ReLU()

    def forward(self, x):
        return self.last.forward(super().forward(x) + np.asarray(x, dtype=self.layers[0].params["W"].dtype))

    def backward(self, dout):
        d = self.last.backward(np.asarray(dout, dtype=self.layers[0].params["W"].dtype))
        return super().backward(d) + d


def shape_trace(model, input_shape):
    def steps():
        x = np.zeros(input_shape)[None]
        yield x.shape[1:]
        for layer in model.layers:
            x = layer.forward(x)
            yield list(x.shape[1:])

    return list(steps())


def residual_gradient_norm(depth, scale, residual, rng):
    h = rng.normal(size=(1, 16))
    Ws = [rng.normal(0.0, scale / 16**0.5, size=(16, 16)) for _ in range(depth)]

    def gradient(h, Ws):
        if not Ws:
            return np.ones_like(h)
        b = np.tanh(h @ Ws[0])
        later = gradient(b + residual * h, Ws[1:])
        return residual * later + (later / np.cosh(h @ Ws[0]) ** 2) @ Ws[0].T

    d = gradient(h, Ws)
    return np.sqrt(np.einsum("ij,ij->", d, d)).item() / np.sqrt(16).item()


def activation_bytes(shapes, batch, itemsize=4, training=True):
    sizes = [prod(s) for s in shapes]
    pairs = [a + b for a, b in pairwise(sizes)] or sizes
    return (sum(sizes) if training else max(pairs)) * batch * itemsize


def read_idx(source):
    data = read_bytes(source)
    try:
        (magic,) = struct.unpack_from(">i", data)
        shape = struct.unpack_from({2049: ">i", 2051: ">iii"}[magic], data, 4)
    except (struct.error, KeyError) as error:
        raise ValueError(f"no IDX file: {error}") from None
    return np.frombuffer(data, np.uint8, offset=4 + 4 * len(shape)).reshape(shape).astype(np.uint8)


def load_fashion_mnist(folder, flatten=True):
    def part(name):
        X, y = (read_idx(find_idx(folder, f"{name}-{kind}-ubyte")) for kind in ("images-idx3", "labels-idx1"))
        if len(X) != len(y):
            raise ValueError("lengths")
        X = np.true_divide(X, 255, dtype=np.float32)
        return (np.reshape(X, (len(X), prod(X.shape[1:]))) if flatten else np.expand_dims(X, 1)), y.astype(
            np.int64
        )

    return (*part("train"), *part("t10k"))


class SmallCNN(Sequential):
    def __init__(self, rng, dtype=np.float32):
        one, two = (Conv2d(a, b, 3, rng, pad=1, dtype=dtype) for a, b in ((1, 8), (8, 16)))
        super().__init__(one, ReLU(), MaxPool2d(2, 2), two, ReLU(), MaxPool2d(2, 2), Flatten())
        self.layers.append(Linear(64, 10, rng, init="he", dtype=dtype))


def train_digits(model, X_train, y_train, X_test, y_test, rng, epochs=10, lr=0.02, batch_size=32):
    opt, losses = Momentum(model, lr), []
    data = DataLoader(ArrayDataset(X_train, y_train), batch_size, shuffle=True, rng=rng)

    def step(X, y):
        opt.zero_grad()
        loss, d = softmax_cross_entropy(model.forward(X), y)
        model.backward(d)
        opt.step()
        return loss

    model.train()
    for epoch in range(epochs):
        opt.lr = lr * (0.1 if epoch / epochs >= 0.8 else 1.0)
        losses.append(np.mean([step(*batch) for batch in data]))
    model.eval()
    test, train = accuracy(model.forward(X_test), y_test), accuracy(model.forward(X_train), y_train)
    model.train()
    return {"test_accuracy": test, "train_accuracy": train, "loss": losses, "epochs": epochs}


def read_bytes(source):
    """Given: the bytes of a path, of a binary file object or of bytes; what is gzipped is unpacked."""
    if isinstance(source, (bytes, bytearray)):
        data = bytes(source)
    elif isinstance(source, (str, os.PathLike)):
        data = Path(source).read_bytes()
    else:
        data = source.read()
    return gzip.GzipFile(fileobj=io.BytesIO(data)).read() if data[:2] == b"\x1f\x8b" else data


def find_idx(folder, name):
    """Given: the path (or the bytes, if folder is a dict) of an IDX file, with or without .gz."""
    if isinstance(folder, dict):
        if name in folder or f"{name}.gz" in folder:
            return folder.get(name, folder.get(f"{name}.gz"))
        raise FileNotFoundError(f"neither {name} nor {name}.gz is there")
    for path in (Path(folder, name), Path(folder, f"{name}.gz")):
        if path.is_file():
            return path
    raise FileNotFoundError(f"{folder} has neither {name} nor {name}.gz")
