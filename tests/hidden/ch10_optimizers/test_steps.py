"""Hidden tests of ch10: SGD and Momentum."""

import numpy as np

from grader import expect, in_worker, points

# What the tests of this file and of test_bonus.py have in common is written twice: test files stand alone.


@in_worker
def a_model(student, arrays):
    """A model with the interface of chapter 06: arrays[0] are its own parameters, arrays[1] those of a layer in
    it, arrays[2] those of a layer in that layer, and so on. Returns the layers, the model first."""

    class Part:
        def __init__(self, params):
            self.params = {name: np.array(value) for name, value in params.items()}
            self.grads = {name: np.zeros_like(value) for name, value in params.items()}
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

    parts = [Part(params) for params in arrays]
    for k in range(1, len(parts)):
        parts[k - 1].inside.append(parts[k])
    return parts


@in_worker
def walk(student, parts, optimizer, gradients):
    """Fill the gradients in, in place as a backward pass does, and take a step; again for each of `gradients`.

    Returns the parameters and the gradients after each step, and whether the arrays stayed the same objects.
    """
    places = [(part, name) for part in parts for name in part.params]
    kept = [part.params[name] for part, name in places]
    params, grads = [], []
    for each in gradients:
        for (part, name), gradient in zip(places, each):
            part.grads[name][...] = gradient
        optimizer.step()
        params.append([np.array(part.params[name]) for part, name in places])
        grads.append([np.array(part.grads[name]) for part, name in places])
    same = all(part.params[name] is array for (part, name), array in zip(places, kept))
    return {"params": params, "grads": grads, "same": same}


def start(rng, dtype=np.float64):
    """Parameters of four layers, one inside the other; two have the same names and shapes, one has none."""
    shapes = [{}, {"W": (3, 2), "b": (2,)}, {"W": (3, 2), "b": (2,), "gamma": (2, 2)}, {"W": (4,)}]
    return [{name: rng.normal(size=s).astype(dtype) for name, s in part.items()} for part in shapes]


def flat(arrays):
    """The parameters in the order of model.parameters(): their names and the arrays."""
    return [name for part in arrays for name in part], [value for part in arrays for value in part.values()]


def random_gradients(rng, values, steps):
    """A random gradient for every parameter, for each of some steps."""
    return [[rng.normal(size=value.shape) for value in values] for _ in range(steps)]


def with_zeros(gradients):
    """The same, but all zero in the second step, and in the third the first entry of each."""
    second, third = gradients[1:3]
    for zero, some in zip(second, third, strict=True):
        zero[...], some.flat[0] = 0.0, 0.0
    return gradients


def sgd_path(names, values, gradients, lr, weight_decay=0.0, rho=0.0):
    """SGD and Momentum as written, one number at a time; lr is one number, or one for each step."""
    w = [[float(x) for x in value.ravel()] for value in values]
    v = [[0.0] * value.size for value in values]
    path = []
    rates = lr if isinstance(lr, list) else [lr] * len(gradients)
    for rate, each in zip(rates, gradients):
        for k, gradient in enumerate(each):
            for i, g in enumerate(gradient.ravel()):
                g = float(g) + (weight_decay * w[k][i] if names[k] == "W" else 0.0)
                v[k][i] = rho * v[k][i] + rate * g
                w[k][i] -= v[k][i]
        path.append([np.reshape(row, value.shape) for row, value in zip(w, values)])
    return path


def compare_paths(call, names, got, want, hint="", **tolerances):
    """Parameter after parameter, step after step."""
    for step, (one, two) in enumerate(zip(got, want, strict=True), 1):
        for name, value, expected in zip(names, one, two, strict=True):
            words = f'params["{name}"] after step {step} of {call}'
            expect(words, value).close_to(expected, hint=hint, **tolerances)


def check_path(student, rng, optimizer, lr, **options):
    """Five steps of an optimizer of the student's against the formula."""
    arrays = start(rng)
    names, values = flat(arrays)
    gradients = random_gradients(rng, values, 5)
    parts = a_model(student, arrays)
    opt = getattr(student, optimizer)(parts[0], lr=lr, **options)
    got = walk(student, parts, opt, gradients)
    if optimizer == "Momentum":
        options = {"rho": 0.9, **options}
    compare_paths(optimizer, names, got["params"], sgd_path(names, values, gradients, lr, **options))
    return got, gradients


def check_grads(names, got, gradients):
    """The gradients after each step are those before it."""
    compare = zip(got["grads"], gradients, strict=True)
    for step, (after, before) in enumerate(compare, 1):
        for name, one, two in zip(names, after, before, strict=True):
            words = f'grads["{name}"] after step {step}'
            hint = "step() leaves grads as they are; make a new array for g."
            expect(words, one).close_to(two, rtol=0, atol=0, hint=hint)


