"""Wrong programs that students write in chapter 01, each with the sentence of a TA."""

import numpy as np

from ch00_toolbox.toolbox import as_float
from ch01_perceptron.perceptron import (
    net_activation,
    novikoff_bound,
    perceptron_fit,
    perceptron_predict,
    perceptron_sgd_fit,
    perceptron_step,
    rows_and_labels,
    xor_two_layer,
)
from grader import mistake

# net_activation


@mistake("CH01-no-bias", of="net_activation", caught_by="test_activation_of_each_row")
def line_through_the_origin(X, w, b):
    """The bias is missing, so every line goes through the origin; add b to each row."""
    return net_activation(X, w, 0.0)


@mistake("CH01-shapes-unseen", of="net_activation", caught_by="test_activation_refuses_other_shapes")
def any_shape_will_do(X, w, b):
    """A w of shape (D, 1) gives a result of shape (N, 1), and the next step broadcasts it; check the shapes."""
    return as_float(X) @ as_float(w) + b


@mistake("CH01-bias-inside", of="net_activation", caught_by="test_activation_of_each_row")
def bias_for_every_input(X, w, b):
    """The bias is added D times, once for each input; it belongs behind the sum."""
    X, w = as_float(X), as_float(w)
    if X.ndim != 2 or w.shape != X.shape[1:]:
        raise ValueError("shapes")
    return (X * w + b).sum(axis=1)


@mistake(
    "CH01-activation-in-place", of="net_activation", caught_by="test_activation_leaves_its_arguments_alone"
)
def weighs_in_the_callers_array(X, w, b):
    """X *= w changes the array of the caller; write X * w."""
    X, w = as_float(X), as_float(w)
    if X.ndim != 2 or w.shape != X.shape[1:]:
        raise ValueError("shapes")
    X *= w
    return X.sum(axis=1) + b


# perceptron_predict


@mistake("CH01-predict-any-shape", of="perceptron_predict", caught_by="test_predict_refuses_other_shapes")
def predicts_for_any_shape(X, w, b):
    """Written out once more, the check of the shapes is gone; call net_activation, which has it."""
    return np.where(as_float(X) @ as_float(w) + b > 0, 1, -1)


@mistake("CH01-predict-in-place", of="perceptron_predict", caught_by="test_predict_of_any_array")
def shifts_the_callers_points(X, w, b):
    """X -= ... moves the points of the caller, and the next prediction sees moved ones; work on a new array."""
    z = net_activation(X, w, b)
    X -= X
    return np.where(z > 0, 1, -1)


@mistake("M022", of="perceptron_predict", caught_by="test_points_on_the_line")
def sign_of_zero(X, w, b):
    """np.sign(0) is 0, which is no class. The stub decides the tie: a point on the line is -1."""
    return np.sign(net_activation(X, w, b)).astype(int)


@mistake("M022b", of="perceptron_predict", caught_by="test_points_on_the_line")
def line_is_positive(X, w, b):
    """With >= a point on the line is +1; the stub says z > 0, so on the line it is -1."""
    return np.where(net_activation(X, w, b) >= 0, 1, -1)


@mistake("CH01-zero-one", of="perceptron_predict", caught_by="test_side_of_the_line")
def classes_zero_and_one(X, w, b):
    """These are the classes 0 and 1; here they are -1 and +1."""
    return (net_activation(X, w, b) > 0).astype(int)


@mistake("CH01-float-classes", of="perceptron_predict", caught_by="test_side_of_the_line")
def classes_as_floats(X, w, b):
    """np.where with 1.0 and -1.0 makes floats; classes are integers."""
    return np.where(net_activation(X, w, b) > 0, 1.0, -1.0)


# perceptron_step


@mistake("M016", of="perceptron_step", caught_by="test_a_point_on_the_line_is_a_mistake")
def only_below_zero(w, b, x, y):
    """At the start every z is 0. If y*z = 0 is no mistake, nothing ever moves; use <= 0."""
    if y * (w @ x + b) == 0:
        return as_float(w).copy(), float(b), False
    return perceptron_step(w, b, x, y)


