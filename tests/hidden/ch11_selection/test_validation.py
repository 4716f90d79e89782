"""Hidden tests of kfold_indices, cross_validate, learning_curve, diagnose_fit and memorises."""

import numpy as np
import pytest

from grader import Rng, battery, expect, in_worker, observe, points, refuses


def folds_of(student, n, k, seed):
    """The folds as pairs of int arrays; their form is checked on the way."""
    call = f"kfold_indices({n}, {k}, rng)"
    pairs = []
    for pair in expect(call, student.kfold_indices(n, k, Rng(seed))).sequence(k):
        train, val = expect(f"a fold of {call}", pair).unpack("train", "val")
        sizes = [np.shape(part._value) for part in (train, val)]
        for part, shape in zip((train, val), sizes):
            part.satisfies(len(shape) == 1, "expected a 1-D array of row numbers.")
            part.satisfies(part._value.dtype.kind in "iu", "expected whole numbers.")
        pairs.append((train._value, val._value))
    return call, pairs


# kfold_indices


@points(2, of="kfold_indices")
def test_folds_hold_every_row_once(student, rng):
    """the validation parts hold every row exactly once, and each training part all the others"""
    for n, k in ((10, 3), (12, 4), (7, 7), (23, 5), (2, 2)):
        call, pairs = folds_of(student, n, k, int(rng.integers(1000)))
        together = sorted(int(i) for _, val in pairs for i in val)
        expect(call, together).satisfies(
            together == list(range(n)), "a row is missing or stands in two folds."
        )
        for train, val in pairs:
            rest = sorted(set(range(n)) - set(val.tolist()))
            expect(call, train).satisfies(
                sorted(train.tolist()) == rest, "train is not all the rows outside val."
            )


@points(1, of="kfold_indices", needs="test_folds_hold_every_row_once")
def test_folds_are_of_nearly_equal_size(student, rng):
    """the sizes of the validation parts differ by at most 1"""
    for n, k in ((10, 3), (11, 4), (20, 6)):
        call, pairs = folds_of(student, n, k, 3)
        sizes = [len(val) for _, val in pairs]
        expect(call, sizes).satisfies(max(sizes) - min(sizes) <= 1, "some folds are much larger than others.")


@points(1, of="kfold_indices", needs="test_folds_hold_every_row_once")
def test_folds_are_shuffled(student, rng):
    """the rows are shuffled before they are cut: sorted data do not give folds of neighbours"""
    call, pairs = folds_of(student, 60, 5, int(rng.integers(1000)))
    runs = sum(bool(np.ptp(val) == len(val) - 1) for _, val in pairs)
    expect(call, runs).satisfies(runs == 0, "the folds are blocks of neighbouring rows.")
    strides = sum(len(set(np.diff(np.sort(val)).tolist())) == 1 for _, val in pairs)
    expect(call, strides).satisfies(strides <= 1, "the folds are every k-th row, in order.")
    _, others = folds_of(student, 60, 5, int(rng.integers(1000, 2000)))
    same = all(set(a.tolist()) == set(b.tolist()) for (_, a), (_, b) in zip(pairs, others))
    expect(call, same).satisfies(not same, "another rng gives the same folds.")


@points(0.5, of="kfold_indices", needs="test_folds_hold_every_row_once")
def test_folds_come_from_the_rng(student):
    """the same seed gives the same folds, and no global generator is used"""
    battery.draws_only_from_its_rng(
        "kfold_indices(9, 3, rng)", lambda rng: observe(student.kfold_indices, 9, 3, rng), student
    )


@points(0.5, of="kfold_indices", needs="test_folds_hold_every_row_once")
@pytest.mark.parametrize(
    ("n", "k"), [(3, 4), (5, 1), (5, 0)], ids=["more-folds-than-rows", "one-fold", "no-fold"]
)
def test_folds_refuse_impossible_numbers(student, n, k):
    """kfold_indices raises ValueError for k < 2 and for k > n"""
    refuses(f"kfold_indices({n}, {k}, rng)", ValueError, student.kfold_indices, n, k, Rng(0))


# cross_validate


class Spy:
    """A fit and a score that write down what they were given."""

    def __init__(self, scores):
        self.fitted, self.scored, self.scores = [], [], list(scores)

    def fit(self, X, y):
        self.fitted.append((np.array(X), np.array(y)))
        return len(self.fitted)

    def score(self, model, X, y):
        self.scored.append((model, np.array(X), np.array(y)))
        return self.scores[model - 1]


