"""Hidden tests of ch10: min_max_fit, min_max_apply, standardize_fit, standardize_apply."""

import math

import numpy as np

from grader import battery, expect, points


def columns(X):
    """The columns as lists of Python floats."""
    return [[float(v) for v in column] for column in np.asarray(X).T]


def mean_and_std_by_loops(X):
    """The formula as written, with exact sums."""
    means = [math.fsum(c) / len(c) for c in columns(X)]
    stds = [
        math.sqrt(math.fsum((v - m) ** 2 for v in c) / len(c)) if min(c) != max(c) else 0.0
        for c, m in zip(columns(X), means)
    ]
    return np.array(means), np.array(stds)


def scaled_by_loops(X, start, span):
    """(x - start) / span, one entry at a time; a span of 0 counts as 1."""
    out = np.zeros(X.shape)
    for n in range(X.shape[0]):
        for d in range(X.shape[1]):
            out[n, d] = (X[n, d] - start[d]) / (span[d] if span[d] else 1.0)
    return out


def fitted(call, value, first, second):
    """The two statistics of a fit."""
    return expect(call, value).unpack(first, second)


# min_max -------------------------------------------------------------------------------------------------------


@points(1.5, of="min_max_fit")
def test_min_max_fit_finds_the_ends(student, rng):
    """min_max_fit gives the smallest and the largest entry of each column"""
    for shape in ((9, 4), (1, 3), (5, 1), (3, 3)):
        X = rng.normal(size=shape)
        lo, hi = fitted("min_max_fit(X)", student.min_max_fit(X), "lo", "hi")
        lo.close_to([min(c) for c in columns(X)])
        hi.close_to([max(c) for c in columns(X)])


@points(0.25, of="min_max_fit", needs="test_min_max_fit_finds_the_ends")
def test_min_max_fit_leaves_x_alone(student, rng):
    """min_max_fit returns new arrays and does not change X"""
    X = rng.normal(size=(5, 3))
    battery.leaves_arguments_alone("min_max_fit(X)", student.min_max_fit, X)
    battery.returns_new_arrays("min_max_fit(X)", student.min_max_fit, X[:1])


@points(0.15, of="min_max_fit", needs="test_min_max_fit_finds_the_ends")
def test_min_max_fit_takes_any_kind_of_array(student, rng):
    """min_max_fit keeps float32, takes integers and any memory layout"""
    X = np.round(5 * rng.normal(size=(5, 3)))
    battery.keeps_float32("min_max_fit(X)", student.min_max_fit, X)
    battery.accepts_integers("min_max_fit(X)", student.min_max_fit, X)
    battery.accepts_any_layout("min_max_fit(X)", student.min_max_fit, X)


@points(1.5, of="min_max_apply")
def test_min_max_apply_matches_the_formula(student, rng):
    """min_max_apply agrees with the formula, with the lo and hi that it is given"""
    lo = rng.normal(size=4)
    hi = lo + rng.uniform(0.5, 3.0, size=4)
    for n in (6, 4, 1):
        X = lo + rng.uniform(0.1, 0.8, size=(n, 4)) * (hi - lo)
        hint = "Scale with lo and hi of the training rows, not with those of X."
        got = expect("min_max_apply(X, lo, hi)", student.min_max_apply(X, lo, hi))
        got.close_to(scaled_by_loops(X, lo, hi - lo), hint=hint)


@points(0.5, of="min_max_apply", needs="test_min_max_apply_matches_the_formula")
def test_min_max_apply_does_not_clip(student, rng):
    """rows outside of the training range become less than 0 or more than 1"""
    X = np.array([[-3.0, 40.0], [7.0, -6.0]])
    lo, hi = np.array([1.0, 0.0]), np.array([3.0, 8.0])
    expect("min_max_apply(X, lo, hi)", student.min_max_apply(X, lo, hi)).close_to([[-2.0, 5.0], [3.0, -0.75]])


