"""Hidden tests of perceptron_fit and perceptron_sgd_fit."""

from itertools import permutations, product

import numpy as np

from grader import battery, draw_region, expect, many, points, refuses

KEYS = ("w", "b", "updates", "epochs", "converged")
XOR = (np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([-1, 1, 1, -1]))


def learn_by_loops(X, y, max_epochs, lr=1.0):
    """Rosenblatt's rule as written, one number at a time."""
    rows, labels = [[float(v) for v in x] for x in X], [float(t) for t in y]
    w, b, updates, epochs, mistakes = [0.0] * len(rows[0]), 0.0, 0, 0, -1
    while epochs < max_epochs and mistakes != 0:
        mistakes = 0
        for x, t in zip(rows, labels, strict=True):
            z = b
            for weight, value in zip(w, x, strict=True):
                z += weight * value
            if t * z <= 0:
                w = [weight + lr * t * value for weight, value in zip(w, x, strict=True)]
                b += lr * t
                mistakes += 1
        updates += mistakes
        epochs += 1
    return {"w": np.array(w), "b": b, "updates": updates, "epochs": epochs, "converged": mistakes == 0}


def judge(call, found, want):
    """One returned dict against the dict of the loops."""
    parts = expect(call, found).keys(*KEYS)
    parts["w"].close_to(want["w"], rtol=1e-9, atol=1e-11)
    parts["b"].close_to(want["b"], rtol=1e-9, atol=1e-11)
    for key in ("updates", "epochs", "converged"):
        parts[key].equals(want[key])


def random_sets(rng, count):
    """Rows in no special place: half of the sets can be separated by a line, half have random labels."""
    sets = []
    for i in range(count):
        N, D = int(rng.integers(1, 11)), int(rng.integers(1, 5))
        X = rng.normal(size=(N, D))
        y = np.where(X @ rng.normal(size=D) + 0.5 * rng.normal() > 0, 1, -1)
        sets.append((X, y if i % 2 else rng.choice([-1, 1], size=N)))
    return sets


def gates(rng):
    """Every one of the 14 gates of two inputs that a line can compute, in some order of the rows."""
    sets = []
    for labels in product((-1, 1), repeat=4):
        if labels not in ((-1, 1, 1, -1), (1, -1, -1, 1)):
            order = rng.permutation(4)
            sets.append((XOR[0][order], np.array(labels)[order]))
    return sets


def clouds(rng, N):
    """Rows in a square, none nearer than 0.1 to the line that labels them, and that line."""
    angle, b = rng.uniform(0, 2 * np.pi), rng.uniform(-0.5, 0.5)
    w = np.array([np.cos(angle), np.sin(angle)])
    X = rng.uniform(-1, 1, size=(6 * N, 2))
    X = X[np.abs(X @ w + b) >= 0.1][:N]
    return X, np.where(X @ w + b > 0, 1, -1), w, b


def largest_number_of_updates(X, w, b):
    """(R / gamma)**2 for rows that keep a distance of 0.1."""
    return (np.max(np.sum(X**2, axis=1)) + 1) * (np.sum(w**2) + b**2) / 0.1**2


# perceptron_fit


@points(2, of="perceptron_fit")
def test_fit_follows_the_rule(student, rng):
    """on 200 random sets weights, bias, updates, epochs and converged are those of the rule, row by row"""
    sets = [(X, y, 5) for X, y in random_sets(rng, 200)]
    for args, found in zip(sets, many(student.perceptron_fit, sets), strict=True):
        judge("perceptron_fit(X, y, 5)", found, learn_by_loops(*args))


@points(1.5, of="perceptron_fit", needs="test_fit_follows_the_rule")
def test_fit_learns_every_gate(student, rng):
    """all 14 gates of two inputs that a line can compute are learned, with ties counted as mistakes"""
    sets = [(X, y, 100) for X, y in gates(rng)]
    for args, found in zip(sets, many(student.perceptron_fit, sets), strict=True):
        judge("perceptron_fit(X, y, 100) for a gate", found, learn_by_loops(*args))


