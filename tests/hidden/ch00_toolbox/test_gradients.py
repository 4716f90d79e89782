"""Hidden tests of the ruler: numerical_gradient, numerical_gradient_array, relative_error, gradient_check."""

import math

import numpy as np

from grader import battery, expect, fetch, in_worker, points, refuses

# Central differences with h = 1e-5 of a sum of 50 sines: the error is at most 1.6e-10 (200 seeds). One-sided
# ones are off by 5e-6, h = 1e-3 by 1.6e-7, h = 1e-8 by 1.6e-8. The bound lies between.
CENTRAL = 1e-8


def sum_of_sines(v):
    return np.sum(np.sin(v))


def sum_of_squares(v):
    return np.sum(np.asarray(v) ** 2)


def sum_of_cubes(v):
    return np.sum(np.asarray(v) ** 3)


def form(v, B):
    """sum over i, j of B[i, j] * v[i] * v[j], with the entries of v counted in reading order."""
    flat = np.ravel(v)
    return float(flat @ B @ flat)


def slope_of_form(x, B):
    """Its gradient by the product rule, one entry at a time."""
    flat = x.ravel()
    rows = range(flat.size)
    slopes = [sum((B[k, j] + B[j, k]) * flat[j] for j in rows) for k in rows]
    return np.array(slopes).reshape(x.shape)


# numerical_gradient ------------------------------------------------------------------------------------------


@points(1.5, of="numerical_gradient")
def test_sines_to_eight_digits(student, rng):
    """the gradient of a sum of sines is right to 1e-8 at 50 points"""
    x = rng.uniform(-3, 3, size=50)
    got = student.numerical_gradient(sum_of_sines, x)
    expect("numerical_gradient(f, x)", got).close_to(
        [math.cos(v) for v in x],
        rtol=0,
        atol=CENTRAL,
        hint="Look at the formula, and at the size of the step.",
    )


@points(1, of="numerical_gradient")
def test_entries_that_act_on_each_other(student, rng):
    """the gradient is right when f mixes all entries of a matrix"""
    x, B = rng.normal(size=(2, 3)), rng.normal(size=(6, 6))
    got = student.numerical_gradient(lambda v: form(v, B), x)
    expect("numerical_gradient(f, x)", got).close_to(slope_of_form(x, B), rtol=1e-7, atol=1e-7)


@points(1, of="numerical_gradient")
def test_uses_the_step_h(student, rng):
    """with a large h the cubes show the exact central difference 3*x**2 + h**2"""
    x = rng.uniform(-2, 2, size=4)
    for h in (0.5, 0.125):
        got = student.numerical_gradient(sum_of_cubes, x, h)
        expect("numerical_gradient(f, x, h)", got).close_to(
            [3 * v * v + h * h for v in x], rtol=1e-9, atol=1e-9
        )
    named = student.numerical_gradient(sum_of_cubes, x, h=0.25)
    expect("numerical_gradient(f, x, h=h)", named).close_to(
        [3 * v * v + 0.0625 for v in x], rtol=1e-9, atol=1e-9
    )


@points(0.5, of="numerical_gradient", needs="test_sines_to_eight_digits")
def test_any_number_of_axes(student, rng):
    """x may have no axis, one or three, and the gradient has its shape"""
    for shape in ((), (1,), (3, 1), (2, 1, 3)):
        x = np.asarray(rng.uniform(0.5, 2, size=shape))
        weights = np.asarray(rng.normal(size=shape))
        got = student.numerical_gradient(lambda v, w=weights: np.sum(w * np.asarray(v) ** 2), x)
        expect(f"numerical_gradient(f, x) for x of shape {shape}", got).close_to(
            2 * weights * x, rtol=1e-7, atol=1e-8
        )


@points(0.5, of="numerical_gradient", needs="test_sines_to_eight_digits")
def test_every_kind_of_number(student, rng):
    """f may return a Python float, a numpy scalar or a 0-d array"""
    x = rng.normal(size=3)
    kinds = {"a Python float": float, "a numpy scalar": np.float64, "a 0-d array": np.array}
    for name, kind in kinds.items():
        got = student.numerical_gradient(lambda v, kind=kind: kind(sum_of_cubes(v)), x)
        expect(f"numerical_gradient(f, x) with an f that returns {name}", got).close_to(
            3 * x**2, rtol=1e-6, atol=1e-8
        )


