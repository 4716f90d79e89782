"""Hidden tests of ch09: clipping by value and by norm."""

import math

import numpy as np

from grader import draw_curve, expect, in_worker, observe, points

VALUE = "clip_by_value(grads, limit)"
NORM = "clip_by_norm(grads, max_norm)"

# clip_by_value ------------------------------------------------------------------------------------


def check_value(student, grads, limit):
    """Every entry is cut for itself."""
    got = expect(VALUE, student.clip_by_value(grads, limit)).sequence(len(grads))
    for k, (part, g) in enumerate(zip(got, grads)):
        want = np.empty(g.shape)
        for i in np.ndindex(g.shape):
            want[i] = -limit if g[i] < -limit else limit if g[i] > limit else g[i]
        expect(f"array {k} of {VALUE}", part).close_to(want, rtol=1e-12, atol=0)


@points(1.5, of="clip_by_value")
def test_value_cuts_every_entry(student, rng):
    """clip_by_value cuts every entry of every array to [-limit, limit]"""
    grads = [3 * rng.normal(size=(4, 3)), 3 * rng.normal(size=5), 3 * rng.normal(size=(2, 3, 2))]
    for limit in (1.0, 2.5, 0.01):
        check_value(student, grads, limit)
    check_value(student, [np.array([5.0, -5.0, 0.5, 1.0, -1.0, 1e300, -1e300])], 1.0)


@points(0.75, of="clip_by_value", needs="test_value_cuts_every_entry")
def test_value_keeps_what_is_inside(student, rng):
    """clip_by_value changes no entry inside of the limits, however large the others are"""
    g = rng.uniform(-1.0, 1.0, size=(3, 4))
    check_value(student, [g, 100 * g], 1.0)
    check_value(student, [g], np.inf)
    check_value(student, [np.zeros(3), g], 1.0)
    expect("clip_by_value([], limit)", student.clip_by_value([], 1.0)).sequence(0)


@points(0.5, of="clip_by_value", needs="test_value_cuts_every_entry")
def test_value_does_not_hide_nan(student):
    """clip_by_value leaves nan in its place, and cuts inf"""
    got = expect(VALUE, student.clip_by_value([np.array([np.nan, 9.0, np.inf, -np.inf])], 2.0)).sequence(1)
    part = expect(f"array 0 of {VALUE}", got[0])
    values = part.array((4,), finite=False)
    part.satisfies(math.isnan(values[0]), "a nan was hidden.")
    expect("the other entries", values[1:]).close_to([2.0, 2.0, -2.0])


def behaves(call, student, name, grads, limit):
    """Neither list nor arrays are changed, and the results are new arrays."""
    for bound in (limit, 1e9):
        seen = observe(getattr(student, name), grads, bound)
        words = "it changed a gradient that it was given. Work on new arrays, not in place."
        expect(call, seen.value).satisfies(not seen.modified, words)
        words = "it returned an array that it was given. Return new arrays."
        expect(call, seen.value).satisfies(not seen.shares, words)
    before, kept = list_afterwards(student, name, grads, limit)
    expect("the list of gradients", kept).satisfies(kept, f"{name} put other arrays into it.")
    for old, new in zip(before, grads):
        expect("a gradient after the call", old).close_to(new, rtol=0, atol=0)


@in_worker
def list_afterwards(student, name, grads, limit):
    """The gradients after a call, and whether the list still holds the same arrays."""
    for g in grads:
        g.flags.writeable = False
    arrays = list(grads)
    getattr(student, name)(grads, limit)
    kept = len(grads) == len(arrays) and all(a is b for a, b in zip(grads, arrays))
    return arrays, kept


@points(1, of="clip_by_value", needs="test_value_cuts_every_entry")
def test_value_behaves(student, rng):
    """clip_by_value changes neither the list nor the arrays, and returns new arrays"""
    grads = [3 * rng.normal(size=(3, 2)), 3 * rng.normal(size=4)]
    behaves(VALUE, student, "clip_by_value", grads, 1.0)


