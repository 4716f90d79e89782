"""Hidden tests of ch13: the layer Conv2d."""

import dataclasses

import numpy as np

from grader import Rng, battery, expect, fetch, in_worker, observe, points, refuses


def conv(x, w, b, stride=1, pad=0):
    """The trusted convolution: one product for each place inside the kernel."""
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    kh, kw = w.shape[2:]
    rows, columns = (xp.shape[2] - kh) // stride + 1, (xp.shape[3] - kw) // stride + 1
    out = np.zeros((len(x), len(w), rows, columns)) + b[:, None, None]
    for u, v in np.ndindex(kh, kw):
        part = xp[:, :, u : u + rows * stride : stride, v : v + columns * stride : stride]
        out += np.tensordot(part, w[:, :, u, v], axes=(1, 1)).transpose(0, 3, 1, 2)
    return out


def kernel_gradient(dout, x, w, stride=1, pad=0):
    """dw, one product for each place inside the kernel."""
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    rows, columns = dout.shape[2:]
    dw = np.zeros(w.shape)
    for u, v in np.ndindex(w.shape[2:]):
        part = xp[:, :, u : u + rows * stride : stride, v : v + columns * stride : stride]
        dw[:, :, u, v] = np.einsum("nfij,ncij->fc", dout, part)
    return dw


def an_rng(rng):
    """A generator for the student's code, another one in each test."""
    return Rng(int(rng.integers(2**31)))


def conv_layer(student, rng, c_in, c_out, k, **options):
    """A Conv2d of the student's with weights and biases of ours, and these."""
    layer = student.Conv2d(c_in, c_out, k, an_rng(rng), **options)
    W, b = rng.normal(size=(c_out, c_in, k, k)), rng.normal(size=c_out)
    layer.params["W"], layer.params["b"] = W, b
    return layer, W, b


# Conv2d: passes ------------------------------------------------------------------------------------------------


@points(1.5, of="Conv2d")
def test_conv_layer_forward(student, rng):
    """Conv2d.forward is the convolution with the layer's own W, b, stride and pad"""
    for stride, pad in ((1, 0), (2, 0), (1, 1), (3, 2)):
        layer = student.Conv2d(2, 3, 3, an_rng(rng), stride=stride, pad=pad)
        b = rng.normal(size=3)
        layer.params["b"] = b
        W = expect('layer.params["W"]', layer.params["W"]).array((3, 2, 3, 3))
        x = rng.normal(size=(2, 2, 5, 6))
        expect("layer.forward(x)", layer.forward(x)).close_to(conv(x, W, b, stride, pad))


@points(1.5, of="Conv2d")
def test_conv_layer_gradients(student, rng):
    """Conv2d.backward returns the gradient of x and puts those of W and b into grads"""
    for stride, pad in ((1, 0), (2, 1)):
        layer, W, b = conv_layer(student, rng, 2, 2, 3, stride=stride, pad=pad)
        x = rng.normal(size=(2, 2, 3, 4))
        dout = rng.normal(size=conv(x, W, b, stride, pad).shape)
        layer.forward(x)
        dx = expect("layer.backward(dout)", layer.backward(dout))
        dx.gradient(lambda v, W=W, b=b, s=stride, p=pad: conv(v, W, b, s, p), at=x, dout=dout, batch=2)
        dw, db = expect("layer.grads", layer.grads).keys("W", "b").values()
        dw.close_to(kernel_gradient(dout, x, W, stride, pad), batch=2)
        db.close_to(dout.sum(axis=(0, 2, 3)), batch=2)


@points(1.5, of="Conv2d", needs="test_conv_layer_gradients")
def test_conv_layer_adds_gradients_up(student, rng):
    """Conv2d adds the gradients of several backward calls until zero_grad"""
    layer, W, _ = conv_layer(student, rng, 2, 3, 2)
    sum_W, sum_b = np.zeros(W.shape), np.zeros(3)
    for n, times in ((2, 1), (1, 2), (3, 1)):
        x, dout = rng.normal(size=(n, 2, 4, 3)), rng.normal(size=(n, 3, 3, 2))
        layer.forward(x)
        for _ in range(times):
            layer.backward(dout)
        sum_W += times * kernel_gradient(dout, x, W)
        sum_b += times * dout.sum(axis=(0, 2, 3))
    hint = "Gradients add up (+=) until zero_grad is called."
    expect('layer.grads["W"] after several backward calls', layer.grads["W"]).close_to(sum_W, hint=hint)
    expect('layer.grads["b"] after several backward calls', layer.grads["b"]).close_to(sum_b, hint=hint)
    battery.accumulates_gradients(
        "layer", layer, rng.normal(size=(2, 2, 3, 3)), rng.normal(size=(2, 3, 2, 2))
    )


