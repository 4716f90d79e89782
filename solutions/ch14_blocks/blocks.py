"""Chapter 14: blocks that branch and blocks with a way around, and everything put together on real pictures.

Images are (N, C, H, W) arrays: N images, C channels, H rows, W columns.
"""

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
    """Put images with the same N, H and W behind each other along the channels.

    out[:, s_k : s_k + C_k] = parts[k], where s_k is the number of channels of all parts before part k

    Parameters
    ----------
    parts : list of (N, C_k, H, W) arrays
        At least one. The C_k may differ, also be 0.

    Returns
    -------
    (N, sum of C_k, H, W) array
        A new array, in the order of the list. float32 if every part is float32.

    Raises
    ------
    ValueError
        If the list is empty, a part has not four axes, or N, H or W differ (given).

    >>> concat_channels([np.zeros((1, 1, 1, 2)), np.ones((1, 2, 1, 2))]).shape
    (1, 3, 1, 2)

    Source: Szegedy et al., Going deeper with convolutions, 2015.
    """
    parts = [as_float(part) for part in parts]
    if not parts or any(part.ndim != 4 for part in parts):
        raise ValueError("concat_channels wants at least one array, each of shape (N, C, H, W)")
    if len({(part.shape[0], *part.shape[2:]) for part in parts}) > 1:
        raise ValueError(f"N, H and W must be the same, got {[part.shape for part in parts]}")
    ### BEGIN SOLUTION
    return np.concatenate(parts, axis=1)
    ### END SOLUTION


def concat_channels_backward(dout, sizes):
    """Cut the gradient of the joined channels into the gradients of the parts.

    Parameters
    ----------
    dout : (N, C, H, W) array
        Gradient with respect to the output of concat_channels.
    sizes : list of int
        Channels of each part, in the order of the list that was joined; they add up to C.

    Returns
    -------
    list of (N, C_k, H, W) arrays
        New arrays, one for each part: changing one later changes neither dout nor another one.

    Raises
    ------
    ValueError
        If the sizes do not add up to C (given).

    >>> first, second = concat_channels_backward(np.arange(3.0).reshape(1, 3, 1, 1), [1, 2])
    >>> first.ravel(), second.ravel()
    (array([0.]), array([1., 2.]))
    """
    dout = as_float(dout)
    if sum(sizes) != dout.shape[1]:
        raise ValueError(f"sizes add up to {sum(sizes)}, dout has {dout.shape[1]} channels")
    ### BEGIN SOLUTION
    ends = np.cumsum(sizes)
    return [dout[:, end - size : end].copy() for end, size in zip(ends, sizes, strict=True)]
    ### END SOLUTION


