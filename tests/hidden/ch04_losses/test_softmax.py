"""softmax, logsumexp and log_softmax: rows of scores as distributions, without overflow."""

import math

import numpy as np

from grader import battery, expect, in_worker, points, same_results

# Rows that a shortcut breaks: one far above, one far below, one wide, one with equal scores.
FAR_APART = np.array([[1e4, 1e4 - 1.0, 1e4 - 2.0], [-1e4, -1e4 - 1.0, -1e4 - 2.0], [0.0, -1.0, -2.0]])
HUGE = np.array([[1e4, 0.0, -1e4], [1e300, 0.0, -1e300], [-1e300, -1e300, -1e4], [1e300, 1e300, 1e300]])
WHOLE = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, -7.0]])


def softmax_by_loops(z):
    """The formula as written, one entry at a time."""
    return [[math.exp(s) / sum(math.exp(k) for k in row) for s in row] for row in z.tolist()]


def logsumexp_by_loops(z):
    """The formula as written, one row at a time."""
    return [math.log(sum(math.exp(s) for s in row)) for row in z.tolist()]


def log_softmax_by_loops(z):
    """The formula as written, one entry at a time."""
    tops = logsumexp_by_loops(z)
    return [[s - top for s in row] for row, top in zip(z.tolist(), tops, strict=True)]


def batches(rng):
    """Ordinary scores in several shapes: a square one, a single row, a single class."""
    return [3 * rng.normal(size=shape) for shape in ((5, 3), (4, 4), (1, 6), (3, 1), (2, 40))]


@in_worker
def first_of_two_calls(student, name, first, second):
    """The result of a call, after another call of the same shape was made."""
    function = getattr(student, name)
    result = function(first)
    function(second)
    return result


def keeps_to_itself(call, student, name, z):
    """Arguments stay as they are, the result is a new array, and the next call leaves it alone."""
    function = getattr(student, name)
    battery.leaves_arguments_alone(call, function, z)
    battery.returns_new_arrays(call, function, z)
    kept = first_of_two_calls(student, name, z, z[::-1] + 1.0)
    same_results(f"{call} after another call", kept, function(z), hint="Return a new array from every call.")


def right_at_any_size(call, value, want):
    """Finite was asked before; here the values, each measured by its own size."""
    result = expect(call, value)
    want = np.array(want)
    right = np.abs(result.array(want.shape) - want) <= 1e-9 * np.maximum(np.abs(want), 1)
    result.satisfies(right.all(), "finite, but not right, for scores far apart.")


# softmax ---------------------------------------------------------------------------------------------------


@points(1.5, of="softmax")
def test_softmax_matches_the_formula(student, rng):
    """softmax agrees with the formula on random scores of several shapes"""
    for z in batches(rng):
        expect("softmax(z)", student.softmax(z)).close_to(softmax_by_loops(z))
    published = np.array([[0.1, 0.2, 0.3, 0.4], [1.0, 2.0, 3.0, 4.0]])  # printed in nndl, practice in Paddle
    printed = [
        [0.21383820, 0.23632778, 0.26118261, 0.28865141],
        [0.03205860, 0.08714432, 0.23688284, 0.64391422],
    ]
    expect("softmax(z)", student.softmax(published)).close_to(printed, rtol=0, atol=1e-7)


@points(1, of="softmax", needs="test_softmax_matches_the_formula")
def test_softmax_ignores_a_constant(student, rng):
    """softmax of a row stays the same when a constant is added to the row, another one for each row"""
    row = [[1 / (1 + math.exp(-1) + math.exp(-2)) * math.exp(-k) for k in range(3)]]
    expect("softmax(z)", student.softmax(FAR_APART)).close_to(
        row * 3, hint="Each row has its own best score."
    )
    z = rng.integers(-3, 4, size=(4, 5)).astype(float)
    plain = softmax_by_loops(z)
    for constant in (1000.0, -1000.0):
        expect("softmax(z)", student.softmax(z + constant)).close_to(plain)