class TellingSpy(Spy):
    """Its scores are made of the rows that fit and score saw: a wrong split is seen in the result, and named by it."""

    def __init__(self):
        super().__init__([])

    def score(self, model, X, y):
        learned = self.fitted[model - 1][0]
        self.scored.append((model, np.array(X), np.array(y)))
        self.scores.append(float(learned[:, 0].sum() + 0.01 * np.array(X)[:, 0].sum()))
        return self.scores[-1]


def numbered(n):
    """Rows that carry their own number, and labels that belong to them."""
    return np.stack([np.arange(n), np.arange(n) ** 2], axis=1).astype(float), 100.0 + np.arange(n)


@points(2, of="cross_validate")
def test_every_fold_is_trained_without_its_validation_rows(student, rng):
    """fit sees the training rows of a fold only, score the others, and rows and labels stay together"""
    n, k, seed = 11, 4, int(rng.integers(1000))
    X, y = numbered(n)
    spy = TellingSpy()
    result = student.cross_validate(spy.fit, spy.score, X, y, k, Rng(seed))
    mean, scores = expect("cross_validate(...)", result).unpack("mean", "scores")
    call = expect("cross_validate(...)", spy)
    call.satisfies(
        len(spy.fitted) == len(spy.scored) == k, "fit and score are not called once for each fold."
    )
    seen = []
    for (train_X, train_y), (_, val_X, val_y) in zip(spy.fitted, spy.scored):
        inside, outside = set(train_X[:, 0].tolist()), set(val_X[:, 0].tolist())
        call.satisfies(not inside & outside, "a model is scored on rows that it was trained on.")
        call.satisfies(inside | outside == set(range(n)), "a fold leaves rows out.")
        for part_X, part_y in ((train_X, train_y), (val_X, val_y)):
            call.satisfies(np.array_equal(part_X[:, 0] + 100, part_y), "rows and labels were torn apart.")
        seen += sorted(outside)
    call.satisfies(sorted(seen) == list(range(n)), "some rows are never or twice used for validation.")
    expect("the scores", np.array([float(s) for s in scores.sequence(k)])).close_to(spy.scores)
    mean.close_to(float(np.mean(spy.scores)))


@points(1, of="cross_validate", needs="test_every_fold_is_trained_without_its_validation_rows")
def test_each_fold_scores_its_own_model(student):
    """the model of a fold is the one that fit returned for that fold"""
    X, y = numbered(9)
    spy = Spy([2.0, 3.0, 1.0])
    result = student.cross_validate(spy.fit, spy.score, X, y, 3, Rng(2))
    _, scores = expect("cross_validate(...)", result).unpack("mean", "scores")
    got = expect("the scores", np.array([float(s) for s in scores.sequence(3)]))
    got.close_to([2.0, 3.0, 1.0], hint="In the order of the folds.")
    models = [model for model, _, _ in spy.scored]
    expect("the models that were scored", models).satisfies(
        models == [1, 2, 3], "a fitted model was used again."
    )


@points(1, of="cross_validate", needs="test_every_fold_is_trained_without_its_validation_rows")
def test_every_fold_counts_the_same(student):
    """the mean is over the folds, whatever their sizes"""
    X, y = numbered(7)
    spy = Spy([0.0, 0.0, 9.0])  # folds of 3, 2 and 2 rows
    mean, _ = expect(
        "cross_validate(...)", student.cross_validate(spy.fit, spy.score, X, y, 3, Rng(4))
    ).unpack("mean", "scores")
    mean.close_to(3.0)


@points(0.5, of="cross_validate", needs="test_every_fold_is_trained_without_its_validation_rows")
def test_cross_validation_uses_the_folds_of_the_rng(student):
    """the folds are those of kfold_indices with the same rng"""
    X, y = numbered(10)
    spy = Spy([1.0, 1.0, 1.0])
    student.cross_validate(spy.fit, spy.score, X, y, 3, Rng(8))
    _, pairs = folds_of(student, 10, 3, 8)
    for (_, val), (_, val_X, _) in zip(pairs, spy.scored):
        same = sorted(val.tolist()) == sorted(val_X[:, 0].astype(int).tolist())
        expect("cross_validate(...)", same).satisfies(
            same, "its folds are not those of kfold_indices(n, k, rng)."
        )


