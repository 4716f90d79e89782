"""Wrong programs that students write in chapter 13, and what to say to them."""

import numpy as np

from grader import mistake
from ch00_toolbox.toolbox import as_float
from ch13_convolution.convolution import (
    AvgPool2d,
    Conv2d,
    MaxPool2d,
    avgpool2d_backward,
    avgpool2d_forward,
    col2im,
    conv2d_backward,
    conv2d_forward,
    conv_output_size,
    im2col,
    maxpool2d_backward,
    maxpool2d_forward,
    pad2d,
)

# conv_output_size ----------------------------------------------------------------------------------------------


@mistake("M230", of="conv_output_size", caught_by="test_output_size_with_stride_one")
def output_size_without_one(n, k, stride=1, pad=0):
    """The + 1 is missing, as in some printed formulas. A window as long as the line has one place, not none."""
    if k > n + 2 * pad:
        raise ValueError("does not fit")
    return (n + 2 * pad - k) // stride


@mistake("M231", of="conv_output_size", caught_by="test_output_size_with_stride_one")
def output_size_as_a_fraction(n, k, stride=1, pad=0):
    """/ gives a float, and now and then half a place. Divide whole numbers with //."""
    if k > n + 2 * pad:
        raise ValueError("does not fit")
    return (n + 2 * pad - k) / stride + 1


@mistake("M231b", of="conv_output_size", caught_by="test_output_size_for_many_sizes")
def output_size_rounded(n, k, stride=1, pad=0):
    """What is left over at the end gives no further place: round down, not to the nearest."""
    if k > n + 2 * pad:
        raise ValueError("does not fit")
    return -((k - n - 2 * pad) // stride) + 1


@mistake("CH13-pad-once", of="conv_output_size", caught_by="test_output_size_with_stride_one")
def output_size_with_one_border(n, k, stride=1, pad=0):
    """The padding is on both ends of the line, so it counts twice."""
    if k > n + pad:
        raise ValueError("does not fit")
    return (n + pad - k) // stride + 1


@mistake("CH13-one-after-stride", of="conv_output_size", caught_by="test_output_size_for_many_sizes")
def output_size_divided_at_the_end(n, k, stride=1, pad=0):
    """The + 1 stands outside the division: the first place is there whatever the stride is."""
    if k > n + 2 * pad:
        raise ValueError("does not fit")
    return (n + 2 * pad - k + 1) // stride


@mistake("CH13-size-unchecked", of="conv_output_size", caught_by="test_output_size_refuses_what_does_not_fit")
def output_size_unchecked(n, k, stride=1, pad=0):
    """A window that does not fit gives 0 or a negative size here; the error then appears far away."""
    return (n + 2 * pad - k) // stride + 1


# pad2d ---------------------------------------------------------------------------------------------------------


@mistake("M244", of="pad2d", caught_by="test_pad_adds_a_border_of_zeros")
def pad_with_the_edge(x, p):
    """The border repeats the outermost pixels; here it is zeros."""
    return np.pad(as_float(x), ((0, 0), (0, 0), (p, p), (p, p)), mode="edge")


@mistake("CH13-pad-all-axes", of="pad2d", caught_by="test_pad_adds_a_border_of_zeros")
def pad_on_all_axes(x, p):
    """np.pad(x, p) pads all four axes: there are now empty images and empty channels. Rows and columns only."""
    return np.pad(as_float(x), p)


@mistake("CH13-pad-one-side", of="pad2d", caught_by="test_pad_adds_a_border_of_zeros")
def pad_on_one_side(x, p):
    """The border is on all four sides; here only the bottom and the right got it."""
    return np.pad(as_float(x), ((0, 0), (0, 0), (0, p), (0, p)))


@mistake("M251", of="pad2d", caught_by="test_pad_adds_a_border_of_zeros")
def pad_as_if_channels_came_last(x, p):
    """Axes 1 and 2 were padded, as for (N, H, W, C). The order here is N, C, H, W."""
    return np.pad(as_float(x), ((0, 0), (p, p), (p, p), (0, 0)))


@mistake("CH13-pad-nothing", of="pad2d", caught_by="test_pad_by_nothing")
def pad_that_returns_x_itself(x, p):
    """For p = 0 the very same array comes back: who writes into the result changes the caller's images."""
    x = as_float(x)
    return x if p == 0 else np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))


# conv2d_forward ------------------------------------------------------------------------------------------------


@mistake(
    "M232",
    of="conv2d_forward",
    caught_by=("test_conv_does_not_flip_the_kernel", "test_conv_matches_the_formula"),
)
def conv_with_flipped_kernel(x, w, b, stride=1, pad=0):
    """The kernel is turned round first, as mathematicians define convolution. In deep learning it is not."""
    w = as_float(w)
    return conv2d_forward(x, w[:, :, ::-1, ::-1] if w.ndim == 4 else w, b, stride, pad)


@mistake(
    "M239",
    of="conv2d_forward",
    caught_by=("test_conv_of_oblong_images_and_kernels", "test_conv_matches_the_formula"),
)
def conv_with_rows_and_columns_exchanged(x, w, b, stride=1, pad=0):
    """Rows and columns are exchanged on the way; on square images with square kernels that is hard to see."""
    out, cache = conv2d_forward(np.swapaxes(as_float(x), -1, -2), w, b, stride, pad)
    return out, cache


@mistake("M239b", of="conv2d_forward", caught_by="test_conv_of_oblong_images_and_kernels")
def conv_with_square_kernels_only(x, w, b, stride=1, pad=0):
    """The kernel's rows are used for its columns too. kh and kw are two numbers."""
    w = as_float(w)
    kh = w.shape[2] if w.ndim == 4 else 0
    return conv2d_forward(x, w[..., :kh] if w.ndim == 4 and w.shape[3] > kh else w, b, stride, pad)