class Inception(Layer):
    """Four looks at the same image, each with another window, joined along the channels.

    branch 1   1x1 convolution to 16 channels
    branch 2   1x1 to 16, then 5x5 (pad 2) to 24
    branch 3   1x1 to 16, then 3x3 (pad 1) to 24, then 3x3 (pad 1) to 24
    branch 4   average pooling 3x3 (stride 1, pad 1), then 1x1 to 24

    out = the four outputs along the channels, in this order: 16 + 24 + 24 + 24 = 88; rows and columns stay.
    There is no activation inside.

    Parameters
    ----------
    c_in : int
        Channels of the input.
    rng : np.random.Generator
        The only source of random numbers; all seven convolutions get this one.
    dtype : np.float64 or np.float32
        Of the parameters.

    sublayers() lists the convolutions and the pooling (given), in the order branch 1, 2, 3, 4 and inside a branch from the
    image outwards; count_parameters, optimizers, zero_grad and eval find everything through it. forward takes
    (N, c_in, H, W) and returns (N, 88, H, W); backward takes a dout of that shape, adds to the grads of the
    convolutions and returns the gradient with respect to x, of the shape of x: x went into all four branches.

    >>> block = Inception(10, np.random.default_rng(0))
    >>> block.forward(np.zeros((2, 10, 12, 12))).shape
    (2, 88, 12, 12)

    Source: the block of the course's first note; a small relative of GoogLeNet's.
    """

    def __init__(self, c_in, rng, dtype=np.float64):
        super().__init__()
        # Given: the seven convolutions and the pooling, each at one place only.
        self.one = Conv2d(c_in, 16, 1, rng, dtype=dtype)
        self.five_reduce = Conv2d(c_in, 16, 1, rng, dtype=dtype)
        self.five = Conv2d(16, 24, 5, rng, pad=2, dtype=dtype)
        self.three_reduce = Conv2d(c_in, 16, 1, rng, dtype=dtype)
        self.three_a = Conv2d(16, 24, 3, rng, pad=1, dtype=dtype)
        self.three_b = Conv2d(24, 24, 3, rng, pad=1, dtype=dtype)
        self.pool = AvgPool2d(3, stride=1, pad=1)
        self.pool_one = Conv2d(c_in, 24, 1, rng, dtype=dtype)

    def sublayers(self):
        """The seven convolutions and the pooling, in the order of the branches (given)."""
        return [
            self.one,
            *(self.five_reduce, self.five),
            *(self.three_reduce, self.three_a, self.three_b),
            *(self.pool, self.pool_one),
        ]

    def forward(self, x):
        """The four branches of x (N, c_in, H, W), joined: (N, 88, H, W)."""
        ### BEGIN SOLUTION
        one = self.one.forward(x)
        five = self.five.forward(self.five_reduce.forward(x))
        three = self.three_b.forward(self.three_a.forward(self.three_reduce.forward(x)))
        pooled = self.pool_one.forward(self.pool.forward(x))
        return concat_channels([one, five, three, pooled])
        ### END SOLUTION

    def backward(self, dout):
        """Gradient with respect to x, from the gradient dout (N, 88, H, W) of the output."""
        ### BEGIN SOLUTION
        one, five, three, pooled = concat_channels_backward(dout, [16, 24, 24, 24])
        dx = self.one.backward(one)
        dx = dx + self.five_reduce.backward(self.five.backward(five))
        dx = dx + self.three_reduce.backward(self.three_a.backward(self.three_b.backward(three)))
        return dx + self.pool.backward(self.pool_one.backward(pooled))
        ### END SOLUTION


class ResidualBlock(Layer):
    """Two convolutions and a way around them.

    f(x) = conv2(relu(conv1(x)))    both 3x3 with pad 1, c channels in and out
    out  = relu(x + f(x))

    Parameters
    ----------
    c : int
        Channels, of the input as well as of the output.
    rng : np.random.Generator
        The only source of random numbers.
    dtype : np.float64 or np.float32
        Of the parameters.

    forward takes and returns (N, c, H, W). backward takes a dout of that shape, adds to the grads of the two
    convolutions and returns the gradient with respect to x:

    dL/dx = dL/ds + (what comes back through f from dL/ds),    s = x + f(x),    dL/ds = dL/dout where s > 0, else 0

    The first term is the road that no weight can block. Neither x nor dout is changed.

    With all weights zero f is zero, and the block is relu:

    >>> block = ResidualBlock(1, np.random.default_rng(0))
    >>> for layer, name in block.parameters():
    ...     layer.params[name][...] = 0.0
    >>> block.forward(np.array([[[[-1.0, 2.0]]]]))
    array([[[[0., 2.]]]])
    >>> block.backward(np.array([[[[5.0, 7.0]]]]))
    array([[[[0., 7.]]]])

    Source: He et al., Deep residual learning, 2015 (theirs has batch normalisation in f).
    """

    def __init__(self, c, rng, dtype=np.float64):
        super().__init__()
        # Given: every layer stands at one place only, so there are two ReLUs.
        self.conv1 = Conv2d(c, c, 3, rng, pad=1, dtype=dtype)
        self.relu1 = ReLU()
        self.conv2 = Conv2d(c, c, 3, rng, pad=1, dtype=dtype)
        self.relu2 = ReLU()

    def sublayers(self):
        """conv1, relu1, conv2, relu2 (given)."""
        return [self.conv1, self.relu1, self.conv2, self.relu2]

    def forward(self, x):
        """relu(x + f(x)) for x of shape (N, c, H, W)."""
        x = np.asarray(x, dtype=self.conv1.params["W"].dtype)
        ### BEGIN SOLUTION
        f = self.conv2.forward(self.relu1.forward(self.conv1.forward(x)))
        return self.relu2.forward(x + f)
        ### END SOLUTION

    def backward(self, dout):
        """Gradient with respect to x, from the gradient dout (N, c, H, W) of the output."""
        dout = np.asarray(dout, dtype=self.conv1.params["W"].dtype)
        ### BEGIN SOLUTION
        ds = self.relu2.backward(dout)
        return ds + self.conv1.backward(self.relu1.backward(self.conv2.backward(ds)))
        ### END SOLUTION