def check_shared_nothing(student, rng, optimizer, **options):
    """Two optimizers with a model each, stepping in turn."""
    call = f"{optimizer} beside another one"
    both = []
    for _ in range(2):
        arrays = start(rng)
        names, values = flat(arrays)
        parts = a_model(student, arrays)
        opt = getattr(student, optimizer)(parts[0], lr=0.1, **options)
        both.append((parts, opt, names, values, random_gradients(rng, values, 3)))
    found = [[], []]
    for step in range(3):
        for which, (parts, opt, _, _, gradients) in enumerate(both):
            found[which] += walk(student, parts, opt, gradients[step : step + 1])["params"]
    for got, (_, _, names, values, gradients) in zip(found, both):
        compare_paths(call, names, got, sgd_path(names, values, gradients, 0.1, **options))
    # A new optimizer for the first model: it begins without a memory, where the first one is now
    parts, _, names, _, gradients = both[0]
    fresh = getattr(student, optimizer)(parts[0], lr=0.1, **options)
    again = walk(student, parts, fresh, gradients)["params"]
    want = sgd_path(names, [np.asarray(value) for value in found[0][-1]], gradients, 0.1, **options)
    compare_paths(f"a second {optimizer} of the same model", names, again, want)


def check_new_arrays(student, rng, optimizer, **options):
    """Between two steps somebody puts new arrays in the place of params and grads."""
    W, new_W = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    g1, g2, g3 = rng.normal(size=(3, 2, 3))
    parts = a_model(student, [{"W": W}])
    opt = getattr(student, optimizer)(parts[0], lr=0.1, **options)
    walk(student, parts, opt, [[g1]])
    parts[0].params["W"] = new_W
    parts[0].grads["W"] = g2
    opt.step()
    rho = options.get("rho", 0.0)
    v = rho * 0.1 * g1 + 0.1 * g2
    hint = "step() reads layer.params and layer.grads each time."
    got = parts[0].params["W"]
    expect('params["W"] after a new array was put there and a step', got).close_to(new_W - v, hint=hint)
    got = walk(student, parts, opt, [[g3]])["params"][0][0]
    want = new_W - v - (rho * v + 0.1 * g3)
    expect('params["W"] after one more step', got).close_to(want, hint=hint)


def check_float32(student, rng, optimizer, **options):
    """float32 parameters and gradients stay float32."""
    arrays = start(rng, np.float32)
    names, values = flat(arrays)
    gradients = random_gradients(rng, values, 3)
    parts = a_model(student, arrays)
    opt = getattr(student, optimizer)(parts[0], lr=0.1, weight_decay=0.5, **options)
    got = walk(student, parts, opt, gradients)
    for value in got["params"][-1]:
        expect("a float32 parameter after a step", value).has_dtype(np.float32)
    want = sgd_path(names, values, gradients, 0.1, weight_decay=0.5, **options)
    compare_paths(f"{optimizer} in float32", names, got["params"], want, rtol=1e-5, atol=1e-5)


def check_decay_and_lr(student, rng, optimizer, **options):
    """Steps with weight decay, each with another lr."""
    arrays = start(rng)
    names, values = flat(arrays)
    gradients, rates = random_gradients(rng, values, 3), [0.5, 0.1, 0.3]
    parts = a_model(student, arrays)
    opt = getattr(student, optimizer)(parts[0], lr=rates[0], weight_decay=0.4, **options)
    got = []
    for rate, gradient in zip(rates, gradients):
        opt.lr = rate
        got += walk(student, parts, opt, [gradient])["params"]
    want = sgd_path(names, values, gradients, rates, weight_decay=0.4, **options)
    compare_paths(optimizer, names, got, want, hint="g = gradient + weight_decay * w, times the lr of now.")


def check_zero_gradients(student, rng, optimizer, **options):
    """Steps of which some have no gradient: what is remembered, and the decay, go on."""
    arrays = start(rng)
    names, values = flat(arrays)
    gradients = with_zeros(random_gradients(rng, values, 4))
    parts = a_model(student, arrays)
    opt = getattr(student, optimizer)(parts[0], lr=0.1, weight_decay=0.4, **options)
    got = walk(student, parts, opt, gradients)["params"]
    want = sgd_path(names, values, gradients, 0.1, weight_decay=0.4, **options)
    compare_paths(optimizer, names, got, want, hint="A gradient of 0 is a gradient as any other.")


