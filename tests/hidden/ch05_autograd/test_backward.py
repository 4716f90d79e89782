"""How Value goes back through a graph: forks, order, repetition, size. Expected values by hand."""

import numpy as np

from grader import expect, in_worker, points

ROUNDS = 8_400  # of four operations, two of them with a constant: 50 000 nodes


@in_worker
def stack_of_doublings(student, x, count):
    leaf = student.Value(x)
    v = leaf
    for _ in range(count):
        v = v + v
    v.backward()
    return float(v.data), float(leaf.grad)


@in_worker
def long_chain(student, rounds):
    a, b = student.Value(1.0), student.Value(0.5)
    v = a
    for _ in range(rounds):
        v = b + (1.0 * ((v + b) * 1.0))
    v.backward()
    return float(v.data), float(a.grad), float(b.grad)


@in_worker
def ladder(student, numbers, length):
    a, b = student.Value(numbers[0]), student.Value(numbers[1])
    leaves = [a, b]
    for _ in range(length):
        a, b = 0.5 * a + b * 0.25, (a - b) * 0.5
    y = a * b
    y.backward()
    return [float(y.data), float(leaves[0].grad), float(leaves[1].grad)]


def leaf_values(student, *numbers):
    return [student.Value(float(x)) for x in numbers]


def grads_are(call, nodes, want, hint=""):
    """grad of each named node."""
    for (name, node), number in zip(nodes.items(), want, strict=True):
        expect(f"{name}.grad for {call}", node.grad).close_to(float(number), hint=hint)


# forks -------------------------------------------------------------------------------------------------------


@points(2, of="Value")
def test_backward_adds_at_forks(student, rng):
    """a value that is used twice gets the gradients of both uses"""
    x, y = (float(v) for v in rng.uniform(1.1, 3.0, size=2))
    forms = {
        "y = a + a": (lambda a, b: a + a, 2.0, 0.0),
        "y = a * a": (lambda a, b: a * a, 2 * x, 0.0),
        "y = a ** 2 + a": (lambda a, b: a**2 + a, 2 * x + 1, 0.0),
        "y = a - a + b": (lambda a, b: a - a + b, 0.0, 1.0),
        "y = a / a + b": (lambda a, b: a / a + b, 0.0, 1.0),
        "y = a * b + a": (lambda a, b: a * b + a, y + 1, x),
        "y = a * a * a * b": (lambda a, b: a * a * a * b, 3 * x * x * y, x**3),
        "y = a + b + a * b + b * b": (lambda a, b: a + b + a * b + b * b, 1 + y, 1 + x + 2 * y),
        "y = a.exp() * a.log() + b": (
            lambda a, b: a.exp() * a.log() + b,
            float(np.exp(x) * np.log(x) + np.exp(x) / x),
            1.0,
        ),
    }
    for call, (f, da, db) in forms.items():
        a, b = leaf_values(student, x, y)
        f(a, b).backward()
        grads_are(call, {"a": a, "b": b}, (da, db), hint="Gradients add up where a value is used again.")


