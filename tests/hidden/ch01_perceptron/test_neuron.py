"""Hidden tests of one neuron, one step, the bound, and the XOR network."""

import math

import numpy as np

from grader import battery, expect, fetch, in_worker, points, refuses


def activation_by_loops(X, w, b):
    z = []
    for x in X:
        total = float(b)
        for d in range(len(w)):
            total += float(w[d]) * float(x[d])
        z.append(total)
    return np.array(z)


def whole(rng, *shape):
    """Random integers from -4 to 4, as floats: sums of products of them are exact."""
    return rng.integers(-4, 5, size=shape).astype(float)


# net_activation


@points(1.5, of="net_activation")
def test_activation_of_each_row(student, rng):
    """the net activation of each row is the weighted sum of its inputs, plus the bias"""
    for N, D in ((6, 3), (3, 3), (1, 4), (5, 1)):
        X, w, b = rng.normal(size=(N, D)), rng.normal(size=D), float(rng.uniform(1, 2))
        got = student.net_activation(X, w, b)
        call = expect(f"net_activation(X, w, b) for {N} rows of {D} inputs", got)
        call.close_to(activation_by_loops(X, w, b), rtol=1e-10, atol=1e-12)


@points(0.5, of="net_activation", needs="test_activation_of_each_row")
def test_activation_refuses_other_shapes(student, rng):
    """X without two axes, or w that is not (D,), is a ValueError, also where numpy could go on"""
    for X_shape, w_shape in (
        ((4, 3), (3, 1)),
        ((4, 3), (1, 3)),
        ((4, 3), (4,)),
        ((4, 3), (1,)),
        ((3,), (3,)),
        ((2, 4, 3), (3,)),
        ((3, 3, 3), (3, 3)),
    ):
        X, w = rng.normal(size=X_shape), rng.normal(size=w_shape)
        call = f"net_activation(X, w, b) for X {X_shape} and w {w_shape}"
        refuses(call, ValueError, student.net_activation, X, w, 0.5)


@points(0.25, of="net_activation", needs="test_activation_of_each_row")
def test_activation_leaves_its_arguments_alone(student, rng):
    """X and w are the same afterwards and may be read-only"""
    X, w = rng.normal(size=(4, 3)), rng.normal(size=3)
    battery.leaves_arguments_alone("net_activation(X, w, b)", student.net_activation, X, w, 0.5)


@points(0.25, of="net_activation", needs="test_activation_of_each_row")
def test_activation_of_any_array(student, rng):
    """float32 stays float32, integers become float64, and the memory layout does not matter"""
    call, f = "net_activation(X, w, b)", student.net_activation
    battery.keeps_float32(call, f, rng.normal(size=(4, 3)), rng.normal(size=3), 0.5)
    battery.accepts_integers(call, f, whole(rng, 4, 3), whole(rng, 3), 0.5)
    battery.accepts_any_layout(call, f, rng.normal(size=(4, 3)), rng.normal(size=3), 0.5)


# perceptron_predict


@points(1.25, of="perceptron_predict")
def test_side_of_the_line(student, rng):
    """a row is +1 where its activation is positive, else -1"""
    for N, D in ((40, 3), (1, 2)):
        X, w, b = rng.normal(size=(N, D)), rng.normal(size=D), float(rng.normal())
        sides = np.array([1 if z > 0 else -1 for z in activation_by_loops(X, w, b)])
        expect("perceptron_predict(X, w, b)", student.perceptron_predict(X, w, b)).equals(sides)
        other = student.perceptron_predict(-X, w, -b)
        expect("perceptron_predict(-X, w, -b)", other).equals(-sides)


@points(0.75, of="perceptron_predict", needs="test_side_of_the_line")
def test_points_on_the_line(student):
    """a point on the line itself is -1, and so is every point when w and b are 0"""
    X = np.array([[1.0, 2.0], [3.0, 1.0], [0.0, 0.0], [-1.0, 3.0], [2.0, 2.0]])
    got = student.perceptron_predict(X, np.array([2.0, 1.0]), -4.0)  # z = 0, 3, -4, -3, 2
    expect("perceptron_predict(X, w, b) with a row on the line", got).equals(np.array([-1, 1, -1, -1, 1]))
    for zero in (0.0, -0.0):
        got = student.perceptron_predict(X, np.zeros(2), zero)
        expect("perceptron_predict(X, w, b) with w = 0 and b = 0", got).equals(np.full(5, -1))
    near = student.perceptron_predict(np.array([[1.0], [-1.0]]), np.array([1e-12]), 0.0)
    expect("perceptron_predict(X, w, b) with rows close to the line", near).equals(np.array([1, -1]))


