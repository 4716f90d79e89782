"""mse_loss, mse_of_sigmoid_grad, bce_from_probs, bce_with_logits: targets of the shape of the prediction."""

import math

import numpy as np

from grader import battery, expect, in_worker, points, refuses, same_results

SHAPES = ((5, 3), (4, 1), (1, 1), (3, 3))


def squared_error(pred, target):
    """(1/N) sum of squares, one entry at a time."""
    total = 0.0
    for a, b in zip(pred.ravel().tolist(), target.ravel().tolist(), strict=True):
        total += (a - b) ** 2
    return total / len(pred)


def logistic(z):
    return 1 / (1 + math.exp(-z))


def squared_error_of_sigmoid(z, y):
    return squared_error(np.array([[logistic(v) for v in row] for row in z.tolist()]), y)


def binary_cross_entropy(p, y):
    """-(1/N) sum of y log p + (1 - y) log(1 - p), one entry at a time."""
    total = 0.0
    for a, t in zip(p.ravel().tolist(), y.ravel().tolist(), strict=True):
        total -= t * math.log(a) + (1 - t) * math.log(1 - a)
    return total / len(p)


def binary_cross_entropy_of_sigmoid(z, y):
    return binary_cross_entropy(np.array([[logistic(v) for v in row] for row in z.tolist()]), y)


def what_counts(y):
    """The hint for a wrong binary cross-entropy: for certain targets, or for soft ones."""
    certain = np.isin(y, (0.0, 1.0)).all()
    return "Divide by N, and by nothing else." if certain else "Here the targets lie between 0 and 1."


def zeros_and_ones(rng, shape):
    return rng.integers(0, 2, size=shape).astype(float)


@in_worker
def first_of_two_calls(student, name, first, second):
    """The result of a call, after another call of the same shape was made."""
    function = getattr(student, name)
    result = function(*first)
    function(*second)
    return result


def keeps_to_itself(call, student, name, scores, target):
    """Arguments stay as they are, the gradient is a new array, and the next call leaves it alone."""
    function = getattr(student, name)
    battery.leaves_arguments_alone(call, function, scores, target)
    battery.returns_new_arrays(call, function, scores, target)
    kept = first_of_two_calls(student, name, (scores, target), (scores[::-1] / 2, target))
    same_results(
        f"{call} after another call", kept, function(scores, target), hint="Return a new array each time."
    )


def refuses_to_broadcast(call, function, scores, target):
    """B10: (N, 1) with (N,), one row for all, one column for all, one number for all."""
    for first, second in (
        (scores[:, :1], target[:, 0]),
        (scores[:, 0], target[:, :1]),
        (scores, target[:1]),
        (scores, target[:, :1]),
        (scores, target[:1, :1]),
    ):
        refuses(f"{call} for shapes {first.shape} and {second.shape}", ValueError, function, first, second)


# mse_loss --------------------------------------------------------------------------------------------------


@points(1, of="mse_loss")
def test_mse_loss_matches_the_formula(student, rng):
    """the loss of mse_loss agrees with the formula: summed over outputs, averaged over examples"""
    for shape in SHAPES:
        pred, target = rng.normal(size=shape), rng.normal(size=shape)
        loss, _ = expect("mse_loss(pred, target)", student.mse_loss(pred, target)).unpack("loss", "dpred")
        loss.close_to(squared_error(pred, target), batch=shape[0], hint="Divide by N, and by nothing else.")
        loss.is_float()


@points(1, of="mse_loss")
def test_mse_loss_gradient(student, rng):
    """dpred of mse_loss agrees with the numerical gradient"""
    for shape in SHAPES:
        pred, target = rng.normal(size=shape), rng.normal(size=shape)
        _, dpred = expect("mse_loss(pred, target)", student.mse_loss(pred, target)).unpack("loss", "dpred")
        dpred.gradient(lambda x, target=target: squared_error(x, target), at=pred, batch=shape[0])


@points(0.5, of="mse_loss", needs="test_mse_loss_matches_the_formula")
def test_mse_loss_refuses_other_shapes(student, rng):
    """mse_loss of two different shapes raises ValueError and does not broadcast"""
    pred, target = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    refuses_to_broadcast("mse_loss(pred, target)", student.mse_loss, pred, target)