@mistake("M016b", of="perceptron_step", caught_by="test_a_point_on_the_line_is_a_mistake")
def compares_predictions(w, b, x, y):
    """The prediction at z = 0 is -1, so for y = -1 it looks right; the rule asks for y*z <= 0, not for a class."""
    if perceptron_predict(np.asarray(x)[None], w, b)[0] == y:
        return as_float(w).copy(), float(b), False
    return perceptron_step(w, b, x, y)


@mistake("M017", of="perceptron_step", caught_by="test_step_refuses_other_labels")
def takes_labels_zero_and_one(w, b, x, y):
    """With a label 0, y*x is 0 and the mistake teaches nothing; refuse every label but -1 and +1."""
    w, x, y = as_float(w), as_float(x), float(y)
    changed = bool(y * (w @ x + b) <= 0)
    return (w + y * x, b + y, True) if changed else (w.copy(), b, False)


@mistake("M019", of="perceptron_step", caught_by="test_a_right_answer_moves_nothing")
def learns_from_everything(w, b, x, y):
    """This updates on right answers too, so it never comes to rest; only a mistake changes the weights."""
    perceptron_step(w, b, x, y)
    return as_float(w) + float(y) * as_float(x), b + float(y), True


@mistake("CH01-forgets-y", of="perceptron_step", caught_by="test_a_mistake_moves_the_line")
def always_adds(w, b, x, y):
    """For a mistake with y = -1 the point has to be subtracted: add y*x, not x."""
    new, b_new, changed = perceptron_step(w, b, x, y)
    return (as_float(w) + as_float(x), b + 1.0, True) if changed else (new, b_new, False)


@mistake("CH01-bias-stays", of="perceptron_step", caught_by="test_a_mistake_moves_the_line")
def never_moves_the_bias(w, b, x, y):
    """Only w learns here; b has to move by y as well."""
    new, _, changed = perceptron_step(w, b, x, y)
    return new, float(b), changed


@mistake(
    "CH01-step-in-place",
    of="perceptron_step",
    caught_by=("test_step_leaves_its_arguments_alone", "test_step_returns_new_weights"),
)
def adds_into_the_callers_weights(w, b, x, y):
    """w += y*x writes into the array of the caller; make a new one: w + y*x."""
    w, x, y = as_float(w), as_float(x), float(y)
    if y not in (-1, 1):
        raise ValueError("label")
    changed = bool(y * (w @ x + b) <= 0)
    if changed:
        w += y * x
        b = b + y
    return w, b, changed


@mistake("CH01-same-array", of="perceptron_step", caught_by="test_step_returns_new_weights")
def hands_back_the_same_array(w, b, x, y):
    """After a right answer the very array of the caller is handed back; return a copy."""
    new, b_new, changed = perceptron_step(w, b, x, y)
    return (new if changed else w), b_new, changed


# perceptron_fit


@mistake("M016c", of="perceptron_fit", caught_by="test_fit_follows_the_rule")
def never_starts(X, y, max_epochs):
    """Nothing moves, because at w = 0 every z is 0 and this loop waits for y*z < 0; a tie is a mistake."""
    X, y = rows_and_labels(X, y)
    return {"w": np.zeros_like(X[0]), "b": 0.0, "updates": 0, "epochs": 1, "converged": True}


@mistake("M017b", of="perceptron_fit", caught_by="test_fit_refuses_other_labels")
def mends_the_labels(X, y, max_epochs):
    """Labels 0 are quietly turned into -1. Nobody learns then that the labels were of another kind; refuse them."""
    return perceptron_fit(X, np.where(np.asarray(y) > 0, 1, -1), max_epochs)


@mistake("M020", of="perceptron_fit", caught_by="test_fit_never_converges_on_xor")
def converged_because_it_ended(X, y, max_epochs):
    """The loop has ended, but was its last epoch without a mistake? Only then it has converged."""
    return {**perceptron_fit(X, y, max_epochs), "converged": True}


