"""Hidden tests of ch12: weight decay of a model and of a step."""

from pathlib import Path

import numpy as np

from grader import battery, expect, in_worker, points, refuses

DATA = Path(__file__).resolve().parents[3] / "exercises" / "data"  # read on this side; a worker has no files


@in_worker
def a_model(student, arrays, grads):
    """A model with the interface of chapter 06: arrays[0] are its own parameters, the layers inside are nested:
    arrays[1] in it, arrays[2] in arrays[1], and so on. Returns the layers, the model first."""

    class Part:
        def __init__(self, params, gradients):
            self.params = {name: np.array(value) for name, value in params.items()}
            self.grads = {name: np.array(value) for name, value in gradients.items()}
            self.training, self.inside = True, []

        def sublayers(self):
            return self.inside

        def parameters(self):
            for name in self.params:
                yield self, name
            for part in self.inside:
                yield from part.parameters()

        def zero_grad(self):
            for grad in self.grads.values():
                grad[...] = 0.0
            for part in self.inside:
                part.zero_grad()

        def train(self):
            self.training = True

        def eval(self):
            self.training = False

    parts = [Part(params, gradients) for params, gradients in zip(arrays, grads)]
    for k in range(1, len(parts)):
        parts[k - 1].inside.append(parts[k])
    return parts


@in_worker
def arrays_of(student, parts):
    """Copies of all parameters and gradients."""
    copies = [
        ({k: np.array(v) for k, v in p.params.items()}, {k: np.array(v) for k, v in p.grads.items()})
        for p in parts
    ]
    return [params for params, _ in copies], [grads for _, grads in copies]


SHAPES = [
    {},
    {"W": (3, 2), "b": (2,)},
    {"W": (3, 2), "b": (2,), "gamma": (2,), "V": (2, 3)},
    {"W": (2, 1, 2, 2), "b": (2,)},
    {"w": (4, 1), "Wr": (2, 2)},
]


def random_model(student, rng, shapes=SHAPES, dtype=np.float64):
    """Parameters and gradients of nested layers, and these layers there."""
    arrays, grads = (
        [{name: rng.normal(size=s).astype(dtype) for name, s in part.items()} for part in shapes]
        for _ in range(2)
    )
    return arrays, grads, a_model(student, arrays, grads)


def penalty_by_loops(arrays, lam):
    """lam / 2 times the sum of squares of everything with the name W."""
    return 0.5 * lam * sum(float(x) ** 2 for part in arrays if "W" in part for x in part["W"].ravel())


def check_grads(found, arrays, grads, lam, times=1, **tolerances):
    """The gradients of W hold lam * W as well, all others are as before."""
    for part, before, after in zip(arrays, grads, found, strict=True):
        for name, value in before.items():
            extra = times * lam * part[name] if name == "W" else 0.0
            hint = "" if name == "W" else "Only parameters with the name 'W' are punished."
            expect(f'layer.grads["{name}"]', after[name]).close_to(value + extra, hint=hint, **tolerances)


# add_weight_decay ----------------------------------------------------------------------------------------------


@points(1.5, of="add_weight_decay")
def test_decay_returns_the_penalty(student, rng):
    """add_weight_decay returns the penalty of all parameters with the name W, at any depth"""
    for lam in (0.7, 0.02):
        arrays, _, parts = random_model(student, rng)
        got = expect("add_weight_decay(model, lam)", student.add_weight_decay(parts[0], lam))
        got.is_float().close_to(penalty_by_loops(arrays, lam))


@points(1.5, of="add_weight_decay")
def test_decay_adds_its_gradient(student, rng):
    """add_weight_decay adds the gradient of the penalty to the gradient of every W, at any depth"""
    for lam in (0.7, 0.02):
        arrays, grads, parts = random_model(student, rng)
        student.add_weight_decay(parts[0], lam)
        _, found = arrays_of(student, parts)
        for part, before, after in zip(arrays, grads, found, strict=True):
            if "W" in part:
                want = before["W"] + lam * part["W"]
                expect('layer.grads["W"]', after["W"]).close_to(
                    want, hint="Add to what backward has left there."
                )


