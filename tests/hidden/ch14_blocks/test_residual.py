"""Hidden tests of ch14: the way around, in a block and in a deep chain."""

import numpy as np

from grader import Rng, battery, expect, fetch, numeric_gradient, observe, points


def conv(x, w, b):
    """The trusted convolution, 3x3 with a border of zeros."""
    xp = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    out = np.zeros((len(x), len(w), *x.shape[2:])) + b[:, None, None]
    for u, v in np.ndindex(3, 3):
        part = xp[:, :, u : u + x.shape[2], v : v + x.shape[3]]
        out += np.tensordot(part, w[:, :, u, v], axes=(1, 1)).transpose(0, 3, 1, 2)
    return out


def residual(x, p):
    """relu(x + f(x)) by its formula."""
    return np.maximum(x + conv(np.maximum(conv(x, p[0], p[1]), 0), p[2], p[3]), 0)


def block_of(student, rng, c, scale=0.4):
    """A ResidualBlock of the student's with numbers of ours, and the pairs (layer, name)."""
    block = student.ResidualBlock(c, Rng(int(rng.integers(2**31))))
    pairs = [tuple(pair) for pair in expect("list(block.parameters())", block.parameters()).sequence(4)]
    ours = []
    for (layer, name), wanted in zip(pairs, ("W", "b", "W", "b"), strict=True):
        expect("the names of the parameters, in order", name).equals(wanted)
        value = rng.normal(size=(c, c, 3, 3) if name == "W" else c) * scale
        expect("a parameter of ResidualBlock", layer.params[name]).has_shape(*value.shape)
        layer.params[name] = value
        ours.append(value)
    return block, ours, pairs


@points(2, of="ResidualBlock")
def test_residual_forward(student, rng):
    """ResidualBlock.forward is relu(x + f(x))"""
    for c, shape in ((2, (2, 2, 5, 6)), (3, (1, 3, 4, 4))):
        block, p, _ = block_of(student, rng, c)
        x = rng.normal(size=shape)
        out = expect("block.forward(x)", block.forward(x))
        out.close_to(residual(x, p), hint="The sum first, then the last relu.")


@points(1, of="ResidualBlock")
def test_zero_weights_leave_relu(student, rng):
    """with all weights zero the block is relu, and its gradient is the mask"""
    block, _, _ = block_of(student, rng, 2, scale=0.0)
    x, dout = rng.normal(size=(2, 2, 3, 4)), rng.normal(size=(2, 2, 3, 4))
    expect("block.forward(x) with zero weights", block.forward(x)).close_to(np.maximum(x, 0))
    hint = "First back through the last ReLU; then through f, and around it: that is the +1."
    expect("block.backward(dout) with zero weights", block.backward(dout)).close_to(dout * (x > 0), hint=hint)


@points(2.5, of="ResidualBlock")
def test_residual_input_gradient(student, rng):
    """ResidualBlock.backward: what comes through f and what goes around it"""
    block, p, _ = block_of(student, rng, 2)
    x, dout = rng.normal(size=(2, 2, 5, 5)), rng.normal(size=(2, 2, 5, 5))
    block.forward(x)
    dx = expect("block.backward(dout)", block.backward(dout))
    dx.gradient(lambda v: residual(v, p), at=x, dout=dout, upstream=dout)


@points(0.5, of="ResidualBlock", needs="test_residual_input_gradient")
def test_residual_slope_at_zero(student, rng):
    """where x + f(x) is 0 nothing comes back, and where x alone is 0 all does"""
    block, _p, pairs = block_of(student, rng, 1)
    for layer, name in pairs:
        layer.params[name] = np.zeros((1, 1, 3, 3) if name == "W" else 1)
    x, dout = np.array([[[[-1.0, 0.0, 2.0, 0.0]]]]), rng.normal(size=(1, 1, 1, 4))
    block.forward(x)
    got = expect("block.backward(dout) with zero weights", block.backward(dout))
    got.close_to(np.where(x > 0, dout, 0.0), rtol=0, atol=0, hint="relu has slope 0 at 0.")
    pairs[3][0].params["b"] = np.ones(1)  # the bias of conv2: x + f(x) is x + 1
    block.forward(x)
    got = expect("block.backward(dout) with f(x) = 1", block.backward(dout))
    got.close_to(np.where(x > -1, dout, 0.0), rtol=0, atol=0, hint="dL/ds = dL/dout where s > 0.")


@points(2, of="ResidualBlock", needs="test_residual_forward")
def test_residual_parameter_gradients(student, rng):
    """ResidualBlock.backward puts the gradients of both convolutions into their grads"""
    block, p, pairs = block_of(student, rng, 2)
    x, dout = rng.normal(size=(2, 2, 3, 3)), rng.normal(size=(2, 2, 3, 3))
    block.forward(x)
    block.backward(dout)
    for number, (layer, name) in enumerate(pairs):
        got = expect(f"grads[{name!r}] of conv{number // 2 + 1}", layer.grads[name])
        got.gradient(
            numeric_gradient(lambda v, n=number: residual(x, [*p[:n], v, *p[n + 1 :]]), p[number], dout)
        )


