"""Hidden tests of ch13: conv2d_forward."""

import numpy as np
import pytest

from grader import battery, expect, in_worker, observe, points, refuses

CALL = "conv2d_forward(x, w, b, stride, pad)"


def conv_by_loops(x, w, b, stride=1, pad=0):
    """The formula as written, one output number at a time."""
    N, C, H, W = x.shape
    F, _, kh, kw = w.shape
    out = np.zeros((N, F, (H + 2 * pad - kh) // stride + 1, (W + 2 * pad - kw) // stride + 1))
    for n, f, i, j in np.ndindex(out.shape):
        total = b[f]
        for c, u, v in np.ndindex(C, kh, kw):
            row, column = i * stride + u - pad, j * stride + v - pad
            if 0 <= row < H and 0 <= column < W:
                total += x[n, c, row, column] * w[f, c, u, v]
        out[n, f, i, j] = total
    return out


def images(rng, *sizes):
    """x, w, b for sizes (N, C, H, W, F, kh, kw)."""
    N, C, H, W, F, kh, kw = sizes
    return rng.normal(size=(N, C, H, W)), rng.normal(size=(F, C, kh, kw)), rng.normal(size=F)


def output(student, *args):
    """out of conv2d_forward, to be judged; the cache is the student's own affair."""
    out, _ = expect(CALL, student.conv2d_forward(*args)).sequence(2)
    return expect(f"out of {CALL}", out)


def agrees(student, x, w, b, stride=1, pad=0):
    """out is what the loops give."""
    output(student, x, w, b, stride, pad).close_to(conv_by_loops(x, w, b, stride, pad))


@points(2, of="conv2d_forward")
def test_conv_matches_the_formula(student, rng):
    """conv2d_forward agrees with the formula for stride 1 and no padding"""
    agrees(student, *images(rng, 2, 3, 5, 6, 4, 3, 3))
    x, w, b = images(rng, 3, 2, 4, 5, 2, 2, 2)
    output(student, x, w, b).close_to(conv_by_loops(x, w, b))


@points(1, of="conv2d_forward")
def test_conv_does_not_flip_the_kernel(student, rng):
    """a kernel with a single 1 picks the pixel at that place of the window"""
    x = rng.normal(size=(1, 1, 5, 4))
    for u, v in np.ndindex(3, 2):
        w = np.zeros((1, 1, 3, 2))
        w[0, 0, u, v] = 1.0
        got = output(student, x, w, np.zeros(1))
        got.close_to(
            x[:, :, u : u + 3, v : v + 3], hint="The kernel lies on the image as it is, not turned round."
        )


@points(1, of="conv2d_forward")
def test_conv_gives_each_kernel_its_bias(student, rng):
    """each kernel adds its own bias, the same at every place, also when there are as many kernels as columns"""
    for F, H, W in ((4, 5, 6), (4, 6, 5), (4, 6, 6), (3, 5, 5), (2, 3, 3)):
        x, w, b = images(rng, 4, 2, H, W, F, 3, 3)
        b = 10.0 * (1 + np.arange(F))
        agrees(student, x, w, b)
    x, b = np.zeros((1, 2, 3, 3)), np.array([7.0, -2.0, 0.5])
    output(student, x, np.ones((3, 2, 1, 1)), b).close_to(np.broadcast_to(b[:, None, None], (1, 3, 3, 3)))


@pytest.mark.parametrize("stride", [2, 3, 4])
@points(0.5, of="conv2d_forward")
def test_conv_with_a_stride(student, rng, stride):
    """conv2d_forward moves the window by `stride`, whether or not something is left over"""
    agrees(student, *images(rng, 2, 2, 7, 7, 3, 3, 3), stride)
    agrees(student, *images(rng, 1, 2, 8, 9, 2, 2, 2), stride)


@pytest.mark.parametrize("pad", [1, 2])
@points(0.75, of="conv2d_forward")
def test_conv_with_padding(student, rng, pad):
    """conv2d_forward surrounds the image with zeros"""
    x, w, b = images(rng, 2, 2, 5, 5, 3, 3, 3)
    agrees(student, x - 5, w, b, 1, pad)
    agrees(student, *images(rng, 1, 1, 2, 2, 2, 4, 4), 1, pad)


@points(1, of="conv2d_forward")
def test_conv_of_oblong_images_and_kernels(student, rng):
    """rows and columns are not exchanged, neither of the image nor of the kernel"""
    agrees(student, *images(rng, 2, 2, 7, 4, 3, 2, 3))
    agrees(student, *images(rng, 2, 2, 4, 7, 3, 3, 2))
    agrees(student, *images(rng, 1, 3, 6, 2, 2, 5, 1))
    agrees(student, *images(rng, 1, 2, 6, 9, 2, 3, 5), 2, 1)
    agrees(student, *images(rng, 1, 2, 9, 5, 2, 5, 2), 3, 2)


@points(1, of="conv2d_forward")
def test_conv_sums_over_channels_only(student, rng):
    """all channels of an image go into one map; images and kernels stay apart"""
    x, w, b = images(rng, 3, 3, 4, 4, 2, 2, 2)
    out = conv_by_loops(x, w, b)
    one = output(student, x, w[:1], b[:1])
    one.close_to(out[:, :1], hint="Three channels and one kernel make one map.")
    output(student, x[1:2], w, b).close_to(out[1:2], hint="Images do not mix.")
    output(student, x[::-1], w[::-1], b[::-1]).close_to(
        out[::-1, ::-1], hint="Images and kernels do not mix."
    )
    output(student, x[:, [2, 0, 1]], w[:, [2, 0, 1]], b).close_to(
        out, hint="Channel c meets channel c of the kernel."
    )


@points(1, of="conv2d_forward")
def test_conv_is_a_dense_layer_in_two_ways(student, rng):
    """1 x 1 is a dense layer at each pixel; a kernel as large as the image is one dense layer"""
    x, w, b = images(rng, 2, 3, 4, 5, 6, 1, 1)
    pixels = x.transpose(0, 2, 3, 1).reshape(-1, 3) @ w[:, :, 0, 0].T + b
    output(student, x, w, b).close_to(pixels.reshape(2, 4, 5, 6).transpose(0, 3, 1, 2))
    w = rng.normal(size=(6, 3, 4, 5))
    whole = x.reshape(2, -1) @ w.reshape(6, -1).T + b
    output(student, x, w, b).close_to(whole[:, :, None, None])


# As printed in the assignment of Stanford CS231n; the loops above give the same eight digits.
PUBLISHED = [
    [
        [[-0.08759809, -0.10987781], [-0.18387192, -0.2109216]],
        [[0.21027089, 0.21661097], [0.22847626, 0.23004637]],
        [[0.50813986, 0.54309974], [0.64082444, 0.67101435]],
    ],
    [
        [[-0.98053589, -1.03143541], [-1.19128892, -1.24695841]],
        [[0.69108355, 0.66880383], [0.59480972, 0.56776003]],
        [[2.36270298, 2.36904306], [2.38090835, 2.38247847]],
    ],
]


@points(0.5, of="conv2d_forward")
def test_conv_of_a_published_array(student):
    """conv2d_forward agrees with an array that Stanford published (stride 2, padding 1)"""
    x = np.linspace(-0.1, 0.5, num=96).reshape(2, 3, 4, 4)
    w = np.linspace(-0.2, 0.3, num=144).reshape(3, 3, 4, 4)
    output(student, x, w, np.linspace(-0.1, 0.2, num=3), 2, 1).close_to(PUBLISHED, rtol=0, atol=1e-8)


@points(0.5, of="conv2d_forward")
def test_conv_finds_edges(student):
    """[-1, 1] finds the vertical edge of a picture and nothing else, its transpose the horizontal one"""
    picture = np.zeros((1, 1, 8, 8))
    picture[:, :, :, 5:] = 1.0
    edge = np.zeros((1, 1, 8, 7))
    edge[:, :, :, 4] = 1.0
    across, none = np.array([[[[-1.0, 1.0]]]]), np.zeros(1)
    down = across.transpose(0, 1, 3, 2)
    output(student, picture, across, none).close_to(edge, rtol=0, atol=0)
    output(student, picture, down, none).close_to(np.zeros((1, 1, 7, 8)), rtol=0, atol=0)
    turned = picture.transpose(0, 1, 3, 2)
    output(student, turned, down, none).close_to(edge.transpose(0, 1, 3, 2), rtol=0, atol=0)


@points(0.5, of="conv2d_forward")
def test_conv_keeps_all_axes(student, rng):
    """one image, one channel, one kernel, one pixel: out has four axes all the same"""
    for sizes in ((1, 1, 1, 1, 1, 1, 1), (1, 1, 3, 1, 1, 3, 1), (1, 2, 4, 4, 1, 4, 4), (2, 1, 1, 3, 1, 1, 2)):
        agrees(student, *images(rng, *sizes))


@points(0.5, of="conv2d_forward", needs="test_conv_matches_the_formula")
def test_conv_moves_with_the_image(student, rng):
    """an image shifted by a pixel gives a map shifted by a pixel"""
    x, w, b = images(rng, 1, 2, 6, 6, 2, 3, 3)
    moved = np.roll(x, (1, 2), axis=(2, 3))
    here = output(student, x, w, b).array((1, 2, 4, 4))
    there = output(student, moved, w, b).array((1, 2, 4, 4))
    expect("conv2d_forward of a shifted image", there[:, :, 1:, 2:]).close_to(here[:, :, :-1, :-2])


@points(1, of="conv2d_forward", needs="test_conv_matches_the_formula")
def test_conv_refuses_shapes_that_do_not_fit(student, rng):
    """conv2d_forward raises ValueError for axes, channels or biases that do not fit, and for a kernel too large"""
    x, w, b = images(rng, 2, 3, 4, 5, 3, 3, 3)  # as many kernels as columns in out
    one = x[:, :1]
    for what, args in {
        "an x with three axes": (x[0], w, b),
        "an x with five axes": (x[None], w, b),
        "a w with three axes": (x, w[0], b),
        "too few channels in x": (x[:, :2], w, b),
        "one channel in x": (one, w, b),
        "one channel in w": (x, w[:, :1], b),
        "a b with one number": (x, w, b[:1]),
        "a b with two numbers": (x, w, np.ones(2)),
        "a b with two axes": (x, w, b[:, None]),
        "a kernel higher than the image": (x, np.ones((3, 3, 5, 3)), b),
        "a kernel wider than the image": (x, np.ones((3, 3, 3, 6)), b),
        "a kernel larger than the padded image": (x, np.ones((3, 3, 7, 3)), b, 2, 1),
    }.items():
        refuses(f"conv2d_forward with {what}", ValueError, student.conv2d_forward, *args)


@in_worker
def arguments_and_results(student, x, w, b, other, pad):
    """out, out after another call, and whether out lies in the memory of an argument."""
    out = student.conv2d_forward(x, w, b, 1, pad)[0]
    kept = np.array(out)
    student.conv2d_forward(other, w, b, 1, pad)
    return kept, np.array(out), any(np.shares_memory(out, a) for a in (x, w, b))


@points(0.5, of="conv2d_forward", needs="test_conv_matches_the_formula")
def test_conv_leaves_its_arguments_alone(student, rng):
    """conv2d_forward changes no argument, and out is a new array that no later call changes"""
    x, w, b = images(rng, 2, 2, 4, 4, 2, 2, 2)
    for pad in (0, 1):
        seen = observe(student.conv2d_forward, x, w, b, 1, pad)
        expect(CALL, seen.modified).satisfies(not seen.modified, "it changed one of its arguments.")
        locked = [a.copy() for a in (x, w, b)]
        for a in locked:
            a.flags.writeable = False
        output(student, *locked, 1, pad).close_to(conv_by_loops(x, w, b, 1, pad))
    for kernel in (w, np.ones((2, 2, 1, 1))):
        before, after, shared = arguments_and_results(student, x, kernel, b, 2 * x, 0)
        expect(CALL, after).satisfies(
            np.array_equal(before, after), "the next call changed the result of this one."
        )
        expect(CALL, shared).satisfies(not shared, "out lies in the memory of an argument.")


@points(
    0.75,
    of="conv2d_forward",
    needs=("test_conv_matches_the_formula", "test_conv_of_oblong_images_and_kernels"),
)
def test_conv_takes_any_kind_of_array(student, rng):
    """conv2d_forward keeps float32 and takes integers and any memory layout"""

    def out(*args):
        return expect(CALL, student.conv2d_forward(*args)).sequence(2)[0]

    x, w, b = images(rng, 2, 2, 4, 5, 3, 3, 2)
    battery.keeps_float32(CALL, out, x, w, b, 2, 1, rtol=1e-4, atol=2e-5)
    battery.accepts_any_layout(CALL, out, x, w, b, 2, 1)
    battery.accepts_integers(CALL, out, np.round(3 * x), np.round(3 * w), np.round(3 * b), 1, 1)
    for k, name in enumerate("xwb"):
        mixed = [a if i == k else a.astype(np.float32) for i, a in enumerate((x, w, b))]
        expect(f"out of conv2d_forward with all but {name} float32", out(*mixed)).has_dtype(np.float64)


@points(0.5, of="conv2d_forward", seconds=6)
def test_conv_of_sixteen_images(student, rng):
    """16 images of (3, 8, 8) with 8 kernels of (3, 3, 3) are done in reasonable time"""
    x, w, b = images(rng, 16, 3, 8, 8, 8, 3, 3)
    want = np.zeros((16, 8, 6, 6)) + b[:, None, None]
    for u, v in np.ndindex(3, 3):
        want += np.einsum("ncij,fc->nfij", x[:, :, u : u + 6, v : v + 6], w[:, :, u, v])
    output(student, x, w, b).close_to(want)