@points(0.25, of="mse_loss", needs="test_mse_loss_matches_the_formula")
def test_mse_loss_leaves_its_arguments_alone(student, rng):
    """mse_loss does not change its arguments and returns a new array each time"""
    pred, target = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    keeps_to_itself("mse_loss(pred, target)", student, "mse_loss", pred, target)


@points(0.25, of="mse_loss", needs="test_mse_loss_matches_the_formula")
def test_mse_loss_takes_any_dtype_and_layout(student, rng):
    """mse_loss keeps float32, converts integers and accepts any memory layout"""
    pred, target = rng.normal(size=(4, 3)), zeros_and_ones(rng, (4, 3))
    whole = rng.integers(-3, 4, size=(4, 3)).astype(float)
    battery.keeps_float32("mse_loss(pred, target)", student.mse_loss, pred, target)
    battery.keeps_float32("mse_loss(pred, target)", student.mse_loss, pred, target.astype(int))
    battery.accepts_integers("mse_loss(pred, target)", student.mse_loss, whole, target)
    battery.accepts_any_layout("mse_loss(pred, target)", student.mse_loss, pred, target)


# mse_of_sigmoid_grad ---------------------------------------------------------------------------------------


@in_worker
def squared_error_training(student, start, rate, steps):
    """z = w + b of one neuron with input 1 and target 0, after gradient descent."""
    w, b = start
    for _ in range(steps):
        dz = student.mse_of_sigmoid_grad(np.array([[w + b]]), np.zeros((1, 1)))
        w, b = w - rate * float(dz[0, 0]), b - rate * float(dz[0, 0])
    return w + b


@points(1.25, of="mse_of_sigmoid_grad")
def test_mse_of_sigmoid_grad_is_the_gradient(student, rng):
    """mse_of_sigmoid_grad agrees with the numerical gradient of the squared error of sigmoid(z)"""
    for shape in SHAPES:
        z, y = 2 * rng.normal(size=shape), rng.uniform(size=shape)
        dz = expect("mse_of_sigmoid_grad(z, y)", student.mse_of_sigmoid_grad(z, y))
        dz.gradient(lambda x, y=y: squared_error_of_sigmoid(x, y), at=z, batch=shape[0])


@points(0.5, of="mse_of_sigmoid_grad")
def test_mse_of_sigmoid_grad_fades(student):
    """the gradient is nearly 0 for a neuron that is sure of the wrong answer"""
    z = np.array([[-10.0], [10.0], [-2.0], [0.0]])
    y = np.array([[1.0], [0.0], [0.0], [1.0]])
    want = [
        [2 * (logistic(v) - t) * logistic(v) * logistic(-v) / 4]
        for v, t in zip(z[:, 0], y[:, 0], strict=True)
    ]
    expect("mse_of_sigmoid_grad(z, y)", student.mse_of_sigmoid_grad(z, y)).close_to(want)


@points(0.5, of="mse_of_sigmoid_grad")
def test_mse_of_sigmoid_grad_learns_slowly(student):
    """one neuron, 300 steps of 0.075: from 0.82 to 0.09, but from 0.98 only to 0.20"""
    for start, printed in (((0.6, 0.9), 0.09), ((2.0, 2.0), 0.20)):
        end = expect("z after 300 steps", squared_error_training(student, start, 0.075, 300)).number()
        z = sum(start)
        for _ in range(300):
            z -= 2 * 0.075 * 2 * logistic(z) ** 2 * logistic(-z)
        last = expect("the output after 300 steps", logistic(min(max(end, -30), 30)))
        last.close_to(printed, atol=0.005).close_to(logistic(z), rtol=1e-9)


@points(0.5, of="mse_of_sigmoid_grad", needs="test_mse_of_sigmoid_grad_is_the_gradient")
def test_mse_of_sigmoid_grad_refuses_other_shapes(student, rng):
    """mse_of_sigmoid_grad of two different shapes raises ValueError and does not broadcast"""
    z, y = rng.normal(size=(4, 3)), zeros_and_ones(rng, (4, 3))
    refuses_to_broadcast("mse_of_sigmoid_grad(z, y)", student.mse_of_sigmoid_grad, z, y)