@points(1, of="Conv2d", needs=("test_conv_layer_forward", "test_conv_layer_gradients"))
def test_conv_layer_reads_its_params_each_time(student, rng):
    """Conv2d computes with what stands in params now"""
    layer, _, _ = conv_layer(student, rng, 2, 2, 2)
    x, dout = rng.normal(size=(2, 2, 3, 3)), rng.normal(size=(2, 2, 2, 2))
    layer.forward(x)
    layer.backward(dout)
    for _ in range(2):
        W, b = rng.normal(size=(2, 2, 2, 2)), rng.normal(size=2)
        layer.params["W"] = W
        layer.params["b"] = b
        hint = "params were set anew."
        expect("layer.forward(x)", layer.forward(x)).close_to(conv(x, W, b), hint=hint)
        dx = expect("layer.backward(dout)", layer.backward(dout))
        dx.gradient(lambda v, W=W, b=b: conv(v, W, b), at=x, dout=dout, hint=hint)


@points(1, of="Conv2d", needs="test_conv_layer_gradients")
def test_conv_layers_share_nothing(student, rng):
    """two Conv2d share neither parameters nor gradients nor what forward kept; the last forward counts"""
    (one, W1, b1), (two, W2, b2) = conv_layer(student, rng, 2, 3, 2), conv_layer(student, rng, 2, 3, 2)
    x1, x2, dout = rng.normal(size=(2, 2, 3, 3)), rng.normal(size=(2, 2, 3, 3)), rng.normal(size=(2, 3, 2, 2))
    one.forward(rng.normal(size=(4, 2, 5, 5)))
    two.forward(rng.normal(size=(2, 2, 3, 3)))
    expect("the first layer's forward(x)", one.forward(x1)).close_to(conv(x1, W1, b1))
    two.eval()
    expect("the second layer's forward(x)", two.forward(x2)).close_to(conv(x2, W2, b2))
    one.backward(dout)
    hint = "Keep everything on self; backward belongs to the last forward."
    got = expect("the first layer's grads['W']", one.grads["W"])
    got.close_to(kernel_gradient(dout, x1, W1), hint=hint)
    idle = expect("the second layer's grads['W'], before its own backward", two.grads["W"])
    idle.close_to(np.zeros(W2.shape), hint=hint)
    two.backward(dout)
    got = expect("the second layer's grads['W']", two.grads["W"])
    got.close_to(kernel_gradient(dout, x2, W2), hint=hint)


@points(0.5, of="Conv2d", needs=("test_conv_layer_forward", "test_conv_layer_gradients"))
def test_conv_layer_passes_change_no_params(student, rng):
    """Conv2d.forward and Conv2d.backward leave params, x and dout as they are"""
    layer, W, b = conv_layer(student, rng, 2, 2, 2)
    x, dout = rng.normal(size=(2, 2, 3, 3)), rng.normal(size=(2, 2, 2, 2))
    battery.leaves_arguments_alone("layer.forward(x)", layer.forward, x)
    battery.leaves_arguments_alone("layer.backward(dout)", layer.backward, dout)
    expect('layer.params["W"] after forward and backward', layer.params["W"]).close_to(W, rtol=0, atol=0)
    expect('layer.params["b"] after forward and backward', layer.params["b"]).close_to(b, rtol=0, atol=0)


@points(0.5, of="Conv2d", needs=("test_conv_layer_forward", "test_conv_layer_gradients"))
def test_conv_layer_refuses_shapes_that_do_not_fit(student, rng):
    """Conv2d raises ValueError for an x or a dout of the wrong shape"""
    layer, _, _ = conv_layer(student, rng, 2, 3, 2)
    x, dout = rng.normal(size=(2, 2, 3, 4)), rng.normal(size=(2, 3, 2, 3))
    for what, wrong in {
        "three axes": x[0],
        "one channel": x[:, :1],
        "three channels": np.ones((2, 3, 3, 4)),
        "rows of numbers": x.reshape(2, -1),
        "too few rows": x[:, :, :1],
    }.items():
        refuses(f"layer.forward of an x with {what}", ValueError, layer.forward, wrong)
    layer.forward(x)
    for what, wrong in {
        "three axes": dout[0],
        "one image": dout[:1],
        "one map": dout[:, :1],
        "one column": dout[..., :1],
        "rows and columns exchanged": dout.transpose(0, 1, 3, 2),
    }.items():
        refuses(f"layer.backward of a dout with {what}", ValueError, layer.backward, wrong)


# Conv2d: parameters --------------------------------------------------------------------------------------------