@mistake("M020b", of="perceptron_fit", caught_by="test_fit_stops_at_its_budget")
def converged_if_all_are_right(X, y, max_epochs):
    """All rows may be right after an epoch that still had mistakes; converged means an epoch without one."""
    found = perceptron_fit(X, y, max_epochs)
    return {**found, "converged": bool(np.all(perceptron_predict(X, found["w"], found["b"]) == y))}


@mistake("M021", of="perceptron_fit", caught_by="test_fit_follows_the_rule")
def all_mistakes_at_once(X, y, max_epochs):
    """All mistakes of an epoch are summed up before w moves; the perceptron moves after each single one."""
    X, y = rows_and_labels(X, y)
    if not np.all(np.abs(y) == 1):
        raise ValueError("labels")
    w, b = np.zeros_like(X[0]), 0.0
    updates, epochs, converged = 0, 0, False
    while epochs < max_epochs and not converged:
        wrong = y * (X @ w + b) <= 0
        w, b = w + y[wrong] @ X[wrong], b + float(y[wrong].sum())
        updates, epochs, converged = updates + int(wrong.sum()), epochs + 1, not wrong.any()
    return {"w": w, "b": b, "updates": updates, "epochs": epochs, "converged": converged}


@mistake("CH01-clean-epoch-uncounted", of="perceptron_fit", caught_by="test_fit_follows_the_rule")
def forgets_the_last_epoch(X, y, max_epochs):
    """The last epoch, the one without a mistake, was run as well and counts."""
    found = perceptron_fit(X, y, max_epochs)
    return {**found, "epochs": found["epochs"] - found["converged"]}


@mistake("CH01-stops-at-a-right-row", of="perceptron_fit", caught_by="test_fit_follows_the_rule")
def stops_at_the_first_right_row(X, y, max_epochs):
    """It stops as soon as one row is right; it has to go on until all rows of an epoch are."""
    X, y = rows_and_labels(X, y)
    w, b, updates = np.zeros_like(X[0]), 0.0, 0
    for epoch in range(1, max_epochs + 1):
        for x, label in zip(X, y, strict=True):
            w, b, changed = perceptron_step(w, b, x, label)
            updates += changed
            if not changed:
                return {"w": w, "b": b, "updates": updates, "epochs": epoch, "converged": True}
    return {"w": w, "b": b, "updates": updates, "epochs": epoch, "converged": False}


@mistake(
    "CH01-shuffles",
    of="perceptron_fit",
    caught_by=("test_fit_follows_the_rule", "test_fit_learns_every_gate"),
)
def shuffles_the_rows(X, y, max_epochs):
    """The rows are visited in another order than the given one, so other mistakes are made; keep the order."""
    order = np.random.default_rng(0).permutation(len(X))
    return perceptron_fit(np.asarray(X)[order], np.asarray(y)[order], max_epochs)


@mistake("CH01-epochs-as-updates", of="perceptron_fit", caught_by="test_fit_follows_the_rule")
def counts_epochs_with_a_mistake(X, y, max_epochs):
    """Each mistake counts, not each epoch in which there was one."""
    found = perceptron_fit(X, y, max_epochs)
    return {**found, "updates": min(found["updates"], found["epochs"] - found["converged"])}


@mistake("M016e", of="perceptron_fit", caught_by="test_fit_learns_every_gate")
def ties_only_at_the_start(X, y, max_epochs):
    """The very first tie counts as a mistake, later ones do not. A point on the line is a mistake at any time."""
    X, y = rows_and_labels(X, y)
    if not np.all(np.abs(y) == 1):
        raise ValueError("labels")
    w, b = np.zeros_like(X[0]), 0.0
    updates, epochs, converged = 0, 0, False
    while epochs < max_epochs and not converged:
        before = updates
        for x, label in zip(X, y, strict=True):
            if updates == 0 or label * (w @ x + b) < 0:
                w, b, updates = w + label * x, b + float(label), updates + 1
        epochs, converged = epochs + 1, updates == before
    return {"w": w, "b": b, "updates": updates, "epochs": epochs, "converged": converged}