def shape_trace(model, input_shape):
    """The shapes that one image takes on its way through a model.

    Parameters
    ----------
    model : Sequential
        Its `layers` are looked into one by one; a block inside, such as Inception, counts as one layer.
    input_shape : tuple of int
        Without the batch axis: (1, 28, 28).

    Returns
    -------
    list of tuples of int
        The input shape first, then the shape after each layer, all without the batch axis. The parameters and
        the grads of the model are not changed, and `training` is afterwards as before.

    >>> model = Sequential(Conv2d(1, 10, 5, np.random.default_rng(0)), MaxPool2d(2), Flatten())
    >>> shape_trace(model, (1, 28, 28))
    [(1, 28, 28), (10, 24, 24), (10, 12, 12), (1440,)]
    """
    ### BEGIN SOLUTION
    x = np.zeros((1, *input_shape))
    shapes = [tuple(int(n) for n in input_shape)]
    for layer in model.layers:
        x = layer.forward(x)
        shapes.append(x.shape[1:])
    return shapes
    ### END SOLUTION


def residual_gradient_norm(depth, scale, residual, rng):
    """How much of a gradient is left after a deep chain of small tanh layers, with or without the way around.

    Width 16, one example. First h_0 is drawn, then the weights of layer 1, 2, ..., depth, in this order:
    h_0 = rng.normal(size=(1, 16))
    W_k = rng.normal(0.0, scale / sqrt(16), size=(16, 16))

    h_k = tanh(h_{k-1} W_k)              without the way around
    h_k = h_{k-1} + tanh(h_{k-1} W_k)    with it

    With the gradient of ones at h_depth, go back to h_0.

    Parameters
    ----------
    depth : int >= 0
    scale : float
    residual : bool
    rng : np.random.Generator

    Returns
    -------
    float
        The norm of the gradient with respect to h_0 divided by the norm of the ones, which is 4.

    >>> residual_gradient_norm(0, 0.1, True, np.random.default_rng(0))
    1.0
    >>> residual_gradient_norm(50, 0.0, True, np.random.default_rng(0))
    1.0
    >>> residual_gradient_norm(50, 0.0, False, np.random.default_rng(0))
    0.0
    """
    h = rng.normal(size=(1, 16))
    Ws = [rng.normal(0.0, scale / np.sqrt(16), size=(16, 16)) for _ in range(depth)]
    ### BEGIN SOLUTION
    branches = []
    for W in Ws:
        branch = np.tanh(h @ W)
        branches.append(branch)
        h = h + branch if residual else branch
    dh = np.ones_like(h)
    for W, branch in zip(reversed(Ws), reversed(branches), strict=True):
        through = (dh * (1 - branch**2)) @ W.T
        dh = dh + through if residual else through
    return float(np.linalg.norm(dh) / 4)
    ### END SOLUTION