@points(2.5, of="Value")
def test_backward_waits_for_all_users_of_a_node(student, rng):
    """an inner node with several users hands its gradient on when it is complete, and once"""
    hint = "When does an inner node know its whole gradient?"
    [x] = leaf_values(student, 2.0)
    y = x * 3
    c = 2 * y + 5 * y
    c.backward()
    grads_are("y = x * 3, c = 2 * y + 5 * y", {"x": x, "y": y, "c": c}, (21.0, 7.0, 1.0), hint)

    x, a = leaf_values(student, 1.0, 1.0)
    f = 2 * x * (x * a) + (x * x) * a
    f.backward()
    grads_are("f = 2 * x * (x * a) + (x * x) * a", {"x": x, "a": a}, (6.0, 3.0), hint)

    p, q = (float(v) for v in rng.uniform(0.5, 2.0, size=2))
    for early in (True, False):  # the short way to s comes first, or last
        a, b = leaf_values(student, p, q)
        s = a * b
        t = s * s
        u = t + b
        y = s + u * t if early else u * t + s
        y.backward()
        m = p * q
        ds = 1 + 4 * m**3 + 2 * m * q  # y = m + (m**2 + b) * m**2
        wanted = (q * ds, p * ds + m**2, ds, 2 * m**2 + q, m**2)
        grads_are("y = s + (t + b) * t", {"a": a, "b": b, "s": s, "t": t, "u": u}, wanted, hint)

    numbers = [float(v) for v in rng.uniform(0.5, 2.0, size=2)]
    first, second = np.eye(2)
    for _ in range(12):
        first, second = 0.5 * first + 0.25 * second, 0.5 * (first - second)
    value, da, db = ladder(student, numbers, 12)
    expect("y.data after 12 mixed steps", value).close_to((first @ numbers) * (second @ numbers), atol=1e-14)
    want = first * (second @ numbers) + second * (first @ numbers)
    scale = np.abs(want).max()
    got = np.array([da, db]) / scale
    expect("the gradients after 12 mixed steps", got).close_to(want / scale, rtol=1e-8, hint=hint)


@points(1, of="Value")
def test_backward_fills_every_node(student):
    """after backward every node of the circuit (x + y) * z holds its gradient, the output 1"""
    for x, y, z in ((-2.0, 5.0, -4.0), (3.0, 4.0, 0.0)):
        nodes = dict(zip("xyz", leaf_values(student, x, y, z), strict=True))
        nodes["q"] = nodes["x"] + nodes["y"]
        nodes["f"] = nodes["q"] * nodes["z"]
        expect("f.data", nodes["f"].data).close_to((x + y) * z)
        nodes["f"].backward()
        grads_are("q = x + y, f = q * z", nodes, (z, z, x + y, z, 1.0))


# again and again ---------------------------------------------------------------------------------------------


@points(1.5, of="Value")
def test_backward_twice_doubles_the_leaves(student):
    """a second backward adds to the leaves exactly what the first did, and renews the inner nodes"""
    hint = "What stands in the inner nodes when backward begins?"
    a, b = leaf_values(student, 2.0, 3.0)
    s = a * b
    t = s * s + a
    for times in (1, 2, 3):
        t.backward()
        want = (37.0 * times, 24.0 * times, 12.0, 1.0)
        grads_are("t = s * s + a, s = a * b", {"a": a, "b": b, "s": s, "t": t}, want, hint)


@points(1.5, of="Value")
def test_backward_of_two_results_adds_up(student):
    """two results of the same leaves: their gradients add up in the leaves, not in shared inner nodes"""
    hint = "Gradients of leaves add up; those of inner nodes belong to the last backward."
    a, b = leaf_values(student, 2.0, 3.0)
    s = a * b
    p, q = s * 5, s + s * s
    p.backward()
    grads_are("p = s * 5, s = a * b", {"a": a, "b": b, "s": s, "p": p}, (15.0, 10.0, 5.0, 1.0), hint)
    q.backward()
    nodes = {"a": a, "b": b, "s": s, "q": q}
    grads_are("p and then q = s + s * s", nodes, (15.0 + 39.0, 10.0 + 26.0, 13.0, 1.0), hint)
    grads_are(
        "q, which p is no part of", {"p": p}, (1.0,), "A node that q was not computed from keeps its grad."
    )
    s.backward()
    grads_are("p, q and then s = a * b", {"a": a, "b": b, "s": s}, (57.0, 38.0, 1.0), hint)
    other = a * 7
    other.backward()
    grads_are("another graph with the leaf a", {"a": a, "b": b, "s": s}, (64.0, 38.0, 1.0), hint)


@points(0.5, of="Value", needs="test_backward_adds_at_forks")
def test_backward_of_a_leaf(student):
    """the derivative of a leaf with respect to itself is 1"""
    [a] = leaf_values(student, 5.0)
    a.backward()
    expect("a.grad after a.backward()", a.grad).close_to(1.0)
    expect("a.data", a.data).close_to(5.0)


