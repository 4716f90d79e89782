"""Hidden tests of numerical_gradient and numerical_gradient_array."""

import math

import numpy as np

from grader import battery, expect, in_worker, points, refuses

# Central differences with h = 1e-5 of a sum of 50 sines are off by 1.6e-10 at most (200 seeds); one-sided ones
# by 5e-6, those with h = 1e-3 by 1.6e-7 and with h = 1e-8 by 1.6e-8 at least. The bound lies between.
CENTRAL = 1e-8


def sum_of_sines(v):
    return np.sum(np.sin(v))


def sum_of_squares(v):
    return np.sum(np.square(v))


def sum_of_cubes(v):
    return np.sum(np.power(v, 3))


def form(v, B):
    """sum over i, j of B[i, j] * v[i] * v[j], with the entries of v counted in reading order."""
    flat = np.ravel(v)
    return float(flat @ B @ flat)


def slope_of_form(x, B):
    """Its gradient by the product rule, one entry at a time."""
    flat = x.ravel()
    places = range(flat.size)
    return np.array([sum((B[k, j] + B[j, k]) * flat[j] for j in places) for k in places]).reshape(x.shape)


# numerical_gradient


@points(1.5, of="numerical_gradient")
def test_sines_to_eight_digits(student, rng):
    """the gradient of a sum of sines is right to 1e-8 at 50 points"""
    x = rng.uniform(-3, 3, size=50)
    call = expect("numerical_gradient(f, x)", student.numerical_gradient(sum_of_sines, x))
    call.close_to([math.cos(v) for v in x], rtol=0, atol=CENTRAL, hint="Look at the formula and at the step.")


@points(1, of="numerical_gradient")
def test_entries_that_act_on_each_other(student, rng):
    """the gradient is right when f mixes all entries of a matrix"""
    x, B = rng.normal(size=(2, 3)), rng.normal(size=(6, 6))
    got = student.numerical_gradient(lambda v: form(v, B), x)
    expect("numerical_gradient(f, x)", got).close_to(slope_of_form(x, B), atol=1e-7)


@points(1, of="numerical_gradient")
def test_uses_the_step_h(student, rng):
    """with a large h the cubes show the exact central difference 3*x**2 + h**2"""
    x = rng.uniform(-2, 2, size=4)
    for h in (0.5, 0.125):
        expected = [3 * v * v + h * h for v in x]
        third = student.numerical_gradient(sum_of_cubes, x, h)
        expect("numerical_gradient(f, x, h)", third).close_to(expected, rtol=1e-9)
        named = student.numerical_gradient(sum_of_cubes, x, h=h)
        expect("numerical_gradient(f, x, h=h)", named).close_to(expected, rtol=1e-9)


@points(0.5, of="numerical_gradient", needs="test_sines_to_eight_digits")
def test_any_number_of_axes(student, rng):
    """x may have no axis, one or three, and the gradient has its shape"""
    for shape in ((), (1,), (3, 1), (2, 1, 3)):
        x = np.asarray(rng.uniform(0.5, 2, size=shape))
        weights = np.asarray(rng.normal(size=shape))
        got = student.numerical_gradient(lambda v, w=weights: np.sum(w * np.square(v)), x)
        call = expect(f"numerical_gradient(f, x) for x of shape {shape}", got)
        call.close_to(2 * weights * x, atol=1e-8)


@in_worker
def slope_of_the_argument(student, x):
    """Of f(v) = v without axes: a 0-d array, the very memory that f was given."""
    return student.numerical_gradient(lambda v: v, x)


@points(0.5, of="numerical_gradient", needs="test_sines_to_eight_digits")
def test_every_kind_of_number(student, rng):
    """f may return a Python float, a numpy scalar or a 0-d array"""
    x = rng.normal(size=3)
    kinds = {"a Python float": float, "a numpy scalar": np.float64, "a 0-d array": np.array}
    for name, kind in kinds.items():
        got = student.numerical_gradient(lambda v, kind=kind: kind(sum_of_cubes(v)), x)
        call = expect(f"numerical_gradient(f, x) with an f that returns {name}", got)
        call.close_to(3 * x**2, atol=1e-8)
    own = slope_of_the_argument(student, np.array(rng.normal()))
    call = expect("numerical_gradient(f, x) with an f that returns its own 0-d argument", own)
    call.close_to(1.0, atol=1e-8, hint="Does one output change when the next is computed?")


