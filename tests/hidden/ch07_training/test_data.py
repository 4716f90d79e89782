"""Hidden tests of ch07: make_xor, make_moons and decision_grid."""

import math

import numpy as np
import pytest

from grader import Rng, battery, expect, fetch, in_worker, observe, points

# make_xor ------------------------------------------------------------------------------------------------------


@in_worker
def xor_after_a_change(student):
    """The second answer of make_xor, after the first was overwritten."""
    X, y = student.make_xor()
    X[...], y[...] = 7.0, 7.0
    return student.make_xor()


def expect_xor(call, value):
    """The four points and their labels."""
    X, y = expect(call, value).unpack("X", "y")
    X.has_dtype(np.float64).close_to([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], rtol=0, atol=0)
    y.has_dtype(np.float64).close_to([[0.0], [1.0], [1.0], [0.0]], rtol=0, atol=0)


@points(1, of="make_xor")
def test_xor_points(student):
    """make_xor gives the four points in order and labels of shape (4, 1), as float64"""
    expect_xor("make_xor()", student.make_xor())


@points(0.5, of="make_xor", needs="test_xor_points")
def test_xor_is_new_each_time(student):
    """make_xor gives new arrays at each call"""
    expect_xor("make_xor() after its first answer was overwritten", xor_after_a_change(student))


# make_moons ----------------------------------------------------------------------------------------------------


def moons(student, n, noise, seed):
    """X (n, 2) and the classes (n,) of make_moons."""
    X, y = expect("make_moons(n, noise, rng)", student.make_moons(n, noise, Rng(seed))).unpack("X", "y")
    labels = y.has_dtype(np.float64).array((n, 1))
    y.satisfies(set(labels.ravel()) <= {0.0, 1.0}, "y holds other numbers than 0 and 1. Noise belongs to X.")
    return X.has_dtype(np.float64).array((n, 2)), labels[:, 0]


