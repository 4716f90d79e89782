"""Wrong programs that students write in chapter 02, each with the sentence of a TA."""

import numpy as np

from ch00_toolbox.toolbox import as_float
from ch02_descent.descent import (
    contour_tangent,
    float_vectors,
    gd,
    is_convex_on,
    linreg_loss_grad,
    loss_cost_total,
    minibatches,
    mse_1d,
    mse_1d_grad,
    sgd_epochs,
)
from grader import mistake

# mse_1d, mse_1d_grad


@mistake("CH02-sum", of="mse_1d", caught_by="test_mse_by_loops")
def sum_of_squares(w, x, y):
    """This is the sum over the data; the loss is their mean."""
    return mse_1d(w, x, y) * len(x)


@mistake("CH02-half", of="mse_1d", caught_by="test_mse_by_loops")
def half_the_square(w, x, y):
    """Some books put a factor 1/2 before the square. This loss has none."""
    return mse_1d(w, x, y) / 2


@mistake("CH02-absolute", of="mse_1d", caught_by="test_mse_by_loops")
def absolute_errors(w, x, y):
    """These are absolute errors; square them."""
    x, y = float_vectors(x, y)
    return float(np.mean(np.abs(w * x - y)))


@mistake("CH02-not-a-float", of="mse_1d", caught_by="test_mse_is_a_float")
def numpy_array_of_one(w, x, y):
    """A 0-d array is not yet a number for the rest of the program; float(...) makes one."""
    x, y = float_vectors(x, y)
    return np.asarray(np.mean((w * x - y) ** 2))


@mistake("CH02-mse-in-place", of="mse_1d", caught_by="test_mse_of_its_arguments")
def multiplies_the_callers_x(w, x, y):
    """x *= w writes into the array of the caller; w * x is a new one."""
    loss = mse_1d(w, x, y)
    x *= w
    return loss


@mistake("CH02-bytes-wrap", of="mse_1d", caught_by="test_mse_of_any_array")
def squares_small_integers(w, x, y):
    """The differences are taken in the integers of the data, which wrap around; convert to float first."""
    mse_1d(w, x, y)
    return float(np.mean((w * np.asarray(x) - np.asarray(y)) ** 2))


@mistake("M027", of="mse_1d_grad", caught_by=("test_slope_by_loops", "test_slope_by_differences"))
def two_is_missing(w, x, y):
    """The derivative of a square brings down a 2, and this loss has no 1/2 to cancel it."""
    return mse_1d_grad(w, x, y) / 2


@mistake("M029", of="mse_1d_grad", caught_by="test_slope_by_loops")
def averaged_twice(w, x, y):
    """The mean is taken already; it is divided by N a second time."""
    return mse_1d_grad(w, x, y) / len(x)


@mistake("M029b", of="mse_1d_grad", caught_by="test_slope_by_loops")
def never_averaged(w, x, y):
    """The derivative of a mean is a mean; this is the sum over the data."""
    return mse_1d_grad(w, x, y) * len(x)


@mistake("M030", of="mse_1d_grad", caught_by="test_slope_by_loops")
def moves_while_it_sums(w, x, y):
    """w moves while the gradients are being added up; all of them belong to the same w, and who moves it is gd."""
    x, y = float_vectors(x, y)
    total = 0.0
    for a, t in zip(x, y, strict=True):
        slope = 2 * a * (w * a - t)
        w, total = w - 0.01 * slope, total + slope
    return float(total / len(x))


@mistake("CH02-inner-derivative", of="mse_1d_grad", caught_by="test_slope_by_loops")
def forgets_the_input(w, x, y):
    """The inner derivative of w*x - y by w is x; it is missing."""
    x, y = float_vectors(x, y)
    return float(np.mean(2 * (w * x - y)))


@mistake("CH02-by-differences", of="mse_1d_grad", caught_by="test_slope_at_the_bottom")
def measures_the_slope(w, x, y):
    """This measures the slope by two losses, which costs digits; the formula is exact and takes one pass."""
    return (mse_1d(w + 1e-5, x, y) - mse_1d(w - 1e-5, x, y)) / 2e-5