@points(0.5, of="cross_validate", needs="test_every_fold_is_trained_without_its_validation_rows")
def test_cross_validation_of_images(student):
    """X may have more than two axes, and plain labels may be integers"""
    X = np.arange(6 * 4).reshape(6, 2, 2).astype(float)
    spy = Spy([1.0, 3.0])
    result = student.cross_validate(spy.fit, spy.score, X, np.arange(6), 2, Rng(0))
    expect("cross_validate(images)", result).unpack("mean", "scores")[0].close_to(2.0)
    expect("what fit saw", spy.fitted[0][0]).satisfies(
        spy.fitted[0][0].shape[1:] == (2, 2), "images lost their shape."
    )
    labels = [part for fitted in spy.fitted for part in fitted[1:]] + [seen[2] for seen in spy.scored]
    whole = all(part.dtype.kind in "iu" for part in labels)
    expect("the labels that fit and score saw", whole).satisfies(whole, "class labels are no longer ints.")


@points(0.5, of="cross_validate", needs="test_every_fold_is_trained_without_its_validation_rows")
def test_cross_validation_refuses_what_does_not_fit(student):
    """cross_validate raises ValueError for unequal lengths and for too many folds"""
    X, y = numbered(5)
    spy = Spy([0.0] * 9)
    args = (spy.fit, spy.score)
    refuses(
        "cross_validate with 5 rows, 4 labels", ValueError, student.cross_validate, *args, X, y[:4], 2, Rng(0)
    )
    refuses(
        "cross_validate with 4 rows, 5 labels", ValueError, student.cross_validate, *args, X[:4], y, 2, Rng(0)
    )
    refuses(
        "cross_validate with 6 folds of 5 rows", ValueError, student.cross_validate, *args, X, y, 6, Rng(0)
    )


@points(0.25, of="cross_validate", needs="test_every_fold_is_trained_without_its_validation_rows")
def test_cross_validation_leaves_the_order_alone(student):
    """X and y stay in their order"""
    X, y = numbered(6)
    spy = Spy([1.0, 1.0] * 2)
    call = "cross_validate(fit, score, X, y, 2, rng)"
    seen = observe(student.cross_validate, lambda X, y: 1, lambda m, X, y: 1.0, X, y, 2, Rng(0))
    expect(call, spy).satisfies(not seen.modified, "the rows of the caller were shuffled.")


# learning_curve


@points(2, of="learning_curve")
def test_curve_trains_on_the_first_rows(student):
    """for each size fit sees the first n rows, and both scores are taken with that model"""
    X, y = numbered(8)
    X_val, y_val = numbered(3)
    fitted, scored = [], []

    def fit(X, y):
        fitted.append((np.array(X), np.array(y)))
        return len(y)

    def score(model, X, y):
        scored.append((model, len(y)))
        return 10.0 * model + len(y)

    got = expect(
        "learning_curve(...)", student.learning_curve(fit, score, X, y, [2, 5, 8], X_val, y_val)
    ).sequence(3)
    for size, point, (seen_X, seen_y) in zip((2, 5, 8), got, fitted):
        n, train, val = expect("a point of learning_curve(...)", point).unpack("n", "train", "val")
        n.equals(size)
        train.close_to(11.0 * size)
        val.close_to(10.0 * size + 3)
        same = np.array_equal(seen_X, X[:size]) and np.array_equal(seen_y, y[:size])
        expect("what fit saw", seen_X).satisfies(same, "these are not the first n rows.")
    expect("learning_curve(...)", fitted).satisfies(len(fitted) == 3, "fit is not called once for each size.")


@points(0.5, of="learning_curve", needs="test_curve_trains_on_the_first_rows")
def test_curve_keeps_the_order_of_sizes(student):
    """sizes may come in any order, and one may stand there twice"""
    X, y = numbered(6)
    got = student.learning_curve(lambda X, y: len(y), lambda m, X, y: m, X, y, [6, 1, 6], X, y)
    sizes = [int(np.asarray(p[0])) for p in expect("learning_curve(...)", got).sequence(3)]
    expect("the sizes", sizes).equals([6, 1, 6])


@points(0.5, of="learning_curve", needs="test_curve_trains_on_the_first_rows")
@pytest.mark.parametrize("size", [0, 7, -1])
def test_curve_refuses_impossible_sizes(student, size):
    """learning_curve raises ValueError for a size below 1 or above the number of rows"""
    X, y = numbered(6)
    refuses(
        f"learning_curve with size {size} of 6 rows",
        ValueError,
        student.learning_curve,
        lambda X, y: 0,
        lambda m, X, y: 0.0,
        X,
        y,
        [3, size],
        X,
        y,
    )


# diagnose_fit

CASES = [
    (0.30, 0.35, 0.10, "underfit"),
    (0.30, 9.00, 0.10, "underfit"),
    (0.01, 0.50, 0.10, "overfit"),
    (0.05, 0.11, 0.10, "overfit"),
    (0.05, 0.08, 0.10, "good"),
    (0.08, 0.15, 0.10, "good"),
    (0.01, 0.09, 0.10, "good"),
    (0.00, 0.00, 0.00, "good"),
]