def half_circles(n):
    """The points of both classes without noise, by angle."""
    first = [math.pi * k / (n // 2 - 1) for k in range(n // 2)]
    second = [math.pi * k / (n - n // 2 - 1) for k in range(n - n // 2)]
    return (
        np.array([[math.cos(t), math.sin(t)] for t in first]),
        np.array([[1 - math.cos(t), 0.5 - math.sin(t)] for t in second]),
    )


def seed_from(rng):
    return int(rng.integers(2**31))


@pytest.mark.parametrize("n", [4, 5, 40, 61])
@points(0.5, of="make_moons")
def test_moons_without_noise(student, rng, n):
    """without noise each class lies evenly on its half circle; with an odd n class 1 has one point more"""
    X, y = moons(student, n, 0.0, seed_from(rng))
    for label, want in enumerate(half_circles(n)):
        mine = X[y == label]
        expect(f"the number of points of class {label}", len(mine)).equals(len(want))
        # x runs through the angles: from right to left in class 0, from left to right in class 1
        order = np.argsort(-mine[:, 0] if label == 0 else mine[:, 0])
        got = expect(f"the points of class {label} without noise, by angle", mine[order])
        got.close_to(want, atol=1e-9)


@points(1, of="make_moons", needs="test_moons_without_noise")
def test_moons_are_shuffled(student, rng):
    """the rows come in random order, classes and angles mixed, another one for another seed"""
    X, y = moons(student, 200, 0.0, seed_from(rng))
    # Random order: 99.5 changes with a standard deviation of 7, 49.5 ascents with one of 2.9
    expect("how often the class changes from row to row", int(np.sum(y[1:] != y[:-1]))).between(60, 140)
    for label in (0, 1):
        x = X[y == label, 0]
        expect("how often x grows within a class", int(np.sum(x[1:] > x[:-1]))).between(30, 70)
    other, _ = moons(student, 200, 0.0, seed_from(rng))
    same = bool(np.allclose(X, other))
    expect("make_moons with another seed", other).satisfies(not same, "the order is the same.")


@points(1.5, of="make_moons", needs="test_moons_without_noise")
def test_moons_noise(student, rng):
    """the noise is normal with the standard deviation asked for, by itself in each coordinate of each point"""
    n, noise = 20000, 0.5
    X, y = moons(student, n, noise, seed_from(rng))
    for label, clean in enumerate(half_circles(n)):
        mine = X[y == label]
        expect(f"the number of points of class {label}", len(mine)).equals(n // 2)
        # 10 000 points: all bounds are at least six standard deviations wide
        for d, name in enumerate("xy"):
            shift = float(mine[:, d].mean() - clean[:, d].mean())
            expect(f"the mean of the noise in {name}", shift).between(-0.05, 0.05)
            added = float(mine[:, d].var() - clean[:, d].var())
            expect(f"the variance that the noise adds in {name}", added).between(0.2, 0.3)
        together = float(np.cov(mine.T)[0, 1] - np.cov(clean.T)[0, 1])
        expect("the covariance of the noise in x and y", together).between(-0.04, 0.04)
    far, _ = moons(student, n, 10.0, seed_from(rng))
    # beyond two standard deviations: 0.0455 of a normal distribution
    share = float(np.mean(np.abs(far) > 20.0))
    expect("the share of large noise", share).between(0.037, 0.056, "The noise is normal.")


@points(0.5, of="make_moons", needs="test_moons_without_noise")
def test_moons_draw_from_their_rng(student):
    """make_moons draws from its rng only: same seed, same moons"""
    call = "make_moons(20, 0.1, rng)"
    battery.draws_only_from_its_rng(call, lambda rng: observe(student.make_moons, 20, 0.1, rng), student)


# decision_grid -------------------------------------------------------------------------------------------------


@in_worker
def a_surface(student):
    """A model whose score is 2 x - 3 y + x y y + 1, in training mode 100 more; it keeps a diary.

    The layer inside of it, model.part, has a mode of its own, which train() and eval() set as well.
    """

    class Part:
        def __init__(self):
            self.params, self.grads, self.training = {}, {}, True

        def sublayers(self):
            return []

        def parameters(self):
            return []

        def forward(self, x):
            return x

        def backward(self, dout):
            return dout

        def zero_grad(self):
            pass

        def train(self):
            self.training = True

        def eval(self):
            self.training = False

    class Surface:
        def __init__(self):
            self.params, self.grads, self.training = {"b": np.ones(1)}, {"b": np.full(1, 5.0)}, True
            self.diary, self.part = [], Part()

        def __deepcopy__(self, memo):  # whoever works on a copy writes into the same diary
            other = object.__new__(type(self))
            memo[id(self)], memo[id(self.diary)] = other, self.diary
            vars(other).update(__import__("copy").deepcopy(vars(self), memo))
            return other

        def forward(self, X):
            in_training = self.training or self.part.training
            self.diary.append("forward in training" if in_training else "forward in evaluation")
            x, y = X[:, :1], X[:, 1:]
            return 2 * x - 3 * y + x * y * y + self.params["b"] + 100.0 * in_training

        def backward(self, dout):
            self.diary.append("backward")
            return np.zeros((len(dout), 2))

        def sublayers(self):
            return [self.part]

        def parameters(self):
            return [(self, "b")]

        def zero_grad(self):
            self.diary.append("clear")
            self.grads["b"][...] = 0.0

        def train(self):
            self.training = self.part.training = True

        def eval(self):
            self.training = self.part.training = False

    return Surface()


@pytest.mark.parametrize(
    "xlim, ylim, n", [((-1, 3), (0.5, 2.0), 5), ((0.0, 1.0), (-4.0, -2.0), 2), ((-2, 2), (-2, 2), 9)]
)
@points(0.75, of="decision_grid")
def test_grid_matches_the_formula(student, xlim, ylim, n):
    """decision_grid gives x by column, y by row and the score of each point"""
    model = a_surface(student)
    model.eval()
    got = expect("decision_grid(model, xlim, ylim, n)", student.decision_grid(model, xlim, ylim, n))
    xx, yy, zz = got.unpack("xx", "yy", "zz")
    xs = [xlim[0] + (xlim[1] - xlim[0]) * j / (n - 1) for j in range(n)]
    ys = [ylim[0] + (ylim[1] - ylim[0]) * i / (n - 1) for i in range(n)]
    xx.close_to([xs] * n)
    yy.close_to([[y for _ in xs] for y in ys])
    zz.close_to([[2 * x - 3 * y + x * y * y + 1 for x in xs] for y in ys])


@points(0.75, of="decision_grid", needs="test_grid_matches_the_formula")
def test_grid_is_computed_in_eval_mode(student):
    """decision_grid computes in eval mode and leaves training mode or eval mode as it found it"""
    model = a_surface(student)
    for before in (True, False, True):
        model.train() if before else model.eval()
        zz = expect("decision_grid(...)", student.decision_grid(model, (0, 1), (0, 1), 2)).unpack(
            "xx", "yy", "zz"
        )[2]
        zz.close_to([[1.0, 3.0], [-2.0, 1.0]], hint="Dropout must be off while you look: model.eval().")
        expect("model.training after decision_grid", model.training).equals(before)
        hint = "train() and eval() reach all layers, setting model.training only the outermost."
        got = expect("training of a layer inside, after decision_grid", model.part.training)
        got.equals(before, hint)


@points(0.5, of="decision_grid", needs="test_grid_matches_the_formula")
def test_grid_leaves_the_model_alone(student):
    """decision_grid only goes forward: parameters and gradients stay"""
    model = a_surface(student)
    student.decision_grid(model, (0, 1), (0, 1), 3)
    expect("what happened", sorted(set(fetch(model.diary)))).equals(["forward in evaluation"])
    expect("the gradient after decision_grid", model.grads["b"]).close_to([5.0])
    expect("the parameter after decision_grid", model.params["b"]).close_to([1.0])