@mistake("M039b", of="mse_1d_grad", caught_by="test_slope_and_its_arguments")
def slope_of_any_shapes(w, x, y):
    """x (N,) and y (N, 1) make a table of all pairs; the given line refuses them, so keep it."""
    x, y = as_float(x), as_float(y)
    return float(np.mean(2 * x * (w * x - y)))


@mistake("CH02-slope-of-integers", of="mse_1d_grad", caught_by="test_slope_of_any_array")
def rounds_for_integers(w, x, y):
    """For integer data w*x is cut to an integer here; convert the data, not the product."""
    slope = mse_1d_grad(w, x, y)
    kind = np.asarray(x).dtype
    return slope if kind.kind == "f" else float(np.mean(2 * x * ((w * x).astype(kind) - y)))


# gd


@mistake("M026", of="gd", caught_by=("test_walk_of_a_number", "test_walk_in_the_plane"))
def uphill(grad_fn, w0, lr, steps):
    """The gradient points uphill; subtract it."""
    return gd(grad_fn, w0, -lr, steps)


@mistake("M031", of="gd", caught_by="test_walk_in_the_plane")
def one_array_many_times(grad_fn, w0, lr, steps):
    """The list holds the same array each time, so every row shows the last place; append a copy."""
    w = np.array(w0, dtype=np.float64)
    history = [w]
    for _ in range(steps):
        w -= lr * grad_fn(w)
        history.append(w)
    return np.array(history)


@mistake("M032", of="gd", caught_by=("test_walk_leaves_w0_alone", "test_rows_of_the_history_are_their_own"))
def walks_in_the_callers_array(grad_fn, w0, lr, steps):
    """w -= ... writes into w0, which belongs to the caller; begin with a copy."""
    w = as_float(w0)
    history = [w.copy()]
    for _ in range(steps):
        grad = np.asarray(grad_fn(w))
        if grad.shape != w.shape:
            raise ValueError("shape of the gradient")
        if w.ndim:
            w -= lr * grad
        else:
            w = w - lr * grad
        history.append(w.copy())
    return np.array(history)


@mistake("CH02-start-missing", of="gd", caught_by="test_walk_of_a_number")
def without_the_start(grad_fn, w0, lr, steps):
    """The history begins with w0, so it has steps + 1 entries."""
    return gd(grad_fn, w0, lr, steps)[1:]


@mistake("CH02-first-gradient", of="gd", caught_by=("test_walk_of_a_number", "test_asks_once_for_each_step"))
def keeps_the_first_gradient(grad_fn, w0, lr, steps):
    """The gradient is taken once, at w0; it has to be taken again after each step."""
    grad = np.array(grad_fn(as_float(w0)))
    return gd(lambda w: grad, w0, lr, steps)


@mistake("CH02-gradient-broadcasts", of="gd", caught_by="test_refuses_a_gradient_of_another_shape")
def any_gradient_will_do(grad_fn, w0, lr, steps):
    """(3,) minus (3, 1) is a table, and one number fits everywhere; compare the shapes."""
    w = as_float(w0)
    history = [w.copy()]
    for _ in range(steps):
        w = w - lr * grad_fn(w)
        history.append(w)
    return np.array([np.resize(v, history[0].shape) for v in history])


@mistake("CH02-integer-history", of="gd", caught_by="test_walk_from_any_array")
def history_of_integers(grad_fn, w0, lr, steps):
    """An integer w0 makes an integer history, and each place is cut to a whole number; convert w0 first."""
    return gd(grad_fn, w0, lr, steps).astype(np.asarray(w0).dtype)


@mistake("CH02-clips", of="gd", caught_by="test_too_long_steps_diverge")
def stops_when_it_grows(grad_fn, w0, lr, steps):
    """A walk that runs away is cut off here and looks as if it had settled; show what happens."""
    return np.clip(gd(grad_fn, w0, lr, steps), -50, 50)


