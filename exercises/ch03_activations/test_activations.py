"""Visible tests of chapter 03: numbers that can be checked by hand."""

import numpy as np
from grader import checks, expect, observe, refuses

TWO = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])


@checks("sigmoid")
def test_sigmoid_at_five_points(student):
    """sigmoid is 0.5 at 0, about 0.73 at 1 and 0.88 at 2, and the mirror image on the left"""
    want = [0.11920292, 0.26894142, 0.5, 0.73105858, 0.88079708]
    expect("sigmoid([-2, -1, 0, 1, 2])", student.sigmoid(TWO)).close_to(want, rtol=1e-7)


@checks("sigmoid")
def test_sigmoid_of_a_published_neuron(student):
    """sigmoid of 0.3775 is 0.593269992, the first hidden unit of a well-known worked example"""
    expect("sigmoid([[0.3775]])", student.sigmoid(np.array([[0.3775]]))).close_to([[0.593269992]], rtol=1e-8)


@checks("sigmoid")
def test_sigmoid_far_out(student):
    """sigmoid is exactly 0 at -1000 and 1 at 1000, and no warning appears"""
    seen = observe(student.sigmoid, np.array([-1000.0, 1000.0]))
    judged = expect("sigmoid([-1000, 1000])", seen.value).close_to([0.0, 1.0])
    judged.satisfies(not seen.warnings, f"there was a warning: {seen.warnings[:1]}. Which exp was too large?")


@checks("sigmoid_backward")
def test_sigmoid_backward_at_the_steepest_point(student):
    """the slope of sigmoid where its output is 0.5 is 0.25, the largest there is"""
    got = student.sigmoid_backward(np.array([1.0, 8.0]), np.array([0.5, 0.5]))
    expect("sigmoid_backward([1, 8], [0.5, 0.5])", got).close_to([0.25, 2.0])


@checks("sigmoid_backward")
def test_sigmoid_backward_of_a_published_neuron(student):
    """where the output is 0.73, the slope is about 0.2"""
    got = student.sigmoid_backward(np.array([1.0]), np.array([0.73105858]))
    expect("sigmoid_backward([1], [0.73105858])", got).close_to([0.19661193], rtol=1e-7)


@checks("tanh")
def test_tanh_at_five_points(student):
    """tanh is 0 at 0 and about 0.76 and 0.96 at 1 and 2"""
    want = [-0.96402758, -0.76159416, 0.0, 0.76159416, 0.96402758]
    expect("tanh([-2, -1, 0, 1, 2])", student.tanh(TWO)).close_to(want, rtol=1e-7)


@checks("tanh_backward")
def test_tanh_backward_at_zero(student):
    """the slope of tanh is 1 where its output is 0, and 0.36 where its output is 0.8"""
    got = student.tanh_backward(np.array([1.0, 100.0]), np.array([0.0, 0.8]))
    expect("tanh_backward([1, 100], [0, 0.8])", got).close_to([1.0, 36.0])


@checks("relu")
def test_relu_at_five_points(student):
    """relu keeps 1 and 2 and makes the rest 0"""
    expect("relu([-2, -1, 0, 1, 2])", student.relu(TWO)).close_to([0.0, 0.0, 0.0, 1.0, 2.0])


@checks("relu")
def test_relu_keeps_the_shape(student):
    """two rows of three in, two rows of three out"""
    z = np.array([[1.0, -1.0, 2.0], [-3.0, 4.0, -5.0]])
    expect("relu(z)", student.relu(z)).close_to([[1.0, 0.0, 2.0], [0.0, 4.0, 0.0]])


@checks("relu_backward")
def test_relu_backward_opens_by_z(student):
    """the gradient passes where z is positive, whatever its own sign; at z = 0 it does not"""
    got = student.relu_backward(np.array([5.0, -5.0, 5.0, 5.0]), np.array([2.0, 2.0, -2.0, 0.0]))
    expect("relu_backward([5, -5, 5, 5], [2, 2, -2, 0])", got).close_to([5.0, -5.0, 0.0, 0.0])


@checks("leaky_relu")
def test_leaky_relu_at_five_points(student):
    """leaky_relu keeps 1 and 2 and multiplies -1 and -2 by the slope"""
    expect("leaky_relu([-2, -1, 0, 1, 2])", student.leaky_relu(TWO)).close_to([-0.02, -0.01, 0.0, 1.0, 2.0])
    got = student.leaky_relu(TWO, slope=0.5)
    expect("leaky_relu([-2, -1, 0, 1, 2], slope=0.5)", got).close_to([-1.0, -0.5, 0.0, 1.0, 2.0])


