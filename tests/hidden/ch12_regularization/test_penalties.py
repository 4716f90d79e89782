"""Hidden tests of ch12: penalties, soft thresholding, ridge regression."""

import math

import numpy as np

from grader import battery, expect, in_worker, observe, points, refuses


def l2_by_loops(Ws, lam):
    """lam / 2 times the sum of squares, one entry at a time."""
    total = 0.0
    for W in Ws:
        for x in np.asarray(W, dtype=float).ravel():
            total += float(x) * float(x)
    return 0.5 * lam * total


def l1_by_loops(Ws, lam):
    """lam times the sum of absolute values, one entry at a time."""
    total = 0.0
    for W in Ws:
        for x in np.asarray(W, dtype=float).ravel():
            total += float(x) if x > 0 else -float(x)
    return lam * total


def some_weights(rng):
    """Arrays of several shapes."""
    return [rng.normal(size=shape) for shape in ((3, 4), (4,), (2, 1, 3), (1, 1))]


def whole_weights(rng):
    """Integer arrays."""
    return [rng.integers(-120, 121, size=(3, 2)), -rng.integers(100, 121, size=4).astype(np.int8)]


# l2_penalty ----------------------------------------------------------------------------------------------------


@points(1.5, of="l2_penalty")
def test_l2_penalty_of_several_arrays(student, rng):
    """l2_penalty is lam / 2 times the sum of the squares of all entries of all arrays"""
    for lam in (0.7, 3.0, 1e-4):
        Ws = some_weights(rng)
        expect("l2_penalty(Ws, lam)", student.l2_penalty(Ws, lam)).close_to(l2_by_loops(Ws, lam))


@points(0.5, of="l2_penalty")
def test_l2_penalty_is_no_mean(student):
    """l2_penalty adds up: twice as many weights cost twice as much, whatever the shape"""
    for shape in ((1, 10), (10, 1), (100,), (5, 5, 4)):
        got = student.l2_penalty([np.full(shape, 2.0)], 0.5)
        expect("l2_penalty of equal weights", got).close_to(
            float(np.prod(shape)), hint="Nothing is divided by N."
        )


@points(0.5, of="l2_penalty", needs="test_l2_penalty_of_several_arrays")
def test_l2_penalty_of_nothing(student, rng):
    """l2_penalty is 0.0 without weights, and with lam = 0"""
    expect("l2_penalty([], lam)", student.l2_penalty([], 0.7)).is_float().close_to(0.0)
    expect("l2_penalty(Ws, 0)", student.l2_penalty(some_weights(rng), 0)).is_float().close_to(0.0)


@points(0.25, of="l2_penalty", needs="test_l2_penalty_of_several_arrays")
def test_l2_penalty_returns_a_float(student, rng):
    """l2_penalty returns a float and leaves the weights as they are"""
    Ws = some_weights(rng)
    seen = observe(student.l2_penalty, Ws, 0.3)
    expect("l2_penalty(Ws, lam)", seen.value).is_float()
    expect("the arguments of l2_penalty", seen.value).satisfies(not seen.modified, "they were changed.")


@points(0.25, of="l2_penalty", needs="test_l2_penalty_of_several_arrays")
def test_l2_penalty_of_integers(student, rng):
    """l2_penalty takes integer weights, small types included"""
    Ws = whole_weights(rng)
    expect("l2_penalty(Ws, lam)", student.l2_penalty(Ws, 0.3)).close_to(l2_by_loops(Ws, 0.3))


# l2_grad -------------------------------------------------------------------------------------------------------


@points(2, of="l2_grad")
def test_l2_grad_is_the_gradient(student, rng):
    """l2_grad is the numerical gradient of the penalty, for one axis, two and three"""
    for shape, lam in (((3, 2), 0.7), ((5,), 2.5), ((2, 2, 3), 0.04)):
        W = rng.normal(size=shape)
        got = expect("l2_grad(W, lam)", student.l2_grad(W, lam))
        got.gradient(lambda v, lam=lam: l2_by_loops([v], lam), at=W)


@points(0.5, of="l2_grad", needs="test_l2_grad_is_the_gradient")
def test_l2_grad_makes_a_new_array(student, rng):
    """l2_grad returns a new array and leaves W as it is, with lam = 1 and lam = 0, too"""
    W = rng.normal(size=(3, 2))
    for lam in (0.7, 1.0, 0.0):
        battery.leaves_arguments_alone("l2_grad(W, lam)", student.l2_grad, W, lam)
        battery.returns_new_arrays("l2_grad(W, lam)", student.l2_grad, W, lam)
        expect("l2_grad(W, lam)", student.l2_grad(W, lam)).close_to(lam * W)


