"""collapse_linear and output_activation."""

from itertools import pairwise

import numpy as np

from grader import expect, in_worker, observe, points, refuses

WIDTHS = (4, 6, 3, 5, 2, 3)


def random_stack(rng, widths):
    Ws = [rng.normal(size=(n, m)) for n, m in pairwise(widths)]
    bs = [rng.normal(size=m) for m in widths[1:]]
    return Ws, bs


def through_the_stack(X, Ws, bs):
    """One layer after the other, one neuron after the other."""
    rows = [[float(v) for v in x] for x in X]
    for W, b in zip(Ws, bs, strict=True):
        rows = [
            [sum(x[i] * float(W[i, j]) for i in range(len(x))) + float(b[j]) for j in range(len(b))]
            for x in rows
        ]
    return np.array(rows)


def collapsed(student, Ws, bs):
    """W and b as arrays of the right shapes."""
    W, b = expect("collapse_linear(Ws, bs)", student.collapse_linear(Ws, bs)).unpack("W", "b")
    return W.array((len(Ws[0]), len(bs[-1]))), b.array((len(bs[-1]),))


def agree(call, value, W, b, **tolerance):
    """A returned pair against W and b; a tuple, a list and a named tuple are pairs."""
    parts = expect(call, value).unpack("W", "b")
    for part, want in zip(parts, (W, b), strict=True):
        part.close_to(want, **tolerance)
    return parts


@in_worker
def collapse_twice(student, Ws, bs):
    first, second = student.collapse_linear(Ws, bs), student.collapse_linear(Ws, bs)
    return list(first), list(second), [len(Ws), len(bs)]


@points(1, of="collapse_linear")
def test_collapse_linear_multiplies_the_weights(student, rng):
    """collapse_linear gives the right W for two layers"""
    Ws, bs = random_stack(rng, (3, 3, 3))
    want = through_the_stack(np.eye(3), Ws, [np.zeros(3), np.zeros(3)])
    W, _ = expect("collapse_linear(Ws, bs)", student.collapse_linear(Ws, bs)).unpack("W", "b")
    W.close_to(want, hint="X meets Ws[0] first.")


@points(1, of="collapse_linear", needs="test_collapse_linear_multiplies_the_weights")
def test_collapse_linear_carries_every_bias(student, rng):
    """collapse_linear gives the right b for two and for three layers"""
    for widths in ((3, 4, 2), (2, 3, 3, 4)):
        Ws, bs = random_stack(rng, widths)
        want = through_the_stack(np.zeros((1, widths[0])), Ws, bs)[0]
        _, b = expect("collapse_linear(Ws, bs)", student.collapse_linear(Ws, bs)).unpack("W", "b")
        b.close_to(want, hint="What comes out for X = 0? Follow each bias to the end.")


@points(1.25, of="collapse_linear", needs="test_collapse_linear_multiplies_the_weights")
def test_collapse_linear_equals_the_stack(student, rng):
    """one layer does what five random layers of different widths do"""
    Ws, bs = random_stack(rng, WIDTHS)
    X = rng.normal(size=(7, WIDTHS[0]))
    W, b = collapsed(student, Ws, bs)
    expect("X @ W + b", X @ W + b).close_to(through_the_stack(X, Ws, bs), rtol=1e-10, atol=1e-10)


@points(0.5, of="collapse_linear", needs="test_collapse_linear_equals_the_stack")
def test_collapse_linear_takes_a_single_layer(student, rng):
    """collapse_linear of one layer returns copies of its weights and bias"""
    Ws, bs = random_stack(rng, (3, 2))
    seen = observe(student.collapse_linear, Ws, bs)
    W, b = expect("collapse_linear([W], [b])", seen.value).unpack("W", "b")
    W.close_to(Ws[0])
    b.close_to(bs[0])
    W.satisfies(not seen.shares, "the result is the layer itself. Return copies.")


