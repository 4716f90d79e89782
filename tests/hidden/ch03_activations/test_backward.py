"""The four backward functions: finite differences, entries by hand, kinks, and good manners."""

import numpy as np

from grader import battery, expect, in_worker, points, refuses

SHAPES = ((), (4,), (1, 5), (2, 3, 4))


def logistic(z):
    return 1.0 / (1.0 + np.exp(-z))


def leaky(slope):
    return lambda z: np.where(z > 0, z, slope * z)


def away_from_zero(rng, *shape):
    """Random numbers of both signs with |z| >= 0.1: no kink within reach of a finite difference."""
    return rng.choice([-1.0, 1.0], size=shape) * (0.1 + np.abs(rng.normal(size=shape)))


@in_worker
def a_result_and_what_is_left_of_it(student, name, dout, saved, other):
    function = getattr(student, name)
    result = function(dout, saved)
    before = np.array(result)
    function(other, saved)
    return before, np.array(result)


def behaves(call, student, name, dout, saved):
    """B1, B12, and no buffer that the next call overwrites."""
    function = getattr(student, name)
    battery.leaves_arguments_alone(call, function, dout, saved)
    battery.returns_new_arrays(call, function, dout, saved)
    battery.returns_new_arrays(call, function, dout, np.abs(saved))
    battery.returns_new_arrays(call, function, dout, 0 * saved)
    before, after = a_result_and_what_is_left_of_it(student, name, dout, saved, dout + 1.0)
    expect(call, after).satisfies(
        np.array_equal(before, after), "the next call changed the result of this one."
    )


def suits_any_array(call, function, dout, saved):
    """B2, B3, B5."""
    battery.accepts_any_layout(call, function, dout, saved)
    battery.keeps_float32(call, function, dout, saved)
    battery.accepts_integers(call, function, np.round(3 * dout), np.round(saved))


def keeps_shapes(call, function, local, saved, rng):
    """The local derivative times dout, for arrays of several shapes cut from `saved`."""
    for shape in SHAPES:
        inside = saved.reshape(-1)[: int(np.prod(shape))].reshape(shape)
        dout = np.asarray(rng.normal(size=shape))
        want = dout * np.array([local(v) for v in inside.reshape(-1)]).reshape(shape)
        expect(f"{call} for shape {shape}", function(dout, inside)).close_to(want, upstream=dout)


def refuses_other_shapes(call, function, rng):
    """B10: (N,) with (N, 1) must not become (N, N), and a row must not be repeated."""
    column = rng.uniform(0.2, 0.8, size=(3, 1))
    refuses(f"{call} with shapes (3,) and (3, 1)", ValueError, function, column[:, 0], column)
    refuses(f"{call} with shapes (2, 3) and (3,)", ValueError, function, np.ones((2, 3)), column[:, 0])


# sigmoid_backward ---------------------------------------------------------------------------------


@points(1.25, of="sigmoid_backward")
def test_sigmoid_backward_agrees_with_finite_differences(student, rng):
    """sigmoid_backward agrees with finite differences at 200 points"""
    z, dout = 3.0 * rng.normal(size=(20, 10)), rng.normal(size=(20, 10))
    got = student.sigmoid_backward(dout, logistic(z))
    expect("sigmoid_backward(dout, a)", got).gradient(logistic, at=z, dout=dout)


@points(1.25, of="sigmoid_backward")
def test_sigmoid_backward_by_hand(student):
    """sigmoid_backward is right entry by entry, where it saturates as well"""
    a = np.array([[0.5, 0.25, 0.9], [0.1, 0.0, 1.0]])
    dout = np.array([[1.0, -8.0, 0.0], [-100.0, 3.0, -3.0]])
    want = [[0.25, -1.5, 0.0], [-9.0, 0.0, 0.0]]
    expect("sigmoid_backward(dout, a)", student.sigmoid_backward(dout, a)).close_to(want, upstream=dout)
    tiny = np.array([1e-30, 1e-12])
    got = student.sigmoid_backward(np.array([1e30, -1e12]), tiny)
    expect("sigmoid_backward(dout, a)", got).close_to([1.0, -1.0])


