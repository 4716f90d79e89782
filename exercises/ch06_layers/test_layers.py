"""Visible tests of chapter 06. Small fixed numbers that you can check by hand."""

import numpy as np

from grader import Rng, checks, expect, refuses

X = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]])  # (2, 3)
W = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]])  # (3, 2)
B = np.array([1.0, 0.0])  # (2,)
DOUT = np.array([[1.0, 0.0], [2.0, -1.0]])  # (2, 2)


def linear(student, weights, bias):
    """A Linear of yours with these numbers in it."""
    weights = np.array(weights, dtype=float)
    layer = student.Linear(*weights.shape, Rng(0))
    layer.params["W"] = weights
    layer.params["b"] = np.array(bias, dtype=float)
    return layer


@checks("linear_forward")
def test_forward_by_hand(student):
    """linear_forward of the example in the handout is [[8, 4], [4, 0]]"""
    expect("linear_forward(X, W, b)", student.linear_forward(X, W, B)).close_to([[8.0, 4.0], [4.0, 0.0]])


@checks("linear_forward")
def test_forward_of_cs231n(student):
    """linear_forward gives the numbers of the CS231n course for its evenly spaced inputs"""
    x = np.linspace(-0.1, 0.5, 240).reshape(2, 120)
    w, b = np.linspace(-0.2, 0.3, 360).reshape(120, 3), np.linspace(-0.3, 0.1, 3)
    got = expect("linear_forward(x, w, b)", student.linear_forward(x, w, b))
    got.close_to([[1.49834967, 1.70660132, 1.91485297], [3.25553199, 3.5141327, 3.77273342]], atol=1e-8)


@checks("linear_forward")
def test_forward_does_not_broadcast(student):
    """linear_forward refuses a b that fits only by broadcasting"""
    refuses("linear_forward(X, W, b) with b of shape (1,)", ValueError, student.linear_forward, X, W, B[:1])


@checks("linear_backward")
def test_backward_by_hand(student):
    """linear_backward of the example in the handout gives dX, dW and db"""
    got = expect("linear_backward(dout, X, W)", student.linear_backward(DOUT, X, W))
    dX, dW, db = got.unpack("dX", "dW", "db")
    dX.close_to([[1.0, 0.0, 3.0], [0.0, 1.0, 5.0]], batch=2)
    dW.close_to([[1.0, 0.0], [2.0, -1.0], [4.0, -1.0]], batch=2)
    db.close_to([3.0, -1.0], batch=2)


@checks("Layer")
def test_zero_grad_clears(student):
    """zero_grad() leaves zeros of the same shape"""
    layer = student.Layer()
    layer.params["W"] = np.ones((1, 2))
    layer.grads["W"] = np.array([[3.0, -4.0]])
    layer.zero_grad()
    expect('layer.grads["W"] after zero_grad', layer.grads["W"]).close_to([[0.0, 0.0]])


@checks("Layer")
def test_parameters_are_pairs(student):
    """parameters() gives a pair (layer, name) for each parameter"""
    layer = student.Layer()
    layer.params["b"] = np.zeros(2)
    pairs = expect("layer.parameters()", layer.parameters()).sequence(1)
    expect("the name in the pair", pairs[0][1]).equals("b")
    expect("the layer in the pair", pairs[0][0]).satisfies(
        pairs[0][0] == layer, "it is not the layer itself."
    )


@checks("Layer")
def test_eval_and_train(student):
    """eval() sets training to False, train() sets it to True again"""
    layer = student.Layer()
    layer.eval()
    expect("layer.training after eval()", layer.training).equals(False)
    layer.train()
    expect("layer.training after train()", layer.training).equals(True)


@checks("Linear")
def test_linear_layer_by_hand(student):
    """a Linear with the numbers of the handout goes forward and back as there"""
    layer = linear(student, W, B)
    expect("layer.forward(X)", layer.forward(X)).close_to([[8.0, 4.0], [4.0, 0.0]])
    expect("layer.backward(dout)", layer.backward(DOUT)).close_to([[1.0, 0.0, 3.0], [0.0, 1.0, 5.0]])
    expect('layer.grads["b"]', layer.grads["b"]).close_to([3.0, -1.0])


@checks("Linear")
def test_linear_layer_accumulates(student):
    """two backward calls give twice the gradient"""
    layer = linear(student, W, B)
    for _ in range(2):
        layer.forward(X)
        layer.backward(DOUT)
    got = expect('layer.grads["b"] after two backward calls', layer.grads["b"])
    got.close_to([6.0, -2.0], hint="Gradients add up until zero_grad is called.")


@checks("Linear")
def test_linear_layer_starts_small(student):
    """a new Linear has Xavier weights, a zero bias and zero gradients"""
    layer = student.Linear(100, 100, Rng(1))
    weights = expect('layer.params["W"]', layer.params["W"]).array((100, 100))
    spread = expect('the standard deviation of layer.params["W"]', float(weights.std()))
    spread.between(0.095, 0.105, "sqrt(2 / (100 + 100)) is 0.1.")
    expect('layer.params["b"]', layer.params["b"]).close_to(np.zeros(100))
    expect('layer.grads["W"]', layer.grads["W"]).close_to(np.zeros((100, 100)))


