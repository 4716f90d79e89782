"""Hidden tests of ch13: conv2d_backward, through the student's own conv2d_forward."""

import numpy as np
import pytest

from grader import battery, expect, in_worker, points, refuses

CALL = "conv2d_backward(dout, cache)"


def conv(x, w, b, stride=1, pad=0):
    """The trusted forward pass: one product for each place inside the kernel."""
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    kh, kw = w.shape[2:]
    rows, columns = (xp.shape[2] - kh) // stride + 1, (xp.shape[3] - kw) // stride + 1
    out = np.zeros((len(x), len(w), rows, columns)) + b[:, None, None]
    for u, v in np.ndindex(kh, kw):
        part = xp[:, :, u : u + rows * stride : stride, v : v + columns * stride : stride]
        out += np.tensordot(part, w[:, :, u, v], axes=(1, 1)).transpose(0, 3, 1, 2)
    return out


def gradients_by_loops(dout, x, w, stride, pad):
    """Every product of the forward formula, taken back one at a time."""
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(len(w))
    for n, f, i, j in np.ndindex(dout.shape):
        db[f] += dout[n, f, i, j]
        for c, u, v in np.ndindex(w.shape[1:]):
            row, column = i * stride + u - pad, j * stride + v - pad
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                dx[n, c, row, column] += dout[n, f, i, j] * w[f, c, u, v]
                dw[f, c, u, v] += dout[n, f, i, j] * x[n, c, row, column]
    return dx, dw, db


def images(rng, *sizes, stride=1, pad=0):
    """dout, x, w, b for sizes (N, C, H, W, F, kh, kw)."""
    N, C, H, W, F, kh, kw = sizes
    x, w, b = rng.normal(size=(N, C, H, W)), rng.normal(size=(F, C, kh, kw)), rng.normal(size=F)
    return rng.normal(size=conv(x, w, b, stride, pad).shape), x, w, b


@in_worker
def forward_and_backward(student, dout, x, w, b, stride, pad):
    """What conv2d_backward returns, with the cache of conv2d_forward as it is."""
    _, cache = student.conv2d_forward(x, w, b, stride, pad)
    return student.conv2d_backward(dout, cache)


def gradients(student, dout, x, w, b, stride=1, pad=0):
    """dx, dw and db of the student's, to be judged."""
    return expect(CALL, forward_and_backward(student, dout, x, w, b, stride, pad)).unpack("dx", "dw", "db")


def agrees(student, dout, x, w, b, stride=1, pad=0):
    """All three are what the loops give."""
    for got, want in zip(
        gradients(student, dout, x, w, b, stride, pad),
        gradients_by_loops(dout, x, w, stride, pad),
        strict=True,
    ):
        got.close_to(want)


@points(2, of="conv2d_backward")
def test_conv_backward_input_gradient(student, rng):
    """dx of conv2d_backward is the numerical gradient"""
    dout, x, w, b = images(rng, 2, 2, 4, 5, 3, 3, 3)
    dx, _, _ = gradients(student, dout, x, w, b)
    dx.gradient(
        lambda v: conv(v, w, b), at=x, dout=dout, batch=2, hint="Windows overlap: a pixel collects from all."
    )


@points(2, of="conv2d_backward")
def test_conv_backward_kernel_gradient(student, rng):
    """dw of conv2d_backward is the numerical gradient"""
    dout, x, w, b = images(rng, 4, 2, 5, 4, 3, 3, 2)
    _, dw, _ = gradients(student, dout, x, w, b)
    dw.gradient(lambda v: conv(x, v, b), at=w, dout=dout, batch=4)


@points(1, of="conv2d_backward")
def test_conv_backward_bias_gradient(student, rng):
    """db of conv2d_backward is the numerical gradient, one number for each kernel"""
    for sizes in ((3, 2, 4, 5, 4, 2, 2), (3, 1, 4, 4, 3, 2, 2)):
        dout, x, w, b = images(rng, *sizes)
        _, _, db = gradients(student, dout, x, w, b)
        db.gradient(lambda v, x=x, w=w: conv(x, w, v), at=b, dout=dout, batch=3)


