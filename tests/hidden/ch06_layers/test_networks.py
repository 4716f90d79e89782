"""Hidden tests of ch06: Sequential and count_parameters."""

import numpy as np

from grader import Rng, battery, expect, fetch, points


class Recorder:
    """A layer on our side: y = factor * x + shift, and a backward that is as easily told apart.

    Writes down each call in `diary`, which several recorders may share.
    """

    def __init__(self, name, diary, factor=1.0, shift=0.0):
        self.name, self.diary, self.factor, self.shift = name, diary, factor, shift
        self.params, self.grads, self.training = {}, {}, True

    def forward(self, x):
        self.diary.append(f"forward {self.name}")
        return self.factor * np.asarray(x) + self.shift

    def backward(self, dout):
        self.diary.append(f"backward {self.name}")
        return self.factor * np.asarray(dout) - self.shift

    def sublayers(self):
        return []

    def parameters(self):
        return []

    def zero_grad(self):
        self.diary.append(f"zero_grad {self.name}")

    def train(self):
        self.diary.append(f"train {self.name}")
        self.training = True

    def eval(self):
        self.diary.append(f"eval {self.name}")
        self.training = False


def an_rng(rng):
    """A generator for the student's code, another one in each test."""
    return Rng(int(rng.integers(2**31)))


def set_parameters(layer, W, b):
    """Our numbers in a Linear of the student's."""
    layer.params["W"] = W
    layer.params["b"] = b


def affine(x, W, b):
    """x W + b for a batch."""
    return np.einsum("ni,ij->nj", x, W) + b


# Sequential ----------------------------------------------------------------------------------------------------


@points(1, of="Sequential")
def test_sequential_forward_in_order(student, rng):
    """Sequential.forward hands each layer the output of the layer before it"""
    diary = []
    model = student.Sequential(
        *(Recorder(n, diary, f, s) for n, f, s in (("a", 2, 1), ("b", -3, 5), ("c", 0.5, -7)))
    )
    x = rng.normal(size=(4, 3))
    got = model.forward(x)
    expect("the calls of model.forward(x)", diary).equals(["forward a", "forward b", "forward c"])
    expect("model.forward(x)", got).close_to(0.5 * (-3 * (2 * x + 1) + 5) - 7)


@points(1.5, of="Sequential")
def test_sequential_backward_in_reverse(student, rng):
    """Sequential.backward goes through the layers from the last to the first, once"""
    diary = []
    model = student.Sequential(
        *(Recorder(n, diary, f, s) for n, f, s in (("a", 2, 1), ("b", -3, 5), ("c", 0.5, -7)))
    )
    dout = rng.normal(size=(4, 3))
    model.forward(rng.normal(size=(4, 3)))
    diary.clear()
    got = model.backward(dout)
    hint = "The layer that came last in forward comes first in backward."
    expect("the calls of model.backward(dout)", diary).equals(
        ["backward c", "backward b", "backward a"], hint=hint
    )
    expect("model.backward(dout)", got).close_to(2 * (-3 * (0.5 * dout + 7) - 5) - 1)


@points(2, of="Sequential")
def test_sequential_gradients_of_a_network(student, rng):
    """all gradients of Linear, Tanh, Linear in a Sequential are the numerical ones"""
    one, two = student.Linear(3, 4, an_rng(rng)), student.Linear(4, 2, an_rng(rng))
    W1, b1, W2, b2 = rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=(4, 2)), rng.normal(size=2)
    set_parameters(one, W1, b1)
    set_parameters(two, W2, b2)
    model = student.Sequential(one, student.Tanh(), two)
    x, dout = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))

    def network(x, W1, b1, W2, b2):
        return affine(np.tanh(affine(x, W1, b1)), W2, b2)

    expect("model.forward(x)", model.forward(x)).close_to(network(x, W1, b1, W2, b2))
    dx = expect("model.backward(dout)", model.backward(dout))
    dx.gradient(lambda v: network(v, W1, b1, W2, b2), at=x, dout=dout, batch=5)
    grad = expect("grads['W'] of the first layer", one.grads["W"])
    grad.gradient(lambda v: network(x, v, b1, W2, b2), at=W1, dout=dout, batch=5)
    grad = expect("grads['b'] of the first layer", one.grads["b"])
    grad.gradient(lambda v: network(x, W1, v, W2, b2), at=b1, dout=dout, batch=5)
    grad = expect("grads['W'] of the last layer", two.grads["W"])
    grad.gradient(lambda v: network(x, W1, b1, v, b2), at=W2, dout=dout, batch=5)
    grad = expect("grads['b'] of the last layer", two.grads["b"])
    grad.gradient(lambda v: network(x, W1, b1, W2, v), at=b2, dout=dout, batch=5)


ORDER = ("test_sequential_forward_in_order", "test_sequential_backward_in_reverse")