@mistake("CH02-asks-twice", of="gd", caught_by="test_asks_once_for_each_step")
def asks_for_the_gradient_twice(grad_fn, w0, lr, steps):
    """grad_fn is called twice for each step. It may be slow, and it may draw a new batch in each call."""

    def twice(w):
        grad_fn(w)
        return grad_fn(w)

    return gd(twice, w0, lr, steps)


# sgd_epochs


@mistake("CH02-batch-in-disguise", of="sgd_epochs", caught_by="test_one_datum_after_the_other")
def same_w_for_the_whole_epoch(x, y, w0, lr, epochs):
    """All gradients of an epoch are taken at the w of its start; each step has to use the w of the step before."""
    x, y = float_vectors(x, y)
    history = [float(w0)]
    for _ in range(epochs):
        start = history[-1]
        for a, t in zip(x, y, strict=True):
            history.append(history[-1] - lr * 2 * float(a) * (start * float(a) - float(t)))
    return np.array(history)


@mistake("CH02-one-entry-per-epoch", of="sgd_epochs", caught_by="test_one_datum_after_the_other")
def only_the_epochs(x, y, w0, lr, epochs):
    """Only the w after each epoch is kept; the history holds the w after every single step."""
    return sgd_epochs(x, y, w0, lr, epochs)[:: len(x)]


@mistake("CH02-divides-by-n", of="sgd_epochs", caught_by="test_one_datum_after_the_other")
def mean_of_one_by_n(x, y, w0, lr, epochs):
    """A step uses the loss of one datum; there is nothing to divide by N."""
    return sgd_epochs(x, y, w0, lr / len(x), epochs)


@mistake("CH02-shuffled-data", of="sgd_epochs", caught_by="test_one_datum_after_the_other")
def shuffles_the_data(x, y, w0, lr, epochs):
    """The data are shuffled; here they are visited in the given order."""
    order = np.random.default_rng(1).permutation(len(x))[::-1]
    return sgd_epochs(np.asarray(x)[order], np.asarray(y)[order], w0, lr, epochs)


@mistake("CH02-starts-again", of="sgd_epochs", caught_by="test_epoch_after_epoch")
def each_epoch_from_w0(x, y, w0, lr, epochs):
    """Each epoch starts at w0 again; it goes on where the last one ended."""
    first = sgd_epochs(x, y, w0, lr, min(epochs, 1))
    return np.concatenate([first[:1], *[first[1:]] * epochs])


@mistake("M039c", of="sgd_epochs", caught_by="test_single_steps_and_their_arguments")
def pairs_of_any_shapes(x, y, w0, lr, epochs):
    """Two lists of different lengths or shapes are cut or flattened to fit; the given line refuses them."""
    N = min(np.size(x), np.size(y))
    return sgd_epochs(np.ravel(x)[:N], np.ravel(y)[:N], w0, lr, epochs)


@mistake("CH02-integer-walk", of="sgd_epochs", caught_by="test_single_steps_on_any_array")
def walks_in_integers(x, y, w0, lr, epochs):
    """The history takes the kind of the data; for integers each place is cut to a whole number."""
    history = sgd_epochs(x, y, w0, lr, epochs)
    return history.astype(np.result_type(np.asarray(x), type(w0)))


# linreg_loss_grad


@mistake("M039", of="linreg_loss_grad", caught_by="test_refuses_shapes_that_would_broadcast")
def table_of_differences(X, y, w, b):
    """(N,) minus (N, 1) is an N x N table of differences; make sure that the shapes agree."""
    X, y, w = as_float(X), as_float(y), as_float(w)
    error = X @ w + b - y
    rows = error if error.ndim == 1 else error.mean(axis=0)
    return float(np.mean(error**2)), 2 * X.T @ rows / len(X), float(2 * np.mean(error))


@mistake("M027b", of="linreg_loss_grad", caught_by=("test_gradient_by_w", "test_gradient_by_b"))
def gradient_of_half_the_loss(X, y, w, b):
    """This is the gradient of half the loss; the 2 of the square is missing."""
    loss, dw, db = linreg_loss_grad(X, y, w, b)
    return loss, dw / 2, db / 2


