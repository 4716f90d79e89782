"""Hidden tests of linreg_loss_grad, minibatches and loss_cost_total."""

import numpy as np

from grader import Rng, battery, expect, in_worker, observe, points, refuses

EXACT = {"rtol": 1e-10, "atol": 1e-12}


def errors_by_loops(X, y, w, b):
    return [
        sum(float(x[d]) * float(w[d]) for d in range(len(w))) + b - float(t)
        for x, t in zip(X, y, strict=True)
    ]


def mean_square(X, y, w, b):
    return sum(e * e for e in errors_by_loops(X, y, w, b)) / len(X)


def problem(rng, N, D):
    """A place where the gradient is not small: near zero a numerical gradient proves nothing."""
    while True:
        X, y, w, b = rng.normal(size=(N, D)), 2 * rng.normal(size=N), rng.normal(size=D), float(rng.normal())
        errors = np.array(errors_by_loops(X, y, w, b))
        if abs(2 * errors.mean()) > 0.5 and max(abs(2 * np.mean(errors * X[:, d])) for d in range(D)) > 0.5:
            return X, y, w, b


def whole(rng, *shape):
    return rng.integers(-4, 5, size=shape).astype(float)


# linreg_loss_grad


@points(1, of="linreg_loss_grad")
def test_loss_of_a_linear_model(student, rng):
    """the loss is the mean of the squared errors"""
    for N, D in ((6, 3), (3, 3), (1, 4), (5, 1)):
        X, y, w, b = problem(rng, N, D)
        loss, _, _ = expect("linreg_loss_grad(X, y, w, b)", student.linreg_loss_grad(X, y, w, b)).unpack(
            "loss", "dw", "db"
        )
        loss.close_to(mean_square(X, y, w, b), **EXACT, batch=N)


@points(1.25, of="linreg_loss_grad")
def test_gradient_by_w(student, rng):
    """dw is the gradient of the loss with respect to the weights"""
    for N, D in ((6, 3), (3, 3), (1, 4), (5, 1)):
        X, y, w, b = problem(rng, N, D)
        parts = expect("linreg_loss_grad(X, y, w, b)", student.linreg_loss_grad(X, y, w, b)).unpack(
            "loss", "dw", "db"
        )
        parts[1].gradient(lambda v, X=X, y=y, b=b: mean_square(X, y, v, b), at=w, batch=N)


@points(0.75, of="linreg_loss_grad")
def test_gradient_by_b(student, rng):
    """db is the derivative of the loss with respect to the bias"""
    for N, D in ((6, 3), (1, 4), (5, 1)):
        X, y, w, b = problem(rng, N, D)
        parts = expect("linreg_loss_grad(X, y, w, b)", student.linreg_loss_grad(X, y, w, b)).unpack(
            "loss", "dw", "db"
        )
        parts[2].gradient(lambda v, X=X, y=y, w=w: mean_square(X, y, w, float(v)), at=b, batch=N)


@in_worker
def fit(student, X, y, lr, steps):
    """Gradient descent from 0."""
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(steps):
        _, dw, db = student.linreg_loss_grad(X, y, w, b)
        w, b = w - lr * dw, b - lr * db
    return w, b


@points(0.75, of="linreg_loss_grad", needs=("test_loss_of_a_linear_model", "test_gradient_by_w"))
def test_descent_finds_the_line(student, rng):
    """200 rows with noise 0.01: 100 steps of gradient descent find weights and bias up to 0.02"""
    for _ in range(5):
        X, w, b = rng.normal(size=(200, 3)), rng.normal(size=3) * 2, float(rng.normal())
        y = X @ w + b + 0.01 * rng.normal(size=200)
        found = expect("gradient descent with linreg_loss_grad", fit(student, X, y, 0.1, 100))
        got_w, got_b = found.unpack("w", "b")
        got_w.close_to(w, rtol=0, atol=0.02)
        got_b.close_to(b, rtol=0, atol=0.02)


@points(0.5, of="linreg_loss_grad", needs=("test_loss_of_a_linear_model", "test_gradient_by_w"))
def test_batch_twice_is_the_same_mean(student, rng):
    """with every row twice, or the rows in another order, loss and gradient are the same"""
    X, y, w, b = problem(rng, 5, 3)
    names = ("loss", "dw", "db")
    once = expect("linreg_loss_grad(X, y, w, b)", student.linreg_loss_grad(X, y, w, b)).unpack(*names)
    values = once[0].number(), once[1].array((3,)), once[2].number()
    order = rng.permutation(5)
    for what, rows, labels in (
        ("every row twice", np.concatenate([X, X]), np.concatenate([y, y])),
        ("the rows in another order", X[order], y[order]),
    ):
        call = f"linreg_loss_grad(X, y, w, b) with {what}"
        parts = expect(call, student.linreg_loss_grad(rows, labels, w, b)).unpack(*names)
        for part, value in zip(parts, values, strict=True):
            part.close_to(value, **EXACT, hint="It is a mean over the rows.")