# SGD -----------------------------------------------------------------------------------------------------------


@points(1.5, of="SGD")
def test_sgd_follows_the_formula(student, rng):
    """SGD takes every parameter of every layer lr times its gradient down, step after step"""
    check_path(student, rng, "SGD", 0.3)


@points(1, of="SGD")
def test_sgd_weight_decay(student, rng):
    """weight decay pulls on parameters with the name W and on no other"""
    check_path(student, rng, "SGD", 0.3, weight_decay=0.2)


@points(0.5, of="SGD", needs="test_sgd_weight_decay")
def test_sgd_leaves_gradients_alone(student, rng):
    """SGD does not change the gradients, with weight decay neither"""
    got, gradients = check_path(student, rng, "SGD", 0.3, weight_decay=0.2)
    check_grads(flat(start(rng))[0], got, gradients)


@points(0.75, of="SGD", needs="test_sgd_follows_the_formula")
def test_sgd_steps_in_place(student, rng):
    """SGD changes the arrays in params, it does not put others there"""
    got, _ = check_path(student, rng, "SGD", 0.3)
    words = "the arrays in params are other objects after a step. Change them in place."
    expect("SGD.step()", None).satisfies(got["same"], words)


@points(0.5, of="SGD", needs="test_sgd_follows_the_formula")
def test_sgd_reads_params_at_the_time_of_the_step(student, rng):
    """SGD works on the arrays that are in params and grads now"""
    check_new_arrays(student, rng, "SGD")


@points(0.5, of="SGD", needs="test_sgd_follows_the_formula")
def test_sgd_learning_rate_may_change(student, rng):
    """SGD uses the lr of the moment"""
    arrays = start(rng)
    names, values = flat(arrays)
    gradients, rates = random_gradients(rng, values, 3), [0.5, 0.1, 0.02]
    parts = a_model(student, arrays)
    opt = student.SGD(parts[0], lr=rates[0])
    got = []
    for rate, gradient in zip(rates, gradients):
        opt.lr = rate
        got += walk(student, parts, opt, [gradient])["params"]
    compare_paths("SGD", names, got, sgd_path(names, values, gradients, rates))


@points(0.25, of="SGD", needs=("test_sgd_learning_rate_may_change", "test_sgd_weight_decay"))
def test_sgd_weight_decay_with_another_learning_rate(student, rng):
    """the decay of a step is that of the lr of the moment as well"""
    check_decay_and_lr(student, rng, "SGD")


@points(0.25, of="SGD", needs="test_sgd_weight_decay")
def test_sgd_decays_without_a_gradient(student, rng):
    """where the gradient is 0 the weights decay all the same"""
    check_zero_gradients(student, rng, "SGD")


@points(0.25, of="SGD", needs="test_sgd_weight_decay")
def test_sgd_keeps_float32(student, rng):
    """SGD keeps float32 parameters in float32"""
    check_float32(student, rng, "SGD")


# Momentum ------------------------------------------------------------------------------------------------------


@points(2, of="Momentum")
def test_momentum_follows_the_formula(student, rng):
    """Momentum agrees with the formula over several steps, for every parameter"""
    check_path(student, rng, "Momentum", 0.3, rho=0.8)


@points(0.5, of="Momentum")
def test_momentum_has_rho_0_9_by_default(student, rng):
    """Momentum has rho = 0.9 unless told otherwise"""
    check_path(student, rng, "Momentum", 0.05)


@points(1, of="Momentum")
def test_momentum_weight_decay(student, rng):
    """weight decay goes into the gradient, before the velocity, and for W only"""
    check_path(student, rng, "Momentum", 0.3, rho=0.7, weight_decay=0.2)


@points(1, of="Momentum", needs="test_momentum_weight_decay")
def test_momentum_leaves_gradients_alone(student, rng):
    """Momentum does not change the gradients, and its velocity is no alias of one"""
    got, gradients = check_path(student, rng, "Momentum", 0.3, rho=0.7, weight_decay=0.2)
    check_grads(flat(start(rng))[0], got, gradients)
    got, gradients = check_path(student, rng, "Momentum", 1.0, rho=0.7)
    check_grads(flat(start(rng))[0], got, gradients)


@points(1, of="Momentum")
def test_momentum_reaches_its_terminal_step(student, rng):
    """with a constant gradient the step grows to lr * g / (1 - rho)"""
    g = rng.uniform(1.0, 3.0, size=(2, 2)) * np.array([[1.0, -1.0], [-1.0, 1.0]])
    parts = a_model(student, [{"W": np.zeros((2, 2))}])
    opt = student.Momentum(parts[0], lr=0.1, rho=0.9)
    path = walk(student, parts, opt, [[g]] * 300)["params"]
    steps = -np.diff([expect("params['W']", each[0]).array((2, 2)) for each in path], axis=0)
    expect("the second step", steps[0]).close_to(0.19 * g)
    expect("the step after 300 steps", steps[-1]).close_to(1.0 * g, rtol=1e-6, hint="lr * g / (1 - rho)")