@points(0.5, of="collapse_linear", needs="test_collapse_linear_equals_the_stack")
def test_collapse_linear_leaves_the_layers_alone(student, rng):
    """collapse_linear changes no layer and neither list"""
    for widths in ((3, 3, 3), (3, 3, 3, 3)):
        Ws, bs = random_stack(rng, widths)
        seen = observe(student.collapse_linear, Ws, bs)
        judged = expect("collapse_linear(Ws, bs)", seen.value)
        judged.satisfies(not seen.modified, "a layer was changed in place. Work on new arrays.")
        judged.satisfies(not seen.shares, "the result shares memory with a layer. Return new arrays.")
        W, b = (part.array() for part in judged.unpack("W", "b"))
        for array in (*Ws, *bs):
            array.flags.writeable = False
        agree("collapse_linear(Ws, bs) with read-only arrays", student.collapse_linear(Ws, bs), W, b)
    first, second, lengths = collapse_twice(student, Ws, bs)
    agree("collapse_linear(Ws, bs)", first, W, b)
    agree("collapse_linear(Ws, bs) called again", second, W, b)
    expect("collapse_linear(Ws, bs)", first).satisfies(lengths == [3, 3], "the lists Ws and bs were changed.")


@points(0.25, of="collapse_linear", needs="test_collapse_linear_equals_the_stack")
def test_collapse_linear_refuses_lists_that_do_not_match(student, rng):
    """collapse_linear refuses an empty list and lists of different lengths"""
    Ws, bs = random_stack(rng, (3, 3, 3))
    refuses("collapse_linear([], [])", ValueError, student.collapse_linear, [], [])
    refuses("collapse_linear with a bias missing", ValueError, student.collapse_linear, Ws, bs[:1])
    refuses("collapse_linear with a bias too many", ValueError, student.collapse_linear, Ws[:1], bs)


@points(0.5, of="collapse_linear", needs="test_collapse_linear_equals_the_stack")
def test_collapse_linear_suits_any_array(student, rng):
    """collapse_linear takes integers and any memory layout, and keeps float32"""
    Ws, bs = random_stack(rng, (3, 4, 2))
    W, b = collapsed(student, Ws, bs)
    call = "collapse_linear(Ws, bs)"
    other = student.collapse_linear([np.asfortranarray(V) for V in Ws], [np.repeat(c, 2)[::2] for c in bs])
    agree(f"{call} with arrays in another memory layout", other, W, b)
    single = student.collapse_linear([V.astype(np.float32) for V in Ws], [c.astype(np.float32) for c in bs])
    for part in agree(f"{call} with float32 input", single, W, b, rtol=1e-4, atol=1e-4):
        part.has_dtype(np.float32)
    for kinds in ((np.float32, np.float64), (np.float64, np.float32)):
        got = student.collapse_linear(
            [Ws[0].astype(kinds[0]), Ws[1].astype(kinds[1])], [c.astype(kinds[0]) for c in bs]
        )
        for part in agree(f"{call} with float32 and float64 layers", got, W, b, rtol=1e-4, atol=1e-4):
            part.has_dtype(np.float64)
    Ws, bs = [np.round(3 * V) for V in Ws], [np.round(3 * c) for c in bs]
    W, b = collapsed(student, Ws, bs)
    whole = student.collapse_linear([V.astype(np.int64) for V in Ws], [c.astype(np.int64) for c in bs])
    agree(f"{call} with integer input", whole, W, b)


@points(0.75, of="output_activation")
def test_output_activation_knows_the_three_tasks(student):
    """output_activation names the right function for each of the three tasks"""
    expect("output_activation('regression')", student.output_activation("regression")).equals(
        "identity", hint="A regression may have to predict any number, negative ones included."
    )
    expect("output_activation('binary')", student.output_activation("binary")).equals("sigmoid")
    expect("output_activation('multiclass')", student.output_activation("multiclass")).equals("softmax")


@points(0.25, of="output_activation", needs="test_output_activation_knows_the_three_tasks")
def test_output_activation_refuses_other_tasks(student):
    """output_activation refuses a task it does not know"""
    for task in ("Regression", "multi-class", "classification", "binary ", "", "multi", "class", "binar"):
        refuses("output_activation(task) for an unknown task", ValueError, student.output_activation, task)
