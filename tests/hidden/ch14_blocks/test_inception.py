"""Hidden tests of ch14: the block with four branches."""

import numpy as np

from grader import Rng, battery, expect, fetch, points

CUTS = {
    "branch 1 (1x1)": (0, 16),
    "branch 2 (5x5)": (16, 40),
    "branch 3 (3x3)": (40, 64),
    "branch 4 (pool)": (64, 88),
}
SHAPES = ((16, 0, 1), (16, 0, 1), (24, 16, 5), (16, 0, 1), (24, 16, 3), (24, 24, 3), (24, 0, 1))  # 0: c_in


def conv(x, w, b):
    """The trusted convolution with a pad that keeps rows and columns."""
    k = w.shape[2]
    p = k // 2
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    out = np.zeros((len(x), len(w), *x.shape[2:])) + b[:, None, None]
    for u, v in np.ndindex(k, k):
        part = xp[:, :, u : u + x.shape[2], v : v + x.shape[3]]
        out += np.tensordot(part, w[:, :, u, v], axes=(1, 1)).transpose(0, 3, 1, 2)
    return out


def average(x):
    """3x3 windows with a border of zeros, always divided by 9."""
    xp = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return sum(xp[:, :, u : u + x.shape[2], v : v + x.shape[3]] for u, v in np.ndindex(3, 3)) / 9


def inception(x, p):
    """The block by its formula; p is [W, b, W, b, ...] of the seven convolutions."""
    one = conv(x, p[0], p[1])
    five = conv(conv(x, p[2], p[3]), p[4], p[5])
    three = conv(conv(conv(x, p[6], p[7]), p[8], p[9]), p[10], p[11])
    pooled = conv(average(x), p[12], p[13])
    return np.concatenate([one, five, three, pooled], axis=1)


