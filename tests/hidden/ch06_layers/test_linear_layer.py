"""Hidden tests of ch06: the layer Linear."""

import dataclasses

import numpy as np
import pytest

from grader import Rng, battery, expect, fetch, in_worker, observe, points, refuses


def scores_by_loops(X, W, b):
    """The formula as written, one entry at a time."""
    Z = np.zeros((len(X), W.shape[1]))
    for n in range(Z.shape[0]):
        for j in range(Z.shape[1]):
            Z[n, j] = b[j] + sum(X[n, i] * W[i, j] for i in range(W.shape[0]))
    return Z


def an_rng(rng):
    """A generator for the student's code, another one in each test."""
    return Rng(int(rng.integers(2**31)))


def linear(student, rng, d_in, d_out, **options):
    """A Linear of the student's with weights and biases of ours, and these."""
    layer = student.Linear(d_in, d_out, an_rng(rng), **options)
    W, b = rng.normal(size=(d_in, d_out)), rng.normal(size=d_out)
    layer.params["W"], layer.params["b"] = W, b
    return layer, W, b


# passes ------------------------------------------------------------------------------------------------


@points(1.5, of="Linear")
def test_linear_layer_forward(student, rng):
    """Linear.forward agrees with the formula, with the layer's own W and b"""
    layer = student.Linear(3, 4, an_rng(rng))
    b = rng.normal(size=4)
    layer.params["b"] = b
    W = expect('layer.params["W"]', layer.params["W"]).array((3, 4))
    X = rng.normal(size=(5, 3))
    expect("layer.forward(x)", layer.forward(X)).close_to(scores_by_loops(X, W, b))


@points(1.5, of="Linear", needs="test_linear_layer_forward")
def test_linear_layer_parameter_gradients(student, rng):
    """Linear.backward puts the numerical gradients of W and b into grads"""
    layer, W, b = linear(student, rng, 3, 4)
    X, dout = rng.normal(size=(5, 3)), rng.normal(size=(5, 4))
    layer.forward(X)
    layer.backward(dout)
    dW, db = expect("layer.grads", layer.grads).keys("W", "b").values()
    dW.gradient(lambda v: scores_by_loops(X, v, b), at=W, dout=dout, batch=5)
    db.gradient(lambda v: scores_by_loops(X, W, v), at=b, dout=dout, batch=5)


@points(1, of="Linear")
def test_linear_layer_input_gradient(student, rng):
    """Linear.backward returns the numerical gradient of x"""
    layer, W, b = linear(student, rng, 3, 4)
    X, dout = rng.normal(size=(5, 3)), rng.normal(size=(5, 4))
    layer.forward(X)
    got = expect("layer.backward(dout)", layer.backward(dout))
    got.gradient(lambda v: scores_by_loops(v, W, b), at=X, dout=dout, batch=5)


@points(1.5, of="Linear", needs="test_linear_layer_parameter_gradients")
def test_linear_layer_adds_gradients_up(student, rng):
    """Linear adds the gradients of several backward calls"""
    layer, _, _ = linear(student, rng, 3, 2)
    sum_W, sum_b = np.zeros((3, 2)), np.zeros(2)
    for n, times in ((4, 1), (2, 2), (5, 1)):
        X, dout = rng.normal(size=(n, 3)), rng.normal(size=(n, 2))
        layer.forward(X)
        for _ in range(times):
            layer.backward(dout)
        sum_W += times * np.einsum("ni,nj->ij", X, dout)
        sum_b += times * np.einsum("nj->j", dout)
    hint = "Gradients add up (+=) until zero_grad is called."
    expect('layer.grads["W"] after several backward calls', layer.grads["W"]).close_to(sum_W, hint=hint)
    expect('layer.grads["b"] after several backward calls', layer.grads["b"]).close_to(sum_b, hint=hint)


@points(0.5, of="Linear", needs="test_linear_layer_parameter_gradients")
def test_linear_layer_and_zero_grad(student, rng):
    """Linear starts at zero gradients again after zero_grad"""
    layer, _, _ = linear(student, rng, 3, 2)
    battery.accumulates_gradients("layer", layer, rng.normal(size=(4, 3)), rng.normal(size=(4, 2)))


