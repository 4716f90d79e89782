"""softmax_cross_entropy and svm_loss: scores of C classes against class numbers."""

import math

import numpy as np
import pytest

from grader import battery, expect, in_worker, points, refuses, same_results

SHAPES = ((5, 3), (4, 4), (1, 6), (6, 2))
LECTURE = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])  # CS231n: cat, car, frog
NOT_LABELS = ["one-column", "floats", "one-hot", "outside-0-to-C-1"]


def cross_entropy_by_loops(z, y):
    """-(1/N) sum of log softmax of the true class."""
    total = 0.0
    for row, label in zip(z.tolist(), y.tolist(), strict=True):
        total -= math.log(math.exp(row[label]) / sum(math.exp(s) for s in row))
    return total / len(z)


def hinge_by_loops(s, y, delta=1.0):
    """(1/N) sum over the wrong classes of max(0, s_j - s_y + delta)."""
    total = 0.0
    for row, label in zip(s.tolist(), y.tolist(), strict=True):
        total += sum(max(0.0, score - row[label] + delta) for j, score in enumerate(row) if j != label)
    return total / len(s)


def problem(rng, shape, size=2.0):
    """Random scores and labels; the first row belongs to the last class, the last row to class 0."""
    y = rng.integers(0, shape[1], size=shape[0])
    y[0] = shape[1] - 1
    y[-1] = 0
    return size * rng.normal(size=shape), y


def away_from_the_margin(s, y, delta=1.0):
    """No wrong class is so near the margin that a step of the numerical gradient crosses it."""
    margins = s - s[np.arange(len(s)), y][:, None] + delta
    margins[np.arange(len(s)), y] = 1.0
    return s + np.where(np.abs(margins) < 1e-3, 0.01, 0.0)


def wrong_labels(kind, y, classes):
    """Arrays that hold the same information as y, or nearly, but are not class numbers of shape (N,)."""
    if kind == "one-column":
        return [y[:, None]]
    if kind == "floats":
        return [y.astype(float)]
    if kind == "one-hot":
        return [np.eye(classes, dtype=int)[y], np.eye(classes)[y]]
    beyond, below = y.copy(), y.copy()
    beyond[1], below[1] = classes, -1
    return [beyond, below]


@in_worker
def first_of_two_calls(student, name, first, second):
    """The result of a call, after another call of the same shape was made."""
    function = getattr(student, name)
    result = function(*first)
    function(*second)
    return result


def keeps_to_itself(call, student, name, scores, y):
    """Arguments stay as they are, the gradient is a new array, and the next call leaves it alone."""
    function = getattr(student, name)
    battery.leaves_arguments_alone(call, function, scores, y)
    battery.returns_new_arrays(call, function, scores, y)
    kept = first_of_two_calls(student, name, (scores, y), (scores[::-1] / 2, y))
    same_results(
        f"{call} after another call", kept, function(scores, y), hint="Return a new array each time."
    )


# softmax_cross_entropy -------------------------------------------------------------------------------------


@points(1.5, of="softmax_cross_entropy")
def test_softmax_cross_entropy_matches_the_formula(student, rng):
    """the loss of softmax_cross_entropy agrees with the formula on random scores"""
    for shape in SHAPES:
        z, y = problem(rng, shape)
        got = student.softmax_cross_entropy(z, y)
        loss, _ = expect("softmax_cross_entropy(z, y)", got).unpack("loss", "dz")
        loss.close_to(cross_entropy_by_loops(z, y), batch=shape[0]).is_float()


@points(2, of="softmax_cross_entropy")
def test_softmax_cross_entropy_gradient(student, rng):
    """dz of softmax_cross_entropy agrees with the numerical gradient"""
    for shape in SHAPES:
        z, y = problem(rng, shape)
        got = student.softmax_cross_entropy(z, y)
        _, dz = expect("softmax_cross_entropy(z, y)", got).unpack("loss", "dz")
        dz.gradient(lambda x, y=y: cross_entropy_by_loops(x, y), at=z, batch=shape[0])