@pytest.mark.parametrize("stride", [2, 3])
@points(1, of="conv2d_backward")
def test_conv_backward_with_a_stride(student, rng, stride):
    """conv2d_backward uses the same places of the window as the forward pass"""
    dout, x, w, b = images(rng, 1, 2, 7, 6, 2, 3, 3, stride=stride)
    dx, dw, db = gradients(student, dout, x, w, b, stride)
    dx.gradient(lambda v: conv(v, w, b, stride), at=x, dout=dout)
    dw.gradient(lambda v: conv(x, v, b, stride), at=w, dout=dout)
    db.gradient(lambda v: conv(x, w, v, stride), at=b, dout=dout)


@pytest.mark.parametrize("pad", [1, 2])
@points(1, of="conv2d_backward")
def test_conv_backward_with_padding(student, rng, pad):
    """dx has the shape of the unpadded x, and nothing of the border"""
    dout, x, w, b = images(rng, 1, 2, 4, 4, 2, 3, 3, pad=pad)
    dx, dw, db = gradients(student, dout, x, w, b, 1, pad)
    dx.gradient(lambda v: conv(v, w, b, 1, pad), at=x, dout=dout)
    dw.gradient(lambda v: conv(x, v, b, 1, pad), at=w, dout=dout)
    db.gradient(lambda v: conv(x, w, v, 1, pad), at=b, dout=dout)


@points(1, of="conv2d_backward")
def test_conv_backward_of_what_is_left_over(student, rng):
    """pixels that no window touched have gradient 0: at the end, and between windows when stride is above k"""
    agrees(student, *images(rng, 2, 1, 7, 6, 2, 3, 3, stride=2), 2)
    agrees(student, *images(rng, 1, 2, 8, 8, 1, 3, 3, stride=3), 3)
    agrees(student, *images(rng, 1, 1, 9, 7, 2, 2, 1, stride=3), 3)
    agrees(student, *images(rng, 1, 1, 6, 5, 2, 3, 3, stride=4, pad=1), 4, 1)


@points(1, of="conv2d_backward")
def test_conv_backward_of_oblong_images_and_kernels(student, rng):
    """rows and columns are not exchanged in the gradients"""
    agrees(student, *images(rng, 1, 2, 6, 3, 2, 2, 3))
    agrees(student, *images(rng, 1, 2, 3, 6, 2, 3, 2))
    agrees(student, *images(rng, 2, 1, 5, 4, 2, 3, 1, stride=2, pad=1), 2, 1)
    agrees(student, *images(rng, 2, 2, 4, 5, 1, 1, 1))


@points(0.5, of="conv2d_backward")
def test_conv_backward_keeps_all_axes(student, rng):
    """one image, one channel, one kernel, one pixel: every gradient has the shape of its array"""
    for sizes in ((1, 1, 1, 1, 1, 1, 1), (1, 1, 3, 1, 1, 3, 1), (1, 2, 3, 3, 1, 3, 3), (2, 1, 1, 3, 1, 1, 2)):
        agrees(student, *images(rng, *sizes))


ALL = (
    "test_conv_backward_input_gradient",
    "test_conv_backward_kernel_gradient",
    "test_conv_backward_bias_gradient",
)


@points(0.5, of="conv2d_backward", needs=ALL)
def test_conv_backward_is_linear_in_dout(student, rng):
    """twice the dout gives twice the gradients, and the gradients of two images do not mix"""
    dout, x, w, b = images(rng, 3, 2, 4, 4, 2, 2, 2)
    once = [g.array() for g in gradients(student, dout, x, w, b)]
    for got, want in zip(gradients(student, 2 * dout, x, w, b), once, strict=True):
        got.close_to(2 * want)
    first = dout * np.array([1.0, 0.0, 0.0])[:, None, None, None]
    dx, _, _ = gradients(student, first, x, w, b)
    dx.close_to(once[0] * np.array([1.0, 0.0, 0.0])[:, None, None, None], hint="Images do not mix.")