def suits_any_array(call, clip, rng):
    """float32, integers, layouts."""
    g, h = 3 * rng.normal(size=(3, 4)), 3 * rng.normal(size=5)
    for old in (
        [g, h],
        [np.asfortranarray(g), h[::-1]],
        [np.repeat(g, 2, axis=1)[:, ::2], np.repeat(h, 2)[::2]],
    ):
        want = clip([np.ascontiguousarray(a) for a in old])
        for part, right in zip(expect(call, clip(old)).sequence(2), want):
            expect(call, part).close_to(right, rtol=1e-12)
    single = [g.astype(np.float32), h.astype(np.float32)]
    for part, right in zip(expect(call, clip(single)).sequence(2), clip([g, h])):
        expect(f"{call} of float32 arrays", part).has_dtype(np.float32).close_to(right, rtol=1e-5, atol=1e-6)
    whole = [np.array([[3, -4], [0, 1]]), np.array([2])]
    for part, right in zip(expect(call, clip(whole)).sequence(2), clip([a * 1.0 for a in whole])):
        expect(f"{call} of integer arrays", part).has_dtype(np.float64).close_to(right, rtol=1e-6)


@points(0.25, of="clip_by_value", needs="test_value_cuts_every_entry")
def test_value_suits_any_array(student, rng):
    """clip_by_value takes integers and any memory layout, and keeps float32"""
    suits_any_array(VALUE, lambda grads: student.clip_by_value(grads, 1.5), rng)


# clip_by_norm -------------------------------------------------------------------------------------


def some_grads(rng, scale=3.0):
    """Gradients of a small network, with norms that differ much from array to array."""
    shapes = ((4, 3), (3,), (2, 3, 2), (1, 1))
    return [scale * s * rng.normal(size=shape) for s, shape in zip((1.0, 0.05, 0.3, 2.0), shapes)]


def norm_by_loops(grads):
    """One norm for all entries of all arrays."""
    return math.sqrt(math.fsum(float(v) ** 2 for g in grads for v in g.ravel()))


def check_norm(student, grads, max_norm, rtol=1e-6):
    """All arrays are shortened by one factor. PyTorch's 1e-6 in the denominator is accepted: norms are above 5."""
    clipped, total = expect(NORM, student.clip_by_norm(grads, max_norm)).unpack("clipped", "total_norm")
    norm = norm_by_loops(grads)
    factor = min(1.0, max_norm / norm) if norm else 1.0
    for k, (part, g) in enumerate(zip(clipped.sequence(len(grads)), grads)):
        expect(f"array {k} of {NORM}", part).close_to(factor * g, rtol=rtol, atol=1e-12)
    total.close_to(norm, rtol=1e-9)
    return total


@points(2.5, of="clip_by_norm")
def test_norm_shortens_all_arrays_by_one_factor(student, rng):
    """clip_by_norm multiplies all arrays by max_norm / total_norm if the norm is larger"""
    check_norm(student, [np.array([3.0, 4.0])], 1.0)
    check_norm(student, [np.array([[6.0]]), np.array([0.0, 8.0])], 5.0)
    for max_norm in (1.0, 0.01, 4.0):
        check_norm(student, some_grads(rng, 10.0), max_norm)


@points(1, of="clip_by_norm", needs="test_norm_shortens_all_arrays_by_one_factor")
def test_norm_never_stretches(student, rng):
    """clip_by_norm leaves gradients as they are that are not longer than max_norm"""
    grads = some_grads(rng)
    for max_norm in (1.001 * norm_by_loops(grads), 1e6, np.inf):
        check_norm(student, grads, max_norm, rtol=1e-15)
    # each array alone and each entry alone is above or below the limit: only the total counts
    check_norm(student, [np.array([3.0, 4.0]), np.array([0.3, 0.4])], 5.1, rtol=1e-15)
    check_norm(student, [np.full(100, 0.9)], 1.0)
    check_norm(student, [np.array([4.0]), np.array([4.0]), np.array([-4.0])], 5.0)


@points(1, of="clip_by_norm", needs="test_norm_shortens_all_arrays_by_one_factor")
def test_norm_is_that_before_clipping(student, rng):
    """the number that clip_by_norm returns is a float, the norm of all arrays before clipping"""
    for scale, max_norm in ((10.0, 1.0), (10.0, 1e6), (1.0, 0.5)):
        check_norm(student, some_grads(rng, scale), max_norm).is_float()