@points(0.5, of="Sequential", needs=ORDER)
def test_sequential_runs_as_often_as_asked(student, rng):
    """Sequential can go forward and back any number of times, and networks do not share layers"""
    diary, other = [], []
    model = student.Sequential(Recorder("a", diary, 2.0), Recorder("b", diary, 3.0))
    second = student.Sequential(Recorder("c", other, 5.0))
    x = rng.normal(size=(2, 3))
    for _ in range(2):
        expect("model.forward(x)", model.forward(x)).close_to(6 * x)
        expect("forward of a second network", second.forward(x)).close_to(5 * x)
        expect("model.backward(dout)", model.backward(x)).close_to(6 * x)
        expect("backward of a second network", second.backward(x)).close_to(5 * x)
    expect("the calls of a network", diary).equals(["forward a", "forward b", "backward b", "backward a"] * 2)
    empty = student.Sequential()
    expect("forward of an empty Sequential", empty.forward(x)).close_to(x)
    expect("backward of an empty Sequential", empty.backward(x)).close_to(x)


@points(1, of="Sequential")
def test_sequential_within_a_sequential(student, rng):
    """a Sequential can be a layer of another Sequential, at any depth"""
    diary = []
    a, b, c, d = (
        Recorder(n, diary, f, s) for n, f, s in (("a", 2, 1), ("b", -3, 5), ("c", 0.5, -7), ("d", 4, 2))
    )
    inner = student.Sequential(b, student.Sequential(c))
    model = student.Sequential(a, inner, d)
    x = rng.normal(size=(2, 3))
    got, back = model.forward(x), model.backward(x)
    forward = ["forward a", "forward b", "forward c", "forward d"]
    expect("the calls of a nested network", diary).equals(
        [*forward, "backward d", "backward c", "backward b", "backward a"]
    )
    expect("model.forward(x)", got).close_to(4 * (0.5 * (-3 * (2 * x + 1) + 5) - 7) + 2)
    expect("model.backward(dout)", back).close_to(2 * (-3 * (0.5 * (4 * x - 2) + 7) - 5) - 1)


def a_nested_network(student, rng):
    """(model, its three Linear layers, all its layers): Flatten, [Linear, Sigmoid, [Linear, Tanh]], ReLU, Linear."""
    linears = [student.Linear(i, o, an_rng(rng)) for i, o in ((6, 5), (5, 4), (4, 2))]
    deep_tanh, sigmoid, relu = student.Tanh(), student.Sigmoid(), student.LeakyReLU(0.1)
    deep = student.Sequential(linears[1], deep_tanh)
    inner = student.Sequential(linears[0], sigmoid, deep)
    flatten = student.Flatten()
    model = student.Sequential(flatten, inner, relu, linears[2])
    return (
        model,
        linears,
        [model, flatten, inner, linears[0], sigmoid, deep, linears[1], deep_tanh, relu, linears[2]],
    )


@points(1.5, of="Sequential")
def test_sequential_parameters(student, rng):
    """parameters() of a nested Sequential gives every W and b with its layer, in order, once"""
    model, linears, _ = a_nested_network(student, rng)
    pairs = expect("model.parameters()", model.parameters()).sequence(6)
    owners = []
    for pair in pairs:
        expect("a parameter", pair).unpack("the layer", "the name")
        owners.append(next((k for k, layer in enumerate(linears) if pair[0] == layer), None))
    hint = "The layers themselves, in the order of the network."
    expect("the layers in model.parameters()", owners).equals([0, 0, 1, 1, 2, 2], hint=hint)
    for k in (0, 2, 4):
        expect("the names of one layer", sorted(pair[1] for pair in pairs[k : k + 2])).equals(["W", "b"])
    expect("model.params", model.params).equals({})
    expect("parameters() of a network without any", student.Sequential(student.ReLU()).parameters()).sequence(
        0
    )


@points(1, of="Sequential")
def test_sequential_zero_grad(student, rng):
    """zero_grad() of a nested Sequential clears the gradients of every layer inside"""
    model, linears, _ = a_nested_network(student, rng)
    model.forward(rng.normal(size=(4, 2, 3)))
    model.backward(rng.normal(size=(4, 2)))
    for layer in linears:
        moved = np.any(fetch(layer.grads)["W"])
        expect("grads['W'] after backward", layer.grads["W"]).satisfies(moved, "all gradients are zero.")
    model.zero_grad()
    for layer in linears:
        for name in ("W", "b"):
            want = np.zeros(np.shape(layer.params[name]))
            expect(f"grads[{name!r}] after zero_grad of the network", layer.grads[name]).close_to(want)


@points(1, of="Sequential")
def test_sequential_train_and_eval(student, rng):
    """train() and eval() of a nested Sequential reach every layer inside, of any kind"""
    model, _, layers = a_nested_network(student, rng)
    diary = []
    spy = Recorder("spy", diary)
    whole = student.Sequential(model, spy)
    for change, flag in ((whole.eval, False), (whole.train, True), (whole.eval, False)):
        change()
        for layer in layers:
            call = f"training of a layer inside, after {'train' if flag else 'eval'}()"
            expect(call, layer.training).equals(flag)
        expect("training of a layer of the tester's", spy.training).equals(flag)