@points(1, of="add_weight_decay", needs="test_decay_adds_its_gradient")
def test_decay_leaves_other_names_alone(student, rng):
    """biases and parameters of other names are not punished"""
    arrays, grads, parts = random_model(student, rng)
    student.add_weight_decay(parts[0], 0.7)
    _, found = arrays_of(student, parts)
    check_grads(found, arrays, grads, 0.7)


@points(1, of="add_weight_decay", needs="test_decay_adds_its_gradient")
def test_decay_leaves_parameters_alone(student, rng):
    """add_weight_decay changes no parameter; called twice it adds twice"""
    arrays, grads, parts = random_model(student, rng)
    for times in (1, 2):
        student.add_weight_decay(parts[0], 0.4)
        params, found = arrays_of(student, parts)
        check_grads(found, arrays, grads, 0.4, times)
        for before, after in zip(arrays, params, strict=True):
            for name, value in before.items():
                expect(f'layer.params["{name}"]', after[name]).close_to(value, rtol=0, atol=0)


@points(0.5, of="add_weight_decay", needs=("test_decay_returns_the_penalty", "test_decay_adds_its_gradient"))
def test_decay_of_a_single_layer(student, rng):
    """add_weight_decay works for a model that is one layer, and for one without weights, where it returns 0"""
    arrays, grads, parts = random_model(student, rng, [{"W": (2, 3), "b": (3,)}])
    expect("add_weight_decay(model, lam)", student.add_weight_decay(parts[0], 0.4)).close_to(
        penalty_by_loops(arrays, 0.4)
    )
    check_grads(arrays_of(student, parts)[1], arrays, grads, 0.4)
    arrays, grads, parts = random_model(student, rng, [{}, {"b": (3,)}])
    got = expect("add_weight_decay of a model without W", student.add_weight_decay(parts[0], 0.4))
    got.is_float().close_to(0.0)
    check_grads(arrays_of(student, parts)[1], arrays, grads, 0.4)


@points(0.5, of="add_weight_decay", needs=("test_decay_returns_the_penalty", "test_decay_adds_its_gradient"))
def test_decay_of_zero(student, rng):
    """with lam = 0 nothing changes and the value is 0"""
    arrays, grads, parts = random_model(student, rng)
    expect("add_weight_decay(model, 0)", student.add_weight_decay(parts[0], 0)).close_to(0.0)
    check_grads(arrays_of(student, parts)[1], arrays, grads, 0.0)


@in_worker
def train_on_labels(student, X, labels, weights, lam, lr, steps):
    """A network with one hidden layer, all rows in each step, with the student's weight decay."""

    class Net:
        def __init__(self, params, grads, inside):
            self.params, self.grads, self.inside, self.training = params, grads, inside, True

        def sublayers(self):
            return self.inside

        def parameters(self):
            for name in self.params:
                yield self, name
            for part in self.inside:
                yield from part.parameters()

    layers = [
        Net({"W": W.copy(), "b": np.zeros(W.shape[1])}, {"W": 0 * W, "b": np.zeros(W.shape[1])}, [])
        for W in weights
    ]
    model = Net({}, {}, layers)
    first, second = layers
    rows = np.arange(len(X))
    speed = [{name: np.zeros_like(value) for name, value in layer.params.items()} for layer in layers]
    for _ in range(steps):
        h = np.maximum(X @ first.params["W"] + first.params["b"], 0)
        scores = h @ second.params["W"] + second.params["b"]
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        d = e / e.sum(axis=1, keepdims=True)
        d[rows, labels] -= 1
        d /= len(X)
        dh = (d @ second.params["W"].T) * (h > 0)
        first.grads["W"], first.grads["b"] = X.T @ dh, dh.sum(axis=0)
        second.grads["W"], second.grads["b"] = h.T @ d, d.sum(axis=0)
        student.add_weight_decay(model, lam)
        for layer, v in zip(layers, speed):
            for name in v:
                v[name] = 0.9 * v[name] + lr * layer.grads[name]
                layer.params[name] -= v[name]
    return [layer.params[name] for layer in layers for name in ("W", "b")]