@points(1.5, of="diagnose_fit")
def test_diagnosis_of_every_kind(student):
    """high training error is underfitting, a wide gap above the target overfitting, all else good"""
    for train, val, target, word in CASES:
        call = f"diagnose_fit({train}, {val}, {target})"
        expect(call, student.diagnose_fit(train, val, target)).equals(word)


@points(0.5, of="diagnose_fit", needs="test_diagnosis_of_every_kind")
def test_diagnosis_at_the_borders(student):
    """equal to the target counts as reached, exactly twice the training error is no overfitting; errors may be 0"""
    for train, val, target, word in (
        (0.25, 0.25, 0.25, "good"),
        (0.25, 0.5, 0.25, "good"),
        (0.125, 0.5, 0.5, "good"),
        (0.0, 0.5, 0.25, "overfit"),
        (0.0, 0.5, 0.0, "overfit"),
    ):
        call = f"diagnose_fit({train}, {val}, {target})"
        expect(call, student.diagnose_fit(train, val, target)).equals(word)


# memorises


class Learner:
    """Learns the labels by heart in its n-th step."""

    made = 0

    def __init__(self, needed, log):
        self.needed, self.log, self.y = needed, log, None

    def fit_step(self, X, y):
        self.log.append("fit")
        if self.log.count("fit") >= self.needed:
            self.y = np.array(y)

    def predict(self, X):
        self.log.append("predict")
        return self.y if self.y is not None else np.full(len(X), -1)


def tried(student, needed, steps, **budget):
    log, made = [], []

    def model_fn():
        made.append(1)
        return Learner(needed, log)

    args = (model_fn, np.zeros((4, 2)), np.array([1, 0, 0, 1]))
    got = student.memorises(*args, steps, **budget) if steps else student.memorises(*args, **budget)
    return got, log, len(made)


@points(1.5, of="memorises")
def test_memorises_says_what_the_model_can(student):
    """True for a model that learns the labels within the budget, False for one that does not"""
    for needed, steps, verdict in ((1, 3, True), (3, 3, True), (4, 3, False)):
        got, _, _ = tried(student, needed, steps)
        expect(f"memorises for a model that needs {needed} steps, budget {steps}", got).equals(verdict)


@points(0.5, of="memorises", needs="test_memorises_says_what_the_model_can")
def test_memorises_stops_when_it_knows(student):
    """it makes one model, trains no longer than needed and never beyond the budget"""
    _, log, made = tried(student, 2, 50)
    expect("memorises(...)", made).satisfies(made == 1, "model_fn is not called exactly once.")
    expect("memorises(...)", log).satisfies(
        log.count("fit") == 2, "it goes on training when every label is right."
    )
    _, log, _ = tried(student, 99, 5)
    expect("memorises(...)", log).satisfies(
        log.count("fit") == 5, "it does not use its budget of steps exactly."
    )


@in_worker
def within_the_budget(student, needed, budget):
    """What memorises says of a model that knows its labels after so many steps; how often it was trained."""
    steps = []

    class Learner:
        def fit_step(self, X, y):
            steps.append(1)

        def predict(self, X):
            return np.array([1, 0]) if len(steps) >= needed else np.array([0, 0])

    args = (Learner, np.zeros((2, 1)), np.array([1, 0]))
    found = student.memorises(*args) if budget is None else student.memorises(*args, steps=budget)
    return bool(found), len(steps)


@points(0.25, of="memorises", needs="test_memorises_says_what_the_model_can")
def test_memorises_has_its_budget(student):
    """the budget is 2000 steps unless told otherwise, and may be 0"""
    for needed, budget, want in (
        (2000, None, (True, 2000)),
        (2001, None, (False, 2000)),
        (1, 0, (False, 0)),
    ):
        words = f"memorises for a model that needs {needed} steps, steps={2000 if budget is None else budget}"
        said, trained = within_the_budget(student, needed, budget)
        expect(words, said).equals(want[0])
        expect(f"the calls of fit_step, {words}", trained).equals(want[1])


@points(0.5, of="memorises", needs="test_memorises_says_what_the_model_can")
def test_memorises_wants_every_label(student):
    """all but one label right is not yet by heart"""

    class Nearly:
        def fit_step(self, X, y):
            self.y = np.array(y)
            self.y[-1] = 1 - self.y[-1]

        def predict(self, X):
            return self.y

    got = student.memorises(lambda: Nearly(), np.zeros((1500, 1)), np.arange(1500) % 2, 3)
    expect("memorises for a model that misses one label", got).equals(False)