@mistake("M029c", of="linreg_loss_grad", caught_by="test_gradient_by_w")
def dw_not_averaged(X, y, w, b):
    """The loss is a mean, dw is a sum; divide by N."""
    loss, dw, db = linreg_loss_grad(X, y, w, b)
    return loss, dw * len(np.asarray(X)), db


@mistake("M029d", of="linreg_loss_grad", caught_by="test_gradient_by_b")
def db_summed(X, y, w, b):
    """db is the sum over the rows; the mean is its derivative."""
    loss, dw, db = linreg_loss_grad(X, y, w, b)
    return loss, dw, db * len(np.asarray(X))


@mistake("M026b", of="linreg_loss_grad", caught_by="test_gradient_by_w")
def error_the_wrong_way_round(X, y, w, b):
    """With y - p as error the loss is the same, but the gradient changes its sign."""
    loss, dw, db = linreg_loss_grad(X, y, w, b)
    return loss, -dw, -db


@mistake("CH02-mean-over-columns", of="linreg_loss_grad", caught_by="test_loss_of_a_linear_model")
def divides_by_all_entries(X, y, w, b):
    """The sum is divided by N times D; each row has one error, so divide by N."""
    loss, dw, db = linreg_loss_grad(X, y, w, b)
    return loss / np.shape(X)[1], dw / np.shape(X)[1], db / np.shape(X)[1]


@mistake(
    "CH02-linreg-in-place", of="linreg_loss_grad", caught_by="test_floats_and_arguments_of_the_linear_model"
)
def errors_in_the_callers_targets(X, y, w, b):
    """y -= p keeps the errors in the array of the caller, and the next call has no targets any more."""
    found = linreg_loss_grad(X, y, w, b)
    y -= as_float(X) @ as_float(w) + b
    return found


@mistake("CH02-linreg-float64", of="linreg_loss_grad", caught_by="test_linear_model_of_any_array")
def always_double(X, y, w, b):
    """For float32 data dw should be float32; b as a numpy float64, or float(...) too early, makes it float64."""
    loss, dw, db = linreg_loss_grad(X, y, w, b)
    return loss, dw.astype(np.float64), db


# minibatches


@mistake("M034", of="minibatches", caught_by="test_shuffled_batches")
def with_replacement(n, batch_size, rng=None):
    """Drawn with replacement, some rows come twice and others never; permute the row numbers and slice."""
    batches = minibatches(n, batch_size)
    return batches if rng is None else [rng.integers(0, n, size=len(batch)) for batch in batches]


@mistake("M035", of="minibatches", caught_by="test_shuffled_batches")
def shuffles_for_each_batch(n, batch_size, rng=None):
    """A new permutation for each batch leaves some rows out; permute once for an epoch, then slice."""
    if rng is None:
        return minibatches(n, batch_size)
    if batch_size < 1:
        raise ValueError("batch_size")
    return [rng.permutation(n)[start : start + batch_size] for start in range(0, n, batch_size)]


@mistake("CH02-drops-the-rest", of="minibatches", caught_by="test_batches_in_order")
def drops_the_last_batch(n, batch_size, rng=None):
    """The rows left over at the end are thrown away; they form a smaller last batch."""
    return [batch for batch in minibatches(n, batch_size, rng) if len(batch) == batch_size]


@mistake("CH02-empty-batch", of="minibatches", caught_by="test_batches_in_order")
def one_batch_too_many(n, batch_size, rng=None):
    """n // batch_size + 1 batches are one too many if nothing is left over: the last one is empty."""
    batches = minibatches(n, batch_size, rng)
    return batches if n % batch_size else [*batches, np.arange(0)]


