"""Hidden tests of ch12: predictions with dropout switched on."""

import numpy as np

from grader import Rng, expect, in_worker, observe, points, refuses


@in_worker
def a_model(student, rng, offset, spread, columns, depth=2):
    """A model with the interface of chapter 06, nested: it adds noise of its own in training and remembers what
    it was asked, in `inputs`, `modes` and `outputs`. Returns the layers, the model first."""

    class Part:
        def __init__(self, inside):
            self.params, self.grads = {"W": np.full((2, 2), 3.0)}, {"W": np.full((2, 2), 5.0)}
            self.training, self.inside = True, inside

        def sublayers(self):
            return self.inside

        def parameters(self):
            yield self, "W"
            for part in self.inside:
                yield from part.parameters()

        def zero_grad(self):
            self.grads["W"][...] = 0.0

        def train(self):
            self.training = True
            for part in self.inside:
                part.train()

        def eval(self):
            self.training = False
            for part in self.inside:
                part.eval()

    class Model(Part):
        def __init__(self, inside):
            super().__init__(inside)
            self.inputs, self.modes, self.outputs = [], [], []

        def __deepcopy__(self, memo):  # whoever asks a copy is remembered as well
            other = object.__new__(type(self))
            memo[id(self)] = other
            memo.update((id(kept), kept) for kept in (self.inputs, self.modes, self.outputs))
            vars(other).update(__import__("copy").deepcopy(vars(self), memo))
            return other

        def forward(self, x):
            part, modes = self, [self.training]
            while part.inside:
                part = part.inside[0]
                modes.append(part.training)
            self.inputs.append(np.array(x))
            self.modes.append(modes)
            shape = (len(x), *columns)
            noise = rng.normal(size=shape) if part.training else np.zeros(shape)
            out = offset + x.sum(axis=1).reshape(-1, *[1] * len(columns)) + spread * noise
            self.outputs.append(out.copy())
            return out

    parts = []
    for _ in range(depth):
        parts.insert(0, Part(parts[:1]))
    model = Model(parts[:1])
    return [model, *parts]


def predict(student, rng, model, X, T, shape):
    """mean and std of mc_predict as expectations, and the outputs that the model gave."""
    got = expect("mc_predict(model, X, T)", student.mc_predict(model, X, T))
    mean, std = got.unpack("mean", "std")
    outputs = expect("the outputs of the model", model.outputs).sequence(T)
    return mean, std, np.array([expect("an output of the model", out).array(shape) for out in outputs])


def an_rng(rng):
    """A generator for the model, another one in each test."""
    return Rng(int(rng.integers(2**31)))


def spread_by_loops(outputs):
    """Mean and standard deviation over the first axis, one entry at a time; divided by the number of passes."""
    T, shape = len(outputs), outputs.shape[1:]
    mean, std = np.zeros(shape), np.zeros(shape)
    for place in np.ndindex(shape):
        mean[place] = sum(float(out[place]) for out in outputs) / T
        std[place] = (sum((float(out[place]) - mean[place]) ** 2 for out in outputs) / T) ** 0.5
    return mean, std


@points(2, of="mc_predict")
def test_mc_mean_and_std(student, rng):
    """mc_predict returns mean and standard deviation over T passes in training mode, divided by T"""
    for T, n, columns in ((2, 3, (4,)), (7, 1, (2,)), (5, 4, (2, 3))):
        model, *_ = a_model(student, an_rng(rng), 0.5, 1.0, columns)
        mean, std, outputs = predict(student, rng, model, rng.normal(size=(n, 3)), T, (n, *columns))
        want = spread_by_loops(outputs)
        mean.close_to(want[0])
        std.close_to(want[1], hint="Divide by T, and take the root.")


