"""Plain loops, branches kept in lists, files read number by number, training written out."""

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch04_losses.losses import softmax_cross_entropy
from ch06_layers.layers import Flatten, Layer, Linear, ReLU, Sequential
from ch10_optimizers.optimizers import ArrayDataset, DataLoader, Momentum
from ch13_convolution.convolution import AvgPool2d, Conv2d, MaxPool2d


def concat_channels(parts):
    parts = [as_float(p) for p in parts]
    if len(parts) == 0:
        raise ValueError("nothing to join")
    for p in parts:
        if p.ndim != 4:
            raise ValueError("four axes")
        if (
            p.shape[0] != parts[0].shape[0]
            or p.shape[2] != parts[0].shape[2]
            or p.shape[3] != parts[0].shape[3]
        ):
            raise ValueError("shapes")
    n, _, h, w = parts[0].shape
    total = 0
    for p in parts:
        total += p.shape[1]
    kinds = {p.dtype for p in parts}
    out = np.empty((n, total, h, w), dtype=np.float32 if kinds == {np.dtype(np.float32)} else np.float64)
    position = 0
    for p in parts:
        for c in range(p.shape[1]):
            out[:, position, :, :] = p[:, c, :, :]
            position += 1
    return out


def concat_channels_backward(dout, sizes):
    dout = as_float(dout)
    total = 0
    for size in sizes:
        total += size
    if total != dout.shape[1]:
        raise ValueError("sizes")
    pieces, position = [], 0
    for size in sizes:
        piece = np.zeros((dout.shape[0], size, dout.shape[2], dout.shape[3]), dtype=dout.dtype)
        for c in range(size):
            piece[:, c] = dout[:, position + c]
        position += size
        pieces.append(piece)
    return pieces


class Inception(Layer):
    def __init__(self, c_in, rng, dtype=np.float64):
        super().__init__()
        self.branches = [
            [Conv2d(c_in, 16, 1, rng, dtype=dtype)],
            [Conv2d(c_in, 16, 1, rng, dtype=dtype), Conv2d(16, 24, 5, rng, pad=2, dtype=dtype)],
            [
                Conv2d(c_in, 16, 1, rng, dtype=dtype),
                Conv2d(16, 24, 3, rng, pad=1, dtype=dtype),
                Conv2d(24, 24, 3, rng, pad=1, dtype=dtype),
            ],
            [AvgPool2d(3, 1, 1), Conv2d(c_in, 24, 1, rng, dtype=dtype)],
        ]

    def sublayers(self):
        return [layer for branch in self.branches for layer in branch]

    def forward(self, x):
        outs = []
        for branch in self.branches:
            h = x
            for layer in branch:
                h = layer.forward(h)
            outs.append(h)
        self.sizes = [h.shape[1] for h in outs]
        return concat_channels(outs)

    def backward(self, dout):
        dx = 0
        for branch, d in zip(self.branches, concat_channels_backward(dout, self.sizes)):
            for layer in branch[::-1]:
                d = layer.backward(d)
            dx = dx + d
        return dx


class ResidualBlock(Layer):
    def __init__(self, c, rng, dtype=np.float64):
        super().__init__()
        self.inner = Sequential(
            Conv2d(c, c, 3, rng, pad=1, dtype=dtype), ReLU(), Conv2d(c, c, 3, rng, pad=1, dtype=dtype)
        )
        self.dtype = dtype

    def sublayers(self):
        return [self.inner]

    def forward(self, x):
        x = np.array(x, dtype=self.dtype)
        s = self.inner.forward(x) + x
        self.positive = s > 0
        return np.where(self.positive, s, 0).astype(self.dtype)

    def backward(self, dout):
        ds = np.asarray(dout, dtype=self.dtype) * self.positive
        return self.inner.backward(ds) + ds


def shape_trace(model, input_shape):
    x, shapes = np.ones((1, *input_shape)), [tuple(input_shape)]
    for layer in model.sublayers():
        x = layer.forward(x)
        shapes.append(tuple(x.shape[1:]))
    return shapes


def residual_gradient_norm(depth, scale, residual, rng):
    h = rng.normal(size=(1, 16))
    Ws = []
    for _ in range(depth):
        Ws.append(rng.normal(0.0, scale / 4, size=(16, 16)))
    jacobian = np.eye(16)
    for W in Ws:
        b = np.tanh(h @ W)
        step = W * (1 - b * b)
        jacobian = jacobian @ (np.eye(16) + step if residual else step)
        h = h + b if residual else b
    total = 0.0
    for i in range(16):
        total += float(jacobian[i].sum()) ** 2
    return float(total**0.5 / 4)