@points(1, of="Linear", needs=("test_linear_layer_forward", "test_linear_layer_input_gradient"))
def test_linear_layer_reads_its_params_each_time(student, rng):
    """Linear computes with what stands in params now"""
    layer, _, _ = linear(student, rng, 3, 2)
    X, dout = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    layer.forward(X)
    layer.backward(dout)
    for _ in range(2):
        W, b = rng.normal(size=(3, 2)), rng.normal(size=2)
        layer.params["W"] = W
        layer.params["b"] = b
        hint = "params were set anew."
        expect("layer.forward(x)", layer.forward(X)).close_to(scores_by_loops(X, W, b), hint=hint)
        expect("layer.backward(dout)", layer.backward(dout)).close_to(
            np.einsum("nj,ij->ni", dout, W), hint=hint
        )


@points(0.5, of="Linear", needs=("test_linear_layer_forward", "test_linear_layer_input_gradient"))
def test_linear_layer_passes_change_no_params(student, rng):
    """Linear.forward and Linear.backward leave params, x and dout as they are"""
    layer, W, b = linear(student, rng, 3, 2)
    X, dout = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    battery.leaves_arguments_alone("layer.forward(x)", layer.forward, X)
    battery.leaves_arguments_alone("layer.backward(dout)", layer.backward, dout)
    expect('layer.params["W"] after forward and backward', layer.params["W"]).close_to(W, rtol=0, atol=0)
    expect('layer.params["b"] after forward and backward', layer.params["b"]).close_to(b, rtol=0, atol=0)


@points(1.5, of="Linear", needs="test_linear_layer_parameter_gradients")
def test_linear_layers_share_nothing(student, rng):
    """two Linear layers share neither parameters nor gradients nor what forward kept"""
    (one, W1, b1), (two, W2, b2) = linear(student, rng, 3, 2), linear(student, rng, 3, 2)
    X1, X2, dout = rng.normal(size=(4, 3)), rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    first = expect("the first layer's forward(x)", one.forward(X1))
    second = expect("the second layer's forward(x)", two.forward(X2))
    first.close_to(scores_by_loops(X1, W1, b1))
    second.close_to(scores_by_loops(X2, W2, b2))
    one.backward(dout)
    hint = "Keep everything on self."
    got = expect("the first layer's grads['W']", one.grads["W"])
    got.close_to(np.einsum("ni,nj->ij", X1, dout), hint=hint)
    idle = expect("the second layer's grads['W'], before its own backward", two.grads["W"])
    idle.close_to(np.zeros((3, 2)), hint=hint)
    two.backward(dout)
    got = expect("the second layer's grads['W']", two.grads["W"])
    got.close_to(np.einsum("ni,nj->ij", X2, dout), hint=hint)


@points(0.5, of="Linear", needs="test_linear_layer_parameter_gradients")
def test_linear_layer_remembers_the_last_forward(student, rng):
    """Linear.backward belongs to the last forward, in training or not"""
    layer, _, _ = linear(student, rng, 3, 2)
    X, dout = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    layer.forward(rng.normal(size=(7, 3)))
    layer.forward(rng.normal(size=(4, 3)))
    layer.forward(X)
    layer.backward(dout)
    expect('layer.grads["W"]', layer.grads["W"]).close_to(np.einsum("ni,nj->ij", X, dout))
    layer, _, _ = linear(student, rng, 3, 2)
    layer.forward(rng.normal(size=(4, 3)))
    layer.training = False
    layer.forward(X)
    layer.backward(dout)
    got = expect('layer.grads["W"] where training was False', layer.grads["W"])
    got.close_to(np.einsum("ni,nj->ij", X, dout))


@pytest.mark.parametrize("n, d_in, d_out", [(1, 3, 2), (4, 3, 1), (1, 1, 1)])
@points(0.25, of="Linear")
def test_linear_layer_keeps_the_axes(student, rng, n, d_in, d_out):
    """Linear keeps all shapes for one example and for one output"""
    layer, W, b = linear(student, rng, d_in, d_out)
    X, dout = rng.normal(size=(n, d_in)), rng.normal(size=(n, d_out))
    expect("layer.forward(x)", layer.forward(X)).close_to(scores_by_loops(X, W, b))
    expect("layer.backward(dout)", layer.backward(dout)).close_to(np.einsum("nj,ij->ni", dout, W))
    expect('layer.grads["W"]', layer.grads["W"]).close_to(np.einsum("ni,nj->ij", X, dout))
    expect('layer.grads["b"]', layer.grads["b"]).close_to(np.einsum("nj->j", dout))