@mistake(
    "CH01-own-budget",
    of="perceptron_fit",
    caught_by=(
        "test_fit_learns_every_gate",
        "test_fit_stops_at_its_budget",
        "test_fit_never_converges_on_xor",
    ),
)
def gives_up_by_itself(X, y, max_epochs):
    """It gives up after five epochs, whatever the budget; max_epochs decides."""
    return perceptron_fit(X, y, min(max_epochs, 5))


@mistake("CH01-good-enough", of="perceptron_fit", caught_by="test_fit_separates_clouds")
def content_with_most_rows(X, y, max_epochs):
    """It stops when 95 of 100 rows are right in an epoch; converged means all of them."""
    X, y = rows_and_labels(X, y)
    if not np.all(np.abs(y) == 1):
        raise ValueError("labels")
    w, b = np.zeros_like(X[0]), 0.0
    updates, epochs, converged = 0, 0, False
    while epochs < max_epochs and not converged:
        before = updates
        for x, label in zip(X, y, strict=True):
            w, b, changed = perceptron_step(w, b, x, label)
            updates += changed
        epochs, converged = epochs + 1, updates - before <= 0.05 * len(X)
    return {"w": w, "b": b, "updates": updates, "epochs": epochs, "converged": converged}


@mistake("CH01-fit-in-place", of="perceptron_fit", caught_by="test_fit_leaves_its_arguments_alone")
def flips_the_callers_rows(X, y, max_epochs):
    """X *= y turns the rows of the caller round; the trick is good, but make a new array for it."""
    found = perceptron_fit(X, y, max_epochs)
    X *= np.asarray(y)[:, None]
    return found


@mistake("CH01-fit-float64", of="perceptron_fit", caught_by="test_fit_with_any_array")
def always_double(X, y, max_epochs):
    """np.zeros(D) is float64, and so is every sum with it; for float32 rows w should be float32."""
    return perceptron_fit(as_float(X).astype(np.float64), y, max_epochs)


# perceptron_sgd_fit


@mistake("M016d", of="perceptron_sgd_fit", caught_by="test_descent_is_the_rule")
def flat_at_the_kink(X, y, max_epochs, lr=1.0):
    """At the kink this takes the flat side, and at w = 0 every row is at the kink; take the sloped side."""
    X, y = rows_and_labels(X, y)
    if not np.all(np.abs(y) == 1):
        raise ValueError("labels")
    return {"w": np.zeros_like(X[0]), "b": 0.0, "updates": 0, "epochs": 1, "converged": True}


@mistake("CH01-uphill", of="perceptron_sgd_fit", caught_by="test_descent_is_the_rule")
def walks_uphill(X, y, max_epochs, lr=1.0):
    """The gradient points uphill; subtract lr times it. Here each mistake makes the next one worse."""
    found = perceptron_sgd_fit(X, -np.asarray(y), max_epochs, lr)
    return found


@mistake("CH01-rate-unused", of="perceptron_sgd_fit", caught_by="test_learning_rate_scales_the_weights")
def ignores_the_rate(X, y, max_epochs, lr=1.0):
    """lr is not used; each step is lr times the gradient."""
    return perceptron_sgd_fit(X, y, max_epochs)


@mistake("CH01-rate-not-for-bias", of="perceptron_sgd_fit", caught_by="test_learning_rate_scales_the_weights")
def full_step_for_the_bias(X, y, max_epochs, lr=1.0):
    """w moves by lr times its gradient, b by a full step; both have the same learning rate."""
    X, y = rows_and_labels(X, y)
    if not np.all(np.abs(y) == 1):
        raise ValueError("labels")
    w, b = np.zeros_like(X[0]), 0.0
    updates, epochs, converged = 0, 0, False
    while epochs < max_epochs and not converged:
        before = updates
        for x, label in zip(X, y, strict=True):
            if label * (w @ x + b) <= 0:
                w, b, updates = w + lr * label * x, b + float(label), updates + 1
        epochs, converged = epochs + 1, updates == before
    return {"w": w, "b": b, "updates": updates, "epochs": epochs, "converged": converged}