@points(1, of="softmax_cross_entropy", needs="test_softmax_cross_entropy_matches_the_formula")
def test_softmax_cross_entropy_is_exact_for_large_scores(student):
    """a true class that lies 1000 below the best costs exactly 1000 nats; a constant changes nothing"""
    for row, label, want in (
        ([1000.0, 0.0, -1000.0], 1, 1000.0),
        ([1000.0, 0.0, -1000.0], 2, 2000.0),
        ([1000.0, 0.0, -1000.0], 0, 0.0),
        ([-1e4, -1e4, -1e4], 1, math.log(3)),
        ([1e4, 1e4, 1e4 - 40], 2, 40 + math.log(2 + math.exp(-40))),
    ):
        got = student.softmax_cross_entropy(np.array([row]), np.array([label]))
        loss, _ = expect("softmax_cross_entropy(z, y) for scores far apart", got).unpack("loss", "dz")
        loss.close_to(want, hint="Is something clipped, or added inside the logarithm?")


@points(0.5, of="softmax_cross_entropy", needs="test_softmax_cross_entropy_matches_the_formula")
def test_softmax_cross_entropy_never_overflows(student):
    """softmax_cross_entropy stays finite for scores up to 1e300"""
    z = np.array([[1e4, 0.0, -1e4], [-1e4, -2e4, -3e4], [1e300, 0.0, -1e300], [0.0, 0.0, 1.0]])
    y = np.array([2, 0, 0, 1])
    value = battery.stays_finite("softmax_cross_entropy(z, y)", student.softmax_cross_entropy, z, y)
    loss, dz = expect("softmax_cross_entropy(z, y)", value).unpack("loss", "dz")
    rest = math.log(2 + math.e)
    loss.close_to((2e4 + rest) / 4)
    last = [math.exp(-rest) / 4, math.exp(-rest) / 4 - 0.25, math.exp(1 - rest) / 4]
    dz.close_to([[0.25, 0, -0.25], [0, 0, 0], [0, 0, 0], last])
    far = np.array([[1e300, -1e300, 0.0], [-1e300, 1e300, 1e300]])
    battery.stays_finite("softmax_cross_entropy(z, y)", student.softmax_cross_entropy, far, np.array([1, 0]))


@points(0.5, of="softmax_cross_entropy", needs="test_softmax_cross_entropy_gradient")
def test_softmax_cross_entropy_never_is_content(student):
    """scores that satisfy the SVM still have a cross-entropy, and its gradient still pushes; its rows sum to 0"""
    z = np.array([[10.0, -2.0, 3.0], [10.0, 9.0, 9.0], [10.0, -100.0, -100.0]])
    for row, printed in zip(z, (9.176e-4, 0.55144, 0.0), strict=True):
        got = student.softmax_cross_entropy(row[None], np.array([0]))
        loss, dz = expect("softmax_cross_entropy(z, y)", got).unpack("loss", "dz")
        loss.close_to(printed, rtol=1e-4, atol=1e-5)
        sums = dz.array((1, 3)).sum(axis=1)
        dz.satisfies((np.abs(sums) < 1e-12).all(), "the rows of dz do not sum to 0.")


@points(0.5, of="softmax_cross_entropy", needs="test_softmax_cross_entropy_gradient")
def test_softmax_cross_entropy_is_a_mean(student, rng):
    """the same batch twice has the same loss and half the gradient; the order of rows does not matter"""
    battery.averages_over_the_batch(
        "softmax_cross_entropy(z, y)", student.softmax_cross_entropy, *problem(rng, (5, 3))
    )


@points(0.25, of="softmax_cross_entropy", needs="test_softmax_cross_entropy_matches_the_formula")
@pytest.mark.parametrize("kind", NOT_LABELS)
def test_softmax_cross_entropy_refuses_other_labels(student, rng, kind):
    """softmax_cross_entropy raises ValueError for labels that are not N class numbers"""
    z, y = problem(rng, (4, 3))
    for labels in wrong_labels(kind, y, 3):
        refuses(
            f"softmax_cross_entropy(z, y), y {kind},", ValueError, student.softmax_cross_entropy, z, labels
        )


