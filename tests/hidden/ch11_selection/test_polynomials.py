"""Hidden tests of poly_features, least_squares_fit and select_degree."""

import math

import numpy as np

from grader import Rng, battery, expect, in_worker, points, refuses

TRUE = (
    5.0,
    1.2,
    -3.4,
    5.6,
)  # y = 5 + 1.2 x - 3.4 x^2/2! + 5.6 x^3/3!, the example of Dive into Deep Learning


def features_by_hand(x, degree):
    """One entry at a time."""
    return np.array([[v**i / math.factorial(i) for i in range(degree + 1)] for v in x.tolist()])


def noisy_polynomial(rng, n, noise):
    x = rng.normal(size=n)
    return x, features_by_hand(x, 3) @ np.array(TRUE) + rng.normal(scale=noise, size=n)


# poly_features


@points(2, of="poly_features")
def test_features_are_powers_over_factorials(student, rng):
    """column i of poly_features is x**i / i!, from i = 0 to the degree"""
    x = rng.uniform(-3, 3, size=7)
    for degree in (1, 3, 6):
        expect("poly_features(x, degree)", student.poly_features(x, degree)).close_to(
            features_by_hand(x, degree)
        )


@points(0.5, of="poly_features", needs="test_features_are_powers_over_factorials")
def test_features_of_a_constant(student, rng):
    """degree 0 gives one column of ones, and zeros in x are no trouble"""
    x = np.array([0.0, -1.5, 0.0, 2.0])
    expect("poly_features(x, 0)", student.poly_features(x, 0)).close_to(np.ones((4, 1)))
    expect("poly_features(x, 2)", student.poly_features(x, 2)).close_to(features_by_hand(x, 2))


@points(0.5, of="poly_features", needs="test_features_are_powers_over_factorials")
def test_features_of_high_degree(student, rng):
    """degree 25 stays exact: the factorials outgrow 64-bit integers"""
    x = rng.uniform(-3, 3, size=4)
    expect("poly_features(x, 25)", student.poly_features(x, 25)).close_to(
        features_by_hand(x, 25), rtol=1e-9, atol=1e-16, hint="Which kind of number holds 25! ?"
    )


@points(0.5, of="poly_features", needs="test_features_are_powers_over_factorials")
def test_features_refuse_wrong_arguments(student):
    """poly_features raises ValueError for an x of two axes or none, and for a negative degree"""
    refuses("poly_features(x of shape (), 2)", ValueError, student.poly_features, np.array(2.0), 2)
    refuses("poly_features(x of shape (3, 1), 2)", ValueError, student.poly_features, np.ones((3, 1)), 2)
    refuses("poly_features(x, -1)", ValueError, student.poly_features, np.ones(3), -1)


@points(0.25, of="poly_features", needs="test_features_are_powers_over_factorials")
def test_features_leave_x_alone(student, rng):
    """poly_features does not change x"""
    battery.leaves_arguments_alone("poly_features(x, 3)", student.poly_features, rng.normal(size=5), 3)


@points(0.35, of="poly_features", needs="test_features_are_powers_over_factorials")
def test_features_suit_any_array(student, rng):
    """poly_features keeps float32, converts integers and accepts any memory layout"""
    x = rng.normal(size=6)
    battery.keeps_float32("poly_features(x, 3)", student.poly_features, x, 3)
    battery.accepts_integers("poly_features(x, 3)", student.poly_features, np.array([-2.0, 0.0, 3.0]), 3)
    battery.accepts_any_layout("poly_features(x, 3)", student.poly_features, x, 3)


# least_squares_fit


@points(2, of="least_squares_fit")
def test_fit_has_the_least_error(student, rng):
    """least_squares_fit leaves residuals at right angles to every column"""
    F, y = rng.normal(size=(12, 4)), rng.normal(size=12)
    w = expect("least_squares_fit(F, y)", student.least_squares_fit(F, y)).array((4,))
    # The gradient of the squared error, sum over n of 2 (F[n].w - y[n]) F[n, k], vanishes at the minimum.
    slopes = [sum((sum(F[n] * w) - y[n]) * F[n, k] for n in range(12)) for k in range(4)]
    expect("the slope of the squared error at least_squares_fit(F, y)", np.array(slopes)).close_to(
        np.zeros(4), atol=1e-8
    )


@points(1, of="least_squares_fit")
def test_fit_finds_exact_weights(student, rng):
    """without noise least_squares_fit gives the weights back"""
    F, w = rng.normal(size=(9, 3)), rng.normal(size=3)
    expect("least_squares_fit(F, F @ w)", student.least_squares_fit(F, F @ w)).close_to(
        w, rtol=1e-8, atol=1e-9
    )


@points(1, of="least_squares_fit")
def test_fit_with_fewer_rows_than_columns(student, rng):
    """with fewer rows than columns the fit is exact, and of all exact ones the shortest"""
    F, y = rng.normal(size=(4, 9)), rng.normal(size=4)
    w = expect("least_squares_fit(F, y) for 4 rows, 9 columns", student.least_squares_fit(F, y)).array((9,))
    expect("F @ w", F @ w).close_to(y, rtol=1e-7, atol=1e-8, hint="Normal equations are singular here.")
    # The shortest solution is a combination of the rows of F: w = F.T (F F.T)^-1 y.
    shortest = F.T @ np.linalg.solve(F @ F.T, y)
    expect("least_squares_fit(F, y)", w).close_to(shortest, rtol=1e-6, atol=1e-8)