@mistake("M021b", of="perceptron_sgd_fit", caught_by="test_descent_is_the_rule")
def full_batch(X, y, max_epochs, lr=1.0):
    """This averages the gradients of all rows and moves once per epoch; batch size 1 moves after each row."""
    X, y = rows_and_labels(X, y)
    if not np.all(np.abs(y) == 1):
        raise ValueError("labels")
    w, b = np.zeros_like(X[0]), 0.0
    updates, epochs, converged = 0, 0, False
    while epochs < max_epochs and not converged:
        wrong = y * (X @ w + b) <= 0
        w, b = w + lr * (y[wrong] @ X[wrong]) / len(X), b + lr * float(y[wrong].sum()) / len(X)
        updates, epochs, converged = updates + int(wrong.any()), epochs + 1, not wrong.any()
    return {"w": w, "b": b, "updates": updates, "epochs": epochs, "converged": converged}


@mistake("M020c", of="perceptron_sgd_fit", caught_by="test_descent_stops_at_its_budget")
def descent_converged_because_it_ended(X, y, max_epochs, lr=1.0):
    """The budget was used up, and that is reported as converged; an epoch without an update is needed."""
    return {**perceptron_sgd_fit(X, y, max_epochs, lr), "converged": True}


@mistake("CH01-margin-one", of="perceptron_sgd_fit", caught_by="test_descent_is_the_rule")
def hinge_with_a_margin(X, y, max_epochs, lr=1.0):
    """This is max(0, 1 - y*z), the loss of the support vector machine; the perceptron has no margin of 1."""
    X, y = rows_and_labels(X, y)
    if not np.all(np.abs(y) == 1):
        raise ValueError("labels")
    w, b = np.zeros_like(X[0]), 0.0
    updates, epochs, converged = 0, 0, False
    while epochs < max_epochs and not converged:
        before = updates
        for x, label in zip(X, y, strict=True):
            if label * (w @ x + b) <= 1:
                w, b, updates = w + lr * label * x, b + lr * float(label), updates + 1
        epochs, converged = epochs + 1, updates == before
    return {"w": w, "b": b, "updates": updates, "epochs": epochs, "converged": converged}


@mistake("CH01-descent-own-budget", of="perceptron_sgd_fit", caught_by="test_descent_stops_at_its_budget")
def descent_gives_up_by_itself(X, y, max_epochs, lr=1.0):
    """It gives up after five epochs, whatever the budget; max_epochs decides."""
    return perceptron_sgd_fit(X, y, min(max_epochs, 5), lr)


@mistake("M017c", of="perceptron_sgd_fit", caught_by="test_descent_refuses_other_labels")
def descent_mends_the_labels(X, y, max_epochs, lr=1.0):
    """Labels 0 are quietly turned into -1; refuse every label but -1 and +1."""
    return perceptron_sgd_fit(X, np.where(np.asarray(y) > 0, 1, -1), max_epochs, lr)


@mistake(
    "CH01-descent-in-place", of="perceptron_sgd_fit", caught_by="test_descent_leaves_its_arguments_alone"
)
def descent_flips_the_callers_rows(X, y, max_epochs, lr=1.0):
    """X *= y turns the rows of the caller round; the trick is good, but make a new array for it."""
    found = perceptron_sgd_fit(X, y, max_epochs, lr)
    X *= np.asarray(y)[:, None]
    return found


@mistake("CH01-descent-float64", of="perceptron_sgd_fit", caught_by="test_descent_with_any_array")
def descent_always_double(X, y, max_epochs, lr=1.0):
    """np.zeros(D) is float64, and so is every sum with it; for float32 rows w should be float32."""
    return perceptron_sgd_fit(as_float(X).astype(np.float64), y, max_epochs, lr)


# novikoff_bound


@mistake("M024", of="novikoff_bound", caught_by=("test_bound_by_loops", "test_bound_belongs_to_the_line"))
def margin_of_long_weights(X, y, w_star, b_star):
    """The margin grows with the length of the weights; divide it by the length of [w_star, b_star]."""
    return novikoff_bound(X, y, w_star, b_star) / float(np.sum(as_float(w_star) ** 2) + b_star**2)