@points(1, of="Linear", needs=("test_linear_layer_forward", "test_linear_layer_parameter_gradients"))
def test_linear_layer_refuses_shapes_that_do_not_fit(student, rng):
    """Linear raises ValueError for an x or a dout of the wrong shape"""
    layer, _, _ = linear(student, rng, 3, 2)
    X, dout = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    for what, wrong in {
        "one axis": X[0],
        "three axes": X[None],
        "too few features": X[:, :2],
        "too many features": np.ones((4, 4)),
        "one feature": X[:, :1],
        "three axes and as many numbers for each example as features": X[:, None],
        "four axes, an image of as many pixels as features,": X[:, None, :, None],
    }.items():
        refuses(f"layer.forward of an x with {what}", ValueError, layer.forward, wrong)
    layer.forward(X)
    for what, wrong in {
        "one axis": dout[0],
        "three axes": dout[None],
        "one row": dout[:1],
        "one column": dout[:, :1],
        "its axes exchanged": dout.T,
    }.items():
        refuses(f"layer.backward of a dout with {what}", ValueError, layer.backward, wrong)
    layer.forward(X[:1])
    refuses("layer.backward of a dout with one axis, for one example", ValueError, layer.backward, dout[0])


# parameters --------------------------------------------------------------------------------------------


@points(1, of="Linear", needs="test_linear_layer_forward")
def test_linear_layer_starts_with_its_parameters(student, rng):
    """a new Linear has W (d_in, d_out), b of zeros, and gradients of zeros of the same shapes"""
    layer = student.Linear(3, 2, an_rng(rng))
    params = expect("layer.params", layer.params).keys("W", "b")
    params["W"].has_shape(3, 2).satisfies(np.all(fetch(layer.params)["W"] != 0), "some weights are zero.")
    params["b"].close_to(np.zeros(2))
    grads = expect("layer.grads", layer.grads).keys("W", "b")
    grads["W"].close_to(np.zeros((3, 2)))
    grads["b"].close_to(np.zeros(2))
    names = sorted(fetch(layer.params))
    expect("the names in layer.params", names).equals(["W", "b"])
    expect("the names in layer.grads", sorted(fetch(layer.grads))).equals(names)


def looks_normal(call, W, std):
    """A large matrix of independent normal numbers with mean 0 and this standard deviation."""
    W = expect(call, W).array((300, 200))
    spread = expect(f"the standard deviation of {call}", float(W.std()))
    spread.between(0.97 * std, 1.03 * std)
    expect(f"the mean of {call}", float(W.mean())).between(-0.03 * std, 0.03 * std)
    beyond = float(np.mean(np.abs(W) > 2 * std))
    words = "In a normal distribution one number in 22 is more than two standard deviations from the mean."
    expect(f"the share of large numbers in {call}", beyond).between(0.0395, 0.0515, words)
    distinct = len(np.unique(W)) > 50_000
    expect(call, W).satisfies(distinct, "many weights are equal. Is every entry drawn for itself?")


@points(1, of="Linear", needs="test_linear_layer_forward")
def test_linear_layer_xavier(student, rng):
    """Linear draws W from a normal distribution with std sqrt(2 / (d_in + d_out)) by default"""
    for options in ({}, {"init": "xavier"}):
        layer = student.Linear(300, 200, an_rng(rng), **options)
        looks_normal('layer.params["W"]', layer.params["W"], (2 / 500) ** 0.5)


@points(0.75, of="Linear", needs="test_linear_layer_forward")
def test_linear_layer_he(student, rng):
    """Linear(init='he') draws W from a normal distribution with std sqrt(2 / d_in)"""
    layer = student.Linear(300, 200, an_rng(rng), init="he")
    looks_normal('layer.params["W"]', layer.params["W"], (2 / 300) ** 0.5)
    expect('layer.params["b"]', layer.params["b"]).close_to(np.zeros(200))