@points(1, of="Conv2d", needs="test_conv_layer_forward")
def test_conv_layer_starts_with_its_parameters(student, rng):
    """a new Conv2d has W (c_out, c_in, k, k), b of zeros, and gradients of zeros of the same shapes"""
    layer = student.Conv2d(2, 3, 4, an_rng(rng))
    params = expect("layer.params", layer.params).keys("W", "b")
    params["W"].has_shape(3, 2, 4, 4).satisfies(
        np.all(fetch(layer.params)["W"] != 0), "some weights are zero."
    )
    params["b"].close_to(np.zeros(3))
    grads = expect("layer.grads", layer.grads).keys("W", "b")
    grads["W"].close_to(np.zeros((3, 2, 4, 4)))
    grads["b"].close_to(np.zeros(3))
    expect("the names in layer.params", sorted(fetch(layer.params))).equals(["W", "b"])
    expect("the names in layer.grads", sorted(fetch(layer.grads))).equals(["W", "b"])
    pairs = expect("layer.parameters()", layer.parameters()).sequence(2)
    expect("the names in layer.parameters()", sorted(name for _, name in pairs)).equals(["W", "b"])


def looks_normal(call, W, shape, std):
    """30 000 independent normal numbers with mean 0 and this standard deviation.

    Relative standard error: 0.4 % for the standard deviation, 0.6 % of it for the mean; 5 standard errors pass.
    """
    W = expect(call, W).array(shape)
    spread = expect(f"the standard deviation of {call}", float(W.std()))
    spread.between(0.975 * std, 1.025 * std)
    expect(f"the mean of {call}", float(W.mean())).between(-0.03 * std, 0.03 * std)
    beyond = float(np.mean(np.abs(W) > 2 * std))
    words = "In a normal distribution one number in 22 is more than two standard deviations from the mean."
    expect(f"the share of large numbers in {call}", beyond).between(0.0395, 0.0515, words)
    distinct = len(np.unique(W)) > 25_000
    expect(call, W).satisfies(distinct, "many weights are equal. Is every entry drawn for itself?")


@points(1, of="Conv2d", needs="test_conv_layer_forward")
def test_conv_layer_he(student, rng):
    """Conv2d draws W from a normal distribution with std sqrt(2 / (c_in k^2)) by default"""
    for options in ({}, {"init": "he"}):
        layer = student.Conv2d(30, 40, 5, an_rng(rng), **options)
        looks_normal('layer.params["W"]', layer.params["W"], (40, 30, 5, 5), (2 / 750) ** 0.5)


@points(1, of="Conv2d", needs="test_conv_layer_forward")
def test_conv_layer_other_inits(student, rng):
    """Conv2d takes 'xavier', 'zeros' and a float as init"""
    layer = student.Conv2d(30, 40, 5, an_rng(rng), init="xavier")
    looks_normal('layer.params["W"]', layer.params["W"], (40, 30, 5, 5), (2 / 1750) ** 0.5)
    layer = student.Conv2d(30, 40, 5, an_rng(rng), init=0.01)
    looks_normal('layer.params["W"]', layer.params["W"], (40, 30, 5, 5), 0.01)
    layer = student.Conv2d(2, 3, 2, an_rng(rng), init="zeros")
    expect('layer.params["W"]', layer.params["W"]).close_to(np.zeros((3, 2, 2, 2)))


@in_worker
def layers_with_own_init(student, W):
    """What a callable init is given, and whether two layers share its array."""
    calls = []

    def init(shape, rng):
        calls.append((shape, rng))
        return W

    rng = np.random.default_rng(3)
    one, two = student.Conv2d(3, 2, 2, rng, init=init), student.Conv2d(3, 2, 2, rng, init=init)
    before = np.array(two.params["W"])
    one.params["W"][...] = 7.0
    small = student.Conv2d(3, 2, 2, rng, init=init, dtype=np.float32).params["W"]
    return (
        [int(n) for n in calls[0][0]],
        all(given is rng for _, given in calls),
        before,
        two.params["W"],
        small,
    )


@in_worker
def build_with_wrong_shape(student, wrong):
    """Must raise: what init returns does not fit."""
    student.Conv2d(3, 2, 2, np.random.default_rng(0), init=lambda shape, rng: np.ones(wrong))


