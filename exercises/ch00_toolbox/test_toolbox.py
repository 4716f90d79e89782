"""Visible tests of chapter 00: small numbers that can be checked by hand."""

import numpy as np

from grader import battery, checks, expect, refuses


def sum_of_squares(v):
    return np.sum(np.square(v))


def sum_of_cubes(v):
    return np.sum(np.power(v, 3))


@checks("numerical_gradient")
def test_gradient_of_squares(student):
    """the gradient of the sum of squares at [1, -2, 0.5] is [2, -4, 1]"""
    got = student.numerical_gradient(sum_of_squares, np.array([1.0, -2.0, 0.5]))
    call = expect("numerical_gradient(sum of squares, [1, -2, 0.5])", got)
    call.close_to([2.0, -4.0, 1.0], atol=1e-8, hint="Each entry by itself is moved by h, up and down.")


@checks("numerical_gradient")
def test_step_of_a_half(student):
    """with h = 0.5 the slope of x**3 at 1 is measured as (3.375 - 0.125) / 1 = 3.25"""
    got = student.numerical_gradient(sum_of_cubes, np.array([1.0]), 0.5)
    call = expect("numerical_gradient(x**3, [1], h=0.5)", got)
    call.close_to([3.25], hint="4.75 is the slope between 1 and 1.5, 1.75 that between 0.5 and 1.")


@checks("numerical_gradient")
def test_x_is_left_alone(student):
    """x is the same after the call as before"""
    x = np.array([[0.1, 0.2], [0.3, 0.4]])
    call = "numerical_gradient(sum of squares, x)"
    expect(call, student.numerical_gradient(sum_of_squares, x)).close_to(2 * x, atol=1e-8)
    battery.leaves_arguments_alone(call, student.numerical_gradient, sum_of_squares, x)


@checks("numerical_gradient_array")
def test_weights_of_the_outputs(student):
    """f(v) = 3*v with weights [1, -2] has the gradient [3, -6]"""
    x, dout = np.array([0.0, 1.0]), np.array([1.0, -2.0])
    got = student.numerical_gradient_array(lambda v: 3 * v, x, dout)
    call = expect("numerical_gradient_array(3*v, [0, 1], dout=[1, -2])", got)
    call.close_to([3.0, -6.0], atol=1e-8, hint="Entry k of the output counts dout[k] times.")


@checks("numerical_gradient_array")
def test_two_outputs_of_one_entry(student):
    """f(v) = [v0, v0*v1] at [2, 5] with weights [1, 10] has the gradient [1 + 50, 20]"""
    x, dout = np.array([2.0, 5.0]), np.array([1.0, 10.0])
    got = student.numerical_gradient_array(lambda v: np.array([v[0], v[0] * v[1]]), x, dout)
    call = expect("numerical_gradient_array([v0, v0*v1], [2, 5], dout=[1, 10])", got)
    call.close_to([51.0, 20.0], atol=1e-7, hint="Each entry of x can act on every entry of the output.")


@checks("relative_error")
def test_error_of_two_pairs(student):
    """[3, 4] and [3, -4] are 8 apart and 5 long each: 8 / 10"""
    got = student.relative_error(np.array([3.0, 4.0]), np.array([3.0, -4.0]))
    expect("relative_error([3, 4], [3, -4])", got).close_to(0.8, hint="The length of [3, 4] is 5.")


@checks("relative_error")
def test_error_of_zeros(student):
    """two arrays of zeros agree perfectly: 0.0"""
    got = student.relative_error(np.zeros(3), np.zeros(3))
    expect("relative_error([0, 0, 0], [0, 0, 0])", got).close_to(0.0, hint="What is 0 / 0?")


@checks("gradient_check")
def test_right_and_wrong(student):
    """for the sum of squares at [1, -2] the gradient [2, -4] is right and [2, 4] is wrong"""
    x = np.array([1.0, -2.0])
    right = student.gradient_check(sum_of_squares, x, np.array([2.0, -4.0]))
    expect("gradient_check(sum of squares, [1, -2], [2, -4])", right).equals(True)
    wrong = student.gradient_check(sum_of_squares, x, np.array([2.0, 4.0]))
    expect("gradient_check(sum of squares, [1, -2], [2, 4])", wrong).equals(False)


@checks("gradient_check")
def test_gradient_of_another_shape(student):
    """a gradient of shape (2, 1) for x of shape (2,) is False"""
    x = np.array([1.0, -2.0])
    got = student.gradient_check(sum_of_squares, x, np.array([[2.0], [-4.0]]))
    expect("gradient_check(sum of squares, [1, -2], [[2], [-4]])", got).equals(False)


@checks("one_hot")
def test_two_labels(student):
    """labels [2, 0] of 3 classes are the rows [0, 0, 1] and [1, 0, 0]"""
    got = student.one_hot(np.array([2, 0]), 3)
    rows = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    expect("one_hot([2, 0], 3)", got).close_to(rows, hint="A row for each label, a column for each class.")


@checks("one_hot")
def test_label_minus_one(student):
    """the label -1 is refused with a ValueError"""
    refuses("one_hot([0, -1], 3)", ValueError, student.one_hot, np.array([0, -1]), 3)


@checks("accuracy")
def test_three_rows(student):
    """two of three rows have their highest score at the label"""
    scores = np.array([[0.1, 0.9, 0.0], [2.0, -1.0, 0.5], [0.3, 0.2, 0.1]])
    got = student.accuracy(scores, np.array([1, 2, 0]))
    expect("accuracy(scores, [1, 2, 0])", got).close_to(2 / 3, rtol=1e-6)


@checks("accuracy")
def test_one_score_each(student):
    """scores -1, 0.2, 3, -2 predict 0, 1, 1, 0; of the labels 1, 1, 0, 0 half are met"""
    scores, y = np.array([[-1.0], [0.2], [3.0], [-2.0]]), np.array([[1], [1], [0], [0]])
    call = expect("accuracy([[-1], [0.2], [3], [-2]], [[1], [1], [0], [0]])", student.accuracy(scores, y))
    call.close_to(0.5, hint="0.25 is what the threshold 0.5 gives; a score is no probability.")
