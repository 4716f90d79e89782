"""Hidden tests of ch07: Runner saves and loads."""

import numpy as np
import pytest

from grader import expect, in_worker, points


@in_worker
def through_a_file(student, arrays, others, twice):
    """Save a model with these arrays, change it, load it into another model; what each then computes and holds.

    The model is a stack of layers that all name their parameters W and b, nested. The file is an io.BytesIO.
    """

    class Part:
        def __init__(self, values=None, below=()):
            self.params = {} if values is None else {name: np.array(v) for name, v in values.items()}
            self.grads = {name: np.zeros_like(v) for name, v in self.params.items()}
            self.below, self.training = list(below), True

        def forward(self, x):
            for part in self.below:
                x = part.forward(x)
            return np.tanh(x @ self.params["W"] + self.params["b"]) if self.params else x

        def sublayers(self):
            return self.below

        def parameters(self):
            for name in self.params:
                yield self, name
            for part in self.below:
                yield from part.parameters()

        def zero_grad(self):
            pass

        def train(self):
            self.training = True

        def eval(self):
            self.training = False

    class Steps:
        def __init__(self, model):
            self.model = model

        def step(self):
            for layer, name in self.model.parameters():
                layer.params[name] += 0.5

        def zero_grad(self):
            pass

    def loss_fn(scores, y):
        return 1.0, np.zeros_like(scores)

    def a_model(values):
        parts = [Part(v) for v in values]
        return Part(below=[parts[0], Part(below=parts[1:])])

    def held(model):
        return [np.array(layer.params[name]) for layer, name in model.parameters()]

    io = __import__("io")
    X = np.linspace(-1, 1, 12).reshape(4, 3)
    first, second, third = a_model(arrays), a_model(others), a_model(others)
    runners = [student.Runner(m, Steps(m), loss_fn, loss_fn) for m in (first, second, third)]
    file = io.BytesIO()
    runners[0].save(file)
    found = {"after save": held(first), "wanted": runners[0].predict(X)}
    with np.load(io.BytesIO(file.getvalue()), allow_pickle=False) as content:
        found["in the file"] = [np.array(content[key]) for key in content.files]
    for layer, name in first.parameters():
        layer.params[name] += 1.0
    history = (dict(runners[1].history), runners[1].best_loss, runners[1].best_epoch)
    for runner in runners[1:] if twice else runners[1:2]:
        file.seek(0)
        runner.load(file)
    if twice:
        Steps(second).step()
        found["third"] = held(third)
        third_again = io.BytesIO()
        runners[2].save(third_again)
        third_again.seek(0)
        runners[1].load(third_again)
    found["second"] = held(second)
    found["predicted"] = runners[1].predict(X)
    found["same history"] = history == (dict(runners[1].history), runners[1].best_loss, runners[1].best_epoch)
    file.seek(0)
    runners[0].load(file)
    found["first"] = held(first)
    return found


@in_worker
def files_of_a_trained_runner(student, losses):
    """Save a runner whose parameter after epoch e is e and whose dev loss is losses[e - 1]; load it into itself.

    The parameter in the file, the one after a further epoch and load, and what best_loss, best_epoch and history
    were before and after the load.
    """

    class Model:
        def __init__(self):
            self.params, self.grads = {"W": np.zeros((1, 1))}, {"W": np.zeros((1, 1))}
            self.training = True

        def forward(self, X):
            return np.full((len(X), 1), self.params["W"][0, 0])

        def backward(self, dout):
            return dout

        def sublayers(self):
            return []

        def parameters(self):
            return [(self, "W")]

        def zero_grad(self):
            pass

        def train(self):
            self.training = True

        def eval(self):
            self.training = False

    class Steps:
        def step(self):
            model.params["W"] = model.params["W"] + 1.0

        def zero_grad(self):
            pass

    def loss_fn(scores, y):
        return float(([9.0, *losses])[int(scores[0, 0])]), np.zeros_like(scores)

    def metric(scores, y):
        return 0.0

    def known():
        history = {name: list(runner.history[name]) for name in ("train_loss", "dev_loss", "dev_score")}
        return [history, runner.best_loss, runner.best_epoch]

    io = __import__("io")
    model, rows = Model(), np.zeros((2, 1))
    runner, file = student.Runner(model, Steps(), loss_fn, metric), io.BytesIO()
    runner.train(rows, rows, rows, rows, len(losses) - 1)
    runner.save(file)
    with np.load(io.BytesIO(file.getvalue())) as content:
        saved = [np.array(content[key]) for key in content.files]
    runner.train(rows, rows, rows, rows, 1)
    before = known()
    file.seek(0)
    runner.load(file)
    return saved, np.array(model.params["W"]), before, known()


@in_worker
def load_a_misfit(student, arrays, others):
    """Save parameters of one model and load them into another that they do not fit: the error, and what it then holds."""

    class Part:
        def __init__(self, values):
            self.params = {name: np.array(v) for name, v in values.items()}
            self.grads = {name: np.zeros_like(v) for name, v in self.params.items()}
            self.training = True

        def sublayers(self):
            return []

        def parameters(self):
            for name in self.params:
                yield self, name

    io = __import__("io")
    one, two = Part(arrays), Part(others)
    file = io.BytesIO()
    student.Runner(one, None, None, None).save(file)
    file.seek(0)
    try:
        student.Runner(two, None, None, None).load(file)
    except ValueError:
        return "ValueError", two.params
    return "no ValueError", two.params