@points(0.25, of="sigmoid_backward", needs="test_sigmoid_backward_agrees_with_finite_differences")
def test_sigmoid_backward_keeps_the_shape(student, rng):
    """sigmoid_backward works entry by entry on arrays of any shape"""
    a = rng.uniform(0.05, 0.95, size=24)
    keeps_shapes("sigmoid_backward(dout, a)", student.sigmoid_backward, lambda v: v - v * v, a, rng)


@points(0.25, of="sigmoid_backward", needs="test_sigmoid_backward_agrees_with_finite_differences")
def test_sigmoid_backward_refuses_other_shapes(student, rng):
    """sigmoid_backward refuses a dout of another shape"""
    refuses_other_shapes("sigmoid_backward(dout, a)", student.sigmoid_backward, rng)


@points(0.25, of="sigmoid_backward", needs="test_sigmoid_backward_agrees_with_finite_differences")
def test_sigmoid_backward_behaves(student, rng):
    """sigmoid_backward leaves dout and a alone and returns a new array"""
    dout, a = rng.normal(size=(3, 4)), rng.uniform(0.1, 0.9, size=(3, 4))
    behaves("sigmoid_backward(dout, a)", student, "sigmoid_backward", dout, a)


@points(0.25, of="sigmoid_backward", needs="test_sigmoid_backward_agrees_with_finite_differences")
def test_sigmoid_backward_suits_any_array(student, rng):
    """sigmoid_backward takes integers and any memory layout, and keeps float32"""
    dout, a = rng.normal(size=(3, 4)), rng.uniform(0.1, 0.9, size=(3, 4))
    suits_any_array("sigmoid_backward(dout, a)", student.sigmoid_backward, dout, a)


# tanh_backward ------------------------------------------------------------------------------------


@points(1.25, of="tanh_backward")
def test_tanh_backward_agrees_with_finite_differences(student, rng):
    """tanh_backward agrees with finite differences at 200 points"""
    z, dout = 1.5 * rng.normal(size=(20, 10)), rng.normal(size=(20, 10))
    got = student.tanh_backward(dout, np.tanh(z))
    expect("tanh_backward(dout, a)", got).gradient(np.tanh, at=z, dout=dout)


@points(1.25, of="tanh_backward")
def test_tanh_backward_by_hand(student):
    """tanh_backward is right entry by entry, where it saturates as well"""
    a = np.array([[0.0, 0.5, -0.5], [0.8, 1.0, -1.0]])
    dout = np.array([[-7.0, 4.0, 4.0], [-100.0, 3.0, -3.0]])
    want = [[-7.0, 3.0, 3.0], [-36.0, 0.0, 0.0]]
    expect("tanh_backward(dout, a)", student.tanh_backward(dout, a)).close_to(want, upstream=dout)


@points(0.25, of="tanh_backward", needs="test_tanh_backward_agrees_with_finite_differences")
def test_tanh_backward_keeps_the_shape(student, rng):
    """tanh_backward works entry by entry on arrays of any shape"""
    a = rng.uniform(-0.95, 0.95, size=24)
    keeps_shapes("tanh_backward(dout, a)", student.tanh_backward, lambda v: (1 - v) * (1 + v), a, rng)


@points(0.25, of="tanh_backward", needs="test_tanh_backward_agrees_with_finite_differences")
def test_tanh_backward_refuses_other_shapes(student, rng):
    """tanh_backward refuses a dout of another shape"""
    refuses_other_shapes("tanh_backward(dout, a)", student.tanh_backward, rng)


@points(0.25, of="tanh_backward", needs="test_tanh_backward_agrees_with_finite_differences")
def test_tanh_backward_behaves(student, rng):
    """tanh_backward leaves dout and a alone and returns a new array"""
    dout, a = rng.normal(size=(3, 4)), rng.uniform(-0.9, 0.9, size=(3, 4))
    behaves("tanh_backward(dout, a)", student, "tanh_backward", dout, a)


