"""Typical wrong answers to chapter 11."""

import math

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch11_selection.selection import kfold_indices, least_squares_fit, poly_features

from grader import mistake
import itertools

VALUES = "test_features_are_powers_over_factorials"
LEAST = "test_fit_has_the_least_error"
FOLDS = "test_folds_hold_every_row_once"
TRAINED = "test_every_fold_is_trained_without_its_validation_rows"
LOWEST = "test_selects_the_lowest_validation_error"

# poly_features ------------------------------------------------------------------------------------------------


@mistake("M204", of="poly_features", caught_by=VALUES)
def features_without_the_constant(x, degree):
    """Column 0 is missing, so the constant of a polynomial cannot be fitted. The powers begin at 0."""
    x = as_float(x)
    return np.stack([x**i / math.factorial(i) for i in range(1, degree + 1)], axis=1)


@mistake("M206", of="poly_features", caught_by=VALUES)
def features_one_short(x, degree):
    """A polynomial of degree d has d + 1 columns; the highest power is left out here."""
    x = as_float(x)
    return np.stack([x**i / math.factorial(i) for i in range(degree)], axis=1)


@mistake("M206b", of="poly_features", caught_by=VALUES)
def features_one_too_many(x, degree):
    """There is one power more than the degree asks for."""
    x = as_float(x)
    return np.stack([x**i / math.factorial(i) for i in range(degree + 2)], axis=1)


@mistake("CH11-no-factorial", of="poly_features", caught_by=VALUES)
def features_without_the_factorial(x, degree):
    """These are the bare powers. Column i is divided by i! so that high powers stay of ordinary size."""
    return as_float(x)[:, None] ** np.arange(degree + 1)


@mistake("CH11-divided-by-i", of="poly_features", caught_by=VALUES)
def features_divided_by_the_degree(x, degree):
    """Column i is divided by i instead of i!; from i = 3 on that is not the same."""
    return as_float(x)[:, None] ** np.arange(degree + 1) / np.maximum(np.arange(degree + 1), 1)


@mistake("CH11-columns-reversed", of="poly_features", caught_by=VALUES)
def features_from_the_highest_power(x, degree):
    """The powers stand in falling order; column i holds power i."""
    return poly_features(x, degree)[:, ::-1].copy()


@mistake("CH11-transposed", of="poly_features", caught_by=VALUES)
def features_in_rows(x, degree):
    """Powers stand in the rows here; examples are rows, powers are columns."""
    return poly_features(x, degree).T.copy()


@mistake("CH11-small-factorial", of="poly_features", caught_by="test_features_of_high_degree")
def features_with_a_factorial_of_integers(x, degree):
    """21! does not fit into a 64-bit integer and wraps round. Let the factorial be a float."""
    factorials = np.cumprod(np.concatenate([[1], np.arange(1, degree + 1)]))
    return as_float(x)[:, None] ** np.arange(degree + 1) / factorials


@mistake("CH11-any-shape", of="poly_features", caught_by="test_features_refuse_wrong_arguments")
def features_of_any_shape(x, degree):
    """An x of two axes slips through and gives a stack of tables. Check the number of axes."""
    x = as_float(x)
    return np.stack([x**i / math.factorial(i) for i in range(max(degree, 0) + 1)], axis=-1)


# least_squares_fit --------------------------------------------------------------------------------------------


