"""Wrong programs that students write in chapter 00, each with the sentence of a TA."""

import numpy as np

from ch00_toolbox.toolbox import numerical_gradient, relative_error
from grader import mistake

# numerical_gradient


@mistake("M001", of="numerical_gradient", caught_by="test_integers_are_not_rounded")
def steps_in_integers(f, x, h=1e-5):
    """x is an integer array, so x + h is cut back to an integer; convert x to float64 first."""
    work, grad = x.copy(), np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        work[i] = x[i] + h
        up = f(work.copy())
        work[i] = x[i] - h
        down = f(work.copy())
        work[i] = x[i]
        grad[i] = (up - down) / (2 * h)
    return grad


@mistake("M001b", of="numerical_gradient", caught_by="test_integers_are_not_rounded")
def result_like_integers(f, x, h=1e-5):
    """The steps are right, but zeros_like(x) of integers makes an integer array, and each slope is cut."""
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        grad[i] = (f(x + step) - f(x - step)) / (2 * h)
    return grad


@mistake("M002", of="numerical_gradient", caught_by="test_refuses_an_f_that_returns_an_array")
def sums_whatever_f_returns(f, x, h=1e-5):
    """f has to return one number. Summing what it returns hides that it does not; raise a ValueError."""
    return numerical_gradient(lambda v: np.sum(f(v)), x, h)


@mistake("M004", of="numerical_gradient", caught_by=("test_sines_to_eight_digits", "test_uses_the_step_h"))
def one_sided(f, x, h=1e-5):
    """This takes the slope between x and x + h. Between x - h and x + h the error is h**2 instead of h."""
    x = np.array(x, dtype=np.float64)
    grad, here = np.zeros(x.shape), f(x.copy())
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        grad[i] = (f(x + step) - here) / h
    return grad


@mistake("M005", of="numerical_gradient", caught_by="test_sines_to_eight_digits")
def divides_by_h(f, x, h=1e-5):
    """The two points lie 2*h apart, so divide by 2*h."""
    return 2 * numerical_gradient(f, x, h)


@mistake("M006", of="numerical_gradient", caught_by="test_sines_to_eight_digits")
def step_far_too_small(f, x, h=1e-12):
    """With h = 1e-12 the difference of the two values is mostly rounding; keep h = 1e-5."""
    return numerical_gradient(f, x, h)


@mistake("M006b", of="numerical_gradient", caught_by="test_float32_is_measured_in_float64")
def steps_in_float32(f, x, h=1e-5):
    """float32 has 7 digits and h is in the sixth, so the steps themselves are rounded; convert x to float64."""
    x = np.asarray(x)
    x = x if x.dtype == np.float32 else x.astype(np.float64)
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        ahead, behind = x.copy(), x.copy()
        ahead[i] += h
        behind[i] -= h
        grad[i] = (f(ahead) - f(behind)) / (2 * h)
    return grad


@mistake("M007", of="numerical_gradient", caught_by="test_sines_to_eight_digits")
def moves_all_entries(f, x, h=1e-5):
    """All entries move together, so each slope is the sum of the gradient; change one entry at a time."""
    x = np.array(x, dtype=np.float64)
    return np.full(x.shape, (f(x + h) - f(x - h)) / (2 * h))


@mistake(
    "CH00-in-place",
    of="numerical_gradient",
    caught_by=("test_leaves_x_alone", "test_x_stays_whatever_f_does"),
)
def works_on_the_callers_x(f, x, h=1e-5):
    """x + h - 2*h + h is not x to the last bit, and x belongs to the caller; work on a copy."""
    x = x if isinstance(x, np.ndarray) and x.dtype == np.float64 else np.array(x, dtype=np.float64)
    grad = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += h
        up = float(f(x))
        x[i] -= 2 * h
        down = float(f(x))
        x[i] += h
        grad[i] = (up - down) / (2 * h)
    return grad


@mistake("CH00-put-back-late", of="numerical_gradient", caught_by="test_x_stays_whatever_f_does")
def puts_x_back_afterwards(f, x, h=1e-5):
    """The old value is put back, but f saw a changed x meanwhile, and if f raises x stays changed; copy x."""
    work = np.asarray(x)
    if work.dtype != np.float64 or not work.flags.writeable:
        work = work.astype(np.float64)
    grad = np.zeros(work.shape)
    for i in np.ndindex(work.shape):
        old = work[i]
        work[i] = old + h
        up = float(f(work))
        work[i] = old - h
        down = float(f(work))
        work[i] = old
        grad[i] = (up - down) / (2 * h)
    return grad