@points(1, of="least_squares_fit", needs="test_fit_has_the_least_error")
def test_fit_of_the_textbook_polynomial(student, rng):
    """100 noisy points of the textbook polynomial give its coefficients to within 0.25"""
    x, y = noisy_polynomial(rng, 100, 0.1)
    w = student.least_squares_fit(features_by_hand(x, 3), y)
    got = expect("the coefficients", w).array((4,))
    # Off by at most 0.15 in 200 of 200 seeds.
    expect("the coefficients", w).satisfies(
        np.abs(got - TRUE).max() < 0.25, "they are far from 5, 1.2, -3.4, 5.6."
    )


@points(0.5, of="least_squares_fit", needs="test_fit_finds_exact_weights")
def test_fit_of_columns_that_nearly_say_the_same(student, rng):
    """columns that nearly depend on one another still have weights of their own, exact to many digits"""
    left, right = (np.linalg.qr(rng.normal(size=shape))[0] for shape in ((12, 3), (3, 3)))
    F, w = left * np.array([1.0, 1e-3, 1e-7]) @ right, np.array([1.0, -2.0, 3.0])
    # Singular values from 1 to 1e-7: of 16 digits 7 are lost, with F.T @ F 14.
    hint = "F.T @ F squares what is small, and drops it. Are small singular values cut off?"
    got = expect("least_squares_fit(F, F @ w)", student.least_squares_fit(F, F @ w))
    got.close_to(w, rtol=1e-5, atol=1e-5, hint=hint)


@points(0.3, of="least_squares_fit", needs="test_fit_has_the_least_error")
def test_fit_is_float64(student, rng):
    """least_squares_fit computes in float64, also for float32"""
    F, y = rng.normal(size=(6, 2)).astype(np.float32), rng.normal(size=6).astype(np.float32)
    expect("least_squares_fit(F, y) of float32 arrays", student.least_squares_fit(F, y)).has_dtype(np.float64)


@points(0.5, of="least_squares_fit", needs="test_fit_has_the_least_error")
def test_fit_of_columns_that_say_the_same(student, rng):
    """a column that stands there twice shares its weight"""
    column, y = rng.normal(size=8), rng.normal(size=8)
    w = student.least_squares_fit(np.stack([column, column], axis=1), y)
    one = float(sum(column * y) / sum(column * column))
    expect("least_squares_fit of two equal columns", w).close_to([one / 2, one / 2], rtol=1e-6, atol=1e-8)


@points(0.5, of="least_squares_fit", needs="test_fit_has_the_least_error")
def test_fit_refuses_other_shapes(student):
    """least_squares_fit raises ValueError where F and y do not fit"""
    refuses(
        "least_squares_fit(F (4, 2), y (3,))",
        ValueError,
        student.least_squares_fit,
        np.ones((4, 2)),
        np.ones(3),
    )
    refuses(
        "least_squares_fit(F (4, 2), y (4, 1))",
        ValueError,
        student.least_squares_fit,
        np.ones((4, 2)),
        np.ones((4, 1)),
    )
    f = student.least_squares_fit
    refuses("least_squares_fit(F (4,), y (4,))", ValueError, f, np.arange(4.0), np.ones(4))


@points(0.25, of="least_squares_fit", needs="test_fit_has_the_least_error")
def test_fit_leaves_its_arguments_alone(student, rng):
    """least_squares_fit changes neither F nor y"""
    F, y = rng.normal(size=(5, 2)), rng.normal(size=5)
    battery.leaves_arguments_alone("least_squares_fit(F, y)", student.least_squares_fit, F, y)


@points(0.25, of="least_squares_fit", needs="test_fit_has_the_least_error")
def test_fit_suits_any_array(student, rng):
    """least_squares_fit converts integers and accepts any memory layout"""
    F, y = rng.integers(-5, 6, size=(8, 3)).astype(float), rng.integers(-5, 6, size=8).astype(float)
    battery.accepts_integers("least_squares_fit(F, y)", student.least_squares_fit, F, y)
    battery.accepts_any_layout("least_squares_fit(F, y)", student.least_squares_fit, F, y)


# select_degree


def errors_by_hand(x, y, degrees, folds):
    """Mean over the folds of the validation error of each degree."""
    found = []
    for degree in degrees:
        F = features_by_hand(x, degree)
        errors = []
        for train, val in folds:
            w = np.linalg.lstsq(F[train], y[train], rcond=None)[0]
            errors.append(sum((sum(F[n] * w) - y[n]) ** 2 for n in val) / len(val))
        found.append(sum(errors) / len(errors))
    return found