@points(0.25, of="perceptron_predict", needs="test_side_of_the_line")
def test_predict_refuses_other_shapes(student, rng):
    """X without two axes, or w that is not (D,), is a ValueError"""
    for X_shape, w_shape in (((4, 3), (3, 1)), ((4, 3), (4,)), ((3,), (3,))):
        X, w = rng.normal(size=X_shape), rng.normal(size=w_shape)
        call = f"perceptron_predict(X, w, b) for X {X_shape} and w {w_shape}"
        refuses(call, ValueError, student.perceptron_predict, X, w, 0.5)


@points(0.25, of="perceptron_predict", needs="test_side_of_the_line")
def test_predict_of_any_array(student, rng):
    """arguments are not changed; integers and any memory layout give the same classes"""
    call, f = "perceptron_predict(X, w, b)", student.perceptron_predict
    X, w = whole(rng, 6, 3), np.array([2.0, -3.0, 1.0])
    battery.leaves_arguments_alone(call, f, X, w, 0.5)
    battery.accepts_integers(call, f, X, w, 0.5)
    battery.accepts_any_layout(call, f, X, w, 0.5)


# perceptron_step


def judge_step(call, value, w, b, changed):
    """One returned triple."""
    parts = expect(call, value).unpack("w", "b", "changed")
    parts[2].equals(changed, hint="Is it a mistake, y * (w . x + b) <= 0?")
    parts[0].close_to(np.asarray(w, dtype=float), rtol=1e-10, atol=1e-14)
    parts[1].close_to(float(b), rtol=1e-10, atol=1e-14)


def far_from_the_line(rng, D):
    """w, b, x whose activation is not near 0, and its sign."""
    while True:
        w, b, x = rng.normal(size=D), float(rng.normal()), rng.normal(size=D)
        z = float(activation_by_loops([x], w, b)[0])
        if abs(z) > 0.1:
            return w, b, x, 1 if z > 0 else -1


@points(1.25, of="perceptron_step")
def test_a_mistake_moves_the_line(student, rng):
    """after a mistake w has y*x added and b has y added"""
    for D, y in ((1, 1), (2, -1), (4, 1), (3, -1), (2, 1), (1, -1)):
        w, b, x, side = far_from_the_line(rng, D)
        w, b = -y * side * w, -y * side * b  # now the point is on the other side than its label says
        got = student.perceptron_step(w, b, x, y)
        judge_step("perceptron_step(w, b, x, y) for a mistake", got, w + y * x, b + y, True)


@points(0.75, of="perceptron_step", needs="test_a_mistake_moves_the_line")
def test_a_right_answer_moves_nothing(student, rng):
    """after a right answer w and b are what they were"""
    for D, y in ((1, 1), (2, -1), (4, 1), (3, -1), (2, 1), (1, -1)):
        w, b, x, side = far_from_the_line(rng, D)
        w, b = y * side * w, y * side * b
        got = student.perceptron_step(w, b, x, y)
        judge_step("perceptron_step(w, b, x, y) for a right answer", got, w, b, False)


@points(1, of="perceptron_step", needs="test_a_mistake_moves_the_line")
def test_a_point_on_the_line_is_a_mistake(student, rng):
    """a point on the line is a mistake for both labels, at the start as well as later"""
    x = rng.normal(size=3)
    for y in (1, -1):
        got = student.perceptron_step(np.zeros(3), 0.0, x, y)
        judge_step("perceptron_step(w, b, x, y) with w = 0 and b = 0", got, y * x, y, True)
        w, x2 = np.array([2.0, -1.0]), np.array([3.0, 1.0])
        got = student.perceptron_step(w, -5.0, x2, y)
        judge_step("perceptron_step(w, b, x, y) with w . x + b = 0", got, w + y * x2, -5.0 + y, True)
    got = student.perceptron_step(np.array([2.0, -1.0]), -4.75, np.array([3.0, 1.0]), 1)
    judge_step("perceptron_step(w, b, x, y) for w . x + b = 0.25 and y = 1", got, [2.0, -1.0], -4.75, False)
    got = student.perceptron_step(np.array([1e-12]), 0.0, np.array([-1.0]), -1)
    judge_step("perceptron_step(w, b, x, y) for w . x + b = -1e-12 and y = -1", got, [1e-12], 0.0, False)


