"""Hidden tests of relative_error and gradient_check."""

import math

import numpy as np

from grader import battery, expect, fetch, observe, points, refuses


def norm_by_loop(v):
    return math.sqrt(sum(float(entry) ** 2 for entry in np.ravel(v)))


def sum_of_squares(v):
    return np.sum(np.square(v))


def sum_of_cubes(v):
    return np.sum(np.power(v, 3))


# relative_error


@points(1, of="relative_error")
def test_relative_error_by_loops(student, rng):
    """agrees with the formula for any number of axes, and is a float"""
    for shape in ((5,), (3, 4), (2, 3, 2), ()):
        a, b = np.asarray(rng.normal(size=shape)), np.asarray(rng.normal(size=shape))
        expected = norm_by_loop(a - b) / (norm_by_loop(a) + norm_by_loop(b))
        call = expect(f"relative_error(a, b) for shape {shape}", student.relative_error(a, b))
        call.is_float().close_to(expected, rtol=1e-6)


@points(0.5, of="relative_error", needs="test_relative_error_by_loops")
def test_symmetric_and_without_a_unit(student, rng):
    """a and b may change places, and a common factor changes nothing"""
    a, b = rng.normal(size=6), rng.normal(size=6)
    error = expect("relative_error(a, b)", student.relative_error(a, b)).number()
    expect("relative_error(b, a)", student.relative_error(b, a)).close_to(error, rtol=1e-12)
    for factor in (1e6, 1e-5, -1.0):
        scaled = student.relative_error(factor * a, factor * b)
        call = expect("relative_error(c*a, c*b)", scaled)
        call.close_to(error, rtol=1e-5, hint="The common factor should cancel.")


@points(0.3, of="relative_error", needs="test_relative_error_by_loops")
def test_tiny_sizes(student):
    """tiny arrays are compared by their own size, and tiny differences count"""
    got = student.relative_error(np.array([1e-9, 0.0]), np.array([2e-9, 0.0]))
    call = expect("relative_error(a, b) for tiny a and b", got)
    call.close_to(1 / 3, rtol=0.01, hint="How large is what is added to the denominator, beside the norms?")
    near = student.relative_error(np.array([1.0, 0.0]), np.array([1.0 + 1e-9, 0.0]))
    expect("relative_error(a, b) for a and b that are nearly equal", near).close_to(5e-10, rtol=0.01, atol=0)


@points(0.4, of="relative_error", needs="test_relative_error_by_loops")
def test_zeros_and_equals(student, rng):
    """0.0 for two arrays of zeros and for equal ones; 1.0 against zeros and for opposite ones"""
    zeros, a = np.zeros((2, 2)), rng.normal(size=(2, 2))
    expect("relative_error of zeros and zeros", student.relative_error(zeros, zeros)).close_to(0.0, atol=0)
    expect("relative_error(a, a)", student.relative_error(a, a)).close_to(0.0, atol=0)
    expect("relative_error of a and zeros", student.relative_error(a, zeros)).close_to(1.0, rtol=1e-9)
    expect("relative_error(a, -a)", student.relative_error(a, -a)).close_to(1.0, rtol=1e-9)


@points(0.3, of="relative_error", needs="test_relative_error_by_loops")
def test_relative_error_refuses_other_shapes(student, rng):
    """arrays of different shapes are a ValueError, also where they would broadcast"""
    a = rng.normal(size=3)
    for b in (a.reshape(3, 1), a.reshape(1, 3), a[:1], np.asarray(a[0]), a[:2]):
        call = f"relative_error(a, b) for shapes (3,) and {b.shape}"
        refuses(call, ValueError, student.relative_error, a, b)


@points(0.2, of="relative_error", needs="test_relative_error_by_loops")
def test_relative_error_shows_nan(student):
    """a nan in either array makes the error nan"""
    right, broken = np.array([1.0, 2.0]), np.array([1.0, np.nan])
    for a, b in ((right, broken), (broken, right), (broken, broken)):
        error = fetch(student.relative_error(a, b))
        call = expect("relative_error(a, b) with a nan in it", error)
        call.satisfies(error is not None and np.isnan(error), "the nan is hidden.")


@points(0.3, of="relative_error", needs="test_relative_error_by_loops")
def test_relative_error_of_integers_and_layouts(student, rng):
    """integers do not wrap around, float32 is computed in float64, and the memory layout does not matter"""
    small = student.relative_error(np.array([1], dtype=np.uint8), np.array([2], dtype=np.uint8))
    expect("relative_error(a, b) of unsigned integers", small).close_to(1 / 3, rtol=1e-9)
    single = student.relative_error(np.array([1e30], dtype=np.float32), np.array([3e30], dtype=np.float32))
    call = expect("relative_error(a, b) of large float32 arrays", single)
    call.close_to(0.5, rtol=1e-6, hint="It is computed in float64.")
    a, b = (rng.integers(1, 9, size=(3, 2)).astype(float) for _ in range(2))
    battery.accepts_integers("relative_error(a, b)", student.relative_error, a, b)
    battery.accepts_any_layout("relative_error(a, b)", student.relative_error, a, b)


# gradient_check


def is_verdict(call, value, expected):
    """True or False itself (a numpy bool is one), nothing that merely counts as true."""
    expect(call, value).equals(expected)