@points(0.5, of="numerical_gradient", needs="test_sines_to_eight_digits")
def test_moves_one_entry_at_a_time(student, rng):
    """f sees float64 arrays of the shape of x with one entry moved, by 1e-5 unless h is given"""
    x, seen = rng.uniform(1, 2, size=(2, 2)), []

    def spy(v):
        seen.append(np.array(v))
        return sum_of_squares(v)

    call = expect("numerical_gradient(f, x)", student.numerical_gradient(spy, x))
    call.close_to(2 * x, atol=1e-8)
    call.satisfies(all(v.shape == x.shape for v in seen), "f was given an array of another shape than x.")
    call.satisfies(all(v.dtype == np.float64 for v in seen), "f was given something else than float64.")
    steps = [v - x for v in seen]
    alone = all(np.count_nonzero(step) <= 1 for step in steps)
    call.satisfies(alone, "f was given an array with two moved entries. Is each entry put back?")
    sizes = [np.abs(step).max() for step in steps if step.any()]
    call.satisfies(np.allclose(sizes, 1e-5, rtol=1e-4, atol=0), "the step is not 1e-5 when no h is given.")


@points(0.4, of="numerical_gradient", needs="test_sines_to_eight_digits")
def test_leaves_x_alone(student, rng):
    """x is the same afterwards, bit for bit, and may be read-only"""
    x = np.concatenate([[0.1, 1 / 3], rng.normal(size=4)])
    battery.leaves_arguments_alone("numerical_gradient(f, x)", student.numerical_gradient, sum_of_cubes, x)


@in_worker
def after_f_raised(student, x, calls_that_work):
    """What came out of the call, and x after it."""
    calls = []

    def f(v):
        calls.append(len(calls))
        if len(calls) > calls_that_work:
            raise ZeroDivisionError("f gave up")
        return float(np.sum(v))

    try:
        student.numerical_gradient(f, x)
    except ZeroDivisionError:
        return True, x
    return False, x


@in_worker
def gradient_while_f_looks_at_x(student, x):
    """Of f(v) = sum(v * x), with the caller's own x."""
    return student.numerical_gradient(lambda v: np.sum(v * x), x)


@points(0.4, of="numerical_gradient", needs="test_sines_to_eight_digits")
def test_x_stays_whatever_f_does(student, rng):
    """x is not changed while f runs, nor left changed when f raises"""
    x = rng.normal(size=4)
    got = gradient_while_f_looks_at_x(student, x)
    looking = expect("numerical_gradient(f, x) with an f that looks at x", got)
    looking.close_to(x, atol=1e-8, hint="Did the caller's x move while f ran?")
    for calls_that_work in (0, 3):
        raised, after = after_f_raised(student, x, calls_that_work)
        raising = expect("numerical_gradient(f, x) with an f that raises", raised)
        raising.satisfies(raised is True, "the exception of f should be passed on.")
        expect("x after f raised", after).close_to(x, rtol=0, atol=0)


@points(0.5, of="numerical_gradient", needs="test_sines_to_eight_digits")
def test_refuses_an_f_that_returns_an_array(student, rng):
    """an f that returns several numbers is a ValueError"""
    x = rng.normal(size=(2, 2))
    for shape, f in {"(2, 2)": np.sin, "(2,)": lambda v: np.sum(v, axis=1)}.items():
        call = f"numerical_gradient(f, x) with f(x) of shape {shape}"
        refuses(call, ValueError, student.numerical_gradient, f, x)


@points(0.3, of="numerical_gradient", needs="test_sines_to_eight_digits")
def test_integers_are_not_rounded(student, rng):
    """x of integers: the steps are taken in float64, and so is the result"""
    threes = student.numerical_gradient(sum_of_squares, np.array([3, 3]))
    expect("numerical_gradient(f, x) with integer x", threes).close_to([6.0, 6.0], atol=1e-8)
    whole = rng.integers(-5, 6, size=(2, 2)).astype(float)
    battery.accepts_integers("numerical_gradient(f, x)", student.numerical_gradient, sum_of_cubes, whole)


@points(0.2, of="numerical_gradient", needs="test_sines_to_eight_digits")
def test_float32_is_measured_in_float64(student, rng):
    """x of float32: the steps are taken in float64, and so is the result"""
    x = rng.uniform(-3, 3, size=5).astype(np.float32)
    call = expect("numerical_gradient(f, x) with float32 x", student.numerical_gradient(sum_of_sines, x))
    call.close_to([math.cos(v) for v in x], rtol=0, atol=CENTRAL).has_dtype(np.float64)


@points(0.2, of="numerical_gradient", needs="test_sines_to_eight_digits")
def test_memory_layout_of_x(student, rng):
    """strided, flipped, Fortran-ordered and broadcast x give the gradient of the same values"""
    x = rng.normal(size=(2, 3))
    battery.accepts_any_layout("numerical_gradient(f, x)", student.numerical_gradient, sum_of_sines, x)


# numerical_gradient_array


def sines_of_sums(v, A):
    """out[k] = sin(sum over i of A[k, i] * v[i]), with the entries of v counted in reading order."""
    return np.sin(A @ np.ravel(v))


def slope_of_sines(x, A, dout):
    """The gradient of sum over k of dout[k] * out[k] by the chain rule, one entry at a time."""
    flat, rows = x.ravel(), range(len(dout))
    inner = [sum(A[k, i] * flat[i] for i in range(flat.size)) for k in rows]
    slopes = [sum(dout[k] * math.cos(inner[k]) * A[k, i] for k in rows) for i in range(flat.size)]
    return np.array(slopes).reshape(x.shape)