@mistake(
    "CH00-not-put-back",
    of="numerical_gradient",
    caught_by=("test_entries_that_act_on_each_other", "test_moves_one_entry_at_a_time"),
)
def leaves_entries_moved(f, x, h=1e-5):
    """After its turn an entry stays at x - h, so the next slopes are taken somewhere else; put it back."""
    x = np.array(x, dtype=np.float64)
    grad = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += h
        up = float(f(x.copy()))
        x[i] -= 2 * h
        grad[i] = (up - float(f(x.copy()))) / (2 * h)
    return grad


@mistake("CH00-own-step", of="numerical_gradient", caught_by="test_uses_the_step_h")
def ignores_h(f, x, h=1e-5):
    """The step is always 1e-5, whatever the caller asks for; use the argument h."""
    return numerical_gradient(f, x)


@mistake(
    "CH00-one-loop",
    of="numerical_gradient",
    caught_by=("test_entries_that_act_on_each_other", "test_any_number_of_axes"),
)
def loops_over_rows(f, x, h=1e-5):
    """x[i] of a matrix is a whole row, so its entries move together; run over all positions, not over rows."""
    x = np.array(x, dtype=np.float64)
    grad = np.zeros(x.shape)
    for i in range(len(x)):
        step = np.zeros(x.shape)
        step[i] = h
        grad[i] = (f(x + step) - f(x - step)) / (2 * h)
    return grad


@mistake("CH00-flat", of="numerical_gradient", caught_by="test_moves_one_entry_at_a_time")
def hands_f_a_flat_x(f, x, h=1e-5):
    """f is given a flat array; many functions need the shape of x, so hand it over in that shape."""
    return numerical_gradient(f, np.ravel(x), h).reshape(np.shape(x))


# numerical_gradient_array


@mistake("CH00-no-weights", of="numerical_gradient_array", caught_by="test_array_output_of_another_shape")
def forgets_dout(f, x, dout, h=1e-5):
    """Every output counts the same here; multiply by dout before the sum."""
    return numerical_gradient(lambda v: np.sum(f(v)), x, h)


@mistake("CH00-mean", of="numerical_gradient_array", caught_by="test_array_output_of_another_shape")
def averages_the_outputs(f, x, dout, h=1e-5):
    """The outputs are averaged; the definition adds them up, whatever their number."""
    return numerical_gradient(lambda v: np.mean(f(v) * dout), x, h)


@mistake("CH00-weights-apart", of="numerical_gradient_array", caught_by="test_array_output_of_another_shape")
def multiplies_the_sums(f, x, dout, h=1e-5):
    """The sum of products is not the product of sums; weigh each output before adding."""
    return numerical_gradient(lambda v: np.sum(f(v)) * np.sum(dout), x, h)


@mistake("CH00-broadcast-dout", of="numerical_gradient_array", caught_by="test_refuses_another_shape_of_dout")
def lets_dout_broadcast(f, x, dout, h=1e-5):
    """dout of another shape is stretched by numpy, and the sum is of a table; compare the shapes first."""
    return numerical_gradient(lambda v: np.sum(f(v) * dout), x, h)


@mistake("CH00-view", of="numerical_gradient_array", caught_by="test_f_may_return_its_own_argument")
def keeps_a_view(f, x, dout, h=1e-5):
    """f may hand back the very array it was given, and then the second step changes the first output too."""
    x = np.array(x, dtype=np.float64)
    grad = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + h
        up = np.asarray(f(x))
        x[i] = old - h
        down = np.asarray(f(x))
        x[i] = old
        if up.shape != np.shape(dout):
            raise ValueError("shapes differ")
        grad[i] = np.sum((up - down) * dout) / (2 * h)
    return grad


@mistake("CH00-own-step-array", of="numerical_gradient_array", caught_by="test_array_version_uses_h")
def array_version_ignores_h(f, x, dout, h=1e-5):
    """The step is always 1e-5, whatever the caller asks for; pass h on."""
    if np.shape(f(np.array(x, dtype=np.float64))) != np.shape(dout):
        raise ValueError("shapes differ")
    return numerical_gradient(lambda v: np.sum(f(v) * dout), x)


# relative_error


@mistake("M009", of="relative_error", caught_by="test_zeros_and_equals")
def divides_zero_by_zero(a, b):
    """Two zero gradients give 0/0, which is nan; add a tiny floor to the denominator. Two zeros agree."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    return float(np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b)))


@mistake("M010", of="relative_error", caught_by="test_tiny_sizes")
def floor_too_high(a, b):
    """A floor of 1e-8 hides gradients of that size: every tiny gradient seems right. 1e-12 is enough."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    return float(np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b) + 1e-8))