@points(0.5, of="softmax_cross_entropy", needs="test_softmax_cross_entropy_matches_the_formula")
def test_softmax_cross_entropy_leaves_its_arguments_alone(student, rng):
    """softmax_cross_entropy does not change z or y and returns a new array each time"""
    keeps_to_itself("softmax_cross_entropy(z, y)", student, "softmax_cross_entropy", *problem(rng, (4, 3)))


@points(0.5, of="softmax_cross_entropy", needs="test_softmax_cross_entropy_matches_the_formula")
def test_softmax_cross_entropy_takes_any_dtype_and_layout(student, rng):
    """softmax_cross_entropy keeps float32, converts integer scores, accepts any memory layout and integer type"""
    z, y = problem(rng, (4, 3))
    call = "softmax_cross_entropy(z, y)"
    battery.keeps_float32(call, student.softmax_cross_entropy, z, y)
    battery.accepts_integers(call, student.softmax_cross_entropy, np.rint(z), y)
    battery.accepts_any_layout(call, student.softmax_cross_entropy, z, y)
    plain = student.softmax_cross_entropy(z, y)
    for kind in (np.int32, np.uint8):
        got = student.softmax_cross_entropy(z, y.astype(kind))
        same_results(call, got, plain, hint="Any integer type is a label.")


# svm_loss --------------------------------------------------------------------------------------------------


@points(1.5, of="svm_loss")
def test_svm_loss_matches_the_formula(student, rng):
    """the loss of svm_loss agrees with the formula, on the lecture's scores and on random ones"""
    for row, (scores, want) in enumerate(zip(LECTURE, (2.9, 0.0, 12.9), strict=True)):
        got = student.svm_loss(scores[None], np.array([row]))
        loss, _ = expect("svm_loss(s, y)", got).unpack("loss", "ds")
        loss.close_to(want)
    for shape in SHAPES:
        s, y = problem(rng, shape)
        loss, _ = expect("svm_loss(s, y)", student.svm_loss(s, y)).unpack("loss", "ds")
        hint = "Sum over the wrong classes, divide by N only."
        loss.close_to(hinge_by_loops(s, y), batch=shape[0], hint=hint).is_float()


@points(2, of="svm_loss")
def test_svm_loss_gradient(student, rng):
    """ds of svm_loss agrees with the numerical gradient"""
    for shape in SHAPES:
        s, y = problem(rng, shape)
        s = away_from_the_margin(s, y)
        _, ds = expect("svm_loss(s, y)", student.svm_loss(s, y)).unpack("loss", "ds")
        ds.gradient(lambda x, y=y: hinge_by_loops(x, y), at=s, batch=shape[0])


@points(0.5, of="svm_loss", needs="test_svm_loss_matches_the_formula")
def test_svm_loss_uses_its_delta(student, rng):
    """delta is the margin, in the loss and in the gradient"""
    s, y = problem(rng, (5, 4))
    for delta in (10.0, 0.25, 0.0):
        s = away_from_the_margin(s, y, delta)
        loss, ds = expect("svm_loss(s, y, delta)", student.svm_loss(s, y, delta=delta)).unpack("loss", "ds")
        loss.close_to(hinge_by_loops(s, y, delta))
        ds.gradient(lambda x, y=y, delta=delta: hinge_by_loops(x, y, delta), at=s, batch=5)
    printed = student.svm_loss(
        np.array([[13.0, -7.0, 11.0]]), np.array([0]), 10.0
    )  # CS231n, linear classification
    loss, _ = expect("svm_loss(s, y, delta)", printed).unpack("loss", "ds")
    loss.close_to(8.0)


