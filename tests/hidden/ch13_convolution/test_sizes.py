"""Hidden tests of ch13: sizes, padding, and counting what layers cost."""

import numpy as np

from grader import battery, expect, in_worker, many, points, refuses

# conv_output_size ----------------------------------------------------------------------------------------------


def places_by_counting(n, k, stride, pad):
    """Walk along the padded line and count where a whole window fits."""
    return sum(1 for start in range(0, n + 2 * pad, stride) if start + k <= n + 2 * pad)


@points(1, of="conv_output_size")
def test_output_size_with_stride_one(student):
    """conv_output_size counts the places of a window that moves by one pixel"""
    for n, k in ((5, 3), (28, 5), (8, 1), (6, 6), (9, 2), (1, 1)):
        expect("conv_output_size(n, k)", student.conv_output_size(n, k)).equals(
            places_by_counting(n, k, 1, 0)
        )
    expect("conv_output_size(8, 3, pad=1)", student.conv_output_size(8, 3, pad=1)).equals(8)
    expect("conv_output_size(12, 5, pad=2)", student.conv_output_size(12, 5, pad=2)).equals(12)


@points(1, of="conv_output_size")
def test_output_size_for_many_sizes(student):
    """conv_output_size agrees with counting, whatever is left over at the end"""
    cases = [
        (n, k, stride, pad)
        for n in (1, 2, 5, 6, 7, 11)
        for k in (1, 2, 3, 5)
        for stride in (1, 2, 3, 4)
        for pad in (0, 1, 3)
        if k <= n + 2 * pad
    ]
    for case, got in zip(cases, many(student.conv_output_size, cases), strict=True):
        want = places_by_counting(*case)
        expect("conv_output_size(n, k, stride, pad)", got).equals(want, hint="Whole windows only.")
    expect("conv_output_size(227, 11, stride=4)", student.conv_output_size(227, 11, stride=4)).equals(55)
    expect("conv_output_size(8, 3, pad=1, stride=2)", student.conv_output_size(8, 3, pad=1, stride=2)).equals(
        4
    )


@points(0.5, of="conv_output_size")
def test_output_size_through_a_network(student):
    """28 pixels become 24, 12, 8, 4 by windows of 5, 2, 5, 2"""
    n, seen = 28, []
    for k, stride in ((5, 1), (2, 2), (5, 1), (2, 2)):
        n = student.conv_output_size(n, k, stride)
        expect("conv_output_size(n, k, stride)", n).satisfies(
            isinstance(n, (int, np.integer)), "it is no whole number."
        )
        seen.append(int(n))
    expect("the sizes, one after the other", seen).equals([24, 12, 8, 4])


@points(0.5, of="conv_output_size", needs="test_output_size_for_many_sizes")
def test_output_size_refuses_what_does_not_fit(student):
    """conv_output_size raises ValueError for a window that does not fit and for impossible arguments"""
    for n, k, stride, pad in ((2, 3, 1, 0), (3, 6, 1, 1), (4, 7, 2, 1), (4, 20, 5, 1)):
        refuses(
            "conv_output_size with a window too long", ValueError, student.conv_output_size, n, k, stride, pad
        )
    refuses("conv_output_size(5, 3, stride=0)", ValueError, student.conv_output_size, 5, 3, 0)
    refuses("conv_output_size(5, 3, stride=-1)", ValueError, student.conv_output_size, 5, 3, -1)
    refuses("conv_output_size(5, 3, pad=-1)", ValueError, student.conv_output_size, 5, 3, 1, -1)
    refuses("conv_output_size(5, 0)", ValueError, student.conv_output_size, 5, 0)


# pad2d ---------------------------------------------------------------------------------------------------------


def padded(x, p):
    """A border of zeros, one pixel at a time."""
    N, C, H, W = x.shape
    out = np.zeros((N, C, H + 2 * p, W + 2 * p))
    for n, c, i, j in np.ndindex(x.shape):
        out[n, c, p + i, p + j] = x[n, c, i, j]
    return out