@points(2, of="select_degree")
def test_selects_the_lowest_validation_error(student, rng):
    """select_degree picks the degree with the lowest mean error on rows that were not trained on"""
    for _ in range(6):
        x = rng.uniform(-3, 3, size=24)
        y = features_by_hand(x, 3) @ np.array(TRUE) + rng.normal(scale=0.5, size=24)
        degrees = [5, 1, 4, 2, 3, 8]
        fold_rng = Rng(int(rng.integers(2**31)))
        folds = expect("kfold_indices(n, 4, rng)", student.kfold_indices(24, 4, Rng(fold_rng.seed))).sequence(
            4
        )
        errors = errors_by_hand(x, y, degrees, folds)
        best = sorted(errors)
        if best[1] < best[0] * (1 + 1e-6):
            continue
        got = student.select_degree(x, y, degrees, 4, fold_rng)
        expect("select_degree(x, y, degrees, 4, rng)", got).equals(degrees[errors.index(best[0])])


@points(0.5, of="select_degree", needs="test_selects_the_lowest_validation_error")
def test_selection_lets_every_fold_count_the_same(student, rng):
    """select_degree takes the mean over folds of the mean over their rows, also where folds differ in size"""
    for _ in range(150):
        x, y = rng.normal(size=3), rng.normal(size=3)
        seed = int(rng.integers(2**31))
        folds = expect("kfold_indices(3, 2, rng)", student.kfold_indices(3, 2, Rng(seed))).sequence(2)
        means = errors_by_hand(x, y, [0, 1], folds)
        sizes = [len(val) for _, val in folds]
        # What the mean over all rows would choose: each fold's error times its number of rows.
        single = [errors_by_hand(x, y, [0, 1], [fold]) for fold in folds]
        pooled = [sum(s[d] * n for s, n in zip(single, sizes, strict=True)) for d in (0, 1)]
        # And the mean over the folds of the roots.
        roots = [sum(math.sqrt(s[d]) for s in single) for d in (0, 1)]
        agree = all((means[0] < means[1]) == (other[0] < other[1]) for other in (pooled, roots))
        if agree or max(means) < 1.01 * min(means):
            continue
        got = student.select_degree(x, y, [0, 1], 2, Rng(seed))
        expect("select_degree(x, y, [0, 1], 2, rng)", got).equals(int(means[1] < means[0]))
    expect(
        "select_degree(x, y, [4], 2, rng)",
        student.select_degree(np.arange(9.0), np.arange(9.0), [4], 2, Rng(1)),
    ).equals(4)


@in_worker
def choices(student, seeds, n, degrees):
    found = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        x = rng.uniform(-3, 3, size=n)
        y = 5 + 1.2 * x - 3.4 * x**2 / 2 + 5.6 * x**3 / 6 + rng.normal(scale=0.5, size=n)
        found.append(int(student.select_degree(x, y, degrees, 5, rng)))
    return found


@points(1, of="select_degree", needs="test_selects_the_lowest_validation_error")
def test_never_chooses_too_simple_a_model(student, rng):
    """on cubic data 5-fold validation never chooses less than degree 3, and seldom the richest"""
    seeds = [int(s) for s in rng.integers(2**31, size=20)]
    found = expect("the chosen degrees", choices(student, seeds, 40, list(range(1, 11)))).sequence(20)
    # In 900 of 900 runs at least 3; exactly 3 in 62 to 69 %. Training error picks 10 always.
    expect("the chosen degrees", found).satisfies(
        min(found) >= 3, "a degree below 3 was chosen for cubic data."
    )
    often = sum(d == 3 for d in found)
    expect("the chosen degrees", found).satisfies(often >= 6, "the true degree is hardly ever chosen.")


@points(0.5, of="select_degree", needs="test_selects_the_lowest_validation_error")
def test_first_of_equal_degrees(student):
    """of candidates with the same error the first is chosen, in whatever order they stand"""
    x, y = np.linspace(-1, 1, 9), np.zeros(9)
    expect(
        "select_degree(x, zeros, [2, 1, 3], 3, rng)", student.select_degree(x, y, [2, 1, 3], 3, Rng(1))
    ).equals(2)


@points(0.5, of="select_degree", needs="test_selects_the_lowest_validation_error")
def test_selection_refuses_what_does_not_fit(student):
    """select_degree raises ValueError without candidates, for unequal lengths and for too many folds"""
    x = np.linspace(-1, 1, 6)
    refuses("select_degree(x, y, [], 2, rng)", ValueError, student.select_degree, x, x, [], 2, Rng(1))
    refuses("select_degree(x (6,), y (5,))", ValueError, student.select_degree, x, x[:5], [1], 2, Rng(1))
    refuses("select_degree(x (5,), y (6,))", ValueError, student.select_degree, x[:5], x, [1], 2, Rng(1))
    refuses("select_degree(x, y, [1], 7, rng)", ValueError, student.select_degree, x, x, [1], 7, Rng(1))


@points(0.25, of="select_degree", needs="test_selects_the_lowest_validation_error")
def test_selection_leaves_its_arguments_alone(student, rng):
    """select_degree changes neither x nor y"""
    x = rng.normal(size=9)
    battery.leaves_arguments_alone(
        "select_degree(x, y, ...)", student.select_degree, x, x**2, [1, 2], 3, Rng(5)
    )