def forth_and_back(layer, x, out, dout, dx):
    """Compare one forward and one backward."""
    expect("layer.forward(x)", layer.forward(np.array(x))).close_to(out, atol=1e-8)
    expect("layer.backward(dout)", layer.backward(np.array(dout))).close_to(dx, atol=1e-8)


@checks("Sigmoid")
def test_sigmoid_layer(student):
    """Sigmoid at 0: value 0.5, derivative 0.25"""
    forth_and_back(student.Sigmoid(), [[0.0, 0.0]], [[0.5, 0.5]], [[4.0, -8.0]], [[1.0, -2.0]])


@checks("Tanh")
def test_tanh_layer(student):
    """Tanh at 0 and 1: values 0 and 0.7616, derivatives 1 and 0.42"""
    forth_and_back(student.Tanh(), [[0.0, 1.0]], [[0.0, 0.76159416]], [[2.0, 1.0]], [[2.0, 0.41997434]])


@checks("ReLU")
def test_relu_layer(student):
    """ReLU lets the gradient through where x was positive"""
    forth_and_back(
        student.ReLU(), [[-1.0, 0.0, 2.0]], [[0.0, 0.0, 2.0]], [[5.0, 5.0, -5.0]], [[0.0, 0.0, -5.0]]
    )


@checks("LeakyReLU")
def test_leaky_relu_layer(student):
    """LeakyReLU(0.5) halves values and gradients where x is negative"""
    forth_and_back(student.LeakyReLU(0.5), [[-2.0, 3.0]], [[-1.0, 3.0]], [[4.0, 4.0]], [[2.0, 4.0]])


@checks("Flatten")
def test_flatten_layer(student):
    """Flatten makes one row of each example and undoes it on the way back"""
    images = np.arange(8.0).reshape(2, 2, 2)
    rows = [[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]]
    forth_and_back(student.Flatten(), images, rows, rows, images)


@checks("Sequential")
def test_network_of_the_lecture(student):
    """the three layers of Li Hongyi's lecture turn (1, -1) into (0.62, 0.83) and (0, 0) into (0.51, 0.85)"""
    model = student.Sequential(
        linear(student, [[1, -1], [-2, 1]], [1, 0]),
        student.Sigmoid(),
        linear(student, [[2, -2], [-1, -1]], [0, 0]),
        student.Sigmoid(),
        linear(student, [[3, -1], [-1, 4]], [-2, 2]),
        student.Sigmoid(),
    )
    got = expect("model.forward(x)", model.forward(np.array([[1.0, -1.0], [0.0, 0.0]])))
    got.close_to([[0.62, 0.83], [0.51, 0.85]], atol=0.005)


@checks("Sequential")
def test_network_goes_back(student):
    """backward of LeakyReLU(0.5), Linear undoes them in the other order"""
    model = student.Sequential(student.LeakyReLU(0.5), linear(student, [[2], [3]], [1]))
    expect("model.forward(x)", model.forward(np.array([[-2.0, 1.0]]))).close_to([[2.0]])
    expect("model.backward(dout)", model.backward(np.array([[10.0]]))).close_to([[10.0, 30.0]])


@checks("Sequential")
def test_network_inside_a_network(student):
    """parameters() finds the W and b of a Linear two networks deep"""
    model = student.Sequential(student.Sequential(student.Sequential(linear(student, W, B)), student.Tanh()))
    pairs = expect("model.parameters()", model.parameters()).sequence(2)
    expect("the names in model.parameters()", sorted(name for _, name in pairs)).equals(["W", "b"])


@checks("two_layer_grads")
def test_two_layers_by_hand(student):
    """two_layer_grads of the example in the handout"""
    inputs, labels = np.array([[1.0], [3.0]]), np.array([0, 0])
    W1, b1, W2, b2 = np.zeros((1, 1)), np.zeros(1), np.array([[2.0, 0.0]]), np.array([-1.0, 0.0])
    got = student.two_layer_grads(inputs, labels, W1, b1, W2, b2)
    grads = expect("two_layer_grads(X, y, W1, b1, W2, b2)", got).keys("W1", "b1", "W2", "b2")
    grads["b2"].close_to([-0.5, 0.5], batch=2)
    grads["W2"].close_to([[-0.25, 0.25]], batch=2)
    grads["b1"].close_to([-0.25], batch=2)
    grads["W1"].close_to([[-0.5]], batch=2)


@checks("count_parameters")
def test_parameters_of_784_256_10(student):
    """a 784-256-10 network has 203530 parameters"""
    model = student.Sequential(
        student.Linear(784, 256, Rng(0)), student.ReLU(), student.Linear(256, 10, Rng(1))
    )
    expect("count_parameters(model)", student.count_parameters(model)).equals(203530)