@points(0.75, of="clip_by_norm", needs="test_norm_shortens_all_arrays_by_one_factor")
def test_norm_of_nothing(student):
    """clip_by_norm of zeros gives zeros and 0.0 without a warning; of an empty list an empty list and 0.0"""
    for max_norm in (1.0, np.inf):
        seen = observe(student.clip_by_norm, [np.zeros((2, 3)), np.zeros(2)], max_norm)
        clipped, total = expect("clip_by_norm of zeros", seen.value).unpack("clipped", "total_norm")
        for part, shape in zip(clipped.sequence(2), ((2, 3), (2,))):
            expect("clip_by_norm of zeros", part).close_to(np.zeros(shape), rtol=0, atol=0)
        total.close_to(0.0)
        words = "there was a warning. What is divided by the norm 0?"
        expect("clip_by_norm of zeros", 0.0).satisfies(not seen.warnings, words)
    clipped, total = expect("clip_by_norm([], 1.0)", student.clip_by_norm([], 1.0)).unpack("clipped", "total")
    clipped.sequence(0)
    total.is_float().close_to(0.0)


@points(0.75, of="clip_by_norm", needs="test_norm_shortens_all_arrays_by_one_factor")
def test_norm_does_not_hide_a_broken_gradient(student):
    """clip_by_norm shows nan and inf: in the norm, and in their places"""
    for bad in (np.nan, np.inf, -np.inf):
        for max_norm in (1.0, 1e9):
            grads = [np.array([3.0, bad]), np.array([[4.0]])]
            parts = expect("clip_by_norm of a broken gradient", student.clip_by_norm(grads, max_norm))
            clipped, total = parts.unpack("clipped", "total_norm")
            got = expect("the broken array", clipped.sequence(2)[0])
            entry = got.array((2,), finite=False)[1]
            got.satisfies(not math.isfinite(entry), "the broken entry looks sound now.")
            number = np.asarray(total._plain(), dtype=float)
            right = bool(np.isnan(number) if math.isnan(bad) else np.isposinf(number))
            total.satisfies(right, "it does not tell that a gradient is broken.")


@points(1, of="clip_by_norm", needs="test_norm_shortens_all_arrays_by_one_factor")
def test_norm_behaves(student, rng):
    """clip_by_norm changes neither the list nor the arrays, and returns new arrays, also below the limit"""
    behaves(NORM, student, "clip_by_norm", some_grads(rng, 10.0), 1.0)


@points(0.5, of="clip_by_norm", needs="test_norm_shortens_all_arrays_by_one_factor")
def test_norm_suits_any_array(student, rng):
    """clip_by_norm takes integers and any memory layout, and keeps float32"""
    for max_norm in (1.5, 1e6):
        suits_any_array(NORM, lambda grads, c=max_norm: student.clip_by_norm(grads, c)[0], rng)


@in_worker
def train_deep_linear_network(student, Ws, X, Y, steps, lr, max_norm):
    """The losses and the last weights of a deep linear network, trained with clipped gradients."""
    losses, norms = [], []
    for _ in range(steps):
        hs = [X]
        for W in Ws:
            hs.append(hs[-1] @ W)
        d = 2 * (hs[-1] - Y) / len(X)
        losses.append(float(((hs[-1] - Y) ** 2).sum() / len(X)))
        grads = []
        for h, W in zip(hs[-2::-1], Ws[::-1]):
            grads.append(h.T @ d)
            d = d @ W.T
        clipped, total = student.clip_by_norm(grads[::-1], max_norm)
        norms.append(float(total))
        Ws = [W - lr * g for W, g in zip(Ws, clipped)]
    return losses, norms, Ws


@points(1, of="clip_by_norm", needs="test_norm_shortens_all_arrays_by_one_factor")
def test_norm_keeps_a_deep_network_finite(student, rng):
    """clipping to norm 1 keeps the training of a deep linear network finite that explodes without"""
    # 8 layers of 16 units, std 0.7, learning rate 0.05: without clipping 200 of 200 runs end in inf or nan, with it
    # none, and the last loss is at most 0.021 of the first.
    Ws = [0.7 * rng.normal(size=(16, 16)) for _ in range(8)]
    X, Y = rng.normal(size=(32, 16)), rng.normal(size=(32, 16))
    losses, norms, last = train_deep_linear_network(student, Ws, X, Y, 50, 0.05, 1.0)
    draw_curve(
        "A deep linear network with clipped gradients", {"loss": losses, "norm before clipping": norms}
    )
    finite = all(bool(np.all(np.isfinite(W))) for W in last)
    expect("the weights of a network trained with clipping", finite).satisfies(finite, "they are not finite.")
    expect("the last loss, relative to the first", losses[-1] / losses[0]).at_most(0.1)
    expect("the norm of the first gradient, before clipping", norms[0]).at_least(100.0)
