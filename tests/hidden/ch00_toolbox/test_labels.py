"""Hidden tests of one_hot and accuracy."""

import numpy as np

from grader import battery, expect, in_worker, many, points, refuses


def one_hot_by_loops(y, C):
    return np.array([[1.0 if label == c else 0.0 for c in range(C)] for label in y])


def share_of_hits(predicted, labels):
    """Right ones divided by all, counted one at a time."""
    hits = 0
    for guess, label in zip(predicted, labels, strict=True):
        hits += int(guess == label)
    return hits / len(labels)


def best_column(row):
    """The first column that no other column exceeds."""
    best = 0
    for c in range(1, len(row)):
        if row[c] > row[best]:
            best = c
    return best


# one_hot


@points(1, of="one_hot")
def test_rows_with_a_single_one(student, rng):
    """row n is 1 at column y[n] and 0 elsewhere"""
    for N, C in ((7, 4), (1, 3), (5, 2), (3, 6)):
        y = rng.integers(0, C, size=N)
        y[0] = C - 1  # the last class occurs
        got = student.one_hot(y, C)
        expect(f"one_hot(y, {C}) for {N} labels", got).close_to(one_hot_by_loops(y, C), rtol=0, atol=0)


@points(0.5, of="one_hot", needs="test_rows_with_a_single_one")
def test_columns_for_absent_classes(student):
    """every class has its column, whether it occurs or not"""
    absent = student.one_hot(np.array([1, 0, 1]), 5)
    expect("one_hot(y, 5) for y of classes 0 and 1", absent).close_to(one_hot_by_loops([1, 0, 1], 5), atol=0)
    expect("one_hot(y, 4) for y of class 2", student.one_hot(np.array([2, 2]), 4)).close_to(
        one_hot_by_loops([2, 2], 4), atol=0
    )
    expect("one_hot(y, 1)", student.one_hot(np.array([0, 0]), 1)).close_to(np.ones((2, 1)), atol=0)


@points(0.4, of="one_hot", needs="test_rows_with_a_single_one")
def test_negative_labels_are_refused(student):
    """a negative label is a ValueError, not the last class"""
    for label in (-1, -3, -9):
        y = np.array([0, label, 2])
        refuses("one_hot(y, 3) with a negative label", ValueError, student.one_hot, y, 3)


@points(0.3, of="one_hot", needs="test_rows_with_a_single_one")
def test_labels_above_the_last_class_are_refused(student):
    """a label of num_classes or more is a ValueError"""
    for label in (3, 4, 100):
        y = np.array([0, 2, label])
        refuses("one_hot(y, 3) with a label of 3 or more", ValueError, student.one_hot, y, 3)


@points(0.3, of="one_hot", needs="test_rows_with_a_single_one")
def test_labels_have_one_axis(student):
    """labels of shape (N, 1), (1, N) or () are a ValueError"""
    for shape in ((3, 1), (1, 3), (1, 1), ()):
        y = np.zeros(shape, dtype=int)
        refuses(f"one_hot(y, 3) for y of shape {shape}", ValueError, student.one_hot, y, 3)


@in_worker
def one_hot_after_writing(student, y, C):
    """The second of two equal calls, after the result of the first was overwritten."""
    first = student.one_hot(y, C)
    first[...] = 7.0
    return student.one_hot(y, C), y


@points(0.2, of="one_hot", needs="test_rows_with_a_single_one")
def test_one_hot_returns_a_new_array(student, rng):
    """y is left alone, and each call makes an array of its own"""
    y = rng.integers(0, 3, size=4)
    battery.leaves_arguments_alone("one_hot(y, 3)", student.one_hot, y, 3)
    again, labels = one_hot_after_writing(student, y, 3)
    expect("one_hot(y, 3) after its last result was overwritten", again).close_to(
        one_hot_by_loops(y, 3), atol=0
    )
    expect("y after one_hot(y, 3)", labels).equals(y)


@points(0.3, of="one_hot", needs="test_rows_with_a_single_one")
def test_one_hot_of_any_integers(student, rng):
    """any integer dtype and memory layout of y will do; the result is float64"""
    y = rng.integers(0, 4, size=6)
    expected = one_hot_by_loops(y, 4)
    for dtype in (np.uint8, np.int32, np.int64):
        got = expect(f"one_hot(y, 4) for y of {np.dtype(dtype).name}", student.one_hot(y.astype(dtype), 4))
        got.close_to(expected, atol=0).has_dtype(np.float64)
    battery.accepts_any_layout("one_hot(y, 4)", student.one_hot, y, 4)


# accuracy


@points(1.2, of="accuracy")
def test_highest_score_wins(student, rng):
    """for scores (N, C) the share of rows whose highest column is the label"""
    calls = []
    for N, C in ((1, 2), (2, 5), (7, 3), (6, 2), (20, 4)) * 4:
        scores, y = rng.normal(size=(N, C)), rng.integers(0, C, size=N)
        calls.append((scores, y))
    for (scores, y), got in zip(calls, many(student.accuracy, calls), strict=True):
        expected = share_of_hits([best_column(row) for row in scores], y)
        call = expect(f"accuracy(scores, y) for scores of shape {scores.shape}", got)
        call.is_float().close_to(expected, rtol=1e-6)


