"""The twelve checks of the benchmark, written for the fixture `student`."""

import numpy as np

from grader import expect, fetch, in_worker, points, student_gradient

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(4, 3))
Y = np.array([0, 2, 1, 1])
X, W, B = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=2)
DOUT = RNG.normal(size=(4, 2))


@points(1, of="sigmoid")
def test_sigmoid_values(student):
    """sigmoid of three numbers"""
    x = np.array([-1.0, 0.0, 2.0])
    expect("sigmoid(z)", student.sigmoid(x)).close_to([0.2689414213699951, 0.5, 0.8807970779778823])


@points(1, of="sigmoid")
def test_sigmoid_far_out(student):
    """sigmoid of -1000 and 1000"""
    expect("sigmoid(z)", student.sigmoid(np.array([-1000.0, 1000.0]))).close_to([0.0, 1.0], atol=1e-12)


@points(1, of="relu")
def test_relu_values(student):
    """relu of four numbers"""
    expect("relu(z)", student.relu(np.array([[-1.0, 0.0], [2.0, -3.0]]))).close_to([[0.0, 0.0], [2.0, 0.0]])


@points(1, of="softmax")
def test_softmax_rows(student):
    """softmax, row by row"""
    expect("softmax(z)", student.softmax(Z)).close_to(np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True))


@points(1, of="softmax")
def test_softmax_shift(student):
    """softmax does not care for a constant"""
    expect("softmax(z + 1000)", student.softmax(Z + 1000.0)).close_to(fetch(student.softmax(Z)))


@points(1, of="cross_entropy")
def test_cross_entropy_value(student):
    """the loss of four examples"""
    p = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    loss, _ = expect("cross_entropy(z, y)", student.cross_entropy(Z, Y)).unpack("loss", "dz")
    loss.close_to(-np.log(p[np.arange(4), Y]).mean())


@points(2, of="cross_entropy")
def test_cross_entropy_gradient(student):
    """its gradient, by central differences"""
    _, dz = expect("cross_entropy(z, y)", student.cross_entropy(Z, Y)).unpack("loss", "dz")
    dz.gradient(student_gradient(student.cross_entropy, (Z, Y), wrt=0, pick=0))


@points(1, of="linear_forward")
def test_linear_values(student):
    """X W + b"""
    expect("linear_forward(X, W, b)", student.linear_forward(X, W, B)).close_to(
        np.einsum("nd,dm->nm", X, W) + B
    )


@points(1, of="linear_backward")
def test_linear_gradient_of_x(student):
    """dX, by central differences"""
    dX, _, _ = expect("linear_backward", student.linear_backward(DOUT, X, W)).unpack("dX", "dW", "db")
    dX.gradient(student_gradient(student.linear_forward, (X, W, B), wrt=0, dout=DOUT))


@points(1, of="linear_backward")
def test_linear_gradient_of_w(student):
    """dW, by central differences"""
    _, dW, _ = expect("linear_backward", student.linear_backward(DOUT, X, W)).unpack("dX", "dW", "db")
    dW.gradient(student_gradient(student.linear_forward, (X, W, B), wrt=1, dout=DOUT))


@points(1, of="sgd_step")
def test_sgd_moves(student):
    """one step with gradients of one"""
    got = student.sgd_step([W, B], [np.ones_like(W), np.ones_like(B)], 0.1)
    new_w, new_b = expect("sgd_step", got).unpack("W", "b")
    new_w.close_to(W - 0.1)
    new_b.close_to(B - 0.1)


@in_worker
def trained(student, steps):
    import numpy as np

    rng = np.random.default_rng(3)
    x, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])
    params = [rng.normal(size=(2, 8)), np.zeros(8), rng.normal(size=(8, 2)), np.zeros(2)]
    for _ in range(steps):
        a = student.linear_forward(x, params[0], params[1])
        h = student.relu(a)
        _, dz = student.cross_entropy(student.linear_forward(h, params[2], params[3]), y)
        dh, dw2, db2 = student.linear_backward(dz, h, params[2])
        _, dw1, db1 = student.linear_backward(dh * (a > 0), x, params[0])
        params = student.sgd_step(params, [dw1, db1, dw2, db2], 0.1)
    return params


@points(4, of="sgd_step")
def test_xor_is_learned(student):
    """a 2-8-2 network trained with these functions solves XOR"""
    w1, b1, w2, b2 = expect("the trained parameters", trained(student, 2000)).unpack("W1", "b1", "W2", "b2")
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    h = np.maximum(x @ w1.array((2, 8)) + b1.array((8,)), 0)
    scores = h @ w2.array((8, 2)) + b2.array((2,))
    expect("its classes", scores.argmax(axis=1).tolist()).equals([0, 1, 1, 0])