@points(0.75, of="Linear", needs="test_linear_layer_forward")
def test_linear_layer_given_std(student, rng):
    """Linear(init=a float) draws W from a normal distribution with that standard deviation"""
    for std in (0.01, 2.5):
        layer = student.Linear(300, 200, an_rng(rng), init=std)
        looks_normal('layer.params["W"]', layer.params["W"], std)
        expect('layer.params["b"]', layer.params["b"]).close_to(np.zeros(200))


@points(0.5, of="Linear", needs="test_linear_layer_xavier")
def test_linear_layer_zeros(student, rng):
    """Linear(init='zeros') starts with a W of zeros"""
    layer = student.Linear(3, 4, an_rng(rng), init="zeros")
    expect('layer.params["W"]', layer.params["W"]).close_to(np.zeros((3, 4)))
    expect('layer.params["b"]', layer.params["b"]).close_to(np.zeros(4))


@in_worker
def layers_with_own_init(student, W):
    """What a callable init is given, and whether two layers share its array."""
    calls = []

    def init(shape, rng):
        calls.append((shape, rng))
        return W

    rng = np.random.default_rng(3)
    one, two = student.Linear(3, 2, rng, init=init), student.Linear(3, 2, rng, init=init)
    before = np.array(two.params["W"])
    one.params["W"][...] = 7.0
    return {
        "shape": [int(n) for n in calls[0][0]],
        "tuple": isinstance(calls[0][0], tuple),
        "rng": all(given is rng for _, given in calls),
        "W": before,
        "other": two.params["W"],
        "b": two.params["b"],
        "float32": student.Linear(3, 2, rng, init=init, dtype=np.float32).params["W"],
    }


@points(0.75, of="Linear", needs="test_linear_layer_forward")
def test_linear_layer_callable_init(student, rng):
    """Linear(init=callable) calls it with (d_in, d_out) and the rng, and keeps a copy"""
    W = rng.normal(size=(3, 2))
    seen = layers_with_own_init(student, W)
    shape = expect("the shape given to init", seen["shape"]).equals([3, 2])
    shape.satisfies(seen["tuple"], "it is not a tuple.")
    expect("init", seen["rng"]).satisfies(seen["rng"], "it was not given the rng of the layer.")
    expect('layer.params["W"]', seen["W"]).close_to(W)
    expect('layer.params["b"]', seen["b"]).close_to(np.zeros(2))
    hint = "Two layers share the array that init returned."
    expect('layer.params["W"] after a change in another layer', seen["other"]).close_to(W, hint=hint)
    expect('layer.params["W"] with dtype=np.float32', seen["float32"]).has_dtype(np.float32)


@in_worker
def build_with_wrong_shape(student, returned):
    """Must raise: what init returns does not fit."""
    student.Linear(3, 2, np.random.default_rng(0), init=lambda shape, rng: np.ones(returned))


@points(0.25, of="Linear", needs="test_linear_layer_callable_init")
def test_linear_layer_refuses_an_unknown_init(student, rng):
    """Linear raises ValueError for an init that it does not know or that has the wrong shape"""
    for name in ("xavier_uniform", "", "Zeros"):
        refuses("Linear with an unknown init", ValueError, student.Linear, 3, 2, an_rng(rng), init=name)
    for shape in ((2, 3), (2,), (1, 2), (3, 1), (6,), ()):
        call = f"Linear(3, 2, rng) with an init that returns the shape {shape}"
        refuses(call, ValueError, build_with_wrong_shape, student, shape)


@points(1, of="Linear", needs="test_linear_layer_xavier")
def test_linear_layer_draws_only_from_its_rng(student, rng):
    """Linear draws from the rng it is given and from nothing else"""

    def weights_of(options):
        def build(generator):
            seen = observe(student.Linear, 4, 3, generator, **options)
            return dataclasses.replace(seen, value=seen.value.params["W"])

        return build

    for options in ({}, {"init": "he"}, {"init": 0.5}):
        seed = int(rng.integers(2**31))
        battery.draws_only_from_its_rng("Linear(4, 3, rng)", weights_of(options), student, seed=seed)
    shared = an_rng(rng)
    one, two = student.Linear(4, 3, shared), student.Linear(4, 3, shared)
    differ = bool(np.all(one.params["W"] != two.params["W"]))
    words = "the second layer of one rng has the weights of the first. Pass the rng on; do not seed anew."
    expect("Linear(4, 3, rng)", one.params["W"]).satisfies(differ, words)


