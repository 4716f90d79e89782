"""Hidden tests of ch08: hidden units that are the same, or the same in another order."""

import numpy as np

from grader import battery, expect, fetch, points, refuses

# hidden_units_identical ---------------------------------------------------------------------------


def say(student, answer, W, *tol, **named):
    """hidden_units_identical says yes or no, as it should."""
    extra = ", tol" if tol or named else ""
    got = student.hidden_units_identical(np.array(W, dtype=float), *tol, **named)
    expect(f"hidden_units_identical(W{extra})", got).equals(answer)


@points(1.5, of="hidden_units_identical")
def test_identical_means_every_column(student, rng):
    """hidden_units_identical is True if all columns are equal, and False if one entry differs"""
    for d, h in ((3, 4), (4, 3), (1, 2), (5, 5)):
        column = rng.normal(size=(d, 1))
        W = np.repeat(column, h, axis=1)
        say(student, True, W)
        for i, j in ((0, 0), (d - 1, h - 1), (d // 2, h // 2)):
            other = W.copy()
            other[i, j] += 1e-12 * (1 + abs(other[i, j]))
            say(student, False, other)


@points(0.5, of="hidden_units_identical")
def test_identical_looks_at_columns_not_rows(student, rng):
    """hidden_units_identical compares columns, not rows, and entry by entry"""
    row = rng.normal(size=4)
    say(student, False, [row, row, row])
    say(student, True, [[r] * 3 for r in row])
    say(student, False, [[1.0, 2.0], [2.0, 1.0]])  # same sums, same norms, same sets
    say(student, False, [[1.0, -1.0], [1.0, -1.0]])
    say(student, False, [[5.0, 5.0, 5.0], [5.0, 5.0, 4.0]])
    say(student, True, [[0.0, -0.0], [2.0, 2.0]])


@points(1, of="hidden_units_identical")
def test_identical_up_to_a_tolerance(student):
    """hidden_units_identical allows entries of a row to lie tol apart, any two of them"""
    W = [[1.0, 1.25, 1.5], [-2.0, -2.0, -2.0]]
    for tol, answer in ((0.5, True), (0.4375, False), (0.25, False), (10.0, True), (0, False)):
        say(student, answer, W, tol)
        say(student, answer, W, tol=tol)
    middle = [[1.0, 1.5, 0.75], [0.0, 0.0, 0.0]]  # 0.5 and 0.25 from the first, 0.75 from each other
    say(student, False, middle, 0.5)
    say(student, True, middle, 0.75)
    say(student, False, [[-3.0, 3.0]], 5.0)
    say(student, False, [[1000.0, 1001.0]], 0.5)  # tol is a distance, not a share
    say(student, True, [[0.5, 0.5]], 0.0)


@points(0.5, of="hidden_units_identical", needs="test_identical_means_every_column")
def test_identical_at_the_edge(student):
    """hidden_units_identical is exact for tol = 0, True for a single unit, and False for weights that are nan"""
    say(student, False, [[1.0, np.nextafter(1.0, 2.0)], [3.0, 3.0]])
    say(student, False, [[0.0, 1e-300]])
    say(student, True, [[3.0], [4.0]])
    say(student, True, [[3.0]])
    nan = float("nan")
    say(student, True, [[nan], [1.0]])
    say(student, False, [[nan, nan], [1.0, 1.0]])
    say(student, False, [[1.0, 1.0], [1.0, nan]], 0.5)


def train(W1, X, y, rng, steps=200, lr=0.5, drop=0.0):
    """W1 after gradient descent on a net X W1 -> tanh -> mean of the units, with squared loss.

    einsum takes each entry by itself, so equal columns stay equal to the last bit.
    """
    W1, w2 = W1.copy(), np.full(W1.shape[1], 1.0)
    for _ in range(steps):
        A = np.tanh(np.einsum("nd,dh->nh", X, W1))
        keep = (rng.random(A.shape) >= drop) / (1 - drop)
        dout = 2 * (np.einsum("nh,h->n", A * keep, w2) / len(w2) - y) / len(y)
        dZ = dout[:, None] * (w2 / len(w2)) * keep * (1 - A**2)
        W1 = W1 - lr * np.einsum("nd,nh->dh", X, dZ)
    return W1


@points(1, of="hidden_units_identical", needs="test_identical_means_every_column")
def test_identical_units_after_training(student, rng):
    """hidden_units_identical sees that gradient descent keeps a tie and that dropout breaks it"""
    X = rng.normal(size=(40, 3))
    y = np.tanh(X[:, 0] - X[:, 1])
    start = np.full((3, 5), 0.3)
    tied = train(start, X, y, rng)
    dropped = train(start, X, y, rng, drop=0.5)
    drawn = train(0.3 * rng.normal(size=(3, 5)), X, y, rng)
    for W in (start, tied, dropped, drawn):
        say(student, bool(np.all(np.ptp(W, axis=1) == 0)), W)
        say(student, bool(np.all(np.ptp(W, axis=1) <= 1e-6)), W, 1e-6)


@points(0.5, of="hidden_units_identical", needs="test_identical_means_every_column")
def test_identical_takes_any_array(student):
    """hidden_units_identical takes integers, float32 and any memory layout, and changes nothing"""
    for W in (np.array([[1.0, 1.0], [2.0, 2.0]]), np.array([[1.0, 1.0], [2.0, 3.0]])):
        call = "hidden_units_identical(W)"
        battery.leaves_arguments_alone(call, student.hidden_units_identical, W)
        for other in (W.astype(int), W.astype(np.float32), np.asfortranarray(W), np.repeat(W, 2, 0)[::2]):
            answer = bool(W[1, 0] == W[1, 1])
            expect(call, student.hidden_units_identical(other)).equals(answer)


# permute_hidden -----------------------------------------------------------------------------------

CALL = "permute_hidden(W1, b1, W2, perm)"


def a_network(rng, d=3, h=5, c=2):
    """W1, b1, W2 of these sizes, and an order that is not its own inverse."""
    return rng.normal(size=(d, h)), rng.normal(size=h), rng.normal(size=(h, c)), np.roll(np.arange(h), 1)


@points(2, of="permute_hidden")
def test_permuted_units_stand_at_their_places(student, rng):
    """unit j of permute_hidden's network is unit perm[j] of the old one"""
    for d, h, c in ((3, 5, 2), (4, 4, 4), (1, 3, 1)):
        W1, b1, W2, _ = a_network(rng, d, h, c)
        for perm in (np.roll(np.arange(h), 1), np.roll(np.arange(h), -1), rng.permutation(h)):
            new = expect(CALL, student.permute_hidden(W1, b1, W2, perm)).unpack("W1", "b1", "W2")
            want = np.empty((d, h)), np.empty(h), np.empty((h, c))
            for j in range(h):
                for i in range(d):
                    want[0][i, j] = W1[i, perm[j]]
                want[1][j] = b1[perm[j]]
                for k in range(c):
                    want[2][j, k] = W2[perm[j], k]
            for got, right in zip(new, want):
                got.close_to(right, rtol=0, atol=0)


@points(1.5, of="permute_hidden")
def test_permuted_network_is_the_same_function(student, rng):
    """the outputs of the network of permute_hidden are the old ones, and its units are not"""
    W1, b1, W2, perm = a_network(rng, 3, 6, 2)
    X = rng.normal(size=(10, 3))
    old = np.tanh(X @ W1 + b1) @ W2
    V1, c1, V2 = (
        part.array(like.shape)
        for part, like in zip(
            expect(CALL, student.permute_hidden(W1, b1, W2, perm)).unpack("W1", "b1", "W2"), (W1, b1, W2)
        )
    )
    expect(CALL, V1).satisfies(not np.allclose(V1, W1), "the units stand where they stood.")
    now = np.tanh(X @ V1 + c1) @ V2
    expect("the output of the permuted network", now).close_to(old, rtol=1e-12, atol=1e-12)


PLACES = ("test_permuted_units_stand_at_their_places",)


@points(0.5, of="permute_hidden", needs=PLACES)
def test_permute_and_back(student, rng):
    """permute_hidden there and back again is the old network"""
    W1, b1, W2, _ = a_network(rng, 2, 6, 3)
    perm = rng.permutation(6)
    there = fetch(student.permute_hidden(W1, b1, W2, list(map(int, perm))))
    back = student.permute_hidden(*there, tuple(map(int, np.argsort(perm))))
    for got, old in zip(expect(CALL, back).unpack("W1", "b1", "W2"), (W1, b1, W2)):
        got.close_to(old, rtol=0, atol=0)


@points(0.75, of="permute_hidden", needs=PLACES)
def test_permute_refuses_what_is_no_permutation(student, rng):
    """permute_hidden raises ValueError if perm does not hold each unit once"""
    W1, b1, W2, _ = a_network(rng, 2, 4, 3)
    for what, perm in {
        "a unit twice": [0, 1, 2, 2],
        "two units twice": [0, 0, 3, 3],
        "a unit missing at the end": [0, 1, 2],
        "a unit too many": [0, 1, 2, 3, 0],
        "a number out of range": [0, 1, 2, 4],
        "numbers from 1": [1, 2, 3, 4],
        "a negative number": [0, 1, 2, -1],
    }.items():
        refuses(f"permute_hidden with {what}", ValueError, student.permute_hidden, W1, b1, W2, perm)


@points(0.75, of="permute_hidden", needs=PLACES)
def test_permute_leaves_the_old_network_alone(student, rng):
    """permute_hidden changes no argument and returns new arrays, even if nothing is moved"""
    W1, b1, W2, perm = a_network(rng)
    battery.leaves_arguments_alone(CALL, student.permute_hidden, W1, b1, W2, perm)
    for order in (perm, np.arange(5)):
        battery.returns_new_arrays(CALL, student.permute_hidden, W1, b1, W2, order)


@points(0.5, of="permute_hidden", needs=PLACES)
def test_permute_takes_any_array(student, rng):
    """permute_hidden takes integers and any memory layout, and keeps float32"""
    W1, b1, W2, perm = a_network(rng)
    battery.accepts_any_layout(CALL, student.permute_hidden, W1, b1, W2, [1, 2, 3, 4, 0])
    battery.keeps_float32(CALL, student.permute_hidden, W1, b1, W2, perm)
    mixed = student.permute_hidden(W1.astype(np.float32), b1, W2.astype(np.float32), perm)
    for part, dtype in zip(expect(CALL, mixed).sequence(3), (np.float32, np.float64, np.float32)):
        expect("an array of a network of float32 and float64 arrays", part).has_dtype(dtype)
    W1, b1, W2 = (np.round(5 * a) for a in (W1, b1, W2))
    battery.accepts_integers(CALL, student.permute_hidden, W1, b1, W2, perm)
    for part in expect(CALL, student.permute_hidden(*(a.astype(int) for a in (W1, b1, W2)), perm)).sequence(
        3
    ):
        expect("an array made from integers", part).has_dtype(np.float64)