@mistake("CH00-largest-entry", of="relative_error", caught_by="test_relative_error_by_loops")
def largest_entry(a, b):
    """This is the largest error of a single entry, as in CS231n; here the two norms are compared."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    return float(np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b))))


@mistake("CH00-one-norm-below", of="relative_error", caught_by="test_relative_error_by_loops")
def divides_by_the_first_norm(a, b):
    """Only the first norm is in the denominator, so a and b cannot change places; add both norms."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    return float(np.linalg.norm(a - b) / (np.linalg.norm(a) + 1e-12))


@mistake("CH00-absolute", of="relative_error", caught_by="test_relative_error_by_loops")
def absolute_distance(a, b):
    """This distance has the size of the gradients in it; divide by the two norms."""
    return float(np.linalg.norm(np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)))


@mistake("CH00-matrix-norm", of="relative_error", caught_by="test_relative_error_by_loops")
def norm_of_an_operator(a, b):
    """norm(a, 2) of a matrix is its largest stretch, not the root of the sum of squares; leave the 2 away."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    if a.ndim != 2:
        return relative_error(a, b)
    return float(np.linalg.norm(a - b, 2) / (np.linalg.norm(a, 2) + np.linalg.norm(b, 2) + 1e-12))


@mistake("CH00-no-root", of="relative_error", caught_by="test_relative_error_by_loops")
def forgets_the_root(a, b):
    """The sums of squares are compared without their roots, so errors look smaller than they are."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError("shapes differ")
    return float(np.sum((a - b) ** 2) / (np.sum(a**2) + np.sum(b**2) + 1e-12))