@points(0.75, of="linreg_loss_grad", needs=("test_loss_of_a_linear_model", "test_gradient_by_w"))
def test_refuses_shapes_that_would_broadcast(student, rng):
    """y that is not (N,), w that is not (D,), or X without two axes is a ValueError"""
    shapes = (
        ((4, 3), (4, 1), (3,)),
        ((4, 3), (1, 4), (3,)),
        ((4, 3), (1,), (3,)),
        ((4, 3), (), (3,)),
        ((4, 3), (3,), (3,)),
        ((4, 3), (4,), (3, 1)),
        ((4, 3), (4, 1), (3, 1)),
        ((4, 3), (4,), (4,)),
        ((4, 3), (4,), (1,)),
        ((4,), (4,), (1,)),
        ((3,), (), (3,)),
        ((3, 3, 3), (3,), (3, 3)),
    )
    for X_shape, y_shape, w_shape in shapes:
        X, y, w = (np.asarray(rng.normal(size=s)) for s in (X_shape, y_shape, w_shape))
        call = f"linreg_loss_grad(X, y, w, b) for X {X_shape}, y {y_shape}, w {w_shape}"
        refuses(call, ValueError, student.linreg_loss_grad, X, y, w, 0.5)


@points(0.5, of="linreg_loss_grad", needs=("test_loss_of_a_linear_model", "test_gradient_by_w"))
def test_floats_and_arguments_of_the_linear_model(student, rng):
    """loss and db are floats; X, y and w are not changed"""
    X, y, w, b = problem(rng, 4, 3)
    call = "linreg_loss_grad(X, y, w, b)"
    loss, _, db = expect(call, student.linreg_loss_grad(X, y, w, b)).unpack("loss", "dw", "db")
    loss.is_float()
    db.is_float()
    battery.leaves_arguments_alone(call, student.linreg_loss_grad, X, y, w, b)


@points(0.5, of="linreg_loss_grad", needs=("test_loss_of_a_linear_model", "test_gradient_by_w"))
def test_linear_model_of_any_array(student, rng):
    """float32 gives a float32 dw, integers become float64, and the memory layout does not matter"""
    call, f = "linreg_loss_grad(X, y, w, b)", student.linreg_loss_grad
    X, y, w, _ = problem(rng, 4, 3)
    battery.keeps_float32(call, f, X, y, w, 0.5, rtol=1e-4, atol=1e-4)
    battery.accepts_integers(call, f, whole(rng, 4, 3), whole(rng, 4), whole(rng, 3), 0.5)
    battery.accepts_any_layout(call, f, X, y, w, 0.5)


# minibatches


