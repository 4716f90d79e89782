"""sigmoid, tanh, relu, leaky_relu: values, shapes, huge inputs, and good manners."""

import math

import numpy as np

from grader import battery, expect, in_worker, points

SHAPES = ((), (4,), (1, 5), (2, 3, 4))
HUGE = np.array([710.0, 746.0, 1000.0, 1e4, 1e300])
HUGE_FLOAT32 = np.array([89.0, 104.0, 1000.0, 1e4, 1e30], dtype=np.float32)


def entry_by_entry(f, z):
    """The formula as written, one number at a time."""
    z = np.asarray(z, dtype=np.float64)
    out = np.empty(z.shape)
    for i in np.ndindex(z.shape):
        out[i] = f(float(z[i]))
    return out


def logistic(t):
    return 1.0 / (1.0 + math.exp(-t))


def hyperbolic_tangent(t):
    return (math.exp(t) - math.exp(-t)) / (math.exp(t) + math.exp(-t))


def positive_part(t):
    return t if t > 0 else 0.0


def leaky(slope):
    return lambda t: t if t > 0 else slope * t


def mixed(rng, *shape):
    """Random numbers of both signs and several sizes, and never the same sorted order."""
    return rng.normal(size=shape) * rng.choice([0.1, 1.0, 6.0], size=shape)


def keeps_shapes(call, function, f, rng):
    for shape in SHAPES:
        z = np.asarray(mixed(rng, *shape))
        expect(f"{call} for z of shape {shape}", function(z)).close_to(entry_by_entry(f, z))


def both_signs(z):
    return np.concatenate([z, -z])


@in_worker
def a_result_and_what_is_left_of_it(student, name, z, other):
    function = getattr(student, name)
    result = function(z)
    before = np.array(result)
    function(other)
    return before, np.array(result)


def behaves(call, student, name, z):
    """B1, B12, and no buffer that the next call overwrites."""
    function = getattr(student, name)
    battery.leaves_arguments_alone(call, function, z)
    battery.returns_new_arrays(call, function, z)
    battery.returns_new_arrays(call, function, np.abs(z))
    before, after = a_result_and_what_is_left_of_it(student, name, z, z + 1.0)
    expect(call, after).satisfies(
        np.array_equal(before, after), "the next call changed the result of this one."
    )


def suits_any_array(call, function, z):
    """B2, B3, B5."""
    battery.accepts_any_layout(call, function, z)
    battery.keeps_float32(call, function, z)
    battery.accepts_integers(call, function, np.round(z))


# sigmoid ------------------------------------------------------------------------------------------


@points(2, of="sigmoid")
def test_sigmoid_matches_the_formula(student, rng):
    """sigmoid agrees with 1 / (1 + exp(-z)) on random and on evenly spaced inputs"""
    z = mixed(rng, 8, 5)
    expect("sigmoid(z)", student.sigmoid(z)).close_to(entry_by_entry(logistic, z))
    grid = np.linspace(-36, 36, 145)
    expect("sigmoid(z)", student.sigmoid(grid)).close_to(entry_by_entry(logistic, grid))


@points(0.5, of="sigmoid", needs="test_sigmoid_matches_the_formula")
def test_sigmoid_keeps_the_shape(student, rng):
    """sigmoid works entry by entry on arrays of any shape, a single number included"""
    keeps_shapes("sigmoid(z)", student.sigmoid, logistic, rng)


@points(1.5, of="sigmoid", needs="test_sigmoid_matches_the_formula")
def test_sigmoid_survives_huge_inputs(student, rng):
    """sigmoid gives exactly 1 and 0 far out, without overflow, in float64 and in float32"""
    z = rng.permutation(both_signs(np.concatenate([HUGE[2:], [1.0, 40.0]])))
    want = np.where(z > 0, 1.0, 0.0)
    near = np.abs(z) < 100
    want[near] = entry_by_entry(logistic, z[near])
    got = battery.stays_finite("sigmoid(z)", student.sigmoid, z)
    expect("sigmoid(z)", got).close_to(want, hint="At z = 1000 it is 1 and at z = -1000 it is 0.")
    far = expect("sigmoid(z)", got).array(z.shape)[np.abs(z) >= 1000]
    exact = np.array_equal(far, want[np.abs(z) >= 1000])
    expect("sigmoid(z)", got).satisfies(
        exact, "at 1000 and -1000 it is not exactly 1 and 0. Was something clipped?"
    )
    for edge in (HUGE, HUGE_FLOAT32):
        both = both_signs(edge)
        got = battery.stays_finite(f"sigmoid(z), z of dtype {edge.dtype}", student.sigmoid, both)
        expect("sigmoid(z)", got).close_to(np.repeat([1.0, 0.0], len(edge)).astype(edge.dtype))