@points(1, of="Conv2d", needs="test_conv_layer_starts_with_its_parameters")
def test_conv_layer_callable_init(student, rng):
    """Conv2d(init=callable) calls it with (c_out, c_in, k, k) and the rng, and keeps a copy; others are refused"""
    W = rng.normal(size=(2, 3, 2, 2))
    shape, same_rng, first, second, small = layers_with_own_init(student, W)
    expect("the shape given to init", shape).equals([2, 3, 2, 2])
    expect("init", same_rng).satisfies(same_rng, "it was not given the rng of the layer.")
    expect('layer.params["W"]', first).close_to(W)
    hint = "Two layers share the array that init returned."
    expect('layer.params["W"] after a change in another layer', second).close_to(W, hint=hint)
    expect('layer.params["W"] with dtype=np.float32', small).has_dtype(np.float32)
    for name in ("normal", "", "He"):
        refuses("Conv2d with an unknown init", ValueError, student.Conv2d, 3, 2, 2, an_rng(rng), init=name)
    for wrong in ((3, 2, 2, 2), (2, 3, 4), (1, 1, 1, 1), (2, 2), ()):
        call = f"Conv2d(3, 2, 2, ...) with an init that returns the shape {wrong}"
        refuses(call, ValueError, build_with_wrong_shape, student, wrong)


@points(1, of="Conv2d", needs="test_conv_layer_he")
def test_conv_layer_draws_only_from_its_rng(student, rng):
    """Conv2d draws from the rng it is given and from nothing else"""

    def weights_of(options):
        def build(generator):
            seen = observe(student.Conv2d, 2, 3, 3, generator, **options)
            return dataclasses.replace(seen, value=seen.value.params["W"])

        return build

    for options in ({}, {"init": "xavier"}, {"init": 0.5}):
        seed = int(rng.integers(2**31))
        battery.draws_only_from_its_rng("Conv2d(2, 3, 3, rng)", weights_of(options), student, seed=seed)
    shared = an_rng(rng)
    one, two = student.Conv2d(2, 3, 3, shared), student.Conv2d(2, 3, 3, shared)
    differ = bool(np.all(one.params["W"] != two.params["W"]))
    words = "the second layer of one rng has the weights of the first. Pass the rng on; do not seed anew."
    expect("Conv2d(2, 3, 3, rng)", one.params["W"]).satisfies(differ, words)


@in_worker
def single_precision(student, inits, x, dout):
    """Everything a float32 layer holds and returns."""
    results = []
    for init in inits:
        layer = student.Conv2d(2, 3, 2, np.random.default_rng(5), pad=1, init=init, dtype=np.float32)
        out, dx = layer.forward(x), layer.backward(dout)
        W, b = np.array(layer.params["W"]), np.array(layer.params["b"])
        results.append((W, b, out, dx, np.array(layer.grads["W"]), np.array(layer.grads["b"])))
    return results


@points(1, of="Conv2d")
def test_conv_layer_in_float32(student, rng):
    """Conv2d(dtype=np.float32) keeps everything in float32, whatever the dtype of x and dout"""
    x, dout = rng.normal(size=(2, 2, 3, 3)), rng.normal(size=(2, 3, 4, 4))
    names = ("W", "b", "the output", "the input gradient", "the gradient of W", "the gradient of b")
    for kind in (np.float32, np.float64):
        for parts in single_precision(
            student, ["xavier", "he", "zeros", 0.5], x.astype(kind), dout.astype(kind)
        ):
            for name, part in zip(names, parts, strict=True):
                expect(f"{name} of a float32 layer", part).has_dtype(np.float32)
            W, b, out, _, dw, db = parts
            near = {"rtol": 1e-4, "atol": 2e-5}
            expect("layer.forward(x)", out).close_to(conv(x, W.astype(float), b.astype(float), 1, 1), **near)
            expect('layer.grads["W"]', dw).close_to(kernel_gradient(dout, x, W, 1, 1), **near)
            expect('layer.grads["b"]', db).close_to(dout.sum(axis=(0, 2, 3)), **near)


@points(0.5, of="Conv2d", needs=("test_conv_layer_forward", "test_conv_layer_gradients"))
def test_conv_layer_takes_any_kind_of_array(student, rng):
    """Conv2d takes integers, float32 and any memory layout; its output follows its parameters"""
    layer, W, b = conv_layer(student, rng, 2, 2, 2)
    x, dout = (rng.integers(-3, 4, size=s).astype(float) for s in ((2, 2, 3, 3), (2, 2, 2, 2)))
    battery.accepts_integers("layer.forward(x)", layer.forward, x)
    battery.accepts_any_layout("layer.forward(x)", layer.forward, x)
    out = expect("layer.forward(x) of a float32 x", layer.forward(x.astype(np.float32)))
    out.has_dtype(np.float64).close_to(conv(x, W, b))
    layer.forward(x)
    dx = expect("layer.backward(dout) of a float32 dout", layer.backward(dout.astype(np.float32)))
    dx.has_dtype(np.float64)
    battery.accepts_integers("layer.backward(dout)", layer.backward, dout)
    battery.accepts_any_layout("layer.backward(dout)", layer.backward, dout)
