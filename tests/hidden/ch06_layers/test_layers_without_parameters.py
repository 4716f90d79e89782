"""Hidden tests of ch06: Sigmoid, Tanh, ReLU, LeakyReLU, Flatten."""

import numpy as np

from grader import battery, expect, points, refuses

F32 = np.float32


def logistic(z):
    """1 / (1 + exp(-z)), for moderate z."""
    return 1 / (1 + np.exp(-z))


def bent(slope):
    """z right of zero, slope * z left of it."""
    return lambda z: np.where(z > 0, z, slope * z)


def away_from_zero(rng, *shape):
    """Numbers between 0.1 and 2.5 in size, of both signs: no kink in reach of a finite difference."""
    return rng.uniform(0.1, 2.5, size=shape) * rng.choice([-1.0, 1.0], size=shape)


def check_passes(layer, f, rng):
    """forward is f, backward is its numerical gradient, for inputs of several shapes; there are no parameters."""
    for shape in ((4, 3), (1, 2), (2, 2, 2, 3), (3,)):
        x, dout = away_from_zero(rng, *shape), rng.normal(size=shape)
        expect("layer.forward(x)", layer.forward(x)).close_to(f(x))
        expect("layer.backward(dout)", layer.backward(dout)).gradient(f, at=x, dout=dout)
    expect("layer.params", layer.params).equals({})
    expect("layer.grads", layer.grads).equals({})


def check_memory(one, two, f, g, rng):
    """Each of two layers goes back through its own last forward, as often as asked; f and g are their functions."""
    x, z = away_from_zero(rng, 4, 3), away_from_zero(rng, 4, 3)
    dout = rng.normal(size=(4, 3))
    one.forward(z)
    one.forward(x[:2])
    one.forward(x)
    two.forward(x)
    two.forward(z)
    back = expect("backward of the first of two layers", one.backward(dout))
    back.gradient(f, at=x, dout=dout, hint="Each layer keeps its own last input or output, on self.")
    back = expect("backward of the second of two layers", two.backward(dout))
    back.gradient(g, at=z, dout=dout, hint="Each layer keeps its own last input or output, on self.")
    expect("backward called again", one.backward(2 * dout)).gradient(f, at=x, dout=2 * dout)


def check_manners(layer, rng):
    """Arguments stay as they are, a dout of another shape is refused."""
    x, dout = away_from_zero(rng, 3, 2), rng.normal(size=(3, 2))
    battery.leaves_arguments_alone("layer.forward(x)", layer.forward, x)
    battery.returns_new_arrays("layer.forward(x)", layer.forward, np.abs(x))
    battery.returns_new_arrays("layer.forward(x)", layer.forward, x)
    battery.leaves_arguments_alone("layer.backward(dout)", layer.backward, dout)
    battery.returns_new_arrays("layer.backward(dout)", layer.backward, dout)
    for what, wrong in {
        "one row": dout[:1],
        "one column": dout[:, :1],
        "one axis": dout[0],
        "three axes": dout[None],
    }.items():
        refuses(f"layer.backward of a dout with {what}", ValueError, layer.backward, wrong)


def check_kinds(layer, rng):
    """float32 stays, integers and memory layouts do not matter."""
    x, dout = away_from_zero(rng, 3, 2), rng.normal(size=(3, 2))
    battery.accepts_any_layout("layer.forward(x)", layer.forward, x)
    battery.accepts_integers(
        "layer.forward(x)", layer.forward, rng.integers(-3, 4, size=(3, 2)).astype(float)
    )
    exact, exact_back = layer.forward(x), layer.backward(dout)
    expect("layer.forward(x)", exact).has_dtype(np.float64)
    expect("layer.backward(dout)", exact_back).has_dtype(np.float64)
    single = expect("layer.forward(x) of a float32 x", layer.forward(x.astype(F32)))
    single.has_dtype(F32).close_to(exact, rtol=1e-5, atol=1e-6)
    single = expect("layer.backward(dout) of a float32 dout", layer.backward(dout.astype(F32)))
    single.has_dtype(F32).close_to(exact_back, rtol=1e-5, atol=1e-5)


# Sigmoid -------------------------------------------------------------------------------------------------------


@points(1, of="Sigmoid")
def test_sigmoid_layer_passes(student, rng):
    """Sigmoid goes forward by the formula and back by the numerical gradient, for any shape"""
    check_passes(student.Sigmoid(), logistic, rng)


@points(1, of="Sigmoid", needs="test_sigmoid_layer_passes")
def test_sigmoid_layer_memory(student, rng):
    """each Sigmoid goes back through its own last forward"""
    check_memory(student.Sigmoid(), student.Sigmoid(), logistic, logistic, rng)


