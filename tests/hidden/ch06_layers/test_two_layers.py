"""Hidden tests of ch06: two_layer_grads."""

import math

import numpy as np

from grader import battery, expect, fetch, numeric_gradient, points


def affine(x, W, b):
    """x W + b for a batch."""
    return np.einsum("ni,ij->nj", x, W) + b


def mean_loss(X, y, W1, b1, W2, b2):
    """The loss as written, one example at a time, with an exact log of a sum of exponentials."""
    total = 0.0
    for x, label in zip(X, y):
        hidden = [1 / (1 + math.exp(-(x @ W1[:, h] + b1[h]))) for h in range(len(b1))]
        scores = [np.dot(hidden, W2[:, c]) + b2[c] for c in range(len(b2))]
        top = max(scores)
        total += top + math.log(sum(math.exp(s - top) for s in scores)) - scores[label]
    return total / len(X)


def a_problem(rng, n=6, d=3, h=4, c=3):
    """X, y, W1, b1, W2, b2 of these sizes."""
    y = rng.permutation(np.arange(n) % c)
    return [
        rng.normal(size=(n, d)),
        y,
        rng.normal(size=(d, h)),
        rng.normal(size=h),
        rng.normal(size=(h, c)),
        rng.normal(size=c),
    ]


NAMES = {"W1": 2, "b1": 3, "W2": 4, "b2": 5}


def slopes_of(problem):
    """The numerical gradients of the loss, by name."""
    slopes = {}
    for name, place in NAMES.items():

        def loss(value, place=place):
            return mean_loss(*problem[:place], value, *problem[place + 1 :])

        slopes[name] = numeric_gradient(loss, problem[place])
    return slopes


def check_gradients(student, rng, names, *sizes, labels=None):
    """These entries of two_layer_grads are numerical gradients of the loss, for a problem of these sizes."""
    for _ in range(50):
        problem = a_problem(rng, *sizes)
        problem[1] = problem[1] if labels is None else labels
        slopes = slopes_of(problem)
        # A gradient that is zero by chance is all curvature to a finite difference: draw again.
        if not any(slope.kinks.any() for slope in slopes.values()):
            break
    call = "two_layer_grads(X, y, W1, b1, W2, b2)"
    got = expect(call, student.two_layer_grads(*problem)).keys(*names)
    for name in names:
        got[name].gradient(slopes[name], batch=len(problem[0]))


@points(2, of="two_layer_grads")
def test_two_layers_output_gradients(student, rng):
    """W2 and b2 of two_layer_grads are the numerical gradients of the loss"""
    check_gradients(student, rng, ("W2", "b2"))


@points(4, of="two_layer_grads")
def test_two_layers_hidden_gradients(student, rng):
    """W1 and b1 of two_layer_grads are the numerical gradients of the loss"""
    check_gradients(student, rng, ("W1", "b1"))


@points(1, of="two_layer_grads")
def test_two_layers_of_any_size(student, rng):
    """two_layer_grads is right for one example, one feature, one hidden unit, and a class that never occurs"""
    for sizes in ((1, 3, 4, 3), (1, 2, 3, 2), (5, 1, 3, 2), (4, 2, 1, 3), (3, 3, 3, 3)):
        check_gradients(student, rng, NAMES, *sizes)
    check_gradients(student, rng, NAMES, 4, 2, 3, 3, labels=np.array([2, 0, 2, 2]))


ALL = ("test_two_layers_output_gradients", "test_two_layers_hidden_gradients")


@points(1, of="two_layer_grads", needs=ALL)
def test_two_layers_with_huge_scores(student, rng):
    """two_layer_grads stays right, without overflow, when the scores are in the thousands"""
    for sign in (1.0, -1.0):
        X, y, W1, b1, W2, b2 = a_problem(rng, 5, 3, 4, 3)
        # hidden values lie between 0 and 1, so that the first class is thousands ahead or behind in each row
        W2[:, 0] += sign * 3000.0
        b2 = b2 + sign * 4000.0
        call = "two_layer_grads(X, y, W1, b1, W2, b2)"
        got = battery.stays_finite(call, student.two_layer_grads, X, y, W1, b1, W2, b2)
        grads = expect(call, got).keys("W1", "b1", "W2", "b2")
        A = 1 / (1 + np.exp(-affine(X, W1, b1)))
        S = affine(A, W2, b2)
        dS = np.array([[1 / np.sum(np.exp(np.clip(row - s, -700, 700))) for s in row] for row in S])
        dS = (dS - (y[:, None] == np.arange(3))) / 5
        dZ = np.einsum("nc,hc->nh", dS, W2) * A * (1 - A)
        grads["W2"].close_to(np.einsum("nh,nc->hc", A, dS))
        grads["b2"].close_to(np.einsum("nc->c", dS))
        grads["W1"].close_to(np.einsum("nd,nh->dh", X, dZ), rtol=1e-7, atol=1e-7)
        grads["b1"].close_to(np.einsum("nh->h", dZ), rtol=1e-7, atol=1e-7)


@points(1, of="two_layer_grads", needs=ALL)
def test_two_layers_leaves_everything_as_it_was(student, rng):
    """two_layer_grads updates no weights, changes no argument, and gives the same twice"""
    problem = a_problem(rng, 4, 2, 3, 3)
    call = "two_layer_grads(X, y, W1, b1, W2, b2)"
    battery.leaves_arguments_alone(call, student.two_layer_grads, *problem)
    first = expect(call, student.two_layer_grads(*problem)).keys(*NAMES)
    second = expect(call, student.two_layer_grads(*problem)).keys(*NAMES)
    for name in NAMES:
        want = first[name].array(np.shape(problem[NAMES[name]]))
        second[name].close_to(want, rtol=0, atol=0, hint="The second call gave something else.")


@points(0.5, of="two_layer_grads", needs=ALL)
def test_two_layers_takes_any_kind_of_array(student, rng):
    """two_layer_grads takes integers and any memory layout, and float32 stays float32"""
    call = "two_layer_grads(X, y, W1, b1, W2, b2)"
    X, y, *weights = a_problem(rng, 4, 2, 3, 3)
    whole = [rng.integers(-2, 3, size=np.shape(a)).astype(float) for a in (X, *weights)]
    battery.accepts_integers(call, student.two_layer_grads, whole[0], y, *whole[1:])
    battery.accepts_any_layout(call, student.two_layer_grads, X, y, *weights)
    exact = student.two_layer_grads(X, y, *weights)
    for part in expect(call, exact).keys(*NAMES).values():
        part.has_dtype(np.float64)
    single = student.two_layer_grads(X.astype(np.float32), y, *(w.astype(np.float32) for w in weights))
    for name, part in expect(f"{call} with float32 arguments", single).keys(*NAMES).items():
        part.has_dtype(np.float32).close_to(fetch(exact)[name], rtol=1e-4, atol=1e-6)
