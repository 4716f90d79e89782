"""Visible tests of chapter 14: small cases that can be checked by hand."""

import numpy as np

from grader import Rng, checks, expect, refuses

LABELS = b"\x00\x00\x08\x01" + b"\x00\x00\x00\x03" + bytes([7, 0, 9])
IMAGE = (
    b"\x00\x00\x08\x03"
    + b"\x00\x00\x00\x01"
    + b"\x00\x00\x00\x02"
    + b"\x00\x00\x00\x03"
    + bytes([0, 51, 102, 153, 204, 255])
)


@checks("concat_channels")
def test_concat_of_two_images(student):
    """one channel of zeros and two of ones make three channels"""
    got = student.concat_channels([np.zeros((1, 1, 1, 2)), np.ones((1, 2, 1, 2))])
    expect("concat_channels([zeros, ones])", got).close_to([[[[0.0, 0.0]], [[1.0, 1.0]], [[1.0, 1.0]]]])


@checks("concat_channels_backward")
def test_cut_into_one_and_two(student):
    """the gradient 0 1 2 of three channels is cut into 0 and 1 2"""
    dout = np.arange(3.0).reshape(1, 3, 1, 1)
    got = expect("concat_channels_backward(dout, [1, 2])", student.concat_channels_backward(dout, [1, 2]))
    first, second = got.unpack("first", "second")
    first.close_to([[[[0.0]]]])
    second.close_to([[[[1.0]], [[2.0]]]])


@checks("Inception")
def test_inception_shape(student):
    """10 channels come in, 16 + 24 + 24 + 24 = 88 go out"""
    out = student.Inception(10, Rng(0)).forward(np.ones((2, 10, 6, 5)))
    expect("block.forward(x)", out).has_shape(2, 88, 6, 5)


@checks("Inception")
def test_inception_of_ones(student):
    """with all weights 0.01 and the image 1: the branches by hand"""
    block = student.Inception(1, Rng(0))
    for layer, name in block.parameters():
        layer.params[name] = np.full(
            expect("a parameter", layer.params[name]).array().shape, 0.01 if name == "W" else 0.0
        )
    out = expect("block.forward(x)", block.forward(np.ones((1, 1, 1, 1)))).array((1, 88, 1, 1))
    # one pixel: every window holds it once; the average divides it by 9
    by_hand = [0.01, 16 * 0.01**2, 24 * 16 * 0.01**3, 0.01 / 9]
    hint = "In order: 1x1, 5x5, 3x3, pool."
    expect("one channel of each branch", out[0, [0, 16, 40, 64], 0, 0]).close_to(by_hand, hint=hint)
    dx = expect("block.backward(ones)", block.backward(np.ones((1, 88, 1, 1))))
    dx.close_to([[[[16 * by_hand[0] + 24 * sum(by_hand[1:])]]]], hint="x went into four branches.")


@checks("ResidualBlock")
def test_residual_with_zero_weights(student):
    """with all weights zero f is zero: the block is relu, and the gradient is its mask"""
    block = student.ResidualBlock(1, Rng(0))
    for layer, name in block.parameters():
        layer.params[name] = np.zeros((1, 1, 3, 3) if name == "W" else 1)
    expect("block.forward(x)", block.forward(np.array([[[[-1.0, 2.0]]]]))).close_to([[[[0.0, 2.0]]]])
    expect("block.backward(dout)", block.backward(np.array([[[[5.0, 7.0]]]]))).close_to([[[[0.0, 7.0]]]])


@checks("ResidualBlock")
def test_residual_of_one_pixel(student):
    """weights of 0.5 in the middle of the kernels: x = 2 gives 2 + 0.5 * (0.5 * 2) = 2.5, and dx = 1.25 dout"""
    block = student.ResidualBlock(1, Rng(0))
    kernel = np.zeros((1, 1, 3, 3))
    kernel[0, 0, 1, 1] = 0.5
    for layer, name in block.parameters():
        layer.params[name] = kernel if name == "W" else np.zeros(1)
    expect("block.forward(x)", block.forward(np.array([[[[2.0]]]]))).close_to([[[[2.5]]]])
    expect("block.backward(dout)", block.backward(np.array([[[[4.0]]]]))).close_to([[[[5.0]]]])


@checks("shape_trace")
def test_trace_of_three_layers(student):
    """28 x 28 pixels on their way through a convolution, a pooling and Flatten"""
    model = student.Sequential(student.Conv2d(1, 10, 5, Rng(0)), student.MaxPool2d(2), student.Flatten())
    got = expect("shape_trace(model, (1, 28, 28))", student.shape_trace(model, (1, 28, 28))).sequence(4)
    for shape, want in zip(got, [(1, 28, 28), (10, 24, 24), (10, 12, 12), (1440,)], strict=True):
        expect("a shape on the way", [int(n) for n in expect("a shape", shape).sequence()]).equals(list(want))