@points(1, of="Linear")
def test_linear_layer_without_bias(student, rng):
    """Linear(bias=False) has no 'b' and computes X W"""
    layer = student.Linear(3, 2, an_rng(rng), bias=False)
    W, X, dout = rng.normal(size=(3, 2)), rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    layer.params["W"] = W
    expect("layer.forward(x)", layer.forward(X)).close_to(scores_by_loops(X, W, np.zeros(2)))
    expect("layer.backward(dout)", layer.backward(dout)).close_to(np.einsum("nj,ij->ni", dout, W))
    expect('layer.grads["W"]', layer.grads["W"]).close_to(np.einsum("ni,nj->ij", X, dout))
    expect("the names in layer.params", sorted(fetch(layer.params))).equals(["W"])
    expect("the names in layer.grads", sorted(fetch(layer.grads))).equals(["W"])


# kinds of numbers --------------------------------------------------------------------------------------


@in_worker
def single_precision(student, inits, X, dout):
    """Everything a float32 layer holds and returns."""
    results = []
    for init in inits:
        layer = student.Linear(3, 2, np.random.default_rng(5), init=init, dtype=np.float32)
        out, dx = layer.forward(X), layer.backward(dout)
        W, b = np.array(layer.params["W"]), np.array(layer.params["b"])
        results.append((W, b, out, dx, np.array(layer.grads["W"]), np.array(layer.grads["b"])))
    return results


@in_worker
def without_bias(student, X):
    """The output of a float32 layer without a bias."""
    return student.Linear(3, 2, np.random.default_rng(5), bias=False, dtype=np.float32).forward(X)


@points(1, of="Linear")
def test_linear_layer_in_float32(student, rng):
    """Linear(dtype=np.float32) keeps everything in float32, whatever the dtype of x and dout"""
    X, dout = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    expect("the output of a float32 layer without a bias", without_bias(student, X)).has_dtype(np.float32)
    for kind in (np.float32, np.float64):
        built = single_precision(student, ["xavier", "he", "zeros", 0.5], X.astype(kind), dout.astype(kind))
        for W, b, out, dx, dW, db in built:
            for name, part in zip(
                ("W", "b", "output", "input gradient", "dW", "db"), (W, b, out, dx, dW, db)
            ):
                expect(f"{name} of a float32 layer", part).has_dtype(np.float32)
            near = {"rtol": 1e-5, "atol": 1e-5}
            expect("layer.forward(x)", out).close_to(scores_by_loops(X, W.astype(float), b), **near)
            expect("layer.backward(dout)", dx).close_to(np.einsum("nj,ij->ni", dout, W.astype(float)), **near)
            expect('layer.grads["W"]', dW).close_to(np.einsum("ni,nj->ij", X, dout), **near)
            expect('layer.grads["b"]', db).close_to(np.einsum("nj->j", dout), **near)


@points(0.5, of="Linear", needs=("test_linear_layer_forward", "test_linear_layer_input_gradient"))
def test_linear_layer_takes_any_kind_of_array(student, rng):
    """Linear takes integers, float32 and any memory layout; its output follows its parameters"""
    layer, W, b = linear(student, rng, 3, 2)
    X, dout = (rng.integers(-3, 4, size=s).astype(float) for s in ((4, 3), (4, 2)))
    battery.accepts_integers("layer.forward(x)", layer.forward, X)
    battery.accepts_any_layout("layer.forward(x)", layer.forward, X)
    out = expect("layer.forward(x) of a float32 x", layer.forward(X.astype(np.float32)))
    out.has_dtype(np.float64).close_to(scores_by_loops(X, W, b))
    layer.forward(X)
    dx = expect("layer.backward(dout) of a float32 dout", layer.backward(dout.astype(np.float32)))
    dx.has_dtype(np.float64)
    expect('layer.grads["W"]', layer.grads["W"]).has_dtype(np.float64)
    battery.accepts_integers("layer.backward(dout)", layer.backward, dout)
    battery.accepts_any_layout("layer.backward(dout)", layer.backward, dout)
