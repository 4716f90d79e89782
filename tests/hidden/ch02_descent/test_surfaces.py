"""Hidden tests of contour_tangent and is_convex_on."""

import math

import numpy as np

from grader import battery, expect, in_worker, points, refuses

# contour_tangent


@points(1.5, of="contour_tangent")
def test_tangent_by_hand(student, rng):
    """the tangent is the gradient made one unit long and turned by a quarter to the left"""
    for _ in range(6):
        f1, f2 = (float(v) for v in rng.normal(size=2) * 10 ** rng.uniform(-3, 3))
        length = math.sqrt(f1 * f1 + f2 * f2)
        got = student.contour_tangent(np.array([f1, f2]))
        call = expect("contour_tangent(grad)", got)
        call.close_to([-f2 / length, f1 / length], rtol=1e-10, atol=1e-14)


@points(0.25, of="contour_tangent", needs="test_tangent_by_hand")
def test_tangent_along_the_axes(student):
    """a gradient along one axis has its tangent along the other, and a short gradient has one too"""
    for grad, want in (([5, 0], [0, 1]), ([0, 5], [-1, 0]), ([-0.5, 0], [0, -1]), ([0, -0.5], [1, 0])):
        got = student.contour_tangent(np.array(grad, dtype=float))
        along = expect("contour_tangent(grad) for a gradient along an axis", got)
        along.close_to(np.array(want, dtype=float))
    tiny = student.contour_tangent(np.array([4e-8, -3e-8]))
    expect("contour_tangent(grad) for a very short gradient", tiny).close_to([0.6, 0.8])
    shorter = student.contour_tangent(np.array([4e-60, -3e-60]))
    expect("contour_tangent(grad) for a gradient of the size of 1e-60", shorter).close_to([0.6, 0.8])
    opposite = student.contour_tangent(np.array([2.0, -2.0]))
    call = expect("contour_tangent(grad) for partial derivatives whose sum is 0", opposite)
    call.close_to([math.sqrt(0.5), math.sqrt(0.5)])


@points(0.75, of="contour_tangent", needs="test_tangent_by_hand")
def test_tangent_refuses_a_flat_place(student):
    """a gradient of zeros, or one that is not (2,), is a ValueError"""
    refuses("contour_tangent([0, 0])", ValueError, student.contour_tangent, np.zeros(2))
    refuses("contour_tangent([-0, 0])", ValueError, student.contour_tangent, np.array([-0.0, 0.0]))
    for shape in ((3,), (1,), (1, 2), (2, 1), (2, 2), ()):
        call = f"contour_tangent(grad) for shape {shape}"
        refuses(call, ValueError, student.contour_tangent, np.ones(shape))


@points(0.25, of="contour_tangent", needs="test_tangent_by_hand")
def test_tangent_is_a_new_array(student):
    """the gradient is not changed, and the tangent shares no memory with it"""
    grad = np.array([3.0, -4.0])
    battery.leaves_arguments_alone("contour_tangent(grad)", student.contour_tangent, grad)
    battery.returns_new_arrays("contour_tangent(grad)", student.contour_tangent, grad)


@points(0.25, of="contour_tangent", needs="test_tangent_by_hand")
def test_tangent_of_any_array(student):
    """float32 stays float32, integers become float64, and the memory layout does not matter"""
    call, f, grad = "contour_tangent(grad)", student.contour_tangent, np.array([3.0, -5.0])
    battery.keeps_float32(call, f, grad)
    battery.accepts_integers(call, f, grad)
    battery.accepts_any_layout(call, f, grad)


# is_convex_on


@in_worker
def verdict_on_samples(student, values):
    """is_convex_on for a function that takes these values at len(values) points of equal distance."""
    n = len(values)

    def f(v):
        place = float(np.asarray(v).reshape(()))
        return float(values[min(max(round(place * (n - 1)), 0), n - 1)])

    return student.is_convex_on(f, 0.0, 1.0, n)


def looks_convex(values):
    """Every point against every chord around it, as Jensen has it."""
    n = len(values)
    for i in range(n):
        for k in range(i + 2, n):
            for j in range(i + 1, k):
                s = (j - i) / (k - i)
                if values[j] > (1 - s) * values[i] + s * values[k] + 1e-7:
                    return False
    return True


def is_verdict(call, value, expected):
    expect(call, value).equals(expected)


def logistic(z):
    return 1 / (1 + np.exp(-z))