@checks("residual_gradient_norm")
def test_chains_of_zero_weights(student):
    """zero weights: nothing comes back through 50 plain layers, everything with the way around"""
    expect(
        "residual_gradient_norm(50, 0.0, True, rng)", student.residual_gradient_norm(50, 0.0, True, Rng(0))
    ).close_to(1.0)
    expect(
        "residual_gradient_norm(50, 0.0, False, rng)", student.residual_gradient_norm(50, 0.0, False, Rng(0))
    ).close_to(0.0)


@checks("residual_gradient_norm")
def test_one_layer_with_and_without_the_way_around(student):
    """one layer with weights of scale 0.5, from the seed 0"""
    rng = np.random.default_rng(0)
    h, W = rng.normal(size=(1, 16)), rng.normal(0.0, 0.5 / 4, size=(16, 16))
    through = W @ (1 - np.tanh(h @ W)[0] ** 2)
    for residual in (True, False):
        got = student.residual_gradient_norm(1, 0.5, residual, Rng(0))
        want = np.linalg.norm(through + residual) / 4
        expect(f"residual_gradient_norm(1, 0.5, {residual}, rng)", got).close_to(want)


@checks("activation_bytes")
def test_bytes_of_three_layers(student):
    """3 + 5 + 2 numbers, 10 examples, 4 bytes each: 400; two neighbours at a time: (3 + 5) * 40 = 320"""
    shapes = [(3,), (5,), (2,)]
    expect("activation_bytes(shapes, 10)", student.activation_bytes(shapes, 10)).equals(400)
    expect(
        "activation_bytes(shapes, 10, training=False)", student.activation_bytes(shapes, 10, training=False)
    ).equals(320)


@checks("read_idx")
def test_three_labels(student):
    """a label file with 7 0 9"""
    expect("read_idx(labels)", student.read_idx(LABELS)).equals(np.array([7, 0, 9], dtype=np.uint8))


@checks("read_idx")
def test_one_image(student):
    """an image of 2 x 3 pixels; a file that ends too early is refused"""
    want = np.array([[[0, 51, 102], [153, 204, 255]]], dtype=np.uint8)
    expect("read_idx(images)", student.read_idx(IMAGE)).equals(want)
    refuses("read_idx of a file without its last byte", ValueError, student.read_idx, IMAGE[:-1])


@checks("load_fashion_mnist")
def test_load_one_image(student):
    """grey values 0, 51, ... 255 become 0, 0.2, ... 1"""
    folder = {
        "train-images-idx3-ubyte": IMAGE,
        "train-labels-idx1-ubyte": LABELS[:7] + b"\x01" + bytes([7]),
        "t10k-images-idx3-ubyte": IMAGE,
        "t10k-labels-idx1-ubyte": LABELS[:7] + b"\x01" + bytes([9]),
    }
    Xtr, ytr, _, yte = expect("load_fashion_mnist(folder)", student.load_fashion_mnist(folder)).unpack(
        "Xtr", "ytr", "Xte", "yte"
    )
    Xtr.close_to(np.array([[0.0, 0.2, 0.4, 0.6, 0.8, 1.0]], dtype=np.float32), rtol=1e-6)
    ytr.equals(np.array([7]))
    yte.equals(np.array([9]))


@checks("SmallCNN")
def test_scores_of_five_pictures(student):
    """five pictures of 8 x 8 pixels get ten scores each; 80 + 1168 + 650 = 1898 parameters"""
    model = student.SmallCNN(Rng(0))
    expect("model.forward(x)", model.forward(np.zeros((5, 1, 8, 8)))).has_shape(5, 10)
    sizes = [expect("a parameter", layer.params[name]).array().size for layer, name in model.parameters()]
    expect("the number of parameters", sum(sizes)).equals(1898)


@checks("train_digits")
def test_training_on_two_points(student):
    """one linear layer from zeros on two points: the first loss is log 2, and both points are learned"""
    model = student.Linear(2, 2, Rng(0), init="zeros")
    X, y = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0, 1])
    found = student.train_digits(model, X, y, X[:1], np.array([1]), Rng(0), epochs=5, lr=0.5)
    found = expect("train_digits(...)", found).keys("loss", "train_accuracy", "test_accuracy")
    expect("the first of 5 losses", found["loss"].sequence(5)[0]).close_to(np.log(2))
    found["train_accuracy"].close_to(1.0)
    found["test_accuracy"].close_to(0.0)