@checks("leaky_relu_backward")
def test_leaky_relu_backward_by_hand(student):
    """the gradient passes on the right and is multiplied by the slope on the left and at 0"""
    got = student.leaky_relu_backward(np.array([6.0, -6.0, 6.0]), np.array([2.0, -2.0, 0.0]), slope=0.5)
    expect("leaky_relu_backward([6, -6, 6], [2, -2, 0], slope=0.5)", got).close_to([6.0, -3.0, 3.0])


@checks("collapse_linear")
def test_collapse_linear_of_two_layers(student):
    """the two layers of the handout are one layer with W = [[2], [3]] and b = [1]"""
    Ws = [np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([[2.0], [1.0]])]
    bs = [np.array([1.0, 0.0]), np.array([-1.0])]
    W, b = expect("collapse_linear(Ws, bs)", student.collapse_linear(Ws, bs)).unpack("W", "b")
    W.close_to([[2.0], [3.0]])
    b.close_to([1.0])


@checks("output_activation")
def test_output_activation_of_a_yes_or_no_question(student):
    """one probability, yes or no, comes out of a sigmoid; a task that is not on the list is refused"""
    expect("output_activation('binary')", student.output_activation("binary")).equals("sigmoid")
    refuses("output_activation('yes or no')", ValueError, student.output_activation, "yes or no")


@checks("elu")
def test_elu_by_hand(student):
    """bonus: elu(-ln 2) is -1/2 for alpha = 1"""
    got = student.elu(np.array([-np.log(2.0), 0.0, 3.0]))
    expect("elu([-ln 2, 0, 3])", got).close_to([-0.5, 0.0, 3.0])


@checks("elu_backward")
def test_elu_backward_by_hand(student):
    """bonus: the slope of elu at -ln 2 is 1/2 for alpha = 1"""
    got = student.elu_backward(np.array([8.0, 8.0]), np.array([-np.log(2.0), 3.0]))
    expect("elu_backward([8, 8], [-ln 2, 3])", got).close_to([4.0, 8.0])


@checks("softplus")
def test_softplus_by_hand(student):
    """bonus: softplus(0) is ln 2, softplus(ln 3) is ln 4"""
    got = student.softplus(np.log(np.array([1.0, 3.0])))
    expect("softplus([0, ln 3])", got).close_to(np.log([2.0, 4.0]))


@checks("softplus_backward")
def test_softplus_backward_by_hand(student):
    """bonus: the slope of softplus is 1/2 at 0 and 3/4 at ln 3"""
    got = student.softplus_backward(np.array([8.0, 8.0]), np.log(np.array([1.0, 3.0])))
    expect("softplus_backward([8, 8], [0, ln 3])", got).close_to([4.0, 6.0])


@checks("swish")
def test_swish_by_hand(student):
    """bonus: swish(ln 3) is 3/4 of ln 3"""
    got = student.swish(np.array([0.0, np.log(3.0)]))
    expect("swish([0, ln 3])", got).close_to([0.0, 0.75 * np.log(3.0)])


@checks("swish_backward")
def test_swish_backward_by_hand(student):
    """bonus: the slope of swish at ln 3 is 3/4 + ln 3 times 3/16"""
    got = student.swish_backward(np.array([1.0]), np.array([np.log(3.0)]))
    expect("swish_backward([1], [ln 3])", got).close_to([0.75 + np.log(3.0) * 3 / 16])


@checks("hard_sigmoid")
def test_hard_sigmoid_by_hand(student):
    """bonus: hard_sigmoid rises from 0 at -2 to 1 at 2"""
    expect("hard_sigmoid([-2, -1, 0, 1, 2])", student.hard_sigmoid(TWO)).close_to([0.0, 0.25, 0.5, 0.75, 1.0])


@checks("hard_sigmoid_backward")
def test_hard_sigmoid_backward_by_hand(student):
    """bonus: the slope of hard_sigmoid is 1/4 between the kinks and 0 at them"""
    got = student.hard_sigmoid_backward(np.full(5, 4.0), TWO)
    expect("hard_sigmoid_backward([4, 4, 4, 4, 4], [-2, -1, 0, 1, 2])", got).close_to(
        [0.0, 1.0, 1.0, 1.0, 0.0]
    )


@checks("hard_tanh")
def test_hard_tanh_by_hand(student):
    """bonus: hard_tanh keeps what lies between -1 and 1"""
    got = student.hard_tanh(np.array([-2.0, -0.5, 0.5, 2.0]))
    expect("hard_tanh([-2, -0.5, 0.5, 2])", got).close_to([-1.0, -0.5, 0.5, 1.0])


@checks("hard_tanh_backward")
def test_hard_tanh_backward_by_hand(student):
    """bonus: the slope of hard_tanh is 1 between the kinks and 0 at them"""
    got = student.hard_tanh_backward(np.full(5, 4.0), TWO)
    expect("hard_tanh_backward([4, 4, 4, 4, 4], [-2, -1, 0, 1, 2])", got).close_to([0.0, 0.0, 4.0, 0.0, 0.0])