@points(0.75, of="perceptron_step", needs="test_a_mistake_moves_the_line")
def test_step_refuses_other_labels(student, rng):
    """a label other than +1 and -1 is a ValueError, whatever the point"""
    for y in (0, 2, -2, 0.5, 1.5, -1.5, math.nan):
        for b in (5.0, -5.0, 0.0):
            call = f"perceptron_step(w, b, x, y) with y = {y}"
            refuses(call, ValueError, student.perceptron_step, np.zeros(2), b, rng.normal(size=2), y)


@points(0.5, of="perceptron_step", needs="test_a_mistake_moves_the_line")
def test_step_leaves_its_arguments_alone(student, rng):
    """w and x are the same afterwards and may be read-only, after a mistake as well as after a right answer"""
    w, b, x, side = far_from_the_line(rng, 3)
    for y in (-side, side):
        battery.leaves_arguments_alone("perceptron_step(w, b, x, y)", student.perceptron_step, w, b, x, y)


@points(0.5, of="perceptron_step", needs="test_a_mistake_moves_the_line")
def test_step_returns_new_weights(student, rng):
    """the returned w shares no memory with an argument, even if nothing was learned"""
    w, b, x, side = far_from_the_line(rng, 3)
    for y in (-side, side):
        battery.returns_new_arrays("perceptron_step(w, b, x, y)", student.perceptron_step, w, b, x, y)
        battery.returns_new_arrays("perceptron_step(w, b, x, y)", student.perceptron_step, 0 * w, 0.0, x, y)


@points(0.5, of="perceptron_step", needs="test_a_mistake_moves_the_line")
def test_step_with_any_array(student):
    """float32 stays float32, integers become float64, the memory layout does not matter; y is any kind of number"""
    call, f = "perceptron_step(w, b, x, y)", student.perceptron_step
    w, x = np.array([2.0, -1.0, 3.0]), np.array([1.0, 4.0, -2.0])  # w . x = -8
    for y in (1, -1):
        battery.keeps_float32(call, f, w, 0.5, x, y)
        battery.accepts_integers(call, f, w, 0.5, x, y)
        battery.accepts_any_layout(call, f, w, 0.5, x, y)
    for y in (1.0, np.int64(1), np.float64(1.0)):
        judge_step(f"{call} for a mistake", f(w, 0.5, x, y), w + x, 1.5, True)


# novikoff_bound


def separated(rng, N, D):
    """Rows on both sides of a line, its weights and bias, none nearer than 0.1."""
    while True:
        w, b = rng.normal(size=D), float(rng.uniform(0.3, 1.0) * rng.choice([-1, 1]))
        X = rng.normal(size=(N, D)) * 2
        z = activation_by_loops(X, w, b)
        if np.abs(z).min() > 0.1 and abs(np.sign(z).sum()) < N:
            return X, np.where(z > 0, 1, -1), w, b


def bound_by_loops(X, y, w, b):
    largest = max(sum(float(v) ** 2 for v in x) + 1.0 for x in X)
    length = sum(float(v) ** 2 for v in w) + b * b
    margins = [float(t) * z for t, z in zip(y, activation_by_loops(X, w, b), strict=True)]
    return largest * length / min(margins) ** 2


@points(1.75, of="novikoff_bound")
def test_bound_by_loops(student, rng):
    """the bound is (R / gamma)**2 with the bias counted in both lengths"""
    for N, D in ((5, 2), (8, 3), (4, 1), (9, 2)):
        X, y, w, b = separated(rng, N, D)
        got = student.novikoff_bound(X, y, w, b)
        expect("novikoff_bound(X, y, w_star, b_star)", got).close_to(bound_by_loops(X, y, w, b), rtol=1e-9)
    rows, labels, line = (
        np.array([[1.0, 2.0], [-3.0, 1.0], [2.0, 0.0]]),
        np.array([1, -1, 1]),
        np.array([2.0, 1.0]),
    )
    got = student.novikoff_bound(rows, labels, line, 0.0)
    call = expect("novikoff_bound(X, y, w_star, 0)", got)
    call.close_to(
        bound_by_loops(rows, labels, line, 0.0), rtol=1e-9, hint="The 1 in R does not depend on b_star."
    )


@points(0.5, of="novikoff_bound", needs="test_bound_by_loops")
def test_bound_belongs_to_the_line(student, rng):
    """w_star and b_star times 10 or divided by a million are the same line and give the same bound"""
    X, y, w, b = separated(rng, 7, 2)
    want = bound_by_loops(X, y, w, b)
    for factor in (10.0, 1e-6):
        got = student.novikoff_bound(X, y, factor * w, factor * b)
        expect("novikoff_bound for the same line with longer weights", got).close_to(want, rtol=1e-9)