@mistake("CH00-broadcast-error", of="relative_error", caught_by="test_relative_error_refuses_other_shapes")
def lets_shapes_broadcast(a, b):
    """(3,) and (3, 1) become a table of 9 differences; compare the shapes before you subtract."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    return float(np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b) + 1e-12))


# gradient_check


@mistake("M010b", of="gradient_check", caught_by=("test_judges_by_relative_size", "test_uses_the_tolerance"))
def compares_with_allclose(f, x, analytic, h=1e-5, tol=1e-6):
    """np.allclose forgives 1e-8 in each entry, so tiny gradients are always right; compare relative sizes."""
    if np.shape(analytic) != np.shape(x):
        return False
    return bool(np.allclose(analytic, numerical_gradient(f, x, h)))


@mistake("CH00-nan-passes", of="gradient_check", caught_by="test_nan_is_false")
def nan_is_no_complaint(f, x, analytic, h=1e-5, tol=1e-6):
    """A nan is neither above tol nor below it. Ask whether the error is at most tol, not whether it is above."""
    if np.shape(analytic) != np.shape(x):
        return False
    return not relative_error(analytic, numerical_gradient(f, x, h)) > tol


@mistake("CH00-own-tolerance", of="gradient_check", caught_by="test_uses_the_tolerance")
def ignores_tol(f, x, analytic, h=1e-5, tol=1e-6):
    """The bound is always 1e-6, whatever the caller asks for; use the argument tol."""
    if np.shape(analytic) != np.shape(x):
        return False
    return relative_error(analytic, numerical_gradient(f, x, h)) <= 1e-6


@mistake("CH00-own-step-check", of="gradient_check", caught_by="test_check_uses_the_step_h")
def check_ignores_h(f, x, analytic, h=1e-5, tol=1e-6):
    """h is not passed on to numerical_gradient."""
    if np.shape(analytic) != np.shape(x):
        return False
    return relative_error(analytic, numerical_gradient(f, x)) <= tol


@mistake("CH00-shape-raises", of="gradient_check", caught_by="test_another_shape_is_false")
def raises_on_shapes(f, x, analytic, h=1e-5, tol=1e-6):
    """A gradient of the wrong shape is a wrong gradient: answer False instead of raising."""
    return relative_error(analytic, numerical_gradient(f, x, h)) <= tol


@mistake("CH00-absolute-check", of="gradient_check", caught_by="test_judges_by_relative_size")
def compares_absolute_sizes(f, x, analytic, h=1e-5, tol=1e-6):
    """tol is a relative error; here it is compared with a distance, which is small whenever the gradient is."""
    if np.shape(analytic) != np.shape(x):
        return False
    return bool(np.linalg.norm(analytic - numerical_gradient(f, x, h)) <= tol)


# one_hot


@mistake("M011", of="one_hot", caught_by="test_negative_labels_are_refused")
def lets_minus_one_be_the_last(y, num_classes):
    """A negative index silently means the last class; check the range of the labels."""
    if y.ndim != 1 or np.any(y >= num_classes):
        raise ValueError("labels")
    return np.eye(num_classes)[y]


@mistake("M011b", of="one_hot", caught_by="test_labels_above_the_last_class_are_refused")
def leaves_the_check_to_numpy(y, num_classes):
    """Labels that are too large end in an IndexError deep in numpy; say it with a ValueError."""
    if y.ndim != 1 or np.any(y < 0):
        raise ValueError("labels")
    return np.eye(num_classes)[y]


@mistake("M012", of="one_hot", caught_by="test_labels_have_one_axis")
def takes_a_column_of_labels(y, num_classes):
    """Labels of shape (N, 1) give an (N, 1, C) array; refuse them, or the extra axis shows up much later."""
    if np.any((y < 0) | (y >= num_classes)):
        raise ValueError("labels")
    return np.eye(num_classes)[y]


@mistake("CH00-columns-from-labels", of="one_hot", caught_by="test_columns_for_absent_classes")
def counts_the_classes_itself(y, num_classes):
    """The number of columns comes from the labels, so a class that is absent loses its column; use num_classes."""
    if y.ndim != 1 or np.any((y < 0) | (y >= num_classes)):
        raise ValueError("labels")
    return np.eye(y.max() + 1)[y]


@mistake("CH00-upright", of="one_hot", caught_by="test_rows_with_a_single_one")
def one_column_per_label(y, num_classes):
    """The table lies on its side: one row for each label, one column for each class."""
    return np.eye(num_classes)[:, y]


@mistake("CH00-classes-from-one", of="one_hot", caught_by="test_rows_with_a_single_one")
def counts_from_one(y, num_classes):
    """Classes count from 0, as positions do; here class 1 gets the first column."""
    return np.eye(num_classes)[y - 1]


# accuracy


@mistake(
    "M014", of="accuracy", caught_by=("test_scores_above_zero_are_class_one", "test_many_rows_need_no_table")
)
def compares_a_row_with_a_column(scores, y):
    """Shapes (N,) and (N, 1) broadcast to an (N, N) table of comparisons; compare arrays of one shape."""
    if scores.shape[1] == 1:
        return float(np.mean((scores[:, 0] > 0) == y))
    return float(np.mean(scores.argmax(axis=1) == y))


@mistake("M014b", of="accuracy", caught_by="test_other_pairs_of_shapes_are_refused")
def takes_any_pair_of_shapes(scores, y):
    """Scores (N, 1) with labels (N,) are a mistake of the caller; raise a ValueError, do not broadcast."""
    if scores.shape[1] == 1:
        return float(np.mean((scores > 0) == y))
    return float(np.mean(scores.argmax(axis=1) == y))


@mistake("M015", of="accuracy", caught_by="test_scores_above_zero_are_class_one")
def threshold_of_a_probability(scores, y):
    """A score above 0 means class 1; 0.5 is the threshold of a probability."""
    if scores.shape[1] == 1:
        return float(np.mean((scores > 0.5) == y))
    return float(np.mean(scores.argmax(axis=1) == y))


@mistake("CH00-zero-is-one", of="accuracy", caught_by="test_a_score_of_zero_is_class_zero")
def zero_counts_as_one(scores, y):
    """A score of exactly 0 is class 0: the rule is score > 0, not score >= 0."""
    if scores.ndim != 2 or y.shape != (scores.shape if scores.shape[1] == 1 else scores.shape[:1]):
        raise ValueError("shapes")
    if scores.shape[1] == 1:
        return float(np.mean((scores >= 0) == y))
    return float(np.mean(scores.argmax(axis=1) == y))


@mistake("CH00-last-maximum", of="accuracy", caught_by="test_first_of_equal_scores")
def last_of_equal_scores(scores, y):
    """Of equal highest scores the last one wins here; the first one counts."""
    if scores.ndim != 2 or y.shape != (scores.shape if scores.shape[1] == 1 else scores.shape[:1]):
        raise ValueError("shapes")
    if scores.shape[1] == 1:
        return float(np.mean((scores > 0) == y))
    return float(np.mean(np.argsort(scores, axis=1, kind="stable")[:, -1] == y))


@mistake("CH00-argmax-of-one", of="accuracy", caught_by="test_scores_above_zero_are_class_one")
def argmax_of_a_single_column(scores, y):
    """The argmax of one column is always 0; a single score is compared with 0."""
    return float(np.mean(scores.argmax(axis=1) == y.ravel()))


@mistake("CH00-wrong-axis", of="accuracy", caught_by="test_highest_score_wins")
def highest_of_each_column(scores, y):
    """argmax over axis 0 finds a row for each class; the class of each row is over axis 1."""
    if scores.shape[1] == 1:
        return float(np.mean((scores > 0) == y))
    return float(np.mean(np.resize(scores.argmax(axis=0), y.shape) == y))


@mistake("CH00-count", of="accuracy", caught_by="test_highest_score_wins")
def number_of_hits(scores, y):
    """This is the number of right answers; accuracy is their share, so divide by N."""
    if scores.shape[1] == 1:
        return float(np.sum((scores > 0) == y))
    return float(np.sum(scores.argmax(axis=1) == y))