@mistake("M205", of="least_squares_fit", caught_by="test_fit_with_fewer_rows_than_columns")
def fit_by_normal_equations(F, y):
    """With fewer rows than columns F.T @ F has no inverse, and at high degree its inverse is garbage. np.linalg has a
    function for least squares that needs none."""
    F, y = np.asarray(F, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if F.ndim != 2 or y.shape != F.shape[:1]:
        raise ValueError("shapes")
    return np.linalg.inv(F.T @ F) @ F.T @ y


@mistake("CH11-square-systems-only", of="least_squares_fit", caught_by=LEAST)
def fit_by_solving(F, y):
    """solve needs as many rows as columns. With more rows there is no exact solution, only a best one."""
    return np.linalg.solve(np.asarray(F, dtype=float), np.asarray(y, dtype=float))


@mistake("CH11-whole-lstsq", of="least_squares_fit", caught_by=LEAST)
def fit_with_everything_lstsq_returns(F, y):
    """lstsq returns four things; the weights are the first."""
    return np.linalg.lstsq(np.asarray(F, dtype=float), np.asarray(y, dtype=float), rcond=None)


@mistake("CH11-ridge-instead", of="least_squares_fit", caught_by=(LEAST, "test_fit_finds_exact_weights"))
def fit_with_a_little_ridge(F, y):
    """A small multiple of the identity makes the system solvable, but then another problem is solved."""
    F, y = np.asarray(F, dtype=np.float64), np.asarray(y, dtype=np.float64)
    return np.linalg.solve(F.T @ F + 1e-3 * np.eye(F.shape[1]), F.T @ y)


@mistake("CH11-own-constant", of="least_squares_fit", caught_by=LEAST)
def fit_with_a_constant_of_its_own(F, y):
    """A column of ones is added that nobody asked for. F already holds every column."""
    F, y = np.asarray(F, dtype=np.float64), np.asarray(y, dtype=np.float64)
    return np.linalg.lstsq(np.column_stack([np.ones(len(F)), F]), y, rcond=None)[0][1:]


@mistake("CH11-columns-of-y", of="least_squares_fit", caught_by="test_fit_refuses_other_shapes")
def fit_of_a_column(F, y):
    """y of shape (N, 1) slips through and gives weights of shape (K, 1)."""
    return np.linalg.lstsq(np.asarray(F, dtype=np.float64), np.asarray(y, dtype=np.float64), rcond=None)[0]


# kfold_indices ------------------------------------------------------------------------------------------------


@mistake("M196", of="kfold_indices", caught_by=FOLDS)
def folds_that_lose_the_rest(n, k, rng):
    """Where k does not divide n the last rows are in no fold. np.array_split hands the rest round."""
    order, size = rng.permutation(n), n // k
    parts = [order[i * size : (i + 1) * size] for i in range(k)]
    return [
        (np.concatenate([p for j, p in enumerate(parts) if j != i]), part) for i, part in enumerate(parts)
    ]


@mistake("M196b", of="kfold_indices", caught_by="test_folds_are_of_nearly_equal_size")
def folds_with_the_rest_in_the_last(n, k, rng):
    """The whole rest goes into the last fold, which then is up to twice as large. Sizes may differ by 1."""
    if not 2 <= k <= n:
        raise ValueError("k")
    order, size = rng.permutation(n), n // k
    cuts = [*range(0, size * k, size), n]
    cuts[k] = n
    parts = [order[a:b] for a, b in itertools.pairwise(cuts)]
    return [
        (np.concatenate([p for j, p in enumerate(parts) if j != i]), part) for i, part in enumerate(parts)
    ]


@mistake("M197", of="kfold_indices", caught_by="test_folds_are_shuffled")
def folds_of_neighbours(n, k, rng):
    """The rows are not shuffled. Sorted data, such as Iris, then give folds of a single class."""
    if not 2 <= k <= n:
        raise ValueError("k")
    parts = np.array_split(np.arange(n), k)
    return [
        (np.concatenate([p for j, p in enumerate(parts) if j != i]), part) for i, part in enumerate(parts)
    ]


@mistake("CH11-new-shuffle", of="kfold_indices", caught_by=FOLDS)
def folds_shuffled_anew(n, k, rng):
    """Every fold has a shuffle of its own, so rows are validated twice or never. Shuffle once, then cut."""
    folds = []
    for i in range(k):
        parts = np.array_split(rng.permutation(n), k)
        folds.append((np.concatenate([p for j, p in enumerate(parts) if j != i]), parts[i]))
    return folds


@mistake("CH11-swapped-pair", of="kfold_indices", caught_by=FOLDS)
def folds_the_wrong_way_round(n, k, rng):
    """The small part is the validation set and comes second; here it comes first."""
    return [(val, train) for train, val in kfold_indices(n, k, rng)]


@mistake("CH11-trains-on-all", of="kfold_indices", caught_by=FOLDS)
def folds_that_train_on_everything(n, k, rng):
    """The training part holds the validation rows too: the exam questions are in the textbook."""
    return [(np.arange(n), val) for _, val in kfold_indices(n, k, rng)]


@mistake("CH11-global-shuffle", of="kfold_indices", caught_by="test_folds_come_from_the_rng")
def folds_by_the_global_generator(n, k, rng):
    """The rows are shuffled by the global generator. Use the rng that was passed in."""
    parts = np.array_split(np.random.permutation(n), k)
    return [
        (np.concatenate([p for j, p in enumerate(parts) if j != i]), part) for i, part in enumerate(parts)
    ]


@mistake("CH11-any-k", of="kfold_indices", caught_by="test_folds_refuse_impossible_numbers")
def folds_for_any_k(n, k, rng):
    """With more folds than rows some folds are empty; say so by a ValueError."""
    parts = np.array_split(rng.permutation(n), max(k, 1))
    return [
        (np.concatenate([p for j, p in enumerate(parts) if j != i] or [np.array([], dtype=int)]), part)
        for i, part in enumerate(parts)
    ]


# cross_validate -----------------------------------------------------------------------------------------------


@mistake("M199", of="cross_validate", caught_by="test_each_fold_scores_its_own_model")
def validation_with_one_model(fit, score, X, y, k, rng):
    """The first model is used in every fold; from the second fold on it has seen the validation rows in training."""
    scores, model = [], None
    for train, val in kfold_indices(len(X), k, rng):
        fitted = fit(X[train], y[train])
        model = fitted if model is None else model
        scores.append(float(score(model, X[val], y[val])))
    return sum(scores) / k, scores


@mistake("M200", of="cross_validate", caught_by=TRAINED)
def validation_after_scaling_everything(fit, score, X, y, k, rng):
    """All rows are scaled together before they are split, so the validation rows leak into training. What learns from
    data belongs into fit."""
    X = (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-12)
    scores = [float(score(fit(X[t], y[t]), X[v], y[v])) for t, v in kfold_indices(len(X), k, rng)]
    return sum(scores) / k, scores


@mistake("CH11-trained-on-all", of="cross_validate", caught_by=TRAINED)
def validation_of_a_model_that_saw_everything(fit, score, X, y, k, rng):
    """The model is trained on all rows and then asked about some of them. That is training error."""
    scores = [float(score(fit(X, y), X[v], y[v])) for _, v in kfold_indices(len(X), k, rng)]
    return sum(scores) / k, scores


@mistake("CH11-scored-on-training", of="cross_validate", caught_by=TRAINED)
def validation_on_the_training_rows(fit, score, X, y, k, rng):
    """The score is taken on the rows that were trained on; take the rows that were held back."""
    scores = [float(score(fit(X[t], y[t]), X[t], y[t])) for t, _ in kfold_indices(len(X), k, rng)]
    return sum(scores) / k, scores


@mistake("CH11-weighted-mean", of="cross_validate", caught_by="test_every_fold_counts_the_same")
def validation_weighted_by_size(fit, score, X, y, k, rng):
    """Folds are weighted by their sizes. Here every fold counts the same."""
    if len(X) != len(y):
        raise ValueError("lengths")
    folds = kfold_indices(len(X), k, rng)
    scores = [float(score(fit(X[t], y[t]), X[v], y[v])) for t, v in folds]
    return sum(s * len(v) for s, (_, v) in zip(scores, folds)) / len(X), scores


@mistake("CH11-two-shuffles", of="cross_validate", caught_by=TRAINED)
def validation_with_rows_and_labels_apart(fit, score, X, y, k, rng):
    """Rows and labels are shuffled by two different permutations. One permutation for both."""
    X, y = X[rng.permutation(len(X))], y[rng.permutation(len(y))]
    scores = [float(score(fit(X[t], y[t]), X[v], y[v])) for t, v in kfold_indices(len(X), k, rng)]
    return sum(scores) / k, scores


@mistake("CH11-only-the-mean", of="cross_validate", caught_by=TRAINED)
def validation_without_the_scores(fit, score, X, y, k, rng):
    """Only the mean is returned; the scores of the folds are wanted as well."""
    scores = [float(score(fit(X[t], y[t]), X[v], y[v])) for t, v in kfold_indices(len(X), k, rng)]
    return sum(scores) / k


@mistake(
    "CH11-lengths-unchecked", of="cross_validate", caught_by="test_cross_validation_refuses_what_does_not_fit"
)
def validation_of_unequal_lengths(fit, score, X, y, k, rng):
    """A missing label goes unnoticed. Compare the lengths first."""
    n = min(len(X), len(y))
    scores = [float(score(fit(X[t], y[t]), X[v], y[v])) for t, v in kfold_indices(n, k, rng)]
    return sum(scores) / k, scores


# select_degree ------------------------------------------------------------------------------------------------


@mistake("M201", of="select_degree", caught_by=(LOWEST, "test_never_chooses_too_simple_a_model"))
def degree_by_training_error(x, y, degrees, k, rng):
    """Training error always falls with the degree, so the richest model wins. Choose by the rows that were held back."""
    errors = []
    for degree in degrees:
        F = poly_features(x, degree)
        errors.append(np.mean((F @ least_squares_fit(F, y) - y) ** 2))
    return int(degrees[int(np.argmin(errors))])


@mistake("M202", of="select_degree", caught_by=LOWEST)
def degree_by_one_part(x, y, degrees, k, rng):
    """Another number decides than the mean of the squared errors over all folds; one fold alone, perhaps."""
    train, val = kfold_indices(len(x), k, rng)[0]
    errors = []
    for degree in degrees:
        F = poly_features(x, degree)
        errors.append(np.mean((F[val] @ least_squares_fit(F[train], y[train]) - y[val]) ** 2))
    return int(degrees[int(np.argmin(errors))])


@mistake("CH11-largest-error", of="select_degree", caught_by=LOWEST)
def degree_with_the_largest_error(x, y, degrees, k, rng):
    """An error is good when it is small; argmax picks the worst."""
    folds = kfold_indices(len(x), k, rng)
    errors = []
    for degree in degrees:
        F = poly_features(x, degree)
        errors.append(
            np.mean([np.mean((F[v] @ least_squares_fit(F[t], y[t]) - y[v]) ** 2) for t, v in folds])
        )
    return int(degrees[int(np.argmax(errors))])


@mistake("CH11-index-not-degree", of="select_degree", caught_by=LOWEST)
def degree_as_a_position(x, y, degrees, k, rng):
    """The position in the list is returned instead of the degree that stands there."""
    folds = kfold_indices(len(x), k, rng)
    errors = []
    for degree in degrees:
        F = poly_features(x, degree)
        errors.append(
            np.mean([np.mean((F[v] @ least_squares_fit(F[t], y[t]) - y[v]) ** 2) for t, v in folds])
        )
    return int(np.argmin(errors))


@mistake("CH11-smallest-good-degree", of="select_degree", caught_by="test_first_of_equal_degrees")
def degree_of_the_sorted_list(x, y, degrees, k, rng):
    """The candidates are sorted first, so of equal ones the smallest wins, not the one that stands first."""
    if len(degrees) == 0 or len(x) != len(y):
        raise ValueError("candidates")
    folds, degrees = kfold_indices(len(x), k, rng), sorted(degrees)
    errors = []
    for degree in degrees:
        F = poly_features(x, degree)
        errors.append(
            np.mean([np.mean((F[v] @ least_squares_fit(F[t], y[t]) - y[v]) ** 2) for t, v in folds])
        )
    return int(degrees[int(np.argmin(errors))])


# learning_curve -----------------------------------------------------------------------------------------------


@mistake("CH11-last-rows", of="learning_curve", caught_by="test_curve_trains_on_the_first_rows")
def curve_of_the_last_rows(fit, score, X, y, sizes, X_val, y_val):
    """fit has to see the first n rows, once for each size."""
    points = []
    for n in sizes:
        model = fit(X[-n:], y[-n:])
        points.append((int(n), float(score(model, X[-n:], y[-n:])), float(score(model, X_val, y_val))))
    return points


@mistake("CH11-train-score-of-all", of="learning_curve", caught_by="test_curve_trains_on_the_first_rows")
def curve_that_scores_all_rows(fit, score, X, y, sizes, X_val, y_val):
    """The training score is taken on all rows, most of which were not trained on."""
    points = []
    for n in sizes:
        model = fit(X[:n], y[:n])
        points.append((int(n), float(score(model, X, y)), float(score(model, X_val, y_val))))
    return points


@mistake("CH11-curve-swapped", of="learning_curve", caught_by="test_curve_trains_on_the_first_rows")
def curve_with_the_scores_swapped(fit, score, X, y, sizes, X_val, y_val):
    """Training and validation score stand in each other's place."""
    points = []
    for n in sizes:
        model = fit(X[:n], y[:n])
        points.append((int(n), float(score(model, X_val, y_val)), float(score(model, X[:n], y[:n]))))
    return points


@mistake("CH11-one-row-less", of="learning_curve", caught_by="test_curve_trains_on_the_first_rows")
def curve_one_row_short(fit, score, X, y, sizes, X_val, y_val):
    """A slice X[:n] ends before row n; X[:n - 1] is one row short."""
    points = []
    for n in sizes:
        model = fit(X[: n - 1], y[: n - 1])
        points.append((int(n), float(score(model, X[:n], y[:n])), float(score(model, X_val, y_val))))
    return points


@mistake("CH11-sizes-unchecked", of="learning_curve", caught_by="test_curve_refuses_impossible_sizes")
def curve_for_any_size(fit, score, X, y, sizes, X_val, y_val):
    """A size beyond the data is silently cut by the slice, and the curve lies. Raise ValueError."""
    points = []
    for n in sizes:
        model = fit(X[:n], y[:n])
        points.append((int(n), float(score(model, X[:n], y[:n])), float(score(model, X_val, y_val))))
    return points


# diagnose_fit -------------------------------------------------------------------------------------------------


@mistake("M207", of="diagnose_fit", caught_by="test_diagnosis_of_every_kind")
def diagnosis_upside_down(train_err, val_err, target):
    """A high training error is underfitting: the model has not even learned what it was shown."""
    if train_err > target:
        return "overfit"
    return "underfit" if val_err > target and val_err > 2 * train_err else "good"


@mistake("CH11-gap-first", of="diagnose_fit", caught_by="test_diagnosis_of_every_kind")
def diagnosis_that_looks_at_the_gap_first(train_err, val_err, target):
    """The gap is judged before the training error. As long as training fails, there is nothing to say about the gap."""
    if val_err > target and val_err > 2 * train_err:
        return "overfit"
    return "underfit" if train_err > target else "good"


@mistake("CH11-gap-alone", of="diagnose_fit", caught_by="test_diagnosis_of_every_kind")
def diagnosis_by_the_gap_alone(train_err, val_err, target):
    """A wide gap is no harm while the validation error is below the target."""
    if train_err > target:
        return "underfit"
    return "overfit" if val_err > 2 * train_err else "good"


@mistake("CH11-target-alone", of="diagnose_fit", caught_by="test_diagnosis_of_every_kind")
def diagnosis_by_the_target_alone(train_err, val_err, target):
    """A validation error a little above the target, close to the training error, is not overfitting."""
    if train_err > target:
        return "underfit"
    return "overfit" if val_err > target else "good"


@mistake("CH11-borders", of="diagnose_fit", caught_by="test_diagnosis_at_the_borders")
def diagnosis_with_other_borders(train_err, val_err, target):
    """Equal to the target counts as reached, and exactly twice is not more than twice."""
    if train_err >= target > 0:
        return "underfit"
    return "overfit" if val_err >= target and val_err >= 2 * train_err and val_err > target else "good"


# memorises ----------------------------------------------------------------------------------------------------


@mistake("CH11-accuracy-is-enough", of="memorises", caught_by="test_memorises_wants_every_label")
def memorises_most(model_fn, X, y_random, steps=2000):
    """Nearly all labels right is not by heart; every single one must be."""
    model = model_fn()
    for _ in range(steps):
        model.fit_step(X, y_random)
        if np.mean(model.predict(X) == y_random) > 0.95:
            return True
    return False


@mistake("CH11-asks-before", of="memorises", caught_by="test_memorises_says_what_the_model_can")
def memorises_asked_too_early(model_fn, X, y_random, steps=2000):
    """The last step of the budget does not count. Take all of them, and ask the model after each one."""
    model = model_fn()
    for _ in range(steps):
        if np.array_equal(model.predict(X), y_random):
            return True
        model.fit_step(X, y_random)
    return False


@mistake("CH11-model-each-step", of="memorises", caught_by="test_memorises_stops_when_it_knows")
def memorises_with_new_models(model_fn, X, y_random, steps=2000):
    """It is not noticed in time that the labels are known. Make one model, train it on, and ask after each step."""
    for _ in range(steps):
        model = model_fn()
        model.fit_step(X, y_random)
        if np.array_equal(model.predict(X), y_random):
            return True
    return False


@mistake("CH11-always-to-the-end", of="memorises", caught_by="test_memorises_stops_when_it_knows")
def memorises_after_all_steps(model_fn, X, y_random, steps=2000):
    """It trains to the end of the budget even when every label is right."""
    model = model_fn()
    for _ in range(steps):
        model.fit_step(X, y_random)
    return bool(np.array_equal(model.predict(X), y_random))


@mistake("CH11-own-budget", of="memorises", caught_by="test_memorises_says_what_the_model_can")
def memorises_with_its_own_budget(model_fn, X, y_random, steps=2000):
    """The argument steps is ignored."""
    model = model_fn()
    for _ in range(2000):
        model.fit_step(X, y_random)
        if np.array_equal(model.predict(X), y_random):
            return True
    return False
