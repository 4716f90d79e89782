"""Hidden tests of ch06: linear_forward and linear_backward."""

import numpy as np
import pytest

from grader import battery, expect, observe, points, refuses


def scores_by_loops(X, W, b):
    """The formula as written, one entry at a time."""
    Z = np.zeros((len(X), W.shape[1]))
    for n in range(Z.shape[0]):
        for j in range(Z.shape[1]):
            Z[n, j] = b[j] + sum(X[n, i] * W[i, j] for i in range(W.shape[0]))
    return Z


# linear_forward ------------------------------------------------------------------------------------------------


@points(1.5, of="linear_forward")
def test_forward_matches_the_formula(student, rng):
    """linear_forward agrees with the formula on a random batch, also where every matrix is square"""
    for n, d_in, d_out in ((5, 3, 4), (3, 3, 3)):
        X, W, b = rng.normal(size=(n, d_in)), rng.normal(size=(d_in, d_out)), rng.normal(size=d_out)
        got = expect("linear_forward(X, W, b)", student.linear_forward(X, W, b))
        got.close_to(scores_by_loops(X, W, b))


@pytest.mark.parametrize("n, d_in, d_out", [(1, 3, 2), (4, 3, 1), (4, 1, 3), (1, 1, 1)])
@points(0.2, of="linear_forward")
def test_forward_keeps_both_axes(student, rng, n, d_in, d_out):
    """linear_forward keeps two axes for one example, one feature, one output"""
    X, W, b = rng.normal(size=(n, d_in)), rng.normal(size=(d_in, d_out)), rng.normal(size=d_out)
    got = expect("linear_forward(X, W, b)", student.linear_forward(X, W, b))
    got.close_to(scores_by_loops(X, W, b))


@points(1, of="linear_forward", needs="test_forward_matches_the_formula")
def test_forward_refuses_shapes_that_do_not_fit(student, rng):
    """linear_forward raises ValueError for shapes that do not fit, instead of broadcasting"""
    X, W, b = rng.normal(size=(3, 4)), rng.normal(size=(4, 3)), rng.normal(size=3)
    for what, args in {
        "of an X with one axis": (X[0], W, b),
        "of an X with three axes": (X[None], W, b),
        "of a W with one axis": (X, W[:, 0], b[:1]),
        "of a W with one axis and a number for b": (X, W[:, 0], np.array(0.5)),
        "of a W with three axes": (X, W[None], b),
        "of X and W whose D_in differ": (X[:, :3], W, b),
        "of an X with one feature": (X[:, :1], W, b),
        "of a W with one row": (X, W[:1], b),
        "of a b with two axes": (X, W, b[None]),
        "of a b for one output": (X, W, b[:1]),
        "of a b that is a column": (X, W, b[:, None]),
        "of a b that is a number": (X, W, np.array(0.5)),
        "of a W that is (D_out, D_in)": (X[:, :2], rng.normal(size=(3, 2)), b),
    }.items():
        refuses(f"linear_forward {what}", ValueError, student.linear_forward, *args)


@points(0.4, of="linear_forward", needs="test_forward_matches_the_formula")
def test_forward_leaves_its_arguments_alone(student, rng):
    """linear_forward changes none of its arguments and returns a new array"""
    args = rng.normal(size=(3, 2)), rng.normal(size=(2, 2)), rng.normal(size=2)
    battery.leaves_arguments_alone("linear_forward(X, W, b)", student.linear_forward, *args)
    battery.returns_new_arrays("linear_forward(X, W, b)", student.linear_forward, *args)


@points(0.3, of="linear_forward", needs="test_forward_matches_the_formula")
def test_forward_takes_any_kind_of_array(student, rng):
    """linear_forward takes integers and any memory layout; float32 stays float32 if all three are"""
    call, f = "linear_forward(X, W, b)", student.linear_forward
    X, W, b = (rng.integers(-3, 4, size=s).astype(float) for s in ((3, 2), (2, 4), (4,)))
    battery.accepts_integers(call, f, X, W, b)
    expect(call, f(X, W, b)).has_dtype(np.float64)
    battery.keeps_float32(call, f, X, W, b)
    args = [a.astype(np.float32) for a in (X, W, b)]
    for k in range(3):
        mixed = [*args[:k], args[k].astype(np.float64), *args[k + 1 :]]
        expect(f"{call} with two float32 arrays and one float64 array", f(*mixed)).has_dtype(np.float64)
    battery.accepts_any_layout(call, f, X, W, b)


# linear_backward -----------------------------------------------------------------------------------------------


def a_batch(rng, n=5, d_in=3, d_out=4):
    """dout, X, W"""
    return rng.normal(size=(n, d_out)), rng.normal(size=(n, d_in)), rng.normal(size=(d_in, d_out))


def parts(student, dout, X, W):
    """The three expectations on linear_backward(dout, X, W)."""
    got = expect("linear_backward(dout, X, W)", student.linear_backward(dout, X, W))
    return got.unpack("dX", "dW", "db")


@points(1.5, of="linear_backward")
def test_backward_input_gradient(student, rng):
    """dX of linear_backward is the numerical gradient"""
    dout, X, W = a_batch(rng)
    parts(student, dout, X, W)[0].gradient(
        lambda v: scores_by_loops(v, W, np.zeros(4)), at=X, dout=dout, batch=5
    )


