"""Visible tests of chapter 13: small images that can be checked by hand."""

import numpy as np

from grader import Rng, checks, expect, refuses

NINE = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)  # 1 2 3 / 4 5 6 / 7 8 9
KERNEL = np.array([[[[0.0, 1.0], [2.0, 3.0]]]])
SIXTEEN = np.arange(1.0, 17.0).reshape(1, 1, 4, 4)
TWO_BY_TWO = np.array([[[[1.0, 2.0], [3.0, 6.0]]]])


@checks("conv_output_size")
def test_sizes_by_hand(student):
    """a window of 3 on 5 pixels has 3 places, with stride 2 it has 2; on 6 pixels with stride 3 it has 2"""
    expect("conv_output_size(5, 3)", student.conv_output_size(5, 3)).equals(3)
    expect("conv_output_size(5, 3, stride=2)", student.conv_output_size(5, 3, stride=2)).equals(2)
    expect("conv_output_size(6, 3, stride=3)", student.conv_output_size(6, 3, stride=3)).equals(2)


@checks("conv_output_size")
def test_sizes_with_padding(student):
    """a window of 3 with padding 1 keeps 8 pixels, stride 2 makes 4 of them; a window of 6 does not fit into 5"""
    expect("conv_output_size(8, 3, pad=1)", student.conv_output_size(8, 3, pad=1)).equals(8)
    expect("conv_output_size(8, 3, 2, 1)", student.conv_output_size(8, 3, 2, 1)).equals(4)
    refuses("conv_output_size(5, 6)", ValueError, student.conv_output_size, 5, 6)


@checks("pad2d")
def test_pad_one_row(student):
    """the row 5 6 in a border of one zero"""
    got = student.pad2d(np.array([[[[5.0, 6.0]]]]), 1)
    expect("pad2d([[[[5, 6]]]], 1)", got).close_to([[[[0.0] * 4, [0.0, 5.0, 6.0, 0.0], [0.0] * 4]]])


@checks("conv2d_forward")
def test_conv_of_nine_numbers(student):
    """1..9 with the kernel 0 1 / 2 3 gives 25 31 / 43 49; with a bias of 100 it gives 125 131 / 143 149"""
    want = np.array([[[[25.0, 31.0], [43.0, 49.0]]]])
    out, _ = expect("conv2d_forward(x, w, b)", student.conv2d_forward(NINE, KERNEL, np.zeros(1))).sequence(2)
    expect("out of conv2d_forward(x, w, b)", out).close_to(want)
    out, _ = expect(
        "conv2d_forward(x, w, b)", student.conv2d_forward(NINE, KERNEL, np.full(1, 100.0))
    ).sequence(2)
    expect("out of conv2d_forward(x, w, b) with a bias", out).close_to(want + 100)


@checks("conv2d_forward")
def test_conv_of_two_channels(student):
    """two channels are summed into one map, and three kernels make three maps"""
    x = np.concatenate([NINE - 1, NINE], axis=1)
    got = student.conv2d_forward(x, np.ones((3, 2, 2, 2)), np.zeros(3))
    out, _ = expect("conv2d_forward(x, w, b)", got).sequence(2)
    expect("out of conv2d_forward(x, w, b)", out).close_to([[[[20.0, 28.0], [44.0, 52.0]]] * 3])


@checks("conv2d_forward")
def test_conv_with_stride_and_padding(student):
    """0..24 with a kernel of ones, padding 1, stride 2: the corner sees four numbers, 0 + 1 + 5 + 6 = 12"""
    x = np.arange(25.0).reshape(1, 1, 5, 5)
    got = student.conv2d_forward(x, np.ones((1, 1, 3, 3)), np.zeros(1), 2, 1)
    out, _ = expect("conv2d_forward(x, w, b, 2, 1)", got).sequence(2)
    want = [[[[12.0, 27.0, 24.0], [63.0, 108.0, 81.0], [72.0, 117.0, 84.0]]]]
    expect("out of conv2d_forward(x, w, b, 2, 1)", out).close_to(want)


