"""The twelve checks of the benchmark, as plain functions of a module: every rival runs these very ones.

Each takes the student's module and raises AssertionError (or whatever the student's code raises).
"""

import numpy as np

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(4, 3))
Y = np.array([0, 2, 1, 1])
X, W, B = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=2)
DOUT = RNG.normal(size=(4, 2))


def slope(f, x, h=1e-5):
    """Central differences of the number f(x), one entry after the other."""
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        grad[i] = (f(up) - f(down)) / (2 * h)
    return grad


def sigmoid_values(m):
    assert np.allclose(m.sigmoid(np.array([-1.0, 0.0, 2.0])), [0.2689414213699951, 0.5, 0.8807970779778823])


def sigmoid_far_out(m):
    assert np.allclose(m.sigmoid(np.array([-1000.0, 1000.0])), [0.0, 1.0])


def relu_values(m):
    assert np.array_equal(m.relu(np.array([[-1.0, 0.0], [2.0, -3.0]])), [[0.0, 0.0], [2.0, 0.0]])


def softmax_rows(m):
    assert np.allclose(m.softmax(Z), np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True))


def softmax_shift(m):
    assert np.allclose(m.softmax(Z + 1000.0), m.softmax(Z))


def cross_entropy_value(m):
    p = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    assert np.allclose(m.cross_entropy(Z, Y)[0], -np.log(p[np.arange(4), Y]).mean())


def cross_entropy_gradient(m):
    assert np.allclose(m.cross_entropy(Z, Y)[1], slope(lambda z: m.cross_entropy(z, Y)[0], Z), atol=1e-7)


def linear_values(m):
    assert np.allclose(m.linear_forward(X, W, B), np.einsum("nd,dm->nm", X, W) + B)


def linear_gradient_of_x(m):
    want = slope(lambda x: float((m.linear_forward(x, W, B) * DOUT).sum()), X)
    assert np.allclose(m.linear_backward(DOUT, X, W)[0], want, atol=1e-7)


def linear_gradient_of_w(m):
    want = slope(lambda w: float((m.linear_forward(X, w, B) * DOUT).sum()), W)
    assert np.allclose(m.linear_backward(DOUT, X, W)[1], want, atol=1e-7)


def sgd_moves(m):
    new = m.sgd_step([W, B], [np.ones_like(W), np.ones_like(B)], 0.1)
    assert np.allclose(new[0], W - 0.1) and np.allclose(new[1], B - 0.1)


def trained(m, steps=2000):
    """Parameters of a 2-8-2 network after training on XOR with the student's functions."""
    rng = np.random.default_rng(3)
    x, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])
    params = [rng.normal(size=(2, 8)), np.zeros(8), rng.normal(size=(8, 2)), np.zeros(2)]
    for _ in range(steps):
        a = m.linear_forward(x, params[0], params[1])
        h = m.relu(a)
        _, dz = m.cross_entropy(m.linear_forward(h, params[2], params[3]), y)
        dh, dw2, db2 = m.linear_backward(dz, h, params[2])
        _, dw1, db1 = m.linear_backward(dh * (a > 0), x, params[0])
        params = m.sgd_step(params, [dw1, db1, dw2, db2], 0.1)
    return params


def xor_is_learned(m):
    w1, b1, w2, b2 = (np.asarray(p) for p in trained(m))
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    assert (np.maximum(x @ w1 + b1, 0) @ w2 + b2).argmax(axis=1).tolist() == [0, 1, 1, 0]


POINTS = {
    sigmoid_values: 1, sigmoid_far_out: 1, relu_values: 1, softmax_rows: 1, softmax_shift: 1, cross_entropy_value: 1,
    cross_entropy_gradient: 2, linear_values: 1, linear_gradient_of_x: 1, linear_gradient_of_w: 1, sgd_moves: 1,
    xor_is_learned: 4,
}  # fmt: skip
EXERCISE = {
    "sigmoid": "sigmoid", "relu": "relu", "softmax": "softmax", "cross_entropy": "cross_entropy",
    "linear_values": "linear_forward", "linear_gradient": "linear_backward", "sgd": "sgd_step", "xor": "sgd_step",
}  # fmt: skip


def exercise_of(check):
    """The function that a check is about."""
    return next(e for start, e in EXERCISE.items() if check.__name__.startswith(start))
