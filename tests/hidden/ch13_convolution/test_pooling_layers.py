"""Hidden tests of ch13: the layers MaxPool2d and AvgPool2d."""

import numpy as np

from grader import battery, expect, points, refuses


def windows(x, k, stride, pad=0):
    """The padded x, and ((n, c, i, j), slices of its window) for each place."""
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    rows, columns = (xp.shape[2] - k) // stride + 1, (xp.shape[3] - k) // stride + 1
    found = []
    for n, c, i, j in np.ndindex(*x.shape[:2], rows, columns):
        window = (n, c, slice(i * stride, i * stride + k), slice(j * stride, j * stride + k))
        found.append(((n, c, i, j), window))
    return xp, found


def pooled(x, k, stride, pad=0, by=np.max):
    """The formula, one window at a time."""
    xp, found = windows(x, k, stride, pad)
    out = np.zeros([n + 1 for n in found[-1][0]])
    for index, window in found:
        out[index] = by(xp[window])
    return out


def unpooled(dout, x, k, stride, pad=0, by=np.max):
    """The gradient of pooled, one window at a time; the first maximum counts."""
    xp, found = windows(x, k, stride, pad)
    dxp = np.zeros(xp.shape)
    for index, window in found:
        share = np.full((k, k), 1 / (k * k))
        if by is np.max:
            share = np.zeros((k, k))
            share[np.unravel_index(np.argmax(xp[window]), (k, k))] = 1.0
        dxp[window] += share * dout[index]
    return dxp[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]


def check_passes(layer, rng, options, by):
    """forward and backward of a pooling layer with these options; there are no parameters."""
    for shape in ((2, 3, 6, 6), (1, 2, 7, 6), (1, 1, 5, 8)):
        x = rng.permutation(int(np.prod(shape))).reshape(shape) / 7.0 - 3.0
        want = pooled(x, *options, by=by)
        dout = rng.normal(size=want.shape)
        expect("layer.forward(x)", layer.forward(x)).close_to(want)
        expect("layer.backward(dout)", layer.backward(dout)).close_to(unpooled(dout, x, *options, by=by))
    expect("layer.params", layer.params).equals({})
    expect("layer.grads", layer.grads).equals({})
    expect("layer.parameters()", layer.parameters()).sequence(0)


def check_memory(one, two, options, others, rng, by):
    """Each of two layers goes back through its own last forward, as often as asked."""
    x, z = rng.normal(size=(2, 2, 6, 6)), rng.normal(size=(2, 2, 6, 6))
    one.forward(z)
    one.forward(x)
    two.forward(x)
    two.forward(z)
    hint = "Each layer keeps its own cache, on self."
    for layer, at, sizes, which in (
        (one, x, options, "first"),
        (two, z, others, "second"),
        (one, x, options, "first"),
    ):
        dout = rng.normal(size=pooled(at, *sizes).shape)
        back = expect(f"backward of the {which} of two layers", layer.backward(dout))
        back.close_to(unpooled(dout, at, *sizes, by=by), hint=hint)


def check_manners(layer, rng):
    """Arguments stay, a dout of another shape is refused."""
    x, dout = rng.normal(size=(2, 3, 4, 6)), rng.normal(size=(2, 3, 2, 3))
    battery.leaves_arguments_alone("layer.forward(x)", layer.forward, x)
    battery.leaves_arguments_alone("layer.backward(dout)", layer.backward, dout)
    battery.returns_new_arrays("layer.backward(dout)", layer.backward, dout)
    for what, wrong in {
        "one image": dout[:1],
        "one channel": dout[:, :1],
        "one column": dout[..., :1],
        "three axes": dout[0],
        "rows and columns exchanged": dout.transpose(0, 1, 3, 2),
    }.items():
        refuses(f"layer.backward of a dout with {what}", ValueError, layer.backward, wrong)


def check_kinds(layer, rng):
    """float32 stays float32."""
    x, dout = rng.normal(size=(2, 1, 4, 4)), rng.normal(size=(2, 1, 2, 2))
    exact, exact_back = layer.forward(x), layer.backward(dout)
    expect("layer.forward(x)", exact).has_dtype(np.float64)
    single = expect("layer.forward(x) of a float32 x", layer.forward(x.astype(np.float32)))
    single.has_dtype(np.float32).close_to(exact, rtol=1e-5, atol=1e-6)
    single = expect("layer.backward(dout) of a float32 dout", layer.backward(dout.astype(np.float32)))
    single.has_dtype(np.float32).close_to(exact_back, rtol=1e-5, atol=1e-6)


@points(1, of="MaxPool2d")
def test_maxpool_layer_passes(student, rng):
    """MaxPool2d pools with its own k and stride, and its backward belongs to that"""
    check_passes(student.MaxPool2d(2), rng, (2, 2), np.max)
    check_passes(student.MaxPool2d(3), rng, (3, 3), np.max)
    check_passes(student.MaxPool2d(3, stride=1), rng, (3, 1), np.max)
    check_passes(student.MaxPool2d(2, 3), rng, (2, 3), np.max)


@points(1, of="MaxPool2d", needs="test_maxpool_layer_passes")
def test_maxpool_layer_memory(student, rng):
    """each MaxPool2d goes back through its own last forward"""
    check_memory(student.MaxPool2d(2), student.MaxPool2d(2), (2, 2), (2, 2), rng, np.max)
    check_memory(student.MaxPool2d(3, 1), student.MaxPool2d(2), (3, 1), (2, 2), rng, np.max)


@points(0.75, of="MaxPool2d", needs="test_maxpool_layer_passes")
def test_maxpool_layer_manners(student, rng):
    """MaxPool2d changes no argument and refuses a dout of another shape"""
    check_manners(student.MaxPool2d(2), rng)


@points(0.25, of="MaxPool2d", needs="test_maxpool_layer_passes")
def test_maxpool_layer_keeps_float32(student, rng):
    """MaxPool2d keeps float32"""
    check_kinds(student.MaxPool2d(2), rng)


@points(1, of="AvgPool2d")
def test_avgpool_layer_passes(student, rng):
    """AvgPool2d pools with its own k, stride and pad, and its backward belongs to that"""
    check_passes(student.AvgPool2d(2), rng, (2, 2, 0), np.mean)
    check_passes(student.AvgPool2d(3), rng, (3, 3, 0), np.mean)
    check_passes(student.AvgPool2d(3, stride=1, pad=1), rng, (3, 1, 1), np.mean)
    check_passes(student.AvgPool2d(2, 3, 2), rng, (2, 3, 2), np.mean)


@points(1, of="AvgPool2d", needs="test_avgpool_layer_passes")
def test_avgpool_layer_memory(student, rng):
    """each AvgPool2d goes back through its own last forward"""
    one, two = student.AvgPool2d(3, 1, 1), student.AvgPool2d(2)
    one.forward(rng.normal(size=(1, 1, 9, 9)))
    check_memory(one, two, (3, 1, 1), (2, 2, 0), rng, np.mean)


@points(0.75, of="AvgPool2d", needs="test_avgpool_layer_passes")
def test_avgpool_layer_manners(student, rng):
    """AvgPool2d changes no argument and refuses a dout of another shape"""
    check_manners(student.AvgPool2d(2), rng)


@points(0.25, of="AvgPool2d", needs="test_avgpool_layer_passes")
def test_avgpool_layer_keeps_float32(student, rng):
    """AvgPool2d keeps float32"""
    check_kinds(student.AvgPool2d(2), rng)