def some_layers(rng, dtype=np.float64):
    """Parameters of three layers 3-2, 2-2, 2-1, all called W and b."""
    sizes = ((3, 2), (2, 2), (2, 1))
    return [{"W": rng.normal(size=s).astype(dtype), "b": rng.normal(size=s[1]).astype(dtype)} for s in sizes]


def flat(layers):
    """All parameters in order."""
    return [layer[name] for layer in layers for name in ("W", "b")]


def expect_arrays(call, got, want, hint=""):
    """These arrays in this order, exactly."""
    for value, array in zip(expect(call, got).sequence(len(want)), want):
        expect(f"a parameter in {call}", value).close_to(array, rtol=0, atol=0, hint=hint)


@points(2, of="Runner")
def test_load_brings_back_what_save_wrote(student, rng):
    """load puts what save wrote into another model of the same kind, which then computes exactly the same"""
    layers, others = some_layers(rng), some_layers(rng)
    found = through_a_file(student, layers, others, False)
    x = np.linspace(-1, 1, 12).reshape(4, 3)
    for layer in layers:
        x = np.tanh(x @ layer["W"] + layer["b"])
    expect("runner.predict(X)", found["wanted"]).close_to(x)
    hint = "Every parameter of every layer goes into the file, under a name of its own."
    expect_arrays("the model after load", found["second"], flat(layers), hint)
    expect("runner.predict(X) after load", found["predicted"]).close_to(found["wanted"], rtol=0, atol=0)
    expect_arrays("the model that was saved, after load", found["first"], flat(layers))


NEEDS = "test_load_brings_back_what_save_wrote"


@points(0.5, of="Runner", needs=NEEDS)
def test_save_changes_nothing(student, rng):
    """save leaves the model alone, and load leaves history and best model alone"""
    layers = some_layers(rng)
    found = through_a_file(student, layers, some_layers(rng), False)
    expect_arrays("the model after save", found["after save"], flat(layers))
    same = found["same history"]
    expect("runner.load(file)", same).satisfies(same, "it changed history, best_loss or best_epoch.")


@points(0.5, of="Runner", needs=NEEDS)
def test_files_of_a_trained_runner(student):
    """save writes the parameters as they are now, not the best; load leaves history and the best epoch alone"""
    saved, loaded, before, after = files_of_a_trained_runner(student, [5.0, 1.0, 4.0, 3.0])
    there = any(np.array_equal(array, [[3.0]]) for array in saved)
    words = "the parameter as it is after the third epoch, 3, is not in it. The best one was 2."
    expect("the file after three epochs", saved).satisfies(there, words)
    expect("the parameter after another epoch and load", loaded).close_to([[3.0]], rtol=0, atol=0)
    expect("history, best_loss and best_epoch after load", after).equals(before)
    expect("best_epoch", after[2]).equals(2)


@points(1, of="Runner", needs=NEEDS)
def test_file_holds_plain_arrays(student, rng):
    """the file is a npz with all parameters as plain arrays, biases included, float32 as float32"""
    for dtype in (np.float64, np.float32):
        layers = some_layers(rng, dtype)
        found = through_a_file(student, layers, some_layers(rng, dtype), False)["in the file"]
        for want in flat(layers):
            there = any(
                a.dtype == want.dtype and a.shape == want.shape and np.array_equal(a, want) for a in found
            )
            expect("the file", there).satisfies(
                there, "a parameter is missing, or is not there exactly as it was."
            )


@points(0.75, of="Runner", needs=NEEDS)
def test_loaded_models_share_nothing(student, rng):
    """two models that load the same file do not move together afterwards"""
    layers = some_layers(rng)
    found = through_a_file(student, layers, some_layers(rng), True)
    hint = "Each model gets copies."
    expect_arrays("a model after a step of another one", found["third"], flat(layers), hint)
    expect_arrays("the model after another load", found["second"], flat(layers), hint)


@pytest.mark.parametrize("what", ["more rows", "a row to broadcast", "fewer", "turned"])
@points(0.25, of="Runner", needs=NEEDS)
def test_load_refuses_another_model(student, rng, what):
    """load raises ValueError for parameters of another model and leaves this one as it was"""
    shapes = {"a": (2,), "W": (3, 2), "b": (2,)}
    mine = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    shapes |= {"more rows": {"W": (4, 2)}, "a row to broadcast": {"W": (1, 2)}, "turned": {"W": (2, 3)}}.get(
        what, {}
    )
    other = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    if what == "fewer":
        del other["b"]
    outcome, after = load_a_misfit(student, other, mine)
    expect("load of parameters that do not fit", outcome).equals("ValueError")
    for name, array in mine.items():
        expect("a parameter after the refused load", after[name]).close_to(array, rtol=0, atol=0)