@points(1, of="is_convex_on")
def test_convex_or_not_in_one_variable(student, rng):
    """squares, |v|, exp and straight lines are convex, cubes, waves and hills are not"""
    a, b = float(rng.uniform(-2.5, -1)), float(rng.uniform(1, 2.5))
    convex = {"a parabola": np.square, "|v|": np.abs, "exp": np.exp, "a line": lambda v: 3 * v + 1}
    other = {"a cube": lambda v: v**3, "a wave": lambda v: np.sin(3 * v), "a hill": lambda v: -(v**2)}
    for name, f in convex.items():
        is_verdict(f"is_convex_on(f, a, b) for {name}", student.is_convex_on(f, a, b), True)
    for name, f in other.items():
        is_verdict(f"is_convex_on(f, a, b) for {name}", student.is_convex_on(f, a, b), False)


@points(1, of="is_convex_on", needs="test_convex_or_not_in_one_variable")
def test_losses_that_are_convex_and_losses_that_are_not(student, rng):
    """squared error and cross-entropy of a linear model are convex; squared error after a sigmoid or a tanh layer is not"""
    X, y = rng.normal(size=(12, 2)), (np.arange(12) % 2).astype(float)
    a, b = np.array([-3.0, -5.0]), np.array([4.0, 6.0])

    def squares(w):
        return np.mean((X @ w - y) ** 2)

    def cross_entropy(w):
        return np.mean(np.logaddexp(0, X @ w) - y * (X @ w))

    def squares_after_sigmoid(w):
        return np.mean((logistic(w) - 1.0) ** 2)

    shapes = set()

    def two_layers(v):  # two hidden units that swap their roles between a and b
        shapes.add(v.shape)
        if v.shape != (2, 2):
            return 0.0
        return np.mean((np.tanh(X[:, :1] @ v[0:1]) @ v[1] - np.tanh(X[:, 0])) ** 2)

    call, f = "is_convex_on(f, a, b)", student.is_convex_on
    is_verdict(f"{call} for the squared error of a linear model", f(squares, a, b, 21), True)
    is_verdict(f"{call} for the cross-entropy of a linear model", f(cross_entropy, a, b, 21), True)
    is_verdict(f"{call} for the squared error after a sigmoid", f(squares_after_sigmoid, -6.0, 6.0), False)
    one, swapped = np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[0.0, 1.0], [0.0, 1.0]])
    got = f(two_layers, one, swapped, 21)
    words = "f was given an array of another shape than that of a."
    expect(f"{call} for a network with a hidden layer", got).satisfies(shapes <= {(2, 2)}, words)
    is_verdict(f"{call} for a network with a hidden layer", got, False)


@points(1, of="is_convex_on", needs="test_convex_or_not_in_one_variable")
def test_every_point_of_the_piece(student, rng):
    """one point too high is found wherever it is, also far below the chord from a to b"""
    for n in (3, 5, 12):
        bowl = (np.arange(n) - (n - 1) / 2.5) ** 2 + rng.normal()
        is_verdict(f"is_convex_on(f, a, b, {n}) for a bowl", verdict_on_samples(student, bowl), True)
        for k in range(1, n - 1):
            high = bowl.copy()
            high[k] += 1.5
            assert not looks_convex(high)
            got = verdict_on_samples(student, high)
            is_verdict(f"is_convex_on(f, a, b, {n}) for a bowl with a bump", got, False)
    for low in (0, 7):  # an end too low makes its neighbour too high
        bent = np.abs(np.arange(8) - 3.5) ** 1.5
        bent[low] -= 6
        assert not looks_convex(bent)
        is_verdict("is_convex_on(f, a, b, 8) for a low end", verdict_on_samples(student, bent), False)


@points(0.5, of="is_convex_on", needs="test_convex_or_not_in_one_variable")
def test_looks_at_n_points(student):
    """f is asked at n points of equal distance, both ends included; 41 if n is not given"""
    a, b = np.array([1.1, -2.3]), np.array([4.2, 0.3])
    for n in (41, 4):
        seen = []

        def spy(v, seen=seen):
            seen.append(np.array(v))
            return np.sum(np.square(v))

        got = student.is_convex_on(spy, a, b) if n == 41 else student.is_convex_on(spy, a, b, n)
        is_verdict("is_convex_on(f, a, b)", got, True)
        places = sorted({round(float((v[0] - a[0]) / (b[0] - a[0])), 9) for v in seen})
        call = expect(f"is_convex_on(f, a, b) with {n} points", places)
        call.satisfies(all(v.shape == (2,) for v in seen), "f was given another shape than that of a.")
        want = [k / (n - 1) for k in range(n)]
        same = len(places) == n and np.allclose(places, want, rtol=0, atol=1e-8)
        call.satisfies(same, "f was not asked at n points of equal distance from a to b.")
        on_it = all(
            np.allclose(v, a + (v[0] - a[0]) / (b[0] - a[0]) * (b - a), rtol=0, atol=1e-9) for v in seen
        )
        call.satisfies(on_it, "f was asked beside the straight piece from a to b.")