@mistake("M240", of="conv2d_forward", caught_by="test_conv_sums_over_channels_only")
def conv_of_the_first_channel(x, w, b, stride=1, pad=0):
    """Only the first channel is used. One kernel covers all channels, and their sums go into one map."""
    x, w = as_float(x), as_float(w)
    conv2d_forward(x, w, b, stride, pad)
    return conv2d_forward(x[:, :1], w[:, :1], b, stride, pad)


@mistake("M240b", of="conv2d_forward", caught_by="test_conv_sums_over_channels_only")
def conv_with_one_map_per_channel(x, w, b, stride=1, pad=0):
    """The channels are kept apart, C maps for each kernel. They are summed: the kernels decide how many maps."""
    x, w, b = as_float(x), as_float(w), as_float(b)
    _, cache = conv2d_forward(x, w, b, stride, pad)
    parts = [conv2d_forward(x[:, [c]], w[:, [c]], b, stride, pad)[0] for c in range(x.shape[1])]
    return np.concatenate(parts, axis=1), cache


@mistake(
    "M240c",
    of="conv2d_forward",
    caught_by=("test_conv_matches_the_formula", "test_conv_sums_over_channels_only"),
)
def conv_summed_over_the_batch(x, w, b, stride=1, pad=0):
    """The sum runs over n as well: every image shows the sum of all. Sum over c, u and v only."""
    out, cache = conv2d_forward(x, w, b, stride, pad)
    bias = as_float(b)[:, None, None]
    return np.repeat((out - bias).sum(axis=0, keepdims=True), len(out), axis=0) + bias, cache


@mistake("CH13-mean-of-channels", of="conv2d_forward", caught_by="test_conv_matches_the_formula")
def conv_with_mean_of_channels(x, w, b, stride=1, pad=0):
    """The channels were averaged. They are added up, nothing divides by C."""
    x = as_float(x)
    return conv2d_forward(x / max(x.shape[1], 1) if x.ndim > 1 else x, w, b, stride, pad)


@mistake("M241", of="conv2d_forward", caught_by="test_conv_gives_each_kernel_its_bias")
def conv_with_bias_along_columns(x, w, b, stride=1, pad=0):
    """b was added along the last axis: numpy lines shapes up from the right. It belongs to axis 1, the kernels."""
    out, cache = conv2d_forward(x, w, b, stride, pad)
    b = as_float(b)
    out = out - b[:, None, None]
    return (out + b if out.shape[-1] == len(b) else out + b[:, None, None]), cache


@mistake("M241b", of="conv2d_forward", caught_by="test_conv_gives_each_kernel_its_bias")
def conv_with_bias_for_each_product(x, w, b, stride=1, pad=0):
    """The bias is added inside the sum, once for each channel. Add it once, after the sum."""
    return conv2d_forward(x, w, as_float(b) * as_float(x).shape[1], stride, pad)


@mistake("CH13-no-bias", of="conv2d_forward", caught_by="test_conv_matches_the_formula")
def conv_without_bias(x, w, b, stride=1, pad=0):
    """The bias is missing."""
    return conv2d_forward(x, w, np.zeros_like(b), stride, pad)


@mistake("M244b", of="conv2d_forward", caught_by="test_conv_with_padding")
def conv_with_edge_padding(x, w, b, stride=1, pad=0):
    """The border repeats the outermost pixels; here it is zeros."""
    x = as_float(x)
    if x.ndim == 4:
        x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="edge")
    return conv2d_forward(x, w, b, stride, 0)


@mistake("CH13-conv-ignores-stride", of="conv2d_forward", caught_by="test_conv_with_a_stride")
def conv_without_stride_in_columns(x, w, b, stride=1, pad=0):
    """The window moves by `stride` downwards, but by one pixel to the right, and the rest is cut off."""
    out, cache = conv2d_forward(x, w, b, stride, pad)
    every, _ = conv2d_forward(x, w, b, 1, pad)
    return np.ascontiguousarray(every[:, :, ::stride, : out.shape[3]]), cache


@mistake("CH13-conv-unchecked", of="conv2d_forward", caught_by="test_conv_refuses_shapes_that_do_not_fit")
def conv_that_broadcasts(x, w, b, stride=1, pad=0):
    """One channel is used for all, one bias for all: numpy repeats what has length 1. Compare the shapes first."""
    x, w, b = as_float(x), as_float(w), as_float(b)
    if x.ndim == w.ndim == 4 and 1 in (x.shape[1], w.shape[1]):
        C = max(x.shape[1], w.shape[1])
        x, w = x.repeat(C // x.shape[1], axis=1), w.repeat(C // w.shape[1], axis=1)
    return conv2d_forward(x, w, b.repeat(len(w)) if b.shape == (1,) else b, stride, pad)


@mistake("CH13-conv-float64", of="conv2d_forward", caught_by="test_conv_takes_any_kind_of_array")
def conv_in_float64(x, w, b, stride=1, pad=0):
    """float32 became float64: np.zeros makes float64 unless it is told the dtype."""
    return conv2d_forward(*(np.asarray(a, dtype=np.float64) for a in (x, w, b)), stride, pad)


@mistake("CH13-conv-cut-short", of="conv2d_forward", caught_by="test_conv_keeps_all_axes")
def conv_that_drops_axes(x, w, b, stride=1, pad=0):
    """One image is still a batch: out has four axes, also where a size is 1. squeeze takes axes away."""
    out, cache = conv2d_forward(x, w, b, stride, pad)
    return np.squeeze(out), cache


# conv2d_backward -----------------------------------------------------------------------------------------------


def placed(dout, cache):
    """The gradient of every window, and the slices of the padded image for the place (u, v) inside it."""
    _, windows, w, stride, _ = cache
    rows, columns = windows.shape[2:4]
    dwindows = np.tensordot(dout, w, axes=(1, 0)).transpose(0, 3, 1, 2, 4, 5)
    for u, v in np.ndindex(w.shape[2:]):
        here = np.s_[:, :, u : u + rows * stride : stride, v : v + columns * stride : stride]
        yield here, dwindows[..., u, v]


@mistake("M234", of="conv2d_backward", caught_by="test_conv_backward_with_a_stride")
def conv_backward_without_stride(dout, cache):
    """dx is scattered as if the window had moved by one pixel. Use the same places as the forward pass."""
    (N, C, H, W), _, w, _, pad = cache
    dx, dw, db = conv2d_backward(dout, cache)
    dout = as_float(dout)
    dxp = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=dx.dtype)
    for n, f, i, j in np.ndindex(dout.shape):
        dxp[n, :, i : i + w.shape[2], j : j + w.shape[3]] += dout[n, f, i, j] * w[f]
    return dxp[:, :, pad : pad + H, pad : pad + W].copy(), dw, db