def dealt(call, value, n, batch_size):
    """The batches as lists of int; their sizes, and each index exactly once."""
    batches = expect(call, value).sequence(-(-n // batch_size))
    rows = []
    for k, batch in enumerate(batches):
        size = min(batch_size, n - k * batch_size)
        part = expect(f"batch {k} of {call}", batch)
        part.satisfies(
            isinstance(batch, np.ndarray) and batch.dtype.kind in "iu", "a batch is an array of integers."
        )
        part.satisfies(batch.shape == (size,), f"the batch has shape {batch.shape}, expected {(size,)}.")
        rows.append([int(i) for i in batch])
    seen = sorted(i for row in rows for i in row)
    judged = expect(call, None)
    judged.satisfies(
        seen == list(range(n)), "some index is missing, or there twice. Each belongs to one batch."
    )
    return rows


SIZES = ((10, 4), (12, 4), (7, 1), (5, 5), (4, 9), (1, 1), (9, 8))


@points(1.25, of="minibatches")
def test_batches_in_order(student):
    """without rng the rows come in order, and the last batch holds what is left over"""
    for n, size in SIZES:
        call = f"minibatches({n}, {size})"
        rows = dealt(call, student.minibatches(n, size), n, size)
        flat = [i for row in rows for i in row]
        expect(call, None).satisfies(flat == list(range(n)), "the rows are not in order.")
    given = student.minibatches(10, 4, None)
    expect("minibatches(10, 4, None)", [b.tolist() for b in given]).equals(
        [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    )


@points(1.25, of="minibatches", needs="test_batches_in_order")
def test_shuffled_batches(student, rng):
    """with rng each row is still in exactly one batch, and the sizes are the same"""
    for n, size in (*SIZES, (100, 7)):
        for _ in range(4):
            got = student.minibatches(n, size, Rng(int(rng.integers(10**6))))
            dealt(f"minibatches({n}, {size}, rng)", got, n, size)


@in_worker
def many_epochs(student, n, batch_size, count, rng):
    """The order of the rows in each of many epochs, drawn from one generator."""
    epochs = [
        np.concatenate([np.asarray(b) for b in student.minibatches(n, batch_size, rng)]) for _ in range(count)
    ]
    return np.array(epochs)


@points(0.75, of="minibatches", needs="test_shuffled_batches")
def test_every_order_is_as_likely(student, rng):
    """each call draws a new order, and every row is as often first as last or anywhere"""
    n, count = 6, 3000
    orders = many_epochs(student, n, 2, count, Rng(int(rng.integers(10**6))))
    call = expect("minibatches(6, 2, rng) called 3000 times", orders)
    orders = orders.astype(int)
    places = np.array([[np.sum(orders[:, k] == i) for i in range(n)] for k in range(n)]) / count
    # a share of 1/6 in 3000 draws is off by 0.007 on average; 0.045 is six of those
    call.satisfies(
        np.abs(places - 1 / n).max() < 0.045, "a row comes at some place far too often or too seldom."
    )
    # Summed over all places fair orders have a chi square near 30, never above 60 (300 seeds). Swapping each row
    # with any row, instead of one of those not yet dealt out, has 200.
    unfair = count * n * float(np.sum((places - 1 / n) ** 2))
    call.satisfies(unfair < 110, "some rows come at some places too often. Is every order equally likely?")
    together = np.mean(
        [abs(int(np.flatnonzero(o == 0)[0]) // 2 - int(np.flatnonzero(o == 1)[0]) // 2) == 0 for o in orders]
    )
    call.satisfies(abs(together - 1 / 5) < 0.07, "rows 0 and 1 meet in a batch far too often or too seldom.")


@points(0.5, of="minibatches", needs="test_shuffled_batches")
def test_draws_from_its_own_rng(student):
    """the same seed gives the same batches; no global generator is used"""
    call = "minibatches(10, 3, rng)"
    battery.draws_only_from_its_rng(call, lambda rng: observe(student.minibatches, 10, 3, rng), student)
    seen = observe(student.minibatches, 10, 3)
    expect("minibatches(10, 3)", None).satisfies(not seen.global_random, "without rng nothing is drawn.")


@points(0.25, of="minibatches", needs="test_batches_in_order")
def test_batch_size_below_one(student):
    """a batch size below 1 is a ValueError"""
    for size in (0, -1, -5):
        refuses(f"minibatches(6, {size})", ValueError, student.minibatches, 6, size)


@points(0.5, of="minibatches", needs="test_shuffled_batches")
def test_noise_falls_with_the_root(student, rng):
    """of rows sorted by size, batches of 4, 16 and 64 have means that scatter as one over the root of the size"""
    n = 640
    values = np.sort(rng.normal(size=n) ** 3)
    for size in (4, 16, 64):
        epochs = many_epochs(student, n, size, 80, Rng(int(rng.integers(10**6)))).astype(int)
        means = values[epochs].reshape(80, -1, size).mean(axis=2)
        # dealt without replacement: hence (n - size) / (n - 1); the ratio itself scatters by 2.6 % at most (measured)
        want = values.std() * np.sqrt((n - size) / (n - 1) / size)
        ratio = float(means.std() / want)
        call = expect(f"the scatter of the means of batches of {size}, relative to theory", ratio)
        call.between(0.85, 1.15, "Are the rows really dealt out at random?")


# loss_cost_total


@points(1.25, of="loss_cost_total")
def test_three_names(student, rng):
    """loss is each example's own, cost is their mean, total their sum"""
    for N in (5, 1, 8):
        values = rng.uniform(0.5, 3, size=N)
        total = 0.0
        for v in values:
            total += float(v)
        parts = expect("loss_cost_total(per_sample)", student.loss_cost_total(values)).keys(
            "loss", "cost", "total"
        )
        parts["loss"].close_to(values, **EXACT)
        parts["cost"].close_to(total / N, **EXACT, batch=N)
        parts["total"].close_to(total, **EXACT, batch=N)


@points(0.5, of="loss_cost_total", needs="test_three_names")
def test_losses_are_a_copy(student, rng):
    """loss is a new array; cost and total are floats; nothing is changed"""
    values, call = rng.uniform(0.5, 3, size=4), "loss_cost_total(per_sample)"
    battery.leaves_arguments_alone(call, student.loss_cost_total, values)
    battery.returns_new_arrays(call, student.loss_cost_total, values)
    parts = expect(call, student.loss_cost_total(values)).keys("cost", "total")
    parts["cost"].is_float()
    parts["total"].is_float()


@points(0.5, of="loss_cost_total", needs="test_three_names")
def test_losses_of_another_shape(student):
    """per_sample with no axis, with two axes or without entries is a ValueError"""
    for shape in ((), (3, 1), (1, 3), (2, 2), (0,)):
        call = f"loss_cost_total(per_sample) of shape {shape}"
        refuses(call, ValueError, student.loss_cost_total, np.ones(shape))


@points(0.25, of="loss_cost_total", needs="test_three_names")
def test_losses_of_any_kind(student, rng):
    """float32 stays float32, integers become float64, and the memory layout does not matter"""
    call, f = "loss_cost_total(per_sample)", student.loss_cost_total
    battery.keeps_float32(call, f, rng.uniform(0.5, 3, size=4))
    battery.accepts_integers(call, f, whole(rng, 5))
    battery.accepts_any_layout(call, f, rng.uniform(0.5, 3, size=4))