@points(0.25, of="l2_grad", needs="test_l2_grad_is_the_gradient")
def test_l2_grad_of_any_array(student, rng):
    """l2_grad keeps float32, converts integers and takes any memory layout"""
    W = rng.integers(-4, 5, size=(4, 3)).astype(float)
    battery.keeps_float32("l2_grad(W, lam)", student.l2_grad, W, 0.3)
    battery.accepts_integers("l2_grad(W, lam)", student.l2_grad, W, 0.3)
    battery.accepts_any_layout("l2_grad(W, lam)", student.l2_grad, W, 0.3)


# l1_penalty ----------------------------------------------------------------------------------------------------


@points(1.5, of="l1_penalty")
def test_l1_penalty_of_several_arrays(student, rng):
    """l1_penalty is lam times the sum of the absolute values of all entries of all arrays"""
    for lam in (0.7, 3.0, 1e-4):
        Ws = some_weights(rng)
        expect("l1_penalty(Ws, lam)", student.l1_penalty(Ws, lam)).close_to(l1_by_loops(Ws, lam))


@points(0.5, of="l1_penalty")
def test_l1_penalty_is_no_mean(student):
    """l1_penalty adds up: twice as many weights cost twice as much, whatever the shape and the sign"""
    for shape in ((1, 10), (10, 1), (100,), (5, 5, 4)):
        got = student.l1_penalty([np.full(shape, -2.0)], 0.5)
        expect("l1_penalty of equal weights", got).close_to(
            float(np.prod(shape)), hint="Nothing is divided by N."
        )


@points(0.5, of="l1_penalty", needs="test_l1_penalty_of_several_arrays")
def test_l1_penalty_of_nothing(student, rng):
    """l1_penalty is 0.0 without weights, and with lam = 0"""
    expect("l1_penalty([], lam)", student.l1_penalty([], 0.7)).is_float().close_to(0.0)
    expect("l1_penalty(Ws, 0)", student.l1_penalty(some_weights(rng), 0)).is_float().close_to(0.0)


@points(0.25, of="l1_penalty", needs="test_l1_penalty_of_several_arrays")
def test_l1_penalty_returns_a_float(student, rng):
    """l1_penalty returns a float and leaves the weights as they are"""
    Ws = some_weights(rng)
    seen = observe(student.l1_penalty, Ws, 0.3)
    expect("l1_penalty(Ws, lam)", seen.value).is_float()
    expect("the arguments of l1_penalty", seen.value).satisfies(not seen.modified, "they were changed.")


@points(0.25, of="l1_penalty", needs="test_l1_penalty_of_several_arrays")
def test_l1_penalty_of_integers(student, rng):
    """l1_penalty takes integer weights, small types included"""
    Ws = whole_weights(rng)
    expect("l1_penalty(Ws, lam)", student.l1_penalty(Ws, 0.3)).close_to(l1_by_loops(Ws, 0.3))


# soft_threshold ------------------------------------------------------------------------------------------------


def soft_by_loops(w, t):
    """The three cases, one entry at a time."""
    out = [x - t if x > t else x + t if x < -t else 0.0 for x in np.asarray(w, dtype=float).ravel()]
    return np.reshape(out, np.shape(w))


@points(2, of="soft_threshold")
def test_soft_threshold_follows_the_cases(student, rng):
    """soft_threshold moves every entry towards zero by t, and not past it"""
    for shape, t in (((40,), 0.5), ((6, 5), 1.2), ((2, 3, 4), 0.1)):
        w = rng.normal(size=shape)
        expect("soft_threshold(w, t)", student.soft_threshold(w, t)).close_to(soft_by_loops(w, t))