@mistake("M235", of="conv2d_backward", caught_by="test_conv_backward_input_gradient")
def conv_backward_that_overwrites(dout, cache):
    """Windows overlap, and a pixel collects from all of them: += and not =."""
    (N, C, H, W), _, _, _, pad = cache
    dx, dw, db = conv2d_backward(dout, cache)
    dxp = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=dx.dtype)
    for here, part in placed(as_float(dout), cache):
        dxp[here] = part
    return dxp[:, :, pad : pad + H, pad : pad + W].copy(), dw, db


@mistake(
    "M236",
    of="conv2d_backward",
    caught_by=("test_conv_backward_input_gradient", "test_conv_backward_with_a_stride"),
)
def conv_backward_that_slices_by_minus_p(dout, cache):
    """dx[p:-p] is empty for p = 0, because -0 is 0. Slice from p to p + H."""
    (N, C, H, W), _, _, _, pad = cache
    dx, dw, db = conv2d_backward(dout, cache)
    dxp = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=dx.dtype)
    for here, part in placed(as_float(dout), cache):
        dxp[here] += part
    return dxp[:, :, pad:-pad, pad:-pad].copy(), dw, db


@mistake("M237", of="conv2d_backward", caught_by="test_conv_backward_with_padding")
def conv_backward_that_keeps_the_border(dout, cache):
    """dx still has the border. It must have the shape of x: cut the border off on all four sides."""
    (N, C, H, W), _, _, _, pad = cache
    dx, dw, db = conv2d_backward(dout, cache)
    dxp = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=dx.dtype)
    for here, part in placed(as_float(dout), cache):
        dxp[here] += part
    return dxp, dw, db


@mistake("M237b", of="conv2d_backward", caught_by="test_conv_backward_with_padding")
def conv_backward_cut_at_one_end(dout, cache):
    """The border was cut off at the bottom and on the right only; what remains is shifted by the padding."""
    (N, C, H, W), _, _, _, pad = cache
    dx, dw, db = conv2d_backward(dout, cache)
    dxp = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=dx.dtype)
    for here, part in placed(as_float(dout), cache):
        dxp[here] += part
    return dxp[:, :, :H, :W].copy(), dw, db


@mistake("CH13-covered-part", of="conv2d_backward", caught_by="test_conv_backward_of_what_is_left_over")
def conv_backward_of_the_covered_part(dout, cache):
    """dx ends where the last window ends. Pixels that no window touched are part of x and have gradient 0."""
    dx, dw, db = conv2d_backward(dout, cache)
    (_, _, H, W), windows, w, stride, pad = cache
    rows, columns = ((n - 1) * stride + k - pad for n, k in zip(windows.shape[2:4], w.shape[2:]))
    return dx[:, :, : min(rows, H), : min(columns, W)].copy(), dw, db


@mistake("CH13-dx-flipped", of="conv2d_backward", caught_by="test_conv_backward_input_gradient")
def conv_backward_with_flipped_kernel(dout, cache):
    """The kernel was turned round before it was scattered. It is turned only if dx is written as a convolution."""
    shape, windows, w, stride, pad = cache
    _, dw, db = conv2d_backward(dout, cache)
    return conv2d_backward(dout, (shape, windows, w[:, :, ::-1, ::-1], stride, pad))[0], dw, db


@mistake("CH13-dw-flipped", of="conv2d_backward", caught_by="test_conv_backward_kernel_gradient")
def conv_backward_with_flipped_gradient(dout, cache):
    """dw is turned round. w[f, c, u, v] met the pixel (i*stride + u, j*stride + v), so dw meets the same one."""
    dx, dw, db = conv2d_backward(dout, cache)
    return dx, dw[:, :, ::-1, ::-1].copy(), db


@mistake("M242", of="conv2d_backward", caught_by="test_conv_backward_bias_gradient")
def conv_backward_with_a_bias_map(dout, cache):
    """db was summed over the images only. A kernel adds its one bias at every place: sum over N, H' and W'."""
    dx, dw, _ = conv2d_backward(dout, cache)
    return dx, dw, as_float(dout).sum(axis=0)


@mistake("CH13-db-mean", of="conv2d_backward", caught_by="test_conv_backward_bias_gradient")
def conv_backward_with_mean_bias(dout, cache):
    """db is a mean here. Everything that the bias was added to sends its gradient, and gradients add up."""
    dx, dw, _ = conv2d_backward(dout, cache)
    return dx, dw, as_float(dout).mean(axis=(0, 2, 3))