@points(0.75, of="novikoff_bound", needs="test_bound_by_loops")
def test_bound_refuses_a_line_that_does_not_separate(student, rng):
    """a line with a row on its wrong side, or on the line itself, is a ValueError"""
    X, y, w, b = separated(rng, 7, 2)
    flipped = y.copy()
    flipped[3] = -flipped[3]
    call, f = "novikoff_bound(X, y, w_star, b_star)", student.novikoff_bound
    refuses(f"{call} with a row on the wrong side", ValueError, f, X, flipped, w, b)
    refuses(f"{call} with all rows on the wrong side", ValueError, f, X, -y, w, b)
    rows, labels = np.array([[1.0, 2.0], [3.0, 3.0], [0.0, 0.0]]), np.array([1, 1, -1])
    refuses(f"{call} with a row on the line", ValueError, f, rows, labels, np.array([2.0, 1.0]), -4.0)


@points(0.5, of="novikoff_bound", needs="test_bound_by_loops")
def test_bound_is_a_float(student, rng):
    """the bound is one float, and no argument is changed"""
    X, y, w, b = separated(rng, 7, 2)
    call = "novikoff_bound(X, y, w_star, b_star)"
    expect(call, student.novikoff_bound(X, y, w, b)).is_float()
    battery.leaves_arguments_alone(call, student.novikoff_bound, X, y, w, b)


@points(0.25, of="novikoff_bound", needs="test_bound_by_loops")
def test_bound_of_any_array(student):
    """integers and any memory layout give the bound of the same values"""
    X, y = np.array([[3.0, 1.0], [2.0, -1.0], [-2.0, 1.0]]), np.array([1.0, 1.0, -1.0])
    call, f = "novikoff_bound(X, y, w_star, b_star)", student.novikoff_bound
    battery.accepts_integers(call, f, X, y, np.array([2.0, -1.0]), 1.0)
    small = np.array([[20, 30], [200, 100]], dtype=np.uint8)  # 200 * 200 does not fit into 8 bits
    line = np.array([100, 50], dtype=np.int8)
    got = f(small, np.array([1, 1], dtype=np.int8), line, 1.0)
    expect(f"{call} for small integers", got).close_to(bound_by_loops(small, [1, 1], line, 1.0))
    for other in (np.asfortranarray(X), np.repeat(X, 2, axis=0)[::2]):
        got = f(other, y, np.array([2.0, -1.0]), 1.0)
        want = bound_by_loops(X, y, [2.0, -1.0], 1.0)
        expect(f"{call} for X in another memory layout", got).close_to(want)


# xor_two_layer


def network_of(value):
    """W1, b1, w2, b2 as floats; whole numbers do as well."""
    judged = expect("xor_two_layer()", value)
    names, shapes = ("W1", "b1", "w2", "b2"), ((2, 2), (2,), (2,), ())
    judged.unpack(*names)
    parts = []
    for name, shape, part in zip(names, shapes, judged.sequence(), strict=True):
        part = fetch(part)
        part = part.astype(float) if isinstance(part, np.ndarray) and part.dtype.kind in "iu" else part
        named = expect(f"{name} of xor_two_layer()", part)
        parts.append(named.array(shape) if shape else named.number())
    return parts


def answers(W1, b1, w2, b2):
    """What the network of threshold units says to the four inputs, unit by unit."""
    found = []
    for x in ((0, 0), (0, 1), (1, 0), (1, 1)):
        hidden = [1 if x[0] * W1[0, j] + x[1] * W1[1, j] + b1[j] > 0 else 0 for j in (0, 1)]
        found.append(1 if hidden[0] * w2[0] + hidden[1] * w2[1] + b2 > 0 else 0)
    return found


@points(2, of="xor_two_layer")
def test_network_computes_xor(student):
    """the network answers 0, 1, 1, 0 to the inputs 00, 01, 10, 11"""
    network = network_of(student.xor_two_layer())
    call = expect("the network of xor_two_layer()", tuple(answers(*network)))
    call.equals((0, 1, 1, 0), hint="Work out both hidden units for each of the four inputs.")


@in_worker
def two_networks(student):
    """The second call, after the arrays of the first were overwritten."""
    for part in student.xor_two_layer():
        if isinstance(part, np.ndarray):
            part[...] = 7
    return student.xor_two_layer()


@points(0.5, of="xor_two_layer", needs="test_network_computes_xor")
def test_network_is_new_each_time(student):
    """overwriting the arrays of one call does not change the next call"""
    call = expect("xor_two_layer() called again", tuple(answers(*network_of(two_networks(student)))))
    call.equals((0, 1, 1, 0), hint="Make the arrays inside the function.")
