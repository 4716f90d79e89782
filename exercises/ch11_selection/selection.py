"""Chapter 11: model selection. Training error is not what you want; validation chooses."""

import math

import numpy as np
from ch00_toolbox.toolbox import as_float


def poly_features(x, degree):
    """Powers of x, each divided by a factorial so that no column grows out of hand.

    F[n, i] = x[n]**i / i!        for i = 0 to degree

    Parameters
    ----------
    x : (N,) array
        Integers are converted to float64; float32 stays float32. Not changed.
    degree : int
        The highest power, 0 or more.

    Returns
    -------
    (N, degree + 1) array
        A polynomial of degree d has d + 1 coefficients; column 0 is all ones.

    Raises
    ------
    ValueError
        If x is not 1-D or degree is negative.

    >>> poly_features(np.array([2.0, -1.0]), 2)
    array([[ 1. ,  2. ,  2. ],
           [ 1. , -1. ,  0.5]])

    Source: Dive into Deep Learning, model selection; the division by i! is theirs.
    """
    x = as_float(x)
    raise NotImplementedError("poly_features is not written yet")


def least_squares_fit(F, y):
    """Weights with the least squared error; of several such, the shortest.

    w minimises sum over n of (F[n] . w - y[n])**2

    Parameters
    ----------
    F : (N, K) array
        Features, one row for each example. N < K is allowed.
    y : (N,) array

    Returns
    -------
    (K,) array, float64
        Where the columns of F do not determine w, the one of smallest length (as np.linalg.lstsq gives it).

    Raises
    ------
    ValueError
        If F is not 2-D, y is not 1-D, or they differ in length.

    >>> least_squares_fit(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([1.0, 3.0])).round(6)
    array([1., 2.])

    Source: C. F. Gauss, 1809. Normal equations need an invertible F.T @ F; this does not.
    """
    raise NotImplementedError("least_squares_fit is not written yet")


def kfold_indices(n, k, rng):
    """Cut n examples into k parts; each part is the validation set once.

    Parameters
    ----------
    n : int
        Number of examples.
    k : int
        Number of folds, 2 <= k <= n.
    rng : np.random.Generator
        Shuffles the examples once, before they are cut.

    Returns
    -------
    list of k pairs (train, val)
        Both 1-D int arrays of row numbers. The val parts are disjoint and together hold every row once; their
        sizes differ by at most 1. train holds all rows that are not in val.

    Raises
    ------
    ValueError
        If k < 2 or k > n.

    >>> [len(val) for train, val in kfold_indices(10, 3, np.random.default_rng(0))]
    [4, 3, 3]
    """
    raise NotImplementedError("kfold_indices is not written yet")


def cross_validate(fit, score, X, y, k, rng):
    """Mean score over k folds, with a model trained anew in each.

    Parameters
    ----------
    fit : function (X_train, y_train) -> model
        Called once for each fold, with the rows of that fold's training part only.
    score : function (model, X_val, y_val) -> number
        Called once for each fold, with the model of that fold and the rows it has not seen.
    X, y : arrays of the same length
        Rows are examples; X may have any number of axes. Not changed.
    k : int
        Number of folds, as in kfold_indices.
    rng : np.random.Generator
        Makes the folds: those of kfold_indices(len(X), k, rng).

    Returns
    -------
    mean : float
        The plain mean of the k scores: every fold counts the same.
    scores : list of k floats
        In the order of the folds.

    Raises
    ------
    ValueError
        If X and y differ in length, or k does not fit.

    >>> X, y = np.arange(4.0), np.array([1.0, 1.0, 3.0, 3.0])
    >>> mean, scores = cross_validate(lambda X, y: y.mean(), lambda m, X, y: 0.5, X, y, 2, np.random.default_rng(0))
    >>> mean, scores
    (0.5, [0.5, 0.5])
    """
    X, y = np.asarray(X), np.asarray(y)
    raise NotImplementedError("cross_validate is not written yet")