@points(0.5, of="sigmoid", needs="test_sigmoid_matches_the_formula")
def test_sigmoid_keeps_the_digits_of_small_values(student):
    """sigmoid far on the left is exp(z), a small number and not 0"""
    z = np.array([-30.0, -37.5, -50.0, -100.0, -300.0, -700.0])
    want = entry_by_entry(math.exp, z)
    expect("sigmoid(z)", student.sigmoid(z)).close_to(
        want, rtol=1e-9, atol=0, hint="Does a difference of nearly equal numbers lose the digits?"
    )


@points(0.25, of="sigmoid", needs="test_sigmoid_matches_the_formula")
def test_sigmoid_behaves(student, rng):
    """sigmoid leaves its input alone and returns a new array"""
    behaves("sigmoid(z)", student, "sigmoid", mixed(rng, 3, 4))


@points(0.25, of="sigmoid", needs="test_sigmoid_matches_the_formula")
def test_sigmoid_suits_any_array(student, rng):
    """sigmoid takes integers and any memory layout, and keeps float32"""
    suits_any_array("sigmoid(z)", student.sigmoid, mixed(rng, 3, 4))


# tanh ---------------------------------------------------------------------------------------------


@points(1.25, of="tanh")
def test_tanh_matches_the_formula(student, rng):
    """tanh agrees with its formula on random and on evenly spaced inputs"""
    z = mixed(rng, 8, 5)
    expect("tanh(z)", student.tanh(z)).close_to(entry_by_entry(hyperbolic_tangent, z))
    grid = np.linspace(-18, 18, 145)
    expect("tanh(z)", student.tanh(grid)).close_to(entry_by_entry(hyperbolic_tangent, grid))


@points(0.5, of="tanh", needs="test_tanh_matches_the_formula")
def test_tanh_keeps_the_shape(student, rng):
    """tanh works entry by entry on arrays of any shape, a single number included"""
    keeps_shapes("tanh(z)", student.tanh, hyperbolic_tangent, rng)


@points(0.75, of="tanh", needs="test_tanh_matches_the_formula")
def test_tanh_survives_huge_inputs(student, rng):
    """tanh is 1 and -1 far out, without overflow and without nan, in float64 and in float32"""
    for edge in (HUGE, HUGE_FLOAT32):
        z = rng.permutation(both_signs(edge))
        got = battery.stays_finite(f"tanh(z), z of dtype {edge.dtype}", student.tanh, z)
        expect("tanh(z)", got).close_to(np.sign(z), hint="At z = 1000 it is 1, at z = -1000 it is -1.")
    exact = expect("tanh(z)", student.tanh(np.array([1000.0, -1000.0]))).array((2,))
    expect("tanh(z)", exact).satisfies(
        np.array_equal(exact, [1.0, -1.0]),
        "at 1000 and -1000 it is not exactly 1 and -1. Was something clipped?",
    )


@points(0.25, of="tanh", needs="test_tanh_matches_the_formula")
def test_tanh_behaves(student, rng):
    """tanh leaves its input alone and returns a new array"""
    behaves("tanh(z)", student, "tanh", mixed(rng, 3, 4))


@points(0.25, of="tanh", needs="test_tanh_matches_the_formula")
def test_tanh_suits_any_array(student, rng):
    """tanh takes integers and any memory layout, and keeps float32"""
    suits_any_array("tanh(z)", student.tanh, mixed(rng, 3, 4))


# relu ---------------------------------------------------------------------------------------------


@points(1.5, of="relu")
def test_relu_matches_the_formula(student, rng):
    """relu keeps what is positive and replaces the rest by 0, from tiny to huge numbers"""
    z = mixed(rng, 8, 5)
    z[2, 3] = 0.0
    expect("relu(z)", student.relu(z)).close_to(entry_by_entry(positive_part, z))
    sizes = both_signs(10.0 ** rng.permutation(np.arange(-300, 301, 60)))
    expect("relu(z)", student.relu(sizes)).close_to(entry_by_entry(positive_part, sizes), rtol=1e-12, atol=0)