@points(0.5, of="softmax", needs="test_softmax_matches_the_formula")
def test_softmax_never_overflows(student):
    """softmax stays finite, and right, for scores up to 1e300"""
    value = battery.stays_finite("softmax(z)", student.softmax, HUGE)
    right_at_any_size("softmax(z)", value, [[1, 0, 0], [1, 0, 0], [0, 0, 1], [1 / 3, 1 / 3, 1 / 3]])
    call = expect("softmax(z)", student.softmax(np.array([[0.0, -1000.0], [-500.0, 500.0]])))
    p = call.array((2, 2))
    words = "a class 1000 below the best is not exactly 0. Was something clipped or added?"
    call.satisfies(p[0, 1] == 0 and p[1, 0] == 0, words)


@points(0.5, of="softmax", needs="test_softmax_matches_the_formula")
def test_softmax_is_a_distribution(student, rng):
    """every row of softmax sums to 1, to the last digits, and ordinary scores get more than 0"""
    z = 3 * rng.normal(size=(50, 7))
    call = expect("softmax(z)", student.softmax(z))
    p = call.array((50, 7))
    call.satisfies(
        (np.abs(p.sum(axis=1) - 1) < 1e-12).all(), "the rows do not sum to 1. Is something added to the sum?"
    )
    call.satisfies((p > 0).all(), "some probabilities are not above 0.")


@points(0.5, of="softmax", needs="test_softmax_matches_the_formula")
def test_softmax_treats_rows_alone(student, rng):
    """softmax of a row depends on that row only, and one row alone stays a batch of one"""
    z = rng.normal(size=(4, 3))
    battery.treats_rows_alone("softmax(z)", student.softmax, z)
    battery.keeps_a_batch_of_one("softmax(z)", student.softmax, z)


@points(0.5, of="softmax", needs="test_softmax_matches_the_formula")
def test_softmax_leaves_its_scores_alone(student, rng):
    """softmax does not change its scores and returns a new array each time"""
    keeps_to_itself("softmax(z)", student, "softmax", rng.normal(size=(4, 3)))


@points(0.5, of="softmax", needs="test_softmax_matches_the_formula")
def test_softmax_takes_any_dtype_and_layout(student, rng):
    """softmax keeps float32, converts integers and accepts any memory layout"""
    z = rng.normal(size=(4, 3))
    battery.keeps_float32("softmax(z)", student.softmax, z)
    battery.accepts_integers("softmax(z)", student.softmax, WHOLE)
    battery.accepts_any_layout("softmax(z)", student.softmax, z)


# logsumexp -------------------------------------------------------------------------------------------------


@points(1.25, of="logsumexp")
def test_logsumexp_matches_the_formula(student, rng):
    """logsumexp agrees with the formula on random scores of several shapes"""
    for z in batches(rng):
        expect("logsumexp(z)", student.logsumexp(z)).close_to(logsumexp_by_loops(z))


@points(0.75, of="logsumexp", needs="test_logsumexp_matches_the_formula")
def test_logsumexp_moves_with_a_constant(student, rng):
    """a constant added to a row of scores is added to its logsumexp, however large it is"""
    top = math.log(1 + math.exp(-1) + math.exp(-2))
    expect("logsumexp(z)", student.logsumexp(FAR_APART)).close_to([1e4 + top, -1e4 + top, top], rtol=1e-12)
    z = rng.integers(-3, 4, size=(4, 5)).astype(float)
    plain = np.array(logsumexp_by_loops(z))
    for constant in (1000.0, -1000.0):
        expect("logsumexp(z)", student.logsumexp(z + constant)).close_to(plain + constant, rtol=1e-12)


