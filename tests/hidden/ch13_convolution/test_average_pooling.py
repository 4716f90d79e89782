"""Hidden tests of ch13: average pooling, forward and backward."""

import numpy as np

from grader import battery, expect, in_worker, observe, points, refuses


def places(shape, k, stride, pad=0):
    """The output index and the slices of its window in the padded image."""
    N, C, H, W = shape
    size = (N, C, (H + 2 * pad - k) // stride + 1, (W + 2 * pad - k) // stride + 1)
    for n, c, i, j in np.ndindex(size):
        yield (n, c, i, j), (n, c, slice(i * stride, i * stride + k), slice(j * stride, j * stride + k))


def pooled(x, k, stride, pad=0, by=np.mean):
    """The formula, one window at a time."""
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    values = {index: by(xp[window]) for index, window in places(x.shape, k, stride, pad)}
    return np.array(list(values.values())).reshape([i + 1 for i in max(values)])


def mean_gradient(dout, shape, k, stride, pad):
    """Each dout in k * k equal shares."""
    N, C, H, W = shape
    dxp = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
    for index, window in places(shape, k, stride, pad):
        dxp[window] += dout[index] / (k * k)
    return dxp[:, :, pad : pad + H, pad : pad + W]


@in_worker
def forward_and_backward(student, name, dout, x, *options):
    """What <name>_backward returns, with the cache of <name>_forward as it is."""
    _, cache = getattr(student, name + "_forward")(x, *options)
    return getattr(student, name + "_backward")(dout, cache)


@in_worker
def results_and_memory(student, name, x, other, *options):
    """out, out after another call, and whether out lies in the memory of x."""
    out = getattr(student, name + "_forward")(x, *options)[0]
    kept = np.array(out)
    getattr(student, name + "_forward")(other, *options)
    return kept, np.array(out), bool(np.shares_memory(out, x))


@in_worker
def three_calls(student, name, dout, x, other, *options):
    """dx for dout, for twice dout, the first one after that, and for dout once more; then dout and x."""
    _, cache = getattr(student, name + "_forward")(x, *options)
    getattr(student, name + "_forward")(other, *options)
    backward = getattr(student, name + "_backward")
    first = backward(dout, cache)
    results = [np.array(first)]
    second = backward(2 * dout, cache)
    results += [np.array(second) / 2, np.array(first)]
    if second.flags.writeable:
        second[...] = 7.0
    results.append(np.array(backward(dout, cache)))
    if first.flags.writeable:
        first[...] = 7.0
    return results, dout, x


def output(student, name, *args):
    """out of <name>_forward, to be judged."""
    call = f"{name}_forward(x, ...)"
    out, _ = expect(call, getattr(student, f"{name}_forward")(*args)).sequence(2)
    return expect(f"out of {call}", out)


def gradient(student, name, *args):
    """dx of <name>_backward, to be judged."""
    return expect(f"{name}_backward(dout, cache)", forward_and_backward(student, name, *args))


def check_manners(student, name, rng, options, by):
    """Arguments stay, out is new and stays as it is."""
    call, x = f"{name}_forward(x, ...)", rng.normal(size=(2, 2, 4, 4))
    seen = observe(getattr(student, f"{name}_forward"), x, *options)
    expect(call, seen.modified).satisfies(not seen.modified, "it changed its argument.")
    locked = x.copy()
    locked.flags.writeable = False
    output(student, name, locked, *options).close_to(pooled(x, *options, by=by))
    for k, stride in ((options[0], options[1]), (1, 1), (1, 2)):
        before, after, shared = results_and_memory(student, name, x, 2 * x, k, stride)
        expect(call, after).satisfies(
            np.array_equal(before, after), "the next call changed the result of this one."
        )
        expect(call, shared).satisfies(
            not shared, "out lies in the memory of x, here for windows of one pixel."
        )


def check_cache(student, name, rng, options, want):
    """backward belongs to its cache and can be called again; want(dout, x) is the right gradient."""
    x, other = rng.normal(size=(2, 2, 5, 5)), rng.normal(size=(2, 2, 5, 5))
    dout = rng.normal(size=pooled(x, *options).shape)
    results, dout_after, x_after = three_calls(student, name, dout, x, other, *options)
    whens = ("", " for twice the dout, halved", " after another call", " called again")
    for when, got in zip(whens, results, strict=True):
        hint = "Keep everything in the cache; results are new arrays."
        expect(f"{name}_backward(dout, cache){when}", got).close_to(want(dout, x), hint=hint)
    expect("dout after backward", dout_after).close_to(dout, rtol=0, atol=0)
    expect("x after backward", x_after).close_to(x, rtol=0, atol=0)


def check_refusals(student, name, rng):
    """A dout that does not have the shape of out is refused."""
    x, dout = rng.normal(size=(2, 3, 4, 6)), rng.normal(size=(2, 3, 2, 3))
    for what, wrong in {
        "one image": dout[:1],
        "one channel": dout[:, :1],
        "one row": dout[:, :, :1],
        "one column": dout[..., :1],
        "three axes": dout[0],
        "rows and columns exchanged": dout.transpose(0, 1, 3, 2),
        "the size of x": np.ones(x.shape),
    }.items():
        call = f"{name}_backward of a dout with {what}"
        refuses(call, ValueError, forward_and_backward, student, name, wrong, x, 2, 2)


# avgpool2d_forward ---------------------------------------------------------------------------------------------


@points(1.5, of="avgpool2d_forward")
def test_avgpool_matches_the_formula(student, rng):
    """avgpool2d_forward takes the mean of each window, channel by channel"""
    for shape, k in (
        ((2, 3, 4, 4), 2),
        ((1, 2, 6, 3), 3),
        ((3, 1, 4, 6), 2),
        ((2, 2, 3, 3), 1),
        ((1, 1, 2, 2), 2),
    ):
        x = rng.normal(size=shape)
        output(student, "avgpool2d", x, k, k).close_to(pooled(x, k, k, by=np.mean))
        output(student, "avgpool2d", x, k).close_to(
            pooled(x, k, k, by=np.mean), hint="stride is k if not given."
        )


@points(0.75, of="avgpool2d_forward")
def test_avgpool_with_other_strides(student, rng):
    """windows of average pooling may overlap, leave gaps, or leave something over at the end"""
    for shape, k, stride in (
        ((2, 2, 5, 6), 3, 1),
        ((1, 2, 7, 6), 3, 2),
        ((2, 1, 5, 7), 2, 2),
        ((1, 2, 8, 7), 2, 3),
    ):
        x = rng.normal(size=shape)
        output(student, "avgpool2d", x, k, stride).close_to(pooled(x, k, stride, by=np.mean))


@points(0.75, of="avgpool2d_forward")
def test_avgpool_counts_the_zeros_of_the_border(student, rng):
    """the mean of a window on the border counts the zeros: the divisor is always k times k"""
    for shape, k, stride, pad in (
        ((2, 2, 4, 4), 3, 1, 1),
        ((1, 2, 5, 6), 2, 2, 1),
        ((1, 1, 4, 3), 5, 2, 2),
        ((1, 1, 1, 1), 3, 1, 1),
    ):
        x = rng.normal(size=shape) + 4
        got = output(student, "avgpool2d", x, k, stride, pad)
        got.close_to(pooled(x, k, stride, pad, by=np.mean), hint="The zeros of the border count.")


@points(0.5, of="avgpool2d_forward", needs="test_avgpool_matches_the_formula")
def test_avgpool_refuses_what_does_not_fit(student, rng):
    """avgpool2d_forward raises ValueError for a window larger than the padded image and for other axes"""
    x = rng.normal(size=(2, 2, 3, 4))
    for what, args in {
        "a window higher than the image": (x, 4, 1),
        "a window wider than the image": (x.transpose(0, 1, 3, 2), 4, 4),
        "a window larger than the padded image": (x, 6, 1, 1),
        "three axes": (x[0], 2),
        "five axes": (x[None], 2),
    }.items():
        refuses(f"avgpool2d_forward with {what}", ValueError, student.avgpool2d_forward, *args)


@points(0.5, of="avgpool2d_forward", needs="test_avgpool_matches_the_formula")
def test_avgpool_leaves_its_images_alone(student, rng):
    """avgpool2d_forward does not change x, and out is a new array, for windows of one pixel as well"""
    check_manners(student, "avgpool2d", rng, (2, 2), np.mean)


@points(0.25, of="avgpool2d_forward", needs="test_avgpool_matches_the_formula")
def test_avgpool_takes_any_kind_of_array(student, rng):
    """avgpool2d_forward keeps float32 and takes integers and any memory layout"""

    def out(*args):
        return expect("avgpool2d_forward(x, k, stride, pad)", student.avgpool2d_forward(*args)).sequence(2)[0]

    x = rng.normal(size=(2, 2, 4, 5))
    battery.keeps_float32("avgpool2d_forward(x, 3, 1, 1)", out, x, 3, 1, 1)
    battery.accepts_any_layout("avgpool2d_forward(x, 2)", out, x, 2)
    battery.accepts_integers("avgpool2d_forward(x, 2)", out, np.round(9 * x), 2)


# avgpool2d_backward --------------------------------------------------------------------------------------------


@points(1.5, of="avgpool2d_backward")
def test_avgpool_backward_agrees_with_finite_differences(student, rng):
    """avgpool2d_backward is the numerical gradient for windows side by side"""
    for shape, k in (((2, 2, 4, 4), 2), ((1, 2, 3, 6), 3), ((2, 1, 2, 4), 2)):
        x = rng.normal(size=shape)
        dout = rng.normal(size=pooled(x, k, k).shape)
        got = gradient(student, "avgpool2d", dout, x, k, k)
        got.gradient(lambda v, k=k: pooled(v, k, k, by=np.mean), at=x, dout=dout)


@points(1, of="avgpool2d_backward")
def test_avgpool_backward_adds_up_in_the_overlap(student, rng):
    """a pixel that lies in several windows gets the sum of their shares, one that lies in none gets 0"""
    for shape, k, stride in (
        ((2, 2, 4, 5), 3, 1),
        ((1, 1, 7, 6), 3, 2),
        ((2, 1, 5, 7), 2, 2),
        ((1, 1, 8, 5), 2, 3),
    ):
        x = rng.normal(size=shape)
        dout = rng.normal(size=pooled(x, k, stride).shape)
        got = gradient(student, "avgpool2d", dout, x, k, stride)
        got.close_to(mean_gradient(dout, shape, k, stride, 0))


@points(1, of="avgpool2d_backward")
def test_avgpool_backward_with_padding(student, rng):
    """dx has the shape of the unpadded x; what went to the border is lost"""
    for shape, k, stride, pad in (
        ((2, 2, 4, 4), 3, 1, 1),
        ((1, 2, 5, 6), 2, 2, 1),
        ((1, 1, 4, 3), 5, 2, 2),
        ((1, 1, 1, 1), 3, 1, 1),
    ):
        x = rng.normal(size=shape)
        dout = rng.normal(size=pooled(x, k, stride, pad).shape)
        got = gradient(student, "avgpool2d", dout, x, k, stride, pad)
        got.close_to(mean_gradient(dout, shape, k, stride, pad))


@points(0.75, of="avgpool2d_backward", needs="test_avgpool_backward_agrees_with_finite_differences")
def test_avgpool_backward_belongs_to_its_cache(student, rng):
    """avgpool2d_backward uses the cache it is given, can be called again, and changes neither dout nor cache"""
    check_cache(student, "avgpool2d", rng, (2, 2), lambda dout, x: mean_gradient(dout, x.shape, 2, 2, 0))
    check_cache(student, "avgpool2d", rng, (3, 1), lambda dout, x: mean_gradient(dout, x.shape, 3, 1, 0))
    check_cache(student, "avgpool2d", rng, (1, 1), lambda dout, x: dout)


@points(0.5, of="avgpool2d_backward", needs="test_avgpool_backward_agrees_with_finite_differences")
def test_avgpool_backward_refuses_another_shape(student, rng):
    """avgpool2d_backward raises ValueError for a dout that does not have the shape of out"""
    check_refusals(student, "avgpool2d", rng)


@points(0.25, of="avgpool2d_backward", needs="test_avgpool_backward_agrees_with_finite_differences")
def test_avgpool_backward_takes_any_kind_of_array(student, rng):
    """avgpool2d_backward keeps float32 and takes integers and any memory layout"""

    def back(dout, x):
        return forward_and_backward(student, "avgpool2d", dout, x, 2, 1)

    x, dout = rng.normal(size=(2, 2, 4, 4)), rng.normal(size=(2, 2, 3, 3))
    battery.keeps_float32("avgpool2d_backward(dout, cache)", back, dout, x)
    battery.accepts_any_layout("avgpool2d_backward(dout, cache)", back, dout, x)
    battery.accepts_integers("avgpool2d_backward(dout, cache)", back, np.round(5 * dout), np.round(5 * x))