@points(1, of="mc_predict", needs="test_mc_mean_and_std")
def test_mc_passes_are_in_training_mode(student, rng):
    """all T passes take the whole X, with the model and all layers inside in training mode"""
    X = rng.normal(size=(4, 3))
    for begin in ("train", "eval"):
        model, *_ = a_model(student, an_rng(rng), 0.0, 1.0, (2,))
        getattr(model, begin)()
        predict(student, rng, model, X, 6, (4, 2))
        expect("the modes of the layers in the passes", model.modes).equals([[True] * 3] * 6)
        for seen in expect("what the passes were given", model.inputs).sequence(6):
            expect("what a pass was given", seen).close_to(X, rtol=0, atol=0)


@points(1, of="mc_predict", needs="test_mc_mean_and_std")
def test_mc_puts_the_mode_back(student, rng):
    """afterwards the model and all layers inside are in the mode in which they were before"""
    for begin, mode in (("eval", False), ("train", True), ("eval", False)):
        parts = a_model(student, an_rng(rng), 0.0, 1.0, (2,))
        getattr(parts[0], begin)()
        student.mc_predict(parts[0], rng.normal(size=(4, 3)), 3)
        for part in parts:
            hint = "Remember the mode before you switch it."
            expect("training of a layer afterwards", part.training).equals(mode, hint)


@points(0.5, of="mc_predict", needs="test_mc_mean_and_std")
def test_mc_of_one_pass(student, rng):
    """with T = 1 the mean is the pass and std is 0, of the same shape"""
    model, *_ = a_model(student, an_rng(rng), 0.0, 1.0, (3,))
    mean, std, outputs = predict(student, rng, model, rng.normal(size=(2, 3)), 1, (2, 3))
    mean.close_to(outputs[0])
    std.close_to(np.zeros((2, 3)))


@points(0.5, of="mc_predict", needs="test_mc_mean_and_std")
def test_mc_of_a_model_without_chance(student, rng):
    """if all passes are equal std is 0, and of large outputs that differ little it is right as well"""
    model, *_ = a_model(student, an_rng(rng), 0.1, 0.0, (3,))
    mean, std, outputs = predict(student, rng, model, rng.normal(size=(2, 3)), 7, (2, 3))
    mean.close_to(outputs[0])
    std.close_to(np.zeros((2, 3)), atol=1e-12)
    model, *_ = a_model(student, an_rng(rng), 1e6, 1e-2, (3,))
    mean, std, outputs = predict(student, rng, model, rng.normal(size=(2, 3)), 7, (2, 3))
    mean.close_to(spread_by_loops(outputs)[0])
    std.close_to(spread_by_loops(outputs)[1], rtol=1e-5, hint="Take the mean away first, then square.")


@points(0.5, of="mc_predict", needs="test_mc_mean_and_std")
def test_mc_changes_nothing_else(student, rng):
    """mc_predict changes neither X nor a parameter nor a gradient, and uses no generator of its own"""
    parts = a_model(student, an_rng(rng), 0.0, 1.0, (2,))
    seen = observe(student.mc_predict, parts[0], rng.normal(size=(4, 3)), 3)
    call = expect("mc_predict(model, X, T)", seen.value)
    call.satisfies(not seen.modified, "X was changed.")
    call.satisfies(not seen.global_random, "uses a global random generator.")
    for part in parts:
        expect('layer.params["W"]', part.params["W"]).close_to(np.full((2, 2), 3.0), rtol=0, atol=0)
        expect('layer.grads["W"]', part.grads["W"]).close_to(np.full((2, 2), 5.0), rtol=0, atol=0)


@points(0.5, of="mc_predict", needs="test_mc_mean_and_std")
def test_mc_refuses_no_passes(student, rng):
    """mc_predict raises ValueError for a T below 1"""
    model, *_ = a_model(student, an_rng(rng), 0.0, 1.0, (2,))
    for T in (0, -3):
        refuses(
            f"mc_predict(model, X, {T})", ValueError, student.mc_predict, model, rng.normal(size=(4, 3)), T
        )
