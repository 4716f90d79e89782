"""topological_order, zero_grad and maximum."""

import numpy as np

from grader import expect, in_worker, points

FAR = 25_000


def leaf_values(student, *numbers):
    return [student.Value(float(x)) for x in numbers]


def ordered(call, student, v, edges, absent=()):
    """The order as positions: each of the edges (user, source) must point backwards; v is the last."""
    order = expect(call, student.topological_order(v)).sequence()
    judged = expect(call, order)
    judged.satisfies(order and order[-1] == v, "v itself is not the last.")
    judged.satisfies(len(set(order)) == len(order), "a node is in it more than once.")
    place = {node: i for i, node in enumerate(order)}
    for user, source in edges:
        judged.satisfies(user in place and source in place, "a node is missing.")
        judged.satisfies(place[source] < place[user], "a node comes before one that it was computed from.")
    for node in absent:
        judged.satisfies(node not in place, "it has a node that v was not computed from.")


@in_worker
def positions(student, numbers, steps, roots):
    nodes = [student.Value(x) for x in numbers]
    for i, j, times in steps:
        nodes.append(nodes[i] * nodes[j] if times else nodes[i] + nodes[j])
    found = []
    for root in roots:
        order = list(student.topological_order(nodes[root]))
        place = {id(node): k for k, node in enumerate(order)}
        found.append([len(order), len(place), [place.get(id(node), -1) for node in nodes]])
    return found


@in_worker
def order_of_doublings(student, count):
    nodes = [student.Value(1.0)]
    for _ in range(count):
        nodes.append(nodes[-1] + nodes[-1])
    place = {id(node): k for k, node in enumerate(student.topological_order(nodes[-1]))}
    return [place.get(id(node), -1) for node in nodes]


@in_worker
def order_of_a_chain(student, length):
    nodes, leaves = [student.Value(1.0)], []
    for k in range(length):
        leaves.append(student.Value(0.5))
        nodes.append(nodes[-1] + leaves[-1] if k % 2 else leaves[-1] + nodes[-1])
    place = {id(node): k for k, node in enumerate(student.topological_order(nodes[-1]))}
    return [np.array([place.get(id(node), -1) for node in group]) for group in (nodes, leaves)]


@in_worker
def grads_of_a_cleared_chain(student, length, doublings):
    found = []
    for count, double in ((length, False), (doublings, True)):
        b = student.Value(0.5)
        nodes = [student.Value(1.0)]
        for _ in range(count):
            nodes.append(nodes[-1] + (nodes[-1] if double else b))
        for node in nodes:
            node.grad = 1.5
        b.grad = 0.0 if double else 1.5
        student.zero_grad(nodes[-1])
        found.append(np.array([float(node.grad) for node in [b, *nodes]]))
    return found


@in_worker
def gradients_while_training(student, pairs, w, rate, epochs):
    w, seen = student.Value(w), []
    for _ in range(epochs):
        for x, y in pairs:
            loss = (w * x - y) ** 2
            loss.backward()
            seen.append([float(w.grad), float(loss.data)])
            w.data = w.data - rate * w.grad
            student.zero_grad(loss)
    return np.array(seen)


# topological_order -------------------------------------------------------------------------------------------


@points(1.5, of="topological_order")
def test_order_of_small_graphs(student):
    """a fork, a diamond and a single leaf: every node once, inputs first, v last, nothing else"""
    a, b, c = leaf_values(student, 2.0, 3.0, 5.0)
    call = "topological_order(v)"
    ordered(call, student, a, [])
    s = a * b
    t = s + c
    u = t * s
    v = u + t
    w = v * c
    edges = [(s, a), (s, b), (t, s), (t, c), (u, t), (u, s), (v, u), (v, t)]
    ordered(call, student, v, edges, absent=[w])
    ordered(call, student, w, [*edges, (w, v), (w, c)])
    ordered(call, student, t, edges[:4], absent=[u, v, w])
    ordered(call, student, s, edges[:2], absent=[c, t, u, v, w])
    early = a + v  # the leaf a is an input of the last node as well as of the first
    ordered(call, student, early, [*edges, (early, a), (early, v)])
    late = v + a
    ordered(call, student, late, [*edges, (late, a), (late, v)])


@points(1.5, of="topological_order")
def test_order_of_random_graphs(student, rng):
    """random graphs with many forks: every node once, inputs first, for any node as v, again and again"""
    for _ in range(5):
        leaves, steps = 4, []
        for k in range(60):
            far = int(rng.integers(0, leaves + k))
            near = max(0, leaves + k - 1 - int(rng.integers(0, 3)))
            steps.append((*((far, near) if rng.random() < 0.5 else (near, far)), k % 20 == 0))
        roots = [len(steps) + leaves - 1, 20, len(steps) + leaves - 1, 40]
        numbers = [float(v) for v in rng.uniform(-1.0, 1.0, size=leaves)]
        for root, (length, different, place) in zip(
            roots, positions(student, numbers, steps, roots), strict=True
        ):
            judged = expect("topological_order(v) of a random graph", length)
            needed, todo = {root}, [root]
            while todo:
                k = todo.pop()
                new = {*steps[k - leaves][:2]} - needed if k >= leaves else set()
                needed |= new
                todo += new
            listed = {k for k, p in enumerate(place) if p >= 0}
            judged.satisfies(length == different, "a node is in it more than once.")
            judged.satisfies(needed <= listed, "a node is missing.")
            judged.satisfies(listed <= needed, "it has a node that v was not computed from.")
            judged.satisfies(place[root] == length - 1, "v itself is not the last.")
            forwards = [
                (k, s) for k in needed if k >= leaves for s in steps[k - leaves][:2] if place[s] >= place[k]
            ]
            judged.satisfies(not forwards, "a node comes before one that it was computed from.")


