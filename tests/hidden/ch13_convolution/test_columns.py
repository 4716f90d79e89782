"""Hidden tests of ch13: the bonus pair im2col and col2im."""

import numpy as np

from grader import battery, expect, points

# (shape of x, kh, kw, stride, pad)
CASES = [
    ((1, 1, 3, 3), 2, 2, 1, 0),
    ((2, 3, 4, 5), 3, 2, 1, 0),
    ((2, 2, 5, 4), 2, 3, 1, 1),
    ((2, 2, 7, 6), 3, 3, 2, 0),
    ((1, 2, 6, 8), 2, 2, 3, 2),
    ((3, 2, 3, 2), 1, 1, 1, 0),
]


def places(shape, kh, kw, stride, pad):
    """((row, column) in cols, (n, c, h, w) in x) for every entry of cols; the pixel may lie on the border."""
    N, C, H, W = shape
    rows, columns = (H + 2 * pad - kh) // stride + 1, (W + 2 * pad - kw) // stride + 1
    for r, (n, i, j) in enumerate(np.ndindex(N, rows, columns)):
        for s, (c, u, v) in enumerate(np.ndindex(C, kh, kw)):
            yield (r, s), (n, c, i * stride + u - pad, j * stride + v - pad)


def size_of_cols(shape, kh, kw, stride, pad):
    rows, columns = ((n + 2 * pad - k) // stride + 1 for n, k in zip(shape[2:], (kh, kw), strict=True))
    return shape[0] * rows * columns, shape[1] * kh * kw


def cols_by_loops(x, kh, kw, stride, pad):
    cols = np.zeros(size_of_cols(x.shape, kh, kw, stride, pad))
    for place, (n, c, h, w) in places(x.shape, kh, kw, stride, pad):
        if 0 <= h < x.shape[2] and 0 <= w < x.shape[3]:
            cols[place] = x[n, c, h, w]
    return cols


def images_by_loops(cols, shape, kh, kw, stride, pad):
    dx = np.zeros(shape)
    for place, (n, c, h, w) in places(shape, kh, kw, stride, pad):
        if 0 <= h < shape[2] and 0 <= w < shape[3]:
            dx[n, c, h, w] += cols[place]
    return dx


@points(1.5, of="im2col", bonus=True)
def test_im2col_lists_all_windows(student, rng):
    """im2col has a row for each window and a column for each of its numbers, in the order of the formula"""
    for shape, *options in CASES:
        x = rng.normal(size=shape)
        got = expect("im2col(x, kh, kw, stride, pad)", student.im2col(x, *options))
        got.close_to(cols_by_loops(x, *options), rtol=0, atol=0)


@points(1, of="im2col", bonus=True)
def test_im2col_makes_convolution_a_matrix_product(student, rng):
    """im2col(x) times the flattened kernels holds all the numbers of the convolution"""
    x, w = rng.normal(size=(2, 3, 4, 4)), rng.normal(size=(5, 3, 3, 2))
    cols = expect("im2col(x, 3, 2)", student.im2col(x, 3, 2)).array((12, 18))
    want = [
        [np.sum(x[n, :, i : i + 3, j : j + 2] * kernel) for kernel in w]
        for n in range(2)
        for i in range(2)
        for j in range(3)
    ]
    expect("im2col(x, 3, 2) @ w.reshape(5, -1).T", cols @ w.reshape(5, -1).T).close_to(want)


@points(0.25, of="im2col", bonus=True, needs="test_im2col_lists_all_windows")
def test_im2col_leaves_the_images_alone(student, rng):
    """im2col changes nothing and returns a new array"""
    x = rng.normal(size=(2, 2, 3, 4))
    battery.leaves_arguments_alone("im2col(x, 2, 2)", student.im2col, x, 2, 2)
    battery.returns_new_arrays("im2col(x, 1, 1)", student.im2col, x[:, :1], 1, 1)
    battery.returns_new_arrays("im2col(x, 3, 4)", student.im2col, x, 3, 4)


@points(0.25, of="im2col", bonus=True, needs="test_im2col_lists_all_windows")
def test_im2col_takes_any_kind_of_array(student, rng):
    """im2col keeps float32 and takes integers and any memory layout"""
    x = rng.integers(-9, 10, size=(2, 2, 3, 4)).astype(float)
    battery.keeps_float32("im2col(x, 2, 3, 1, 1)", student.im2col, x, 2, 3, 1, 1)
    battery.accepts_any_layout("im2col(x, 2, 3, 1, 1)", student.im2col, x, 2, 3, 1, 1)
    battery.accepts_integers("im2col(x, 2, 3, 1, 1)", student.im2col, x, 2, 3, 1, 1)


@points(1.5, of="col2im", bonus=True)
def test_col2im_adds_where_windows_overlap(student, rng):
    """col2im adds every entry at the pixel it came from, and drops what came from the border"""
    for shape, *options in CASES:
        cols = rng.normal(size=size_of_cols(shape, *options))
        got = expect("col2im(cols, x_shape, kh, kw, stride, pad)", student.col2im(cols, shape, *options))
        got.close_to(images_by_loops(cols, shape, *options))


@points(1, of="col2im", bonus=True)
def test_col2im_counts_the_windows_of_a_pixel(student):
    """col2im of ones counts in how many windows each pixel lies"""
    got = student.col2im(np.ones((9, 4)), (1, 1, 4, 4), 2, 2)
    expect("col2im(ones, (1, 1, 4, 4), 2, 2)", got).close_to(
        [[[[1.0, 2.0, 2.0, 1.0], [2.0, 4.0, 4.0, 2.0], [2.0, 4.0, 4.0, 2.0], [1.0, 2.0, 2.0, 1.0]]]]
    )
    got = student.col2im(np.ones((4, 9)), (1, 1, 5, 6), 3, 3, stride=2)
    line = np.array([1.0, 1.0, 2.0, 1.0, 1.0, 0.0])
    expect("col2im(ones, (1, 1, 5, 6), 3, 3, stride=2)", got).close_to((line[:5, None] * line)[None, None])


@points(1, of="col2im", bonus=True, needs="test_col2im_adds_where_windows_overlap")
def test_col2im_is_the_adjoint_of_im2col(student, rng):
    """sum(im2col(x) * cols) is sum(x * col2im(cols)) for every x and cols"""
    for shape, *options in CASES:
        x, cols = rng.normal(size=shape), rng.normal(size=size_of_cols(shape, *options))
        back = expect("col2im(cols, x_shape, ...)", student.col2im(cols, shape, *options)).array(shape)
        left = float(np.sum(cols_by_loops(x, *options) * cols))
        expect("sum(x * col2im(cols))", float(np.sum(x * back))).close_to(left, rtol=1e-9, atol=1e-9)


@points(0.25, of="col2im", bonus=True, needs="test_col2im_adds_where_windows_overlap")
def test_col2im_leaves_its_columns_alone(student, rng):
    """col2im changes nothing and returns a new array"""
    for shape, size, k in (((1, 2, 3, 3), (4, 8), 2), ((1, 1, 2, 3), (6, 1), 1)):
        cols = rng.normal(size=size)
        battery.leaves_arguments_alone("col2im(cols, x_shape, k, k)", student.col2im, cols, shape, k, k)
        battery.returns_new_arrays("col2im(cols, x_shape, k, k)", student.col2im, cols, shape, k, k)


@points(0.25, of="col2im", bonus=True, needs="test_col2im_adds_where_windows_overlap")
def test_col2im_takes_any_kind_of_array(student, rng):
    """col2im keeps float32 and takes integers and any memory layout"""
    cols, shape = rng.integers(-9, 10, size=(4, 8)).astype(float), (1, 2, 3, 3)
    battery.keeps_float32("col2im(cols, x_shape, 2, 2)", student.col2im, cols, shape, 2, 2)
    battery.accepts_any_layout("col2im(cols, x_shape, 2, 2)", student.col2im, cols, shape, 2, 2)
    battery.accepts_integers("col2im(cols, x_shape, 2, 2)", student.col2im, cols, shape, 2, 2)