@points(1, of="perceptron_fit", needs="test_fit_follows_the_rule")
def test_fit_separates_clouds(student, rng):
    """100 rows with a gap of 0.1 to a line are separated within 50 epochs and within the bound"""
    sets = [clouds(rng, 100) for _ in range(6)]
    found = many(student.perceptron_fit, [(X, y, 50) for X, y, _, _ in sets])
    X, y = sets[0][:2]
    draw_region("A line between two clouds", lambda p: p @ found[0]["w"] + found[0]["b"] > 0, X, y > 0)
    for (X, y, w, b), result in zip(sets, found, strict=True):
        parts = expect("perceptron_fit(X, y, 50) for separable rows", result).keys(*KEYS)
        parts["converged"].equals(True)
        z = X @ parts["w"].array((2,)) + parts["b"].number()
        parts["w"].satisfies(np.all(y * z > 0), "with these weights a row is on the wrong side.")
        parts["updates"].at_most(largest_number_of_updates(X, w, b), "It exceeds Novikoff's bound.")
        judge("perceptron_fit(X, y, 50) for separable rows", result, learn_by_loops(X, y, 50))


@points(0.75, of="perceptron_fit", needs="test_fit_follows_the_rule")
def test_fit_stops_at_its_budget(student):
    """with one epoch too few it is not converged; with just enough, or more, it is"""
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([1, 1, 1, -1])
    need = learn_by_loops(X, y, 100)["epochs"]
    for budget in (1, need - 2, need - 1, need, need + 1, 500):
        got = student.perceptron_fit(X, y, budget)
        judge("perceptron_fit(X, y, max_epochs) for NAND", got, learn_by_loops(X, y, budget))


@points(0.75, of="perceptron_fit", needs="test_fit_follows_the_rule")
def test_fit_never_converges_on_xor(student):
    """XOR does not converge, in none of the 24 orders of its rows"""
    sets = [(XOR[0][list(order)], XOR[1][list(order)], 30) for order in permutations(range(4))]
    for args, found in zip(sets, many(student.perceptron_fit, sets), strict=True):
        judge("perceptron_fit(X, y, 30) for XOR", found, learn_by_loops(*args))


@points(0.5, of="perceptron_fit", needs="test_fit_follows_the_rule")
def test_fit_refuses_other_labels(student, rng):
    """labels other than +1 and -1, or of shape (N, 1), are a ValueError"""
    X = rng.normal(size=(4, 2))
    for labels in ([0, 1, 1, 0], [0, 0, 0, 0], [1, -1, 1, 0], [1, -1, 1, 2], [1, -1.5, 1, -1]):
        call = f"perceptron_fit(X, y, 10) with y = {labels}"
        refuses(call, ValueError, student.perceptron_fit, X, np.array(labels), 10)
    column = np.array([[1], [-1], [1], [-1]])
    refuses("perceptron_fit(X, y, 10) with y (4, 1)", ValueError, student.perceptron_fit, X, column, 10)


@points(0.5, of="perceptron_fit", needs="test_fit_follows_the_rule")
def test_fit_leaves_its_arguments_alone(student, rng):
    """X and y are the same afterwards and may be read-only"""
    X, y, _, _ = clouds(rng, 12)
    battery.leaves_arguments_alone("perceptron_fit(X, y, 5)", student.perceptron_fit, X, y, 5)


@points(0.5, of="perceptron_fit", needs="test_fit_follows_the_rule")
def test_fit_with_any_array(student, rng):
    """float32 stays float32, integers are as good as floats, and the memory layout does not matter"""
    call, f = "perceptron_fit(X, y, 10)", student.perceptron_fit
    X, y = rng.integers(-3, 4, size=(6, 2)).astype(float), np.array([1, -1, 1, 1, -1, -1])
    battery.keeps_float32(call, f, X, y, 10)
    battery.accepts_integers(call, f, X, y.astype(float), 10)
    battery.accepts_any_layout(call, f, X, y, 10)


# perceptron_sgd_fit


@points(1.5, of="perceptron_sgd_fit")
def test_descent_is_the_rule(student, rng):
    """with lr=1, and without lr, it is the perceptron rule on 200 random sets: same w, b, updates, epochs"""
    sets = [(X, y, 5) for X, y in random_sets(rng, 200)]
    calls = [args if i % 2 else (*args, 1.0) for i, args in enumerate(sets)]
    for args, found in zip(sets, many(student.perceptron_sgd_fit, calls), strict=True):
        judge("perceptron_sgd_fit(X, y, 5)", found, learn_by_loops(*args))