@points(2, of="pad2d")
def test_pad_adds_a_border_of_zeros(student, rng):
    """pad2d puts p zeros around each channel of each image, and nothing around images and channels"""
    for shape, p in (((2, 3, 4, 5), 1), ((1, 2, 3, 2), 2), ((3, 1, 1, 4), 3), ((2, 2, 2, 2), 1)):
        x = rng.normal(size=shape) + 3
        expect("pad2d(x, p)", student.pad2d(x, p)).close_to(padded(x, p), rtol=0, atol=0)


@points(0.75, of="pad2d", needs="test_pad_adds_a_border_of_zeros")
def test_pad_by_nothing(student, rng):
    """pad2d with p = 0 is a copy of the images; a negative p is refused"""
    x = rng.normal(size=(2, 3, 4, 5))
    expect("pad2d(x, 0)", student.pad2d(x, 0)).close_to(x, rtol=0, atol=0)
    battery.returns_new_arrays("pad2d(x, 0)", student.pad2d, x, 0)
    refuses("pad2d(x, -1)", ValueError, student.pad2d, x, -1)


@points(0.5, of="pad2d", needs="test_pad_adds_a_border_of_zeros")
def test_pad_leaves_the_images_alone(student, rng):
    """pad2d does not change the images it is given, and a second call does not change the first result"""
    x = rng.normal(size=(2, 1, 3, 2))
    battery.leaves_arguments_alone("pad2d(x, 1)", student.pad2d, x, 1)
    battery.returns_new_arrays("pad2d(x, 1)", student.pad2d, x, 1)


@points(0.25, of="pad2d", needs="test_pad_adds_a_border_of_zeros")
def test_pad_takes_any_kind_of_array(student, rng):
    """pad2d keeps float32 and takes integers and any memory layout"""
    x = rng.integers(-9, 10, size=(2, 2, 3, 4)).astype(float)
    battery.keeps_float32("pad2d(x, 1)", student.pad2d, x, 1)
    battery.accepts_any_layout("pad2d(x, 1)", student.pad2d, x, 1)
    battery.accepts_integers("pad2d(x, 1)", student.pad2d, x, 1)
    battery.accepts_integers("pad2d(x, 0)", student.pad2d, x, 0)


# counting ------------------------------------------------------------------------------------------------------


@points(1, of="conv_parameters")
def test_conv_parameters_counts_weights_and_biases(student, rng):
    """conv_parameters counts every weight of every kernel, and one bias for each kernel"""
    for c_in, c_out, k in ((1, 8, 3), (16, 24, 5), (10, 16, 1), (3, 1, 2), (1, 1, 1)):
        want = np.empty((c_out, c_in, k, k)).size + np.empty(c_out).size
        expect("conv_parameters(c_in, c_out, k)", student.conv_parameters(c_in, c_out, k)).equals(want)


@points(1, of="conv_parameters")
def test_conv_parameters_of_published_layers(student):
    """LeNet-5 has 156, 2416 and 48120 parameters in its convolutions, 24 kernels of 5 x 5 on 16 channels 9624"""
    for sizes, want in (((1, 6, 5), 156), ((6, 16, 5), 2416), ((16, 120, 5), 48120), ((16, 24, 5), 9624)):
        expect("conv_parameters(c_in, c_out, k)", student.conv_parameters(*sizes)).equals(want)


@points(1, of="dense_parameters")
def test_dense_parameters(student):
    """dense_parameters counts every weight and one bias for each output"""
    for d_in, d_out, want in ((120, 84, 10164), (84, 10, 850), (3, 1, 4), (1, 3, 6), (64, 576, 37440)):
        expect("dense_parameters(d_in, d_out)", student.dense_parameters(d_in, d_out)).equals(want)


def multiplications_by_counting(c_in, c_out, k, h_out, w_out):
    """One for each product in the formula."""
    return sum(1 for _ in np.ndindex(c_out, h_out, w_out, c_in, k, k))