def activation_bytes(shapes, batch, itemsize=4, training=True):
    sizes = []
    for shape in shapes:
        size = 1
        for n in shape:
            size *= n
        sizes.append(size)
    if training:
        return batch * itemsize * sum(sizes)
    largest = sizes[0] if len(sizes) == 1 else 0
    for i in range(1, len(sizes)):
        largest = max(largest, sizes[i - 1] + sizes[i])
    return batch * itemsize * largest


def read_bytes(source):
    import gzip

    data = (
        source
        if isinstance(source, (bytes, bytearray))
        else source.read()
        if hasattr(source, "read")
        else open(source, "rb").read()  # noqa: SIM115
    )
    return gzip.decompress(bytes(data)) if bytes(data[:2]) == b"\x1f\x8b" else bytes(data)


def read_idx(source):
    data = read_bytes(source)
    if len(data) < 4:
        raise ValueError("too short")
    magic = ((data[0] * 256 + data[1]) * 256 + data[2]) * 256 + data[3]
    if magic == 2049:
        axes = 1
    elif magic == 2051:
        axes = 3
    else:
        raise ValueError(f"magic {magic}")
    if len(data) < 4 + 4 * axes:
        raise ValueError("header")
    shape = []
    for i in range(axes):
        number = 0
        for byte in data[4 + 4 * i : 8 + 4 * i]:
            number = 256 * number + byte
        shape.append(number)
    body = data[4 + 4 * axes :]
    wanted = 1
    for n in shape:
        wanted *= n
    if wanted != len(body):
        raise ValueError("length")
    return np.array(list(body), dtype=np.uint8).reshape(shape)


def find_idx(folder, name):
    import os

    if isinstance(folder, dict):
        for key in (name, name + ".gz"):
            if key in folder:
                return folder[key]
        raise FileNotFoundError(name)
    for key in (name, name + ".gz"):
        if os.path.isfile(os.path.join(folder, key)):
            return os.path.join(folder, key)
    raise FileNotFoundError(name)


def load_fashion_mnist(folder, flatten=True):
    found = {}
    for name in ("train", "t10k"):
        X = read_idx(find_idx(folder, name + "-images-idx3-ubyte"))
        y = read_idx(find_idx(folder, name + "-labels-idx1-ubyte"))
        if X.shape[0] != y.shape[0]:
            raise ValueError("images and labels")
        X = X.astype("float32") / np.float32(255)
        found[name] = (
            X.reshape(len(X), X.shape[1] * X.shape[2]) if flatten else X[:, np.newaxis],
            y.astype("int64"),
        )
    return [*found["train"], *found["t10k"]][0], found["train"][1], found["t10k"][0], found["t10k"][1]


class SmallCNN(Sequential):
    def __init__(self, rng, dtype=np.float32):
        layers = []
        for c_in, c_out in ((1, 8), (8, 16)):
            layers += [Conv2d(c_in, c_out, 3, rng, pad=1, dtype=dtype), ReLU(), MaxPool2d(2)]
        layers += [Flatten(), Linear(16 * 2 * 2, 10, rng, "he", dtype=dtype)]
        super().__init__(*layers)


def train_digits(model, X_train, y_train, X_test, y_test, rng, epochs=10, lr=0.02, batch_size=32):
    model.zero_grad()
    opt = Momentum(model, lr, 0.9)
    loader = DataLoader(ArrayDataset(X_train, y_train), batch_size, True, rng)
    history, watched = [], []

    def share(X, y):
        right = 0
        for i in range(0, len(X), 100):
            right += int((model.forward(X[i : i + 100]).argmax(axis=1) == y[i : i + 100]).sum())
        return right / len(X)

    model.train()
    for e in range(epochs):
        if 10 * e >= 8 * epochs:
            opt.lr = lr * 0.1
        total, count = 0.0, 0
        for X, y in loader:
            model.zero_grad()
            scores = model.forward(X)
            loss, d = softmax_cross_entropy(scores, y)
            model.backward(d)
            opt.step()
            total += loss
            count += 1
        history.append(float(total / count))
        model.eval()
        few = min(20, len(X_train))
        watched.append(share(X_train[:few], y_train[:few]))  # to look at while it trains
        model.train()
    model.zero_grad()
    model.eval()
    result = {
        "loss": history,
        "train_accuracy": share(X_train, y_train),
        "test_accuracy": share(X_test, y_test),
    }
    model.train()
    return result
