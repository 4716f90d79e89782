"""Hidden tests of mse_1d, mse_1d_grad, gd and sgd_epochs."""

import numpy as np

from grader import battery, expect, in_worker, points, refuses

EXACT = {"rtol": 1e-10, "atol": 1e-12}
WRONG_SHAPES = (((4,), (4, 1)), ((4, 1), (4,)), ((4, 1), (4, 1)), ((4,), (3,)), ((4,), (1,)), ((4,), ()))


def mean_square(w, x, y):
    total = 0.0
    for a, t in zip(x, y, strict=True):
        total += (w * float(a) - float(t)) ** 2
    return total / len(x)


def mean_slope(w, x, y):
    total = 0.0
    for a, t in zip(x, y, strict=True):
        total += 2 * float(a) * (w * float(a) - float(t))
    return total / len(x)


def data(rng, N):
    """Targets that no slope meets exactly."""
    return rng.normal(size=N) + 0.5, 3 * rng.normal(size=N)


def whole(rng, *shape):
    return rng.integers(-4, 5, size=shape).astype(float)


# mse_1d


@points(1.5, of="mse_1d")
def test_mse_by_loops(student, rng):
    """the loss is the mean of the squared errors, for one datum and for many"""
    for N in (1, 2, 7):
        x, y = data(rng, N)
        for w in (0.0, 1.5, -2.0, 3):
            got = student.mse_1d(w, x, y)
            expect(f"mse_1d(w, x, y) for {N} data", got).close_to(mean_square(w, x, y), **EXACT)


@points(0.25, of="mse_1d", needs="test_mse_by_loops")
def test_mse_is_a_float(student, rng):
    """the loss is one float, for float32 data too"""
    x, y = data(rng, 5)
    expect("mse_1d(w, x, y)", student.mse_1d(1.5, x, y)).is_float()
    single = student.mse_1d(1.5, x.astype(np.float32), y.astype(np.float32))
    expect("mse_1d(w, x, y) for float32 data", single).is_float().close_to(mean_square(1.5, x, y), rtol=1e-5)


@points(0.5, of="mse_1d", needs="test_mse_by_loops")
def test_mse_of_its_arguments(student, rng):
    """x and y are not changed; other pairs of shapes than (N,) and (N,) are a ValueError"""
    battery.leaves_arguments_alone("mse_1d(w, x, y)", student.mse_1d, 1.5, *data(rng, 4))
    for x_shape, y_shape in WRONG_SHAPES:
        x, y = rng.normal(size=x_shape), np.asarray(rng.normal(size=y_shape))
        refuses(f"mse_1d(w, x, y) for x {x_shape} and y {y_shape}", ValueError, student.mse_1d, 1.5, x, y)


@points(0.25, of="mse_1d", needs="test_mse_by_loops")
def test_mse_of_any_array(student, rng):
    """integers, small ones too, and any memory layout give the loss of the same values"""
    x, y = whole(rng, 5), whole(rng, 5)
    battery.accepts_integers("mse_1d(w, x, y)", student.mse_1d, 1.5, x, y)
    battery.accepts_any_layout("mse_1d(w, x, y)", student.mse_1d, 1.5, *data(rng, 4))
    small = student.mse_1d(2, np.array([100, 3], dtype=np.uint8), np.array([10, 200], dtype=np.uint8))
    expect("mse_1d(2, x, y) for small unsigned integers", small).close_to((190.0**2 + 194.0**2) / 2)


# mse_1d_grad


@points(1, of="mse_1d_grad")
def test_slope_by_loops(student, rng):
    """the derivative is the mean of 2*x*(w*x - y), for one datum and for many"""
    for N in (1, 2, 7):
        x, y = data(rng, N)
        for w in (0.0, 1.5, -2.0, 3):
            got = student.mse_1d_grad(w, x, y)
            call = expect(f"mse_1d_grad(w, x, y) for {N} data", got)
            call.close_to(mean_slope(w, x, y), rtol=1e-8, atol=1e-8, batch=N)