@points(0.5, of="Sigmoid", needs="test_sigmoid_layer_passes")
def test_sigmoid_layer_manners(student, rng):
    """Sigmoid changes no argument, returns new arrays and refuses a dout of another shape"""
    check_manners(student.Sigmoid(), rng)


@points(0.25, of="Sigmoid", needs="test_sigmoid_layer_passes")
def test_sigmoid_layer_kinds(student, rng):
    """Sigmoid keeps float32 and takes integers and any memory layout"""
    check_kinds(student.Sigmoid(), rng)


# Tanh ----------------------------------------------------------------------------------------------------------


@points(1, of="Tanh")
def test_tanh_layer_passes(student, rng):
    """Tanh goes forward by the formula and back by the numerical gradient, for any shape"""
    check_passes(student.Tanh(), np.tanh, rng)


@points(1, of="Tanh", needs="test_tanh_layer_passes")
def test_tanh_layer_memory(student, rng):
    """each Tanh goes back through its own last forward"""
    check_memory(student.Tanh(), student.Tanh(), np.tanh, np.tanh, rng)


@points(0.5, of="Tanh", needs="test_tanh_layer_passes")
def test_tanh_layer_manners(student, rng):
    """Tanh changes no argument, returns new arrays and refuses a dout of another shape"""
    check_manners(student.Tanh(), rng)


@points(0.25, of="Tanh", needs="test_tanh_layer_passes")
def test_tanh_layer_kinds(student, rng):
    """Tanh keeps float32 and takes integers and any memory layout"""
    check_kinds(student.Tanh(), rng)


# ReLU ----------------------------------------------------------------------------------------------------------


@points(1, of="ReLU")
def test_relu_layer_passes(student, rng):
    """ReLU goes forward by the formula and back by the numerical gradient, for any shape"""
    check_passes(student.ReLU(), bent(0.0), rng)


@points(0.25, of="ReLU", needs="test_relu_layer_passes")
def test_relu_layer_at_zero(student, rng):
    """ReLU has the derivative 0 at x = 0"""
    layer, dout = student.ReLU(), away_from_zero(rng, 1, 4)
    layer.forward(np.array([[0.0, 1.0, -0.0, -1.0]]))
    expect("layer.backward(dout)", layer.backward(dout)).close_to(dout * [0.0, 1.0, 0.0, 0.0])


@points(1, of="ReLU", needs="test_relu_layer_passes")
def test_relu_layer_memory(student, rng):
    """each ReLU goes back through its own last forward"""
    check_memory(student.ReLU(), student.ReLU(), bent(0.0), bent(0.0), rng)


@points(0.5, of="ReLU", needs="test_relu_layer_passes")
def test_relu_layer_manners(student, rng):
    """ReLU changes no argument, returns new arrays and refuses a dout of another shape"""
    check_manners(student.ReLU(), rng)


@points(0.25, of="ReLU", needs="test_relu_layer_passes")
def test_relu_layer_kinds(student, rng):
    """ReLU keeps float32 and takes integers and any memory layout"""
    check_kinds(student.ReLU(), rng)


# LeakyReLU -----------------------------------------------------------------------------------------------------


@points(1, of="LeakyReLU")
def test_leaky_relu_layer_passes(student, rng):
    """LeakyReLU goes forward by the formula and back by the numerical gradient, for any shape"""
    check_passes(student.LeakyReLU(), bent(0.01), rng)


@points(0.5, of="LeakyReLU", needs="test_leaky_relu_layer_passes")
def test_leaky_relu_layer_slopes(student, rng):
    """LeakyReLU uses the slope it was made with, in both directions; at x = 0 the derivative is slope"""
    for slope in (0.3, 0.0, 1.0, 1.5, -0.5):
        check_passes(student.LeakyReLU(slope=slope), bent(slope), rng)
        layer, dout = student.LeakyReLU(slope), away_from_zero(rng, 1, 4)
        layer.forward(np.array([[0.0, 1.0, -0.0, -1.0]]))
        got = expect("layer.backward(dout)", layer.backward(dout))
        got.close_to(dout * [slope, 1.0, slope, slope])


@points(1, of="LeakyReLU", needs="test_leaky_relu_layer_passes")
def test_leaky_relu_layer_memory(student, rng):
    """each LeakyReLU has its own slope and goes back through its own last forward"""
    one, two = student.LeakyReLU(0.2), student.LeakyReLU(0.7)
    check_memory(one, two, bent(0.2), bent(0.7), rng)