def accuracy(call, params, X, labels):
    """Share of the rows that the network with these parameters has right."""
    V, c, W, b = (expect(call, value).array() for value in params)
    return float(np.mean((np.maximum(X @ V + c, 0) @ W + b).argmax(axis=1) == labels))


@points(1, of="add_weight_decay", seconds=20)
def test_decay_against_wrong_labels(student, rng):
    """of 400 digits 40 % have a random label: with weight decay fewer are learned by heart, more others are right"""
    with np.load(DATA / "digits.npz") as data:
        X, y = data["pixels"].reshape(-1, 64) / 16, data["y"].astype(np.int64)
    order = rng.permutation(len(X))
    fit, test = order[:400], order[400:1400]
    labels = np.where(rng.random(400) < 0.4, rng.integers(0, 10, size=400), y[fit])
    weights = [rng.normal(size=(64, 64)) * (2 / 64) ** 0.5, rng.normal(size=(64, 10)) * (2 / 64) ** 0.5]
    plain = train_on_labels(student, X[fit], labels, weights, 0.0, 0.5, 150)
    decay = train_on_labels(student, X[fit], labels, weights, 0.01, 0.5, 150)
    on_test = [accuracy("the trained parameters", params, X[test], y[test]) for params in (plain, decay)]
    on_fit = [accuracy("the trained parameters", params, X[fit], labels) for params in (plain, decay)]
    # 300 seeds: gain 0.15 to 0.34, mean 0.233; cost 0.22 to 0.39
    expect("the test accuracy that weight decay gains", on_test[1] - on_test[0]).at_least(0.03)
    expect("the training accuracy that it costs", on_fit[0] - on_fit[1]).at_least(0.05)


# sgd_decay_step ------------------------------------------------------------------------------------------------


@points(1.5, of="sgd_decay_step")
def test_decay_step_follows_the_formula(student, rng):
    """sgd_decay_step takes lr * lam * w and lr * g away from w"""
    for shape, lr, lam in (((3, 2), 0.3, 0.7), ((5,), 0.01, 3.0), ((2, 2, 3), 2.0, 1.25)):
        w, g = rng.normal(size=shape), rng.normal(size=shape)
        want = [
            a - lr * lam * a - lr * b for a, b in zip(w.ravel().tolist(), g.ravel().tolist(), strict=True)
        ]
        got = expect("sgd_decay_step(w, g, lr, lam)", student.sgd_decay_step(w, g, lr, lam))
        got.close_to(np.reshape(want, shape))


@points(0.5, of="sgd_decay_step")
def test_decay_step_without_decay(student, rng):
    """with lam = 0 it is the plain step of gradient descent, with lr = 0 w stays"""
    w, g = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    expect("sgd_decay_step(w, g, lr, 0)", student.sgd_decay_step(w, g, 0.2, 0)).close_to(w - 0.2 * g)
    expect("sgd_decay_step(w, g, 0, lam)", student.sgd_decay_step(w, g, 0.0, 0.5)).close_to(w)


@points(0.75, of="sgd_decay_step")
def test_decay_step_is_a_step_down_loss_and_penalty(student, rng):
    """step after step it goes where plain steps along the gradient of loss and penalty go"""
    X, y = rng.normal(size=(8, 3)), rng.normal(size=8)
    one = two = rng.normal(size=3)
    for _ in range(5):
        one = expect("w", student.sgd_decay_step(one, X.T @ (X @ one - y) / 8, 0.1, 0.6)).array((3,))
        slope = X.T @ (X @ two - y) / 8 + 0.6 * two
        two = two - 0.1 * slope
        expect("w after some steps", one).close_to(two, hint="The penalty counts once in each step.")