@points(0.5, of="numerical_gradient", needs="test_sines_to_eight_digits")
def test_moves_one_entry_at_a_time(student, rng):
    """f sees float64 arrays of the shape of x, with one entry moved by h"""
    x, seen = rng.uniform(1, 2, size=(2, 2)), []

    def spy(v):
        seen.append(np.array(v))
        return np.sum(np.asarray(v) ** 2)

    got = student.numerical_gradient(spy, x)
    call = expect("numerical_gradient(f, x)", got)
    call.close_to(2 * x, rtol=1e-7, atol=1e-8)
    call.satisfies(
        all(v.shape == x.shape for v in seen), "f was called with an array of another shape than x."
    )
    call.satisfies(all(v.dtype == np.float64 for v in seen), "f was called with something else than float64.")
    steps = [v - x for v in seen]
    one = all(np.count_nonzero(step) <= 1 for step in steps)
    call.satisfies(one, "f was called with more than one entry moved. Is each entry put back?")
    sizes = [abs(step).max() for step in steps if step.any()]
    call.satisfies(np.allclose(sizes, 1e-5, rtol=1e-4), "the step is not 1e-5 when no h is given.")


@points(0.4, of="numerical_gradient", needs="test_sines_to_eight_digits")
def test_leaves_x_alone(student, rng):
    """x is the same afterwards, bit for bit, and may be read-only"""
    x = np.concatenate([[0.1, 1 / 3], rng.normal(size=4)])
    battery.leaves_arguments_alone("numerical_gradient(f, x)", student.numerical_gradient, sum_of_cubes, x)


@in_worker
def after_f_raised(student, x, calls_that_work):
    """x after an f that raises, and what came out of the call."""
    calls = []

    def f(v):
        calls.append(len(calls))
        if len(calls) > calls_that_work:
            raise ZeroDivisionError("f gave up")
        return float(np.sum(v))

    try:
        student.numerical_gradient(f, x)
    except ZeroDivisionError:
        return "ZeroDivisionError", x
    return "nothing", x


@in_worker
def gradient_while_f_looks_at_x(student, x):
    """f(v) = sum(v * x) with the caller's own x."""
    return student.numerical_gradient(lambda v: np.sum(v * x), x)


@points(0.4, of="numerical_gradient", needs="test_sines_to_eight_digits")
def test_x_stays_whatever_f_does(student, rng):
    """x is not changed while f runs, nor left changed when f raises"""
    x = rng.normal(size=4)
    call = "numerical_gradient(f, x)"
    got = gradient_while_f_looks_at_x(student, x)
    expect(f"{call} with an f that looks at x itself", got).close_to(
        x, rtol=1e-6, atol=1e-8, hint="Did x move?"
    )
    for calls_that_work in (0, 3):
        raised, after = after_f_raised(student, x, calls_that_work)
        expect(f"{call} with an f that raises", raised).satisfies(
            raised == "ZeroDivisionError", "the exception of f should be passed on."
        )
        expect("x after f raised", after).close_to(x, rtol=0, atol=0)


@points(0.5, of="numerical_gradient", needs="test_sines_to_eight_digits")
def test_refuses_an_f_that_returns_an_array(student, rng):
    """an f that returns an array with axes is a ValueError"""
    x = rng.normal(size=(2, 2))
    refuses(
        "numerical_gradient(f, x) with f(x) of the shape of x",
        ValueError,
        student.numerical_gradient,
        np.sin,
        x,
    )
    by_rows = lambda v: np.sum(v, axis=1)  # noqa: E731
    refuses(
        "numerical_gradient(f, x) with f(x) of shape (2,)", ValueError, student.numerical_gradient, by_rows, x
    )


@points(0.3, of="numerical_gradient", needs="test_sines_to_eight_digits")
def test_integers_are_not_rounded(student, rng):
    """x of integers: the steps are taken in float64, and so is the result"""
    threes = student.numerical_gradient(sum_of_squares, np.array([3, 3]))
    expect("numerical_gradient(f, x) with integer x", threes).close_to([6.0, 6.0], rtol=1e-7, atol=1e-8)
    whole = rng.integers(-5, 6, size=(2, 2)).astype(float)
    battery.accepts_integers("numerical_gradient(f, x)", student.numerical_gradient, sum_of_cubes, whole)


@points(0.2, of="numerical_gradient", needs="test_sines_to_eight_digits")
def test_float32_is_measured_in_float64(student, rng):
    """x of float32: the steps are taken in float64, and so is the result"""
    x = rng.uniform(-3, 3, size=5).astype(np.float32)
    got = expect("numerical_gradient(f, x) with float32 x", student.numerical_gradient(sum_of_sines, x))
    got.close_to(np.cos(x.astype(np.float64)), rtol=0, atol=CENTRAL).has_dtype(np.float64)