@points(1, of="conv_multiplications")
def test_multiplications_by_counting(student):
    """conv_multiplications counts the products in the formula, for one image"""
    for sizes in ((1, 1, 2, 3, 1), (2, 3, 1, 4, 5), (3, 2, 3, 2, 4), (1, 4, 2, 1, 3)):
        got = student.conv_multiplications(*sizes)
        expect("conv_multiplications(c_in, c_out, k, h_out, w_out)", got).equals(
            multiplications_by_counting(*sizes)
        )


@points(1, of="conv_multiplications")
def test_multiplications_saved_by_one_by_one(student):
    """192 channels to 32 by 5 x 5 on 28 x 28: 120.4 million; through 16 channels by 1 x 1: 12.4 million"""
    direct = expect("conv_multiplications of 5 x 5 alone", student.conv_multiplications(192, 32, 5, 28, 28))
    direct.equals(120_422_400)
    narrow = expect("conv_multiplications of 1 x 1", student.conv_multiplications(192, 16, 1, 28, 28))
    narrow.equals(2_408_448)
    wide = expect(
        "conv_multiplications of 5 x 5 after 1 x 1", student.conv_multiplications(16, 32, 5, 28, 28)
    )
    wide.equals(10_035_200)


# receptive_field -----------------------------------------------------------------------------------------------


def field_by_marking(kernels, strides):
    """Mark what one number at the end depends on, layer by layer backwards, as a set of pixels."""
    pixels = {0}
    for k, stride in reversed(list(zip(kernels, strides, strict=True))):
        pixels = {i * stride + u for i in pixels for u in range(k)}
    return max(pixels) - min(pixels) + 1


@points(1, of="receptive_field")
def test_receptive_field_with_stride_one(student):
    """two 3 x 3 see as much as one 5 x 5, three as one 7 x 7"""
    for kernels, want in (
        ([5], 5),
        ([3, 3], 5),
        ([3, 3, 3], 7),
        ([1, 1], 1),
        ([5, 2, 1, 4], 9),
        ([2] * 10, 11),
        ([], 1),
    ):
        expect("receptive_field(kernels)", student.receptive_field(kernels)).equals(want)


@points(1.5, of="receptive_field")
def test_receptive_field_with_strides(student):
    """receptive_field grows faster behind a stride, and the order of the layers matters"""
    stacks = [
        ([3, 3], [2, 1]),
        ([3, 3], [1, 2]),
        ([5, 2, 5, 2], [1, 2, 1, 2]),
        ([2, 3], [2, 1]),
        ([3, 2], [1, 2]),
        ([3, 3, 3], [2, 3, 2]),
        ([4, 1, 5], [3, 1, 2]),
        ([7], [3]),
    ]
    for kernels, strides in stacks:
        got = student.receptive_field(kernels, strides)
        expect("receptive_field(kernels, strides)", got).equals(field_by_marking(kernels, strides))


@points(
    0.5,
    of="receptive_field",
    needs=("test_receptive_field_with_stride_one", "test_receptive_field_with_strides"),
)
def test_receptive_field_behaves(student):
    """receptive_field refuses lists of different lengths and leaves its lists alone"""
    for kernels, strides in (([3, 3], [1]), ([3], [1, 2]), ([], [2]), ([3], [])):
        refuses(
            "receptive_field(kernels, strides)", ValueError, student.receptive_field, kernels, strides=strides
        )
    kernels, strides, size = expect("receptive_field", lists_afterwards(student)).sequence(3)
    expect("receptive_field(kernels, strides)", size).equals(13)
    expect("the two lists afterwards", [kernels, strides]).equals(
        [[3, 5, 2], [2, 1, 3]], "It changed a list that it was given."
    )


@in_worker
def lists_afterwards(student):
    """Both lists after a call, and its result."""
    kernels, strides = [3, 5, 2], [2, 1, 3]
    size = student.receptive_field(kernels, strides)
    return kernels, strides, size