@points(0.75, of="mse_1d_grad")
def test_slope_by_differences(student, rng):
    """the derivative is that of the mean squared error, by central differences"""
    for _ in range(3):
        x, y = data(rng, 6)
        w = float(
            np.sum(x * y) / np.sum(x * x) + rng.uniform(0.5, 2) * rng.choice([-1, 1])
        )  # not near the bottom
        got = expect("mse_1d_grad(w, x, y)", student.mse_1d_grad(w, x, y))
        got.gradient(lambda v, x=x, y=y: mean_square(float(v), x, y), at=w, batch=6)


@points(0.25, of="mse_1d_grad", needs="test_slope_by_loops")
def test_slope_at_the_bottom(student):
    """the derivative is 0 where the fit is perfect, negative below, positive above, and exact for large errors"""
    x = np.array([1.0, -2.0, 4.0])
    y = 3 * x
    expect("mse_1d_grad at the best w", student.mse_1d_grad(3.0, x, y)).close_to(0.0)
    expect("mse_1d_grad below the best w", student.mse_1d_grad(2.0, x, y)).close_to(-14.0)
    expect("mse_1d_grad above the best w", student.mse_1d_grad(4.0, x, y)).close_to(14.0)
    got = student.mse_1d_grad(0.5, np.ones(2), np.array([1000.0, -1000.0]))
    call = expect("mse_1d_grad(w, x, y) for large errors that cancel", got)
    call.close_to(1.0, rtol=1e-9, hint="Differences of large losses lose digits; use the formula.")


@points(0.5, of="mse_1d_grad", needs="test_slope_by_loops")
def test_slope_and_its_arguments(student, rng):
    """one float; x and y are not changed; other pairs of shapes are a ValueError"""
    x, y = data(rng, 4)
    expect("mse_1d_grad(w, x, y)", student.mse_1d_grad(1.5, x, y)).is_float()
    battery.leaves_arguments_alone("mse_1d_grad(w, x, y)", student.mse_1d_grad, 1.5, x, y)
    for x_shape, y_shape in WRONG_SHAPES:
        x, y = rng.normal(size=x_shape), np.asarray(rng.normal(size=y_shape))
        call = f"mse_1d_grad(w, x, y) for x {x_shape} and y {y_shape}"
        refuses(call, ValueError, student.mse_1d_grad, 1.5, x, y)


@points(0.25, of="mse_1d_grad", needs="test_slope_by_loops")
def test_slope_of_any_array(student, rng):
    """integers and any memory layout give the derivative of the same values"""
    x, y = np.array([3.0, -1.0, 2.0, 4.0, -3.0]), whole(rng, 5)
    battery.accepts_integers("mse_1d_grad(w, x, y)", student.mse_1d_grad, 1.5, x, y)
    battery.accepts_any_layout("mse_1d_grad(w, x, y)", student.mse_1d_grad, 1.5, *data(rng, 4))


# gd


def walk(grad, w0, lr, steps):
    """Gradient descent on nested tuples of one level, one number at a time."""
    places = [[float(v) for v in w0]]
    for _ in range(steps):
        here = places[-1]
        slope = grad(here)
        places.append([here[i] - lr * slope[i] for i in range(len(here))])
    return np.array(places)


@points(1, of="gd")
def test_walk_of_a_number(student, rng):
    """on a parabola each step shrinks a number by the same factor"""
    bottom, w0 = rng.normal(size=2) * 3
    for lr in (0.1, 0.3, 0.75):
        history = student.gd(lambda w: 2 * (w - bottom), float(w0), lr, 6)
        want = [bottom + (w0 - bottom) * (1 - 2 * lr) ** t for t in range(7)]
        expect("gd(grad_fn, w0, lr, 6) for a number w0", history).close_to(want, **EXACT)
        history = student.gd(lambda w: float(2 * (w - bottom)), float(w0), lr, 6)
        expect("gd with a grad_fn that returns a Python float", history).close_to(want, **EXACT)