@points(0.2, of="numerical_gradient", needs="test_sines_to_eight_digits")
def test_memory_layout_of_x(student, rng):
    """strided, flipped, transposed and broadcast x give the same gradient"""
    x = rng.normal(size=(2, 3))
    battery.accepts_any_layout("numerical_gradient(f, x)", student.numerical_gradient, sum_of_sines, x)


# numerical_gradient_array ------------------------------------------------------------------------------------


def sines_of_sums(v, A):
    """f(v)[k] = sin(sum over i of A[k, i] * v[i]), with the entries of v counted in reading order."""
    return np.sin(A @ np.ravel(v))


def slope_of_sines(x, A, dout):
    """The gradient of sum over k of dout[k] * f(x)[k], by the chain rule, one entry at a time."""
    flat = x.ravel()
    inner = [sum(A[k, i] * flat[i] for i in range(flat.size)) for k in range(len(dout))]
    slopes = [sum(dout[k] * math.cos(inner[k]) * A[k, i] for k in range(len(dout))) for i in range(flat.size)]
    return np.array(slopes).reshape(x.shape)


@points(1.5, of="numerical_gradient_array")
def test_array_output_of_another_shape(student, rng):
    """the gradient of sum(f(x) * dout) is right for an f from (2, 3) to (4,)"""
    x, A, dout = rng.normal(size=(2, 3)), rng.normal(size=(4, 6)), rng.normal(size=4)
    got = student.numerical_gradient_array(lambda v: sines_of_sums(v, A), x, dout)
    expected = slope_of_sines(x, A, dout)
    expect("numerical_gradient_array(f, x, dout)", got).close_to(expected, rtol=0, atol=CENTRAL)


@points(0.75, of="numerical_gradient_array", needs="test_array_output_of_another_shape")
def test_array_version_uses_h(student, rng):
    """with a large h the cubes show dout * (3*x**2 + h**2)"""
    x, dout = rng.uniform(-2, 2, size=(2, 2)), rng.normal(size=(2, 2))
    for h in (0.5, 0.125):
        got = student.numerical_gradient_array(lambda v: np.asarray(v) ** 3, x, dout, h=h)
        expected = dout * (3 * x * x + h * h)
        expect("numerical_gradient_array(f, x, dout, h)", got).close_to(expected, rtol=1e-9, atol=1e-9)


@points(0.4, of="numerical_gradient_array", needs="test_array_output_of_another_shape")
def test_array_version_with_any_number_of_axes(student, rng):
    """x and f(x) may have no axis or three"""
    W = rng.normal(size=(2, 1, 3))
    x, dout = np.array(0.7), rng.normal(size=(2, 1, 3))
    call = "numerical_gradient_array(f, x, dout)"
    got = student.numerical_gradient_array(lambda v: W * np.asarray(v) ** 2, x, dout)
    expect(f"{call} for 0-d x", got).close_to(2 * 0.7 * np.sum(W * dout), rtol=1e-7, atol=1e-8)
    x, dout = rng.normal(size=(2, 1, 3)), np.array(-1.5)
    got = student.numerical_gradient_array(lambda v: np.sum(W * np.asarray(v) ** 2), x, dout)
    expect(f"{call} for 0-d f(x)", got).close_to(-3 * W * x, rtol=1e-7, atol=1e-8)


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
    for name, got in zip(("the identity", "a reshape", "a transpose"), gradients_of_views(student, x, dout)):
        expect(f"numerical_gradient_array(f, x, dout) of {name}", got).close_to(
            dout,
            rtol=1e-7,
            atol=1e-8,
            hint="Does the first output still hold when the second one is computed?",
        )


@points(0.4, of="numerical_gradient_array", needs="test_array_output_of_another_shape")
def test_refuses_another_shape_of_dout(student, rng):
    """dout of another shape than f(x) is a ValueError, also where it would broadcast"""
    x = rng.normal(size=3)
    for shape in ((3, 1), (1, 3), (1,), (), (2,)):
        dout = np.asarray(rng.normal(size=shape))
        call = f"numerical_gradient_array(f, x, dout) with f(x) of shape (3,) and dout of shape {shape}"
        refuses(call, ValueError, student.numerical_gradient_array, np.sin, x, dout)