@checks("conv2d_backward")
def test_conv_backward_by_hand(student):
    """the row 1 2 3 with the kernel 10 20: the middle pixel was used twice"""
    x, w = np.array([[[[1.0, 2.0, 3.0]]]]), np.array([[[[10.0, 20.0]]]])
    _, cache = expect("conv2d_forward(x, w, b)", student.conv2d_forward(x, w, np.zeros(1))).sequence(2)
    got = student.conv2d_backward(np.array([[[[1.0, 1.0]]]]), cache)
    dx, dw, db = expect("conv2d_backward(dout, cache)", got).unpack("dx", "dw", "db")
    dx.close_to([[[[10.0, 30.0, 20.0]]]])
    dw.close_to([[[[3.0, 5.0]]]])
    db.close_to([2.0])


@checks("conv2d_backward")
def test_conv_backward_cuts_the_border_off(student):
    """with padding 1, a kernel of ones and dout of ones, a pixel counts the windows it lies in; dx is 2 x 2"""
    x = np.ones((1, 1, 2, 2))
    got = student.conv2d_forward(x, np.ones((1, 1, 3, 3)), np.zeros(1), 1, 1)
    _, cache = expect("conv2d_forward(x, w, b, 1, 1)", got).sequence(2)
    got = student.conv2d_backward(np.ones((1, 1, 2, 2)), cache)
    dx, _, _ = expect("conv2d_backward(dout, cache)", got).unpack("dx", "dw", "db")
    dx.close_to(np.full((1, 1, 2, 2), 4.0))


@checks("im2col")
def test_im2col_by_hand(student):
    """bonus: the four windows of 1..9, one in each row"""
    want = [[1.0, 2.0, 4.0, 5.0], [2.0, 3.0, 5.0, 6.0], [4.0, 5.0, 7.0, 8.0], [5.0, 6.0, 8.0, 9.0]]
    expect("im2col(x, 2, 2)", student.im2col(NINE, 2, 2)).close_to(want)


@checks("col2im")
def test_col2im_by_hand(student):
    """bonus: the windows 1 2 and 3 4 of a row of three overlap in the middle"""
    got = student.col2im(np.array([[1.0, 2.0], [3.0, 4.0]]), (1, 1, 1, 3), 1, 2)
    expect("col2im([[1, 2], [3, 4]], (1, 1, 1, 3), 1, 2)", got).close_to([[[[1.0, 5.0, 4.0]]]])


@checks("maxpool2d_forward")
def test_maxpool_of_sixteen_numbers(student):
    """1..16 in windows of 2 x 2: the maxima are 6 8 / 14 16"""
    out, _ = expect("maxpool2d_forward(x, 2)", student.maxpool2d_forward(SIXTEEN, 2)).sequence(2)
    expect("out of maxpool2d_forward(x, 2)", out).close_to([[[[6.0, 8.0], [14.0, 16.0]]]])


@checks("maxpool2d_backward")
def test_maxpool_backward_by_hand(student):
    """the gradient goes to the maximum; of four equal numbers to the first"""
    x = np.array([[[[1.0, 2.0, 0.0, 0.0], [4.0, 3.0, 0.0, 0.0]]]])
    _, cache = expect("maxpool2d_forward(x, 2)", student.maxpool2d_forward(x, 2)).sequence(2)
    got = student.maxpool2d_backward(np.array([[[[7.0, 8.0]]]]), cache)
    want = [[[[0.0, 0.0, 8.0, 0.0], [7.0, 0.0, 0.0, 0.0]]]]
    expect("maxpool2d_backward([[[[7, 8]]]], cache)", got).close_to(want)


@checks("avgpool2d_forward")
def test_avgpool_of_sixteen_numbers(student):
    """1..16 in windows of 2 x 2: the means are 3.5 5.5 / 11.5 13.5"""
    out, _ = expect("avgpool2d_forward(x, 2)", student.avgpool2d_forward(SIXTEEN, 2)).sequence(2)
    expect("out of avgpool2d_forward(x, 2)", out).close_to([[[[3.5, 5.5], [11.5, 13.5]]]])