@points(1.25, of="gd")
def test_walk_in_the_plane(student, rng):
    """on a tilted bowl every place of the walk is right"""
    A = rng.normal(size=(3, 3))
    A, w0 = A @ A.T + np.eye(3), rng.normal(size=3)
    lr = 0.5 / float(np.trace(A))
    want = walk(lambda v: [sum(A[i, j] * v[j] for j in range(3)) for i in range(3)], w0, lr, 8)
    history = student.gd(lambda w: A @ w, w0, lr, 8)
    expect("gd(grad_fn, w0, lr, 8) for w0 (3,)", history).close_to(want, **EXACT)
    table = student.gd(lambda w: (A @ w.ravel()).reshape(3, 1), w0.reshape(3, 1), lr, 8)
    expect("gd(grad_fn, w0, lr, 8) for w0 (3, 1)", table).close_to(want.reshape(9, 3, 1), **EXACT)


@points(0.5, of="gd", needs="test_walk_in_the_plane")
def test_asks_once_for_each_step(student, rng):
    """grad_fn is called once for each step, with the place of that moment"""
    w0, asked = rng.normal(size=(2, 2)), []

    def spy(w):
        asked.append(np.array(w))
        return np.sin(w)

    history = expect("gd(grad_fn, w0, 0.5, 5)", student.gd(spy, w0, 0.5, 5))
    places = history.array((6, 2, 2))
    history.satisfies(len(asked) == 5, "grad_fn should be called once for each step.")
    fits = all(a.shape == w0.shape for a in asked)
    history.satisfies(fits, "grad_fn was given an array of another shape than that of w0.")
    there = all(np.allclose(a, p, rtol=1e-10, atol=1e-12) for a, p in zip(asked, places, strict=False))
    history.satisfies(there, "grad_fn was asked at another place than the one in the history.")


@points(0.25, of="gd", needs="test_walk_in_the_plane")
def test_no_steps(student, rng):
    """with steps=0 the history holds w0 alone; with lr=0, or without a slope, it stands still"""
    w0 = rng.normal(size=3)
    expect("gd(grad_fn, w0, 0.1, 0)", student.gd(lambda w: w, w0, 0.1, 0)).close_to(w0[None])
    expect("gd(grad_fn, 2.5, 0.1, 0)", student.gd(lambda w: w, 2.5, 0.1, 0)).close_to([2.5])
    expect("gd(grad_fn, w0, 0, 3)", student.gd(lambda w: w, w0, 0.0, 3)).close_to(np.tile(w0, (4, 1)))
    flat = student.gd(lambda w: 0 * w, w0, 0.1, 3)
    expect("gd(grad_fn, w0, 0.1, 3) with gradients of 0", flat).close_to(np.tile(w0, (4, 1)))


@points(0.5, of="gd", needs="test_walk_of_a_number")
def test_too_long_steps_diverge(student):
    """for x = 1, 2, 3 and y = 2x a rate of 0.01 creeps, 0.2 swings in, and 0.22 swings out"""
    for lr in (0.01, 0.2, 0.22):
        history = student.gd(lambda w: 28 / 3 * (w - 2), 1.0, lr, 100)
        want = [2 - (1 - lr * 28 / 3) ** t for t in range(101)]
        expect("gd(grad_fn, 1, lr, 100)", history).close_to(want, rtol=1e-8, atol=1e-8)
    far = student.gd(lambda w: 4 * w, np.array([1.0, -2.0]), 1.0, 40)
    want = [[(-3.0) ** t, -2 * (-3.0) ** t] for t in range(41)]
    expect("gd(grad_fn, w0, 1, 40) far out", far).close_to(want, rtol=1e-8)


@in_worker
def walks_that_share_memory(student, w0, lr, steps):
    """grad_fn hands back its own argument, then one and the same array each time, filled again or never changed."""
    buffer, slope = np.zeros(w0.shape), np.ones(w0.shape)

    def reused(w):
        buffer[...] = w
        return buffer

    start = w0.copy()
    return [
        student.gd(lambda w: w, start, lr, steps),
        student.gd(reused, start, lr, steps),
        student.gd(lambda w: slope, start, lr, steps),
        start,
    ]