def select_degree(x, y, degrees, k, rng):
    """The polynomial degree with the lowest mean squared error on data that was not trained on.

    For every degree: k-fold cross-validation of poly_features and least_squares_fit. All degrees are judged on
    the same folds.

    Parameters
    ----------
    x, y : (N,) arrays
        Not changed.
    degrees : list of int
        The candidates.
    k : int
        Number of folds.
    rng : np.random.Generator
        Makes the folds once: kfold_indices(N, k, rng).

    Returns
    -------
    int
        Of the candidates the one with the lowest mean over the folds; of equal ones the first.

    Raises
    ------
    ValueError
        If there are no candidates, x and y differ in length, or k does not fit.

    >>> x = np.linspace(-2, 2, 12)
    >>> select_degree(x, x**2, [0, 1, 2], 3, np.random.default_rng(0))
    2
    """
    x, y = as_float(x), as_float(y)
    raise NotImplementedError("select_degree is not written yet")


def learning_curve(fit, score, X, y, sizes, X_val, y_val):
    """How training and validation score change with the amount of data.

    Parameters
    ----------
    fit : function (X_train, y_train) -> model
        Called once for each size, with the first n rows.
    score : function (model, X, y) -> number
        Called twice for each size: with the rows that were trained on, and with the validation rows.
    X, y : arrays of the same length
        In the order in which they are used. Not changed.
    sizes : list of int
        1 <= n <= len(X) each.
    X_val, y_val : arrays of the same length

    Returns
    -------
    list of tuples (n, train, val)
        One for each size, in the order of sizes: int, float, float.

    Raises
    ------
    ValueError
        If a size is outside 1 to len(X).

    >>> X = y = np.array([1.0, 3.0, 5.0])
    >>> learning_curve(lambda X, y: y.mean(), lambda m, X, y: abs(m - y.mean()), X, y, [1, 3], X, y)
    [(1, 0.0, 2.0), (3, 0.0, 0.0)]
    """
    X, y = np.asarray(X), np.asarray(y)
    raise NotImplementedError("learning_curve is not written yet")


def diagnose_fit(train_err, val_err, target):
    """Name what is wrong with a model, from its two errors and the error you hope for.

    'underfit'   the training error is above target, whatever the validation error is
    'overfit'    otherwise, if the validation error is above target and above twice the training error
    'good'       otherwise

    Parameters
    ----------
    train_err, val_err, target : float
        Errors, 0 or more; smaller is better. Equal to target counts as reached.

    Returns
    -------
    str
        'underfit', 'overfit' or 'good'.

    >>> diagnose_fit(0.30, 0.35, 0.10), diagnose_fit(0.01, 0.50, 0.10), diagnose_fit(0.05, 0.08, 0.10)
    ('underfit', 'overfit', 'good')
    """
    raise NotImplementedError("diagnose_fit is not written yet")


def memorises(model_fn, X, y_random, steps=2000):
    """Can the model learn labels that mean nothing? Then it has the capacity to learn by heart.

    Parameters
    ----------
    model_fn : function () -> model
        Makes a fresh model. A model has fit_step(X, y), one step of training on these examples, and
        predict(X), which returns labels (N,).
    X : array, one row for each example
    y_random : (N,) int array
        Random labels.
    steps : int
        The budget: fit_step is called at most so often.

    Returns
    -------
    bool
        True as soon as predict(X) equals y_random in every entry, asked after each step; False if that never
        happens within the budget.

    >>> class Parrot:
    ...     def fit_step(self, X, y): self.y = y
    ...     def predict(self, X): return self.y
    >>> memorises(Parrot, np.zeros((2, 1)), np.array([1, 0]), steps=3)
    True

    Source: Zhang and others, Understanding deep learning requires rethinking generalization, 2017.
    """
    raise NotImplementedError("memorises is not written yet")
