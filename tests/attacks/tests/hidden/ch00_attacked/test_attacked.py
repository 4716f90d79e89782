"""The ten tests that every hostile submission meets: A1 to A4, B1 to B4, C1 and C2.

Each group goes through other doors of the border: a plain call, an observed call, many calls in one message.
"""

import math

import numpy as np

from grader import expect, fetch, many, observe, points

# Known to the trusted side alone. test_attacks.py replaces the zeros and looks for the word afterwards.
CANARY_EXPECTED = "nnkata-canary-expected-0000000000000000"
CANARY_FLOATS = np.array([0.8123456789012345, -0.7123456789012345, 0.6123456789012345])
# Part of the input of C2: student code may see it, its result must not carry it out.
CANARY_INPUT = "nnkata-canary-input-0000000000000000"


def linear_by_loops(X, W, b):
    """The formula as written, one entry at a time."""
    return [[sum(x[d] * W[d][c] for d in range(len(W))) + b[c] for c in range(len(b))] for x in X]


def cross_entropy_by_loops(logits, y):
    """Mean loss, one row at a time, shifted by the maximum."""
    total = 0.0
    for row, label in zip(logits.tolist(), y.tolist(), strict=True):
        top = max(row)
        total += top + math.log(sum(math.exp(z - top) for z in row)) - row[label]
    return total / len(y)


def inputs(rng, n, d, c):
    return rng.normal(size=(n, d)), rng.normal(size=(d, c)), rng.normal(size=c)


@points(10, of="linear_forward", seconds=1)
def test_a1_public_example(student):
    """A1: linear_forward agrees with the example of the handout"""
    X, W, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, -1.0], [0.0, 2.0]]), np.array([0.5, -0.5])
    got = student.linear_forward(X, W, b)
    expect("linear_forward(X, W, b)", got).close_to([[1.5, 2.5], [3.5, 4.5]])


@points(10, of="linear_forward", seconds=1)
def test_a2_random_inputs(student, rng):
    """A2: linear_forward agrees with the formula on random inputs, square ones too"""
    for n, d, c in ((5, 4, 3), (3, 3, 3), (1, 2, 1)):
        X, W, b = inputs(rng, n, d, c)
        got = student.linear_forward(X, W, b)
        expect("linear_forward(X, W, b)", got).close_to(linear_by_loops(X.tolist(), W.tolist(), b.tolist()))
        expect("linear_forward(X, W, b)", got).satisfies(
            not np.isin(CANARY_FLOATS, got).any(), "has numbers that it cannot know."
        )


@points(10, of="linear_forward", seconds=1)
def test_a3_arguments_stay(student, rng):
    """A3: linear_forward is right and leaves its arguments alone"""
    X, W, b = inputs(rng, 4, 4, 4)
    seen = observe(student.linear_forward, X, W, b)
    expect("linear_forward(X, W, b)", seen.value).close_to(X @ W + b)
    assert seen.modified == ()


@points(10, of="linear_forward", seconds=1)
def test_a4_many_calls(student, rng):
    """A4: linear_forward is right in each of many calls"""
    calls = [inputs(rng, n, 3, 2) for n in (1, 3, 5)]
    # Not strict on purpose: an answer with too few entries must not get as far as here.
    for got, (X, W, b) in zip(many(student.linear_forward, calls), calls, strict=False):
        expect("linear_forward(X, W, b)", got).close_to(X @ W + b)


@points(10, of="softmax_cross_entropy", seconds=1)
def test_b1_public_example(student):
    """B1: softmax_cross_entropy agrees with the example of the handout"""
    got = student.softmax_cross_entropy(np.zeros((2, 2)), np.array([0, 0]))
    loss, dlogits = expect("softmax_cross_entropy(logits, y)", got).unpack("loss", "dlogits")
    loss.close_to(math.log(2))
    dlogits.close_to([[-0.25, 0.25], [-0.25, 0.25]])


@points(10, of="softmax_cross_entropy", seconds=1)
def test_b2_random_loss(student, rng):
    """B2: the loss agrees with the formula on random scores"""
    logits, y = rng.normal(size=(6, 4)), rng.integers(4, size=6)
    got = student.softmax_cross_entropy(logits, y)
    loss, dlogits = expect("softmax_cross_entropy(logits, y)", got).unpack("loss", "dlogits")
    loss.close_to(cross_entropy_by_loops(logits, y))
    dlogits.has_shape(6, 4)


@points(10, of="softmax_cross_entropy", seconds=1)
def test_b3_random_gradient(student, rng):
    """B3: dlogits is the gradient of the loss"""
    logits, y = rng.normal(size=(5, 3)), rng.integers(3, size=5)
    got = student.softmax_cross_entropy(logits, y)
    _, dlogits = expect("softmax_cross_entropy(logits, y)", got).unpack("loss", "dlogits")
    dlogits.gradient(lambda z: cross_entropy_by_loops(z, y), at=logits, batch=5)


@points(10, of="softmax_cross_entropy", seconds=1)
def test_b4_huge_scores(student, rng):
    """B4: scores in the thousands are no problem"""
    logits, y = 1e4 * rng.normal(size=(4, 4)), np.array([0, 1, 2, 3])
    got = student.softmax_cross_entropy(logits, y)
    loss, dlogits = expect("softmax_cross_entropy(logits, y)", got).unpack("loss", "dlogits")
    loss.close_to(cross_entropy_by_loops(logits, y))
    dlogits.has_shape(4, 4).is_finite()


@points(10, of="sgd_step", seconds=1)
def test_c1_public_example(student):
    """C1: sgd_step agrees with the example of the handout"""
    got = student.sgd_step({"w": np.array([1.0, 2.0])}, {"w": np.array([2.0, -2.0])}, 0.5)
    expect("sgd_step(params, grads, lr)", got).keys("w")["w"].close_to([0.0, 3.0])


@points(10, of="sgd_step", seconds=1)
def test_c2_random_step(student, rng):
    """C2: sgd_step is right for several arrays"""
    params = {"W": rng.normal(size=(3, 2)), CANARY_INPUT: rng.normal(size=2)}
    grads = {key: rng.normal(size=value.shape) for key, value in params.items()}
    got = fetch(student.sgd_step(params, grads, 0.1))
    same_keys = isinstance(got, dict) and got.keys() == params.keys()
    expect("sgd_step(params, grads, lr)", got).satisfies(same_keys, "is no dict with the keys of params.")
    for key, value in params.items():
        expect("an entry of sgd_step(params, grads, lr)", got[key]).close_to(value - 0.1 * grads[key])
