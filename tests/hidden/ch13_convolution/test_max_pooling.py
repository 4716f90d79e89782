"""Hidden tests of ch13: max pooling, forward and backward."""

import numpy as np

from grader import battery, expect, in_worker, observe, points, refuses


def places(shape, k, stride, pad=0):
    """The output index and the slices of its window in the padded image."""
    N, C, H, W = shape
    size = (N, C, (H + 2 * pad - k) // stride + 1, (W + 2 * pad - k) // stride + 1)
    for n, c, i, j in np.ndindex(size):
        yield (n, c, i, j), (n, c, slice(i * stride, i * stride + k), slice(j * stride, j * stride + k))


def pooled(x, k, stride, pad=0, by=np.max):
    """The formula, one window at a time."""
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    values = {index: by(xp[window]) for index, window in places(x.shape, k, stride, pad)}
    return np.array(list(values.values())).reshape([i + 1 for i in max(values)])


def maximum_gradient(dout, x, k, stride):
    """Each dout to the first maximum of its window."""
    dx = np.zeros(x.shape)
    for index, (n, c, rows, columns) in places(x.shape, k, stride):
        u, v = np.unravel_index(np.argmax(x[n, c, rows, columns]), (k, k))
        dx[n, c, rows.start + u, columns.start + v] += dout[index]
    return dx


def distinct(rng, *shape):
    """Numbers of both signs, any two at least 0.1 apart: no tie in reach of a finite difference."""
    size = int(np.prod(shape))
    return 0.1 * (rng.permutation(size) - size // 2 + 0.5).reshape(shape)


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
    call, x = f"{name}_forward(x, ...)", distinct(rng, 2, 2, 4, 4)
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
    x, other = distinct(rng, 2, 2, 5, 5), distinct(rng, 2, 2, 5, 5)
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
    x, dout = distinct(rng, 2, 3, 4, 6), rng.normal(size=(2, 3, 2, 3))
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


# maxpool2d_forward ---------------------------------------------------------------------------------------------


@points(1.5, of="maxpool2d_forward")
def test_maxpool_matches_the_formula(student, rng):
    """maxpool2d_forward takes the maximum of each window, channel by channel"""
    for shape, k in (
        ((2, 3, 4, 4), 2),
        ((1, 2, 6, 3), 3),
        ((3, 1, 4, 6), 2),
        ((2, 2, 3, 3), 1),
        ((1, 1, 2, 2), 2),
    ):
        x = distinct(rng, *shape)
        output(student, "maxpool2d", x, k, k).close_to(pooled(x, k, k), rtol=0, atol=0)
        output(student, "maxpool2d", x, k).close_to(
            pooled(x, k, k), rtol=0, atol=0, hint="stride is k if not given."
        )


@points(1, of="maxpool2d_forward")
def test_maxpool_with_other_strides(student, rng):
    """windows of max pooling may overlap, leave gaps, or leave something over at the end"""
    for shape, k, stride in (
        ((2, 2, 5, 6), 3, 1),
        ((1, 2, 7, 6), 3, 2),
        ((2, 1, 5, 7), 2, 2),
        ((1, 2, 8, 7), 2, 3),
        ((1, 1, 5, 4), 4, 1),
    ):
        x = distinct(rng, *shape)
        output(student, "maxpool2d", x, k, stride).close_to(pooled(x, k, stride), rtol=0, atol=0)


@points(1, of="maxpool2d_forward")
def test_maxpool_of_negative_numbers(student, rng):
    """the maximum of negative numbers is negative: nothing is padded with zeros"""
    for shape, k, stride in (
        ((2, 2, 4, 4), 2, 2),
        ((1, 1, 5, 5), 2, 2),
        ((1, 2, 5, 7), 3, 2),
        ((1, 1, 7, 7), 3, 3),
    ):
        x = -1.0 - rng.uniform(size=shape)
        output(student, "maxpool2d", x, k, stride).close_to(pooled(x, k, stride), rtol=0, atol=0)
    x = np.full((1, 1, 2, 2), -1e300)
    output(student, "maxpool2d", x, 2, 2).close_to([[[[-1e300]]]])


@points(0.5, of="maxpool2d_forward")
def test_maxpool_of_a_published_array(student):
    """maxpool2d_forward agrees with an array that Stanford published: rows of channels, two by two"""
    x = np.linspace(-0.3, 0.4, num=96).reshape(2, 3, 4, 4)
    want = [
        [
            [[-0.26315789, -0.24842105], [-0.20421053, -0.18947368]],
            [[-0.14526316, -0.13052632], [-0.08631579, -0.07157895]],
            [[-0.02736842, -0.01263158], [0.03157895, 0.04631579]],
        ],
        [
            [[0.09052632, 0.10526316], [0.14947368, 0.16421053]],
            [[0.20842105, 0.22315789], [0.26736842, 0.28210526]],
            [[0.32631579, 0.34105263], [0.38526316, 0.4]],
        ],
    ]
    output(student, "maxpool2d", x, 2, 2).close_to(want, rtol=0, atol=1e-8)


@points(0.5, of="maxpool2d_forward", needs="test_maxpool_matches_the_formula")
def test_maxpool_refuses_what_does_not_fit(student, rng):
    """maxpool2d_forward raises ValueError for a window larger than the image and for other axes"""
    x = distinct(rng, 2, 2, 3, 4)
    for what, args in {
        "a window higher than the image": (x, 4, 1),
        "a window wider than the image": (x.transpose(0, 1, 3, 2), 4, 4),
        "a window larger than the image": (x, 6),
        "three axes": (x[0], 2),
        "five axes": (x[None], 2),
    }.items():
        refuses(f"maxpool2d_forward with {what}", ValueError, student.maxpool2d_forward, *args)


@points(0.5, of="maxpool2d_forward", needs="test_maxpool_matches_the_formula")
def test_maxpool_leaves_its_images_alone(student, rng):
    """maxpool2d_forward does not change x, and out is a new array, for windows of one pixel as well"""
    check_manners(student, "maxpool2d", rng, (2, 2), np.max)


@points(0.5, of="maxpool2d_forward", needs="test_maxpool_matches_the_formula")
def test_maxpool_takes_any_kind_of_array(student, rng):
    """maxpool2d_forward keeps float32 and takes integers and any memory layout"""

    def out(*args):
        return expect("maxpool2d_forward(x, k)", student.maxpool2d_forward(*args)).sequence(2)[0]

    x = distinct(rng, 2, 2, 4, 5)
    battery.keeps_float32("maxpool2d_forward(x, 2)", out, x, 2)
    battery.accepts_any_layout("maxpool2d_forward(x, 2)", out, x, 2)
    battery.accepts_integers("maxpool2d_forward(x, 2)", out, np.round(30 * x), 2)


# maxpool2d_backward --------------------------------------------------------------------------------------------


@points(1.5, of="maxpool2d_backward")
def test_maxpool_backward_agrees_with_finite_differences(student, rng):
    """maxpool2d_backward is the numerical gradient for windows side by side"""
    for shape, k in (((2, 2, 4, 4), 2), ((1, 2, 3, 6), 3), ((2, 1, 2, 4), 2)):
        x = distinct(rng, *shape)
        dout = rng.normal(size=pooled(x, k, k).shape)
        got = gradient(student, "maxpool2d", dout, x, k, k)
        got.gradient(lambda v, k=k: pooled(v, k, k), at=x, dout=dout)


@points(1.5, of="maxpool2d_backward")
def test_maxpool_backward_adds_up_in_the_overlap(student, rng):
    """a pixel that is the maximum of several windows gets the sum of their gradients"""
    for shape, k, stride in (((2, 2, 4, 5), 3, 1), ((1, 1, 7, 6), 3, 2), ((1, 2, 4, 4), 2, 1)):
        x = distinct(rng, *shape)
        dout = rng.normal(size=pooled(x, k, stride).shape)
        want = maximum_gradient(dout, x, k, stride)
        gradient(student, "maxpool2d", dout, x, k, stride).close_to(want, hint="Windows overlap.")
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = 9.0
    want = np.zeros((1, 1, 3, 3))
    want[0, 0, 1, 1] = 10.0
    dout = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    gradient(student, "maxpool2d", dout, x, 2, 1).close_to(
        want, hint="The middle is the maximum of all four."
    )


@points(1.5, of="maxpool2d_backward")
def test_maxpool_backward_of_ties(student, rng):
    """of several maxima the first one, row by row, gets the whole gradient"""
    hint = "The first maximum gets the whole gradient, the others nothing."
    for k, stride in ((2, 2), (3, 3), (2, 1), (3, 1)):
        for x in (np.zeros((1, 2, 6, 6)), rng.integers(0, 3, size=(2, 2, 6, 6)).astype(float)):
            dout = rng.normal(size=pooled(x, k, stride).shape)
            got = gradient(student, "maxpool2d", dout, x, k, stride)
            got.close_to(maximum_gradient(dout, x, k, stride), hint=hint)
    x = np.array([[[[0.0, 5.0], [5.0, 0.0]]]])  # row by row: the one on the right of the first row
    got = gradient(student, "maxpool2d", np.array([[[[3.0]]]]), x, 2, 2)
    got.close_to([[[[0.0, 3.0], [0.0, 0.0]]]], hint=hint)


@points(0.5, of="maxpool2d_backward")
def test_maxpool_backward_of_near_ties(student, rng):
    """a pixel that is a little smaller than the maximum gets nothing"""
    x = 1.0 - 1e-12 * rng.permutation(16).reshape(1, 1, 4, 4)
    dout = rng.normal(size=(1, 1, 2, 2))
    got = gradient(student, "maxpool2d", dout, x, 2, 2)
    got.close_to(maximum_gradient(dout, x, 2, 2), hint="Nearly the maximum is not the maximum.")


@points(1, of="maxpool2d_backward")
def test_maxpool_backward_of_what_is_left_over(student, rng):
    """dx has the shape of x; pixels outside all windows get 0, rows and columns are not exchanged"""
    for shape, k, stride in (
        ((2, 2, 5, 7), 2, 2),
        ((1, 1, 8, 5), 2, 3),
        ((1, 2, 3, 7), 3, 2),
        ((1, 1, 1, 1), 1, 1),
    ):
        x = distinct(rng, *shape)
        dout = rng.normal(size=pooled(x, k, stride).shape)
        got = gradient(student, "maxpool2d", dout, x, k, stride)
        got.close_to(maximum_gradient(dout, x, k, stride))


@points(0.75, of="maxpool2d_backward", needs="test_maxpool_backward_agrees_with_finite_differences")
def test_maxpool_backward_belongs_to_its_cache(student, rng):
    """maxpool2d_backward uses the cache it is given, can be called again, and changes neither dout nor cache"""
    check_cache(student, "maxpool2d", rng, (2, 2), lambda dout, x: maximum_gradient(dout, x, 2, 2))
    check_cache(student, "maxpool2d", rng, (3, 1), lambda dout, x: maximum_gradient(dout, x, 3, 1))
    check_cache(student, "maxpool2d", rng, (1, 1), lambda dout, x: dout)


@points(0.5, of="maxpool2d_backward", needs="test_maxpool_backward_agrees_with_finite_differences")
def test_maxpool_backward_refuses_another_shape(student, rng):
    """maxpool2d_backward raises ValueError for a dout that does not have the shape of out"""
    check_refusals(student, "maxpool2d", rng)


@points(0.5, of="maxpool2d_backward", needs="test_maxpool_backward_agrees_with_finite_differences")
def test_maxpool_backward_takes_any_kind_of_array(student, rng):
    """maxpool2d_backward keeps float32 and takes integers and any memory layout"""

    def back(dout, x):
        return forward_and_backward(student, "maxpool2d", dout, x, 2, 2)

    x, dout = distinct(rng, 2, 2, 4, 4), rng.normal(size=(2, 2, 2, 2))
    battery.keeps_float32("maxpool2d_backward(dout, cache)", back, dout, x)
    battery.accepts_any_layout("maxpool2d_backward(dout, cache)", back, dout, x)
    battery.accepts_integers("maxpool2d_backward(dout, cache)", back, np.round(5 * dout), np.round(30 * x))