@points(0.5, of="is_convex_on", needs="test_convex_or_not_in_one_variable")
def test_rounding_is_forgiven(student, rng):
    """straight lines and constants are convex in spite of rounding; a tiny hill is not"""
    slope = rng.normal(size=3)
    a, b = rng.normal(size=3), rng.normal(size=3)
    call, f = "is_convex_on(f, a, b)", student.is_convex_on
    is_verdict(f"{call} for a plane", f(lambda v: float(v @ slope), a, b), True)
    is_verdict(f"{call} for a plane with large values", f(lambda v: 1e8 * (7 + float(v @ slope)), a, b), True)
    is_verdict(f"{call} for a line through 0", f(lambda v: 0.1 * float(v), -1.1, 1.1), True)
    is_verdict(f"{call} for a constant", f(lambda v: 0.1, a, b), True)
    is_verdict(f"{call} for zeros", f(lambda v: 0.0, a, b), True)
    below = f(lambda v: 1e8 * (0.1 * float(v) - 0.11), -1.1, 1.1)  # the largest |f| is where f is smallest
    is_verdict(f"{call} for a line below 0", below, True)
    flat = f(lambda v: 1 - 4e-5 * float(v) ** 2, -1.0, 1.0)  # 100 times what is forgiven
    is_verdict(f"{call} for a flat hill", flat, False)
    is_verdict(f"{call} with a = b", f(lambda v: -float(v @ v), a, a), True)
    is_verdict(f"{call} for a tiny hill", f(lambda v: -1e-12 * float(v @ v), a, b + 1), False)
    is_verdict(f"{call} for a tiny bowl", f(lambda v: 1e-12 * float(v @ v), a, b + 1), True)


@points(0.25, of="is_convex_on", needs="test_convex_or_not_in_one_variable")
def test_nan_is_not_convex(student):
    """a function that gives nan somewhere is not convex"""
    holes = lambda v: math.nan if abs(float(v)) < 0.1 else float(v) ** 2  # noqa: E731
    is_verdict("is_convex_on(f, a, b) for an f with nan", student.is_convex_on(holes, -1.0, 1.0), False)
    nothing = student.is_convex_on(lambda v: math.nan, -1.0, 1.0, 5)
    is_verdict("is_convex_on(f, a, b) for an f with nan only", nothing, False)
    for end in (-1.0, 1.0):
        at_one_end = lambda v, end=end: math.nan if abs(float(v) - end) < 0.01 else float(v) ** 2  # noqa: E731
        got = student.is_convex_on(at_one_end, -1.0, 1.0)
        is_verdict("is_convex_on(f, a, b) for an f with nan at one end", got, False)


@points(0.25, of="is_convex_on", needs="test_convex_or_not_in_one_variable")
def test_convexity_refuses(student):
    """ends of different shapes, or fewer than three points, are a ValueError"""
    f, square = student.is_convex_on, lambda v: np.sum(np.square(v))
    for a_shape, b_shape in (((2,), (2, 1)), ((2,), ()), ((), (2,)), ((2,), (1,)), ((2,), (3,))):
        call = f"is_convex_on(f, a, b) for a {a_shape} and b {b_shape}"
        refuses(call, ValueError, f, square, np.zeros(a_shape), np.ones(b_shape))
    for n in (2, 1, 0):
        refuses(f"is_convex_on(f, a, b, {n})", ValueError, f, square, np.zeros(2), np.ones(2), n)


@points(0.25, of="is_convex_on", needs="test_convex_or_not_in_one_variable")
def test_convexity_leaves_the_ends_alone(student):
    """a and b are not changed, and may be integers or float32, of any shape"""
    a, b = np.array([[-2.0, 2.0]]), np.array([[2.0, 0.0]])
    cubes = lambda v: np.sum(np.power(v, 3))  # noqa: E731
    battery.leaves_arguments_alone("is_convex_on(f, a, b, 5)", student.is_convex_on, cubes, a, b, 5)
    whole = student.is_convex_on(cubes, a.astype(int), b.astype(int), 5)
    is_verdict("is_convex_on(f, a, b, 5) with integer ends", whole, False)
    got = student.is_convex_on(lambda v: np.sum(np.square(v)), np.array([0, 3]), np.array([1, 1]))
    is_verdict("is_convex_on(f, a, b) with integer ends", got, True)
    single = np.array([0.1, 0.7], dtype=np.float32), np.array([1.9, -0.3], dtype=np.float32)
    got = student.is_convex_on(lambda v: float(v[0]) / 3 - float(v[1]), *single)
    is_verdict("is_convex_on(f, a, b) for a plane, with float32 ends", got, True)
