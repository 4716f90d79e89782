"""Hidden tests of ch12: the bonus, batch normalization."""

import math

import numpy as np

from grader import battery, expect, observe, points, refuses


def statistics(x):
    """Mean and variance of every column, one entry at a time; divided by N."""
    n, d = x.shape
    m = [sum(float(v) for v in x[:, j]) / n for j in range(d)]
    v = [sum((float(a) - m[j]) ** 2 for a in x[:, j]) / n for j in range(d)]
    return np.array(m), np.array(v)


def normalized(x, m, v, gamma, beta, eps):
    """The formula as written, one entry at a time."""
    out = np.zeros(x.shape)
    for n, d in np.ndindex(x.shape):
        out[n, d] = gamma[d] * (x[n, d] - m[d]) / math.sqrt(v[d] + eps) + beta[d]
    return out


def in_batch(x, gamma, beta, eps):
    """The output in training."""
    return normalized(x, *statistics(x), gamma, beta, eps)


def layer_of(student, rng, d, **options):
    """A BatchNorm1d with a gamma and a beta of ours, and these."""
    layer = student.BatchNorm1d(d, **options)
    gamma, beta = rng.uniform(0.5, 2, size=d), rng.normal(size=d)
    layer.params["gamma"] = gamma
    layer.params["beta"] = beta
    return layer, gamma, beta


@points(1.5, of="BatchNorm1d", bonus=True)
def test_norm_in_training(student, rng):
    """in training every column is normalized by its batch, then scaled by gamma and shifted by beta"""
    for n, d, options in ((6, 3, {}), (2, 1, {"eps": 0.3}), (5, 4, {"eps": 1e-3, "momentum": 0.5})):
        layer, gamma, beta = layer_of(student, rng, d, **options)
        for x in (3 * rng.normal(size=(n, d)) + 1, rng.normal(size=(n + 2, d))):
            want = in_batch(x, gamma, beta, options.get("eps", 1e-5))
            expect("layer.forward(x)", layer.forward(x)).close_to(want)


@points(1, of="BatchNorm1d", bonus=True, needs="test_norm_in_training")
def test_norm_keeps_running_statistics(student, rng):
    """each forward in training moves the running statistics by the share momentum, the variance with N - 1"""
    for momentum in (None, 0.3):
        layer = student.BatchNorm1d(3) if momentum is None else student.BatchNorm1d(3, momentum=momentum)
        share = momentum or 0.1
        m, v = np.zeros(3), np.ones(3)
        expect("layer.running_mean at first", layer.running_mean).close_to(m)
        expect("layer.running_var at first", layer.running_var).close_to(v)
        for n in (4, 2, 7):
            x = 2 * rng.normal(size=(n, 3)) + 1
            layer.forward(x)
            mean, var = statistics(x)
            m, v = (1 - share) * m + share * mean, (1 - share) * v + share * var * n / (n - 1)
            expect("layer.running_mean", layer.running_mean).close_to(m)
            expect("layer.running_var", layer.running_var).close_to(v, hint="N - 1 here, N in the batch.")


@points(1, of="BatchNorm1d", bonus=True, needs="test_norm_in_training")
def test_norm_outside_of_training(student, rng):
    """after eval() the running statistics are used, one row is enough, and nothing moves"""
    layer, gamma, beta = layer_of(student, rng, 3, eps=0.01)
    for _ in range(3):
        layer.forward(2 * rng.normal(size=(6, 3)) + 1)
    m, v = (expect("running statistics", s).array((3,)) for s in (layer.running_mean, layer.running_var))
    layer.eval()
    for n in (5, 1):
        x = rng.normal(size=(n, 3)) + 4
        expect("layer.forward(x) after eval()", layer.forward(x)).close_to(
            normalized(x, m, v, gamma, beta, 0.01)
        )
    expect("layer.running_mean", layer.running_mean).close_to(m, rtol=0, atol=0)
    expect("layer.running_var", layer.running_var).close_to(v, rtol=0, atol=0)


@points(1.5, of="BatchNorm1d", bonus=True)
def test_norm_backward_in_training(student, rng):
    """backward is the numerical gradient: mean and variance depend on every row"""
    for n, d, eps in ((5, 3, 1e-5), (2, 2, 0.1), (7, 1, 0.5)):
        layer, gamma, beta = layer_of(student, rng, d, eps=eps)
        x, dout = 2 * rng.normal(size=(n, d)) + 1, rng.normal(size=(n, d))
        layer.forward(x)
        dx = expect("layer.backward(dout)", layer.backward(dout))
        dx.gradient(lambda v, g=gamma, b=beta, e=eps: in_batch(v, g, b, e), at=x, dout=dout, batch=n)
        dgamma, dbeta = expect("layer.grads", layer.grads).keys("gamma", "beta").values()
        dgamma.gradient(lambda v, x=x, b=beta, e=eps: in_batch(x, v, b, e), at=gamma, dout=dout, batch=n)
        dbeta.gradient(lambda v, x=x, g=gamma, e=eps: in_batch(x, g, v, e), at=beta, dout=dout, batch=n)


@points(1, of="BatchNorm1d", bonus=True, needs="test_norm_backward_in_training")
def test_norm_backward_outside_of_training(student, rng):
    """after a forward in eval mode the statistics are constants, whatever mode is switched on afterwards"""
    layer, gamma, beta = layer_of(student, rng, 3, eps=0.01)
    x, dout = 2 * rng.normal(size=(6, 3)) + 1, rng.normal(size=(6, 3))
    layer.forward(x)
    layer.eval()
    got = expect("layer.backward(dout) of a forward in training", layer.backward(dout))
    got.gradient(lambda v: in_batch(v, gamma, beta, 0.01), at=x, dout=dout)
    m, v = (expect("running statistics", s).array((3,)) for s in (layer.running_mean, layer.running_var))
    layer.zero_grad()
    layer.forward(x)
    layer.train()
    got = expect("layer.backward(dout) of a forward in eval mode", layer.backward(dout))
    got.gradient(lambda u: normalized(u, m, v, gamma, beta, 0.01), at=x, dout=dout)
    got = expect('layer.grads["gamma"]', layer.grads["gamma"])
    got.gradient(lambda u: normalized(x, m, v, u, beta, 0.01), at=gamma, dout=dout)