@points(0.5, of="topological_order", needs="test_order_of_small_graphs")
def test_order_tells_equal_numbers_apart(student):
    """two nodes with the same data are two nodes"""
    a, b = leaf_values(student, 2.0, 2.0)
    s, t = a + b, a * b
    u = s * 1.0
    v = u + t
    call = "topological_order(v) with equal data in several nodes"
    ordered(call, student, v, [(s, a), (s, b), (t, a), (t, b), (u, s), (v, u), (v, t)])


@points(0.5, of="topological_order", needs="test_order_of_small_graphs")
def test_order_changes_nothing(student):
    """topological_order changes neither data nor grad"""
    a, b = leaf_values(student, 2.0, 3.0)
    s = a * b
    v = s + a
    v.backward()
    nodes = {"a": a, "b": b, "s": s, "v": v}
    before = [(node.data, node.grad) for node in nodes.values()]
    expect("topological_order(v)", student.topological_order(v)).sequence()
    for (name, node), (data, grad) in zip(nodes.items(), before, strict=True):
        expect(f"{name}.data after topological_order(v)", node.data).close_to(data)
        expect(f"{name}.grad after topological_order(v)", node.grad).close_to(grad)


@points(0.5, of="topological_order")
def test_order_counts_nodes_not_paths(student):
    """40 doublings, v = v + v, have 41 nodes: the order takes no time"""
    place = order_of_doublings(student, 40)
    judged = expect("topological_order(v) of 40 doublings", place)
    judged.satisfies(place == sorted(place) and place[0] >= 0, "a node is missing or misplaced.")
    judged.satisfies(len(set(place)) == 41, "a node is missing.")


@points(1, of="topological_order", seconds=6)
def test_order_of_a_long_chain(student):
    """a chain of 25 000 sums, 50 000 nodes, is ordered"""
    nodes, leaves = order_of_a_chain(student, FAR)
    judged = expect("topological_order(v) of a chain of 50 000 nodes", nodes)
    judged.satisfies(min(nodes.min(), leaves.min()) >= 0, "a node is missing.")
    judged.satisfies(len({*nodes, *leaves}) == 2 * FAR + 1, "a node is missing.")
    judged.satisfies((np.diff(nodes) > 0).all() and (leaves < nodes[1:]).all(), "a node is misplaced.")


# zero_grad ---------------------------------------------------------------------------------------------------


@points(1, of="zero_grad")
def test_zero_grad_clears_the_whole_graph(student):
    """zero_grad sets the output, inner nodes and leaves to 0 and keeps their data"""
    a, b, c = leaf_values(student, 2.0, 3.0, 5.0)
    s = a * b
    t = s + c
    v = t * s + a
    nodes = {"a": a, "b": b, "c": c, "s": s, "t": t, "v": v}
    for _ in range(2):
        v.backward()
        s.backward()
        student.zero_grad(v)
        for (name, node), data in zip(nodes.items(), (2.0, 3.0, 5.0, 6.0, 11.0, 68.0), strict=True):
            expect(f"{name}.grad after zero_grad(v)", node.grad).close_to(0.0)
            expect(f"{name}.data after zero_grad(v)", node.data).close_to(data)
    (a * b).backward()
    fresh = a + b
    student.zero_grad(fresh)
    for name in "ab":
        hint = "v itself never saw a backward, but its leaves did."
        expect(f"{name}.grad after zero_grad(v)", nodes[name].grad).close_to(0.0, hint=hint)


@points(0.5, of="zero_grad", needs="test_zero_grad_clears_the_whole_graph")
def test_zero_grad_clears_nothing_else(student):
    """zero_grad leaves alone what v was not computed from"""
    a, b, c = leaf_values(student, 2.0, 3.0, 5.0)
    s = a * b
    user, stranger = s * c, c * c
    user.backward()
    stranger.backward()
    student.zero_grad(s)
    want = {"a": (a, 0.0), "b": (b, 0.0), "s": (s, 0.0), "a user of s": (user, 1.0)}
    want |= {"another leaf": (c, 16.0), "another graph": (stranger, 1.0)}
    for name, (node, grad) in want.items():
        expect(f"grad of {name} after zero_grad(s)", node.grad).close_to(grad)


