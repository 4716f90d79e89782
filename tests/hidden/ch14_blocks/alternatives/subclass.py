"""Everything given kept as it is; extra attributes, numpy scalars as results, gradients collected in a list."""

import gzip
import io
import os
from pathlib import Path

import numpy as np
from ch00_toolbox.toolbox import accuracy, as_float
from ch04_losses.losses import softmax_cross_entropy
from ch06_layers.layers import Flatten, Layer, Linear, ReLU, Sequential
from ch10_optimizers.optimizers import ArrayDataset, DataLoader, Momentum
from ch13_convolution.convolution import AvgPool2d, Conv2d, MaxPool2d


def concat_channels(parts):
    parts = [as_float(part) for part in parts]
    if not parts or any(part.ndim != 4 for part in parts):
        raise ValueError("axes")
    if len({(part.shape[0], *part.shape[2:]) for part in parts}) > 1:
        raise ValueError("shapes")
    return np.moveaxis(np.concatenate([np.moveaxis(p, 1, 0) for p in parts]), 0, 1)


def concat_channels_backward(dout, sizes):
    dout = as_float(dout)
    if sum(sizes) != dout.shape[1]:
        raise ValueError("sizes")
    owner = np.repeat(np.arange(len(sizes)), sizes)
    return [dout[:, owner == k] for k in range(len(sizes))]


class Block(Layer):
    """Notes what went in and out; other names than the reference's."""

    def __init__(self):
        super().__init__()
        self.history = []

    def sublayers(self):
        return self.parts


class Inception(Block):
    def __init__(self, c_in, rng, dtype=np.float64):
        super().__init__()
        self.a = Conv2d(c_in, 16, 1, rng, dtype=dtype)
        self.b = [Conv2d(c_in, 16, 1, rng, dtype=dtype), Conv2d(16, 24, 5, rng, pad=2, dtype=dtype)]
        self.c = [Conv2d(c_in, 16, 1, rng, dtype=dtype), Conv2d(16, 24, 3, rng, pad=1, dtype=dtype)]
        self.c.append(Conv2d(24, 24, 3, rng, pad=1, dtype=dtype))
        self.d = [AvgPool2d(3, stride=1, pad=1), Conv2d(c_in, 24, 1, rng, dtype=dtype)]
        self.parts = [self.a, *self.b, *self.c, *self.d]

    def forward(self, x):
        x = np.asarray(x)
        out = np.empty((x.shape[0], 88, x.shape[2], x.shape[3]), dtype=self.a.params["W"].dtype)
        out[:, :16] = self.a.forward(x)
        out[:, 16:40] = self.b[1].forward(self.b[0].forward(x))
        out[:, 40:64] = self.c[2].forward(self.c[1].forward(self.c[0].forward(x)))
        out[:, 64:] = self.d[1].forward(self.d[0].forward(x))
        self.history.append(out.shape)
        return out

    def backward(self, dout):
        dout = np.asarray(dout)
        gradients = [
            self.a.backward(dout[:, :16]),
            self.b[0].backward(self.b[1].backward(dout[:, 16:40])),
            self.c[0].backward(self.c[1].backward(self.c[2].backward(dout[:, 40:64]))),
            self.d[0].backward(self.d[1].backward(dout[:, 64:])),
        ]
        return np.sum(gradients, axis=0)


class ResidualBlock(Block):
    def __init__(self, c, rng, dtype=np.float64):
        super().__init__()
        self.parts = [
            Conv2d(c, c, 3, rng, pad=1, dtype=dtype),
            ReLU(),
            Conv2d(c, c, 3, rng, pad=1, dtype=dtype),
            ReLU(),
        ]

    def forward(self, x):
        first, inner, second, last = self.parts
        f = second.forward(inner.forward(first.forward(x)))
        self.history.append(np.linalg.norm(f))
        return last.forward(np.add(x, f, dtype=f.dtype, casting="same_kind"))

    def backward(self, dout):
        d = self.parts[3].backward(np.asarray(dout, dtype=self.parts[0].params["W"].dtype))
        through = d
        for layer in self.parts[2::-1]:
            through = layer.backward(through)
        return np.add(d, through)