@points(1, of="min_max_apply", needs="test_min_max_apply_matches_the_formula")
def test_min_max_apply_of_a_constant_column(student, rng):
    """a column that was constant in training is only moved: 0, not nan"""
    X = rng.normal(size=(5, 3))
    X[:, 1] = 0.7
    lo, hi = X.min(axis=0), X.max(axis=0)
    got = battery.stays_finite("min_max_apply(X, lo, hi)", student.min_max_apply, X, lo, hi)
    expect("min_max_apply(X, lo, hi)", got).close_to(scaled_by_loops(X, lo, hi - lo))
    other = X + 2.5
    got = expect("min_max_apply of other rows", student.min_max_apply(other, lo, hi))
    got.close_to(scaled_by_loops(other, lo, hi - lo))
    narrow = np.array([1e-7, 1e-14, 1.0]) * rng.random((5, 3))
    lo, hi = np.zeros(3), np.array([1e-7, 2e-14, 1.0])
    got = expect("min_max_apply with narrow columns", student.min_max_apply(narrow, lo, hi))
    got.close_to(scaled_by_loops(narrow, lo, hi), hint="Only a width of exactly 0 is replaced.")


@points(0.4, of="min_max_apply", needs="test_min_max_apply_matches_the_formula")
def test_min_max_apply_leaves_its_arguments_alone(student, rng):
    """min_max_apply returns a new array and changes neither X nor lo nor hi"""
    lo, hi = np.array([0.0, 2.0]), np.array([1.0, 2.0])
    X = rng.normal(size=(5, 2))
    battery.leaves_arguments_alone("min_max_apply(X, lo, hi)", student.min_max_apply, X, lo, hi)
    unit = (X, np.zeros(2), np.ones(2))
    battery.returns_new_arrays("min_max_apply(X, lo, hi)", student.min_max_apply, *unit)


@points(0.35, of="min_max_apply", needs="test_min_max_apply_matches_the_formula")
def test_min_max_apply_takes_any_kind_of_array(student, rng):
    """min_max_apply keeps float32, takes integers and any memory layout"""
    X = np.round(5 * rng.normal(size=(5, 3)))
    lo, hi = np.array([-3.0, 1.0, 2.0]), np.array([5.0, 9.0, 2.0])
    battery.keeps_float32("min_max_apply(X, lo, hi)", student.min_max_apply, X, lo, hi)
    battery.accepts_integers("min_max_apply(X, lo, hi)", student.min_max_apply, X, lo, hi)
    battery.accepts_any_layout("min_max_apply(X, lo, hi)", student.min_max_apply, X, lo, hi)
    got = expect("min_max_apply(X, lo, hi) of a float32 X", student.min_max_apply(X.astype("f"), lo, hi))
    got.has_dtype(np.float64).close_to(scaled_by_loops(X, lo, hi - lo))


# standardize ---------------------------------------------------------------------------------------------------


@points(2, of="standardize_fit")
def test_standardize_fit_matches_the_formula(student, rng):
    """standardize_fit gives mean and standard deviation of each column, divided by N"""
    for shape in ((9, 4), (2, 3), (5, 1), (3, 3)):
        X = rng.normal(2.0, 3.0, size=shape)
        mean, std = fitted("standardize_fit(X)", student.standardize_fit(X), "mean", "std")
        want = mean_and_std_by_loops(X)
        mean.close_to(want[0])
        std.close_to(want[1], hint="One number for each column; divide by N, not N - 1.")


@points(1, of="standardize_fit", needs="test_standardize_fit_matches_the_formula")
def test_standardize_fit_of_constant_columns(student, rng):
    """the standard deviation of a constant column is exactly 0, also where rounding gives 1e-17"""
    constants = np.array([0.1, 5.7, 0.0, -1.1])
    for n in (1, 3, 7, 100):
        X = np.tile(constants, (n, 1))
        mean, std = fitted("standardize_fit(X)", student.standardize_fit(X), "mean", "std")
        mean.close_to(constants)
        std.close_to(np.zeros(4), atol=0, hint="Are all entries of the column equal?")


@points(0.75, of="standardize_fit", needs="test_standardize_fit_matches_the_formula")
def test_standardize_fit_of_difficult_columns(student, rng):
    """columns far from 0, with tiny differences or nearly constant are treated as any other"""
    ends = np.array([[1.0, 2.0], [1.0, 5.0], [4.0, 2.0], [1.0, 2.0]])  # not constant, though it may look so
    _, std = fitted("standardize_fit(X)", student.standardize_fit(ends), "mean", "std")
    std.close_to(mean_and_std_by_loops(ends)[1], hint="A column is constant if all its entries are equal.")
    X = rng.normal(size=(20, 3)) * np.array([1.0, 1e-6, 1e-12]) + np.array([1e6, 0.0, 0.0])
    mean, std = fitted("standardize_fit(X)", student.standardize_fit(X), "mean", "std")
    want = mean_and_std_by_loops(X)
    mean.close_to(want[0], rtol=1e-10, atol=1e-20)
    std.close_to(want[1], rtol=1e-6, atol=1e-20)  # 1e6 + a little has 10 digits after the point