@checks("avgpool2d_forward")
def test_avgpool_counts_the_border(student):
    """1 2 / 3 6 with padding 1 in windows of 2 x 2: each window holds three zeros and one number"""
    out, _ = expect("avgpool2d_forward(x, 2, 2, 1)", student.avgpool2d_forward(TWO_BY_TWO, 2, 2, 1)).sequence(
        2
    )
    expect("out of avgpool2d_forward(x, 2, 2, 1)", out).close_to([[[[0.25, 0.5], [0.75, 1.5]]]])


@checks("avgpool2d_backward")
def test_avgpool_backward_by_hand(student):
    """8 is shared by the four pixels of the window"""
    _, cache = expect("avgpool2d_forward(x, 2)", student.avgpool2d_forward(TWO_BY_TWO, 2)).sequence(2)
    got = student.avgpool2d_backward(np.array([[[[8.0]]]]), cache)
    expect("avgpool2d_backward([[[[8]]]], cache)", got).close_to(np.full((1, 1, 2, 2), 2.0))


@checks("conv_parameters")
def test_conv_parameters_of_one_layer(student):
    """6 kernels of 5 x 5 on a grey image: 6 times 25 weights and 6 biases"""
    expect("conv_parameters(1, 6, 5)", student.conv_parameters(1, 6, 5)).equals(156)


@checks("dense_parameters")
def test_dense_parameters_of_one_layer(student):
    """84 numbers to 10 scores: 840 weights and 10 biases"""
    expect("dense_parameters(84, 10)", student.dense_parameters(84, 10)).equals(850)


@checks("conv_multiplications")
def test_multiplications_of_one_layer(student):
    """one 2 x 2 kernel on 3 x 3 pixels has four places, four products at each"""
    expect("conv_multiplications(1, 1, 2, 2, 2)", student.conv_multiplications(1, 1, 2, 2, 2)).equals(16)


@checks("receptive_field")
def test_receptive_field_of_two_layers(student):
    """two 3 x 3 see 5 pixels; if the first has stride 2, they see 7"""
    expect("receptive_field([3, 3])", student.receptive_field([3, 3])).equals(5)
    expect("receptive_field([3, 3], [2, 1])", student.receptive_field([3, 3], [2, 1])).equals(7)


@checks("Conv2d")
def test_conv_layer_by_hand(student):
    """a Conv2d with weights of ours gives 25 31 / 43 49, and its gradients add up"""
    layer = student.Conv2d(1, 1, 2, Rng(1))
    expect('layer.params["W"]', layer.params["W"]).has_shape(1, 1, 2, 2)
    layer.params["W"] = KERNEL
    expect("layer.forward(x)", layer.forward(NINE)).close_to([[[[25.0, 31.0], [43.0, 49.0]]]])
    for times in (1, 2):
        layer.backward(np.ones((1, 1, 2, 2)))
        hint = "Gradients add up until zero_grad."
        expect('layer.grads["b"]', layer.grads["b"]).close_to([4.0 * times], hint=hint)
        want = times * np.array([[[[12.0, 16.0], [24.0, 28.0]]]])
        expect('layer.grads["W"]', layer.grads["W"]).close_to(want, hint=hint)


@checks("MaxPool2d")
def test_maxpool_layer_by_hand(student):
    """a MaxPool2d of 2 gives 6 8 / 14 16 and sends the gradient back to these pixels"""
    layer = student.MaxPool2d(2)
    expect("layer.forward(x)", layer.forward(SIXTEEN)).close_to([[[[6.0, 8.0], [14.0, 16.0]]]])
    want = np.where(np.isin(SIXTEEN, [6, 8, 14, 16]), 1.0, 0.0)
    expect("layer.backward(ones)", layer.backward(np.ones((1, 1, 2, 2)))).close_to(want)


@checks("AvgPool2d")
def test_avgpool_layer_by_hand(student):
    """an AvgPool2d of 3 with stride 1 and padding 1 keeps the size: here every window holds 1 2 3 6 and zeros"""
    layer = student.AvgPool2d(3, stride=1, pad=1)
    expect("layer.forward(x)", layer.forward(TWO_BY_TWO)).close_to(np.full((1, 1, 2, 2), 12 / 9))
    expect("layer.backward(dout)", layer.backward(TWO_BY_TWO)).close_to(np.full((1, 1, 2, 2), 12 / 9))