@points(0.5, of="LeakyReLU", needs="test_leaky_relu_layer_passes")
def test_leaky_relu_layer_manners(student, rng):
    """LeakyReLU changes no argument, returns new arrays and refuses a dout of another shape"""
    check_manners(student.LeakyReLU(0.2), rng)


@points(0.25, of="LeakyReLU", needs="test_leaky_relu_layer_passes")
def test_leaky_relu_layer_kinds(student, rng):
    """LeakyReLU keeps float32 and takes integers and any memory layout"""
    check_kinds(student.LeakyReLU(0.2), rng)


# Flatten -------------------------------------------------------------------------------------------------------


def rows_by_loops(x):
    """Each example's entries in the order of their indices, last axis fastest."""
    return np.array([[example[i] for i in np.ndindex(example.shape)] for example in x])


@points(1, of="Flatten")
def test_flatten_forward(student, rng):
    """Flatten puts the entries of each example into one row, last axis fastest"""
    layer = student.Flatten()
    for shape in ((2, 3, 4, 2), (3, 2, 2, 3), (1, 2, 3), (4, 3), (5, 1)):
        x = rng.normal(size=shape)
        expect("layer.forward(x)", layer.forward(x)).close_to(rows_by_loops(x))
    expect("layer.params", layer.params).equals({})
    expect("layer.grads", layer.grads).equals({})


@points(1, of="Flatten")
def test_flatten_backward(student, rng):
    """Flatten.backward puts every entry of dout back at its place"""
    layer = student.Flatten()
    for shape in ((2, 3, 4, 2), (3, 2, 2, 3), (1, 2, 3), (4, 3)):
        x = rng.normal(size=shape)
        layer.forward(rng.normal(size=(2, 5, 1)))
        expect("layer.forward(x)", layer.forward(x)).close_to(rows_by_loops(x))
        dout = rng.normal(size=(len(x), x[0].size))
        want = np.zeros(shape)
        for n in range(len(x)):
            for d, place in enumerate(np.ndindex(x[n].shape)):
                want[(n, *place)] = dout[n, d]
        expect("layer.backward(dout)", layer.backward(dout)).close_to(want)


@points(0.75, of="Flatten", needs=("test_flatten_forward", "test_flatten_backward"))
def test_flatten_memory(student, rng):
    """each Flatten remembers the shape of its own last input"""
    one, two = student.Flatten(), student.Flatten()
    one.forward(rng.normal(size=(2, 4, 3)))
    one.forward(rng.normal(size=(2, 3, 4)))
    two.forward(rng.normal(size=(2, 6, 2)))
    dout = rng.normal(size=(2, 12))
    hint = "Each layer keeps its own shape, on self."
    got = expect("backward of the first of two layers", one.backward(dout))
    got.close_to([[list(row[k : k + 4]) for k in (0, 4, 8)] for row in dout], hint=hint)
    got = expect("backward of the second of two layers", two.backward(dout))
    got.close_to([[list(row[k : k + 2]) for k in range(0, 12, 2)] for row in dout], hint=hint)


@points(0.5, of="Flatten", needs=("test_flatten_forward", "test_flatten_backward"))
def test_flatten_manners(student, rng):
    """Flatten changes no argument and refuses a dout of another shape, even one of the right size"""
    layer, x, dout = student.Flatten(), rng.normal(size=(3, 2, 2)), rng.normal(size=(3, 4))
    battery.leaves_arguments_alone("layer.forward(x)", layer.forward, x)
    battery.leaves_arguments_alone("layer.backward(dout)", layer.backward, dout)
    for what, wrong in {
        "its axes exchanged": dout.T,
        "one axis": dout.ravel(),
        "three axes": dout[None],
        "the shape of x": dout.reshape(3, 2, 2),
        "one row": dout[:1],
    }.items():
        refuses(f"layer.backward of a dout with {what}", ValueError, layer.backward, wrong)


@points(0.25, of="Flatten", needs=("test_flatten_forward", "test_flatten_backward"))
def test_flatten_kinds(student, rng):
    """Flatten keeps the dtype and does not look at the memory layout"""
    layer, x, dout = student.Flatten(), rng.normal(size=(3, 2, 2)), rng.normal(size=(3, 4))
    battery.accepts_any_layout("layer.forward(x)", layer.forward, x)
    battery.accepts_any_layout("layer.backward(dout)", layer.backward, dout)
    for kind in (np.float64, F32):
        expect("layer.forward(x)", layer.forward(x.astype(kind))).has_dtype(kind)
        expect("layer.backward(dout)", layer.backward(dout.astype(kind))).has_dtype(kind)
    whole = expect("layer.forward(x) of an integer x", layer.forward(np.arange(8).reshape(2, 2, 2)))
    whole.equals(np.arange(8).reshape(2, 4))