@points(0.25, of="mse_of_sigmoid_grad", needs="test_mse_of_sigmoid_grad_is_the_gradient")
def test_mse_of_sigmoid_grad_leaves_its_arguments_alone(student, rng):
    """mse_of_sigmoid_grad does not change its arguments and returns a new array each time"""
    z, y = rng.normal(size=(4, 3)), zeros_and_ones(rng, (4, 3))
    keeps_to_itself("mse_of_sigmoid_grad(z, y)", student, "mse_of_sigmoid_grad", z, y)


@points(0.25, of="mse_of_sigmoid_grad", needs="test_mse_of_sigmoid_grad_is_the_gradient")
def test_mse_of_sigmoid_grad_takes_any_dtype_and_layout(student, rng):
    """mse_of_sigmoid_grad keeps float32, converts integers and accepts any memory layout"""
    z, y = rng.normal(size=(4, 3)), zeros_and_ones(rng, (4, 3))
    whole = rng.integers(-3, 4, size=(4, 3)).astype(float)
    battery.keeps_float32("mse_of_sigmoid_grad(z, y)", student.mse_of_sigmoid_grad, z, y)
    battery.keeps_float32("mse_of_sigmoid_grad(z, y)", student.mse_of_sigmoid_grad, z, y.astype(int))
    battery.accepts_integers("mse_of_sigmoid_grad(z, y)", student.mse_of_sigmoid_grad, whole, y)
    battery.accepts_any_layout("mse_of_sigmoid_grad(z, y)", student.mse_of_sigmoid_grad, z, y)


# bce_from_probs --------------------------------------------------------------------------------------------


@points(1, of="bce_from_probs")
def test_bce_from_probs_matches_the_formula(student, rng):
    """the loss of bce_from_probs agrees with the formula, for certain targets and for soft ones"""
    for shape in SHAPES:
        p = rng.uniform(0.05, 0.95, size=shape)
        for y in (zeros_and_ones(rng, shape), rng.uniform(size=shape)):
            loss, _ = expect("bce_from_probs(p, y)", student.bce_from_probs(p, y)).unpack("loss", "dp")
            loss.close_to(binary_cross_entropy(p, y), batch=shape[0], hint=what_counts(y))
            loss.is_float()


@points(1, of="bce_from_probs")
def test_bce_from_probs_gradient(student, rng):
    """dp of bce_from_probs agrees with the numerical gradient"""
    for shape in SHAPES:
        p = rng.uniform(0.05, 0.95, size=shape)
        for y in (zeros_and_ones(rng, shape), rng.uniform(size=shape)):
            _, dp = expect("bce_from_probs(p, y)", student.bce_from_probs(p, y)).unpack("loss", "dp")
            dp.gradient(lambda x, y=y: binary_cross_entropy(x, y), at=p, batch=shape[0])


@points(0.5, of="bce_from_probs", needs="test_bce_from_probs_matches_the_formula")
def test_bce_from_probs_survives_certainty(student):
    """p = 0 and p = 1 give a finite loss, and a gradient that pushes back"""
    p = np.array([[0.0], [1.0], [0.0], [1.0]])
    y = np.array([[1.0], [0.0], [0.0], [1.0]])
    loss, dp = expect("bce_from_probs(p, y)", student.bce_from_probs(p, y)).unpack("loss", "dp")
    loss.close_to(2 * -math.log(1e-12) / 4, rtol=1e-4)
    dp.close_to([[-1e12 / 4], [1e12 / 4], [1 / 4], [-1 / 4]], rtol=1e-3, hint="Is dp taken at the clipped p?")


@points(0.5, of="bce_from_probs", needs="test_bce_from_probs_matches_the_formula")
def test_bce_from_probs_clips_at_eps(student):
    """p is clipped to [eps, 1 - eps], in the loss and in the gradient"""
    p = np.array([[0.02], [0.97], [0.02], [0.97], [0.5]])
    y = np.array([[1.0], [0.0], [0.0], [1.0], [1.0]])
    clipped = np.array([[0.1], [0.9], [0.1], [0.9], [0.5]])
    got = student.bce_from_probs(p, y, eps=0.1)
    loss, dp = expect("bce_from_probs(p, y, eps=0.1)", got).unpack("loss", "dp")
    loss.close_to(binary_cross_entropy(clipped, y), hint="To clip is not to add.")
    dp.close_to(
        [[-10 / 5], [10 / 5], [1 / 0.9 / 5], [-1 / 0.9 / 5], [-2 / 5]], hint="Is dp taken at the clipped p?"
    )