@mistake(
    "CH13-divided-by-n",
    of="conv2d_backward",
    caught_by=("test_conv_backward_kernel_gradient", "test_conv_backward_bias_gradient"),
)
def conv_backward_divided_by_the_batch(dout, cache):
    """dw and db are divided by N. Only the loss does that, and dout holds its 1/N already."""
    dx, dw, db = conv2d_backward(dout, cache)
    return dx, dw / len(dx), db / len(dx)


@mistake("CH13-backward-order", of="conv2d_backward", caught_by="test_conv_backward_input_gradient")
def conv_backward_in_another_order(dout, cache):
    """The gradients come in the order of the arguments of the forward pass: dx, dw, db."""
    dx, dw, db = conv2d_backward(dout, cache)
    return dw, db, dx


@mistake("CH13-dout-unchecked", of="conv2d_backward", caught_by="test_conv_backward_refuses_another_shape")
def conv_backward_that_broadcasts(dout, cache):
    """A dout of another shape is repeated until it fits. A gradient has exactly the shape of out."""
    _, windows, w, _, _ = cache
    shape = (len(windows), len(w), *windows.shape[2:4])
    return conv2d_backward(np.broadcast_to(as_float(dout), shape), cache)


BUFFERS = {}


@mistake("CH13-one-buffer", of="conv2d_backward", caught_by="test_conv_backward_belongs_to_its_cache")
def conv_backward_with_one_buffer(dout, cache):
    """All results of one shape lie in one array, kept for speed: the next call overwrites what this one returned."""
    dx, dw, db = conv2d_backward(dout, cache)
    buffer = BUFFERS.setdefault((dx.shape, dx.dtype), np.zeros_like(dx))
    buffer[...] = dx
    return buffer, dw, db


# im2col, col2im ------------------------------------------------------------------------------------------------


@mistake("CH13-columns-order", of="im2col", caught_by="test_im2col_lists_all_windows")
def im2col_with_channels_last(x, kh, kw, stride=1, pad=0):
    """Inside a row the channel changes fastest. Here it changes slowest, as in w.reshape(F, -1)."""
    cols = im2col(x, kh, kw, stride, pad)
    return cols.reshape(len(cols), -1, kh * kw).transpose(0, 2, 1).reshape(cols.shape)


@mistake("CH13-windows-as-columns", of="im2col", caught_by="test_im2col_lists_all_windows")
def im2col_transposed(x, kh, kw, stride=1, pad=0):
    """The windows are columns, as in some courses. Here each window is a row."""
    return im2col(x, kh, kw, stride, pad).T.copy()


@mistake("CH13-im2col-no-pad", of="im2col", caught_by="test_im2col_lists_all_windows")
def im2col_without_padding(x, kh, kw, stride=1, pad=0):
    """The border is missing: windows that reach over the edge are not listed."""
    return im2col(x, kh, kw, stride, 0)


@mistake(
    "CH13-col2im-overwrites",
    of="col2im",
    caught_by=("test_col2im_adds_where_windows_overlap", "test_col2im_counts_the_windows_of_a_pixel"),
)
def col2im_that_overwrites(cols, x_shape, kh, kw, stride=1, pad=0):
    """The last window that touched a pixel wins. For gradients all of them are added."""
    cols = as_float(cols)
    N, C, H, W = x_shape
    rows, columns = conv_output_size(H, kh, stride, pad), conv_output_size(W, kw, stride, pad)
    windows = cols.reshape(N, rows, columns, C, kh, kw).transpose(0, 3, 1, 2, 4, 5)
    dxp = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=cols.dtype)
    for u, v in np.ndindex(kh, kw):
        here = np.s_[:, :, u : u + rows * stride : stride, v : v + columns * stride : stride]
        dxp[here] = windows[..., u, v]
    return dxp[:, :, pad : pad + H, pad : pad + W].copy()


@mistake("CH13-col2im-inverse", of="col2im", caught_by="test_col2im_counts_the_windows_of_a_pixel")
def col2im_as_an_inverse(cols, x_shape, kh, kw, stride=1, pad=0):
    """This divides by the number of windows, so that col2im(im2col(x)) is x. Gradients are summed, not averaged."""
    counts = col2im(np.ones_like(as_float(cols)), x_shape, kh, kw, stride, pad)
    return col2im(cols, x_shape, kh, kw, stride, pad) / np.maximum(counts, 1)


# max pooling ---------------------------------------------------------------------------------------------------


@mistake("M249", of="maxpool2d_forward", caught_by="test_maxpool_matches_the_formula")
def maxpool_over_channels(x, k, stride=None):
    """The maximum was taken over the channels too. Each channel is pooled by itself, and their number stays."""
    out, cache = maxpool2d_forward(x, k, stride)
    return out.max(axis=1, keepdims=True), cache


@mistake("CH13-pool-pads", of="maxpool2d_forward", caught_by="test_maxpool_of_negative_numbers")
def maxpool_with_zeros(x, k, stride=None):
    """The search starts at 0, so a window of negative numbers gives 0. Start at -inf, or at the first number."""
    out, cache = maxpool2d_forward(x, k, stride)
    return np.maximum(out, 0.0).astype(out.dtype), cache


@mistake("CH13-pool-stride-one", of="maxpool2d_forward", caught_by="test_maxpool_matches_the_formula")
def maxpool_with_stride_one(x, k, stride=None):
    """Without a stride the windows lie side by side: the stride is k, not 1."""
    return maxpool2d_forward(x, k, 1 if stride is None else stride)