@points(0.25, of="numerical_gradient_array", needs="test_array_output_of_another_shape")
def test_leaves_x_and_dout_alone(student, rng):
    """x and dout are the same afterwards and may be read-only"""
    x, dout = rng.normal(size=(2, 2)), rng.normal(size=(2, 2))
    battery.leaves_arguments_alone(
        "numerical_gradient_array(f, x, dout)", student.numerical_gradient_array, np.sin, x, dout
    )


@points(0.3, of="numerical_gradient_array", needs="test_array_output_of_another_shape")
def test_array_version_with_integers_and_layouts(student, rng):
    """integer arrays and any memory layout give the same gradient"""
    call, f = "numerical_gradient_array(f, x, dout)", student.numerical_gradient_array
    x, dout = (rng.integers(-3, 4, size=(2, 2)).astype(float) for _ in range(2))
    battery.accepts_integers(call, f, np.sin, x, dout)
    battery.accepts_any_layout(call, f, np.sin, x, dout)


# relative_error ----------------------------------------------------------------------------------------------


def norm_by_loop(v):
    return math.sqrt(sum(float(entry) ** 2 for entry in np.ravel(v)))


@points(1, of="relative_error")
def test_relative_error_by_loops(student, rng):
    """agrees with the formula for one, two and three axes, as a float"""
    for shape in ((5,), (3, 4), (2, 3, 2), ()):
        a, b = np.asarray(rng.normal(size=shape)), np.asarray(rng.normal(size=shape))
        expected = norm_by_loop(a - b) / (norm_by_loop(a) + norm_by_loop(b))
        got = expect(f"relative_error(a, b) for shape {shape}", student.relative_error(a, b))
        got.is_float().close_to(expected, rtol=1e-9, atol=1e-12)


@points(0.5, of="relative_error", needs="test_relative_error_by_loops")
def test_symmetric_and_without_a_unit(student, rng):
    """a and b may change places, and a common factor changes nothing"""
    a, b = rng.normal(size=6), rng.normal(size=6)
    error = student.relative_error(a, b)
    expect("relative_error(b, a)", student.relative_error(b, a)).close_to(error, rtol=1e-12)
    for factor in (1e6, 1e-5, -1.0):
        scaled = student.relative_error(factor * a, factor * b)
        expect("relative_error(c*a, c*b)", scaled).close_to(
            error, rtol=1e-5, hint="The size of the arrays cancels."
        )


@points(0.3, of="relative_error", needs="test_relative_error_by_loops")
def test_tiny_gradients_have_errors_too(student):
    """1e-9 and 2e-9 differ by a third of their sum"""
    got = student.relative_error(np.array([1e-9, 0.0]), np.array([2e-9, 0.0]))
    expect("relative_error(a, b) for tiny a, b", got).close_to(
        1 / 3, rtol=0.01, hint="Is the floor small enough?"
    )


@points(0.4, of="relative_error", needs="test_relative_error_by_loops")
def test_zeros_and_equals(student, rng):
    """two arrays of zeros agree, as do equal arrays: 0.0; one against zeros is 1.0"""
    zeros, a = np.zeros((2, 2)), rng.normal(size=(2, 2))
    expect("relative_error of two zero arrays", student.relative_error(zeros, zeros)).close_to(0.0, atol=0)
    expect("relative_error(a, a)", student.relative_error(a, a)).close_to(0.0, atol=0)
    expect("relative_error of a and zeros", student.relative_error(a, zeros)).close_to(1.0, rtol=1e-9)
    expect("relative_error(a, -a)", student.relative_error(a, -a)).close_to(1.0, rtol=1e-9)


@points(0.3, of="relative_error", needs="test_relative_error_by_loops")
def test_relative_error_refuses_other_shapes(student, rng):
    """arrays of different shapes are a ValueError, also where they would broadcast"""
    a = rng.normal(size=3)
    for b in (a.reshape(3, 1), a.reshape(1, 3), a[:1], a[0], a[:2]):
        call = f"relative_error(a, b) for shapes (3,) and {b.shape}"
        refuses(call, ValueError, student.relative_error, a, np.asarray(b))


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
    """integers do not wrap around, and the memory layout does not matter"""
    small = student.relative_error(np.array([1], dtype=np.uint8), np.array([2], dtype=np.uint8))
    expect("relative_error(a, b) of unsigned integers", small).close_to(1 / 3, rtol=1e-9)
    a, b = (rng.integers(1, 9, size=(3, 2)).astype(float) for _ in range(2))
    battery.accepts_integers("relative_error(a, b)", student.relative_error, a, b)
    battery.accepts_any_layout("relative_error(a, b)", student.relative_error, a, b)


# gradient_check ----------------------------------------------------------------------------------------------