@points(1, of="perceptron_sgd_fit", needs="test_descent_is_the_rule")
def test_learning_rate_scales_the_weights(student, rng):
    """lr multiplies w and b and changes neither updates nor epochs nor any prediction"""
    sets = [(X, y, 5, float(rng.choice([0.01, 0.3, 7.0]))) for X, y in random_sets(rng, 60)]
    for args, found in zip(sets, many(student.perceptron_sgd_fit, sets), strict=True):
        judge("perceptron_sgd_fit(X, y, 5, lr)", found, learn_by_loops(*args))
        plain = learn_by_loops(*args[:3])
        parts = expect("perceptron_sgd_fit(X, y, 5, lr)", found).keys(*KEYS)
        parts["w"].close_to(args[3] * plain["w"], rtol=1e-9, atol=1e-11)
        parts["updates"].equals(plain["updates"])
    got = student.perceptron_sgd_fit(*sets[1][:3], lr=0.5)
    judge("perceptron_sgd_fit(X, y, 5, lr=0.5)", got, learn_by_loops(*sets[1][:3], 0.5))


@points(0.75, of="perceptron_sgd_fit", needs="test_descent_is_the_rule")
def test_slope_at_the_kink(student, rng):
    """at the kink the sloped side counts: all gates are learned for every lr that is a power of two"""
    sets = [(X, y, 100, lr) for X, y in gates(rng) for lr in (0.25, 1.0, 2.0, 2.0**-40)]
    for args, found in zip(sets, many(student.perceptron_sgd_fit, sets), strict=True):
        judge("perceptron_sgd_fit(X, y, 100, lr) for a gate", found, learn_by_loops(*args))


@points(0.75, of="perceptron_sgd_fit", needs="test_descent_is_the_rule")
def test_descent_stops_at_its_budget(student):
    """XOR is never converged; AND is as soon as one epoch has no update, not one epoch earlier"""
    got = student.perceptron_sgd_fit(*XOR, 30, 0.5)
    judge("perceptron_sgd_fit(X, y, 30, 0.5) for XOR", got, learn_by_loops(*XOR, 30, 0.5))
    X, y = XOR[0], np.array([-1, -1, -1, 1])
    need = learn_by_loops(X, y, 100)["epochs"]
    for budget in (1, need - 1, need, 500):
        got = student.perceptron_sgd_fit(X, y, budget)
        judge("perceptron_sgd_fit(X, y, max_epochs) for AND", got, learn_by_loops(X, y, budget))


@points(0.5, of="perceptron_sgd_fit", needs="test_descent_is_the_rule")
def test_descent_refuses_other_labels(student, rng):
    """labels other than +1 and -1, or of shape (N, 1), are a ValueError"""
    X = rng.normal(size=(4, 2))
    for labels in ([0, 1, 1, 0], [0, 0, 0, 0], [1, -1, 1, 0], [1, -1, 1, 2], [1, -1.5, 1, -1]):
        call = f"perceptron_sgd_fit(X, y, 10) with y = {labels}"
        refuses(call, ValueError, student.perceptron_sgd_fit, X, np.array(labels), 10)
    column = np.array([[1], [-1], [1], [-1]])
    refuses(
        "perceptron_sgd_fit(X, y, 10) with y (4, 1)", ValueError, student.perceptron_sgd_fit, X, column, 10
    )


@points(0.25, of="perceptron_sgd_fit", needs="test_descent_is_the_rule")
def test_descent_leaves_its_arguments_alone(student, rng):
    """X and y are the same afterwards and may be read-only"""
    X, y, _, _ = clouds(rng, 12)
    battery.leaves_arguments_alone("perceptron_sgd_fit(X, y, 5)", student.perceptron_sgd_fit, X, y, 5)


@points(0.25, of="perceptron_sgd_fit", needs="test_descent_is_the_rule")
def test_descent_with_any_array(student, rng):
    """float32 stays float32, integers are as good as floats, and the memory layout does not matter"""
    call, f = "perceptron_sgd_fit(X, y, 10)", student.perceptron_sgd_fit
    X, y = rng.integers(-3, 4, size=(6, 2)).astype(float), np.array([1, -1, 1, 1, -1, -1])
    battery.keeps_float32(call, f, X, y, 10, lr=0.5)
    battery.accepts_integers(call, f, X, y.astype(float), 10)
    battery.accepts_any_layout(call, f, X, y, 10)