@points(1, of="ResidualBlock", needs="test_residual_input_gradient")
def test_residual_backward_may_come_again(student, rng):
    """a second backward gives the same dx, grads add up, and neither x nor dout changes"""
    block, _p, pairs = block_of(student, rng, 2)
    x, dout = rng.normal(size=(1, 2, 3, 3)), rng.normal(size=(1, 2, 3, 3))
    battery.leaves_arguments_alone("block.forward(x)", block.forward, x)
    block.zero_grad()
    block.forward(x)
    first = expect("block.backward(dout)", block.backward(dout)).array(x.shape)
    once = [fetch(layer.grads[name]) for layer, name in pairs]
    expect("block.backward(dout), a second time", block.backward(dout)).close_to(first)
    for (layer, name), one in zip(pairs, once, strict=True):
        expect(f"grads[{name!r}] after two backward calls", layer.grads[name]).close_to(2 * one)
    battery.leaves_arguments_alone("block.backward(dout)", block.backward, dout)


@points(0.5, of="ResidualBlock", needs="test_residual_input_gradient")
def test_residual_blocks_share_nothing(student, rng):
    """two blocks in a row: each keeps its own last forward"""
    (one, p1, _), (two, p2, _) = block_of(student, rng, 2), block_of(student, rng, 2)
    one.forward(rng.normal(size=(3, 2, 2, 2)))
    x, dout = rng.normal(size=(1, 2, 3, 3)), rng.normal(size=(1, 2, 3, 3))
    h = expect("the first block's forward(x)", one.forward(x))
    h.close_to(residual(x, p1))
    expect("the second block's forward", two.forward(residual(x, p1))).close_to(residual(residual(x, p1), p2))
    dx = expect("backward through both", one.backward(fetch(two.backward(dout))))
    dx.gradient(lambda v: residual(residual(v, p1), p2), at=x, dout=dout)


@points(0.5, of="ResidualBlock", needs="test_residual_forward")
def test_residual_block_in_float32(student, rng):
    """a float32 block computes in float32"""
    block = student.ResidualBlock(2, Rng(5), dtype=np.float32)
    out = block.forward(rng.normal(size=(1, 2, 3, 3)))
    expect("block.forward(x) of a float32 block", out).has_dtype(np.float32)
    expect("its backward(dout)", block.backward(np.ones((1, 2, 3, 3)))).has_dtype(np.float32)


# residual_gradient_norm -----------------------------------------------------------------------------------------


def chain(depth, scale, around, rng):
    """The gradient by central differences through the whole chain."""
    h0 = rng.normal(size=(1, 16))
    Ws = [rng.normal(0.0, scale / 4, size=(16, 16)) for _ in range(depth)]

    def end(h):
        for W in Ws:
            h = h + np.tanh(h @ W) if around else np.tanh(h @ W)
        return h

    return float(np.linalg.norm(numeric_gradient(end, h0, np.ones((1, 16))).value) / 4)


@points(2, of="residual_gradient_norm")
def test_gradient_through_the_chain(student, rng):
    """residual_gradient_norm agrees with central differences, with and without the way around"""
    for depth, scale in ((1, 0.5), (2, 1.0), (5, 0.7), (3, 2.0)):
        for around in (True, False):
            seed = int(rng.integers(2**31))
            got = expect(
                f"residual_gradient_norm(depth, scale, {around}, rng)",
                student.residual_gradient_norm(depth, scale, around, Rng(seed)),
            )
            got.close_to(chain(depth, scale, around, np.random.default_rng(seed)), rtol=1e-5)


@points(1, of="residual_gradient_norm", needs="test_gradient_through_the_chain")
def test_the_plain_chain_loses_its_gradient(student, rng):
    """fifty layers: 1e-30 and less without the way around, about 1 with it"""
    for scale in (0.05, 0.1, 0.2):
        seed = int(rng.integers(2**31))
        plain = expect(
            "residual_gradient_norm(50, scale, False, rng)",
            student.residual_gradient_norm(50, scale, False, Rng(seed)),
        )
        plain.between(0.0, 1e-30)
        around = expect(
            "residual_gradient_norm(50, scale, True, rng)",
            student.residual_gradient_norm(50, scale, True, Rng(seed)),
        )
        around.between(0.3, 20.0)  # measured in 3000 chains each: 0.68 to 7.9


@points(0.5, of="residual_gradient_norm", needs="test_gradient_through_the_chain")
def test_chains_without_layers_or_weights(student):
    """no layer: 1; zero weights: 1 with the way around and 0 without"""
    for depth, around, want in ((0, True, 1.0), (0, False, 1.0), (4, True, 1.0), (4, False, 0.0)):
        got = student.residual_gradient_norm(depth, 0.0, around, Rng(1))
        expect("residual_gradient_norm(depth, 0.0, residual, rng)", got).close_to(want)


@points(0.5, of="residual_gradient_norm", needs="test_gradient_through_the_chain")
def test_the_chain_draws_from_its_rng(student):
    """residual_gradient_norm returns a float and draws from its rng alone"""
    battery.draws_only_from_its_rng(
        "residual_gradient_norm(3, 0.5, True, rng)",
        lambda rng: observe(student.residual_gradient_norm, 3, 0.5, True, rng),
        student,
    )
    expect(
        "residual_gradient_norm(3, 0.5, True, rng)", student.residual_gradient_norm(3, 0.5, True, Rng(2))
    ).is_float()