def is_verdict(call, value, expected, hint=""):
    """True or False as such; a message that does not say which input it was."""
    expect(call, value).equals(expected, hint)


@points(1, of="gradient_check")
def test_right_and_wrong_gradients(student, rng):
    """True for a right gradient; False for a wrong sign, factor, entry or order"""
    x, B = rng.normal(size=(2, 2)), rng.normal(size=(4, 4))
    right = slope_of_form(x, B)
    one_entry = right.copy()
    one_entry[1, 0] += 1e-3 * np.abs(right).max()
    f = lambda v: form(v, B)  # noqa: E731
    is_verdict("gradient_check of a right gradient", student.gradient_check(f, x, right), True)
    wrong = {
        "the wrong sign": -right,
        "twice the gradient": 2 * right,
        "one wrong entry": one_entry,
        "the transposed gradient": right.T,
        "only zeros": np.zeros_like(right),
    }
    for name, analytic in wrong.items():
        is_verdict(f"gradient_check of {name}", student.gradient_check(f, x, analytic), False)
    again = student.gradient_check(f, x, right)
    is_verdict("gradient_check of a right gradient, again", again, True)


@points(0.5, of="gradient_check", needs="test_right_and_wrong_gradients")
def test_another_shape_is_false(student):
    """a gradient of another shape than x is False, not an exception"""
    x = np.full(3, 0.5)
    for shape in ((3, 1), (1, 3), (1,), (6,), ()):
        analytic = np.full(shape, 1.0)  # each entry is right
        got = student.gradient_check(sum_of_squares, x, analytic)
        is_verdict(f"gradient_check for x of shape (3,) and a gradient of shape {shape}", got, False)


@points(0.4, of="gradient_check", needs="test_right_and_wrong_gradients")
def test_nan_is_false(student, rng):
    """a nan or inf in the gradient, or a nan from f, is False"""
    x = rng.normal(size=3)
    right = 2 * x
    for bad in (np.nan, np.inf, -np.inf):
        broken = right.copy()
        broken[1] = bad
        got = student.gradient_check(sum_of_squares, x, broken)
        is_verdict(
            "gradient_check of a gradient that is not finite", got, False, "A nan agrees with nothing."
        )
    got = student.gradient_check(lambda v: math.nan, x, right)
    is_verdict("gradient_check with an f that returns nan", got, False, "A nan agrees with nothing.")


@points(0.4, of="gradient_check", needs="test_right_and_wrong_gradients")
def test_uses_the_tolerance(student, rng):
    """an error of 0.001 passes with tol=0.01, not with tol=0.0001 nor with the default"""
    x = rng.uniform(1, 2, size=4)
    analytic = 2 * x * (1 + 2e-3)  # the relative error is 2e-3 / (2 + 2e-3)
    check = student.gradient_check
    is_verdict("gradient_check(f, x, analytic, tol=0.01)", check(sum_of_squares, x, analytic, tol=1e-2), True)
    is_verdict(
        "gradient_check(f, x, analytic, tol=0.0001)", check(sum_of_squares, x, analytic, tol=1e-4), False
    )
    is_verdict("gradient_check(f, x, analytic)", check(sum_of_squares, x, analytic), False)
    close = 2 * x * (1 + 2e-7)
    is_verdict("gradient_check with a relative error of 1e-7", check(sum_of_squares, x, close), True)
    near = 2 * x * (1 + 1e-5)
    is_verdict("gradient_check with a relative error of 5e-6", check(sum_of_squares, x, near), False)


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
    """gradients of size 1e-9 are judged by their own size, and zeros agree with zeros"""
    x = rng.uniform(1, 2, size=3)
    tiny = lambda v: 1e-9 * sum_of_squares(v)  # noqa: E731
    is_verdict("gradient_check of a right tiny gradient", student.gradient_check(tiny, x, 2e-9 * x), True)
    is_verdict("gradient_check of a wrong tiny gradient", student.gradient_check(tiny, x, 4e-9 * x), False)
    got = student.gradient_check(lambda v: 3.0, x, np.zeros(3))
    is_verdict("gradient_check of zeros for a constant f", got, True)


@points(0.1, of="gradient_check", needs="test_right_and_wrong_gradients")
def test_check_leaves_its_arguments_alone(student, rng):
    """x and the gradient are the same afterwards and may be read-only"""
    x = rng.normal(size=3)
    check = student.gradient_check
    battery.leaves_arguments_alone("gradient_check(f, x, analytic)", check, sum_of_squares, x, 2 * x)