@points(0.25, of="standardize_fit", needs="test_standardize_fit_matches_the_formula")
def test_standardize_fit_leaves_x_alone(student, rng):
    """standardize_fit does not change X"""
    battery.leaves_arguments_alone("standardize_fit(X)", student.standardize_fit, rng.normal(size=(5, 3)))
    battery.returns_new_arrays("standardize_fit(X)", student.standardize_fit, rng.normal(size=(1, 3)))


@points(0.4, of="standardize_fit", needs="test_standardize_fit_matches_the_formula")
def test_standardize_fit_takes_any_kind_of_array(student, rng):
    """standardize_fit keeps float32, takes integers and any memory layout"""
    X = np.round(5 * rng.normal(size=(5, 3)))
    battery.keeps_float32("standardize_fit(X)", student.standardize_fit, X)
    battery.accepts_integers("standardize_fit(X)", student.standardize_fit, X)
    battery.accepts_any_layout("standardize_fit(X)", student.standardize_fit, X)


@points(1.5, of="standardize_apply")
def test_standardize_apply_matches_the_formula(student, rng):
    """standardize_apply agrees with the formula, with the mean and std that it is given"""
    mean, std = rng.normal(size=4), rng.uniform(0.5, 3.0, size=4)
    for n in (6, 4, 1):
        X = 100 + rng.normal(size=(n, 4))
        hint = "Scale with mean and std of the training rows, not with those of X."
        got = expect("standardize_apply(X, mean, std)", student.standardize_apply(X, mean, std))
        got.close_to(scaled_by_loops(X, mean, std), hint=hint)


@points(1, of="standardize_apply", needs="test_standardize_apply_matches_the_formula")
def test_standardize_apply_of_a_constant_column(student, rng):
    """a column with std 0 is only moved, a column with a tiny std is scaled as any other"""
    X = rng.normal(size=(5, 3))
    X[:, 1], X[:, 2] = 0.1, 1e-14 * X[:, 2]
    mean, std = np.array([0.5, 0.1, 0.0]), np.array([2.0, 0.0, 1e-14])
    got = battery.stays_finite("standardize_apply(X, mean, std)", student.standardize_apply, X, mean, std)
    expect("standardize_apply(X, mean, std)", got).close_to(scaled_by_loops(X, mean, std))
    other = X + 2.5
    got = expect("standardize_apply of other rows", student.standardize_apply(other, mean, std))
    got.close_to(scaled_by_loops(other, mean, std))


@points(0.25, of="standardize_apply", needs="test_standardize_apply_matches_the_formula")
def test_standardize_apply_leaves_its_arguments_alone(student, rng):
    """standardize_apply returns a new array and changes neither X nor mean nor std"""
    args = (rng.normal(size=(5, 2)), np.array([1.0, 2.0]), np.array([3.0, 0.0]))
    battery.leaves_arguments_alone("standardize_apply(X, mean, std)", student.standardize_apply, *args)
    unit = (args[0], np.zeros(2), np.ones(2))
    battery.returns_new_arrays("standardize_apply(X, mean, std)", student.standardize_apply, *unit)


@points(0.25, of="standardize_apply", needs="test_standardize_apply_matches_the_formula")
def test_standardize_apply_takes_any_kind_of_array(student, rng):
    """standardize_apply keeps float32, takes integers and any memory layout"""
    args = (np.round(5 * rng.normal(size=(5, 3))), np.array([1.0, -2.0, 0.0]), np.array([2.0, 0.0, 5.0]))
    battery.keeps_float32("standardize_apply(X, mean, std)", student.standardize_apply, *args)
    battery.accepts_integers("standardize_apply(X, mean, std)", student.standardize_apply, *args)
    battery.accepts_any_layout("standardize_apply(X, mean, std)", student.standardize_apply, *args)
    single = (args[0].astype(np.float32), *args[1:])
    got = expect("standardize_apply(X, mean, std) of a float32 X", student.standardize_apply(*single))
    got.has_dtype(np.float64).close_to(scaled_by_loops(*args))
