"""Hidden tests of ch10: AccuracyMeter."""

import numpy as np

from grader import expect, observe, points, refuses


def right_rows(scores, y):
    """How many rows are right, row by row."""
    count = 0
    for row, label in zip(scores.tolist(), y.tolist()):
        if len(row) == 1:
            count += label[0] == (1 if row[0] > 0 else 0)
        else:
            count += label == row.index(max(row))
    return count


def batches_of(rng, sizes, classes=3):
    """Batches of scores and labels; about half of the rows are right."""
    found = []
    for n in sizes:
        scores = rng.normal(size=(n, classes))
        y = np.where(rng.random(n) < 0.5, scores.argmax(axis=1), rng.integers(0, classes, size=n))
        found.append((scores, y))
    return found


@points(1.5, of="AccuracyMeter")
def test_meter_counts_over_uneven_batches(student, rng):
    """the accuracy over batches of 4, 4, 2 and 7 rows is that of all 17 rows together"""
    batches = batches_of(rng, (4, 4, 2, 7))
    batches.append(
        (np.array([[0.0, 1.0, 2.0]] * 3), np.array([2, 2, 2]))
    )  # three right ones, whatever rng gave
    meter = student.AccuracyMeter()
    right = rows = 0
    hint = "Add up the right rows and all rows; divide once, at the end."
    for scores, y in batches:
        meter.update(scores, y)
        right, rows = right + right_rows(scores, y), rows + len(y)
        expect("meter.accumulate()", meter.accumulate()).is_float().close_to(right / rows, hint=hint)


@points(0.75, of="AccuracyMeter")
def test_meter_of_scores_with_one_column(student, rng):
    """scores (N, 1) above 0 predict class 1, scores of 0 or less class 0"""
    meter = student.AccuracyMeter()
    right = rows = 0
    for n in (5, 1, 8):
        scores, y = rng.normal(size=(n, 1)), rng.integers(0, 2, size=(n, 1))
        scores[0], y[0] = 0.3, 1
        meter.update(scores, y)
        right, rows = right + right_rows(scores, y), rows + n
        expect("meter.accumulate()", meter.accumulate()).close_to(right / rows)
    meter.update(np.zeros((4, 1)), np.zeros((4, 1)))
    hint = "A score of exactly 0 predicts class 0."
    expect("meter.accumulate()", meter.accumulate()).close_to((right + 4) / (rows + 4), hint=hint)


@points(0.5, of="AccuracyMeter")
def test_meter_predicts_the_first_maximum(student, rng):
    """of equal highest scores the first one is predicted"""
    meter = student.AccuracyMeter()
    meter.update(np.array([[2.0, 2.0, 1.0], [0.0, 5.0, 5.0], [1.0, 1.0, 1.0]]), np.array([0, 1, 2]))
    expect("meter.accumulate()", meter.accumulate()).close_to(2 / 3)


@points(0.75, of="AccuracyMeter", needs="test_meter_counts_over_uneven_batches")
def test_meter_starts_again_after_reset(student, rng):
    """reset() forgets all earlier rows, accumulate() forgets none"""
    (scores, y), (other, z) = batches_of(rng, (6, 5))
    z = other.argmax(axis=1)
    meter = student.AccuracyMeter()
    meter.update(scores, y)
    meter.reset()
    expect("meter.accumulate() after reset()", meter.accumulate()).close_to(0.0)
    meter.update(other, z)
    for _ in range(3):
        expect("meter.accumulate()", meter.accumulate()).close_to(
            1.0, hint="reset() forgets, accumulate() does not."
        )
    meter.update(other, (z + 1) % 3)
    expect("meter.accumulate()", meter.accumulate()).close_to(0.5)


@points(0.5, of="AccuracyMeter", needs="test_meter_counts_over_uneven_batches")
def test_meter_without_rows(student, rng):
    """an empty meter says 0.0, and a batch without rows changes nothing"""
    meter = student.AccuracyMeter()
    expect("AccuracyMeter().accumulate()", meter.accumulate()).is_float().close_to(0.0)
    meter.update(np.zeros((0, 3)), np.zeros(0, dtype=int))
    expect("accumulate() after a batch without rows", meter.accumulate()).close_to(0.0)
    meter.update(np.array([[1.0, 2.0]]), np.array([1]))
    meter.update(np.zeros((0, 2)), np.zeros(0, dtype=int))
    expect("accumulate() after one row that is right", meter.accumulate()).close_to(1.0)


@points(0.5, of="AccuracyMeter", needs="test_meter_counts_over_uneven_batches")
def test_meter_refuses_shapes_that_do_not_fit(student, rng):
    """update raises ValueError for shapes that do not go together, and then counts nothing"""
    meter = student.AccuracyMeter()
    meter.update(np.array([[1.0, 2.0], [1.0, 2.0]]), np.array([1, 0]))
    scores, one = rng.normal(size=(4, 3)), rng.normal(size=(4, 1))
    for what, s, y in (
        ("labels (N, 1)", scores, np.zeros((4, 1), dtype=int)),
        ("fewer labels", scores, np.zeros(3, dtype=int)),
        ("a single label", scores, np.zeros(1, dtype=int)),
        ("one-hot labels", scores, np.eye(4, 3)),
        ("one column and labels (N,)", one, np.zeros(4)),
        ("one column and fewer labels", one, np.zeros((1, 1))),
        ("scores with one axis", scores[:, 0], np.zeros(4)),
    ):
        refuses(f"update with {what}", ValueError, meter.update, s, y)
    expect("accumulate() afterwards", meter.accumulate()).close_to(
        0.5, hint="Check the shapes before you count."
    )


@points(0.5, of="AccuracyMeter", needs="test_meter_counts_over_uneven_batches")
def test_meters_share_nothing(student, rng):
    """two meters count apart, and scores and labels are not changed"""
    one, two = student.AccuracyMeter(), student.AccuracyMeter()
    (scores, y), (other, _) = batches_of(rng, (6, 5))
    seen = observe(one.update, scores, y)
    expect("meter.update(scores, y)", None).satisfies(not seen.modified, "it changed its arguments.")
    two.update(other, other.argmax(axis=1))
    expect("accumulate() of the first meter", one.accumulate()).close_to(right_rows(scores, y) / 6)
    expect("accumulate() of the second meter", two.accumulate()).close_to(1.0)