@points(0.5, of="gd", needs="test_walk_in_the_plane")
def test_rows_of_the_history_are_their_own(student, rng):
    """the history is right also if grad_fn returns its argument or the same array each time"""
    w0 = rng.normal(size=3)
    want = np.array([w0 * 0.75**t for t in range(6)])
    own, reused, constant, start = walks_that_share_memory(student, w0, 0.25, 5)
    expect("gd with a grad_fn that returns its argument", own).close_to(want, **EXACT)
    expect("gd with a grad_fn that fills the same array again", reused).close_to(want, **EXACT)
    call = expect("gd with a grad_fn that returns one constant array", constant)
    call.close_to([w0 - 0.25 * t for t in range(6)], **EXACT, hint="The gradient belongs to grad_fn.")
    expect("w0 after gd", start).close_to(w0, rtol=0, atol=0, hint="w0 belongs to the caller.")


@in_worker
def after_grad_raised(student, w0):
    """w0 after a walk that ended in the middle."""
    calls = []

    def grad(w):
        calls.append(1)
        if len(calls) > 2:
            raise ZeroDivisionError("no gradient here")
        return 2 * w

    try:
        student.gd(grad, w0, 0.1, 5)
    except ZeroDivisionError:
        return w0
    return None


@points(0.5, of="gd", needs="test_walk_in_the_plane")
def test_walk_leaves_w0_alone(student, rng):
    """w0 is the same afterwards, may be read-only, and stays if grad_fn raises; the history is a new array"""
    w0 = rng.normal(size=3)
    call = "gd(grad_fn, w0, 0.1, 4)"
    battery.leaves_arguments_alone(call, student.gd, np.sin, w0, 0.1, 4)
    battery.returns_new_arrays("gd(grad_fn, w0, 0.1, 0)", student.gd, np.sin, w0, 0.1, 0)
    expect("w0 after grad_fn raised", after_grad_raised(student, w0)).close_to(w0, rtol=0, atol=0)


@points(0.5, of="gd", needs="test_walk_in_the_plane")
def test_refuses_a_gradient_of_another_shape(student, rng):
    """a gradient of another shape than w0 is a ValueError, also where it would broadcast"""
    for w_shape, g_shape in (
        ((3,), (3, 1)),
        ((3,), ()),
        ((3,), (1,)),
        ((2, 3), (3,)),
        ((2, 2), (4,)),
        ((), (1,)),
    ):
        w0, grad = np.asarray(rng.normal(size=w_shape)), np.ones(g_shape)
        call = f"gd(grad_fn, w0, 0.1, 2) for w0 {w_shape} and gradients {g_shape}"
        refuses(call, ValueError, student.gd, lambda w, grad=grad: grad, w0, 0.1, 2)


@points(0.5, of="gd", needs="test_walk_in_the_plane")
def test_walk_from_any_array(student):
    """an integer w0 becomes float64, float32 stays float32, and the memory layout does not matter"""
    w0 = np.array([[3.0, -1.0], [2.0, 5.0]])
    history = student.gd(lambda w: 0.5 * w, np.array([3, -1]), 0.5, 2)
    expect("gd(grad_fn, [3, -1], 0.5, 2)", history).close_to([[3.0, -1.0], [2.25, -0.75], [1.6875, -0.5625]])
    number = student.gd(lambda w: 0.5 * w, 3, 0.5, 1)
    expect("gd(grad_fn, 3, 0.5, 1)", number).close_to([3.0, 2.25])
    battery.keeps_float32("gd(grad_fn, w0, 0.25, 3)", student.gd, np.sin, w0, 0.25, 3)
    battery.accepts_any_layout("gd(grad_fn, w0, 0.25, 3)", student.gd, np.sin, w0, 0.25, 3)


# sgd_epochs