@points(1.5, of="numerical_gradient_array")
def test_array_output_of_another_shape(student, rng):
    """the gradient of sum(f(x) * dout) is right for an f from (2, 3) to (4,)"""
    x, A, dout = rng.normal(size=(2, 3)), rng.normal(size=(4, 6)), rng.normal(size=4)
    got = student.numerical_gradient_array(lambda v: sines_of_sums(v, A), x, dout)
    call = expect("numerical_gradient_array(f, x, dout)", got)
    call.close_to(slope_of_sines(x, A, dout), rtol=0, atol=CENTRAL)


@points(0.75, of="numerical_gradient_array")
def test_array_version_uses_h(student, rng):
    """with a large h the cubes show dout * (3*x**2 + h**2)"""
    x, dout = rng.uniform(-2, 2, size=(2, 2)), rng.normal(size=(2, 2))
    for h in (0.5, 0.125):
        got = student.numerical_gradient_array(lambda v: np.power(v, 3), x, dout, h=h)
        expect("numerical_gradient_array(f, x, dout, h)", got).close_to(dout * (3 * x * x + h * h), rtol=1e-9)


@points(0.4, of="numerical_gradient_array", needs="test_array_output_of_another_shape")
def test_array_version_with_any_number_of_axes(student, rng):
    """x and f(x) may have no axis or three"""
    W = rng.normal(size=(2, 1, 3))
    call = "numerical_gradient_array(f, x, dout)"
    x, dout = np.array(0.7), rng.normal(size=(2, 1, 3))
    got = student.numerical_gradient_array(lambda v: W * np.square(v), x, dout)
    expect(f"{call} for 0-d x", got).close_to(2 * 0.7 * np.sum(W * dout), atol=1e-8)
    x, dout = rng.normal(size=(2, 1, 3)), np.array(-1.5)
    got = student.numerical_gradient_array(lambda v: np.sum(W * np.square(v)), x, dout)
    expect(f"{call} for 0-d f(x)", got).close_to(-3 * W * x, atol=1e-8)


@in_worker
def gradients_of_views(student, x, dout):
    """Of the identity, a reshape and a transpose, which hand back the memory they were given."""
    return [
        student.numerical_gradient_array(lambda v: v, x, dout),
        student.numerical_gradient_array(lambda v: v.reshape(-1), x, dout.reshape(-1)),
        student.numerical_gradient_array(lambda v: v.T, x, dout.T),
    ]


@points(0.4, of="numerical_gradient_array", needs="test_array_output_of_another_shape")
def test_f_may_return_its_own_argument(student, rng):
    """the identity, a reshape and a transpose have the gradient dout"""
    x, dout = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    names = ("the identity", "a reshape", "a transpose")
    for name, got in zip(names, gradients_of_views(student, x, dout), strict=True):
        call = expect(f"numerical_gradient_array(f, x, dout) of {name}", got)
        call.close_to(dout, atol=1e-8, hint="Does one output change when the next is computed?")


@points(0.4, of="numerical_gradient_array", needs="test_array_output_of_another_shape")
def test_refuses_another_shape_of_dout(student, rng):
    """dout of another shape than f(x) is a ValueError, also where it would broadcast"""
    x = rng.normal(size=3)
    for shape in ((3, 1), (1, 3), (1,), (), (2,)):
        call = f"numerical_gradient_array(f, x, dout) with f(x) of shape (3,) and dout of shape {shape}"
        dout = np.asarray(rng.normal(size=shape))
        refuses(call, ValueError, student.numerical_gradient_array, np.sin, x, dout)
    call = "numerical_gradient_array(f, x, dout) with f(x) of shape (1,) and dout of shape (3,)"
    dout = rng.normal(size=3)
    refuses(call, ValueError, student.numerical_gradient_array, lambda v: np.sum(v, keepdims=True), x, dout)


@points(0.25, of="numerical_gradient_array", needs="test_array_output_of_another_shape")
def test_leaves_x_and_dout_alone(student, rng):
    """x and dout are the same afterwards and may be read-only"""
    call, f = "numerical_gradient_array(f, x, dout)", student.numerical_gradient_array
    battery.leaves_arguments_alone(call, f, np.sin, rng.normal(size=(2, 2)), rng.normal(size=(2, 2)))


@points(0.3, of="numerical_gradient_array", needs="test_array_output_of_another_shape")
def test_array_version_with_integers_and_layouts(student, rng):
    """integer arrays and any memory layout give the gradient of the same values"""
    call, f = "numerical_gradient_array(f, x, dout)", student.numerical_gradient_array
    x, dout = (rng.integers(-3, 4, size=(2, 2)).astype(float) for _ in range(2))
    battery.accepts_integers(call, f, np.sin, x, dout)
    battery.accepts_any_layout(call, f, np.sin, x, dout)
