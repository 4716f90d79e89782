"""Hidden tests of ch07: overfits_tiny_batch."""

import numpy as np

from grader import expect, in_worker, points


@in_worker
def verdict(student, X, y, hidden, outputs, options):
    """What overfits_tiny_batch says of a network of ours, and a diary of what it did with it.

    hidden : number of tanh units, 0 for none. flip turns the gradient round, start is the first weight of a net
    without hidden units. kwargs are passed on.
    """
    rng = np.random.default_rng(options.get("seed", 0))
    models = []

    class Net:
        def __init__(self):
            d, width = X.shape[1], hidden or X.shape[1]
            self.params = {
                "V": rng.normal(size=(d, width)) * (2 / (d + width)) ** 0.5 if hidden else np.zeros((0, 0)),
                "c": np.zeros(hidden),
                "W": rng.normal(size=(width, outputs)) * (2 / (width + outputs)) ** 0.5,
                "b": np.zeros(outputs),
            }
            if "start" in options:
                self.params["W"] = np.full((width, outputs), options["start"])
            self.grads = {name: np.zeros_like(value) for name, value in self.params.items()}
            self.training = options.get("training", True)
            self.diary = []

        def __deepcopy__(self, memo):  # whoever works on a copy writes into the same diary
            other = object.__new__(type(self))
            memo[id(self)], memo[id(self.diary)] = other, self.diary
            vars(other).update(__import__("copy").deepcopy(vars(self), memo))
            return other

        def forward(self, x):
            self.diary.append("forward in training" if self.training else "forward in evaluation")
            self.x = x
            self.h = np.tanh(x @ self.params["V"] + self.params["c"]) if hidden else x
            return self.h @ self.params["W"] + self.params["b"]

        def backward(self, dout):
            self.diary.append("backward")
            dout = -dout if options.get("flip") else dout
            self.grads["W"] += self.h.T @ dout
            self.grads["b"] += dout.sum(axis=0)
            if not hidden:
                return dout @ self.params["W"].T
            dz = (dout @ self.params["W"].T) * (1 - self.h**2)
            self.grads["V"] += self.x.T @ dz
            self.grads["c"] += dz.sum(axis=0)
            return dz @ self.params["V"].T

        def sublayers(self):
            return []

        def parameters(self):
            return [(self, name) for name in self.params]

        def zero_grad(self):
            for grad in self.grads.values():
                grad[...] = 0.0

        def train(self):
            self.training = True

        def eval(self):
            self.training = False

    def model_fn():
        models.append(Net())
        return models[-1]

    X0, y0 = X.copy(), y.copy()
    found = student.overfits_tiny_batch(model_fn, X, y, **options.get("kwargs", {}))
    same = bool(np.array_equal(X, X0) and np.array_equal(y, y0))
    return found, len(models), [model.diary for model in models], same


XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
LABELS = np.array([[0.0], [1.0], [1.0], [0.0]])
CALL = "overfits_tiny_batch(model_fn, X, y)"


def says(student, *args, **options):
    """The expectation on the verdict."""
    return expect(CALL, verdict(student, *args, options)[0])


@points(1.5, of="overfits_tiny_batch", seconds=20)
def test_tiny_batch_of_two_classes(student, rng):
    """a 2-8-1 network learns XOR by heart, a linear one does not, and a network with a wrong sign does not"""
    seed = int(rng.integers(2**31))
    # Measured: 2-8-1 has all four right after at most 159 steps in 400 of 400 seeds, and never going uphill.
    says(student, XOR, LABELS, 8, 1, seed=seed).equals(True)
    says(student, XOR, LABELS, 0, 1, seed=seed, kwargs={"steps": 300}).equals(False)
    says(student, XOR, LABELS, 8, 1, seed=seed, flip=True, kwargs={"steps": 300}).equals(False)


@points(1, of="overfits_tiny_batch", seconds=20)
def test_tiny_batch_of_many_classes(student, rng):
    """20 rows of three classes: learned if they differ, not if the same row has two classes"""
    X, y = rng.normal(size=(20, 5)), rng.integers(0, 3, size=20)
    options = {"seed": int(rng.integers(2**31)), "kwargs": {"steps": 400}}
    # Measured: 5-32-3 has all 20 right after at most 206 steps in 400 of 400 seeds.
    says(student, X, y, 32, 3, **options).equals(True)
    X[7], y[7] = X[3], (y[3] + 1) % 3
    says(student, X, y, 32, 3, **options).equals(False)


NEEDS = ("test_tiny_batch_of_two_classes", "test_tiny_batch_of_many_classes")


@points(1, of="overfits_tiny_batch", needs=NEEDS)
def test_tiny_batch_takes_its_steps(student):
    """the number of steps and the learning rate are those asked for"""
    X, y = np.array([[1.0]]), np.array([[1.0]])
    # w + b begins at -5 and rises by about 2 lr a step until it is right above 0
    for kwargs, want in (
        ({"steps": 0}, False),
        ({"steps": 3}, False),
        ({"steps": 12}, True),
        ({"steps": 12, "lr": 0.05}, False),
        ({"steps": 3, "lr": 5.0}, True),
        ({}, True),
    ):
        says(student, X, y, 0, 1, start=-5.0, kwargs=kwargs).equals(want)
    says(student, X, y, 0, 1, start=5.0, kwargs={"steps": 0}).equals(True)
    # One step is enough from -0.1
    says(student, X, y, 0, 1, start=-0.1, kwargs={"steps": 0}).equals(False, "No step at all for steps = 0.")


@points(0.5, of="overfits_tiny_batch", needs=NEEDS)
def test_tiny_batch_modes(student):
    """the model learns in training mode and is judged in eval mode"""
    for before in (True, False):
        options = {"kwargs": {"steps": 3}, "training": before, "start": -5.0}
        _, made, diaries, _ = verdict(student, np.array([[1.0]]), np.array([[1.0]]), 0, 1, options)
        expect("how often model_fn was called", made).equals(1)
        diary = diaries[0]
        taught = [diary[i - 1] for i, event in enumerate(diary) if event == "backward"]
        expect("the forward passes that were learned from", taught).equals(["forward in training"] * 3)
        expect("the last forward pass", diary[-1]).equals("forward in evaluation")


@points(0.25, of="overfits_tiny_batch", needs=NEEDS)
def test_tiny_batch_leaves_its_rows_alone(student):
    """overfits_tiny_batch changes neither X nor y"""
    same = verdict(student, XOR, LABELS, 8, 1, {"kwargs": {"steps": 2}})[3]
    expect(CALL, same).satisfies(same, "it changed X or y.")