@mistake("M024b", of="novikoff_bound", caught_by="test_bound_by_loops")
def length_without_the_bias(X, y, w_star, b_star):
    """The bias is a weight as well: the length is that of [w_star, b_star], not of w_star alone."""
    length = np.sum(as_float(w_star) ** 2)
    return novikoff_bound(X, y, w_star, b_star) * float(length / (length + b_star**2))


@mistake("CH01-radius-without-one", of="novikoff_bound", caught_by="test_bound_by_loops")
def radius_of_the_points_alone(X, y, w_star, b_star):
    """R is the length of [x, 1], the input of the bias included; the 1 is missing."""
    largest = np.max(np.sum(as_float(X) ** 2, axis=1))
    return novikoff_bound(X, y, w_star, b_star) * float(largest / (largest + 1))


@mistake("CH01-not-squared", of="novikoff_bound", caught_by="test_bound_by_loops")
def root_of_the_bound(X, y, w_star, b_star):
    """This is R / gamma; the theorem has its square."""
    return novikoff_bound(X, y, w_star, b_star) ** 0.5


@mistake("CH01-wrong-line", of="novikoff_bound", caught_by="test_bound_refuses_a_line_that_does_not_separate")
def any_line_has_a_bound(X, y, w_star, b_star):
    """The square hides a negative margin. A line that does not separate the rows bounds nothing; refuse it."""
    z = net_activation(X, as_float(w_star), b_star)
    return novikoff_bound(X, np.where(z > 0, 1, -1), w_star, b_star)


@mistake("CH01-short-weights", of="novikoff_bound", caught_by="test_bound_belongs_to_the_line")
def refuses_short_weights(X, y, w_star, b_star):
    """A small product y * z only says that w_star is short; the line separates as long as it is positive."""
    if np.min(np.asarray(y) * net_activation(X, w_star, b_star)) < 0.01:
        raise ValueError("too close to the line")
    return novikoff_bound(X, y, w_star, b_star)


@mistake("CH01-bound-array", of="novikoff_bound", caught_by="test_bound_is_a_float")
def bound_as_an_array(X, y, w_star, b_star):
    """A 0-d array comes back; float(...) makes a number of it."""
    return np.asarray(novikoff_bound(X, y, w_star, b_star))


@mistake("CH01-bytes-wrap", of="novikoff_bound", caught_by="test_bound_of_any_array")
def squares_small_integers(X, y, w_star, b_star):
    """The squares are taken before the conversion to float, and 200 * 200 does not fit into 8 bits."""
    bound = novikoff_bound(X, y, w_star, b_star)
    right = np.max(np.sum(as_float(X) ** 2, axis=1)) + 1
    wrong = np.max(np.sum(np.asarray(X) ** 2, axis=1)) + 1
    return bound * float(wrong) / float(right)


# xor_two_layer


@mistake("M025", of="xor_two_layer", caught_by="test_network_computes_xor")
def both_units_agree():
    """Without a negative weight the second unit cannot veto (1, 1), and the network computes OR."""
    W1, b1, w2, b2 = xor_two_layer()
    return W1, b1, np.abs(w2), b2


@mistake("CH01-on-the-line", of="xor_two_layer", caught_by="test_network_computes_xor")
def corners_on_the_line():
    """Thresholds of 0 and -1 put (1, 0) on the line of a unit, and a unit answers 0 there; move the line."""
    return np.ones((2, 2)), np.array([-1.0, -2.0]), np.array([1.0, -1.0]), 0.0


XOR_ARRAYS = (np.ones((2, 2)), np.array([-0.5, -1.5]), np.array([1.0, -1.0]), -0.5)


@mistake("CH01-shared-arrays", of="xor_two_layer", caught_by="test_network_is_new_each_time")
def arrays_made_once():
    """The arrays are made once, outside; whoever changes one changes the answer of the next call."""
    return XOR_ARRAYS