@points(0.5, of="Momentum", needs="test_momentum_follows_the_formula")
def test_momentum_without_rho_is_sgd(student, rng):
    """Momentum with rho = 0 takes the steps of SGD"""
    check_path(student, rng, "Momentum", 0.3, rho=0.0, weight_decay=0.2)


@points(0.75, of="Momentum", needs="test_momentum_follows_the_formula")
def test_momentum_learning_rate_may_change(student, rng):
    """lr stands inside the velocity: a new lr leaves the remembered step as it is"""
    arrays = start(rng)
    names, values = flat(arrays)
    gradients, rates = random_gradients(rng, values, 4), [0.5, 0.1, 0.02, 0.3]
    parts = a_model(student, arrays)
    opt = student.Momentum(parts[0], lr=rates[0], rho=0.8)
    got = []
    for rate, gradient in zip(rates, gradients):
        opt.lr = rate
        got += walk(student, parts, opt, [gradient])["params"]
    want = sgd_path(names, values, gradients, rates, rho=0.8)
    compare_paths("Momentum", names, got, want, hint="v = rho * v + lr * g, then w = w - v.")


@points(0.25, of="Momentum", needs=("test_momentum_learning_rate_may_change", "test_momentum_weight_decay"))
def test_momentum_weight_decay_with_another_learning_rate(student, rng):
    """the decay goes into the velocity with the lr of the moment"""
    check_decay_and_lr(student, rng, "Momentum", rho=0.8)


@points(0.75, of="Momentum", needs="test_momentum_follows_the_formula")
def test_momentum_steps_in_place(student, rng):
    """Momentum changes the arrays in params, and works on those that are there now"""
    got, _ = check_path(student, rng, "Momentum", 0.3, rho=0.5)
    words = "the arrays in params are other objects after a step. Change them in place."
    expect("Momentum.step()", None).satisfies(got["same"], words)
    check_new_arrays(student, rng, "Momentum", rho=0.6)


@points(0.75, of="Momentum", needs="test_momentum_follows_the_formula")
def test_momentums_share_nothing(student, rng):
    """two Momentum optimizers share no velocity"""
    check_shared_nothing(student, rng, "Momentum", rho=0.9)


@points(0.5, of="Momentum", needs="test_momentum_weight_decay")
def test_momentum_rolls_on_without_a_gradient(student, rng):
    """where the gradient is 0 the last step goes on, by rho shorter, and the weights decay"""
    check_zero_gradients(student, rng, "Momentum", rho=0.8)


@points(0.25, of="Momentum", needs="test_momentum_weight_decay")
def test_momentum_keeps_float32(student, rng):
    """Momentum keeps float32 parameters in float32"""
    check_float32(student, rng, "Momentum", rho=0.9)


@in_worker
def ravine(student, parts, optimizer, curvature, steps):
    """Minimise sum(curvature * w^2) / 2."""
    w = parts[0].params["W"]
    for _ in range(steps):
        parts[0].grads["W"][...] = curvature * w
        optimizer.step()
    return np.array(parts[0].params["W"])


@points(1, of="Momentum", needs="test_momentum_follows_the_formula")
def test_momentum_beats_descent_in_a_ravine(student, rng):
    """in a ravine, curvatures 1 and 100, momentum has a 10000 times lower loss after 200 steps"""
    curvature = np.array([[1.0, 100.0]])
    begin = rng.choice([-1.0, 1.0], size=(1, 2)) * rng.uniform(0.8, 1.2, size=(1, 2))
    parts = a_model(student, [{"W": begin}])
    opt = student.Momentum(parts[0], lr=0.01, rho=0.9)
    end = expect("w after 200 steps of Momentum", ravine(student, parts, opt, curvature, 200)).array((1, 2))
    # plain descent with its best rate, 2 / (1 + 100): both entries shrink by 99/101 in each step, 0.018 in all;
    # momentum: by sqrt(0.9) on the average. From (1, 1): loss 0.017 and 1.5e-8.
    plain = begin * (99 / 101) ** 200
    near, far = (float(np.sum(curvature * w**2) / 2) for w in (end, plain))
    expect("the loss after 200 steps of Momentum", near).at_most(far / 1e4)