@points(0.5, of="svm_loss", needs=("test_svm_loss_matches_the_formula", "test_svm_loss_gradient"))
def test_svm_loss_at_the_margin(student):
    """a class exactly at the margin adds no loss and no gradient"""
    s = np.array([[2.0, 1.0, 0.5], [0.25, 3.0, 2.0], [5.0, 2.5, 6.0]])
    loss, ds = expect("svm_loss(s, y)", student.svm_loss(s, np.array([0, 2, 2]))).unpack("loss", "ds")
    loss.close_to((0 + 2 + 0) / 3)
    ds.close_to([[0, 0, 0], [0, 1 / 3, -1 / 3], [0, 0, 0]], hint="What happens at exactly the margin?")
    equal = student.svm_loss(np.ones((2, 3)), np.array([0, 1]), delta=0.0)
    loss, ds = expect("svm_loss(s, y) with equal scores and delta=0", equal).unpack("loss", "ds")
    loss.close_to(0.0)
    ds.close_to(np.zeros((2, 3)), hint="What happens at exactly the margin?")


@points(0.5, of="svm_loss", needs=("test_svm_loss_matches_the_formula", "test_svm_loss_gradient"))
def test_svm_loss_is_content(student, rng):
    """equal scores cost C - 1 margins; a true class that wins by the margin costs nothing; constants do not matter"""
    loss, ds = expect("svm_loss(s, y)", student.svm_loss(np.full((2, 10), 3.0), np.array([9, 4]))).unpack(
        "loss", "ds"
    )
    loss.close_to(9.0)
    want = np.full((2, 10), 0.5)
    want[[0, 1], [9, 4]] = -4.5
    ds.close_to(want)
    for row in ([10.0, -2.0, 3.0], [10.0, 8.5, 8.5], [10.0, -100.0, -100.0]):
        loss, ds = expect("svm_loss(s, y)", student.svm_loss(np.array([row]), np.array([0]))).unpack(
            "loss", "ds"
        )
        loss.close_to(0.0)
        ds.close_to(np.zeros((1, 3)))
    s, y = problem(rng, (5, 3))
    s = np.rint(8 * s) / 8
    moved = student.svm_loss(s + np.array([[64.0], [0.0], [-64.0], [8.0], [1.0]]), y)
    same_results("svm_loss(s, y) with a constant added to each row", moved, student.svm_loss(s, y))


@points(0.25, of="svm_loss", needs=("test_svm_loss_matches_the_formula", "test_svm_loss_gradient"))
def test_svm_loss_is_a_mean(student, rng):
    """the same batch twice has the same loss and half the gradient; the order of rows does not matter"""
    battery.averages_over_the_batch("svm_loss(s, y)", student.svm_loss, *problem(rng, (5, 3)))


@points(0.125, of="svm_loss", needs="test_svm_loss_matches_the_formula")
@pytest.mark.parametrize("kind", NOT_LABELS)
def test_svm_loss_refuses_other_labels(student, rng, kind):
    """svm_loss raises ValueError for labels that are not N class numbers"""
    s, y = problem(rng, (4, 3))
    for labels in wrong_labels(kind, y, 3):
        refuses(f"svm_loss(s, y), y {kind},", ValueError, student.svm_loss, s, labels)


@points(0.25, of="svm_loss", needs="test_svm_loss_matches_the_formula")
def test_svm_loss_leaves_its_arguments_alone(student, rng):
    """svm_loss does not change s or y and returns a new array each time"""
    keeps_to_itself("svm_loss(s, y)", student, "svm_loss", *problem(rng, (4, 3)))


@points(0.5, of="svm_loss", needs="test_svm_loss_matches_the_formula")
def test_svm_loss_takes_any_dtype_and_layout(student, rng):
    """svm_loss keeps float32, converts integer scores, accepts any memory layout and integer type"""
    s, y = problem(rng, (4, 3))
    battery.keeps_float32("svm_loss(s, y)", student.svm_loss, s, y)
    battery.accepts_integers("svm_loss(s, y)", student.svm_loss, np.rint(s), y)
    battery.accepts_any_layout("svm_loss(s, y)", student.svm_loss, s, y)
    plain = student.svm_loss(s, y)
    for kind in (np.int32, np.uint8):
        same_results(
            "svm_loss(s, y)", student.svm_loss(s, y.astype(kind)), plain, hint="Any integer type is a label."
        )