def single_steps(x, y, w0, lr, epochs):
    w, places = float(w0), [float(w0)]
    for _ in range(epochs):
        for a, t in zip(x, y, strict=True):
            w = w - lr * 2 * float(a) * (w * float(a) - float(t))
            places.append(w)
    return np.array(places)


@points(1.5, of="sgd_epochs")
def test_one_datum_after_the_other(student, rng):
    """within an epoch each step uses the next datum, at the w that the last step has left"""
    for N in (1, 3, 6):
        x, y = data(rng, N)
        got = student.sgd_epochs(x, y, 0.7, 0.05, 1)
        call = expect(f"sgd_epochs(x, y, w0, lr, 1) for {N} data", got)
        call.close_to(single_steps(x, y, 0.7, 0.05, 1), **EXACT)


@points(0.75, of="sgd_epochs", needs="test_one_datum_after_the_other")
def test_epoch_after_epoch(student, rng):
    """the next epoch goes on where the last one ended, through the data in the same order"""
    x, y = data(rng, 4)
    for lr in (0.02, 0.1):
        got = student.sgd_epochs(x, y, -1.0, lr, 5)
        expect("sgd_epochs(x, y, w0, lr, 5)", got).close_to(single_steps(x, y, -1.0, lr, 5), **EXACT)


@points(0.5, of="sgd_epochs", needs="test_one_datum_after_the_other")
def test_factor_of_an_epoch(student):
    """for x = 1, 2, 3 and y = 2x the distance to 2 shrinks by 0.98 * 0.92 * 0.82 in each epoch"""
    x = np.array([1.0, 2.0, 3.0])
    call = expect("sgd_epochs(x, y, 1, 0.01, 100)", student.sgd_epochs(x, 2 * x, 1.0, 0.01, 100))
    distance = 2 - call.array((301,))
    expect("2 - w after each epoch", distance[::3]).close_to(
        0.739312 ** np.arange(101), rtol=1e-6, atol=1e-14
    )
    call.satisfies(abs(distance[-1]) < 1e-12, "after 100 epochs w should be 2 up to 1e-12.")


@points(0.25, of="sgd_epochs", needs="test_one_datum_after_the_other")
def test_no_epochs(student, rng):
    """with epochs=0 the history holds w0 alone, as a float"""
    x, y = data(rng, 3)
    expect("sgd_epochs(x, y, 1.5, 0.1, 0)", student.sgd_epochs(x, y, 1.5, 0.1, 0)).close_to([1.5])
    expect("sgd_epochs(x, y, 2, 0.1, 0)", student.sgd_epochs(x, y, 2, 0.1, 0)).close_to([2.0])


@points(0.5, of="sgd_epochs", needs="test_one_datum_after_the_other")
def test_single_steps_and_their_arguments(student, rng):
    """x and y are not changed; other pairs of shapes than (N,) and (N,) are a ValueError"""
    call, f = "sgd_epochs(x, y, w0, lr, 2)", student.sgd_epochs
    battery.leaves_arguments_alone(call, f, *data(rng, 4), 0.5, 0.1, 2)
    for x_shape, y_shape in WRONG_SHAPES:
        x, y = rng.normal(size=x_shape), np.asarray(rng.normal(size=y_shape))
        refuses(f"{call} for x {x_shape} and y {y_shape}", ValueError, f, x, y, 0.5, 0.1, 2)


@points(0.25, of="sgd_epochs", needs="test_one_datum_after_the_other")
def test_single_steps_on_any_array(student, rng):
    """integers and any memory layout give the walk of the same values"""
    call, f = "sgd_epochs(x, y, w0, lr, 2)", student.sgd_epochs
    battery.accepts_integers(call, f, whole(rng, 4), whole(rng, 4), 0.5, 0.01, 2)
    battery.accepts_integers(f"{call} with w0 = 1", f, whole(rng, 4), whole(rng, 4), 1, 0.01, 2)
    battery.accepts_any_layout(call, f, *data(rng, 3), 0.5, 0.05, 2)