def block_of(student, rng, c_in):
    """An Inception of the student's with numbers of ours: the block, its parameters, and what holds their gradients."""
    block = student.Inception(c_in, Rng(int(rng.integers(2**31))))
    pairs = [tuple(pair) for pair in expect("list(block.parameters())", block.parameters()).sequence()]
    got = [(layer, name) for layer, name in pairs]
    expect("the number of parameter arrays of Inception", len(got)).equals(14)
    ours = []
    for (layer, name), number in zip(got, range(14), strict=True):
        c_out, inner, k = SHAPES[number // 2]
        shape = (c_out, inner or c_in, k, k) if number % 2 == 0 else (c_out,)
        expect("the names of the parameters, in order", name).equals("Wb"[number % 2])
        expect("a parameter of Inception", layer.params[name]).has_shape(*shape)
        value = rng.normal(size=shape) / np.sqrt(shape[1] * k if len(shape) > 1 else 1)
        layer.params[name] = value
        ours.append(value)
    return block, ours, got


@points(2, of="Inception")
def test_inception_forward(student, rng):
    """Inception.forward joins the four branches: 1x1, 5x5, 3x3 twice, and pooled"""
    for c_in, shape in ((2, (2, 2, 5, 6)), (3, (1, 3, 4, 3))):
        block, p, _ = block_of(student, rng, c_in)
        x = rng.normal(size=shape)
        out = expect("block.forward(x)", block.forward(x)).array((shape[0], 88, *shape[2:]))
        want = inception(x, p)
        for name, (first, last) in CUTS.items():
            expect(f"{name} of block.forward(x)", out[:, first:last]).close_to(want[:, first:last])


@points(1, of="Inception", needs="test_inception_forward")
def test_inception_has_88_channels(student, rng):
    """Inception gives 88 channels and keeps rows and columns, whatever comes in"""
    for shape in ((2, 10, 12, 12), (1, 20, 4, 4), (3, 1, 5, 7)):
        out = student.Inception(shape[1], Rng(3)).forward(rng.normal(size=shape))
        expect("block.forward(x)", out).has_shape(shape[0], 88, *shape[2:])


@points(2, of="Inception")
def test_inception_input_gradient(student, rng):
    """Inception.backward adds up what comes back through the four branches"""
    block, p, _ = block_of(student, rng, 2)
    x, dout = rng.normal(size=(1, 2, 3, 2)), rng.normal(size=(1, 88, 3, 2))
    block.forward(x)
    dx = expect("block.backward(dout)", block.backward(dout))
    hint = "x went into all four branches: four gradients come back and add up."
    dx.gradient(lambda v: inception(v, p), at=x, dout=dout, upstream=None, hint=hint)


@points(1.5, of="Inception", needs="test_inception_forward")
def test_each_branch_sends_its_gradient_back(student, rng):
    """with a gradient in the channels of one branch only, dx is that of this branch"""
    block, p, _ = block_of(student, rng, 2)
    x = rng.normal(size=(2, 2, 5, 5))
    v = rng.normal(size=(3, *x.shape))
    block.forward(x)
    zero = inception(np.zeros_like(x), p)
    images = [inception(d, p) - zero for d in v]  # the block is linear but for its biases
    for name, (first, last) in CUTS.items():
        dout = np.zeros((2, 88, 5, 5))
        dout[:, first:last] = rng.normal(size=(2, last - first, 5, 5))
        dx = expect(f"dx for a gradient in {name} only", block.backward(dout)).array(x.shape)
        slopes = [float((dx * d).sum()) for d in v]
        wanted = [float((dout * image).sum()) for image in images]
        expect(f"dx for a gradient in {name} only, along three directions", np.array(slopes)).close_to(
            wanted, rtol=1e-6
        )


@points(2, of="Inception", needs="test_inception_forward")
def test_inception_parameter_gradients(student, rng):
    """Inception.backward puts the gradients of all seven convolutions into their grads"""
    block, p, pairs = block_of(student, rng, 2)
    x, dout = rng.normal(size=(2, 2, 4, 5)), rng.normal(size=(2, 88, 4, 5))
    block.forward(x)
    block.backward(dout)
    start = inception(x, p)
    for number, (layer, name) in enumerate(pairs):
        got = expect(f"grads[{name!r}] of convolution {number // 2 + 1}", layer.grads[name]).array(
            p[number].shape
        )
        for _ in range(2):
            step = rng.normal(size=p[number].shape)
            moved = [*p[:number], p[number] + step, *p[number + 1 :]]
            want = float(((inception(x, moved) - start) * dout).sum())  # linear in each array by itself
            expect(
                f"grads[{name!r}] of convolution {number // 2 + 1}, along a direction",
                float((got * step).sum()),
            ).close_to(want, rtol=1e-6, atol=1e-7)


@points(0.5, of="Inception", needs="test_inception_parameter_gradients")
def test_inception_gradients_add_up(student, rng):
    """Inception adds gradients up until zero_grad"""
    block, _, _ = block_of(student, rng, 1)
    x, dout = rng.normal(size=(1, 1, 3, 3)), rng.normal(size=(1, 88, 3, 3))
    block.zero_grad()
    block.forward(x)
    first = expect("block.backward(dout)", block.backward(dout)).array(x.shape)
    once = [fetch(layer.grads[name]) for layer, name in expect("parameters", block.parameters()).sequence(14)]
    again = expect("block.backward(dout), a second time", block.backward(dout))
    again.close_to(first)
    for (layer, name), one in zip(expect("parameters", block.parameters()).sequence(14), once, strict=True):
        expect(f"grads[{name!r}] after two backward calls", layer.grads[name]).close_to(2 * one)


@points(0.5, of="Inception", needs="test_inception_forward")
def test_inceptions_share_nothing(student, rng):
    """two Inception blocks have nothing in common; the last forward of each counts"""
    (one, p1, _), (two, p2, _) = block_of(student, rng, 2), block_of(student, rng, 2)
    x1, x2 = rng.normal(size=(1, 2, 3, 3)), rng.normal(size=(1, 2, 3, 3))
    one.forward(rng.normal(size=(2, 2, 4, 4)))
    expect("the first block's forward(x)", one.forward(x1)).close_to(inception(x1, p1))
    expect("the second block's forward(x)", two.forward(x2)).close_to(inception(x2, p2))
    dout = rng.normal(size=(1, 88, 3, 3))
    dx = expect("the first block's backward(dout)", one.backward(dout)).array(x1.shape)
    d = rng.normal(size=x1.shape)
    want = float(((inception(x1 + d, p1) - inception(x1, p1)) * dout).sum())
    expect("the first block's dx, along a direction", float((dx * d).sum())).close_to(want, rtol=1e-6)


@points(0.5, of="Inception", needs=("test_inception_forward", "test_inception_input_gradient"))
def test_inception_changes_nothing_it_is_given(student, rng):
    """Inception.forward leaves x alone and Inception.backward leaves dout alone"""
    block, _, _ = block_of(student, rng, 2)
    battery.leaves_arguments_alone("block.forward(x)", block.forward, rng.normal(size=(1, 2, 3, 3)))
    battery.leaves_arguments_alone("block.backward(dout)", block.backward, rng.normal(size=(1, 88, 3, 3)))