@points(0.25, of="bce_from_probs", needs="test_bce_from_probs_matches_the_formula")
def test_bce_from_probs_refuses_other_shapes(student, rng):
    """bce_from_probs of two different shapes raises ValueError and does not broadcast"""
    p, y = rng.uniform(0.1, 0.9, size=(4, 3)), zeros_and_ones(rng, (4, 3))
    refuses_to_broadcast("bce_from_probs(p, y)", student.bce_from_probs, p, y)


@points(
    0.25,
    of="bce_from_probs",
    needs="test_bce_from_probs_matches_the_formula",
)
def test_bce_from_probs_leaves_its_arguments_alone(student, rng):
    """bce_from_probs does not change its arguments and returns a new array each time"""
    p, y = rng.uniform(0.1, 0.9, size=(4, 3)), zeros_and_ones(rng, (4, 3))
    p[0, 0] = 0.0
    keeps_to_itself("bce_from_probs(p, y)", student, "bce_from_probs", p, y)


@points(
    0.25,
    of="bce_from_probs",
    needs="test_bce_from_probs_matches_the_formula",
)
def test_bce_from_probs_takes_any_dtype_and_layout(student, rng):
    """bce_from_probs keeps float32, survives 0 and 1 there, converts integers, accepts any memory layout"""
    p, y = rng.uniform(0.1, 0.9, size=(4, 3)), zeros_and_ones(rng, (4, 3))
    battery.keeps_float32("bce_from_probs(p, y)", student.bce_from_probs, p, y)
    battery.keeps_float32("bce_from_probs(p, y)", student.bce_from_probs, p, y.astype(int))
    battery.accepts_integers("bce_from_probs(p, y)", student.bce_from_probs, y[::-1], y)
    battery.accepts_any_layout("bce_from_probs(p, y)", student.bce_from_probs, p, y)
    edge = np.array([[0], [1], [0], [1]], dtype=np.float32), np.array([[1], [0], [0], [1]], dtype=np.float32)
    loss, dp = expect("bce_from_probs(p, y) in float32", student.bce_from_probs(*edge)).unpack("loss", "dp")
    loss.close_to(2 * -math.log(1e-12) / 4, rtol=1e-4, hint="In float32, 1 - 1e-12 is 1.")
    dp.is_finite()


# bce_with_logits -------------------------------------------------------------------------------------------


@in_worker
def cross_entropy_training(student, start, rate, steps):
    """z = w + b of one neuron with input 1 and target 0, after gradient descent."""
    w, b = start
    for _ in range(steps):
        dz = student.bce_with_logits(np.array([[w + b]]), np.zeros((1, 1)))[1]
        w, b = w - rate * float(dz[0, 0]), b - rate * float(dz[0, 0])
    return w + b


@points(1, of="bce_with_logits")
def test_bce_with_logits_matches_the_formula(student, rng):
    """the loss of bce_with_logits agrees with the formula, for certain targets and for soft ones"""
    for shape in SHAPES:
        z = 3 * rng.normal(size=shape)
        for y in (zeros_and_ones(rng, shape), rng.uniform(size=shape)):
            loss, _ = expect("bce_with_logits(z, y)", student.bce_with_logits(z, y)).unpack("loss", "dz")
            want = binary_cross_entropy_of_sigmoid(z, y)
            loss.close_to(want, batch=shape[0], hint=what_counts(y))
            loss.is_float()


@points(1, of="bce_with_logits")
def test_bce_with_logits_gradient(student, rng):
    """dz of bce_with_logits agrees with the numerical gradient"""
    for shape in SHAPES:
        z = 2 * rng.normal(size=shape)
        for y in (zeros_and_ones(rng, shape), rng.uniform(size=shape)):
            _, dz = expect("bce_with_logits(z, y)", student.bce_with_logits(z, y)).unpack("loss", "dz")
            dz.gradient(lambda x, y=y: binary_cross_entropy_of_sigmoid(x, y), at=z, batch=shape[0])