@points(1, of="zero_grad")
def test_zero_grad_makes_training_right(student):
    """y = 2x learned from three pairs: with zero_grad after each step the gradients are the published ones"""
    pairs = [(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)]
    seen = gradients_while_training(student, pairs, 1.0, 0.01, 2)
    want, w = [], 1.0
    for x, y in pairs * 2:
        want.append([2 * x * (w * x - y), (w * x - y) ** 2])
        w -= 0.01 * want[-1][0]
    judged = expect("w.grad and loss while training", seen)
    judged.close_to(want, hint="Is w.grad 0 before each backward?")
    expect("the first three gradients", seen[:3, 0].copy()).close_to([-2.0, -7.84, -16.2288])


@points(0.5, of="zero_grad", seconds=6)
def test_zero_grad_of_large_graphs(student):
    """zero_grad works on a chain of 25 000 nodes and on 40 doublings"""
    for name, grads in zip(
        ("a chain of 25 000 nodes", "40 doublings"), grads_of_a_cleared_chain(student, FAR, 40), strict=True
    ):
        expect(f"grad of all nodes after zero_grad(v), {name}", grads).close_to(np.zeros(len(grads)))


# maximum -----------------------------------------------------------------------------------------------------


@points(1, of="maximum")
def test_maximum_takes_the_larger(student, rng):
    """maximum(a, b) has the larger data, whichever comes first, whatever the signs; numbers are welcome"""
    x = float(rng.uniform(0.5, 2.0))
    for p, q in ((-x, x), (x, -x), (-x, -2 * x), (-2 * x, -x), (x, x + 1), (x + 1, x)):
        a, b = leaf_values(student, p, q)
        for call, value in (
            ("maximum(a, b)", student.maximum(a, b)),
            ("maximum(a, number)", student.maximum(a, q)),
            ("maximum(number, b)", student.maximum(p, b)),
        ):
            expect(f"{call}.data", value.data).close_to(sorted((p, q))[1])
            expect(call, value).satisfies(
                value != a and value != b, "it is one of the two. Make a new Value."
            )
        same = student.maximum(a, a)
        expect("maximum(a, a)", same).satisfies(same != a, "it is a itself. Make a new Value.")


@points(1.25, of="maximum")
def test_maximum_is_a_router(student, rng):
    """the gradient from above goes to the winner, whole, and to nobody else"""
    for p, q in ((1.0, 2.0), (2.0, 1.0), (-1.0, -2.0), (-2.0, -1.0), (-3.0, 1.0), (1.0, -3.0)):
        up = float(rng.normal())
        da, db = (up, 0.0) if p > q else (0.0, up)
        call = "y = maximum(a, b) * c"
        a, b = leaf_values(student, p, q)
        y = student.maximum(a, b) * up
        a.data, b.data = q, p  # too late to count
        y.backward()
        expect(f"a.grad for {call}", a.grad).close_to(da)
        expect(f"b.grad for {call}", b.grad).close_to(db)
        a, b = leaf_values(student, p, q)
        (student.maximum(a, q) * up).backward()
        (student.maximum(p, b) * up).backward()
        expect("a.grad for y = maximum(a, number) * c", a.grad).close_to(da)
        expect("b.grad for y = maximum(number, b) * c", b.grad).close_to(db)
        (student.maximum(a * 2.0 + b, b * 0.5 - 20.0) + a).backward()
        expect("a.grad, one more graph later", a.grad).close_to(da + 3.0)
        expect("b.grad, one more graph later", b.grad).close_to(db + 1.0)


@points(0.75, of="maximum", needs="test_maximum_is_a_router")
def test_maximum_gives_a_tie_to_the_first(student):
    """of two equal ones the first wins; maximum(a, a) has the gradient 1"""
    for x in (2.0, -2.0, 0.0):
        a, b = leaf_values(student, x, x)
        (student.maximum(a, b) * 5).backward()
        expect("a.grad for y = maximum(a, b) * 5 with equal data", a.grad).close_to(5.0)
        expect("b.grad for y = maximum(a, b) * 5 with equal data", b.grad).close_to(0.0)
        (student.maximum(b, x) * 5).backward()
        expect("b.grad for y = maximum(b, number) * 5, an equal number", b.grad).close_to(5.0)
        [a] = leaf_values(student, x)
        (student.maximum(x, a) * 5).backward()
        expect("a.grad for y = maximum(number, a) * 5, an equal number", a.grad).close_to(0.0)
        (student.maximum(a, a) * 5).backward()
        expect("a.grad for y = maximum(a, a) * 5", a.grad).close_to(5.0)


@points(0.5, of="maximum", needs="test_maximum_is_a_router")
def test_maximum_in_a_published_circuit(student):
    """the circuit 2 * (x*y + maximum(z, w)) of the lecture notes has the gradients -8, 6, 2 and 0"""
    x, y, z, w = leaf_values(student, 3.0, -4.0, 2.0, -1.0)
    f = (x * y + student.maximum(z, w)) * 2
    f.backward()
    expect("f.data", f.data).close_to(-20.0)
    for name, node, grad in (("x", x, -8.0), ("y", y, 6.0), ("z", z, 2.0), ("w", w, 0.0)):
        expect(f"{name}.grad", node.grad).close_to(grad)