@points(1, of="soft_threshold", needs="test_soft_threshold_follows_the_cases")
def test_soft_threshold_has_exact_zeros(student, rng):
    """entries with |w| <= t become exactly 0, also at the edge"""
    t = float(rng.uniform(0.3, 0.9))
    w = np.array([t, -t, 0.0, t / 3, -t / 3, t + 1, -t - 1])
    for edge in (t, math.nextafter(t, 1.0)):
        got = expect("soft_threshold(w, t)", student.soft_threshold(w, edge)).array((7,))
        expect("the entries with |w| <= t", got[:5]).close_to(np.zeros(5), rtol=0, atol=0)
        expect("the entries with |w| > t", got[5:]).close_to([t + 1 - edge, edge - t - 1])
    got = expect("soft_threshold(w, t)", student.soft_threshold(w, 10.0)).array((7,))
    expect("all entries, with t above all of them", got).close_to(np.zeros(7), rtol=0, atol=0)


@points(0.5, of="soft_threshold", needs="test_soft_threshold_follows_the_cases")
def test_soft_threshold_of_zero(student, rng):
    """with t = 0 soft_threshold returns the same numbers in a new array"""
    w = rng.normal(size=(3, 4))
    w[1] = 0.0
    expect("soft_threshold(w, 0)", student.soft_threshold(w, 0)).close_to(w)
    battery.returns_new_arrays("soft_threshold(w, 0)", student.soft_threshold, w, 0.0)


@points(0.5, of="soft_threshold", needs="test_soft_threshold_follows_the_cases")
def test_soft_threshold_leaves_w_alone(student, rng):
    """soft_threshold does not change w, and returns an array of its own"""
    w = rng.normal(size=(3, 4))
    battery.leaves_arguments_alone("soft_threshold(w, t)", student.soft_threshold, w, 0.5)
    battery.returns_new_arrays("soft_threshold(w, t)", student.soft_threshold, w, 0.5)


@points(0.25, of="soft_threshold", needs="test_soft_threshold_follows_the_cases")
def test_soft_threshold_refuses_a_negative_t(student, rng):
    """soft_threshold raises ValueError for a negative t"""
    refuses("soft_threshold(w, -0.1)", ValueError, student.soft_threshold, rng.normal(size=3), -0.1)


@points(0.5, of="soft_threshold", needs="test_soft_threshold_follows_the_cases")
def test_soft_threshold_of_any_array(student, rng):
    """soft_threshold keeps float32, converts integers and takes any memory layout"""
    w = rng.integers(-4, 5, size=(5, 3)).astype(float)
    battery.keeps_float32("soft_threshold(w, t)", student.soft_threshold, w, 1.5)
    battery.accepts_integers("soft_threshold(w, t)", student.soft_threshold, w, 1.5)
    battery.accepts_any_layout("soft_threshold(w, t)", student.soft_threshold, w, 1.5)


@in_worker
def lasso_steps(student, X, y, lam, lr, steps):
    """A step down the squared error, then the step that the L1 penalty asks for; again and again."""
    w = np.zeros(X.shape[1])
    for _ in range(steps):
        w = student.soft_threshold(w - lr * (X.T @ (X @ w - y)) / len(y), lr * lam)
    return w


@points(1.5, of="soft_threshold", seconds=10)
def test_lasso_finds_the_three_columns(student, rng):
    """with an L1 penalty 17 columns that mean nothing get a weight of exactly 0, and 3 are kept"""
    X = rng.normal(size=(200, 20))
    true = np.zeros(20)
    places = rng.choice(20, size=3, replace=False)
    true[places] = [3.0, -2.0, 1.5]
    y = X @ true + 0.2 * rng.normal(size=200)
    lr = 200 / np.linalg.norm(X, 2) ** 2
    got = expect("w after 100 lasso steps", lasso_steps(student, X, y, 0.35, lr, 100)).array((20,))
    # 3000 seeds: always 17 exact zeros, by a margin of 0.14 in the gradient; the kept weights are 0.92 or more
    false = np.delete(got, places)
    zeros = int(np.sum(false == 0))
    expect("the number of weights that are exactly 0 among the 17", zeros).equals(17)
    kept = np.abs(got[places])
    expect("the smallest of the three kept weights", float(kept.min())).at_least(0.6)


# ridge_fit -----------------------------------------------------------------------------------------------------


def ridge_by_rows(X, y, lam):
    """The same problem as plain least squares: one row more for each weight, sqrt(N * lam) * w[d] ~ 0."""
    n, d = X.shape
    rows = np.concatenate([X, math.sqrt(n * lam) * np.eye(d)])
    return np.linalg.lstsq(rows, np.concatenate([y, np.zeros(d)]), rcond=None)[0]