@points(0.25, of="tanh_backward", needs="test_tanh_backward_agrees_with_finite_differences")
def test_tanh_backward_suits_any_array(student, rng):
    """tanh_backward takes integers and any memory layout, and keeps float32"""
    dout, a = rng.normal(size=(3, 4)), rng.uniform(-0.9, 0.9, size=(3, 4))
    suits_any_array("tanh_backward(dout, a)", student.tanh_backward, dout, a)


# relu_backward ------------------------------------------------------------------------------------


@points(1, of="relu_backward")
def test_relu_backward_agrees_with_finite_differences(student, rng):
    """relu_backward agrees with finite differences at 200 points away from the kink"""
    z, dout = away_from_zero(rng, 20, 10), rng.normal(size=(20, 10))
    got = student.relu_backward(dout, z)
    expect("relu_backward(dout, z)", got).gradient(lambda z: np.maximum(z, 0), at=z, dout=dout)


@points(0.75, of="relu_backward")
def test_relu_backward_by_hand(student):
    """relu_backward lets dout of either sign pass where z is positive, however small z is"""
    z = np.array([[2.0, -2.0, 1e-300], [-1e-300, 1e300, -1e300]])
    dout = np.array([[-3.0, -4.0, -5.0], [6.0, 7.0, 8.0]])
    want = [[-3.0, 0.0, -5.0], [0.0, 7.0, 0.0]]
    expect("relu_backward(dout, z)", student.relu_backward(dout, z)).close_to(
        want, upstream=dout, hint="It is the input z that decides, not dout."
    )


@points(0.5, of="relu_backward", needs="test_relu_backward_agrees_with_finite_differences")
def test_relu_backward_is_zero_at_the_kink(student, rng):
    """relu_backward takes the derivative 0 at z = 0"""
    z, dout = away_from_zero(rng, 3, 4), rng.normal(size=(3, 4))
    z[0, 1], z[1, 2], z[2, 0] = 0.0, 0.0, -0.0
    want = np.where(z > 0, dout, 0.0)
    expect("relu_backward(dout, z)", student.relu_backward(dout, z)).close_to(
        want, hint="What does the docstring say of z = 0?"
    )


@points(0.25, of="relu_backward", needs="test_relu_backward_agrees_with_finite_differences")
def test_relu_backward_keeps_the_shape(student, rng):
    """relu_backward works entry by entry on arrays of any shape"""
    z = away_from_zero(rng, 24)
    keeps_shapes("relu_backward(dout, z)", student.relu_backward, lambda v: float(v > 0), z, rng)


@points(0.25, of="relu_backward", needs="test_relu_backward_agrees_with_finite_differences")
def test_relu_backward_refuses_other_shapes(student, rng):
    """relu_backward refuses a dout of another shape"""
    refuses_other_shapes("relu_backward(dout, z)", student.relu_backward, rng)


@points(0.5, of="relu_backward", needs="test_relu_backward_agrees_with_finite_differences")
def test_relu_backward_behaves(student, rng):
    """relu_backward leaves dout and z alone and returns a new array"""
    dout, z = rng.normal(size=(3, 4)), away_from_zero(rng, 3, 4)
    behaves("relu_backward(dout, z)", student, "relu_backward", dout, z)


@points(0.25, of="relu_backward", needs="test_relu_backward_agrees_with_finite_differences")
def test_relu_backward_suits_any_array(student, rng):
    """relu_backward takes integers and any memory layout, and keeps float32"""
    dout, z = rng.normal(size=(3, 4)), away_from_zero(rng, 3, 4)
    suits_any_array("relu_backward(dout, z)", student.relu_backward, dout, z)


# leaky_relu_backward ------------------------------------------------------------------------------