@mistake("CH13-pool-side-by-side", of="maxpool2d_forward", caught_by="test_maxpool_with_other_strides")
def maxpool_of_tiles(x, k, stride=None):
    """Cutting the image into tiles works only for stride = k and sizes that k divides."""
    x = as_float(x)
    _, cache = maxpool2d_forward(x, k, stride)
    N, C, H, W = x.shape
    tiles = x[:, :, : H // k * k, : W // k * k].reshape(N, C, H // k, k, W // k, k)
    return tiles.max(axis=(3, 5)), cache


@mistake("M239c", of="maxpool2d_forward", caught_by="test_maxpool_matches_the_formula")
def maxpool_with_rows_and_columns_exchanged(x, k, stride=None):
    """Rows and columns of the result are exchanged; with a square image the shape gives no hint."""
    out, cache = maxpool2d_forward(x, k, stride)
    return out.transpose(0, 1, 3, 2).copy(), cache


@mistake("CH13-pool-rounds-up", of="maxpool2d_forward", caught_by="test_maxpool_with_other_strides")
def maxpool_with_half_windows(x, k, stride=None):
    """A window that only partly lies on the image is pooled, too. Only whole windows count."""
    x = as_float(x)
    stride = k if stride is None else stride
    _, cache = maxpool2d_forward(x, k, stride)
    more = [(0, 0), (0, 0), *((0, (k - n) % stride) for n in x.shape[2:])]
    return maxpool2d_forward(np.pad(x, more, constant_values=-np.inf), k, stride)[0], cache


def first_windows(cache):
    """The slices of x for the place (u, v) of all windows."""
    _, winner, k, stride = cache
    rows, columns = winner.shape[2:]
    for u, v in np.ndindex(k, k):
        yield u * k + v, np.s_[:, :, u : u + rows * stride : stride, v : v + columns * stride : stride]


def by_mask(dout, cache, equal):
    """Every pixel for which equal(pixel, maximum of its window) holds gets the gradient."""
    x, winner, _, _ = cache
    out = np.full(winner.shape, -np.inf, dtype=x.dtype)
    for _, here in first_windows(cache):
        out = np.maximum(out, x[here])
    dx = maxpool2d_backward(dout, cache) * 0
    for _, here in first_windows(cache):
        dx[here] += as_float(dout) * equal(x[here], out)
    return dx


@mistake("M245", of="maxpool2d_backward", caught_by="test_maxpool_backward_of_ties")
def maxpool_backward_to_all_maxima(dout, cache):
    """With x == max every one of several maxima gets the whole gradient; after relu, four zeros are common."""
    return by_mask(dout, cache, np.equal)


@mistake("M245b", of="maxpool2d_backward", caught_by="test_maxpool_backward_of_ties")
def maxpool_backward_shared_by_maxima(dout, cache):
    """Several maxima share the gradient here. The agreement is that the first one gets all of it."""
    x, winner, _, _ = cache
    counts = np.zeros(winner.shape)
    out = np.full(winner.shape, -np.inf, dtype=x.dtype)
    for _, here in first_windows(cache):
        out = np.maximum(out, x[here])
    for _, here in first_windows(cache):
        counts += x[here] == out
    maxpool2d_backward(dout, cache)
    return by_mask(as_float(dout) / counts, cache, np.equal)


@mistake("M245c", of="maxpool2d_backward", caught_by="test_maxpool_backward_of_ties")
def maxpool_backward_to_the_last_maximum(dout, cache):
    """Of several maxima the last one gets the gradient here; the agreement is: the first, row by row."""
    x, winner, k, stride = cache
    last = np.zeros_like(winner)
    out = np.full(winner.shape, -np.inf, dtype=x.dtype)
    for place, here in first_windows(cache):
        last = np.where(x[here] >= out, place, last)
        out = np.maximum(out, x[here])
    return maxpool2d_backward(dout, (x, last, k, stride))


@mistake(
    "M246",
    of="maxpool2d_backward",
    caught_by=("test_maxpool_backward_of_near_ties", "test_maxpool_backward_of_ties"),
)
def maxpool_backward_with_tolerance(dout, cache):
    """np.isclose lets pixels pass that are a little smaller than the maximum. argmax names exactly one."""
    return by_mask(dout, cache, np.isclose)


@mistake(
    "CH13-mean-of-overlap", of="maxpool2d_backward", caught_by="test_maxpool_backward_adds_up_in_the_overlap"
)
def maxpool_backward_with_counts(dout, cache):
    """Where a pixel won several windows their gradients were averaged. They are added."""
    dx = maxpool2d_backward(dout, cache)
    counts = maxpool2d_backward(np.ones_like(as_float(dout)), cache)
    return dx / np.maximum(counts, 1)


@mistake("M247", of="maxpool2d_backward", caught_by="test_maxpool_backward_adds_up_in_the_overlap")
def maxpool_backward_that_overwrites(dout, cache):
    """A pixel can win several overlapping windows: += and not =."""
    dx = maxpool2d_backward(dout, cache) * 0
    _, winner, _, _ = cache
    for place, here in first_windows(cache):
        dx[here] = np.where(winner == place, as_float(dout), dx[here])
    return dx


@mistake(
    "CH13-spread", of="maxpool2d_backward", caught_by="test_maxpool_backward_agrees_with_finite_differences"
)
def maxpool_backward_spread(dout, cache):
    """The gradient is spread over the window as in average pooling. Only the winner moved the output."""
    dx = maxpool2d_backward(dout, cache) * 0
    for _, here in first_windows(cache):
        dx[here] += as_float(dout) / cache[2] ** 2
    return dx


@mistake(
    "CH13-all-of-the-window",
    of="maxpool2d_backward",
    caught_by="test_maxpool_backward_agrees_with_finite_differences",
)
def maxpool_backward_to_everyone(dout, cache):
    """Every pixel of the window gets the whole gradient. Only the maximum does."""
    dx = maxpool2d_backward(dout, cache) * 0
    for _, here in first_windows(cache):
        dx[here] += as_float(dout)
    return dx


@mistake(
    "CH13-winner-by-columns",
    of="maxpool2d_backward",
    caught_by="test_maxpool_backward_agrees_with_finite_differences",
)
def maxpool_backward_by_columns(dout, cache):
    """The number of the winner was read down the columns; argmax counts row by row."""
    x, winner, k, stride = cache
    return maxpool2d_backward(dout, (x, winner % k * k + winner // k, k, stride))


@mistake(
    "CH13-pool-dout-unchecked",
    of="maxpool2d_backward",
    caught_by="test_maxpool_backward_refuses_another_shape",
)
def maxpool_backward_that_broadcasts(dout, cache):
    """A dout of another shape is repeated until it fits. A gradient has exactly the shape of out."""
    return maxpool2d_backward(np.broadcast_to(as_float(dout), cache[1].shape), cache)


# average pooling -----------------------------------------------------------------------------------------------


@mistake("CH13-avg-sum", of="avgpool2d_forward", caught_by="test_avgpool_matches_the_formula")
def avgpool_as_sum(x, k, stride=None, pad=0):
    """This is the sum of the window; the mean divides by k^2."""
    out, cache = avgpool2d_forward(x, k, stride, pad)
    return out * k**2, cache


@mistake("CH13-avg-by-k", of="avgpool2d_forward", caught_by="test_avgpool_matches_the_formula")
def avgpool_divided_by_k(x, k, stride=None, pad=0):
    """A window has k^2 numbers, not k."""
    out, cache = avgpool2d_forward(x, k, stride, pad)
    return out * k, cache


@mistake(
    "CH13-avg-without-border", of="avgpool2d_forward", caught_by="test_avgpool_counts_the_zeros_of_the_border"
)
def avgpool_without_the_border(x, k, stride=None, pad=0):
    """Here the mean is over the real pixels only. In this course the zeros of the border count: always k^2."""
    out, cache = avgpool2d_forward(x, k, stride, pad)
    share, _ = avgpool2d_forward(np.ones_like(as_float(x)), k, stride, pad)
    return out / np.maximum(share, 1e-9), cache


@mistake("M249b", of="avgpool2d_forward", caught_by="test_avgpool_matches_the_formula")
def avgpool_over_channels(x, k, stride=None, pad=0):
    """The mean was taken over the channels too. Each channel is pooled by itself, and their number stays."""
    out, cache = avgpool2d_forward(x, k, stride, pad)
    return out.mean(axis=1, keepdims=True), cache


@mistake("M250", of="avgpool2d_backward", caught_by="test_avgpool_backward_agrees_with_finite_differences")
def avgpool_backward_undivided(dout, cache):
    """Every pixel had the weight 1/k^2 in the mean, and gets that share of the gradient, not all of it."""
    return avgpool2d_backward(dout, cache) * cache[2] ** 2


@mistake(
    "CH13-avg-overwrites", of="avgpool2d_backward", caught_by="test_avgpool_backward_adds_up_in_the_overlap"
)
def avgpool_backward_that_overwrites(dout, cache):
    """Windows overlap, and a pixel collects from all of them: += and not =."""
    dx = avgpool2d_backward(dout, cache)
    (N, C, H, W), (_, _, rows, columns), k, stride, pad = cache
    dxp = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=dx.dtype)
    for u, v in np.ndindex(k, k):
        dxp[:, :, u : u + rows * stride : stride, v : v + columns * stride : stride] = as_float(dout) / k**2
    return dxp[:, :, pad : pad + H, pad : pad + W].copy()


@mistake(
    "CH13-avg-to-the-maximum",
    of="avgpool2d_backward",
    caught_by="test_avgpool_backward_agrees_with_finite_differences",
)
def avgpool_backward_to_the_corner(dout, cache):
    """The gradient goes to one pixel of the window only. All of them moved the mean."""
    (N, C, H, W), (_, _, rows, columns), _, stride, pad = cache
    dx = avgpool2d_backward(dout, cache)
    dxp = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=dx.dtype)
    dxp[:, :, : rows * stride : stride, : columns * stride : stride] += as_float(dout)
    return dxp[:, :, pad : pad + H, pad : pad + W].copy()


@mistake("M237c", of="avgpool2d_backward", caught_by="test_avgpool_backward_with_padding")
def avgpool_backward_that_keeps_the_border(dout, cache):
    """dx still has the border. It must have the shape of x: cut the border off on all four sides."""
    (N, C, H, W), out_shape, k, stride, pad = cache
    return avgpool2d_backward(dout, ((N, C, H + 2 * pad, W + 2 * pad), out_shape, k, stride, 0))


# counting ------------------------------------------------------------------------------------------------------


@mistake("M254", of="conv_parameters", caught_by="test_conv_parameters_counts_weights_and_biases")
def conv_parameters_without_depth(c_in, c_out, k):
    """A kernel is as deep as its input: k * k * c_in weights each, and one bias."""
    return k * k * c_out


@mistake("M254b", of="conv_parameters", caught_by="test_conv_parameters_counts_weights_and_biases")
def conv_parameters_without_bias(c_in, c_out, k):
    """The biases are missing, one for each kernel."""
    return c_out * c_in * k * k


@mistake(
    "CH13-bias-each-channel", of="conv_parameters", caught_by="test_conv_parameters_counts_weights_and_biases"
)
def conv_parameters_with_a_bias_per_channel(c_in, c_out, k):
    """One bias for each kernel, not for each channel of each kernel."""
    return c_out * c_in * (k * k + 1)


@mistake("CH13-dense-bias", of="dense_parameters", caught_by="test_dense_parameters")
def dense_parameters_without_bias(d_in, d_out):
    """The biases are missing, one for each output."""
    return d_in * d_out


@mistake("CH13-dense-bias-inputs", of="dense_parameters", caught_by="test_dense_parameters")
def dense_parameters_with_bias_per_input(d_in, d_out):
    """There is one bias for each output, not for each input."""
    return d_in * d_out + d_in


@mistake("CH13-one-place", of="conv_multiplications", caught_by="test_multiplications_by_counting")
def multiplications_at_one_place(c_in, c_out, k, h_out, w_out):
    """These are the multiplications at one place; the window stands at h_out * w_out places."""
    return c_in * c_out * k * k


@mistake("CH13-multiplications-bias", of="conv_multiplications", caught_by="test_multiplications_by_counting")
def multiplications_with_bias(c_in, c_out, k, h_out, w_out):
    """A bias is added, not multiplied; weights are shared, so they are counted again at each place."""
    return (c_in * k * k + 1) * c_out * h_out * w_out


@mistake("CH13-field-sum", of="receptive_field", caught_by="test_receptive_field_with_stride_one")
def receptive_field_as_sum(kernels, strides=None):
    """The windows of neighbours overlap: two 3 x 3 see 5 pixels, not 6. Each layer adds k - 1."""
    if strides is not None and len(strides) != len(kernels):
        raise ValueError("lengths")
    return sum(kernels) if len(kernels) else 1


@mistake("CH13-field-product", of="receptive_field", caught_by="test_receptive_field_with_stride_one")
def receptive_field_as_product(kernels, strides=None):
    """The windows of neighbours overlap: two 3 x 3 see 5 pixels, not 9. Each layer adds k - 1."""
    if strides is not None and len(strides) != len(kernels):
        raise ValueError("lengths")
    return int(np.prod(kernels))


@mistake("CH13-field-no-stride", of="receptive_field", caught_by="test_receptive_field_with_strides")
def receptive_field_without_strides(kernels, strides=None):
    """The strides are not used: behind a stride of 2, neighbours look at places two pixels apart."""
    if strides is not None and len(strides) != len(kernels):
        raise ValueError("lengths")
    return 1 + sum(k - 1 for k in kernels)


@mistake("CH13-field-own-stride", of="receptive_field", caught_by="test_receptive_field_with_strides")
def receptive_field_with_its_own_stride(kernels, strides=None):
    """A layer's own stride only matters for the layers after it; the strides BEFORE it widen its steps."""
    strides = [1] * len(kernels) if strides is None else strides
    if len(strides) != len(kernels):
        raise ValueError("lengths")
    size = jump = 1
    for k, stride in zip(kernels, strides):
        jump *= stride
        size += (k - 1) * jump
    return int(size)


# layers --------------------------------------------------------------------------------------------------------


@mistake("CH13-layer-overwrites", of="Conv2d", caught_by="test_conv_layer_adds_gradients_up")
class ConvThatForgetsGradients(Conv2d):
    """backward replaces the gradients of the last call. They add up until zero_grad."""

    def backward(self, dout):
        self.zero_grad()
        return super().backward(dout)


@mistake("CH13-layer-pad", of="Conv2d", caught_by="test_conv_layer_forward")
class ConvWithoutItsPadding(Conv2d):
    """pad is not passed on to conv2d_forward."""

    def forward(self, x):
        self.pad = 0
        return super().forward(x)


@mistake("CH13-layer-stride", of="Conv2d", caught_by="test_conv_layer_forward")
class ConvWithoutItsStride(Conv2d):
    """stride is not passed on to conv2d_forward."""

    def forward(self, x):
        self.stride = 1
        return super().forward(x)


@mistake("CH13-layer-first-params", of="Conv2d", caught_by="test_conv_layer_reads_its_params_each_time")
class ConvWithItsFirstParams(Conv2d):
    """The weights are those of the first forward; training would change params and not the output."""

    def forward(self, x):
        self.first = getattr(self, "first", dict(self.params))
        kept, self.params = self.params, self.first
        out = super().forward(x)
        self.params = kept
        return out


@mistake("CH13-layer-shared", of="Conv2d", caught_by="test_conv_layers_share_nothing")
class ConvWithSharedCache(Conv2d):
    """The cache is kept on the class, so the last convolution that ran decides for all. Keep it on self."""

    def forward(self, x):
        out = super().forward(x)
        ConvWithSharedCache.last = self.cache
        return out

    def backward(self, dout):
        self.cache = ConvWithSharedCache.last
        return super().backward(dout)


def with_std(he, xavier):
    """An __init__ whose 'he' and 'xavier' have these standard deviations of (c_in, c_out, k)."""

    def __init__(self, c_in, c_out, k, rng, stride=1, pad=0, init="he", dtype=np.float64):
        rules = {"he": he, "xavier": xavier}
        known = isinstance(init, str) and init in rules
        std = rules[init](c_in, c_out, k) if known else init
        Conv2d.__init__(self, c_in, c_out, k, rng, stride, pad, std, dtype)

    return __init__


@mistake("CH13-fan-in-channels", of="Conv2d", caught_by="test_conv_layer_he")
class ConvWithChannelsAsFanIn(Conv2d):
    """An output number is made of c_in * k^2 inputs, not of c_in; the weights are k times too large."""

    __init__ = with_std(lambda i, o, k: np.sqrt(2 / i), lambda i, o, k: np.sqrt(2 / (i + o)))


@mistake("CH13-fan-out", of="Conv2d", caught_by="test_conv_layer_he")
class ConvWithFanOut(Conv2d):
    """He counts what goes into one output, c_in * k^2; here c_out was used."""

    __init__ = with_std(
        lambda i, o, k: np.sqrt(2 / (o * k * k)), lambda i, o, k: np.sqrt(2 / ((i + o) * k * k))
    )


@mistake("CH13-default-init", of="Conv2d", caught_by="test_conv_layer_he")
class ConvWithXavierByDefault(Conv2d):
    """Without init the weights follow He here; Linear, whose default is Xavier, differs in that."""

    __init__ = with_std(
        lambda i, o, k: np.sqrt(2 / ((i + o) * k * k)), lambda i, o, k: np.sqrt(2 / ((i + o) * k * k))
    )


@mistake("CH13-weights-in-out", of="Conv2d", caught_by="test_conv_layer_starts_with_its_parameters")
class ConvWithChannelsExchanged(Conv2d):
    """W is (c_in, c_out, k, k) here. A kernel comes first, then its channels: (c_out, c_in, k, k)."""

    def __init__(self, c_in, c_out, k, rng, stride=1, pad=0, init="he", dtype=np.float64):
        super().__init__(c_in, c_out, k, rng, stride, pad, init, dtype)
        self.params["W"] = self.params["W"].transpose(1, 0, 2, 3).copy()
        self.grads["W"] = np.zeros_like(self.params["W"])


@mistake("CH13-global-random", of="Conv2d", caught_by="test_conv_layer_draws_only_from_its_rng")
class ConvWithGlobalRandom(Conv2d):
    """The weights come from np.random, which all the program shares. Draw from the rng that was passed in."""

    def __init__(self, c_in, c_out, k, rng, stride=1, pad=0, init="he", dtype=np.float64):
        super().__init__(c_in, c_out, k, rng, stride, pad, init, dtype)
        if init == "he":
            std = np.sqrt(2 / (c_in * k * k))
            self.params["W"] = np.random.normal(0, std, size=(c_out, c_in, k, k)).astype(dtype)


@mistake("CH13-layer-dtype", of="Conv2d", caught_by="test_conv_layer_in_float32")
class ConvInFloat64(Conv2d):
    """dtype is ignored: the parameters are float64 whatever was asked for."""

    def __init__(self, c_in, c_out, k, rng, stride=1, pad=0, init="he", dtype=np.float64):
        super().__init__(c_in, c_out, k, rng, stride, pad, init)


@mistake("CH13-layer-init-shared", of="Conv2d", caught_by="test_conv_layer_callable_init")
class ConvThatKeepsTheArrayOfInit(Conv2d):
    """The array that init returned is kept itself: two layers may now hold the same weights. Copy it."""

    def __init__(self, c_in, c_out, k, rng, stride=1, pad=0, init="he", dtype=np.float64):
        super().__init__(c_in, c_out, k, rng, stride, pad, init, dtype)
        if callable(init):
            self.params["W"] = np.asarray(init((c_out, c_in, k, k), rng), dtype=dtype)


@mistake("CH13-pool-layer-stride", of="MaxPool2d", caught_by="test_maxpool_layer_passes")
class MaxPoolWithoutItsStride(MaxPool2d):
    """stride is not passed on to maxpool2d_forward."""

    def forward(self, x):
        out, self.cache = maxpool2d_forward(x, self.k)
        return out


@mistake("CH13-pool-layer-shared", of="MaxPool2d", caught_by="test_maxpool_layer_memory")
class MaxPoolWithSharedCache(MaxPool2d):
    """The cache is kept on the class, so the last pooling layer that ran decides for all. Keep it on self."""

    def forward(self, x):
        out, MaxPoolWithSharedCache.last = maxpool2d_forward(x, self.k, self.stride)
        return out

    def backward(self, dout):
        return maxpool2d_backward(dout, MaxPoolWithSharedCache.last)


@mistake("CH13-pool-layer-cache", of="MaxPool2d", caught_by="test_maxpool_layer_passes")
class MaxPoolThatReturnsItsCache(MaxPool2d):
    """forward of a layer returns the output alone; the cache stays on the layer."""

    def forward(self, x):
        out, self.cache = maxpool2d_forward(x, self.k, self.stride)
        return out, self.cache


@mistake("CH13-avg-layer-pad", of="AvgPool2d", caught_by="test_avgpool_layer_passes")
class AvgPoolWithoutItsPadding(AvgPool2d):
    """pad is not passed on to avgpool2d_forward."""

    def forward(self, x):
        out, self.cache = avgpool2d_forward(x, self.k, self.stride)
        return out


@mistake("CH13-avg-layer-first", of="AvgPool2d", caught_by="test_avgpool_layer_memory")
class AvgPoolWithItsFirstCache(AvgPool2d):
    """backward belongs to the last forward; this layer keeps the cache of its first one."""

    def forward(self, x):
        out, cache = avgpool2d_forward(x, self.k, self.stride, self.pad)
        self.cache = getattr(self, "cache", cache)
        return out


@mistake("CH13-avg-layer-max", of="AvgPool2d", caught_by="test_avgpool_layer_passes")
class AvgPoolThatTakesTheMaximum(AvgPool2d):
    """This takes the maximum of each window; the layer's name says mean."""

    def forward(self, x):
        out, self.cache = maxpool2d_forward(pad2d(x, self.pad), self.k, self.stride)
        return out

    def backward(self, dout):
        dx = maxpool2d_backward(dout, self.cache)
        H, W = dx.shape[2:]
        return dx[:, :, self.pad : H - self.pad, self.pad : W - self.pad].copy()