@in_worker
def three_calls(student, dout, x, other, w, b, pad):
    """Gradients for dout, for twice dout, the first ones after that, and for dout once more; then the arguments."""
    _, cache = student.conv2d_forward(x, w, b, 1, pad)
    student.conv2d_forward(other, 3 * w, b, 1, pad)
    first = student.conv2d_backward(dout, cache)
    results = [[np.array(part) for part in first]]
    second = student.conv2d_backward(2 * dout, cache)
    results.append([np.array(part) / 2 for part in second])
    results.append([np.array(part) for part in first])
    for part in second:
        if part.flags.writeable:
            part[...] = 7.0
    results.append([np.array(part) for part in student.conv2d_backward(dout, cache)])
    return results, [dout, x, w, b]


@points(1, of="conv2d_backward", needs=ALL)
def test_conv_backward_belongs_to_its_cache(student, rng):
    """conv2d_backward uses the cache it is given, can be called again, and changes neither dout nor cache"""
    whens = ("", " for twice the dout, halved", " after another call", " called again")
    for pad in (0, 1):
        dout, x, w, b = images(rng, 2, 2, 4, 4, 3, 3, 3, pad=pad)
        results, after = three_calls(student, dout, x, rng.normal(size=(2, 2, 4, 4)), w, b, pad)
        for when, result in zip(whens, results, strict=True):
            wants = gradients_by_loops(dout, x, w, 1, pad)
            for name, got, want in zip(("dx", "dw", "db"), result, wants, strict=True):
                hint = "Keep everything in the cache; results are new arrays."
                expect(f"{name} of {CALL}{when}", got).close_to(want, hint=hint)
        for got, want in zip(after, (dout, x, w, b), strict=True):
            expect("an argument after forward and backward", got).close_to(want, rtol=0, atol=0)


@points(0.75, of="conv2d_backward", needs=ALL)
def test_conv_backward_refuses_another_shape(student, rng):
    """conv2d_backward raises ValueError for a dout that does not have the shape of out"""
    dout, x, w, b = images(rng, 2, 2, 4, 5, 3, 2, 2)
    for what, wrong in {
        "one image": dout[:1],
        "one map": dout[:, :1],
        "one row": dout[:, :, :1],
        "one column": dout[..., :1],
        "three axes": dout[0],
        "one number": np.ones((1, 1, 1, 1)),
        "rows and columns exchanged": dout.transpose(0, 1, 3, 2),
        "the size of x": np.ones((2, 3, 4, 5)),
    }.items():
        call = f"conv2d_backward of a dout with {what}"
        refuses(call, ValueError, forward_and_backward, student, wrong, x, w, b, 1, 0)


@points(0.75, of="conv2d_backward", needs=ALL)
def test_conv_backward_takes_any_kind_of_array(student, rng):
    """conv2d_backward keeps float32 and takes integers and any memory layout"""

    def passes(*args):
        return expect(CALL, forward_and_backward(student, *args)).sequence(3)

    dout, x, w, b = images(rng, 2, 2, 4, 5, 3, 3, 2, stride=2, pad=1)
    battery.keeps_float32(CALL, passes, dout, x, w, b, 2, 1, rtol=1e-4, atol=5e-5)
    battery.accepts_any_layout(CALL, passes, dout, x, w, b, 2, 1)
    battery.accepts_integers(CALL, passes, *(np.round(3 * a) for a in (dout, x, w, b)), 2, 1)


@points(0.5, of="conv2d_backward", seconds=10)
def test_conv_backward_of_sixteen_images(student, rng):
    """the gradients for 16 images of (3, 8, 8) and 8 kernels are done in reasonable time"""
    dout, x, w, b = images(rng, 16, 3, 8, 8, 8, 3, 3)
    dx, dw, db = gradients(student, dout, x, w, b)
    want_x, want_w = np.zeros(x.shape), np.zeros(w.shape)
    for u, v in np.ndindex(3, 3):
        want_x[:, :, u : u + 6, v : v + 6] += np.einsum("nfij,fc->ncij", dout, w[:, :, u, v])
        want_w[:, :, u, v] = np.einsum("nfij,ncij->fc", dout, x[:, :, u : u + 6, v : v + 6])
    dx.close_to(want_x)
    dw.close_to(want_w)
    db.close_to(dout.sum(axis=(0, 2, 3)))