@points(1.5, of="linear_backward")
def test_backward_weight_gradient(student, rng):
    """dW of linear_backward is the numerical gradient"""
    dout, X, W = a_batch(rng)
    parts(student, dout, X, W)[1].gradient(
        lambda v: scores_by_loops(X, v, np.zeros(4)), at=W, dout=dout, batch=5
    )


@points(1, of="linear_backward")
def test_backward_bias_gradient(student, rng):
    """db of linear_backward is the numerical gradient, with one axis"""
    dout, X, W = a_batch(rng)
    b = rng.normal(size=4)
    parts(student, dout, X, W)[2].gradient(lambda v: scores_by_loops(X, W, v), at=b, dout=dout, batch=5)


@points(0.5, of="linear_backward")
def test_backward_with_as_many_inputs_as_outputs(student, rng):
    """linear_backward is right where every matrix is square and no shape gives a mistake away"""
    dout, X, W = a_batch(rng, 3, 3, 3)
    dX, dW, db = parts(student, dout, X, W)
    dX.close_to([[sum(dout[n, j] * W[i, j] for j in range(3)) for i in range(3)] for n in range(3)], batch=3)
    dW.close_to([[sum(X[n, i] * dout[n, j] for n in range(3)) for j in range(3)] for i in range(3)], batch=3)
    db.close_to([sum(dout[n, j] for n in range(3)) for j in range(3)], batch=3)


@pytest.mark.parametrize("n, d_in, d_out", [(1, 3, 2), (4, 3, 1), (4, 1, 3), (1, 1, 1)])
@points(0.2, of="linear_backward")
def test_backward_keeps_the_axes(student, rng, n, d_in, d_out):
    """linear_backward gives each gradient its shape for one example, one feature, one output"""
    dout, X, W = a_batch(rng, n, d_in, d_out)
    dX, dW, db = parts(student, dout, X, W)
    dX.close_to([[float(np.sum(dout[k] * W[i])) for i in range(d_in)] for k in range(n)])
    dW.close_to([[float(np.sum(X[:, i] * dout[:, j])) for j in range(d_out)] for i in range(d_in)])
    db.close_to([float(np.sum(dout[:, j])) for j in range(d_out)])


def values(student, dout, X, W):
    """The three gradients as arrays; a named tuple is as good as a tuple."""
    return [part.array() for part in parts(student, dout, X, W)]


def agree(got, want):
    """Expectations and the student's own values for the same numbers."""
    for part, value in zip(got, want, strict=True):
        part.close_to(value, rtol=1e-6, atol=1e-9)


VALUES = ("test_backward_input_gradient", "test_backward_weight_gradient", "test_backward_bias_gradient")


@points(0.8, of="linear_backward", needs=VALUES)
def test_backward_refuses_shapes_that_do_not_fit(student, rng):
    """linear_backward raises ValueError for shapes that do not fit"""
    dout, X, W = a_batch(rng, 3, 2, 3)
    for what, args in {
        "of a dout with one axis": (dout[0], X, W),
        "of a dout with one axis, for one example": (dout[0], X[:1], W),
        "of a dout with three axes": (dout[None], X, W),
        "of a dout for one output": (dout[:, :1], X, W),
        "of a dout for one example": (dout[:1], X, W),
        "of a dout with one column, where W has one too": (dout[:, 0], X, W[:, :1]),
        "of an X with one axis": (dout[:1], X[0], W),
        "of an X with three axes": (dout, X[None], W),
        "of an X with other features than W": (dout, X[:, :1], W),
        "of a W with one axis": (dout[:, :1], X, W[:, 0]),
    }.items():
        refuses(f"linear_backward {what}", ValueError, student.linear_backward, *args)


@points(0.4, of="linear_backward", needs=VALUES)
def test_backward_leaves_its_arguments_alone(student, rng):
    """linear_backward changes none of its arguments and returns new arrays"""
    call = "linear_backward(dout, X, W)"
    for n in (3, 1):
        args = a_batch(rng, n, 2, 2)
        want = values(student, *args)
        seen = observe(student.linear_backward, *args)
        expect(call, seen.modified).satisfies(not seen.modified, "it changed an argument.")
        expect(call, seen.shares).satisfies(not seen.shares, "it returned memory of an argument.")
        for array in args:
            array.flags.writeable = False
        agree(parts(student, *args), want)


@points(0.5, of="linear_backward", needs=VALUES)
def test_backward_takes_any_kind_of_array(student, rng):
    """linear_backward takes integers and any memory layout, and float32 stays float32"""
    args = [rng.integers(-3, 4, size=s).astype(float) for s in ((3, 4), (3, 2), (2, 4))]
    want = values(student, *args)
    whole = parts(student, *(a.astype(int) for a in args))
    agree(whole, want)
    for part in (*whole, *parts(student, *args)):
        part.has_dtype(np.float64)
    single = parts(student, *(a.astype(np.float32) for a in args))
    for part in single:
        part.has_dtype(np.float32)
    agree(single, want)
    for k, array in enumerate(args):
        for name, other in battery.layouts(array):
            if not name.startswith("broadcast"):
                agree(parts(student, *args[:k], other, *args[k + 1 :]), want)
    agree(
        parts(student, np.broadcast_to(args[0][:1], (3, 4)), *args[1:]),
        values(student, args[0][[0] * 3], *args[1:]),
    )