@points(0.5, of="logsumexp", needs="test_logsumexp_matches_the_formula")
def test_logsumexp_never_overflows(student):
    """logsumexp stays finite, and right, for scores up to 1e300"""
    value = battery.stays_finite("logsumexp(z)", student.logsumexp, HUGE)
    right_at_any_size("logsumexp(z)", value, [1e4, 1e300, -1e4, 1e300])


@points(0.25, of="logsumexp", needs="test_logsumexp_matches_the_formula")
def test_logsumexp_leaves_its_scores_alone(student, rng):
    """logsumexp does not change its scores and returns a new array each time"""
    keeps_to_itself("logsumexp(z)", student, "logsumexp", rng.normal(size=(4, 3)))


@points(0.25, of="logsumexp", needs="test_logsumexp_matches_the_formula")
def test_logsumexp_takes_any_dtype_and_layout(student, rng):
    """logsumexp keeps float32, converts integers and accepts any memory layout"""
    z = rng.normal(size=(4, 3))
    battery.keeps_float32("logsumexp(z)", student.logsumexp, z)
    battery.accepts_integers("logsumexp(z)", student.logsumexp, WHOLE)
    battery.accepts_any_layout("logsumexp(z)", student.logsumexp, z)


# log_softmax -----------------------------------------------------------------------------------------------


@points(1.5, of="log_softmax")
def test_log_softmax_matches_the_formula(student, rng):
    """log_softmax agrees with the formula on random scores of several shapes"""
    for z in batches(rng):
        expect("log_softmax(z)", student.log_softmax(z)).close_to(log_softmax_by_loops(z))


@points(1, of="log_softmax", needs="test_log_softmax_matches_the_formula")
def test_log_softmax_reaches_far_down(student):
    """log_softmax knows the logarithm of probabilities that are too small for a float"""
    z = np.array([[1000.0, 0.0, -1000.0], [-1000.0, -1000.0, -3000.0]])
    half = math.log(2)
    expect("log_softmax(z)", student.log_softmax(z)).close_to(
        [[0, -1000, -2000], [-half, -half, -2000 - half]],
        hint="Was the logarithm taken of a softmax that is 0?",
    )
    row = [[-k - math.log(1 + math.exp(-1) + math.exp(-2)) for k in range(3)]]
    expect("log_softmax(z)", student.log_softmax(FAR_APART)).close_to(
        row * 3, hint="Each row has its own best score."
    )


@points(0.5, of="log_softmax", needs="test_log_softmax_matches_the_formula")
def test_log_softmax_never_overflows(student):
    """log_softmax stays finite, and right, for scores up to 1e300"""
    value = battery.stays_finite("log_softmax(z)", student.log_softmax, HUGE[:3])
    right_at_any_size("log_softmax(z)", value, [[0, -1e4, -2e4], [0, -1e300, -2e300], [-1e300, -1e300, 0]])
    # z - logsumexp(z) is right as well, and rounds here: only finite is asked
    battery.stays_finite("log_softmax(z)", student.log_softmax, HUGE[3:])


@points(0.5, of="log_softmax", needs="test_log_softmax_matches_the_formula")
def test_log_softmax_leaves_its_scores_alone(student, rng):
    """log_softmax does not change its scores, treats each row alone and returns a new array each time"""
    z = rng.normal(size=(4, 3))
    keeps_to_itself("log_softmax(z)", student, "log_softmax", z)
    battery.treats_rows_alone("log_softmax(z)", student.log_softmax, z)
    battery.keeps_a_batch_of_one("log_softmax(z)", student.log_softmax, z)


@points(0.25, of="log_softmax", needs="test_log_softmax_matches_the_formula")
def test_log_softmax_takes_any_dtype_and_layout(student, rng):
    """log_softmax keeps float32, converts integers and accepts any memory layout"""
    z = rng.normal(size=(4, 3))
    battery.keeps_float32("log_softmax(z)", student.log_softmax, z)
    battery.accepts_integers("log_softmax(z)", student.log_softmax, WHOLE)
    battery.accepts_any_layout("log_softmax(z)", student.log_softmax, z)