@points(1, of="accuracy")
def test_scores_above_zero_are_class_one(student, rng):
    """for scores (N, 1) the share of rows where (score > 0) is the label"""
    calls = []
    for N in (1, 2, 3, 8, 25) * 4:
        scores = rng.uniform(-0.9, 1.1, size=(N, 1))  # nearly half of those above 0 are below 0.5
        y = np.where(rng.uniform(size=(N, 1)) < 0.2, scores <= 0, scores > 0).astype(int)
        calls.append((scores, y))
    for (scores, y), got in zip(calls, many(student.accuracy, calls), strict=True):
        expected = share_of_hits([1 if s > 0 else 0 for s in scores[:, 0]], y[:, 0])
        call = expect(f"accuracy(scores, y) for scores of shape {scores.shape}", got)
        call.is_float().close_to(expected, rtol=1e-6, hint="Where does class 1 begin, and what is compared?")


@points(0.3, of="accuracy", needs="test_highest_score_wins")
def test_first_of_equal_scores(student):
    """of equal highest scores the first one counts; the smallest difference decides"""
    scores = np.array([[2.0, 2.0, 1.0], [0.0, 3.0, 3.0], [1.0, 1.0, 1.0], [-1.0, -2.0, -1.0]])
    first, last = np.array([0, 1, 0, 0]), np.array([1, 2, 2, 2])
    expect("accuracy(scores, y) with ties, y the first", student.accuracy(scores, first)).close_to(1.0)
    expect("accuracy(scores, y) with ties, y the last", student.accuracy(scores, last)).close_to(0.0)
    near = student.accuracy(np.array([[1.0, 1.0 + 1e-12], [3.0, 3.0 - 1e-12]]), np.array([1, 0]))
    expect("accuracy(scores, y) with scores that are nearly equal", near).close_to(1.0)


@points(0.2, of="accuracy", needs="test_scores_above_zero_are_class_one")
def test_a_score_of_zero_is_class_zero(student):
    """a score of exactly 0 predicts class 0"""
    scores = np.zeros((4, 1))
    got = student.accuracy(scores, np.array([[0], [0], [1], [0]]))
    expect("accuracy(scores, y) for scores of 0", got).close_to(0.75)


@points(0.6, of="accuracy", needs=("test_highest_score_wins", "test_scores_above_zero_are_class_one"))
def test_other_pairs_of_shapes_are_refused(student, rng):
    """any other pair of shapes is a ValueError; nothing is broadcast"""
    pairs = {
        (4, 3): [(4, 1), (1, 4), (4, 3), (3,), (1,), ()],
        (4, 1): [(4,), (1, 4), (1, 1), (3, 1), (4, 2), ()],
        (1, 1): [(1,)],
        (1, 3): [(1, 1), ()],
        (4,): [(4,), (4, 1)],
        (2, 2, 2): [(2,)],
        (): [()],
    }
    for left, others in pairs.items():
        scores = np.asarray(rng.normal(size=left))
        for right in others:
            y, call = np.zeros(right, dtype=int), f"accuracy(scores, y) for shapes {left} and {right}"
            refuses(call, ValueError, student.accuracy, scores, y)


@points(0.3, of="accuracy", needs="test_scores_above_zero_are_class_one")
def test_many_rows_need_no_table(student, rng):
    """35000 rows fit into memory, in either form"""
    # A table of 35000 x 35000 truth values is more than the 1 GiB that a worker has.
    scores = rng.normal(size=(35000, 1))
    y = (scores > 0).astype(np.int64)
    y[:7000] = 1 - y[:7000]
    expect("accuracy(scores, y) for 35000 rows", student.accuracy(scores, y)).close_to(0.8)
    two = np.concatenate([np.zeros_like(scores), scores], axis=1)
    expect("accuracy(scores, y) for 35000 rows and 2 classes", student.accuracy(two, y[:, 0])).close_to(0.8)


@points(0.4, of="accuracy", needs=("test_highest_score_wins", "test_scores_above_zero_are_class_one"))
def test_accuracy_of_integers_and_layouts(student, rng):
    """integer scores, any memory layout; nothing is changed"""
    several = (rng.permutation(12).reshape(4, 3).astype(float), rng.integers(0, 3, size=4))
    single = (rng.permutation(np.arange(-2, 3)).reshape(5, 1).astype(float), rng.integers(0, 2, size=(5, 1)))
    for scores, y in (several, single):
        battery.accepts_integers("accuracy(scores, y)", student.accuracy, scores, y)
        battery.accepts_any_layout("accuracy(scores, y)", student.accuracy, scores, y)
        battery.leaves_arguments_alone("accuracy(scores, y)", student.accuracy, scores, y)
