"""Hidden tests of ch10: RMSProp and Adam (bonus)."""

import math

import numpy as np

from grader import expect, in_worker, observe, points

# What the tests of this file and of test_steps.py have in common is written twice: test files stand alone.


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
    shapes = [{}, {"W": (3, 2), "b": (2,)}, {"W": (3, 2), "b": (2,), "gamma": (2,)}, {"W": (1, 4)}]
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


def rmsprop_path(values, gradients, lr, decay=0.99, eps=1e-8):
    """RMSProp as written, one number at a time; lr is one number, or one for each step."""
    w = [[float(x) for x in value.ravel()] for value in values]
    s = [[0.0] * value.size for value in values]
    path = []
    rates = lr if isinstance(lr, list) else [lr] * len(gradients)
    for rate, each in zip(rates, gradients):
        for k, gradient in enumerate(each):
            for i, g in enumerate(gradient.ravel()):
                s[k][i] = decay * s[k][i] + (1 - decay) * float(g) * float(g)
                w[k][i] -= rate * float(g) / (math.sqrt(s[k][i]) + eps)
        path.append([np.reshape(row, value.shape) for row, value in zip(w, values)])
    return path


def adam_path(values, gradients, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Adam as written, one number at a time; lr is one number, or one for each step."""
    w = [[float(x) for x in value.ravel()] for value in values]
    m = [[0.0] * value.size for value in values]
    v = [[0.0] * value.size for value in values]
    path = []
    rates = lr if isinstance(lr, list) else [lr] * len(gradients)
    for t, (rate, each) in enumerate(zip(rates, gradients), 1):
        for k, gradient in enumerate(each):
            for i, g in enumerate(gradient.ravel()):
                m[k][i] = beta1 * m[k][i] + (1 - beta1) * float(g)
                v[k][i] = beta2 * v[k][i] + (1 - beta2) * float(g) * float(g)
                m_hat = m[k][i] / (1 - beta1**t)
                v_hat = v[k][i] / (1 - beta2**t)
                w[k][i] -= rate * m_hat / (math.sqrt(v_hat) + eps)
        path.append([np.reshape(row, value.shape) for row, value in zip(w, values)])
    return path


PATHS = {"RMSProp": rmsprop_path, "Adam": adam_path}


def compare_paths(call, names, got, want, hint="", **tolerances):
    """Parameter after parameter, step after step."""
    for step, (one, two) in enumerate(zip(got, want, strict=True), 1):
        for name, value, expected in zip(names, one, two, strict=True):
            words = f'params["{name}"] after step {step} of {call}'
            expect(words, value).close_to(expected, hint=hint, **tolerances)


def check_path(student, rng, optimizer, lr, scale=1.0, steps=5, dtype=np.float64, **options):
    """Some steps of an optimizer of the student's against the formula."""
    arrays = start(rng, dtype)
    names, values = flat(arrays)
    gradients = [[scale * g for g in each] for each in random_gradients(rng, values, steps)]
    parts = a_model(student, arrays)
    opt = getattr(student, optimizer)(parts[0], lr=lr, **options)
    got = walk(student, parts, opt, gradients)
    tolerances = {} if dtype == np.float64 else {"rtol": 1e-5, "atol": 1e-5}
    want = PATHS[optimizer](values, gradients, lr, **options)
    compare_paths(optimizer, names, got["params"], want, **tolerances)
    return got, gradients


def check_house_rules(student, rng, optimizer):
    """Arrays stay the same objects, gradients stay as they are, float32 stays float32, lr may change."""
    got, gradients = check_path(student, rng, optimizer, 0.1)
    words = "the arrays in params are other objects after a step. Change them in place."
    expect(f"{optimizer}.step()", None).satisfies(got["same"], words)
    for after, before in zip(got["grads"], gradients, strict=True):
        for one, two in zip(after, before, strict=True):
            hint = "step() leaves grads as they are."
            expect("a gradient after a step", one).close_to(two, rtol=0, atol=0, hint=hint)
    got, _ = check_path(student, rng, optimizer, 0.1, dtype=np.float32)
    for value in got["params"][-1]:
        expect("a float32 parameter after a step", value).has_dtype(np.float32)
    arrays = start(rng)
    names, values = flat(arrays)
    gradients, rates = random_gradients(rng, values, 3), [0.5, 0.1, 0.02]
    parts = a_model(student, arrays)
    opt = getattr(student, optimizer)(parts[0], lr=rates[0])
    path = []
    for rate, gradient in zip(rates, gradients):
        opt.lr = rate
        path += walk(student, parts, opt, [gradient])["params"]
    compare_paths(f"{optimizer} with another lr", names, path, PATHS[optimizer](values, gradients, rates))


def check_shared_nothing(student, rng, optimizer):
    """Two optimizers with a model each, stepping in turn."""
    both = []
    for _ in range(2):
        arrays = start(rng)
        names, values = flat(arrays)
        parts = a_model(student, arrays)
        opt = getattr(student, optimizer)(parts[0], lr=0.1)
        both.append((parts, opt, names, values, random_gradients(rng, values, 3)))
    found = [[], []]
    for step in range(3):
        for which, (parts, opt, _, _, gradients) in enumerate(both):
            found[which] += walk(student, parts, opt, gradients[step : step + 1])["params"]
    for got, (_, _, names, values, gradients) in zip(found, both):
        compare_paths(f"{optimizer} beside another one", names, got, PATHS[optimizer](values, gradients, 0.1))
    # A new optimizer for the first model: it begins without a memory, where the first one is now
    parts, _, names, _, gradients = both[0]
    again = walk(student, parts, getattr(student, optimizer)(parts[0], lr=0.1), gradients)["params"]
    want = PATHS[optimizer]([np.asarray(value) for value in found[0][-1]], gradients, 0.1)
    compare_paths(f"a second {optimizer} of the same model", names, again, want)


def check_some_zero_gradients(student, rng, optimizer):
    """Steps of which some have no gradient: what is remembered goes on."""
    arrays = start(rng)
    names, values = flat(arrays)
    gradients = with_zeros(random_gradients(rng, values, 4))
    parts = a_model(student, arrays)
    got = walk(student, parts, getattr(student, optimizer)(parts[0], lr=0.1), gradients)["params"]
    want = PATHS[optimizer](values, gradients, 0.1)
    compare_paths(optimizer, names, got, want, hint="A gradient of 0 is a gradient as any other.")


def check_zero_gradients(student, rng, optimizer):
    """Where no gradient ever came, nothing moves and nothing is divided by zero."""
    W = rng.normal(size=(2, 3))
    parts = a_model(student, [{"W": W}])
    opt = getattr(student, optimizer)(parts[0], lr=0.1)
    for _ in range(2):
        seen = observe(opt.step)
        expect("warnings of a step without gradient", [text for _, text, _ in seen.warnings]).equals([])
    expect('params["W"] after steps without gradient', parts[0].params["W"]).close_to(W)


# RMSProp -------------------------------------------------------------------------------------------------------


@points(1.5, of="RMSProp", bonus=True)
def test_rmsprop_follows_the_formula(student, rng):
    """RMSProp agrees with the formula over several steps, for every parameter"""
    check_path(student, rng, "RMSProp", 0.1, scale=1e4, decay=0.9)


@points(0.5, of="RMSProp", bonus=True)
def test_rmsprop_defaults(student, rng):
    """RMSProp has decay 0.99 and eps 1e-8 unless told otherwise"""
    check_path(student, rng, "RMSProp", 0.01, scale=1e-7)


@points(0.75, of="RMSProp", bonus=True, needs="test_rmsprop_follows_the_formula")
def test_rmsprop_eps_stands_outside_of_the_root(student, rng):
    """RMSProp adds eps to the root, not under it, and moves nothing where the gradient is 0"""
    check_path(student, rng, "RMSProp", 0.1, scale=1e-3, decay=0.9, eps=1e-3)
    check_zero_gradients(student, rng, "RMSProp")


@points(0.75, of="RMSProp", bonus=True, needs="test_rmsprop_follows_the_formula")
def test_rmsprop_keeps_the_rules_of_all_optimizers(student, rng):
    """RMSProp works in place, leaves gradients alone, keeps float32 and uses the lr of the moment"""
    check_house_rules(student, rng, "RMSProp")


@points(0.25, of="RMSProp", bonus=True, needs="test_rmsprop_follows_the_formula")
def test_rmsprop_goes_on_without_a_gradient(student, rng):
    """where the gradient is 0 its usual size shrinks"""
    check_some_zero_gradients(student, rng, "RMSProp")


@points(0.5, of="RMSProp", bonus=True, needs="test_rmsprop_follows_the_formula")
def test_rmsprops_share_nothing(student, rng):
    """two RMSProp optimizers share nothing"""
    check_shared_nothing(student, rng, "RMSProp")


# Adam ----------------------------------------------------------------------------------------------------------


@points(2, of="Adam", bonus=True)
def test_adam_follows_the_formula(student, rng):
    """Adam agrees with the formula over several steps, for every parameter"""
    check_path(student, rng, "Adam", 0.1, scale=1e4, steps=8, beta1=0.8, beta2=0.95)


@points(0.5, of="Adam", bonus=True)
def test_adam_defaults(student, rng):
    """Adam has beta1 0.9, beta2 0.999 and eps 1e-8 unless told otherwise"""
    check_path(student, rng, "Adam", 0.01, scale=1e-7, steps=4)


@points(1, of="Adam", bonus=True)
def test_adam_first_step_is_lr(student, rng):
    """the first step of Adam moves every entry by lr against its gradient, large or small"""
    W = rng.normal(size=(2, 3))
    g = rng.choice([-1.0, 1.0], size=(2, 3)) * np.array([[1e-3, 0.1, 1.0], [10.0, 1e3, 1e5]])
    parts = a_model(student, [{"W": W}])
    opt = student.Adam(parts[0], lr=0.05)
    got = walk(student, parts, opt, [[g]])["params"][0][0]
    hint = "t is 1 in the first step, and the correction is a division by 1 - beta^t."
    expect('params["W"] after step 1 of Adam', got).close_to(W - 0.05 * np.sign(g), atol=1e-6, hint=hint)


@points(1, of="Adam", bonus=True, needs="test_adam_follows_the_formula")
def test_adam_counts_steps_not_parameters(student, rng):
    """Adam does the same with a parameter alone as with the same parameter among others"""
    W, g = rng.normal(size=(2, 3)), rng.normal(size=(6, 2, 3))
    others = [{"b": np.zeros(2)}, {"W": W}, {"W": np.ones((4, 1)), "b": np.ones(1)}]
    parts = a_model(student, others)
    opt = student.Adam(parts[0], lr=0.1)
    zeros = [np.zeros(2), None, np.zeros((4, 1)), np.zeros(1)]
    path = walk(student, parts, opt, [[zeros[0], each, *zeros[2:]] for each in g])["params"]
    want = adam_path([W], [[each] for each in g], 0.1)
    hint = "t grows by one in each step, not with each parameter."
    compare_paths("Adam", ["W"], [each[1:2] for each in path], want, hint=hint)


@points(0.5, of="Adam", bonus=True, needs="test_adam_follows_the_formula")
def test_adam_eps_stands_outside_of_the_root(student, rng):
    """Adam adds eps to the root, not under it, and moves nothing where the gradient is 0"""
    check_path(student, rng, "Adam", 0.1, scale=1e-3, eps=1e-3)
    check_zero_gradients(student, rng, "Adam")


@points(0.75, of="Adam", bonus=True, needs="test_adam_follows_the_formula")
def test_adam_keeps_the_rules_of_all_optimizers(student, rng):
    """Adam works in place, leaves gradients alone, keeps float32 and uses the lr of the moment"""
    check_house_rules(student, rng, "Adam")


@points(0.25, of="Adam", bonus=True, needs="test_adam_follows_the_formula")
def test_adam_goes_on_without_a_gradient(student, rng):
    """where the gradient is 0 the averages go on, and so do the steps"""
    check_some_zero_gradients(student, rng, "Adam")


@points(0.5, of="Adam", bonus=True, needs="test_adam_follows_the_formula")
def test_adams_share_nothing(student, rng):
    """two Adam optimizers share nothing"""
    check_shared_nothing(student, rng, "Adam")