@points(0.75, of="sgd_decay_step", needs="test_decay_step_follows_the_formula")
def test_decay_step_leaves_its_arguments_alone(student, rng):
    """sgd_decay_step changes neither w nor g and returns a new array"""
    w, g = rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
    for lr, lam in ((0.1, 0.5), (0.1, 0.0), (0.0, 0.5), (0.0, 0.0)):
        battery.leaves_arguments_alone("sgd_decay_step(w, g, lr, lam)", student.sgd_decay_step, w, g, lr, lam)
        battery.returns_new_arrays("sgd_decay_step(w, g, lr, lam)", student.sgd_decay_step, w, g, lr, lam)


@points(0.25, of="sgd_decay_step", needs="test_decay_step_follows_the_formula")
def test_decay_step_refuses_other_shapes(student, rng):
    """sgd_decay_step raises ValueError if w and g differ in shape"""
    w = rng.normal(size=(3, 1))
    for g in (rng.normal(size=3), rng.normal(size=(3, 2)), rng.normal(size=(1, 1))):
        refuses(
            "sgd_decay_step with a g of another shape", ValueError, student.sgd_decay_step, w, g, 0.1, 0.5
        )


@points(0.25, of="sgd_decay_step", needs="test_decay_step_follows_the_formula")
def test_decay_step_of_any_array(student, rng):
    """sgd_decay_step keeps float32, converts integers and takes any memory layout"""
    w, g = (rng.integers(-4, 5, size=(4, 3)).astype(float) for _ in range(2))
    battery.keeps_float32("sgd_decay_step(w, g, lr, lam)", student.sgd_decay_step, w, g, 0.3, 0.7)
    battery.accepts_integers("sgd_decay_step(w, g, lr, lam)", student.sgd_decay_step, w, g, 0.3, 0.7)
    battery.accepts_any_layout("sgd_decay_step(w, g, lr, lam)", student.sgd_decay_step, w, g, 0.3, 0.7)
    for one, other in ((np.float32, np.float64), (np.float64, np.float32)):
        got = student.sgd_decay_step(w.astype(one), g.astype(other), 0.3, 0.7)
        expect("sgd_decay_step of float32 and float64 arrays", got).has_dtype(np.float64)


@in_worker
def many_weights_few_rows(student, X, y, w, lam, order):
    """Linear regression in batches of 5; the weights decay, the bias does not."""
    b = np.zeros(1)
    for rows in order.reshape(-1, 5):
        r = X[rows] @ w + b - y[rows]
        w = student.sgd_decay_step(w, X[rows].T @ r / 5, 0.003, lam)
        b = student.sgd_decay_step(b, r.mean(keepdims=True), 0.003, 0.0)
    return w, b


@points(1.5, of="sgd_decay_step", seconds=10)
def test_decay_where_weights_outnumber_rows(student, rng):
    """20 rows and 200 weights: without decay the rows are learned by heart, with lam = 3 the weights become small"""
    X, X_test = rng.normal(size=(20, 200)), rng.normal(size=(100, 200))
    y, y_test = (x @ np.full(200, 0.01) + 0.05 + 0.01 * rng.normal(size=len(x)) for x in (X, X_test))
    order = np.concatenate([rng.permutation(20) for _ in range(100)])
    begin = rng.normal(size=200)
    found = {}
    for lam in (0.0, 3.0):
        w, b = expect("w and b", many_weights_few_rows(student, X, y, begin, lam, order)).unpack("w", "b")
        w, b = w.array((200,)), b.array((1,))
        error = float(np.mean((X_test @ w + b - y_test) ** 2)) / 2
        found[lam] = float(np.linalg.norm(w)), error
    # 300 seeds: norms 11.6 to 15.7 and 0.31 to 0.43; test losses at least 49, and at most 0.19
    # 2 * lam: at most 0.08; lam / 5: at least 5.6
    expect("the norm of w without decay", found[0.0][0]).between(9, 19)
    expect("the norm of w with lam = 3", found[3.0][0]).between(0.25, 0.55, "lam is divided by nothing.")
    expect("the test loss without decay", found[0.0][1]).at_least(20)
    expect("the test loss with lam = 3", found[3.0][1]).at_most(0.5)