@points(1, of="gradient_check")
def test_right_and_wrong_gradients(student, rng):
    """True for a right gradient; False for a wrong sign, factor, entry or order"""
    x, W = rng.uniform(1, 2, size=(2, 2)), rng.uniform(1, 2, size=(2, 2))
    W[0, 1] += 2.0  # so the gradient is not its own transpose

    def f(v):
        return np.sum(W * np.square(v)) + v[0, 0] * v[1, 1]

    right = 2 * W * x + np.array([[x[1, 1], 0.0], [0.0, x[0, 0]]])
    one_entry = right.copy()
    one_entry[1, 0] *= 1.001
    wrong = {
        "the wrong sign": -right,
        "twice the gradient": 2 * right,
        "one wrong entry": one_entry,
        "the transposed gradient": right.T,
        "zeros only": np.zeros((2, 2)),
    }
    is_verdict("gradient_check of a right gradient", student.gradient_check(f, x, right), True)
    for name, analytic in wrong.items():
        is_verdict(f"gradient_check of {name}", student.gradient_check(f, x, analytic), False)
    is_verdict("gradient_check of a right gradient, again", student.gradient_check(f, x, right), True)


@points(0.2, of="gradient_check", needs="test_right_and_wrong_gradients")
def test_an_error_of_exactly_tol_agrees(student):
    """an error of 0 is at most a tol of 0"""
    flat = student.gradient_check(lambda v: 3.0, np.array([1.0, 2.0]), np.zeros(2), tol=0.0)
    is_verdict("gradient_check with tol=0 of a constant function", flat, True)


@points(0.5, of="gradient_check", needs="test_right_and_wrong_gradients")
def test_another_shape_is_false(student):
    """a gradient of another shape than x is False, not an exception"""
    x = np.full(3, 0.5)
    for shape in ((3, 1), (1, 3), (1,), (6,), ()):
        analytic = np.full(shape, 1.0)  # each entry by itself is right
        got = student.gradient_check(sum_of_squares, x, analytic)
        is_verdict(f"gradient_check for x of shape (3,) and a gradient of shape {shape}", got, False)


@points(0.4, of="gradient_check", needs="test_right_and_wrong_gradients")
def test_nan_is_false(student, rng):
    """a nan or inf in the gradient, or a nan from f, is False"""
    x = rng.normal(size=3)
    x[1] = 0.0  # so 0 in place of the nan would be right
    right = 2 * x
    for bad in (np.nan, np.inf, -np.inf):
        broken = right.copy()
        broken[1] = bad
        got = student.gradient_check(sum_of_squares, x, broken)
        is_verdict("gradient_check of a gradient that is not finite", got, False)
    got = student.gradient_check(lambda v: math.nan, x, right)
    is_verdict("gradient_check with an f that returns nan", got, False)


@points(0.4, of="gradient_check", needs="test_right_and_wrong_gradients")
def test_uses_the_tolerance(student, rng):
    """tol decides: an error of 0.001 passes with tol=0.01 and not with tol=0.0001"""
    x = rng.uniform(1, 2, size=4)
    check, f = student.gradient_check, sum_of_squares
    off = 2 * x * (1 + 2e-3)  # its relative error is 2e-3 / (2 + 2e-3)
    is_verdict("gradient_check(f, x, analytic, tol=0.01)", check(f, x, off, tol=1e-2), True)
    is_verdict("gradient_check(f, x, analytic, tol=0.0001)", check(f, x, off, tol=1e-4), False)
    is_verdict("gradient_check with an error of 0.001", check(f, x, off), False)
    is_verdict("gradient_check with an error of 1e-7", check(f, x, 2 * x * (1 + 2e-7)), True)
    is_verdict("gradient_check with an error of 5e-6", check(f, x, 2 * x * (1 + 1e-5)), False)


@points(0.3, of="gradient_check", needs="test_right_and_wrong_gradients")
def test_check_uses_the_step_h(student, rng):
    """with a large h only 3*x**2 + h**2 agrees with the cubes"""
    x, h = rng.uniform(0.5, 1.5, size=3), 0.5
    check, f = student.gradient_check, sum_of_cubes
    is_verdict("gradient_check(f, x, analytic, h)", check(f, x, 3 * x * x + h * h, h=h), True)
    is_verdict("gradient_check(f, x, analytic, h) of the exact gradient", check(f, x, 3 * x * x, h=h), False)
    is_verdict("gradient_check(f, x, analytic) of the exact gradient", check(f, x, 3 * x * x), True)


@points(0.3, of="gradient_check", needs="test_right_and_wrong_gradients")
def test_judges_by_relative_size(student, rng):
    """tiny gradients are judged by their own size, tiny entries by the size of the gradient"""
    x = rng.uniform(1, 2, size=3)

    def tiny(v):
        return 1e-9 * sum_of_squares(v)

    is_verdict("gradient_check of a right tiny gradient", student.gradient_check(tiny, x, 2e-9 * x), True)
    is_verdict("gradient_check of a wrong tiny gradient", student.gradient_check(tiny, x, 4e-9 * x), False)
    mixed = np.array([1.5, 1e-7, 2e-7, 3e-7])  # of the last three slopes only four digits can be measured
    got = student.gradient_check(sum_of_squares, mixed, 2 * mixed)
    is_verdict("gradient_check of a right gradient with tiny entries", got, True)
    flat = student.gradient_check(lambda v: 3.0, x, np.zeros(3))
    is_verdict("gradient_check of zeros for a constant f", flat, True)


@points(0.1, of="gradient_check", needs="test_right_and_wrong_gradients")
def test_check_leaves_its_arguments_alone(student, rng):
    """x and the gradient are the same afterwards and may be read-only"""
    x, call = rng.normal(size=3), "gradient_check(f, x, analytic)"
    seen = observe(student.gradient_check, sum_of_squares, x, 2 * x)
    expect(call, seen.value).equals(True).satisfies(not seen.modified, "an argument was changed.")
    analytic = 2 * x
    for array in (x, analytic):
        array.flags.writeable = False
    is_verdict(f"{call} with read-only arrays", student.gradient_check(sum_of_squares, x, analytic), True)