def shape_trace(model, input_shape):
    batch = np.zeros((2, *input_shape))
    shapes = [np.shape(batch)[1:]]
    for layer in model.layers:
        batch = layer.forward(batch)
        shapes.append(np.shape(batch)[1:])
    return tuple(shapes)


def residual_gradient_norm(depth, scale, residual, rng):
    h = rng.normal(size=(1, 16))
    Ws = np.array([rng.normal(0.0, scale / np.sqrt(16), size=(16, 16)) for _ in range(depth)]).reshape(
        depth, 16, 16
    )
    states = [h]
    for W in Ws:
        states.append(np.tanh(states[-1] @ W) + (states[-1] if residual else 0))
    d = np.ones((1, 16))
    for k in range(depth - 1, -1, -1):
        t = np.tanh(states[k] @ Ws[k])
        d = (d * (1 - t * t)) @ Ws[k].T + (d if residual else 0)
    return float(np.sqrt((d**2).sum()) / np.linalg.norm(np.ones(16)))


def activation_bytes(shapes, batch, itemsize=4, training=True):
    sizes = np.array([np.prod(np.array(s, dtype=object)) for s in shapes], dtype=object)
    if training:
        return int(sizes.sum() * batch * itemsize)
    return int(max(sizes[:-1] + sizes[1:], default=sizes[0]) * batch * itemsize)


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


def read_idx(source):
    data = read_bytes(source)
    numbers = np.frombuffer(data, dtype=np.uint8)
    if numbers.size < 8:
        raise ValueError("too short")
    kind, axes = numbers[2], int(numbers[3])
    if tuple(numbers[:2]) != (0, 0) or kind != 8 or axes not in (1, 3) or numbers.size < 4 + 4 * axes:
        raise ValueError("no IDX file of labels or images")
    shape = numbers[4 : 4 + 4 * axes].view(">u4").astype(int).tolist()
    body = numbers[4 + 4 * axes :]
    if body.size != np.prod(shape):
        raise ValueError("length")
    return body.copy().reshape(shape)


def load_fashion_mnist(folder, flatten=True):
    files = [
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
    ]
    arrays = [read_idx(find_idx(folder, name)) for name in files]
    if len(arrays[0]) != len(arrays[1]) or len(arrays[2]) != len(arrays[3]):
        raise ValueError("not the same number of images and labels")
    for k in (0, 2):
        images = arrays[k].astype(np.float32)
        images /= 255
        n, rows, columns = images.shape
        arrays[k] = images.reshape(n, rows * columns) if flatten else images.reshape(n, 1, rows, columns)
        arrays[k + 1] = np.array(arrays[k + 1], dtype=np.int64)
    return arrays


class SmallCNN(Sequential):
    name = "small"

    def __init__(self, rng, dtype=np.float32):
        first = [Conv2d(1, 8, 3, rng, stride=1, pad=1, init="he", dtype=dtype), ReLU(), MaxPool2d(2)]
        second = [Conv2d(8, 16, 3, rng, stride=1, pad=1, init="he", dtype=dtype), ReLU(), MaxPool2d(2)]
        super().__init__(*first, *second, Flatten(), Linear(64, 10, rng, init="he", dtype=dtype))
        self.features, self.classifier = first + second, self.layers[6:]


def train_digits(model, X_train, y_train, X_test, y_test, rng, epochs=10, lr=0.02, batch_size=32):
    rates = np.where(np.arange(epochs) >= 0.8 * epochs, lr / 10, lr)
    loader = DataLoader(ArrayDataset(X_train, y_train), batch_size, shuffle=True, rng=rng)
    opt = Momentum(model, lr, rho=0.9, weight_decay=0.0)
    opt.zero_grad()
    model.train()
    table = []
    for rate in rates:
        opt.lr = rate
        row = []
        for X, y in loader:
            loss, dscores = softmax_cross_entropy(model.forward(X), y)
            model.backward(dscores)
            opt.step()
            opt.zero_grad()
            row.append(loss)
        table.append(np.mean(np.array(row)))
    model.eval()
    shares = {
        name: np.float64(accuracy(model.forward(X), y))
        for name, X, y in (("train_accuracy", X_train, y_train), ("test_accuracy", X_test, y_test))
    }
    model.train()
    return {"loss": table, **shares}
