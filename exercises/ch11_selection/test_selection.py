"""Visible tests of chapter 11. Run them with: kata test ch11"""

import numpy as np
from grader import Rng, checks, expect, refuses


@checks("poly_features")
def test_features_of_two_and_minus_one(student):
    """up to degree 3 the features of 2 are 1, 2, 2, 8/6 and those of -1 are 1, -1, 1/2, -1/6"""
    got = student.poly_features(np.array([2.0, -1.0]), 3)
    expect("poly_features([2, -1], 3)", got).close_to([[1, 2, 2, 8 / 6], [1, -1, 0.5, -1 / 6]])


@checks("least_squares_fit")
def test_line_through_three_points(student):
    """the best line through (0, 1), (1, 2), (2, 6) is 0.5 + 2.5 x"""
    F = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    got = student.least_squares_fit(F, np.array([1.0, 2.0, 6.0]))
    expect("least_squares_fit(F, [1, 2, 6])", got).close_to([0.5, 2.5], rtol=1e-6)


@checks("least_squares_fit")
def test_one_equation_two_unknowns(student):
    """3 w0 + 4 w1 = 25 has many solutions; the shortest is (3, 4)"""
    got = student.least_squares_fit(np.array([[3.0, 4.0]]), np.array([25.0]))
    expect("least_squares_fit([[3, 4]], [25])", got).close_to([3.0, 4.0], rtol=1e-6)


@checks("kfold_indices")
def test_ten_rows_three_folds(student):
    """10 rows in 3 folds: validation parts of 4, 3 and 3 rows that hold each row once"""
    folds = expect("kfold_indices(10, 3, rng)", student.kfold_indices(10, 3, Rng(0))).sequence(3)
    parts = [expect("a fold", fold).unpack("train", "val") for fold in folds]
    vals = [
        val.sequence() if isinstance(val._value, (list, tuple)) else val._value.tolist() for _, val in parts
    ]
    expect("the sizes of the validation parts", sorted(map(len, vals), reverse=True)).equals([4, 3, 3])
    expect("all validation rows together", sorted(i for val in vals for i in val)).equals(list(range(10)))


@checks("kfold_indices")
def test_one_fold_is_no_validation(student):
    """k = 1 would leave nothing to train on: ValueError"""
    refuses("kfold_indices(10, 1, rng)", ValueError, student.kfold_indices, 10, 1, Rng(0))


@checks("cross_validate")
def test_the_mean_as_a_model(student):
    """a model that knows only the mean of its training labels, on labels 1, 2, 3 in three folds"""
    X, y = np.zeros((3, 1)), np.array([1.0, 2.0, 3.0])
    result = student.cross_validate(
        lambda X, y: float(np.mean(y)), lambda m, X, y: abs(m - float(y[0])), X, y, 3, Rng(0)
    )
    mean, scores = expect("cross_validate(...)", result).unpack("mean", "scores")
    # Left out 1: the mean of 2 and 3 is 2.5, off by 1.5. Left out 2: off by 0. Left out 3: off by 1.5.
    mean.close_to(1.0)
    expect("the scores, sorted", np.sort(np.array(scores.sequence(3), dtype=float))).close_to([0.0, 1.5, 1.5])


@checks("select_degree")
def test_a_parabola_is_recognised(student):
    """on an exact parabola degree 2 beats 0 and 1"""
    x = np.linspace(-2, 2, 12)
    expect(
        "select_degree(x, x**2, [0, 1, 2], 3, rng)", student.select_degree(x, x**2, [0, 1, 2], 3, Rng(0))
    ).equals(2)


@checks("learning_curve")
def test_curve_of_the_mean(student):
    """the mean of the first n of 1, 3, 5, judged by its distance to the mean of the data"""
    X = y = np.array([1.0, 3.0, 5.0])
    got = student.learning_curve(
        lambda X, y: float(np.mean(y)), lambda m, X, y: abs(m - float(np.mean(y))), X, y, [1, 3], X, y
    )
    points = [
        expect("a point of the curve", p).unpack("n", "train", "val")
        for p in expect("learning_curve(...)", got).sequence(2)
    ]
    for (n, train, val), (size, a, b) in zip(points, [(1, 0.0, 2.0), (3, 0.0, 0.0)]):
        n.equals(size)
        train.close_to(a)
        val.close_to(b)


@checks("diagnose_fit")
def test_three_patients(student):
    """0.30 and 0.35 for a target of 0.10: underfit; 0.01 and 0.50: overfit; 0.05 and 0.08: good"""
    expect("diagnose_fit(0.30, 0.35, 0.10)", student.diagnose_fit(0.30, 0.35, 0.10)).equals("underfit")
    expect("diagnose_fit(0.01, 0.50, 0.10)", student.diagnose_fit(0.01, 0.50, 0.10)).equals("overfit")
    expect("diagnose_fit(0.05, 0.08, 0.10)", student.diagnose_fit(0.05, 0.08, 0.10)).equals("good")


class SlowLearner:
    """Learns one label in each step."""

    def __init__(self):
        self.known = 0

    def fit_step(self, X, y):
        self.known, self.y = min(self.known + 1, len(y)), y

    def predict(self, X):
        guess = np.full(len(X), -1)
        guess[: self.known] = self.y[: self.known]
        return guess


@checks("memorises")
def test_one_label_a_step(student):
    """a model that learns one of 4 labels a step needs 4 steps, not 3"""
    X, y = np.zeros((4, 1)), np.array([1, 0, 1, 1])
    expect("memorises(..., steps=4)", student.memorises(SlowLearner, X, y, 4)).equals(True)
    expect("memorises(..., steps=3)", student.memorises(SlowLearner, X, y, 3)).equals(False)