@points(1, of="Value", needs="test_backward_adds_at_forks")
def test_operations_leave_their_operands_alone(student):
    """operations give new values and change nothing; what a result does not need keeps its grad"""
    a, b, unused = leaf_values(student, 2.0, 3.0, 4.0)
    results = {
        "a + 0": a + 0,
        "0 + a": 0 + a,
        "a - 0": a - 0,
        "a * 1": a * 1,
        "1 * a": 1 * a,
        "a / 1": a / 1,
        "a ** 1": a**1,
        "a.relu()": a.relu(),
        "-a": -a,
        "a + b": a + b,
    }
    for call, value in results.items():
        expect(call, value).satisfies(
            value != a and value != b, "it is one of the operands. Make a new Value."
        )
    user = a * unused
    y = a * b
    y.backward()
    grads_are("y = a * b", {"a": a, "b": b, "y": y}, (3.0, 2.0, 1.0))
    for name, node, number in (("a", a, 2.0), ("b", b, 3.0), ("unused", unused, 4.0), ("user", user, 8.0)):
        expect(f"{name}.data", node.data).close_to(number)
    others = {"unused": unused, "a user of a": user, **results}
    grads_are("y = a * b", others, [0.0] * len(others), hint="y was not computed from it.")


@points(1.5, of="Value", needs="test_backward_adds_at_forks")
def test_backward_uses_what_forward_saw(student):
    """assigning to data after the computation changes no gradient of it, and counts for the next one"""
    forms = {
        "a * b": (lambda a, b: a * b, 3.0, 2.0),
        "a / b": (lambda a, b: a / b, 1 / 3, -2 / 9),
        "a ** 3 + b": (lambda a, b: a**3 + b, 12.0, 1.0),
        "a.exp() + b": (lambda a, b: a.exp() + b, float(np.exp(2.0)), 1.0),
        "a.log() + b": (lambda a, b: a.log() + b, 0.5, 1.0),
        "a.relu() + b": (lambda a, b: a.relu() + b, 1.0, 1.0),
        "a.tanh() + b": (lambda a, b: a.tanh() + b, float(1 - np.tanh(2.0) ** 2), 1.0),
        "a.sigmoid() + b": (lambda a, b: a.sigmoid() + b, float(np.exp(-2) / (1 + np.exp(-2)) ** 2), 1.0),
        "1 / a + b": (lambda a, b: 1 / a + b, -0.25, 1.0),
    }
    for call, (f, da, db) in forms.items():
        a, b = leaf_values(student, 2.0, 3.0)
        y = f(a, b)
        before = expect(f"({call}).data", y.data).number()
        a.data, b.data = -7.0, 0.125
        y.backward()
        nodes = {"a": a, "b": b}
        grads_are(
            f"y = {call}, a.data and b.data assigned afterwards",
            nodes,
            (da, db),
            "Record it on the way forward.",
        )
        expect(f"({call}).data", y.data).close_to(before)
    a, b = leaf_values(student, 2.0, 3.0)
    (a * b).backward()
    a.data = 10.0
    y = a * b + a
    y.backward()
    expect("(a * b + a).data after a.data = 10", y.data).close_to(40.0)
    grads_are("a second graph after a.data = 10", {"a": a, "b": b}, (3.0 + 4.0, 2.0 + 10.0))


# size --------------------------------------------------------------------------------------------------------


@points(1, of="Value")
def test_backward_counts_nodes_not_paths(student):
    """40 doublings, v = v + v, have 2**40 paths and 41 nodes: backward takes no time"""
    data, grad = stack_of_doublings(student, 3.0, 40)
    expect("v.data after 40 doublings", data).close_to(3.0 * 2.0**40)
    expect("x.grad after 40 doublings", grad).close_to(2.0**40)


@points(1, of="Value", seconds=6)
def test_backward_through_a_long_chain(student):
    """backward works on a chain of 50 000 nodes"""
    data, da, db = long_chain(student, ROUNDS)
    expect("the end of the chain", data).close_to(1.0 + float(ROUNDS))
    expect("the gradient of its beginning", da).close_to(1.0)
    expect("the gradient of the number added on the way", db).close_to(2.0 * ROUNDS)