@points(0.5, of="BatchNorm1d", bonus=True, needs="test_norm_backward_in_training")
def test_norm_adds_gradients_up(student, rng):
    """gradients of gamma and beta add up until zero_grad and belong to the last forward"""
    layer, _, _ = layer_of(student, rng, 3)
    x, dout = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    battery.accumulates_gradients("layer", layer, x, dout, ("gamma", "beta"))


@points(0.5, of="BatchNorm1d", bonus=True, needs=("test_norm_in_training", "test_norm_backward_in_training"))
def test_norms_share_nothing(student, rng):
    """two layers share neither parameters nor statistics nor what forward kept; x and dout are not changed"""
    (one, g1, b1), (two, g2, b2) = layer_of(student, rng, 2), layer_of(student, rng, 2)
    x1, x2, dout = rng.normal(size=(5, 2)), 1 + rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    one.forward(x1)
    seen = expect("layer.running_mean", one.running_mean).array((2,))
    two.forward(x2)
    expect("the first layer's running_mean", one.running_mean).close_to(seen)
    got = expect("the first layer's backward(dout)", one.backward(dout))
    got.gradient(lambda v: in_batch(v, g1, b1, 1e-5), at=x1, dout=dout)
    got = expect("the second layer's backward(dout)", two.backward(dout))
    got.gradient(lambda v: in_batch(v, g2, b2, 1e-5), at=x2, dout=dout)
    for name, method, value in (("forward(x)", one.forward, x1), ("backward(dout)", one.backward, dout)):
        seen = observe(method, value)
        call = expect(f"layer.{name}", seen.value)
        call.satisfies(
            not seen.modified and not seen.shares, "changed its argument, or returned memory of it."
        )


@points(0.5, of="BatchNorm1d", bonus=True, needs="test_norm_in_training")
def test_norm_of_a_constant_column(student, rng):
    """a constant column becomes beta, without nan, and a column far from zero is normalized as well"""
    layer, _, beta = layer_of(student, rng, 2)
    x = np.stack([np.full(5, 0.75), rng.normal(size=5)], axis=1)
    got = expect("layer.forward(x)", layer.forward(x)).array((5, 2))
    expect("the constant column of layer.forward(x)", got[:, 0]).close_to(np.full(5, beta[0]), atol=1e-6)
    layer, gamma, beta = layer_of(student, rng, 1)
    x = 1e6 + rng.normal(size=(6, 1))
    expect("layer.forward(x)", layer.forward(x)).close_to(
        in_batch(x, gamma, beta, 1e-5), rtol=1e-5, atol=1e-6
    )


@points(0.5, of="BatchNorm1d", bonus=True, needs=("test_norm_in_training", "test_norm_backward_in_training"))
def test_norm_refuses_what_does_not_fit(student, rng):
    """one row in training, other columns, and a dout of another shape are ValueErrors"""
    layer, _, _ = layer_of(student, rng, 3)
    for what, x in {
        "one row in training": np.ones((1, 3)),
        "too few columns": np.ones((4, 2)),
        "one column": np.ones((4, 1)),
        "one axis": np.ones(3),
        "three axes": np.ones((2, 4, 3)),
    }.items():
        refuses(f"layer.forward of an x with {what}", ValueError, layer.forward, x)
    layer.forward(rng.normal(size=(4, 3)))
    for shape in ((4, 1), (1, 3), (3,), (3, 4), (1, 4, 3)):
        refuses("layer.backward of a dout of another shape", ValueError, layer.backward, np.ones(shape))


@points(0.25, of="BatchNorm1d", bonus=True, needs="test_norm_in_training")
def test_norm_starts_with_its_parameters(student):
    """a new layer has gamma of ones, beta of zeros, gradients of zeros, and is in training"""
    layer = student.BatchNorm1d(3)
    params = expect("layer.params", layer.params).keys("gamma", "beta")
    params["gamma"].close_to(np.ones(3))
    params["beta"].close_to(np.zeros(3))
    for grad in expect("layer.grads", layer.grads).keys("gamma", "beta").values():
        grad.close_to(np.zeros(3))
    expect("layer.training", layer.training).equals(True)
    names = [expect("a pair of layer.parameters()", pair).sequence(2)[1] for pair in layer.parameters()]
    expect("the names in layer.parameters()", sorted(names)).equals(["beta", "gamma"])


@points(0.25, of="BatchNorm1d", bonus=True, needs=("test_norm_in_training", "test_norm_backward_in_training"))
def test_norm_is_float64(student, rng):
    """outputs and gradients are float64 for integers and float32 as well"""
    x = rng.integers(-4, 5, size=(6, 3)) + np.arange(6)[:, None]
    layer, gamma, beta = layer_of(student, rng, 3)
    for value in (x, x.astype(np.float32)):
        got = expect("layer.forward(x)", layer.forward(value)).has_dtype(np.float64)
        got.close_to(in_batch(x.astype(float), gamma, beta, 1e-5))
        expect("layer.backward(dout)", layer.backward(np.ones((6, 3), dtype=value.dtype))).has_dtype(
            np.float64
        )