def activation_bytes(shapes, batch, itemsize=4, training=True):
    """Memory for what the layers of a network put out.

    In training backward needs all of it:   batch * itemsize * (sum over the shapes of the product of its entries)
    In prediction only the input and the output of the layer at work are needed at a time:
                                            batch * itemsize * (the largest sum of two neighbours in the list)

    Parameters
    ----------
    shapes : list of tuples of int
        As shape_trace gives it: the input first, without the batch axis. At least one.
    batch : int
    itemsize : int
        Bytes of one number: 4 for float32, 8 for float64.
    training : bool

    Returns
    -------
    int
        Bytes. With a single shape both are batch * itemsize * its product.

    >>> activation_bytes([(3,), (5,), (2,)], batch=10)
    400
    >>> activation_bytes([(3,), (5,), (2,)], batch=10, training=False)
    320
    """
    ### BEGIN SOLUTION
    sizes = [int(np.prod(shape, dtype=np.int64)) for shape in shapes]
    if training or len(sizes) == 1:
        numbers = sum(sizes)
    else:
        numbers = max(a + b for a, b in zip(sizes, sizes[1:]))  # noqa: RUF007
    return batch * itemsize * numbers
    ### END SOLUTION


def read_bytes(source):
    """Given: the bytes of a path, of a binary file object or of bytes; what is gzipped is unpacked."""
    if isinstance(source, (bytes, bytearray)):
        data = bytes(source)
    elif isinstance(source, (str, os.PathLike)):
        data = Path(source).read_bytes()
    else:
        data = source.read()
    return gzip.GzipFile(fileobj=io.BytesIO(data)).read() if data[:2] == b"\x1f\x8b" else data


def read_idx(source):
    """Read a file in the IDX format, in which MNIST and Fashion-MNIST come.

    The file begins with 4-byte whole numbers, most significant byte first ("big-endian", '>i4' in numpy):

    magic 2049   labels: then the number n, then n bytes            -> (n,) array
    magic 2051   images: then n, rows, columns, then n*rows*columns bytes -> (n, rows, columns) array, row by row

    Parameters
    ----------
    source : path, binary file object or bytes
        May be gzipped (given: read_bytes).

    Returns
    -------
    uint8 array
        The numbers as they are, 0 to 255; a new array that may be changed.

    Raises
    ------
    ValueError
        If the magic number is another one, or there are fewer or more bytes than the header says.

    >>> read_idx(b"\\x00\\x00\\x08\\x01" + b"\\x00\\x00\\x00\\x02" + b"\\x07\\x09")
    array([7, 9], dtype=uint8)

    Source: the format's description beside the MNIST files.
    """
    data = read_bytes(source)
    ### BEGIN SOLUTION
    magic = int.from_bytes(data[:4], "big")
    if magic not in (2049, 2051):
        raise ValueError(f"magic number {magic}, expected 2049 (labels) or 2051 (images)")
    axes = 1 if magic == 2049 else 3
    start = 4 + 4 * axes
    if len(data) < start:
        raise ValueError(f"the header is cut off after {len(data)} bytes")
    shape = tuple(int(n) for n in np.frombuffer(data[4:start], dtype=">i4"))
    if len(data) - start != int(np.prod(shape, dtype=object)):
        raise ValueError(f"{len(data) - start} bytes after the header do not fit the shape {shape}")
    return np.frombuffer(data[start:], dtype=np.uint8).reshape(shape).copy()
    ### END SOLUTION


def load_fashion_mnist(folder, flatten=True):
    """Read the four files of Fashion-MNIST (or MNIST) from a folder of your own.

    train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, each with
    or without .gz at the end (given: find_idx).

    Parameters
    ----------
    folder : path, or a dict from file names to the bytes of the files
    flatten : bool
        True: each image is one row of rows * columns numbers. False: an image of one channel.

    Returns
    -------
    Xtr, ytr, Xte, yte : tuple of arrays
        X is float32, (n, rows * columns) or (n, 1, rows, columns), every grey value divided by 255, so from 0 to
        1; all images by the same number. y is (n,) int64.

    Raises
    ------
    ValueError
        If images and labels are not equally many.
    FileNotFoundError
        If a file is missing (given).
    """
    ### BEGIN SOLUTION
    parts = []
    for name in ("train", "t10k"):
        images = read_idx(find_idx(folder, f"{name}-images-idx3-ubyte"))
        labels = read_idx(find_idx(folder, f"{name}-labels-idx1-ubyte"))
        if len(images) != len(labels):
            raise ValueError(f"{name}: {len(images)} images and {len(labels)} labels")
        n, rows, columns = images.shape
        shape = (n, rows * columns) if flatten else (n, 1, rows, columns)
        parts += [(images.astype(np.float32) / 255).reshape(shape), labels.astype(np.int64)]
    return tuple(parts)
    ### END SOLUTION


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