@points(0.5, of="relu", needs="test_relu_matches_the_formula")
def test_relu_keeps_the_shape(student, rng):
    """relu works entry by entry on arrays of any shape, a single number included"""
    keeps_shapes("relu(z)", student.relu, positive_part, rng)


@points(0.5, of="relu", needs="test_relu_matches_the_formula")
def test_relu_silences_half_of_random_inputs(student, rng):
    """relu makes about half of standard normal inputs exactly 0, and no other"""
    z = rng.normal(size=(60, 50))
    a = expect("relu(z)", student.relu(z)).array(z.shape)
    share = float(np.mean(a == 0.0))
    expect("relu(z)", a).satisfies(
        0.45 <= share <= 0.55, f"{share:.0%} of the outputs are 0, about half should be."
    )
    expect("relu(z)", a).satisfies(np.array_equal(a == 0.0, z <= 0.0), "a wrong set of entries is 0.")


@points(0.25, of="relu", needs="test_relu_matches_the_formula")
def test_relu_behaves(student, rng):
    """relu leaves its input alone and returns a new array"""
    behaves("relu(z)", student, "relu", mixed(rng, 3, 4))


@points(0.25, of="relu", needs="test_relu_matches_the_formula")
def test_relu_suits_any_array(student, rng):
    """relu takes integers and any memory layout, and keeps float32"""
    suits_any_array("relu(z)", student.relu, mixed(rng, 3, 4))


# leaky_relu ---------------------------------------------------------------------------------------


@points(0.75, of="leaky_relu")
def test_leaky_relu_matches_the_formula(student, rng):
    """leaky_relu with its default slope agrees with the formula"""
    z = mixed(rng, 8, 5)
    z[2, 3] = 0.0
    expect("leaky_relu(z)", student.leaky_relu(z)).close_to(entry_by_entry(leaky(0.01), z))


@points(0.25, of="leaky_relu", needs="test_leaky_relu_matches_the_formula")
def test_leaky_relu_keeps_the_shape(student, rng):
    """leaky_relu works entry by entry on arrays of any shape, a single number included"""
    keeps_shapes("leaky_relu(z)", student.leaky_relu, leaky(0.01), rng)


@points(0.75, of="leaky_relu", needs="test_leaky_relu_matches_the_formula")
def test_leaky_relu_takes_the_slope_it_is_given(student, rng):
    """leaky_relu agrees with the formula for slopes from 0 to 1"""
    z = mixed(rng, 4, 5)
    for slope in (0.3, 0.0, 1.0, float(rng.uniform(0.1, 0.9))):
        got = student.leaky_relu(z, slope)
        expect("leaky_relu(z, slope)", got).close_to(entry_by_entry(leaky(slope), z))
        got = student.leaky_relu(z, slope=slope)
        expect("leaky_relu(z, slope=slope)", got).close_to(entry_by_entry(leaky(slope), z))


@points(0.75, of="leaky_relu", needs="test_leaky_relu_matches_the_formula")
def test_leaky_relu_takes_slopes_above_one(student, rng):
    """leaky_relu agrees with the formula for slopes above 1 and below 0"""
    z = mixed(rng, 4, 5)
    for slope in (2.5, 1.01, -0.5):
        expect("leaky_relu(z, slope)", student.leaky_relu(z, slope)).close_to(
            entry_by_entry(leaky(slope), z),
            hint="Which of z and slope * z is larger, if slope is not below 1?",
        )


@points(0.25, of="leaky_relu", needs="test_leaky_relu_matches_the_formula")
def test_leaky_relu_behaves(student, rng):
    """leaky_relu leaves its input alone and returns a new array"""
    z = mixed(rng, 3, 4)
    behaves("leaky_relu(z)", student, "leaky_relu", z)
    battery.returns_new_arrays("leaky_relu(z, slope)", student.leaky_relu, z, 1.0)


@points(0.25, of="leaky_relu", needs="test_leaky_relu_matches_the_formula")
def test_leaky_relu_suits_any_array(student, rng):
    """leaky_relu takes integers and any memory layout, and keeps float32"""
    suits_any_array("leaky_relu(z)", student.leaky_relu, mixed(rng, 3, 4))