@points(1, of="leaky_relu_backward")
def test_leaky_relu_backward_agrees_with_finite_differences(student, rng):
    """leaky_relu_backward with its default slope agrees with finite differences at 200 points"""
    z, dout = away_from_zero(rng, 20, 10), rng.normal(size=(20, 10))
    got = student.leaky_relu_backward(dout, z)
    expect("leaky_relu_backward(dout, z)", got).gradient(leaky(0.01), at=z, dout=dout)
    want = [[-3.0, 0.06], [-0.05, 7.0]]  # entries by hand: the norm above hardly sees the small side
    got = student.leaky_relu_backward(
        np.array([[-3.0, 6.0], [-5.0, 7.0]]), np.array([[2.0, -2.0], [-1e-300, 1e300]])
    )
    expect("leaky_relu_backward(dout, z)", got).close_to(want)


@points(0.75, of="leaky_relu_backward", needs="test_leaky_relu_backward_agrees_with_finite_differences")
def test_leaky_relu_backward_takes_any_slope(student, rng):
    """leaky_relu_backward agrees with finite differences for slopes from below 0 to above 1"""
    z, dout = away_from_zero(rng, 4, 5), rng.normal(size=(4, 5))
    for slope in (0.3, 0.0, 1.0, 2.5, -0.5):
        got = student.leaky_relu_backward(dout, z, slope)
        expect("leaky_relu_backward(dout, z, slope)", got).gradient(leaky(slope), at=z, dout=dout)
        got = student.leaky_relu_backward(dout, z, slope=slope)
        expect("leaky_relu_backward(dout, z, slope=slope)", got).gradient(leaky(slope), at=z, dout=dout)


@points(0.5, of="leaky_relu_backward", needs="test_leaky_relu_backward_agrees_with_finite_differences")
def test_leaky_relu_backward_is_the_slope_at_the_kink(student, rng):
    """leaky_relu_backward takes the derivative slope at z = 0"""
    z, dout = away_from_zero(rng, 3, 4), rng.normal(size=(3, 4))
    z[0, 1], z[1, 2], z[2, 0] = 0.0, 0.0, -0.0
    for slope in (0.2, 3.0):
        want = np.where(z > 0, 1.0, slope) * dout
        got = student.leaky_relu_backward(dout, z, slope)
        expect("leaky_relu_backward(dout, z, slope)", got).close_to(
            want, hint="What does the docstring say of z = 0?"
        )


@points(0.25, of="leaky_relu_backward", needs="test_leaky_relu_backward_agrees_with_finite_differences")
def test_leaky_relu_backward_keeps_the_shape(student, rng):
    """leaky_relu_backward works entry by entry on arrays of any shape"""
    z = away_from_zero(rng, 24)
    call = "leaky_relu_backward(dout, z)"
    keeps_shapes(call, student.leaky_relu_backward, lambda v: 1.0 if v > 0 else 0.01, z, rng)


@points(0.25, of="leaky_relu_backward", needs="test_leaky_relu_backward_agrees_with_finite_differences")
def test_leaky_relu_backward_refuses_other_shapes(student, rng):
    """leaky_relu_backward refuses a dout of another shape"""
    refuses_other_shapes("leaky_relu_backward(dout, z)", student.leaky_relu_backward, rng)


@points(0.5, of="leaky_relu_backward", needs="test_leaky_relu_backward_agrees_with_finite_differences")
def test_leaky_relu_backward_behaves(student, rng):
    """leaky_relu_backward leaves dout and z alone and returns a new array"""
    dout, z = rng.normal(size=(3, 4)), away_from_zero(rng, 3, 4)
    behaves("leaky_relu_backward(dout, z)", student, "leaky_relu_backward", dout, z)
    battery.returns_new_arrays(
        "leaky_relu_backward(dout, z, slope)", student.leaky_relu_backward, dout, z, 1.0
    )


@points(0.25, of="leaky_relu_backward", needs="test_leaky_relu_backward_agrees_with_finite_differences")
def test_leaky_relu_backward_suits_any_array(student, rng):
    """leaky_relu_backward takes integers and any memory layout, and keeps float32"""
    dout, z = rng.normal(size=(3, 4)), away_from_zero(rng, 3, 4)
    suits_any_array("leaky_relu_backward(dout, z)", student.leaky_relu_backward, dout, z)