@points(0.75, of="bce_with_logits", needs="test_bce_with_logits_matches_the_formula")
def test_bce_with_logits_is_exact_for_large_logits(student):
    """a sure and wrong logit of 1000 costs 1000 nats, a sure and right one nothing"""
    for z, y, want, slope in (
        (1000.0, 0.0, 1000.0, 1.0),
        (-1000.0, 1.0, 1000.0, -1.0),
        (1000.0, 0.5, 500.0, 0.5),
        (1000.0, 1.0, 0.0, 0.0),
        (-1000.0, 0.0, 0.0, 0.0),
        (40.0, 0.0, 40.0, 1.0),
        (-40.0, 1.0, 40.0, -1.0),
    ):
        got = student.bce_with_logits(np.array([[z]]), np.array([[y]]))
        loss, dz = expect("bce_with_logits(z, y) for a large z", got).unpack("loss", "dz")
        loss.close_to(want, hint="Is something clipped, or added inside the logarithm?")
        dz.close_to([[slope]])


@points(0.5, of="bce_with_logits", needs="test_bce_with_logits_matches_the_formula")
def test_bce_with_logits_never_overflows(student):
    """bce_with_logits stays finite for logits up to 1e300"""
    z = np.array([[1e4], [-1e4], [1e300], [-1e300], [1e300]])
    y = np.array([[1.0], [1.0], [1.0], [0.0], [0.0]])
    value = battery.stays_finite("bce_with_logits(z, y)", student.bce_with_logits, z, y)
    loss, dz = expect("bce_with_logits(z, y)", value).unpack("loss", "dz")
    loss.satisfies(abs(loss.number() / 1e300 - 0.2) < 1e-9, "finite, but not right.")
    dz.close_to([[0.0], [-0.2], [0.0], [0.0], [0.2]])


@points(0.5, of="bce_with_logits", needs="test_bce_with_logits_gradient")
def test_bce_with_logits_learns_from_large_errors(student):
    """one neuron, 300 steps of 0.15: from 0.82 and from 0.98 to 0.012"""
    for start in ((0.6, 0.9), (2.0, 2.0)):
        end = expect("z after 300 steps", cross_entropy_training(student, start, 0.15, 300)).number()
        z = sum(start)
        for _ in range(300):
            z -= 2 * 0.15 * logistic(z)
        last = expect("the output after 300 steps", logistic(min(max(end, -30), 30)))
        last.close_to(0.012, atol=0.0005).close_to(logistic(z), rtol=1e-9)


@points(0.5, of="bce_with_logits", needs="test_bce_with_logits_matches_the_formula")
def test_bce_with_logits_refuses_other_shapes(student, rng):
    """bce_with_logits of two different shapes raises ValueError and does not broadcast"""
    z, y = rng.normal(size=(4, 3)), zeros_and_ones(rng, (4, 3))
    refuses_to_broadcast("bce_with_logits(z, y)", student.bce_with_logits, z, y)


@points(
    0.25,
    of="bce_with_logits",
    needs="test_bce_with_logits_matches_the_formula",
)
def test_bce_with_logits_leaves_its_arguments_alone(student, rng):
    """bce_with_logits does not change its arguments and returns a new array each time"""
    z, y = rng.normal(size=(4, 3)), zeros_and_ones(rng, (4, 3))
    keeps_to_itself("bce_with_logits(z, y)", student, "bce_with_logits", z, y)


@points(
    0.5,
    of="bce_with_logits",
    needs="test_bce_with_logits_matches_the_formula",
)
def test_bce_with_logits_takes_any_dtype_and_layout(student, rng):
    """bce_with_logits keeps float32, converts integers and accepts any memory layout"""
    z, y = rng.normal(size=(4, 3)), zeros_and_ones(rng, (4, 3))
    whole = rng.integers(-3, 4, size=(4, 3)).astype(float)
    battery.keeps_float32("bce_with_logits(z, y)", student.bce_with_logits, z, y)
    battery.keeps_float32("bce_with_logits(z, y)", student.bce_with_logits, z, y.astype(int))
    battery.accepts_integers("bce_with_logits(z, y)", student.bce_with_logits, whole, y)
    battery.accepts_any_layout("bce_with_logits(z, y)", student.bce_with_logits, z, y)