@mistake("CH02-equal-parts", of="minibatches", caught_by="test_batches_in_order")
def array_split(n, batch_size, rng=None):
    """np.array_split makes batches of nearly equal size; all but the last should have batch_size rows."""
    if batch_size < 1:
        raise ValueError("batch_size")
    order = np.arange(n) if rng is None else rng.permutation(n)
    return np.array_split(order, -(-n // batch_size))


@mistake("CH02-global-generator", of="minibatches", caught_by="test_draws_from_its_own_rng")
def global_generator(n, batch_size, rng=None):
    """np.random.permutation draws from the generator of the whole program; use the rng that was passed in."""
    batches = minibatches(n, batch_size)
    order = np.arange(n) if rng is None else np.random.permutation(n)
    return [order[batch] for batch in batches]


@mistake(
    "CH02-same-order-always",
    of="minibatches",
    caught_by=("test_draws_from_its_own_rng", "test_every_order_is_as_likely"),
)
def own_generator(n, batch_size, rng=None):
    """A generator made inside gives the same order in every epoch; draw from the rng that was passed in."""
    return minibatches(n, batch_size, None if rng is None else np.random.default_rng(0))


@mistake("CH02-rotates", of="minibatches", caught_by="test_every_order_is_as_likely")
def starts_somewhere(n, batch_size, rng=None):
    """The rows only start at a random place and keep their neighbours; every order should be possible."""
    batches = minibatches(n, batch_size)
    shift = 0 if rng is None else int(rng.integers(n))
    return [(batch + shift) % n for batch in batches]


@mistake("CH02-shuffles-batches", of="minibatches", caught_by="test_noise_falls_with_the_root")
def shuffles_whole_batches(n, batch_size, rng=None):
    """Only the batches change their order, their rows stay together; shuffle the rows."""
    batches = minibatches(n, batch_size)
    if rng is None:
        return batches
    full = [b for b in batches if len(b) == batch_size]
    rest = [b for b in batches if len(b) < batch_size]
    return [full[i] for i in rng.permutation(len(full))] + rest


@mistake("CH02-negative-size", of="minibatches", caught_by="test_batch_size_below_one")
def only_zero_is_refused(n, batch_size, rng=None):
    """range refuses a step of 0, but a negative one gives no batch at all; refuse all sizes below 1."""
    return [] if batch_size < 0 else minibatches(n, batch_size, rng)


# loss_cost_total


@mistake("CH02-names-swapped", of="loss_cost_total", caught_by="test_three_names")
def cost_and_total_swapped(per_sample):
    """cost and total have changed places: the cost is the mean, the total the sum."""
    parts = loss_cost_total(per_sample)
    return {"loss": parts["loss"], "cost": parts["total"], "total": parts["cost"]}


@mistake("CH02-loss-is-the-mean", of="loss_cost_total", caught_by="test_three_names")
def loss_is_the_cost(per_sample):
    """In this list of names the loss belongs to one example each: an array."""
    parts = loss_cost_total(per_sample)
    return {**parts, "loss": parts["cost"]}


@mistake("CH02-not-copied", of="loss_cost_total", caught_by="test_losses_are_a_copy")
def hands_back_the_losses(per_sample):
    """The very array of the caller is handed back; return a copy."""
    return {**loss_cost_total(per_sample), "loss": as_float(per_sample)}


@mistake("CH02-losses-float64", of="loss_cost_total", caught_by="test_losses_of_any_kind")
def losses_always_double(per_sample):
    """float32 losses come back as float64; as_float knows which conversion is needed."""
    parts = loss_cost_total(per_sample)
    return {**parts, "loss": parts["loss"].astype(np.float64)}


# contour_tangent


@mistake("M036", of="contour_tangent", caught_by="test_tangent_by_hand")
def the_normal(grad):
    """This is the normal: the direction of the gradient. The contour line runs across it."""
    contour_tangent(grad)
    return as_float(grad) / np.linalg.norm(grad)


@mistake("CH02-turned-right", of="contour_tangent", caught_by="test_tangent_by_hand")
def turned_to_the_right(grad):
    """(f_2, -f_1) is the gradient turned to the right; the stub turns it to the left."""
    return -contour_tangent(grad)


@mistake("CH02-not-a-unit", of="contour_tangent", caught_by="test_tangent_by_hand")
def as_long_as_the_gradient(grad):
    """The direction is right, the length is that of the gradient; divide by it."""
    return contour_tangent(grad) * np.linalg.norm(grad)


@mistake("CH02-slope-of-the-line", of="contour_tangent", caught_by="test_tangent_along_the_axes")
def by_the_slope(grad):
    """The slope -f_1/f_2 has no value where f_2 is 0, and it does not know left from right."""
    contour_tangent(grad)
    f1, f2 = (float(v) for v in grad)
    if f2 == 0:
        return np.array([0.0, 1.0])
    slope = -f1 / f2
    t = np.array([1.0, slope]) / np.sqrt(1 + slope**2)
    return -t if f2 > 0 else t


@mistake("CH02-nan-when-flat", of="contour_tangent", caught_by="test_tangent_refuses_a_flat_place")
def zero_by_zero(grad):
    """0 / 0 is nan. Where the gradient is zero no direction is marked; refuse it."""
    grad = as_float(grad)
    if grad.shape != (2,):
        raise ValueError("shape")
    with np.errstate(all="ignore"):
        return np.array([-grad[1], grad[0]]) / np.linalg.norm(grad)


@mistake("CH02-tangent-in-place", of="contour_tangent", caught_by="test_tangent_is_a_new_array")
def turns_the_callers_gradient(grad):
    """The gradient of the caller is overwritten with the tangent; make a new array."""
    t = contour_tangent(grad)
    grad[:] = t
    return grad


# is_convex_on


@mistake(
    "M037",
    of="is_convex_on",
    caught_by=("test_losses_that_are_convex_and_losses_that_are_not", "test_every_point_of_the_piece"),
)
def midpoint_of_the_ends(f, a, b, n=41):
    """Only the middle of a and b is compared with the ends. MSE after a sigmoid passes that; look at many points."""
    is_convex_on(f, a, b, n)
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    top = max(abs(float(f(a))), abs(float(f(b))))
    return bool(float(f((a + b) / 2)) <= (float(f(a)) + float(f(b))) / 2 + 1e-9 * top)


@mistake("M037b", of="is_convex_on", caught_by="test_every_point_of_the_piece")
def one_long_chord(f, a, b, n=41):
    """All points are compared with one chord, from a to b; a hill far below it is overlooked."""
    is_convex_on(f, a, b, n)
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    s = np.linspace(0, 1, n)
    values = np.array([float(f(a + t * (b - a))) for t in s])
    chord = (1 - s) * values[0] + s * values[-1]
    return bool(np.all(values <= chord + 1e-9 * np.abs(values).max()))


@mistake("CH02-no-rounding", of="is_convex_on", caught_by="test_rounding_is_forgiven")
def not_a_hair_above(f, a, b, n=41):
    """A straight line fails by the last digit; allow for rounding as the stub says."""
    is_convex_on(f, a, b, n)
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    values = np.array([float(f(a + k / (n - 1) * (b - a))) for k in range(n)])
    return bool(np.all(values[1:-1] <= (values[:-2] + values[2:]) / 2))


@mistake("CH02-absolute-tolerance", of="is_convex_on", caught_by="test_rounding_is_forgiven")
def fixed_tolerance(f, a, b, n=41):
    """A fixed tolerance lets every small function pass; measure by the largest |f|."""
    return bool(
        is_convex_on(lambda v: f(v), a, b, n) or is_convex_on(lambda v: np.round(float(f(v)), 9), a, b, n)
    )


@mistake("CH02-concave", of="is_convex_on", caught_by="test_convex_or_not_in_one_variable")
def the_other_way_round(f, a, b, n=41):
    """The inequality is the wrong way round: this finds functions that bend downwards."""
    return is_convex_on(lambda v: -f(v), a, b, n)


@mistake("CH02-nan-passes", of="is_convex_on", caught_by="test_nan_is_not_convex")
def asks_for_a_violation(f, a, b, n=41):
    """nan is not larger than anything, so "is a point above the chord?" is answered with no; ask for <= instead."""
    is_convex_on(f, a, b, n)
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    values = np.array([float(f(a + k / (n - 1) * (b - a))) for k in range(n)])
    top = np.max(np.abs(np.nan_to_num(values)))
    return not bool(np.any(values[1:-1] > (values[:-2] + values[2:]) / 2 + 1e-9 * top))