@points(0.5, of="Sequential")
def test_sequential_holds_the_layers_themselves(student, rng):
    """Sequential keeps the layers that it is given, not copies, in the list `layers`"""
    one, two = student.Linear(3, 2, an_rng(rng)), student.Tanh()
    model = student.Sequential(one, two)
    held = expect("model.layers", model.layers).sequence(2)
    expect("model.layers", held).satisfies(
        held[0] == one and held[1] == two, "it does not hold the layers given."
    )
    parts = expect("model.sublayers()", model.sublayers()).sequence(2)
    expect("model.sublayers()", parts).satisfies(
        parts[0] == one and parts[1] == two, "it gives other layers."
    )
    W, b, x = rng.normal(size=(3, 2)), rng.normal(size=2), rng.normal(size=(4, 3))
    set_parameters(one, W, b)
    got = expect("model.forward(x) after a change of a layer", model.forward(x))
    got.close_to(np.tanh(affine(x, W, b)))


@points(0.5, of="Sequential", needs="test_sequential_gradients_of_a_network")
def test_sequential_keeps_a_batch_of_one(student, rng):
    """a network of Linear and Sigmoid keeps its axes for one example, and changes neither x nor dout"""
    model = student.Sequential(
        student.Linear(4, 5, an_rng(rng)), student.Sigmoid(), student.Linear(5, 3, an_rng(rng))
    )
    x, dout = rng.normal(size=(1, 4)), rng.normal(size=(1, 3))
    battery.keeps_a_batch_of_one("model.forward(x)", model.forward, np.concatenate([x, -x]))
    battery.leaves_arguments_alone("model.forward(x)", model.forward, x)
    battery.leaves_arguments_alone("model.backward(dout)", model.backward, dout)
    expect("model.forward(x)", model.forward(x)).has_shape(1, 3)
    expect("model.backward(dout)", model.backward(dout)).has_shape(1, 4)


# count_parameters ----------------------------------------------------------------------------------------------


@points(1, of="count_parameters")
def test_count_parameters_of_one_layer(student, rng):
    """count_parameters counts the weights and biases of a Linear, zeros too, and parameters of any name"""
    for d_in, d_out in ((3, 2), (1, 1), (7, 5)):
        layer = student.Linear(d_in, d_out, an_rng(rng))
        expect("count_parameters(layer)", student.count_parameters(layer)).equals(d_in * d_out + d_out)
    layer = student.Linear(4, 3, an_rng(rng), bias=False)
    expect("count_parameters of a layer without bias", student.count_parameters(layer)).equals(12)
    layer = student.Linear(4, 3, an_rng(rng), init="zeros")
    expect("count_parameters of a layer of zeros", student.count_parameters(layer)).equals(15)
    layer = student.Layer()
    for name, shape in (("gamma", (2, 3, 2, 2)), ("beta", (3,))):
        layer.params[name], layer.grads[name] = np.ones(shape), np.ones(shape)
    expect("count_parameters of a layer with gamma and beta", student.count_parameters(layer)).equals(27)
    hint = "The model is not changed."
    expect('layer.grads["beta"] after count_parameters', layer.grads["beta"]).close_to(np.ones(3), hint=hint)
    expect("layer.training after count_parameters", layer.training).equals(True, hint=hint)


@points(1, of="count_parameters")
def test_count_parameters_of_a_network(student, rng):
    """count_parameters adds up all layers of a network, however deeply nested"""
    model, _, _ = a_nested_network(student, rng)
    want = (6 * 5 + 5) + (5 * 4 + 4) + (4 * 2 + 2)
    expect("count_parameters(model)", student.count_parameters(model)).equals(want)
    model = student.Sequential(
        student.Linear(4, 5, an_rng(rng)), student.Sigmoid(), student.Linear(5, 3, an_rng(rng))
    )
    expect("count_parameters of a 4-5-3 network", student.count_parameters(model)).equals(43)
    model = student.Sequential(student.Linear(3, 3, an_rng(rng)), student.Linear(3, 3, an_rng(rng)))
    expect("count_parameters of two equal layers", student.count_parameters(model)).equals(24)


@points(
    0.5,
    of="count_parameters",
    needs=("test_count_parameters_of_one_layer", "test_count_parameters_of_a_network"),
)
def test_count_parameters_of_a_network_without_any(student):
    """count_parameters is the whole number 0 for a network without parameters"""
    for model in (
        student.Sequential(),
        student.ReLU(),
        student.Sequential(student.Flatten(), student.Tanh()),
    ):
        expect("count_parameters(model)", student.count_parameters(model)).equals(0)