@points(2, of="ridge_fit")
def test_ridge_is_the_minimum(student, rng):
    """ridge_fit returns the weights with the lowest loss and penalty"""
    for n, d, lam in ((12, 3, 0.5), (30, 5, 0.02), (7, 1, 4.0), (1, 1, 0.3)):
        X, y = rng.normal(size=(n, d)), rng.normal(size=n)
        got = expect("ridge_fit(X, y, lam)", student.ridge_fit(X, y, lam))
        got.close_to(ridge_by_rows(X, y, lam), rtol=1e-6, hint="Set the gradient to zero; where is N in it?")


@points(0.75, of="ridge_fit")
def test_ridge_with_more_columns_than_rows(student, rng):
    """ridge_fit works with more columns than rows, and with equal columns"""
    X, y = rng.normal(size=(4, 9)), rng.normal(size=4)
    expect("ridge_fit(X, y, lam)", student.ridge_fit(X, y, 0.1)).close_to(ridge_by_rows(X, y, 0.1), rtol=1e-6)
    X = np.repeat(rng.normal(size=(6, 2)), 2, axis=1)
    y = rng.normal(size=6)
    expect("ridge_fit(X, y, lam)", student.ridge_fit(X, y, 0.2)).close_to(ridge_by_rows(X, y, 0.2), rtol=1e-6)


@points(0.75, of="ridge_fit")
def test_ridge_averages_over_rows(student, rng):
    """all rows twice change nothing, and neither does their order"""
    X, y = rng.normal(size=(8, 3)), rng.normal(size=8)
    want = ridge_by_rows(X, y, 0.6)
    got = student.ridge_fit(np.concatenate([X, X]), np.concatenate([y, y]), 0.6)
    expect("ridge_fit with all rows twice", got).close_to(
        want, rtol=1e-6, hint="The error is a mean over rows."
    )
    got = student.ridge_fit(X[::-1].copy(), y[::-1].copy(), 0.6)
    expect("ridge_fit with rows in another order", got).close_to(want, rtol=1e-6)


@points(0.5, of="ridge_fit")
def test_ridge_weights_shrink(student, rng):
    """a very strong penalty leaves very small weights, and a very weak one the plain fit"""
    X = rng.normal(size=(15, 3))
    true = rng.normal(size=3)
    y = X @ true
    weak = expect("ridge_fit with lam = 1e-12", student.ridge_fit(X, y, 1e-12))
    weak.close_to(true, rtol=1e-5, atol=1e-6)
    strong = expect("ridge_fit with lam = 1e9", student.ridge_fit(X, y, 1e9)).array((3,))
    expect("1e9 times these weights", strong * 1e9).close_to(np.einsum("nd,n->d", X, y) / 15, rtol=1e-5)


@points(0.25, of="ridge_fit", needs="test_ridge_is_the_minimum")
def test_ridge_leaves_its_data_alone(student, rng):
    """ridge_fit does not change X and y"""
    X, y = rng.normal(size=(8, 3)), rng.normal(size=8)
    battery.leaves_arguments_alone("ridge_fit(X, y, lam)", student.ridge_fit, X, y, 0.5)


@points(0.25, of="ridge_fit", needs="test_ridge_is_the_minimum")
def test_ridge_refuses_shapes_that_do_not_fit(student, rng):
    """ridge_fit raises ValueError unless X is (N, D) and y is (N,)"""
    X, y = rng.normal(size=(8, 3)), rng.normal(size=8)
    for what, one, two in (
        ("a y of shape (N, 1)", X, y[:, None]),
        ("a y that is too long", X, np.append(y, 0.0)),
        ("an X with one axis", y, y),
        ("a single y", X, y[0]),
    ):
        refuses(f"ridge_fit with {what}", ValueError, student.ridge_fit, one, two, 0.5)


@points(0.5, of="ridge_fit", needs="test_ridge_is_the_minimum")
def test_ridge_of_any_array(student, rng):
    """ridge_fit keeps float32, converts integers and takes any memory layout"""
    X, y = rng.integers(-4, 5, size=(9, 3)).astype(float), rng.integers(-4, 5, size=9).astype(float)
    battery.keeps_float32("ridge_fit(X, y, lam)", student.ridge_fit, X, y, 0.5, rtol=1e-3, atol=1e-4)
    battery.accepts_integers("ridge_fit(X, y, lam)", student.ridge_fit, X, y, 0.5)
    battery.accepts_any_layout("ridge_fit(X, y, lam)", student.ridge_fit, X, y, 0.5)