class SmallCNN(Sequential):
    """A convolutional network for pictures of 8 x 8 pixels.

    conv 3x3 (pad 1) to 8 channels, ReLU, max pooling 2    (N, 1, 8, 8) -> (N, 8, 4, 4)
    conv 3x3 (pad 1) to 16 channels, ReLU, max pooling 2   -> (N, 16, 2, 2)
    Flatten, Linear to 10 scores                           -> (N, 64) -> (N, 10)

    Parameters
    ----------
    rng : np.random.Generator
        The only source of random numbers: first of the first convolution, then of the second, then of the
        linear layer.
    dtype : np.float32 or np.float64
        Of the parameters.

    The convolutions are initialised with 'he', the linear layer with 'he' as well. A Sequential: nothing but the
    list of its layers is to be written.

    >>> SmallCNN(np.random.default_rng(0)).forward(np.zeros((5, 1, 8, 8))).shape
    (5, 10)
    """

    def __init__(self, rng, dtype=np.float32):
        ### BEGIN SOLUTION
        super().__init__(
            Conv2d(1, 8, 3, rng, pad=1, dtype=dtype),
            ReLU(),
            MaxPool2d(2),
            Conv2d(8, 16, 3, rng, pad=1, dtype=dtype),
            ReLU(),
            MaxPool2d(2),
            Flatten(),
            Linear(64, 10, rng, init="he", dtype=dtype),
        )
        ### END SOLUTION


def train_digits(model, X_train, y_train, X_test, y_test, rng, epochs=10, lr=0.02, batch_size=32):
    """Train a classifier and say how good it is: the whole course in one function.

    Softmax cross-entropy (chapter 04), Momentum with rho 0.9 (chapter 10), batches of a DataLoader that shuffles
    with rng; in each batch forward, loss, backward, step, clear the gradients. The step size is lr, and lr / 10 in the
    last fifth of the epochs: in epoch e = 0, 1, ... it is lr / 10 if e >= 0.8 * epochs.

    Parameters
    ----------
    model : Layer
        Trained where it is; gradients from before do not count.
    X_train, X_test : arrays of inputs as the model takes them, the examples along axis 0
    y_train, y_test : (N,) int arrays
    rng : np.random.Generator
        For the order of the rows.
    epochs, batch_size : int
    lr : float

    Returns
    -------
    dict
        'loss'            list of floats, for each epoch the mean of its batch losses
        'train_accuracy'  float, on all of X_train after the last epoch
        'test_accuracy'   float, on all of X_test after the last epoch
        The accuracies are computed in eval mode; X_test and y_test are used for nothing else. The model is in
        training mode while it learns and afterwards.
    """
    ### BEGIN SOLUTION
    loader = DataLoader(ArrayDataset(X_train, y_train), batch_size, shuffle=True, rng=rng)
    opt = Momentum(model, lr, rho=0.9)
    opt.zero_grad()
    model.train()
    losses = []
    for epoch in range(epochs):
        opt.lr = lr / 10 if epoch >= 0.8 * epochs else lr
        batch_losses = []
        for X, y in loader:
            loss, dscores = softmax_cross_entropy(model.forward(X), y)
            model.backward(dscores)
            opt.step()
            opt.zero_grad()
            batch_losses.append(float(loss))
        losses.append(float(np.mean(batch_losses)))
    model.eval()
    scores = {
        "train_accuracy": accuracy(model.forward(X_train), y_train),
        "test_accuracy": accuracy(model.forward(X_test), y_test),
    }
    model.train()
    return {"loss": losses, **scores}
    ### END SOLUTION
